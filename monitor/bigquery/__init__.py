"""BigQuery: the platform's sources are read, and the history. Only this package imports google.cloud."""
