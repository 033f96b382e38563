"""``pdscan retention``."""

from __future__ import annotations

import getpass
from datetime import datetime
from pathlib import Path

import click

from pdscan.cli.erase import config_options, holds_option, policy_options, rules_in
from pdscan.errors import UsageError

TEMPLATES = ("finland", "sweden", "promises")
_DAY = click.option("--day", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE",
                    help="The day for which the rules are applied. [default: today]")  # fmt: skip
_AUTHOR = click.option("--author", help="Who says so. [default: your user name]")
_REASON = click.option("--reason", required=True, help="Why.")


@click.group("retention")
def command() -> None:
    """How long what is kept: rules, what follows from them, and legal holds.

    Rules stand in retention.toml, holds in retention-holds.jsonl. A hold goes before a law, a law
    before the time for claims, that before the controller's own policy.
    """


@command.command("init")
@click.argument("names", nargs=-1, required=True, type=click.Choice(TEMPLATES),
                metavar="finland|sweden|promises...")  # fmt: skip
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False),
              default=Path("retention.toml"), show_default=True, metavar="FILE")  # fmt: skip
def init(names: tuple[str, ...], output: Path) -> None:
    """Begin a file of rules from templates, for the controller to go through and confirm."""
    from importlib.resources import files

    from pdscan.cli import terminal
    from pdscan.retention import reading

    if output.exists():
        raise UsageError(f"{output} exists; name another file with -o")
    folder = files("pdscan.retention") / "templates"
    texts = [(folder / f"{name}.toml").read_text("utf-8") for name in dict.fromkeys(names)]
    zones = [line for text in texts for line in text.splitlines() if line.startswith("time_zone")]
    rest = ["\n".join(x for x in t.splitlines() if not x.startswith("time_zone")) for t in texts]
    text = "\n".join([*zones[:1], "", *(part + "\n" for part in rest)])
    count = len(reading.parse(text.encode(), str(output)).rules)
    output.write_text(text, "utf-8")
    terminal.say(f"{count} rules in {output}; go through them, then: pdscan retention check")


@command.command("check")
@policy_options
def check(rules_file: Path, holds_file: Path) -> int:
    """Read rules and holds, and say what nobody stands for yet (exit code 1)."""
    from pdscan.cli import terminal
    from pdscan.retention import holds

    policy, held = rules_in(rules_file), holds.read(holds_file)
    rows = [
        (r.name, str(r.kind), str(r.period), str(r.start), ", ".join(map(str, r.anchor)),
         r.law, r.confirmed_by or "NOBODY: a template")
        for r in policy.rules
    ]  # fmt: skip
    terminal.table(("Rule", "Kind", "Period", "From", "Anchor", "Law", "Confirmed by"), rows)
    terminal.say("")
    terminal.say(f"Version {policy.digest[:16]}…; {len(held.in_force)} legal holds in force")
    return 1 if any(not rule.confirmed_by for rule in policy.rules) else 0


@command.command("explain")
@click.argument("locator")
@_DAY
@policy_options
@config_options
def explain(
    locator: str, day: datetime | None, rules_file: Path, holds_file: Path,
    config_file: Path | None, key_file: str | None,
) -> None:  # fmt: skip
    """Which rules bear on the row, message or file at LOCATOR, until when, and why."""
    from pdscan import config, keys
    from pdscan.cli import looking, records, terminal, wiring
    from pdscan.matching.fingerprints import Fingerprinter
    from pdscan.retention import holds
    from pdscan.retention.resolving import resolve

    policy, held = rules_in(rules_file), holds.read(holds_file)
    settings = config.load({"key_file": key_file}, file=config_file)
    key = wiring.key_path(settings)
    fingerprinter = Fingerprinter(keys.load(key)) if "key=%23:" in locator else None
    today = day.date() if day else datetime.now(policy.zone).date()
    with looking.Sources(settings) as sources:
        record = records.record_at(locator, sources, fingerprinter)
        found = resolve(policy, held.holds, record, today)
    for bearing in found.bearings:
        terminal.say(bearing.explained(today))
    if not found.bearings:
        terminal.say(
            "No rule and no hold bears on it: nothing keeps it, and nothing ends its time."
        )
    rows = [
        (v.field or "(all of it)", v.kept_by.name if v.kept_by else "",
         v.until.isoformat() if v.until else "", v.manual and f"a person must decide: {v.manual}")
        for v in found.fields if v.kept_by or v.manual
    ]  # fmt: skip
    if rows:
        terminal.say("")
        terminal.table(("Field", "Kept by", "Until", ""), rows)


@command.command("overdue")
@click.argument("targets", nargs=-1, required=True, metavar="SOURCE...")
@_DAY
@click.option("--list", "listed", is_flag=True, help="Name every place, not only their number.")
@policy_options
@config_options
def overdue(
    targets: tuple[str, ...], day: datetime | None, listed: bool, rules_file: Path,
    holds_file: Path, config_file: Path | None, key_file: str | None,
) -> int:  # fmt: skip
    """What is past its time although nobody asked, by system and rule.

    Looks at the rows of databases and SQLite files, and at files by the time they were last
    changed. Records whose date is not known are counted: a person must look at them. Exit code 1
    if there is anything, 3 if something could not be looked at.
    """
    from pdscan import config
    from pdscan.cli import looking, records, terminal
    from pdscan.retention import holds
    from pdscan.retention import resolving as rules
    from pdscan.retention.model import Kind

    policy, held = rules_in(rules_file), holds.read(holds_file)
    settings = config.load({"key_file": key_file}, file=config_file)
    today = day.date() if day else datetime.now(policy.zone).date()
    counts: dict[tuple[str, str, str], int] = {}
    oldest: dict[tuple[str, str, str], str] = {}
    undated: dict[tuple[str, str, str], int] = {}
    failed = 0
    with looking.Sources(settings) as sources:
        for source in config.sources_for(targets, settings):
            sources.add(source)
            for record in records.all_records(source.name, sources, policy.rules):
                if isinstance(record, tuple):
                    failed += 1
                    terminal.tell(f"pdscan: {record[0]}: not looked at: {record[1]}")
                    continue
                ended, unknown = rules.overdue(policy, held.holds, record, today)
                for bearing in unknown:
                    place = record.source, "!/".join(record.path), bearing.name
                    undated[place] = undated.get(place, 0) + 1
                for bearing in ended:
                    place = record.source, "!/".join(record.path), bearing.name
                    until = bearing.until.isoformat() if bearing.until else ""
                    counts[place] = counts.get(place, 0) + 1
                    oldest[place] = min(oldest.get(place, until), until)
                    if listed:
                        terminal.say(f"{record.locator}: {bearing.explained(today)}")
    rows = [
        (*place, counts.get(place, 0), oldest.get(place, ""), undated.get(place, 0))
        for place in sorted({*counts, *undated})
    ]
    heads = ("System", "Where", "Rule", "Past their time", "Since", "Of unknown date")
    if rows:
        terminal.table(heads, rows)
    elif not any(rule.kind in (Kind.POLICY, Kind.CONSENT) for rule in policy.rules):
        terminal.say(
            f"No rule in {rules_file} ends anything (policy_max, consent), so nothing can be past "
            "its time. Begin with: pdscan retention init promises"
        )
    else:
        terminal.say(f"Nothing is past its time on {today}.")
    return 3 if failed else 1 if rows else 0


@command.group("hold")
def hold() -> None:
    """Legal holds: what may not be erased until it is released."""


@hold.command("add")
@click.argument("on", metavar="LOCATOR|KIND/FINGERPRINT")
@_REASON
@_AUTHOR
@click.option("--law", default="", help="The law or the case it rests on.")
@holds_option
def hold_add(on: str, reason: str, author: str | None, law: str, holds_file: Path) -> None:
    """Hold a place (* stands for anything in a locator), or a person by an identifier.

    \b
    pdscan retention hold add 'orders:*' --reason "lawsuit L 26/1234"
    pdscan retention hold add email/3f2a1b5c7d9e0f1a2b3c4d5e --reason "police inquiry"
    """  # noqa: D301 - click's mark
    from pdscan.cli import terminal
    from pdscan.retention import holds

    added = holds.add(holds_file, on, reason, author or getpass.getuser(), law)
    terminal.say(f"{added.id}: in force; manifests made before it are stopped by pdscan verify")


@hold.command("release")
@click.argument("name", metavar="HOLD")
@_REASON
@_AUTHOR
@holds_option
def hold_release(name: str, reason: str, author: str | None, holds_file: Path) -> None:
    """Release a hold. What it blocked is open again: make the manifests it stopped anew."""
    from pdscan.cli import terminal
    from pdscan.retention import holds

    released = holds.release(holds_file, name, reason, author or getpass.getuser())
    terminal.say(f"{released.id}: released; make the manifests that it bears on anew")


@hold.command("list")
@holds_option
def hold_list(holds_file: Path) -> None:
    """All holds, and who added and released them."""
    from pdscan.cli import terminal
    from pdscan.retention import holds

    rows = [
        (h.id, h.on, h.reason, h.author, h.at, h.released_at, h.released_by, h.release_reason)
        for h in holds.read(holds_file).holds
    ]
    terminal.table(("Hold", "On", "Reason", "Added by", "At", "Released", "By", "Why"), rows)
