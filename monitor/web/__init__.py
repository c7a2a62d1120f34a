"""What the function sends back: JSON, problem documents, the contract for machines, the page for people."""
