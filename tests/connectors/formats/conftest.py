"""What the tests of document readers ask for by name."""

from __future__ import annotations

import pytest


@pytest.fixture
def without_ocr(monkeypatch: pytest.MonkeyPatch) -> None:
    """As most have pdscan installed; what is seen on pages is tested with the pictures."""
    monkeypatch.setattr("pdscan.connectors.formats.ocr.NEEDS", ("a_missing_module",))
