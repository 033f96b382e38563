"""Requests for erasure to processors, as OpenDSR 2.0 has them.

https://github.com/opengdpr/OpenDSR/blob/master/specification.md (section 7.1)
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable
from typing import Any

from pdscan.exports.identifiers import Identifier
from pdscan.exports.manifest import Header
from pdscan.retention.model import Recipient

#: Kinds of identifiers as the specification names them (section 5.3).
_TYPES = {"email": "email", "cookie_id": "controller_customer_id"}
FORMATS = ("sha256", "raw")


def request(
    header: Header, recipient: Recipient, identifiers: Iterable[Identifier], form: str
) -> dict[str, Any]:
    """The body of one request; the identifiers as they are (``raw``), or their SHA-256.

    The same manifest and recipient give the same request id, so that a request sent twice is known
    to be one. Identifiers of kinds that the specification does not know are left out.
    """
    identities = [
        {"identity_type": _TYPES[i.kind], "identity_value": _value(i.value, form),
         "identity_format": form}
        for i in identifiers if i.kind in _TYPES
    ]  # fmt: skip
    seed = hashlib.sha256(f"{header.id} {recipient.name}".encode()).digest()[:16]
    return {
        "regulation": "gdpr",
        "subject_request_id": str(uuid.UUID(bytes=seed, version=4)),
        "subject_request_type": "erasure",
        "submitted_time": header.created,
        "api_version": "2.0",
        "subject_identities": identities,
    }


def _value(value: str, form: str) -> str:
    # Upper and lower case of an address are one mailbox, and the hash must be that of one spelling.
    return hashlib.sha256(value.lower().encode()).hexdigest() if form == "sha256" else value
