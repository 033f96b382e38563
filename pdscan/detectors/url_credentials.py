"""User names and passwords within URLs (RFC 3986, 3.2.1: ``scheme://user:password@host``).

The canonical form is the URL up to the host, its scheme and host in lower case.
"""

from __future__ import annotations

import numpy as np

from pdscan.detectors import texts
from pdscan.detectors.interface import Around, Candidates, Detector, Judged
from pdscan.model import Likelihood

_PLACEHOLDER = (
    r"(?i)://(?:user|username|login|name|usr|u|benutzer|käyttäjä|användare|utilisateur|usuario):"
    r"|:(?:pass|passwort|salasana|lösenord|password|passwd|pwd|secret|token|p|xxx+|\*+)@"
    r"|[\x24{}<>%\[\]]"
)


def _canonical(url: str) -> str:
    head, _, host = url.rpartition("@")
    scheme, _, user = head.partition("://")
    return f"{scheme.lower()}://{user}@{host.lower()}"


def judge(candidates: Candidates) -> Judged:
    """Accepts URLs with both; placeholders of manuals are unlikely."""
    found = texts.cut_around(
        candidates, r"[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s/@:?#\"'<>]{1,64}:[^\s/@\"'<>]{1,100}@",
        r"[A-Za-z0-9\[][A-Za-z0-9.:\]_-]{0,80}",
    )  # fmt: skip
    example = texts.matches(found.text, _PLACEHOLDER)
    level = np.where(example, Likelihood.UNLIKELY, Likelihood.LIKELY)
    evidence = {"user and password": found.found, "a manual's placeholder": example}
    return texts.judged(found, level, evidence, texts.each(found.text, _canonical))


DETECTOR = Detector(
    kind="url_credentials",
    name="User name and password in a URL",
    category="Password",
    secret=True,
    finders=(
        Around(r"[^\s/@:?#\"'<>]{1,64}:[^\s/@\"'<>]{1,100}@", before=190, after=81, words=("://",)),
    ),
    judge=judge,
    examples=("postgresql://app:Kes4!2024@db.example.com:5432/orders",),
)  # fmt: skip
