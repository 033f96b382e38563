"""What pdscan is measured against, runnable by anyone."""
