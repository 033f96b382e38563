"""What can go wrong around a deletion: each is caught and named, at the gate or by the proof."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from pdscan.exports.manifest import Action, Manifest
from pdscan.subjects.model import NOT_COMPARED, NotRead
from pdscan.verification.model import Acceptance, Cause, Problem, Verdict, Weight
from tests.verification.conftest import Told
from tests.verification.shop import AINO, BJORN, Shop

R = Verdict.RESIDUAL
I = Verdict.INCOMPLETE  # noqa: E741 - a column of a table
K = Verdict.WITH_RETAINED


@dataclass(frozen=True)
class Fault:
    """What is done, and the cause and place (a part of its locator) that must be named."""

    name: str
    do: Callable[[Shop], object]
    cause: Cause
    place: str
    verdict: Verdict = R
    weight: Weight = Weight.BLOCKS


def sql(statement: str) -> Callable[[Shop], object]:
    return lambda shop: shop.database.run(statement)


def write(name: str, data: str | bytes) -> Callable[[Shop], object]:
    content = data.encode() if isinstance(data, str) else data

    def do(shop: Shop) -> None:
        (shop.files / name).write_bytes(content)

    return do


def zipped(shop: Shop) -> None:
    with zipfile.ZipFile(shop.files / "backup.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("dump/customer.csv", f"id,email\n1,{AINO['email']}\n")


def nested(shop: Shop) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("note.txt", "henkilötunnus 131052-308T")
    with zipfile.ZipFile(shop.files / "year.zip", "w") as archive:
        archive.writestr("month.zip", inner.getvalue())


def damaged(shop: Shop) -> None:
    (shop.files / "old.csv.gz").write_bytes(gzip.compress(b"a,b\n" * 9000, mtime=0)[:-20])


def unplug(shop: Shop) -> None:
    shop.left_out = ("shop",)


def edit(**changes: object) -> Callable[[Shop], object]:
    """The manifest in memory, as it would be after another planning."""

    def do(shop: Shop) -> None:
        header = replace(shop.manifest.header, **changes)  # type: ignore[arg-type]
        shop.manifest = Manifest(header, shop.manifest.entries, shop.manifest.digest)

    return do


def entry(place: str, **changes: object) -> Callable[[Shop], object]:
    def do(shop: Shop) -> None:
        entries = tuple(
            replace(e, **changes) if place in e.locator else e  # type: ignore[arg-type]
            for e in shop.manifest.entries
        )
        shop.manifest = Manifest(shop.manifest.header, entries, shop.manifest.digest)

    return do


def without(place: str) -> Callable[[Shop], object]:
    def do(shop: Shop) -> None:
        entries = tuple(e for e in shop.manifest.entries if place not in e.locator)
        shop.manifest = Manifest(shop.manifest.header, entries, shop.manifest.digest)

    return do


def deny(shop: Shop) -> None:
    """A table is gone from sight: dropped, as far as the account can tell."""
    shop.database.run("ALTER TABLE invoice RENAME TO invoice_old")


def empty(shop: Shop) -> None:
    """All is gone but what has to be kept."""
    for file in shop.files.iterdir():
        if file.name != "contract.txt":
            file.unlink()


def refuse_accepted(shop: Shop) -> None:
    damaged(shop)
    shop.accepted.append(Acceptance("files:forms.csv", "M. Virtanen", "another gap"))


AT_THE_GATE = (
    Fault("a row changed after approval", sql("UPDATE customer SET phone = '+358409998877' "
          "WHERE id = 1"), Cause.DRIFTED, "customer#key=id:1"),
    Fault("a row gone before its time", sql("DELETE FROM session WHERE id = 100"),
          Cause.VANISHED, "session#key=id:100"),
    Fault("a kept row gone", sql("DELETE FROM invoice WHERE id = 7"), Cause.VANISHED,
          "invoice#key=id:7"),
    Fault("a new order with an identifier", sql("INSERT INTO orders VALUES (11, 1, "
          "'aino@example.com')"), Cause.NEW, "orders#key=id:11"),
    Fault("a new order known by its key alone", sql("INSERT INTO orders VALUES (11, 1, 'x')"),
          Cause.NEW, "orders#key=id:11"),
    Fault("a new message", lambda s: s.mail(s.files / "new.mbox", (
          ("3", AINO["email"], BJORN, "hi"),)), Cause.NEW, "files:new.mbox"),
    Fault("a new line in an export", write("forms.csv", "email,message\naino@example.com,Hei\n"
          "bjorn@example.org,Hej\naino@example.com,again\n"), Cause.NEW, "files:forms.csv"),
    Fault("a row of an export changed", write("forms.csv", "email,message\naino@example.com,Moi\n"
          "bjorn@example.org,Hej\n"), Cause.VANISHED, "files:forms.csv#key=%23"),
    Fault("a copy in an archive", zipped, Cause.NEW, "backup.zip!/dump/customer.csv"),
    Fault("a cascade that takes a row of no entry", without("session"), Cause.CASCADE,
          "session#key=id:100"),
    Fault("a cascade that takes another person's row", sql(
          "UPDATE session SET customer_id = 1 WHERE id = 200"), Cause.CASCADE,
          "session#key=id:200"),
    Fault("a kept row that refers to one that goes", entry("orders", action=Action.RETAIN),
          Cause.CASCADE, "orders#key=id:10"),
    Fault("a file that cannot be read", damaged, Cause.GAP, "files:old.csv.gz",
          weight=Weight.UNKNOWN),
    Fault("another gap accepted than the one there is", refuse_accepted, Cause.GAP,
          "files:old.csv.gz", weight=Weight.UNKNOWN),
    Fault("a source unplugged", unplug, Cause.UNREACHABLE, "shop:public!/customer",
          weight=Weight.UNKNOWN),
    Fault("a source that is not configured", unplug, Cause.NO_SOURCE, "shop:",
          weight=Weight.UNKNOWN),
    Fault("a gap of the plan that can be read now", edit(not_read=(NotRead("files:forms.csv",
          "partial", "ends too early", ""),)), Cause.PLANNED_GAP, "files:forms.csv",
          weight=Weight.UNKNOWN),
    Fault("a gap of the plan that is not there any more", edit(not_read=(NotRead("files:old.gz",
          "partial", "ends too early", ""),)), Cause.PLANNED_GAP, "files:old.gz",
          weight=Weight.UNKNOWN),
    Fault("a table renamed", deny, Cause.VANISHED, "invoice#key=id:7"),
    Fault("a namesake not decided upon", entry("contract", action=Action.MANUAL), Cause.UNDECIDED,
          "contract.txt"),
    Fault("another key", edit(key="0000000000000000"), Cause.KEY, "", weight=Weight.UNKNOWN),
    Fault("other detectors", edit(detectors=("email/99",)), Cause.DETECTORS, "",
          weight=Weight.UNKNOWN),
    Fault("nobody else left to see", lambda s: (
          s.database.run("DELETE FROM session WHERE id = 200; DELETE FROM orders WHERE id = 20;"
                         "DELETE FROM customer WHERE id = 2; DELETE FROM invoice WHERE id = 8")),
          Cause.NO_CONTROL, "shop:", weight=Weight.UNKNOWN),
)  # fmt: skip

AFTER_IT = (
    Fault("a row left", sql("INSERT INTO customer VALUES (1, 'Aino Koivuranta', "
          "'aino@example.com', '+358401234567', '131052-308T')"), Cause.REMAINS,
          "customer#key=id:1"),
    Fault("a row emptied and not deleted", sql("INSERT INTO customer VALUES (1, '', '', '', '')"),
          Cause.REMAINS, "customer#key=id:1"),
    Fault("the same row under another key", sql("INSERT INTO customer VALUES (3, 'A', "
          "'aino@example.com', NULL, NULL)"), Cause.RESIDUE, "customer#key=id:3"),
    Fault("another spelling left", sql("UPDATE orders SET note = 'puh. 040 123 4567' "
          "WHERE id = 20"), Cause.RESIDUE, "orders#key=id:20"),
    Fault("a copy of the table before the deletion", sql("CREATE TABLE customer_old (id int PRIMARY "
          "KEY, data jsonb); INSERT INTO customer_old VALUES (1, '{\"mail\": "
          "\"aino@example.com\"}')"), Cause.RESIDUE, "customer_old#key=id:1"),
    Fault("a kept file under another name", lambda s: (s.files / "contract.txt").rename(
          s.files / "contract (1).txt"), Cause.RESIDUE, "files:contract (1).txt"),
    Fault("an encoded message", write("sent.eml", b"From: shop@shop.example\nMIME-Version: 1.0\n"
          b"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n"
          + base64.b64encode(b"Hei aino@example.com, tervetuloa")), Cause.RESIDUE,
          "files:sent.eml"),
    Fault("a number in a document of an archive in an archive", nested, Cause.RESIDUE,
          "files:year.zip!/month.zip!/note.txt"),
    Fault("a copy in a backup", zipped, Cause.RESIDUE, "backup.zip!/dump/customer.csv"),
    Fault("a row of an export left", write("forms.csv", "email,message\naino@example.com,Hei\n"),
          Cause.REMAINS, "files:forms.csv#key=%23"),
    Fault("a row of an export altered", write("forms.csv", "email,message\n"
          "bjorn@example.org,Hej\naino@example.com,\n"), Cause.RESIDUE, "files:forms.csv"),
    Fault("a message moved to another folder", lambda s: s.mail(s.files / "trash.mbox", (
          ("1", AINO["email"], "shop@shop.example", "Where is my order?"),)), Cause.RESIDUE,
          "files:trash.mbox"),
    Fault("a redaction left out", lambda s: s.mail(s.files / "mail.mbox", (
          ("2", BJORN, "shop@shop.example", "Ask aino@example.com about it, or bjorn."),)),
          Cause.UNCHANGED, "mail.mbox"),
    Fault("a redaction in one place of two", lambda s: s.mail(s.files / "mail.mbox", (
          ("2", BJORN, "aino@example.com", "Ask [removed] about it, or bjorn."),)),
          Cause.EXCESS, "mail.mbox"),
    Fault("a field of a kept record not cleared", sql("UPDATE invoice SET "
          "email = 'aino@example.com' WHERE id = 7"), Cause.UNCHANGED, "invoice#key=id:7"),
    Fault("a field of a kept record written otherwise", sql("UPDATE invoice SET "
          "email = 'AINO@EXAMPLE.COM' WHERE id = 7"), Cause.EXCESS, "invoice#key=id:7"),
    Fault("a hash left in place of an e-mail address", sql("UPDATE invoice SET email = '"
          f"{hashlib.sha256(AINO['email'].encode()).hexdigest()}' WHERE id = 7"),
          Cause.DISGUISED, "invoice#key=id:7&field=email"),
    Fault("a hash of another spelling", write("segment.csv", "id\n"
          f"{hashlib.md5(b'0401234567').hexdigest().upper()}\n"),  # noqa: S324 - as found in exports
          Cause.DISGUISED, "files:segment.csv"),
    Fault("a hash cut short", write("token.txt", "user "
          f"{hashlib.sha1(b'131052308T').hexdigest()[:20]}\n"),  # noqa: S324 - as found in exports
          Cause.DISGUISED, "files:token.txt"),
    Fault("base64 of an e-mail address", write("pixel.txt", "https://x.example/?e="
          f"{base64.b64encode(AINO['email'].encode()).decode()}\n"), Cause.DISGUISED,
          "files:pixel.txt"),
    Fault("a kept invoice deleted", sql("DELETE FROM invoice WHERE id = 7"), Cause.LOST,
          "invoice#key=id:7", I),
    Fault("a kept invoice stripped too far", sql("UPDATE invoice SET buyer = NULL WHERE id = 7"),
          Cause.STRIPPED, "invoice#key=id:7", I),
    Fault("a kept invoice altered", sql("UPDATE invoice SET total = 1 WHERE id = 7"),
          Cause.STRIPPED, "invoice#key=id:7", I),
    Fault("a kept file altered", write("contract.txt", "Sopimus: aino@example.com.\n"),
          Cause.STRIPPED, "files:contract.txt", I),
    Fault("a kept file deleted", lambda s: (s.files / "contract.txt").unlink(), Cause.LOST,
          "files:contract.txt", I),
    Fault("a source unplugged", unplug, Cause.UNREACHABLE, "shop:public!/customer", I,
          Weight.UNKNOWN),
    Fault("a folder emptied", empty, Cause.BLIND,
          "files:", I, Weight.UNKNOWN),
    Fault("a file that cannot be read", damaged, Cause.GAP, "files:old.csv.gz", I,
          Weight.UNKNOWN),
    Fault("other people's records deleted", sql("DELETE FROM invoice WHERE id = 8"),
          Cause.BYSTANDER, "invoice", I),
    Fault("other people's rows of an export deleted", write("forms.csv", "email,message\n"
          "bjorn@example.org,Hej\n"), Cause.BYSTANDER, "files:forms.csv", I),
    Fault("another's message deleted", lambda s: s.mail(s.files / "others.mbox", (
          ("4", BJORN, "shop@shop.example", "Hej"),)), Cause.BYSTANDER, "files:others.mbox", I),
    Fault("another's file deleted", lambda s: (s.files / "others.txt").unlink(),
          Cause.BYSTANDER, "files:", I),
    Fault("another's whole export deleted", lambda s: (s.files / "others.csv").unlink(),
          Cause.BYSTANDER, "files:others.csv", I),
    Fault("no state from the gate", lambda s: setattr(s, "state", None), Cause.NO_BEFORE, "", I,
          Weight.UNKNOWN),
    Fault("an entry never decided", entry("contract", action=Action.MANUAL), Cause.UNDECIDED,
          "contract.txt", I),
)  # fmt: skip


def named(problems: tuple[Problem, ...], fault: Fault) -> bool:
    return any(
        p.cause is fault.cause and p.weight is fault.weight
        and (fault.place in p.locator if fault.place else not p.locator)
        for p in problems
    )  # fmt: skip


def says_no_value(problems: tuple[Problem, ...]) -> bool:
    said = "\n".join(f"{problem.locator} {problem.why}" for problem in problems)
    return not any(value in said for value in (*AINO.values(), BJORN, "Koivuranta"))


def test_there_are_enough_faults() -> None:
    assert len(AT_THE_GATE) + len(AFTER_IT) >= 25


@pytest.mark.parametrize("fault", AT_THE_GATE, ids=lambda fault: fault.name)
def test_the_gate_catches(shop: Shop, fault: Fault, told: Told) -> None:
    fault.do(shop)
    gate = shop.gate()
    told(f"gate: {fault.name}", f"{fault.cause} ({fault.weight}) {fault.place}")
    assert named(gate.problems, fault), gate.problems
    assert not gate.state.go
    assert says_no_value(gate.problems)


@pytest.mark.parametrize("fault", AFTER_IT, ids=lambda fault: fault.name)
def test_the_proof_catches(shop: Shop, fault: Fault, told: Told) -> None:
    shop.gate()
    shop.delete()
    fault.do(shop)
    proof = shop.proof()
    told(f"proof: {fault.name}", f"{proof.verdict}: {fault.cause} {fault.place}")
    assert named(proof.problems, fault), proof.problems
    assert proof.verdict is fault.verdict, proof.problems
    assert says_no_value(proof.problems)


def test_a_gap_accepted_by_name_opens_the_gate_and_stays_a_gap(shop: Shop) -> None:
    damaged(shop)
    shop.accepted.append(Acceptance("files:old.csv.gz!/old.csv", "M. Virtanen", "empty since 2019"))
    gate = shop.gate()
    (gap,) = (p for p in gate.problems if p.cause is Cause.GAP)
    assert gap.weight is Weight.ACCEPTED
    assert "M. Virtanen" in gap.why
    assert gate.state.go
    shop.delete()
    assert shop.proof().verdict is Verdict.INCOMPLETE


def test_a_gap_of_the_plan_is_accepted_by_name(shop: Shop) -> None:
    edit(not_read=(NotRead("files:old.gz", "partial", "ends too early", ""),))(shop)
    shop.accepted.append(Acceptance("files:old.gz", "M. Virtanen", "rotated out"))
    gate = shop.gate()
    assert gate.state.go
    assert [p.weight for p in gate.problems if p.cause is Cause.PLANNED_GAP] == [Weight.ACCEPTED]
    shop.delete()
    assert shop.proof().verdict is Verdict.WITH_RETAINED  # there is nothing unread now


def test_another_erasure_since_the_gate_is_no_loss(shop: Shop) -> None:
    """Björn's invoice, by a manifest of its own."""
    shop.gate()
    shop.delete()
    shop.database.run("DELETE FROM invoice WHERE id = 8")
    assert shop.proof().verdict is Verdict.INCOMPLETE
    (kept,) = (e for e in shop.manifest.entries if e.is_whole and "invoice" in e.locator)
    place = kept.locator.replace("id:7", "id:8")
    theirs = replace(kept, number=1, locator=place, holding=place, action=Action.ERASE)
    shop.others.append(Manifest(replace(shop.manifest.header, entries=1), (theirs,)))
    assert shop.proof().verdict is Verdict.WITH_RETAINED


@pytest.mark.parametrize(
    ("on", "covers"), [("files:old.csv.gz!/old.csv", True), ("files:old*", True), ("files:*", True),
                       ("files:old.csv.gz", False), ("shop:*", False)],
)  # fmt: skip
def test_what_is_accepted(on: str, covers: bool) -> None:
    assert Acceptance(on, "M. Virtanen", "x").covers("files:old.csv.gz!/old.csv") is covers


def test_a_database_that_was_not_compared_is_told_and_scanned(shop: Shop) -> None:
    line = NotRead("shop:", "partial", NOT_COMPARED, "a database")
    edit(not_read=(line,))(shop)
    gate = shop.gate()
    assert [p.weight for p in gate.problems if p.cause is Cause.PLANNED_GAP] == [Weight.NOTICE]
    assert gate.state.go
    shop.left_out = ("shop",)
    assert {p.weight for p in shop.gate().problems if p.cause is Cause.PLANNED_GAP} == {
        Weight.UNKNOWN
    }


def test_a_loss_that_somebody_answers_for_leaves_the_proof(shop: Shop) -> None:
    shop.gate()
    shop.delete()
    (shop.files / "others.csv").unlink()
    shop.accepted.append(Acceptance("files:others.csv", "M. Virtanen", "past its time"))
    proof = shop.proof()
    (loss,) = (p for p in proof.problems if p.cause is Cause.BYSTANDER)
    assert loss.weight is Weight.ACCEPTED
    assert "M. Virtanen" in loss.why
    assert proof.verdict is Verdict.WITH_RETAINED


def test_a_namesake_is_told_and_is_no_residue(shop: Shop) -> None:
    shop.gate()
    shop.delete()
    shop.database.run("INSERT INTO customer VALUES (4, 'Aino Koivuranta', 'other@example.com')")
    proof = shop.proof()
    assert proof.verdict is Verdict.WITH_RETAINED
