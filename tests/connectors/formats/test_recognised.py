"""Documents are recognised by what they hold, whatever they are called, and read to their core."""

from __future__ import annotations

import pytest

from pdscan.connectors import formats
from pdscan.connectors.formats.compound_writer import write_compound
from pdscan.connectors.formats.contents import HeldContent
from pdscan.connectors.identify import identify
from pdscan.connectors.interface import ReadOptions
from pdscan.connectors.peel import peel
from pdscan.model import Block, Item, Outcome, State

from . import samples
from .test_hostile_documents import MODULES, sample


@pytest.mark.parametrize("module", MODULES)
def test_each_type_finds_its_reader(module: str) -> None:
    name = "saved.mht" if module == "mhtml" else "no extension"
    known = formats.format_of(identify(HeldContent(name, sample(module))))
    assert known is not None
    assert known.module == module


def test_an_embedded_document_does_not_change_what_a_file_is() -> None:
    data = write_compound({"Workbook": b"x" * 9000, "MBD1": {"WordDocument": b"y" * 9000}})
    assert identify(HeldContent("x", data)) == "application/vnd.ms-excel"


def test_an_encrypted_document_with_a_known_password_is_read_to_its_core() -> None:
    content = HeldContent("locked.docx", samples.encrypted(samples.make_docx(), "oikea"))
    events = list(peel(Item("s", ("locked.docx",)), content, ReadOptions(passwords=("oikea",))))
    text = b"".join(event.text for event in events if isinstance(event, Block))
    assert samples.PARAGRAPH.encode() in text
    assert isinstance(events[-1], Outcome)
    assert events[-1].state == State.READ
