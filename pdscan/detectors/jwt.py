"""JSON Web Tokens (RFC 7519, RFC 7515): they name a person and let anyone act as that person.

Three parts in base64url, joined by dots; the first decodes to a JSON object with an algorithm. The
canonical form is the token as it is.
"""

from __future__ import annotations

import base64
import binascii
import json

import numpy as np

from pdscan.detectors import texts
from pdscan.detectors.interface import Around, Candidates, Detector, Judged
from pdscan.model import Likelihood

_PART = "[A-Za-z0-9_-]"


def _token(text: str) -> str | None:
    parts = text.split(".")
    try:
        header, claims = (
            json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
            for part in parts[:2]
        )
    except (binascii.Error, ValueError):
        return None
    return (
        text if isinstance(header, dict) and "alg" in header and isinstance(claims, dict) else None
    )


def judge(candidates: Candidates) -> Judged:
    """Accepts tokens whose header and claims decode."""
    found = texts.cut_around(
        candidates, rf"eyJ{_PART}{{8,600}}\.eyJ", rf"{_PART}{{2,2000}}\.{_PART}{{0,700}}",
        border="(?:[^A-Za-z0-9_-].*)?$",
    )  # fmt: skip
    found = found.where(~texts.missing(texts.each(found.text, _token)))
    level = np.full(len(candidates), Likelihood.LIKELY, np.int64)
    return texts.judged(found, level, {"header decodes": found.found}, found.text)


DETECTOR = Detector(
    kind="jwt",
    name="JSON Web Token",
    category="Authenticating",
    secret=True,
    finders=(Around("", before=640, after=2720, words=(".eyJ",)),),
    judge=judge,
    context=("bearer", "authorization", "token", "jwt"),
    labels=("jwt", "token", "access token", "id token", "authorization"),
    examples=("eyJhbGciOiJub25lIn0.eyJzdWIiOiJtYXR0aSJ9.",),
)  # fmt: skip
