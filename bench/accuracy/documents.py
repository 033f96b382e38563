"""Documents with their truth: templates filled with values, and where each value came to stand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random

from bench.accuracy.fillers import FILLERS
from bench.accuracy.persons import People
from bench.accuracy.values import Value

_HEAD = re.compile(r"^%% (?P<language>\w\w) (?P<medium>text|csv) (?P<name>\S+)$", re.MULTILINE)
_PLACE = re.compile(r"\{(?P<filler>~?)(?P<name>[\w.:]+)\}")
_ROWS = 10


@dataclass(frozen=True, slots=True)
class Span:
    """Characters [start, end) of a document are of a kind."""

    kind: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Template:
    """A document to fill. ``csv``: a line of headers, and a row to repeat."""

    name: str
    language: str
    medium: str
    body: str


@dataclass(frozen=True, slots=True)
class Document:
    """A text and everything personal in it, in order."""

    name: str
    language: str
    medium: str
    text: str
    truth: tuple[Span, ...]


def read_templates(path: Path) -> list[Template]:
    """The templates in a file: each begins with a line ``%% language medium name``.

    In a template ``{kind:spelling}`` is a value to label and ``{~filler}`` one that is nobody's.
    """
    text = path.read_text(encoding="utf-8")
    heads = list(_HEAD.finditer(text))
    ends = [head.start() for head in heads[1:]] + [len(text)]
    return [
        Template(head["name"], head["language"], head["medium"], text[head.end() : end].strip())
        for head, end in zip(heads, ends, strict=True)
    ]


def fill_templates(templates: list[Template], seed: int, copies: int) -> Iterator[Document]:
    """`copies` documents of each template, the same ones for the same seed."""
    chance = Random(seed)
    values = People(seed).values()
    for number in range(copies):
        for template in templates:
            yield _fill(template, f"{template.name}-{number}", chance, values)


def _fill(template: Template, name: str, chance: Random, values: Mapping[str, Value]) -> Document:
    body = template.body
    if template.medium == "csv":
        header, row = body.split("\n")
        body = "\n".join([header] + [row] * _ROWS) + "\n"
    parts: list[str] = []
    truth: list[Span] = []
    size = done = 0
    for place in _PLACE.finditer(body):
        before = body[done : place.start()]
        done = place.end()
        if place["filler"]:
            value = FILLERS[place["name"]](chance)
        else:
            value = values[place["name"]](chance)
            start = size + len(before)
            truth.append(Span(place["name"].partition(":")[0], start, start + len(value)))
        parts += before, value
        size += len(before) + len(value)
    return Document(
        name, template.language, template.medium, "".join([*parts, body[done:]]), tuple(truth)
    )
