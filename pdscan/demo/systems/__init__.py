"""The systems of the demo estate, each written as its files by one module."""
