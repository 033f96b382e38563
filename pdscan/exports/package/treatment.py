"""What of an item goes into the package: whole, blacked out in part, or not at all, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from pdscan.exports.package import messages
from pdscan.exports.package.disclosure import Basis, Disclosure, Origin
from pdscan.exports.package.known_names import NAME
from pdscan.exports.package.model import (
    MARK,
    Document,
    Kind,
    Order,
    Record,
    Right,
    Treatment,
    Why,
)
from pdscan.exports.package.redaction import (
    Examiner,
    Span,
    Text,
    black_out,
    is_credential,
    paragraphs_about,
)
from pdscan.model import Locator
from pdscan.subjects.model import Decision, Holding, Role, Subject

_PORTABLE_BASES = (Basis.CONSENT, Basis.CONTRACT, Basis.UNKNOWN)
MESSAGE = "message/rfc822"
_TOLD = ("person_name", "postal_address", "phone")


@dataclass(frozen=True, slots=True)
class Gap:
    """Something of an item that was left out."""

    why: Why
    column: str = ""
    count: int = 1


@dataclass(frozen=True, slots=True)
class Treated:
    """What goes into the package of one item, a record or a document.

    ``facts`` are the person's own identifiers as they are written there, ``kinds`` those found in
    each column.
    """

    treatment: Treatment
    cells: tuple[tuple[str, str | None], ...] = ()
    document: Document | None = None
    gaps: tuple[Gap, ...] = ()
    facts: tuple[Span, ...] = field(default=(), repr=False)
    kinds: tuple[tuple[str, str], ...] = ()


class Treatments:
    """Decides for one person and one package."""

    def __init__(
        self, subject: Subject, order: Order, disclosure: Disclosure, examiner: Examiner
    ) -> None:
        self._order = order
        self._disclosure = disclosure
        self._examiner = examiner
        # Ambiguous identifiers are not among them: in an item with others they may be the others'.
        self._given = {
            i.fingerprint for i in subject.identifiers if i.decision is not Decision.NOT_THEIRS
        }
        # But a name may be that of several people and the person's all the same.
        self._names = self._given | {i.fingerprint for i in subject.ambiguous if i.kind == NAME}

    def is_shared(self, holding: Holding) -> bool:
        """Whether other people must be blacked out in it."""
        mixed = holding.role is not Role.SOLE or holding.others > 0
        return mixed and holding.locator not in self._order.whole

    def excluded(self, source: str, table: str, column: str) -> Why | None:
        """Why a column stays out as a whole; None where it does not."""
        if is_credential(table, column):
            return Why.CREDENTIAL
        if self._order.right is Right.PORTABILITY:
            said = self._disclosure.of(source, table, column)
            if said.origin is Origin.INFERRED:
                return Why.INFERRED
            if said.basis not in _PORTABLE_BASES:
                return Why.BASIS
        return None

    # -- records -----------------------------------------------------------------------------------

    def records(
        self, table: tuple[str, str], items: Sequence[tuple[Holding, Record]]
    ) -> Iterator[Treated]:
        """Each of `items`, which are rows of one `table` (its source and path)."""
        excluded: dict[str, Why | None] = {}
        for _holding, record in items:
            for column, _value in record.values:
                if column not in excluded:
                    excluded[column] = self.excluded(*table, column)
        asked, owners = [], []
        for number, (_holding, record) in enumerate(items):
            for column, value in record.values:
                if value and not excluded[column]:
                    asked.append(Text(column, value))
                    owners.append((number, column))
        spans: list[dict[str, list[Span]]] = [{} for _ in items]
        for (number, column), found in zip(owners, self._examiner.examine(asked), strict=True):
            spans[number][column] = found
        for (holding, record), found_in in zip(items, spans, strict=True):
            yield self._record(holding, record, found_in, excluded)

    def _record(
        self, holding: Holding, record: Record, spans: dict[str, list[Span]],
        excluded: dict[str, Why | None],
    ) -> Treated:  # fmt: skip
        shared = self.is_shared(holding)
        cells: list[tuple[str, str | None]] = []
        gaps = []
        for column, value in record.values:
            why = excluded[column]
            if why is not None:
                gaps.append(Gap(why, column))
                continue
            found = spans.get(column, [])
            if value and self._belongs_to_others(holding, shared, found):
                cells.append((column, MARK))
                gaps.append(Gap(Why.OTHERS, column))
                continue
            shown = self._clean(value, found, holding) if value else value
            if shown != value:
                gaps.append(Gap(_reason(found), column))
            cells.append((column, shown))
        return Treated(
            Treatment.REDACTED if _blacked(cells) else Treatment.WHOLE, tuple(cells),
            None, tuple(gaps), tuple(self._facts(holding, record, spans)),
            tuple(
                (column, span.kind) for column, found in spans.items() for span in found
                if not span.known
            ),
        )  # fmt: skip

    def _belongs_to_others(self, holding: Holding, shared: bool, found: Sequence[Span]) -> bool:
        """Of somebody else's row only the cells that are about the person are theirs to see."""
        mentioned = shared and holding.role is Role.MENTIONED
        return mentioned and not any(map(self._own(holding), found))

    def _clean(self, text: str, spans: Sequence[Span], holding: Holding) -> str:
        """`text` without secrets, and without other people: of an item with others all that is not
        the person's own, of any other the names of people whom the systems know.
        """
        shared, is_own = self.is_shared(holding), self._own(holding)
        whole = holding.locator in self._order.whole
        return black_out(
            text, spans,
            lambda span: span.secret or (
                (shared or (span.known and not whole)) and not is_own(span)
            ),
        )  # fmt: skip

    def _own(self, holding: Holding) -> Callable[[Span], bool]:
        """What tells the person's own identifiers from others' in this item."""
        here = {finding.fingerprint for finding in holding.findings if finding.theirs}

        def is_own(span: Span) -> bool:
            if span.fingerprint in self._given or span.fingerprint in here:
                return True
            return span.known and span.fingerprint in self._names

        return is_own

    def _facts(
        self, holding: Holding, record: Record, spans: dict[str, list[Span]]
    ) -> Iterator[Span]:
        """What the record tells of the person: their identifiers, and of a record that is theirs
        alone the cells that are a name, an address or a number as a whole.
        """
        own = [span for found in spans.values() for span in found if self._is_given(span)]
        yield from own
        if own and holding.role is Role.SOLE and not holding.others:
            lengths = {column: len(value or "") for column, value in record.values}
            for column, found in spans.items():
                for span in found:
                    whole = (span.start, span.end) == (0, lengths[column])
                    if whole and span.kind in _TOLD and not self._is_given(span):
                        yield span

    def _is_given(self, span: Span) -> bool:
        return span.fingerprint in self._given

    # -- documents ---------------------------------------------------------------------------------

    def document(self, holding: Holding, document: Document) -> Treated:
        """What goes in of a message or file."""
        place = Locator.parse(holding.locator)
        why = self.excluded(place.source, "/".join(place.path), "*")
        if why is not None:
            return Treated(Treatment.WITHHELD, gaps=(Gap(why),))
        shared = self.is_shared(holding)
        secrets = [f for f in holding.findings if f.kind in self._examiner.secret]
        if not shared and not secrets and not self._names_others(holding, document):
            return Treated(Treatment.WHOLE, document=document)
        within = all(Locator.parse(f.locator).path == place.path for f in secrets)
        try:
            return self._redacted(holding, document, shared=shared, keep_attachments=within)
        except ValueError:
            why = Why.NO_REDACTION if shared else Why.CREDENTIAL
            return Treated(Treatment.WITHHELD, gaps=(Gap(why),))

    def _names_others(self, holding: Holding, document: Document) -> bool:
        """Whether somebody else is named in the text of what is otherwise the person's alone."""
        if holding.locator in self._order.whole:
            return False
        try:
            if document.media_type == MESSAGE:
                text = messages.headline(document.data).body
            elif document.media_type.startswith("text/"):
                text = _decoded(document.data)
            else:
                return False
        except ValueError:
            return False
        (spans,) = self._examiner.examine([Text("", text)])
        is_own = self._own(holding)
        return any(span.known and not is_own(span) for span in spans)

    def _redacted(
        self, holding: Holding, document: Document, *, shared: bool, keep_attachments: bool
    ) -> Treated:  # fmt: skip
        """Raises ValueError where the document is of a kind that cannot be blacked out."""
        mentioned = shared and holding.role is Role.MENTIONED
        facts: list[Span] = []

        def clean(texts: list[tuple[str, str]]) -> list[str]:
            answers = []
            looked = self._examiner.examine([Text(*text) for text in texts])
            for (label, text), spans in zip(texts, looked, strict=True):
                facts.extend(filter(self._is_given, spans))
                shown = self._clean(text, spans, holding)
                if mentioned and label == "":
                    about = paragraphs_about(text, spans, self._own(holding))
                    (again,) = self._examiner.examine([Text("", about)])
                    shown = self._clean(about, again, holding)
                answers.append(shown)
            return answers

        secret = not shared and any(f.kind in self._examiner.secret for f in holding.findings)
        gaps = [Gap(Why.CREDENTIAL if secret else Why.OTHERS)]
        if document.media_type == MESSAGE:
            if shared:
                data = messages.extract(document.data, clean)
                left_out = _attachments(document.data)
            else:
                data, left_out = messages.cleaned(
                    document.data, clean, keep_attachments=keep_attachments
                )
            if left_out:
                gaps.append(Gap(Why.ATTACHMENT if shared else Why.CREDENTIAL, count=left_out))
            name, media_type = document.name, MESSAGE
        elif document.media_type.startswith("text/"):
            text = _decoded(document.data)
            if document.media_type == "text/html":
                text = messages.plain_text(text)
            (text,) = clean([("", text)])
            name, media_type, data = f"{document.name}.txt", "text/plain", text.encode()
        else:
            raise ValueError(document.media_type)
        copy = Document(name, media_type, data)
        return Treated(Treatment.REDACTED, (), copy, tuple(gaps), tuple(facts))


def kind_of(document: Document) -> Kind:
    """Whether it is a message or another file."""
    return Kind.MESSAGE if document.media_type == MESSAGE else Kind.FILE


def _reason(spans: Sequence[Span]) -> Why:
    return Why.CREDENTIAL if any(span.secret for span in spans) else Why.OTHERS


def _blacked(cells: Iterable[tuple[str, str | None]]) -> bool:
    return any(value is not None and MARK in value for _column, value in cells)


def _attachments(data: bytes) -> int:
    return sum(1 for _ in messages.parse(data).iter_attachments())


def _decoded(data: bytes) -> str:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ValueError("the encoding is not known")
