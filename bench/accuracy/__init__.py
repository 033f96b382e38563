"""How right pdscan is: precision and recall per kind, beside Presidio."""
