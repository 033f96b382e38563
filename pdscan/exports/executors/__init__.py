"""What executors get: statements, lists of files, requests to processors. A person runs them."""
