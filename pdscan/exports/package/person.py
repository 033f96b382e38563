"""The person's own card: JSContact (RFC 9553) and vCard 4.0 (RFC 6350)."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote

from pdscan.exports.package.redaction import Span

_NAMESPACE = uuid.UUID("6ba7b812-9dad-11d1-80b4-00c04fd430c8")  # RFC 4122, of ISO OIDs
_FOLD = 75  # octets of a line, RFC 6350 section 3.2


class Card:
    """Collects what is known of the person, in the spellings met most often."""

    def __init__(self) -> None:
        self._seen: dict[str, dict[str, Counter[str]]] = {}

    def add(self, facts: Iterable[Span]) -> None:
        """Adds identifiers of the person."""
        for span in facts:
            text = " ".join(span.value.split())
            if span.kind == "email":
                text = unquote(text)  # as it stands in addresses of pages
            values = self._seen.setdefault(span.kind, {})
            values.setdefault(span.fingerprint, Counter())[text] += 1

    def of(self, kind: str) -> list[str]:
        """The values of a kind, each in its commonest spelling, the commonest value first."""
        spellings = sorted(
            self._seen.get(kind, {}).values(), key=lambda one: (-one.total(), min(one))
        )
        return [min(one, key=lambda text: (-one[text], text)) for one in spellings]

    @property
    def name(self) -> str:
        """The name met most often, "" where none was."""
        names = self.of("person_name")
        return max(names[:5], key=lambda text: len(text.split())) if names else ""

    def jscontact(self) -> dict[str, Any]:
        """As a JSContact card."""
        known = sorted((kind, text) for kind in self._seen for text in self.of(kind))
        card: dict[str, Any] = {
            "@type": "Card", "version": "1.0", "kind": "individual",
            "uid": f"urn:uuid:{uuid.uuid5(_NAMESPACE, repr(known))}",
        }  # fmt: skip
        if self.name:
            card["name"] = {"@type": "Name", "full": self.name}
        for key, kind, form, member in (
            ("emails", "email", "EmailAddress", "address"),
            ("phones", "phone", "Phone", "number"),
            ("addresses", "postal_address", "Address", "full"),
        ):
            texts = self.of(kind)
            if texts:
                card[key] = {
                    f"{key[0]}{number}": {"@type": form, member: text}
                    for number, text in enumerate(texts, 1)
                }
        return card

    def vcard(self) -> str:
        """As a vCard."""
        lines = ["BEGIN:VCARD", "VERSION:4.0", "KIND:individual"]
        lines.append(f"FN:{_escaped(self.name)}")
        lines += [f"EMAIL:{_escaped(text)}" for text in self.of("email")]
        lines += [f"TEL:{_escaped(text)}" for text in self.of("phone")]
        lines += [
            f"ADR;LABEL={_parameter(text)}:;;{_escaped(text)};;;;"
            for text in self.of("postal_address")
        ]
        return "".join(f"{_folded(line)}\r\n" for line in [*lines, "END:VCARD"])


def _escaped(text: str) -> str:
    for sign in "\\,;":
        text = text.replace(sign, f"\\{sign}")
    return text.replace("\n", "\\n")


def _parameter(text: str) -> str:
    """A parameter's value, quoted as in RFC 6868."""
    text = text.replace("^", "^^").replace("\n", "^n").replace('"', "^'")
    return f'"{text}"'


def _folded(line: str) -> str:
    """Lines of at most 75 octets, never broken within a character."""
    pieces: list[str] = []
    current = ""
    for sign in line:
        if len((current + sign).encode()) > _FOLD - bool(pieces):
            pieces.append(current)
            current = ""
        current += sign
    return "\r\n ".join([*pieces, current])
