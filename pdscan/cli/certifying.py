"""From a proof to its certificate (see `pdscan.exports.certificate`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from pdscan import __version__, private
from pdscan.config import Source
from pdscan.exports import approvals, certificate
from pdscan.exports.certificate import Certificate, Scanned
from pdscan.exports.manifest import Action, Entry, Manifest
from pdscan.verification import state
from pdscan.verification.after import Proof
from pdscan.verification.model import Cause, Problem, Weight

KEY_NAME = "certificate.key"  # beside the fingerprint key


def compose(
    manifest: Manifest, proof: Proof, before: state.Before | None, sources: Sequence[Source],
    checked: Iterable[approvals.Checked], *, disguises: bool, identifiers: str,
) -> Certificate:  # fmt: skip
    """What is certified of `proof`."""
    gaps = Counter(
        problem.locator.partition(":")[0]
        for problem in proof.problems if problem.cause is Cause.GAP
    )  # fmt: skip
    return Certificate(
        manifest=manifest.digest,
        request=manifest.header.request,
        verdict=proof.verdict.value,
        issued=datetime.now(UTC).isoformat(timespec="seconds"),
        checked_before=before.at if before is not None else "",
        program=f"pdscan {__version__}",
        sources=tuple(
            Scanned(source.name, proof.items.get(source.name, 0), gaps[source.name])
            for source in sources
        ),
        actions=proof.counts,
        open=_counted(p for p in proof.problems if p.weight is not Weight.NOTICE),
        retained=_retained(manifest),
        detectors=proof.detectors,
        disguises=disguises,
        identifiers=identifiers,
        approved_by=tuple(
            f"{one.approval.by} ({one.approval.role})" for one in checked if not one.fault
        ),
    )


def write(issued: Certificate, place: Path, key_file: Path) -> None:
    """Signs it and writes it to `place`, and beside it as a page. Raises `AccessError`."""
    data = certificate.sign(issued, approvals.signing_key(key_file.with_name(KEY_NAME)))
    private.write(place, data)
    page = certificate.page(data, str(place))
    private.write(place.with_suffix(".html"), page.encode())


def _counted(problems: Iterable[Problem]) -> dict[str, int]:
    return dict(sorted(Counter(str(problem.cause) for problem in problems).items()))


def _retained(manifest: Manifest) -> dict[str, int]:
    """How many records each law or rule keeps until when."""
    kept = Counter(
        f"{_rule(entry)}, until {entry.until or 'it is decided'}"
        for entry in manifest.entries
        if entry.action is Action.RETAIN
    )
    return dict(sorted(kept.items()))


def _rule(entry: Entry) -> str:
    """The law, or the rule, that keeps a record longest."""
    last = [ground for ground in entry.grounds if ground.until == entry.until]
    return next((g.law or g.rule for g in (*last, *entry.grounds)), entry.reason)
