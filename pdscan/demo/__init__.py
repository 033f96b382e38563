"""A small estate of two sister companies that do not exist, to try pdscan on."""
