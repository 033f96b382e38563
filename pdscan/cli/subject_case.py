"""From arguments to a resolved person: inventories, sources, what changed, the case."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from pdscan import keys
from pdscan.cli import terminal, wiring
from pdscan.cli.collect import Totals, listed
from pdscan.cli.job import Job
from pdscan.cli.place import Place
from pdscan.config import Settings, Source
from pdscan.connectors.interface import Connector
from pdscan.custom.columns import DeclaredColumns
from pdscan.errors import AccessError, PdscanError, UsageError
from pdscan.inventory import RUN, Inventory, InventoryWriter
from pdscan.matching.fingerprints import Fingerprinter
from pdscan.runner import run
from pdscan.scan import Task
from pdscan.subjects import store
from pdscan.subjects.build import Case, resolve
from pdscan.subjects.changes import Changes, changes
from pdscan.subjects.given import parse
from pdscan.subjects.model import NotRead, Subject
from pdscan.subjects.review import carried_over


def found(
    settings: Settings, targets: tuple[str, ...], lines: list[str], *, request: str, check: bool,
    output: Path | None,
) -> Subject:  # fmt: skip
    """Resolves the person that `lines` tell of, and keeps the result in `output`."""
    kept = [Path(target) for target in targets if (Path(target) / RUN).is_file()]
    others = tuple(target for target in targets if Path(target) not in kept)
    with tempfile.TemporaryDirectory(prefix="pdscan-") as folder:  # of mode 0700
        if others or not kept:
            scanned = Path(folder) / "scanned"
            job = Job.start(settings, others, Place.here(scanned), replace=False, values=False)
            job.run()
        inventories = [Inventory(path) for path in kept]
        fingerprinter = _fingerprinter(settings, inventories)
        given = parse(lines, fingerprinter)
        sources = _sources(inventories, settings)
        connectors, unknown = _connectors(sources, settings)
        outdated: list[frozenset[str]] = []
        names = list(kept)
        fresh: list[Inventory] = []
        for number, inventory in enumerate(inventories if check else ()):
            changed = changes(inventory, connectors)
            outdated.append(frozenset(changed.outdated))
            unknown += [u for u in changed.unknown if u not in unknown]
            if changed.units:
                again = Path(folder) / f"changed-{number}"
                fresh.append(_scanned_again(settings, inventory, changed, connectors, again))
        if others or not kept:
            scanned_now = Inventory(Path(folder) / "scanned")
            fresh.append(scanned_now)
            sources += [s for s in _sources([scanned_now], settings) if s not in sources]
            connectors |= _connectors(sources, settings)[0]
        every = (*inventories, *fresh)
        case = Case(
            every, connectors, fingerprinter,
            {source.name: source.entity for source in sources},
            {d["kind"]: d["category"] for one in every for d in one.run["detectors"]},
            tuple(outdated), tuple(names), tuple(unknown),
        )  # fmt: skip
        try:
            subject = resolve(case, given, now=datetime.now(UTC), request=request)
        finally:
            for connector in connectors.values():
                connector.close()
    if output is not None:
        if output.exists():
            subject = carried_over(store.load(output), subject)
        store.save(subject, output)
    return subject


def _fingerprinter(settings: Settings, inventories: Iterable[Inventory]) -> Fingerprinter:
    path = wiring.key_path(settings)
    for inventory in inventories:
        recorded = inventory.run["settings"]["key_file"]["value"]
        if settings["key_file"] is None and recorded:
            path = Path(recorded)
    fingerprinter = Fingerprinter(keys.load(path))
    for inventory in inventories:
        if inventory.run["key"] != fingerprinter.key_id:
            raise AccessError(
                f"{path}: not the key that {inventory.directory} was made with. "
                f"Name the right one with --key-file. {keys.LOST}"
            )
    return fingerprinter


def _sources(inventories: Iterable[Inventory], settings: Settings) -> list[Source]:
    """The sources of inventories: as they are configured now, else as they were recorded."""
    configured = {source.name: source for source in settings.sources}
    found: dict[str, Source] = {}
    for inventory in inventories:
        for one in inventory.run["sources"]:
            recorded = Source(one["name"], one["address"], one["entity"])
            source = configured.get(one["name"], recorded)
            if source.name in found and found[source.name].address != source.address:
                raise UsageError(
                    f"two inventories have a source {source.name!r} at different places; "
                    "resolve them one by one"
                )
            found[source.name] = source
    return list(found.values())


def _connectors(
    sources: Iterable[Source], settings: Settings
) -> tuple[dict[str, Connector], list[NotRead]]:
    connectors: dict[str, Connector] = {}
    unknown: list[NotRead] = []
    options = wiring.reading(settings)
    for source in sources:
        if source.address == "-":
            continue
        try:
            connectors[source.name] = wiring.connector(source, settings, options)
        except PdscanError as error:
            unknown.append(NotRead(f"{source.name}:", "unreadable", str(error), ""))
    return connectors, unknown


def _scanned_again(
    settings: Settings, inventory: Inventory, changed: Changes,
    connectors: dict[str, Connector], folder: Path,
) -> Inventory:  # fmt: skip
    """An inventory of what changed, made with the detectors of the first."""
    terminal.tell(
        f"pdscan: {len(changed.units):,} changed or new since {inventory.run['finished']}: "
        "reading them again"
    )
    key = keys.load(_key_file(settings, inventory))
    plan = wiring.plan(settings, (), key, values=False)
    plan = replace(plan, connectors=tuple(connectors.values()))
    writer = InventoryWriter(folder)
    work = (Task(number, (unit,)) for number, unit in enumerate(changed.units))
    declared = DeclaredColumns(settings.columns, plan.minimum)
    left_out = wiring.finding_filter(settings, key)
    with terminal.Meter() as meter:
        messages = run(plan, work, 1, meter.reading)
        for _ in listed(messages, None, Totals(), writer, left_out, declared):
            pass
    writer.close({
        **wiring.record(settings, (), plan),
        **{name: inventory.run[name] for name in ("sources", "settings", "key")},
    })  # fmt: skip
    return Inventory(folder)


def _key_file(settings: Settings, inventory: Inventory) -> Path:
    recorded = inventory.run["settings"]["key_file"]["value"]
    if settings["key_file"] is None and recorded:
        return Path(recorded)
    return wiring.key_path(settings)
