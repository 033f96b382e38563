"""A scan of its own, independent of the manifest.

It tells where the person's identifiers are now, what could not be read, and whether it sees at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pdscan.matching.findings import SCHEMA
from pdscan.matching.fingerprints import Fingerprinter
from pdscan.model import Ints, Likelihood, Locator, Reason, State, place_name
from pdscan.runner import run
from pdscan.scan import Closed, Found, Message, Opened, Plan, Settled, tasks
from pdscan.subjects.model import NotRead
from pdscan.verification import disguises

_PAGE = 12  # bits of a number within a page
_CONTROLS = 5  # of a source: any one that is seen again is enough
_FINGERPRINT = SCHEMA.field("fingerprint").type


@dataclass(frozen=True, slots=True)
class Sight:
    """An identifier of the person, where it was seen: the place with key and field."""

    locator: str
    record: int  # its number within the item, -1 for running text
    kind: str
    fingerprint: str
    likelihood: Likelihood
    scheme: str = ""  # of a disguised one: what was done to it

    @property
    def place(self) -> Locator:
        """The locator, parsed."""
        return Locator.parse(self.locator)


@dataclass(frozen=True, slots=True)
class Control:
    """Something that stays and must be seen again: proof that a scan of the source can see."""

    source: str
    kind: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Rescan:
    """What a scan saw.

    ``records`` counts the distinct records with findings by item, and items with findings in
    running text (messages, documents) by what they lie in. ``controls`` are what was offered or,
    where they were given, which of them were seen. ``detectors`` are those in force, as
    ``kind/version``; ``items`` counts what was looked at by source; ``read`` are the items out of
    those asked for that were read whole.
    """

    sights: tuple[Sight, ...]
    gaps: tuple[NotRead, ...]
    controls: tuple[Control, ...]
    records: Mapping[str, int]
    detectors: tuple[str, ...]
    items: Mapping[str, int]
    read: frozenset[str] = frozenset()


def rescan(
    plan: Plan,
    jobs: int,
    watched: Iterable[str],
    *,
    disguised: Sequence[disguises.Disguise] = (),
    controls: Sequence[Control] | None = None,
    asked: Iterable[str] = (),
) -> Rescan:
    """Scans all sources of `plan` for the fingerprints (hex) in `watched`, and for `disguised`.

    Findings of any likelihood count: an identifier that is known to be the person's needs no
    evidence around it. With `controls` it is said which of them are seen; without, new ones are
    chosen: other people's identifiers of high likelihood. Of the items `asked` it is said which
    were read whole.
    """
    known = tuple(f"{d.kind}/{d.version}" for d in plan.detectors)
    wanted = frozenset(watched)
    found = plan.detectors
    if disguised:
        found = (*found, disguises.detector(disguised))
    plan = replace(plan, detectors=found, minimum=Likelihood.VERY_UNLIKELY, values=False)
    collector = _Collector(plan.key, wanted, disguised, controls, frozenset(asked))
    for message in run(plan, tasks(plan.connectors), jobs):
        collector.take(message)
    return collector.result(known)


class _Collector:
    def __init__(
        self, key: bytes, watched: frozenset[str], disguised: Iterable[disguises.Disguise],
        controls: Sequence[Control] | None, asked: frozenset[str],
    ) -> None:  # fmt: skip
        self._asked, self._read = asked, set[str]()
        fingerprinter = Fingerprinter(key)
        self._disguised = {
            fingerprinter.one(disguises.KIND, one.written).hex(): one for one in disguised
        }
        self._watched = pa.array(sorted(map(bytes.fromhex, watched | set(self._disguised))),
                                 _FINGERPRINT)  # fmt: skip
        self._given = None if controls is None else frozenset(controls)
        self._sought = pa.array(
            sorted({bytes.fromhex(one.fingerprint) for one in controls or ()}), _FINGERPRINT
        )
        self._controls: dict[str, list[Control]] = {}
        self._seen: set[Control] = set()
        self._sights: dict[Sight, None] = {}
        self._gaps: list[NotRead] = []
        self._tally = Tally()
        self._items: dict[int, Locator] = {}
        self._closed: list[int] = []
        self._count: Counter[str] = Counter()

    def take(self, message: Message) -> None:
        match message:
            case Opened(number, item):
                self._items[number] = item.locator
            case Found(batch):
                self._found(batch)
            case Closed(number, entry):
                self._count[entry.item.source] += 1
                self._closed.append(number)
                if is_gap(entry.outcome.state, entry.outcome.reason, entry.outcome.detail):
                    self._gaps.append(NotRead(
                        str(entry.item.locator), str(entry.outcome.state),
                        str(entry.outcome.reason), entry.outcome.detail,
                    ))  # fmt: skip
                elif self._asked and (locator := str(entry.item.locator)) in self._asked:
                    self._read.add(locator)
            case Settled():
                for number in self._closed:
                    del self._items[number]
                self._closed.clear()

    def result(self, detectors: tuple[str, ...]) -> Rescan:
        offered = (one for few in self._controls.values() for one in few)
        controls = sorted(
            self._seen if self._given is not None else offered,
            key=lambda one: (one.source, one.kind, one.fingerprint),
        )
        return Rescan(
            tuple(self._sights), tuple(self._gaps), tuple(controls), self._tally.counts(),
            detectors, dict(self._count), frozenset(self._read),
        )  # fmt: skip

    def _found(self, batch: pa.RecordBatch) -> None:
        fingerprints = batch["fingerprint"]
        mine = pc.is_in(fingerprints, self._watched)
        for row in _rows(batch, mine):
            sight = self._sight(row)
            self._sights.setdefault(sight)
        if self._given is None:
            self._offer(batch, mine)
        elif len(self._sought):
            for row in _rows(batch, pc.is_in(fingerprints, self._sought)):
                source = self._items[row["item"]].source
                seen = Control(source, row["kind"], row["fingerprint"].hex())
                if seen in self._given:
                    self._seen.add(seen)
        self._count_records(batch)

    def _sight(self, row: Mapping[str, Any]) -> Sight:
        item = self._items[row["item"]]
        parts = "&".join(f"key={pair}" for pair in (row["key"] or "").split("&") if pair)
        place = Locator.parse(f"{item}#{parts}") if parts else item
        fingerprint = row["fingerprint"].hex()
        disguise = self._disguised.get(fingerprint)
        return Sight(
            str(replace(place, field=place_name(row["part"], row["field"]))),
            row["record"],
            disguise.kind if disguise else row["kind"],
            fingerprint,
            Likelihood(row["likelihood"]),
            disguise.scheme if disguise else "",
        )

    def _offer(self, batch: pa.RecordBatch, mine: pa.Array) -> None:
        """Takes the first few identifiers of others, no two of one fingerprint."""
        level = np.asarray(batch["likelihood"])
        others = np.flatnonzero(~np.asarray(mine) & (level >= Likelihood.LIKELY))
        items = np.asarray(batch["item"])[others]
        for number in np.unique(items).tolist():
            source = self._items[number].source
            chosen = self._controls.setdefault(source, [])
            if len(chosen) >= _CONTROLS:
                continue
            for row in others[items == number][: 4 * _CONTROLS].tolist():
                control = Control(
                    source, batch["kind"][row].as_py(), batch["fingerprint"][row].as_py().hex()
                )
                if len(chosen) < _CONTROLS and control not in chosen:
                    chosen.append(control)

    def _count_records(self, batch: pa.RecordBatch) -> None:
        items, records = np.asarray(batch["item"]), np.asarray(batch["record"])
        for number in np.unique(items).tolist():
            found = records[items == number]
            self._tally.add(str(self._items[number]), found[found >= 0])
            if (found < 0).any():
                around = container(self._items[number])
                self._tally.add(str(around), np.array([number], np.int64))


class Tally:
    """How many distinct numbers each name has, a bit for each number met."""

    def __init__(self) -> None:
        self._pages: dict[tuple[str, int], npt.NDArray[np.bool_]] = {}

    def add(self, name: str, numbers: Ints) -> None:
        """Adds `numbers`, which are not negative."""
        pages = numbers >> _PAGE
        for page in np.unique(pages).tolist():
            bits = self._pages.setdefault((name, page), np.zeros(1 << _PAGE, np.bool_))
            bits[numbers[pages == page] & ((1 << _PAGE) - 1)] = True

    def counts(self) -> dict[str, int]:
        """The numbers of each name."""
        found: Counter[str] = Counter()
        for (name, _), bits in self._pages.items():
            found[name] += int(bits.sum())
        return dict(found)


def container(item: Locator) -> Locator:
    """What an item lies in: the mailbox or archive, or the folder of a file."""
    if len(item.path) > 1:
        return replace(item, path=item.path[:-1])
    folder, slash, _ = item.path[0].rpartition("/") if item.path else ("", "", "")
    return Locator(item.source, (folder + slash,) if slash else ())


def _rows(batch: pa.RecordBatch, where: pa.Array) -> Iterator[dict[str, Any]]:
    if pc.any(where).as_py():
        yield from batch.filter(where).to_pylist()


def is_gap(state: str, reason: str, detail: str) -> bool:
    """Whether a line of the ledger leaves a question open. A view does not: its tables are read."""
    return state != State.READ and not (
        reason == Reason.EXCLUDED and "tables are scanned" in detail
    )
