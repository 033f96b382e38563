"""Finders that look at whole texts: Presidio recognisers and language models."""
