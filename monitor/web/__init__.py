"""What the function returns: JSON, problem documents, the HTTP contract and the dashboard."""
