"""What pdscan is measured against, on this machine, in one run."""
