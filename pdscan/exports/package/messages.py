"""Messages as people read them, and redacted copies of them (RFC 5322, RFC 2045)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import formataddr, getaddresses

from selectolax.lexbor import LexborHTMLParser

from pdscan.exports.package.model import MARK

_POLICY = policy.SMTP.clone(cte_type="7bit")
_ADDRESSES = ("From", "To", "Cc", "Reply-To")
_SHOWN = ("Subject", *_ADDRESSES)
_NOBODY = "redacted@redacted.invalid"  # RFC 2606: leads nowhere

#: Gives the texts back without what must not be seen; each with its label.
Cleaner = Callable[[list[tuple[str, str]]], list[str]]


@dataclass(frozen=True, slots=True)
class Headline:
    """What a reader is shown of a message."""

    subject: str
    sender: str
    date: str
    body: str = field(repr=False)


def parse(data: bytes) -> EmailMessage:
    """The message; raises ValueError where it is none that can be read."""
    try:
        message = message_from_bytes(data, policy=_POLICY)
    except Exception as error:  # the parser raises many kinds on broken headers
        raise ValueError("not a message that can be read") from error
    if not isinstance(message, EmailMessage):
        raise ValueError("not a message that can be read")
    return message


def headline(data: bytes) -> Headline:
    """Its subject, sender, date and text; empty where they cannot be read."""
    try:
        message = parse(data)
        body = "\n\n".join(text for _part, text in _texts(message))
        subject, sender, date = (_header(message, name) for name in ("Subject", "From", "Date"))
    except (ValueError, LookupError):
        return Headline("", "", "", "")
    return Headline(subject, sender, date, body)


def extract(data: bytes, clean: Cleaner) -> bytes:
    """A copy of a shared message with its main headers and text, cleaned by `clean`; nothing else
    of it, no attachment. Raises ValueError where it cannot be read.
    """
    message = parse(data)
    try:
        texts = [(name, _header(message, name)) for name in _SHOWN]
        people = {name: getaddresses([value]) for name, value in texts if name in _ADDRESSES}
        body = "\n\n".join(text for _part, text in _texts(message))
        date = _header(message, "Date")
    except (LookupError, TypeError) as error:
        raise ValueError("not a message that can be read") from error
    asked = [texts[0], ("", body)]
    asked += [("email", address) for pairs in people.values() for _name, address in pairs]
    subject, body, *addresses = clean(asked)
    copy = EmailMessage(policy=_POLICY)
    copy["Subject"] = _one_line(subject)
    if date:
        copy["Date"] = date
    seen = iter(addresses)
    for name, pairs in people.items():
        shown = [
            formataddr((_one_line(display), address)) if MARK not in (cleaned := next(seen))
            and cleaned == address else formataddr((MARK, _NOBODY))
            for display, address in pairs
        ]  # fmt: skip
        if shown:
            copy[name] = ", ".join(shown)
    copy["X-Redacted"] = "other people's identifiers and attachments were removed"
    copy.set_content(body)
    return copy.as_bytes()


def cleaned(data: bytes, clean: Cleaner, *, keep_attachments: bool) -> tuple[bytes, int]:
    """The message with its texts cleaned, and how many attachments were left out. Raises
    ValueError where it cannot be read.
    """
    message = parse(data)
    left_out = 0
    try:
        parts = list(_texts(message))
        for (part, _text), text in zip(parts, clean([("", t) for _part, t in parts]), strict=True):
            part.set_content(text)
        if "Subject" in message:
            (subject,) = clean([("Subject", _header(message, "Subject"))])
            message.replace_header("Subject", _one_line(subject))
        texts = {id(part) for part, _text in parts}
        for part in message.walk():
            if not part.is_multipart() and id(part) not in texts and not keep_attachments:
                part.set_content(MARK)
                left_out += 1
        return message.as_bytes(), left_out
    except (LookupError, TypeError, AttributeError) as error:
        raise ValueError("not a message that can be read") from error


def _texts(message: EmailMessage) -> Iterator[tuple[EmailMessage, str]]:
    """The parts that are read as text, HTML only where there is no plain text beside it."""
    plain = [p for p in message.walk() if p.get_content_type() == "text/plain"]
    parts = plain or [p for p in message.walk() if p.get_content_type() == "text/html"]
    for part in parts:
        if part.get_content_disposition() != "attachment" and isinstance(part, EmailMessage):
            text = str(part.get_content())
            yield part, (text if plain else plain_text(text))


def plain_text(markup: str) -> str:
    """The text of an HTML page."""
    body = LexborHTMLParser(markup).body
    return "" if body is None else body.text(separator="\n", strip=True)


def _header(message: EmailMessage, name: str) -> str:
    return _one_line(str(message.get(name, "")))


def _one_line(text: str) -> str:
    return " ".join(text.split())
