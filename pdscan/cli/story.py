"""The end of ``pdscan demo --story``: one person's request, from the letter to the certificate."""

from __future__ import annotations

import contextlib
import io
import json
import textwrap
from collections.abc import Iterable
from importlib import resources
from pathlib import Path

from pdscan import cli
from pdscan.cli import terminal
from pdscan.demo import administrator
from pdscan.errors import PdscanError
from pdscan.exports import manifest as manifests

_PERSON = 10  # of the demo's people: a customer with orders, an account, payments and log lines
_TEMPLATES = ("finland", "sweden", "promises")
_SHOWN = 14  # lines of a command's output
_DAMAGED, _BROKEN = "logs/access.log.3.gz", "forms/contact-form.csv"


def tell(folder: Path, sources: Iterable[tuple[str, str]], inventory: str) -> None:
    """Tells it, on the demo estate in `folder`; `sources` are names and paths."""
    with contextlib.chdir(folder):
        _tell(dict(sources), inventory)


def _tell(sources: dict[str, str], inventory: str) -> None:
    person = json.loads(Path("truth.json").read_text("utf-8"))["people"][_PERSON - 1]
    for old in Path.cwd().glob("request-1.*"):
        old.unlink()
    subject, manifest = "request-1.subject.json", "request-1.manifest"
    _chapter(
        "A letter arrives",
        f"{person['given']} {person['family']} asks both companies for a copy of everything, and "
        "then to be erased. The letter gives one e-mail address. From there pdscan follows what it "
        "finds: other identifiers, keys of tables. Exit code 3 says that two places could not be "
        "read to their end; they stand at the bottom, and nobody is allowed to forget them.",
    )
    _pdscan("subject", inventory, "--id", f"email={person['emails'][0]}", "-o", subject)
    _chapter(
        "What is uncertain, a person decides",
        "The log lines hold only an address of the network, which others may have had. The data "
        "protection officer looks at each, and here says of all: theirs.",
    )
    _pdscan("subject", "review", subject, "--write", "request-1.review.toml")
    review = Path("request-1.review.toml")
    text = review.read_text("utf-8").replace('decision = ""', 'decision = "theirs"')
    review.write_text(text.replace('decided_by = ""', 'decided_by = "the officer"'), "utf-8")
    _pdscan("subject", "review", subject, "--apply", "request-1.review.toml")
    _chapter(
        "The copy",
        "One package, readable by people and by machines, closed under a passphrase. Password "
        "hashes never leave.",
    )
    Path("request-1.passphrase").write_text("only a demo: sisu kuusi lumi\n", "utf-8")
    _pdscan("export", subject, "--right", "access", "-o", "request-1.package.age",
            "--passphrase-file", "request-1.passphrase")  # fmt: skip
    _chapter(
        "What may go, and what must stay",
        "The accounting laws of both countries keep orders for years; the controller stands for "
        "these rules (confirmed_by in retention.toml). Everything else goes. pdscan only plans: "
        "the plan is a manifest, one entry for each record, each with its reason.",
    )
    _confirm_rules(Path("retention.toml"))
    _pdscan("erase", subject, "-o", manifest)
    _pdscan("manifest", "show", manifest)
    _chapter(
        "The gate, first try",
        "Before anything is deleted, every record is read again and everything is scanned again. "
        "It says no: nobody has approved the manifest, and two places could not be read.",
    )
    _pdscan("verify", manifest, "--before")
    _chapter(
        "Approved, and the gaps accepted by name",
        "The officer approves: a signature over the manifest as it is now. The owner of the logs "
        "takes responsibility for the two gaps: the damaged log will be written anew from what can "
        "be read of it, and the broken row will be mended.",
    )
    _pdscan("approve", manifest, "--role", "dpo", "--by", "the officer")
    gaps = [
        gap.locator for gap in manifests.read(Path(manifest)).header.not_read
    ]  # as the plan met them
    accept = [a for gap in gaps for a in ("--accept", f"{gap}=it is mended with the erasure")]
    _pdscan("verify", manifest, "--before", "--by", "the owner of the logs", *accept)
    _chapter(
        "The deletion",
        "Not by pdscan: it writes statements for the databases, each guarded so that nothing but "
        "the planned rows can go, and a list for the files, down to the line. An administrator "
        "works through both; here on the demo's own copies.",
    )
    _pdscan("manifest", "sql", manifest, "-o", "request-1.executors")
    _pdscan("manifest", "files", manifest, "-o", "request-1.executors")
    terminal.say("")
    terminal.say("The administrator at work:")
    carry_out(sources, Path("request-1.executors"))
    _chapter(
        "The proof",
        "Every place is read again, and every system is scanned anew for the person: copies, other "
        "spellings, and hashes of what was there. Other people's records must all still be there, "
        "and so must the orders that the law keeps.",
    )
    _pdscan("verify", manifest, "--after")
    _chapter(
        "The certificate",
        "It can be handed over: it is signed, holds no personal data, and says what it does not "
        "prove.",
    )
    _pdscan("manifest", "certificate", f"{manifest}.certificate.json")
    _chapter(
        "Later",
        "When the last date of the orders has come, they must be gone too: pdscan verify "
        f"{manifest} --again. After a restore from a backup, what came back must go again: pdscan "
        f"verify {manifest} --replay DATE. What is past its time although nobody asked: pdscan "
        "retention overdue orders accounts logs.",
    )


def carry_out(sources: dict[str, str], executors: Path) -> None:
    """Does to the demo's copies of `sources` (names and paths) what `executors` say."""
    for file, count in administrator.work_through(executors / "files.jsonl"):
        terminal.say(f"  {count} done in {file.parent.name}/{file.name}")
    administrator.salvage(Path("estate") / _DAMAGED)
    terminal.say(f"  {_DAMAGED} written anew from what can be read")
    administrator.fill_up(Path("estate") / _BROKEN)
    terminal.say(f"  {_BROKEN}: the broken row has all its cells, though empty ones")
    for script in sorted(executors.glob("*.sql")):
        name = script.name.partition("-")[0]
        administrator.run_script(Path("estate") / sources[name], script.read_text("utf-8"))
        terminal.say(f"  {script.name} run on {sources[name]}")


def _confirm_rules(path: Path) -> None:
    """The templates, confirmed by somebody who does not exist either.

    A refund of the demo has no date of its own: it counts from that of its order.
    """
    templates = resources.files("pdscan.retention") / "templates"
    texts = [(templates / f"{name}.toml").read_text("utf-8") for name in _TEMPLATES]
    # What stands before the first rule holds for the whole file, and may be there once.
    rules = "".join([texts[0], *(text[text.index("[[rule]]") :] for text in texts[1:])])
    confirmed = '[[rule]]\nconfirmed_by = "the controller of the demo, 2026-11-22"'
    order = 'column = "ordered_at", optional = true }'
    anchors = f'{{ {order}, {{ table = "orders", key = "id", via = "order_id", {order}'
    rules = rules.replace("[[rule]]", confirmed).replace(f"{{ {order}", anchors)
    path.write_text(rules, "utf-8")


def _chapter(title: str, text: str) -> None:
    terminal.say("")
    terminal.say(f"== {title} ==")
    for line in textwrap.wrap(text, 88):
        terminal.say(line)


def _pdscan(*arguments: str) -> None:
    """Runs a command as somebody would, and shows how it begins and ends."""
    terminal.say("")
    shown = [f"'{a}'" if " " in a or "#" in a else a for a in arguments]
    terminal.say(f"$ pdscan {' '.join(shown)}")
    stream = io.StringIO()
    with contextlib.redirect_stdout(stream):
        code = cli.run(arguments)
    lines = stream.getvalue().splitlines()
    if len(lines) > 2 * _SHOWN:
        left_out = len(lines) - 2 * _SHOWN
        lines = [*lines[:_SHOWN], f"    ... {left_out:,} more lines ...", *lines[-_SHOWN:]]
    for line in lines:
        terminal.say(line)
    if code == cli.WRONG_CALL:
        raise PdscanError(f"the story ends here: pdscan {arguments[0]} could not be run")
    terminal.say(f"(exit code {code})")
