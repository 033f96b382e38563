"""From settings to the objects that do the work. The only place that knows both sides."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import asdict
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pdscan import __version__, detectors, keys
from pdscan.cli.terminal import tell
from pdscan.config import Settings, Source
from pdscan.connectors.files import STANDARD_INPUT, Files
from pdscan.connectors.interface import Connector, Limits, ReadOptions
from pdscan.custom import detectors as custom
from pdscan.custom import verdicts
from pdscan.custom.allow import allowing
from pdscan.custom.filtering import FindingFilter
from pdscan.detectors.interface import Annotator, Detector
from pdscan.errors import AccessError, UsageError
from pdscan.exports.findings import Kind
from pdscan.matching.fingerprints import Fingerprinter
from pdscan.scan import Plan

RECOGNIZERS = "pdscan.recognizers"  # entry points
NO_MODEL = (
    "names in running text were looked for only beside labels, greetings and in headers: "
    "no language model was named (--ner)"
)

if TYPE_CHECKING:
    from pdscan.connectors.sql.dialect import Options


def chosen_detectors(settings: Settings) -> tuple[Detector, ...]:
    """The detectors in force; raises UsageError where a name is not known or nothing is left."""
    wanted: tuple[str, ...] = settings["detectors"]
    added = custom.load(settings.tables.get("detector", ()), settings.folder, detectors.kinds())
    named = tuple(kind for kind in wanted if kind in {d.kind for d in added})
    rest = tuple(kind for kind in wanted if kind not in named)
    chosen = (
        () if wanted and not rest else detectors.load(rest or None, settings["country"] or None)
    )
    chosen += tuple(d for d in added if not wanted or d.kind in named)
    chosen = allowing(chosen, settings.tables.get("allow", ()))
    if not chosen:
        raise UsageError(
            "no detector is left: the kinds of --detectors belong to other countries than "
            "those of --country"
        )
    return chosen


def annotators(settings: Settings, known: tuple[Detector, ...]) -> tuple[Annotator, ...]:
    """The language model and the Presidio recognisers that were asked for."""
    found: list[Annotator] = []
    if settings["ner"]:
        from pdscan.annotators import ner

        found.append(ner.load(settings["ner"], known))
    if settings["recognizers"] or entry_points(group=RECOGNIZERS):
        from pdscan.annotators import recognizers

        found += recognizers.load(settings["recognizers"], known)
        found += recognizers.installed(known)
    return tuple(found)


def finding_filter(settings: Settings, key: bytes) -> FindingFilter:
    """What leaves out false alarms and own values, as people have marked them."""
    path: Path | None = settings["verdicts"]
    if path is None and Path(verdicts.FILE_NAME).is_file():
        path = Path(verdicts.FILE_NAME)
    said = verdicts.read(path) if path is not None else ()
    return FindingFilter(said, Fingerprinter(key).key_id)


def not_looked_for(settings: Settings) -> tuple[str, ...]:
    """What no scan with these settings can find, in words for the report."""
    return () if settings["ner"] else (NO_MODEL,)


def kinds_of(the_plan: Plan) -> dict[str, Kind]:
    """What is told about the kinds in force in listings, by kind."""
    said = [detector for annotator in the_plan.annotators for detector in annotator.detectors]
    return {d.kind: Kind(d.kind, d.name, d.category) for d in (*the_plan.detectors, *said)}


def key_path(settings: Settings) -> Path:
    """Where the fingerprint key lies."""
    path: Path | None = settings["key_file"]
    return path or keys.default_path()


def jobs(settings: Settings, sources: Iterable[Source]) -> int:
    """How many worker processes; 0 (this process reads) where standard input is a source, which
    worker processes do not have.
    """
    if any(source.address == STANDARD_INPUT for source in sources):
        return 0
    wanted: int = settings["jobs"]
    if wanted:
        return wanted
    if hasattr(os, "sched_getaffinity"):  # Linux: those this process may use
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def plan(settings: Settings, sources: Iterable[Source], key: bytes, *, values: bool) -> Plan:
    """Everything a worker needs."""
    options = reading(settings)
    chosen = chosen_detectors(settings)
    return Plan(
        connectors=tuple(connector(source, settings, options) for source in sources),
        detectors=chosen,
        annotators=annotators(settings, chosen),
        key=key,
        minimum=settings["min_likelihood"],
        context_distance=settings["context_distance"],
        values=values,
        limits=options.limits,
    )


def reading(settings: Settings) -> ReadOptions:
    """How items are read."""
    limits = Limits(**settings.section("limits"))
    return ReadOptions(limits=limits, passwords=passwords(settings))


def connector(source: Source, settings: Settings, options: ReadOptions) -> Connector:
    """The connector that walks `source`; raises UsageError where there is none for its URL."""
    if not source.is_url:
        return Files(source.name, source.address, settings["include"], settings["exclude"], options)
    from pdscan.connectors.sql.credentials import resolve  # takes a while
    from pdscan.connectors.sql.opening import open_database

    credentials = resolve(source.name, source.address, command=source.password_command)
    if credentials.warning:
        tell(f"pdscan: {credentials.warning}")
    return open_database(source.name, credentials.url, _reading(source, settings), options)


def _reading(source: Source, settings: Settings) -> Options:
    """How the database `source` is read; the rate is shared among the workers."""
    from pdscan.connectors.sql.dialect import Options

    own = settings.of(source)
    given = own.section("databases")
    if given["rate"]:
        given["rate"] = max(given["rate"] // max(jobs(settings, ()), 1), 1)
    ignored = tuple(
        (column.table, column.column, column.reason)
        for column in settings.columns
        if column.source == source.name and column.nature == "ignored"
    )
    return Options(sample=own["sample"], ignored=ignored, **given)


def record(settings: Settings, sources: Iterable[Source], the_plan: Plan) -> dict[str, Any]:
    """What the inventory keeps about the run: enough to do it again, nothing secret."""
    return {
        "program": {"name": "pdscan", "version": __version__},
        "detectors": [
            {"kind": d.kind, "version": d.version, "name": d.name, "category": d.category}
            for d in the_plan.detectors
        ],
        "sources": [
            {"name": s.name, "address": without_password(s.address), "entity": s.entity}
            for s in sources
        ],
        "settings": {
            key: {"value": shown(value.value), "origin": value.origin}
            for key, value in settings.values.items()
        },
        "columns": [asdict(column) for column in settings.columns],
        "not_looked_for": list(not_looked_for(settings)),
        "key": Fingerprinter(the_plan.key).key_id,
    }


def shown(value: Any) -> Any:
    """A setting's value as JSON and people know it."""
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, Path):
        return str(value)
    return getattr(value, "label", value)


def without_password(address: str) -> str:
    """`address` without the password of a URL, be it before the host or a parameter."""
    address = re.sub(r"(://[^/@:]*):[^/]*@", r"\1@", address)
    return re.sub(r"(?i)([?&][^=&]*pass[^=&]*=)[^&]*", r"\1***", address)


def passwords(settings: Settings) -> tuple[str, ...]:
    """Passwords for encrypted items; raises AccessError where their file cannot be read."""
    path: Path | None = settings["passwords_file"]
    if path is None:
        return ()
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise AccessError(
            f"{path}: the passwords file cannot be read; see --passwords-file"
        ) from None
    return tuple(line for line in text.splitlines() if line)
