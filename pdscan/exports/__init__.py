"""What leaves pdscan: listings of findings, and later packages, manifests and reports."""
