"""Detectors: one module per kind of identifier."""
