"""What ``pdscan verify`` does: gathers what is known, checks, prints, writes the certificate."""

from __future__ import annotations

import getpass
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from pdscan import config, keys, requests
from pdscan.cli import (
    COMPLETE,
    INCOMPLETE,
    REACHED,
    certifying,
    gather,
    reporting,
    terminal,
    wiring,
)
from pdscan.config import Settings, Source
from pdscan.detectors.interface import Detector
from pdscan.errors import AccessError, UsageError
from pdscan.exports import approvals, certificate, identifiers
from pdscan.exports.manifest import Manifest
from pdscan.matching.fingerprints import Fingerprinter
from pdscan.matching.recognise import canonical_form
from pdscan.retention import holds as holding
from pdscan.retention import reading
from pdscan.retention.model import Policy
from pdscan.scan import Plan
from pdscan.verification import after as proving
from pdscan.verification import before as gating
from pdscan.verification import replay, standing, state
from pdscan.verification.disguises import Disguise, Value, disguises
from pdscan.verification.model import (
    Acceptance,
    Cause,
    Problem,
    Verdict,
    Weight,
    blocked,
    unknown,
)

_COPIES = ("access", "portability")
PROVED = frozenset({Verdict.VERIFIED, Verdict.WITH_RETAINED})


@dataclass
class Case:
    """A manifest and all that its checks need."""

    path: Path
    manifest: Manifest
    settings: Settings
    sources: tuple[Source, ...]
    key_file: Path
    plan: Plan
    policy: Policy | None
    holds: holding.Holds
    accepted: tuple[Acceptance, ...]
    others: tuple[Manifest, ...] = ()

    @classmethod
    def open(
        cls, path: Path, manifest: Manifest, settings: Settings, *, rules: Path, holds: Path,
        accepted: tuple[Acceptance, ...], others: tuple[Manifest, ...] = (),
    ) -> Case:  # fmt: skip
        """Reads the rules and the holds, and builds what reads all configured sources."""
        sources = config.sources_for((), settings)
        key_file = wiring.key_path(settings)
        policy = reading.read(rules) if rules.exists() else None
        return cls(
            path, manifest, settings, sources, key_file,
            wiring.plan(settings, sources, keys.load(key_file), values=False), policy,
            holding.read(holds), accepted, others,
        )  # fmt: skip

    def close(self) -> None:
        """Lets go of the sources."""
        for connector in self.plan.connectors:
            if hasattr(connector, "close"):
                connector.close()

    @property
    def _jobs(self) -> int:
        return wiring.jobs(self.settings, self.sources)

    # -- before ----------------------------------------------------------------------------

    def before(self, report: Path | None) -> int:
        """The gate."""
        today = datetime.now(UTC).date()
        known = [
            *standing.approvals(self._approvals()),
            *standing.rules(self.manifest, self.policy, self.holds, today),
            *standing.copies(self._waiting()),
        ]
        gate = gating.check(
            self.manifest, self.plan, self._jobs, accepted=self.accepted, known=known
        )
        state.save(gate.state, state.path_for(self.path))
        if blocked(gate.problems):
            said, code = "BLOCKED: do not delete yet", REACHED
        elif unknown(gate.problems):
            said, code = "COULD NOT CHECK: do not delete yet", INCOMPLETE
        else:
            said, code = "GO: the manifest may be carried out as it stands", COMPLETE
        reporting.say(self.manifest, said, gate.problems, gate.checked)
        reporting.write(self.manifest, report, "before", said, gate.problems, gate.checked)
        return code

    def _waiting(self) -> list[tuple[str, str]]:
        people = {person.fingerprint for person in self.manifest.header.person}
        register = requests.Register(Path(requests.FILE_NAME), self.plan.key)
        return [
            (known.id, known.right) for known in register.requests().values()
            if known.right in _COPIES and known.closed is None and people & set(known.persons)
        ]  # fmt: skip

    def _approvals(self) -> tuple[approvals.Checked, ...]:
        return approvals.check(
            approvals.read(approvals.path_of(self.path)), self.manifest.header.id,
            self.manifest.digest, self.policy.approvers if self.policy is not None else (),
        )  # fmt: skip

    # -- after -----------------------------------------------------------------------------

    def after(self, report: Path | None, *, again: bool) -> int:
        """The proof, and its certificate."""
        manifest = self.manifest
        if again:
            today = datetime.now(UTC).date()
            terminal.say(reporting.due(manifest, today))
            terminal.say("")
            manifest = standing.at_term(manifest, today)
        elif self._is_proved():
            raise UsageError(
                f"{self._certificate()}: the erasure was proved, and the identifiers that the "
                "proof needs are destroyed; to look once more call with --again"
            )
        known = list(standing.approvals(self._approvals()))
        disguised, note = self._disguises(again)
        if note is not None:
            known.append(note)
        remembered = state.load(state.path_for(self.path), manifest.digest)
        proof = proving.check(
            manifest, self.plan, self._jobs, remembered, disguised=disguised, known=known,
            accepted=self.accepted, others=self.others,
        )  # fmt: skip
        proved = proof.verdict in PROVED
        told = self._destroy(proved)
        said = f"VERDICT: {proof.verdict.value.replace('_', ' ')}"
        reporting.say(self.manifest, said, proof.problems, proof.checked)
        mode = "again" if again else "after"
        reporting.write(self.manifest, report, mode, said, proof.problems, proof.checked)
        place = self._certificate(again)
        issued = certifying.compose(
            manifest, proof, remembered, self.sources, self._approvals(),
            disguises=bool(disguised), identifiers=told,
        )  # fmt: skip
        certifying.write(issued, place, self.key_file)
        self._enter(proof.verdict, place)
        terminal.say(f"Identifiers kept for the check: {told}.")
        terminal.say(f"Certificate: {place} (and {place.with_suffix('.html').name} to print)")
        if proved:
            return COMPLETE
        return REACHED if blocked(proof.problems) else INCOMPLETE

    def _certificate(self, again: bool = False) -> Path:
        """Where the certificate lies; a later look does not replace the first."""
        return self.path.with_name(f"{self.path.name}.{'again' if again else 'certificate'}.json")

    def _is_proved(self) -> bool:
        place = self._certificate()
        if self._sealed is None or self._sealed.exists() or not place.exists():
            return False
        issued = certificate.read(place.read_bytes(), str(place))
        return issued.manifest == self.manifest.digest and issued.verdict in PROVED

    def _enter(self, verdict: Verdict, place: Path) -> None:
        request = self.manifest.header.request
        known = requests.Register(Path(requests.FILE_NAME), self.plan.key).requests().get(request)
        if known is not None and known.closed is None:
            digest = hashlib.sha256(place.read_bytes()).hexdigest()
            gather.enter(request, f"erasure {verdict}, certificate SHA-256 {digest}", self.settings)

    @property
    def _sealed(self) -> Path | None:
        name = self.manifest.header.identifiers
        return self.path.with_name(name) if name else None

    def _disguises(self, again: bool) -> tuple[tuple[Disguise, ...], Problem | None]:
        if self._sealed is None or again:
            return (), _without(Weight.NOTICE)
        try:
            kept = identifiers.unseal(self._sealed, self.key_file, self.manifest.header.id)
        except (AccessError, UsageError):
            return (), _without(Weight.UNKNOWN)
        return disguises(_values(kept, self.plan.detectors)), None

    def _destroy(self, proved: bool) -> str:
        if self._sealed is None:
            return "none were kept"
        if not proved:
            return "encrypted beside the manifest until there is a verdict that holds"
        identifiers.destroy(self._sealed, self.key_file, self.manifest.header.id)
        return "destroyed with their key"

    # -- later -----------------------------------------------------------------------------

    def replay(self, since: date, report: Path | None) -> int:
        """What to erase again after a restore from a backup made on `since`."""
        remembered = state.load(state.path_for(self.path), self.manifest.digest)
        if remembered is not None and date.fromisoformat(remembered.at[:10]) < since:
            terminal.say(
                f"The backup of {since} is younger than the erasure; what is there is told all the "
                "same."
            )
        connectors = {connector.source: connector for connector in self.plan.connectors}
        found = replay.check(self.manifest, connectors, Fingerprinter(self.plan.key))
        said = "Nothing came back"
        if found.again:
            said = (
                f"{len(found.again):,} to erase again. Write the statements and the list anew "
                "(pdscan manifest sql, pdscan manifest files): what is gone is left out of them"
            )
        elif found.unknown:
            said = "COULD NOT CHECK: what cannot be reached may have come back"
        reporting.say(self.manifest, said, (*found.again, *found.unknown), ())
        reporting.write(self.manifest, report, "replay", said, (*found.again, *found.unknown), ())
        if found.again:
            return REACHED
        return INCOMPLETE if found.unknown else COMPLETE


def accepted(given: Iterable[str], by: str | None) -> tuple[Acceptance, ...]:
    """``LOCATOR=REASON`` as values; raises UsageError where there is no reason."""
    found = []
    for text in given:
        locator, _, reason = text.rpartition("=")
        if not locator or not reason.strip():
            raise UsageError("--accept wants LOCATOR=REASON, the locator as the report names it")
        if "*" in locator.partition(":")[0] or ":" not in locator:
            raise UsageError("--accept wants a locator that begins with the name of a source")
        found.append(Acceptance(locator, by or getpass.getuser(), reason.strip()))
    return tuple(found)


def moment(text: str) -> date:
    """A date (ISO 8601); raises UsageError."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError("--replay wants the date of the backup, as in 2026-11-01") from None


def _values(
    kept: Iterable[identifiers.Identifier], detectors: Iterable[Detector]
) -> Iterator[Value]:
    """The identifiers as they stood, and in the one form of all spellings."""
    known = {detector.kind: detector for detector in detectors}
    for one in kept:
        yield Value(one.kind, one.value)
        form = canonical_form(one.value, known[one.kind]) if one.kind in known else None
        if form is not None:
            yield Value(one.kind, form.decode("utf-8", "replace"))


def _without(weight: Weight) -> Problem:
    return Problem(
        Cause.IDENTIFIERS, "", "the identifiers themselves are not at hand, so hashes and "
        "encodings of them were not looked for", weight,
    )  # fmt: skip
