"""``pdscan erase``."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from pdscan import __version__
from pdscan.errors import UnreadableError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from pdscan.cli.looking import Sources
    from pdscan.connectors.fetch import Original, Row
    from pdscan.exports.identifiers import Identifier
    from pdscan.exports.manifest import Action, Entry, Header, Manifest
    from pdscan.inventory import Inventory
    from pdscan.retention.holds import Holds
    from pdscan.retention.model import Backup, Policy, Recipient
    from pdscan.subjects.model import Subject

Named = TypeVar("Named", bound="Recipient | Backup")
Command = TypeVar("Command", bound="Callable[..., Any]")
_FILE = click.Path(path_type=Path, dir_okay=False)


def holds_option(command: Command) -> Command:
    """Adds the option that names the holds."""
    return click.option(
        "--holds", "holds_file", type=_FILE, metavar="FILE", default=Path("retention-holds.jsonl"),
        show_default=True, help="The legal holds.",
    )(command)  # fmt: skip


def policy_options(command: Command) -> Command:
    """Adds the options that name the rules and the holds."""
    return click.option(
        "--rules", "rules_file", type=_FILE, metavar="FILE", default=Path("retention.toml"),
        show_default=True, help="The retention rules.",
    )(holds_option(command))  # fmt: skip


def config_options(command: Command) -> Command:
    """Adds the options that name the configuration and the key."""
    command = click.option("--key-file", metavar="FILE", help="The fingerprint key.")(command)
    return click.option(
        "--config", "config_file", type=_FILE, metavar="FILE",
        help="The configuration file. [default: pdscan.toml here, if there is one]",
    )(command)  # fmt: skip


def rules_in(file: Path) -> Policy:
    """The rules in `file`; raises UsageError with what to do where there is none."""
    from pdscan.retention import reading

    if not file.exists():
        raise UsageError(
            f"{file}: no retention rules there, and without them nothing is kept that a law asks "
            "for. Begin with: pdscan retention init finland sweden promises"
        )
    return reading.read(file)


@click.command("erase")
@click.argument("subject_file", type=_FILE, metavar="SUBJECT")
@click.option("-o", "--output", type=_FILE, required=True, metavar="FILE",
              help="Where to write the manifest.")  # fmt: skip
@click.option("--request", "request_id", default="", metavar="ID", help="The request it answers.")
@click.option("--restrict", multiple=True, metavar="LOCATOR", help="Restrict this holding instead.")
@click.option("--rectify", multiple=True, metavar="LOCATOR", help="Correct this holding instead.")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE",
              help="The day for which the rules are applied. [default: today]")  # fmt: skip
@policy_options
@config_options
def command(
    subject_file: Path, output: Path, request_id: str, restrict: tuple[str, ...],
    rectify: tuple[str, ...], day: datetime | None, rules_file: Path, holds_file: Path,
    config_file: Path | None, key_file: str | None,
) -> int:  # fmt: skip
    """Plan the erasure of one person: a manifest, for people to approve and carry out.

    SUBJECT is what pdscan subject wrote. Every holding gets an action, a reason and, where it is
    kept, the law and the date. Nothing is deleted: pdscan never does.

    \b
    pdscan erase subject.json -o manifest.jsonl
    pdscan manifest show manifest.jsonl
    pdscan approve manifest.jsonl --role dpo
    """  # noqa: D301 - click's mark
    from dataclasses import replace

    from pdscan import config, keys
    from pdscan.cli import gather, looking, terminal, wiring
    from pdscan.exports import erasure, identifiers, manifest
    from pdscan.exports.manifest import Action
    from pdscan.matching.fingerprints import Fingerprinter
    from pdscan.retention import holds
    from pdscan.subjects import store

    beside = output.with_name(output.name + identifiers.SUFFIX)
    for file in (output, beside):
        if file.exists():
            raise UsageError(f"{file} exists; name another file, or remove it")
    settings = config.load({"key_file": key_file}, file=config_file)
    subject = gather.for_request(store.load(subject_file), request_id)
    if subject.request:
        gather.known_request(subject.request, settings)
    policy, held = rules_in(rules_file), holds.read(holds_file)
    key = wiring.key_path(settings)
    fingerprinter = Fingerprinter(keys.load(key))
    gather.check_key(subject, fingerprinter, key)
    marked = dict.fromkeys(restrict, Action.RESTRICT) | dict.fromkeys(rectify, Action.RECTIFY)
    _check_marked(marked, subject)
    today = day.date() if day else datetime.now(policy.zone).date()
    with looking.Sources(settings, looking.open_inventories(subject)) as sources:
        sights, contents = looking.sights(subject, sources, fingerprinter)
        entries = erasure.plan(subject, sights, erasure.Rules(policy, held.holds, today, marked))
        values = list(_identifiers(subject, contents, sources))
        known = frozenset(kind for i in sources.inventories for kind in _detectors(i))
    header = replace(
        _header(subject, entries, policy, held, today, output), key=fingerprinter.key_id,
        detectors=tuple(sorted(known)),
    )  # fmt: skip
    identifiers.seal(values, beside, key, header.id)
    digest = manifest.write(manifest.Manifest(header, entries), output)
    unknown = len(subject.identifiers) - len(values)
    summarise(manifest.Manifest(header, entries))
    terminal.say("")
    terminal.say(f"Manifest: {output} (pdscan manifest show {output})")
    terminal.say(f"Identifiers, encrypted until the verdict: {beside}")
    if subject.request:
        gather.enter(subject.request, f"erasure planned, manifest {digest}", settings)
    if unknown:
        terminal.tell(
            f"pdscan: {unknown:,} of {len(subject.identifiers):,} identifiers could not be read "
            "again in the sources; the check after the deletion looks for hashes of the others only"
        )
    if subject.not_read:
        terminal.say(
            f"{len(subject.not_read):,} places could not be wholly read when the person was looked "
            "for; somebody must answer for each before the deletion (pdscan verify --before)"
        )
    return 3 if subject.not_read or any(not s.record for s in sights.values()) else 0


def _detectors(inventory: Inventory) -> Iterable[str]:
    """Those that the inventory was made with, as ``kind/version``."""
    return (f"{d['kind']}/{d['version']}" for d in inventory.run.get("detectors", ()))


def _check_marked(marked: Mapping[str, Action], subject: Subject) -> None:
    known = {holding.locator for holding in subject.holdings}
    for locator in marked:
        if locator not in known:
            raise UsageError(f"{locator}: no holding of the person has this locator")


def _header(
    subject: Subject, entries: tuple[Entry, ...], policy: Policy, held: Holds, today: date,
    output: Path,
) -> Header:  # fmt: skip
    import uuid

    from pdscan.exports import identifiers
    from pdscan.exports.erasure import touched
    from pdscan.exports.manifest import Header, Person

    told = touched(entries)
    sources = frozenset(entry.source for entry in entries)
    return Header(
        id=str(uuid.uuid4()), created=datetime.now(UTC).isoformat(timespec="seconds"),
        entries=len(entries), key="", program=f"pdscan {__version__}", request=subject.request,
        person=tuple(Person(i.kind, i.fingerprint, i.preview) for i in subject.identifiers),
        ambiguous=tuple(Person(i.kind, i.fingerprint, i.preview) for i in subject.ambiguous),
        inventories=subject.inventories, rules=policy.digest, holds=held.digest,
        day=today.isoformat(), recipients=_of(policy.recipients, told),
        backups=_with_expiry(_of(policy.backups, sources), today), not_read=subject.not_read,
        identifiers=output.name + identifiers.SUFFIX,
    )  # fmt: skip


def _of(named: tuple[Named, ...], sources: frozenset[str]) -> tuple[Named, ...]:
    return tuple(n for n in named if sources and (not n.sources or sources & set(n.sources)))


def _with_expiry(backups: tuple[Backup, ...], today: date) -> tuple[Backup, ...]:
    from dataclasses import replace

    from pdscan.retention.periods import Period

    return tuple(
        replace(b, expires=Period.parse(b.keeps).after(today).isoformat()) if b.keeps else b
        for b in backups
    )


def _identifiers(
    subject: Subject, contents: Mapping[str, Row | Original], sources: Sources
) -> Iterable[Identifier]:
    """The person's identifiers with their values, each read from one place where it stands."""
    from contextlib import suppress
    from dataclasses import replace

    from pdscan.cli.looking import field_of
    from pdscan.connectors.fetch import Row
    from pdscan.connectors.reopen import text_at
    from pdscan.exports.identifiers import Identifier
    from pdscan.model import Locator

    wanted = {(i.kind, i.fingerprint) for i in subject.identifiers}
    # Rows first: their cells are at hand, files must be read again.
    holdings = sorted(subject.holdings, key=lambda h: not isinstance(contents.get(h.locator), Row))
    for holding in holdings:
        content = contents.get(holding.locator)
        for finding in holding.findings:
            known = finding.kind, finding.fingerprint
            if known not in wanted or content is None:
                continue
            place = Locator.parse(finding.locator)
            value = None
            # In a text the span counts from its beginning, not from that of the cell.
            if not isinstance(content, Row) or content.spot.lines[0]:
                there = replace(place, key=()) if isinstance(content, Row) else place
                with suppress(UnreadableError):
                    value = text_at(sources.connector(holding.source), there)
            if value is None and isinstance(content, Row):
                value = dict(content.values).get(field_of(Locator.parse(holding.locator), place))
                if value is not None and place.span is not None:
                    value = value[slice(*place.span)]
            if value:
                wanted.discard(known)
                yield Identifier(finding.kind, finding.fingerprint, value)


def summarise(plan: Manifest) -> None:
    """What becomes of how many places, by system, and what needs a person."""
    from pdscan.cli import terminal

    counts = Counter((entry.source, str(entry.action)) for entry in plan.entries)
    actions = sorted({action for _, action in counts})
    rows = [
        (source, *(counts[source, action] for action in actions))
        for source in sorted({source for source, _ in counts})
    ]
    terminal.table(("System", *actions), rows)
    waiting = [e for e in plan.entries if e.action == "manual" or e.blocked]
    if waiting:
        terminal.say("")
        terminal.say(f"{len(waiting):,} wait for a person:")
        for entry in waiting[:10]:
            terminal.say(f"  {entry.number}  {entry.locator}: {entry.blocked or entry.reason}")
        if len(waiting) > 10:
            terminal.say(f"  and {len(waiting) - 10:,} more")
    for recipient in plan.header.recipients:
        terminal.say(f"To be told (Art. 19): {recipient.name} {recipient.contact}".rstrip())
    for backup in plan.header.backups:
        terminal.say(f"Lives on in backup {backup.name} until {backup.expires or 'unknown'}")
