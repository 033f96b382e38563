"""pdscan: find personal data, hand it over, erase it, and prove it."""

__version__ = "0.1.0"
