"""Hashes of passwords: modular crypt forms, those of web frameworks, and bare digests by label.

crypt(5) (https://manpages.debian.org/crypt.5), the PHC string format
(https://github.com/P-H-C/phc-string-format) for argon2 and scrypt, Django's and Werkzeug's forms of
PBKDF2, and LDAP's ``{SSHA}`` (RFC 2307). A bare MD5 or SHA digest is any checksum, so only a label
makes it a password's. The canonical form is the hash as it is, hexadecimal digests in lower case.
"""

from __future__ import annotations

import numpy as np
import pyarrow.compute as pc

from pdscan.detectors import texts
from pdscan.detectors.interface import Around, Candidates, Cell, Detector, Judged
from pdscan.model import Likelihood

_B64 = "[A-Za-z0-9./+=_-]"
_CRYPT = (
    r"[\x24](?:2[abxy]?[\x24][0-9]{2}[\x24][A-Za-z0-9./]{53}"
    rf"|argon2(?:id|i|d)[\x24](?:v=[0-9]{{1,3}}[\x24])?m=[0-9]{{1,9}},t=[0-9]{{1,5}},p=[0-9]{{1,5}}[\x24]{_B64}{{8,90}}[\x24]{_B64}{{16,130}}"
    rf"|(?:1|apr1)[\x24][A-Za-z0-9./]{{1,8}}[\x24][A-Za-z0-9./]{{22}}"
    rf"|5[\x24](?:rounds=[0-9]{{4,9}}[\x24])?[A-Za-z0-9./]{{1,16}}[\x24][A-Za-z0-9./]{{43}}"
    rf"|6[\x24](?:rounds=[0-9]{{4,9}}[\x24])?[A-Za-z0-9./]{{1,16}}[\x24][A-Za-z0-9./]{{86}}"
    r"|(?:y|gy|7)[\x24][A-Za-z0-9./]{1,40}[\x24][A-Za-z0-9./]{1,86}[\x24][A-Za-z0-9./]{43}"
    rf"|(?:P|H)[\x24][A-Za-z0-9./]{{31}}"
    rf"|scrypt[\x24]ln=[0-9]{{1,2}},r=[0-9]{{1,3}},p=[0-9]{{1,3}}[\x24]{_B64}{{8,90}}[\x24]{_B64}{{16,130}}"
    rf"|pbkdf2(?:-sha(?:1|256|512))?[\x24](?:i=)?[0-9]{{3,9}}[\x24]{_B64}{{4,90}}[\x24]{_B64}{{16,130}})"
)
_FRAMEWORKS = (
    rf"pbkdf2_sha(?:1|256|512)[\x24][0-9]{{3,9}}[\x24]{_B64}{{4,90}}[\x24]{_B64}{{20,130}}"
    rf"|pbkdf2:sha(?:1|256|512)(?::[0-9]{{3,9}})?[\x24]{_B64}{{4,40}}[\x24][0-9a-f]{{40,128}}"
    rf"|scrypt:[0-9]{{4,7}}:[0-9]{{1,3}}:[0-9]{{1,3}}[\x24]{_B64}{{4,40}}[\x24][0-9a-f]{{64,128}}"
    r"|\{(?:SSHA|SHA|SMD5|MD5|CRYPT|SSHA256|SSHA512|SHA256|SHA512)\}[A-Za-z0-9+/=.\x24]{13,140}"
)
_BARE = "|".join(f"[0-9a-fA-F]{{{size}}}" for size in (128, 96, 64, 56, 40, 32))
_BORDER = r"(?:[^A-Za-z0-9./].*|\..*)?$"


def judge(candidates: Candidates) -> Judged:
    """Accepts complete hashes of a known scheme; bare digests from labelled fields only."""
    values = texts.strings(candidates.raw, candidates.raw_length)
    known = texts.cut(values, r"(?:.*?[^A-Za-z0-9])??", f"(?:{_CRYPT}|{_FRAMEWORKS})", _BORDER)
    found = known
    if candidates.anchor is None:
        found = known.or_else(
            texts.cut(values, r"[\s\"']*(?:0x)?", f"(?:{_BARE})", r"(?:[^0-9A-Za-z].*)?$")
        )
    level = np.where(known.found, Likelihood.LIKELY, Likelihood.UNLIKELY)
    bare = found.found & ~known.found
    plain = pc.if_else(bare, pc.utf8_lower(found.text), found.text)
    return texts.judged(found, level, {"scheme": known.found, "length of a digest": bare}, plain)


DETECTOR = Detector(
    kind="password_hash",
    name="Hash of a password",
    category="Password",
    secret=True,
    finders=(
        Around(
            "", before=20, after=230,
            words=("$2a$", "$2b$", "$2x$", "$2y$", "$2$", "$1$", "$5$", "$6$", "$7$", "$y$", "$gy$",
                   "$P$", "$H$", "$apr1$", "$argon2", "$scrypt$", "$pbkdf2", "pbkdf2_sha",
                   "pbkdf2:sha", "scrypt:", "{SSHA", "{SHA", "{SMD5}", "{MD5}", "{CRYPT}"),
        ),
        Cell(240),
    ),
    judge=judge,
    labels=("password hash", "passwordhash", "hashed password", "password digest",
            "encrypted password",
            "pwd hash", "pass hash", "password", "passwd", "user pass", "salasana",
            "salasanatiiviste",
            "lösenord", "lösenordshash", "md5", "pw hash"),
    examples=("$2b$12$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW",),
)  # fmt: skip
