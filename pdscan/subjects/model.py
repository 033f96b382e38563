"""What resolving a person yields, as values. No I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from pdscan.model import Likelihood


class Role(StrEnum):
    """What a person is in a holding."""

    SOLE = "sole"  # it holds identifiers of nobody else
    SHARED = "shared"  # it is theirs and others' (a thread, a joint order)
    MENTIONED = "mentioned"  # it is somebody else's and names them


class Decision(StrEnum):
    """What a person who looked at a holding, or at an identifier, decided."""

    OPEN = ""  # nobody had to look, or nobody has looked yet
    THEIRS = "theirs"
    NOT_THEIRS = "not theirs"


@dataclass(frozen=True, slots=True)
class Identifier:
    """An identifier of the person: a kind and a fingerprint (hex), never the value.

    ``given`` tells those of the request from those found by following the data. ``reason`` says how
    it joined, or why it is ambiguous; ``persons`` how many people it was seen with (0: unknown).
    """

    kind: str
    fingerprint: str
    preview: str
    given: bool = False
    reason: str = ""
    persons: int = 0
    decision: Decision = Decision.OPEN


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the path of evidence: at ``locator``, ``kind`` with this preview led on.

    ``kind`` is that of an identifier, or ``key`` where a key or foreign key was followed.
    """

    kind: str
    preview: str
    locator: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A place in a holding: locator with field and span, kind, masked preview, fingerprint (hex).

    ``theirs`` tells the person's own identifiers from other people's.
    """

    locator: str
    kind: str
    category: str
    preview: str
    fingerprint: str
    likelihood: Likelihood
    theirs: bool


@dataclass(frozen=True, slots=True)
class Holding:
    """An item of the person: the unit that is exported or erased as a whole.

    ``locator`` is that of the row, message or file (with its key, without field and span).
    ``media_type`` is that of the item, "" for rows. ``others`` counts the distinct people beside
    them whose identifiers it holds. ``fingerprint`` (hex) is a keyed one of the content as it was
    read, "" where it was not.
    """

    locator: str
    source: str
    entity: str
    media_type: str
    role: Role
    likelihood: Likelihood
    path: tuple[Step, ...]
    findings: tuple[Finding, ...] = ()
    others: int = 0
    fingerprint: str = ""
    decision: Decision = Decision.OPEN
    decided_by: str = ""
    reason: str = ""


#: The reason of a `NotRead` about a source that was read, where nobody can tell what came since.
NOT_COMPARED = "not compared with the inventory"


@dataclass(frozen=True, slots=True)
class NotRead:
    """A line of the coverage ledger that stands for something the answer may lack."""

    locator: str
    state: str
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class Subject:
    """One person as resolved: the input of packages, manifests and verification.

    ``ambiguous`` identifiers were seen with the person but belong to several people, and joined
    nothing. ``key`` names the fingerprint key (not the key itself), ``inventories`` the inventories
    looked into. ``request`` is the record this answers ("" for none).
    """

    identifiers: tuple[Identifier, ...]
    holdings: tuple[Holding, ...]
    ambiguous: tuple[Identifier, ...] = ()
    not_read: tuple[NotRead, ...] = ()
    key: str = ""
    inventories: tuple[str, ...] = ()
    request: str = ""
    created: str = ""
    format: int = field(default=1)

    @property
    def undecided(self) -> tuple[Holding, ...]:
        """Holdings that a person must look at before they count."""
        return tuple(
            h for h in self.holdings
            if h.likelihood < Likelihood.LIKELY and h.decision is Decision.OPEN
        )  # fmt: skip

    @property
    def accepted(self) -> tuple[Holding, ...]:
        """Holdings that are the person's, by evidence or by decision."""
        return tuple(
            h for h in self.holdings
            if h.decision is Decision.THEIRS
            or (h.decision is Decision.OPEN and h.likelihood >= Likelihood.LIKELY)
        )  # fmt: skip
