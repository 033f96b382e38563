"""Connectors: they walk a source and read its items. They never see a detector."""
