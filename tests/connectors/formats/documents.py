"""What the tests of document readers share: read bytes, look at parts, words and gaps."""

from __future__ import annotations

import importlib
import re
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np

from pdscan.connectors.formats.contents import HeldContent
from pdscan.connectors.formats.interface import Gap, Nested, Note
from pdscan.connectors.interface import ReadOptions
from pdscan.errors import UnreadableError
from pdscan.model import Block, Reason

OPTIONS = ReadOptions()


@dataclass
class Result:
    parts: dict[str, str] = field(default_factory=dict)
    nested: dict[str, bytes] = field(default_factory=dict)
    gaps: list[Gap] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(self.parts.values())

    @property
    def reasons(self) -> list[Reason]:
        return [gap.reason for gap in self.gaps]

    def words(self) -> set[str]:
        return words_of(self.text)

    def label_of(self, value: str) -> str:
        """The field that `value` lies in, where it lies in one."""
        sought = value.encode()
        for block in self.blocks:
            for found in re.finditer(re.escape(sought), block.text):
                if block.layout is not None:
                    places = block.layout.place(np.array([found.start()]))
                    if label := str(places.fields[int(places.field[0])]):
                        return label
        return ""


def words_of(text: str) -> set[str]:
    return set(re.findall(r"\w+", text))


def read(module: str, data: bytes, options: ReadOptions = OPTIONS, name: str = "file") -> Result:
    reader = importlib.import_module(f"pdscan.connectors.formats.{module}").read
    result = Result()
    for event in reader(HeldContent(name, data), options):
        if isinstance(event, Block):
            result.blocks.append(event)
            text = event.text.decode()  # blocks are valid UTF-8, always
            result.parts[event.part] = result.parts.get(event.part, "") + text
        elif isinstance(event, Nested):
            assert event.name not in result.nested
            result.nested[event.name] = b""
            with suppress(UnreadableError), event.content.open() as stream:
                result.nested[event.name] = stream.read()
        elif isinstance(event, Gap):
            result.gaps.append(event)
        elif isinstance(event, Note):
            result.notes.append(event)
    return result
