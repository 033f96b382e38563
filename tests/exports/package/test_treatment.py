from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from pdscan.exports.package.disclosure import Disclosure
from pdscan.exports.package.model import Document, Form, Order, Right, Treatment, Why
from pdscan.exports.package.redaction import Text, is_credential
from pdscan.exports.package.treatment import Treated, Treatments
from pdscan.model import Likelihood
from pdscan.subjects.model import Finding, Identifier, Role
from tests.exports.package.making import PEKKA, examiner, holding, mail, subject

ORDER = Order(Right.ACCESS, Form.JSON, "package")


def treated(document: Document, role: Role, *kinds: str) -> Treated:
    findings = tuple(
        Finding("s:f", kind, "", "***", "00", Likelihood.LIKELY, theirs=False) for kind in kinds
    )
    there = holding("s:f", role, document.media_type, findings=findings)
    return Treatments(subject([]), ORDER, Disclosure(), examiner()).document(there, document)


def with_attachment() -> bytes:
    message = EmailMessage()
    message["From"], message["To"] = "maija@example.fi", PEKKA
    message["Subject"] = "Liite"
    message.set_content(f"Hei, maija@example.fi tässä.\n\nToinen kappale, {PEKKA}.\n")
    message.add_alternative(f"<p>Hei {PEKKA}</p>", subtype="html")
    message.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="cv.pdf")
    return message.as_bytes()


def test_a_shared_message_keeps_its_headers_and_the_persons_part() -> None:
    _, document = mail()
    copy = treated(document, Role.SHARED).document
    assert copy is not None
    message = message_from_bytes(copy.data, policy=policy.default)
    assert "maija@example.fi" in message["From"]
    assert "redacted@redacted.invalid" in message["To"]
    assert message["Subject"] == "Tilaus, ██████"
    body = message.get_body()
    assert body is not None
    assert "maija@example.fi" in body.get_content()
    assert b"ekka" not in copy.data


def test_attachments_and_html_of_a_shared_message_stay_out() -> None:
    result = treated(Document("1.eml", "message/rfc822", with_attachment()), Role.SHARED)
    assert result.document is not None
    assert b"PDF" not in result.document.data
    assert b"html" not in result.document.data
    assert [gap.why for gap in result.gaps] == [Why.OTHERS, Why.ATTACHMENT]


def test_of_a_message_that_mentions_them_only_their_paragraph_stays() -> None:
    result = treated(Document("1.eml", "message/rfc822", with_attachment()), Role.MENTIONED)
    assert result.document is not None
    text = message_from_bytes(result.document.data, policy=policy.default).get_content()
    assert text.strip() == "Hei, maija@example.fi tässä."


@pytest.mark.parametrize(
    ("name", "media_type", "data", "role", "kinds", "expected"),
    [
        ("a.txt", "text/plain", f"{PEKKA} ja maija@example.fi".encode(), Role.SHARED, (), "██████ ja maija@example.fi"),
        ("a.txt", "text/plain", "Tilaus ä".encode("cp1252"), Role.SHARED, (), "Tilaus ä"),
        ("a.html", "text/html", f"<p>{PEKKA}</p><p>x</p>".encode(), Role.SHARED, (), "██████\nx"),
        ("a.txt", "text/plain", b"password: kesa-2024!", Role.SOLE, ("password",), "password: ██████"),
        ("a.pdf", "application/pdf", b"%PDF", Role.SHARED, (), None),
        ("a.pdf", "application/pdf", b"%PDF", Role.SOLE, ("password",), None),
        ("a.eml", "message/rfc822", b"\xff\x00\xff", Role.SHARED, (), ""),
    ],
)  # fmt: skip
def test_documents(
    name: str,
    media_type: str,
    data: bytes,
    role: Role,
    kinds: tuple[str, ...],
    expected: str | None,
) -> None:
    result = treated(Document(name, media_type, data), role, *kinds)
    if expected is None:
        assert result.treatment is Treatment.WITHHELD
        assert result.document is None
    else:
        assert result.treatment is Treatment.REDACTED
        assert result.document is not None
        assert media_type == "message/rfc822" or result.document.data.decode() == expected


def test_what_is_theirs_alone_stays_as_it_is() -> None:
    document = Document("a.pdf", "application/pdf", b"%PDF")
    assert treated(document, Role.SOLE, "email").document is document


@pytest.mark.parametrize(
    ("table", "column", "expected"),
    [
        ("account", "password_hash", True), ("account", "passwordHint", True),
        ("account", "passport_number", False), ("account", "salasana", True),
        ("account", "Lösenord", True), ("account", "author", False), ("account", "sid", True),
        ("shop.sqlite/session", "id", True), ("shop.sqlite/sessions", "started", False),
        ("orders", "id", False), ("account", "api-key", True), ("x", "pinnoite", False),
        ("x", "compass", False), ("x", "access_token", True), ("x", "commit_hash", True),
    ],
)  # fmt: skip
def test_columns_of_credentials(table: str, column: str, expected: bool) -> None:
    assert is_credential(table, column) is expected


def test_what_is_only_ambiguous_is_blacked_out_among_others() -> None:
    """It was seen with the person, and may be the other one's."""
    (span,) = examiner().examine([Text("email", PEKKA)])[0]
    unclear = Identifier(span.kind, span.fingerprint, "p***", persons=3)
    person = replace(subject([]), ambiguous=(unclear,))
    there, document = mail()
    copy = Treatments(person, ORDER, Disclosure(), examiner()).document(there, document).document
    assert copy is not None
    assert PEKKA.encode() not in copy.data
