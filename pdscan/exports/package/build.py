"""Builds a package: contents in, a bag out. Memory does not grow with the number of items."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby, islice
from pathlib import Path
from typing import Any, BinaryIO

from pdscan.exports.package import messages, page, papers
from pdscan.exports.package.bag import Bag
from pdscan.exports.package.disclosure import Disclosure
from pdscan.exports.package.model import (
    Content,
    Document,
    Kind,
    Missing,
    Order,
    Record,
    Right,
    Treatment,
    WholeDecision,
    Why,
    Withheld,
)
from pdscan.exports.package.names import Names, ascii_name
from pdscan.exports.package.person import Card
from pdscan.exports.package.redaction import Examiner
from pdscan.exports.package.tables import ITEM, Table, resource, table_name, written
from pdscan.exports.package.treatment import Treated, Treatments, kind_of
from pdscan.exports.package.workbook import workbook
from pdscan.model import Locator
from pdscan.subjects.model import Holding, Role, Subject

_BATCH = 500  # records that are looked at together
SCHEMAS = Path(__file__).parents[1] / "schemas"
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Summary:
    """What went into a package."""

    items: int
    whole: int
    redacted: int
    withheld: dict[str, int]
    undecided: int
    tables: int
    documents: int


@dataclass(slots=True)
class _System:
    """What is known of one source while the package grows."""

    source: str
    entity: str
    tables: dict[str, Table] = field(default_factory=dict)
    messages: Table | None = None
    files: Table | None = None
    items: int = 0

    def all_tables(self) -> list[Table]:
        extra = [table for table in (self.messages, self.files) if table is not None]
        return [*self.tables.values(), *extra]


class Builder:
    """Makes one package."""

    def __init__(
        self, subject: Subject, order: Order, disclosure: Disclosure, examiner: Examiner
    ) -> None:
        self._subject = subject
        self._order = order
        self._disclosure = disclosure
        self._categories = examiner.categories
        self._treatments = Treatments(subject, order, disclosure, examiner)
        self._names = Names("items")
        self._systems: dict[str, _System] = {}
        self._items = Table("items", "items", key="item")
        self._card = Card()
        self._withheld: list[Withheld] = []
        self._counts: Counter[Treatment] = Counter()
        self._number = 0
        self._documents = 0

    def build(self, stream: BinaryIO, contents: Iterable[tuple[Holding, Content]]) -> Summary:
        """Writes the package as a zip into `stream`.

        `contents` are the accepted holdings of the person with what was read of them; those of one
        table or file stand together, and the same order gives the same bytes.
        """
        bag = Bag(stream, self._order.name)
        for place, group in groupby(contents, key=lambda one: _place(one[0])):
            while batch := list(islice(group, _BATCH)):
                self._take(bag, place, batch)
        for holding in self._subject.undecided:
            place = _place(holding)
            self._withheld.append(Withheld(place[0], table_name(place[0], ()), Why.UNDECIDED))
        self._write(bag)
        bag.close(self._info())
        reasons = Counter(str(one.why) for one in self._withheld)
        return Summary(
            self._number, self._counts[Treatment.WHOLE], self._counts[Treatment.REDACTED],
            dict(sorted(reasons.items())), len(self._subject.undecided),
            sum(len(system.tables) for system in self._systems.values()), self._documents,
        )  # fmt: skip

    # -- items -------------------------------------------------------------------------------------

    def _take(self, bag: Bag, place: tuple[str, str], batch: list[tuple[Holding, Content]]) -> None:
        records = [(h, content) for h, content in batch if isinstance(content, Record)]
        treated = self._treatments.records(place, records)
        for holding, content in batch:
            self._number += 1
            if isinstance(content, Missing):
                self._leave_out(holding, Why.UNREADABLE, detail=content.reason)
            elif isinstance(content, Record):
                self._record(holding, place, next(treated))
            else:
                self._document(bag, holding, self._treatments.document(holding, content))

    def _record(self, holding: Holding, place: tuple[str, str], treated: Treated) -> None:
        if not treated.cells and treated.gaps:
            self._leave_out(holding, treated.gaps[0].why)
            return
        system = self._system(holding)
        table = system.tables.get(place[1])
        if table is None:
            name = self._names(place, table_name(place[0], place[1].split("/")))
            table = system.tables[place[1]] = Table(name, place[1])
        cells = [(ITEM, str(self._number)), *treated.cells]
        table.add(cells)
        table.note(treated.kinds)
        self._note(holding, treated, Kind.RECORD, table.name, "")

    def _document(self, bag: Bag, holding: Holding, treated: Treated) -> None:
        document = treated.document
        if document is None:
            self._leave_out(holding, treated.gaps[0].why)
            return
        system = self._system(holding)
        kind = kind_of(document)
        path = f"originals/{ascii_name(holding.source)}/{self._number:05}{_suffix(document, kind)}"
        bag.write(path, _pieces(document.data))
        self._documents += 1
        if kind is Kind.MESSAGE:
            if system.messages is None:
                system.messages = self._table(holding.source, "messages")
            table = system.messages
            told = messages.headline(document.data)
            cells = [("date", told.date), ("sender", told.sender), ("subject", told.subject),
                     ("text", told.body), ("file", path)]  # fmt: skip
        else:
            if system.files is None:
                system.files = self._table(holding.source, "files")
            table = system.files
            # A name may tell of others what the content was cleared of.
            name = document.name if treated.treatment is Treatment.WHOLE else ""
            cells = [("name", name), ("media_type", document.media_type),
                     ("bytes", str(len(document.data))), ("file", path)]  # fmt: skip
        table.add([(ITEM, str(self._number)), *cells])
        self._note(holding, treated, kind, table.name, path)

    def _table(self, source: str, what: str) -> Table:
        return Table(self._names((source, what), f"{source}-{what}"), f"{source}: {what}")

    def _note(
        self, holding: Holding, treated: Treated, kind: Kind, table: str, path: str
    ) -> None:  # fmt: skip
        self._system(holding).items += 1
        self._counts[treated.treatment] += 1
        self._card.add(treated.facts)
        self._withheld += [
            Withheld(holding.source, table, gap.why, self._number, gap.column, gap.count)
            for gap in treated.gaps
        ]
        decided = self._order.whole.get(holding.locator)
        # Where others are in an item its key may be theirs (an address in a list).
        locator = Locator.parse(holding.locator)
        shown = locator if holding.role is Role.SOLE else locator.item()
        self._items.add([
            ("item", str(self._number)), ("system", holding.source), ("entity", holding.entity),
            ("kind", str(kind)), ("table", table), ("file", path), ("locator", str(shown)),
            ("role", str(holding.role)), ("likelihood", holding.likelihood.label),
            ("treatment", str(treated.treatment)),
            ("because", " > ".join(f"{step.kind} {step.preview}" for step in holding.path)),
            ("decided", _decision(holding, decided)),
        ])  # fmt: skip

    def _leave_out(self, holding: Holding, why: Why, detail: str = "") -> None:
        self._system(holding)
        self._counts[Treatment.WITHHELD] += 1
        # Of an item that stays out not even the name goes in: it may be somebody else's.
        self._withheld.append(
            Withheld(holding.source, ascii_name(holding.source), why, self._number, detail=detail)
        )

    def _system(self, holding: Holding) -> _System:
        if holding.source not in self._systems:
            self._systems[holding.source] = _System(holding.source, holding.entity)
        return self._systems[holding.source]

    # -- files -------------------------------------------------------------------------------------

    def _write(self, bag: Bag) -> None:
        order, form = self._order, self._order.form
        systems = [system for system in self._systems.values() if system.items]
        tables = [self._items, *(t for system in systems for t in system.all_tables())]
        resources = []
        for table in tables:
            path = f"tables/{table.name}.{form}"
            digest, size = bag.write(path, written(table, form))
            described = resource(table, path, form, self._categories)
            resources.append(described | {"bytes": size, "hash": f"sha256:{digest}"})
        said = papers.Said(self._subject, order, self._disclosure, self._tables_by_source())
        files: dict[str, Any] = {
            "person.json": self._card.jscontact(),
            "coverage.json": papers.coverage(said, self._item_counts()),
            "withheld.json": papers.withheld(self._withheld),
            "datapackage.json": papers.datapackage(said, resources),
        }
        if order.right is Right.ACCESS:
            files["art15.json"] = papers.art15(said)
        for name, document in files.items():
            bag.write(name, [_json(document)])
        bag.write("person.vcf", [self._card.vcard().encode()])
        bag.write("view.xlsx", _pieces(workbook(tables)))
        for schema in sorted(SCHEMAS.glob("package.*.schema.json")):
            bag.write(f"schemas/{schema.name}", [schema.read_bytes()])
        bag.write("index.html", page.page(self._page(systems)))

    def _page(self, systems: list[_System]) -> page.Contents:
        shown = [
            page.System(
                system.source, system.entity, self._disclosure.of(system.source, "*"),
                tuple(system.tables.values()), system.messages, system.files,
            )
            for system in systems
        ]  # fmt: skip
        return page.Contents(
            self._order, self._disclosure, self._card, self._subject.created,
            sum(system.items for system in systems), shown, self._withheld,
            papers.not_read(self._subject),
        )  # fmt: skip

    def _tables_by_source(self) -> list[tuple[str, str, tuple[Table, ...]]]:
        return [
            (system.source, system.entity, tuple(system.all_tables()))
            for system in self._systems.values()
            if system.items
        ]

    def _item_counts(self) -> dict[str, int]:
        return {system.source: system.items for system in self._systems.values()}

    def _info(self) -> dict[str, str]:
        info = {"Source-Organization": self._disclosure.controller.name,
                "Bagging-Date": self._subject.created[:10],
                "External-Identifier": self._order.request}  # fmt: skip
        return {key: value for key, value in info.items() if value and value != "unknown"}


def _place(holding: Holding) -> tuple[str, str]:
    """Its source and path: the same for all rows of one table. Of a row in a file of many tables
    the field names the table.
    """
    locator = Locator.parse(holding.locator)
    table = (locator.field,) if locator.key and locator.field else ()
    return locator.source, "/".join((*locator.path, *table))


def _decision(holding: Holding, whole: WholeDecision | None) -> str:
    if whole is not None:
        return f"whole: {whole.by}: {whole.reason}"
    return f"{holding.decision}: {holding.reason}" if holding.decision else ""


def _suffix(document: Document, kind: Kind) -> str:
    if kind is Kind.MESSAGE:
        return ".eml"
    suffix = ascii_name(Path(document.name).suffix)
    return f".{suffix}" if Path(document.name).suffix else ""


def _pieces(data: bytes) -> Iterator[bytes]:
    for start in range(0, len(data), _PIECE):
        yield data[start : start + _PIECE]


def _json(document: Any) -> bytes:
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()
