"""Passwords in the clear: what stands under a label that says so.

Source code names passwords all the time without holding one, so what looks like a placeholder, a
variable or a call is not accepted, and a mere lower-case word counts for less.
"""

from __future__ import annotations

import numpy as np
import pyarrow.compute as pc

from pdscan.detectors import texts
from pdscan.detectors.interface import Candidates, Cell, Detector, Judged
from pdscan.model import Likelihood

_NOT_SECRETS = (
    r"(?i)^(?:\*+|x{3,}|•+|\.{3,}|-+|null|none|nil|undefined|true|false|str|string|text|varchar\S*|char\S*"
    r"|bytes|int|any|optional\S*|required|input\S*|password\S*|passwd|pass|pwd|secret|salasana|lösenord"
    r"|raise|return|expected|passphrase|credentials|account|acct|user|username|else|if|then|where"
    r"|hidden|masked|redacted|removed|changed|change\w*|reset|expired|invalid|incorrect|wrong|missing"
    r"|forgot\w*|enter\w*|your\w*|the|is|was|not|and|or|must|should|for|to|in|of|with|use\w*|set|see|new"
    r"|old|self|this|props|req|request|os|env|process|config|settings|options|args|kwargs|params|ctx"
    r"|get\w*|n/a|yes|no|on|off|y|n|varchar|type|value|field|label|hash\w*|default|protected|encrypted)"
    r"(?:$|[.(\[,:?!<)])"
    r"|^(?:[0-9a-fA-F]{32}|[0-9a-fA-F]{40}|[0-9a-fA-F]{64})$"
    r"|^/[\w./-]*$|^[\x24%{<\[(@&]|\(\)?$|[A-Za-z_][(\[]|=>|::|\x24\{|\{\{|^[A-Za-z_]+(?:\.[A-Za-z_]+)+$|^[A-Z]+_[A-Z_]+$"
)


def judge(candidates: Candidates) -> Judged:
    """Accepts one word without blanks that is not code, a placeholder or a hash."""
    values = texts.strings(candidates.raw, candidates.raw_length)
    found = texts.cut(values, r"[ \t\"']*", r"[^\s\"'<>]{3,64}", r"[\"']?(?:[\s,;)<].*)?$")
    tail = pc.replace_substring_regex(found.text, r"[,;&].*$|[.)]$", "")
    found = texts.shortened(found, tail)
    found = found.where(~texts.matches(found.text, _NOT_SECRETS))
    found = found.where(texts.matches(found.text, r"^.{3,}"))
    word = texts.matches(found.text, r"^[a-zà-ɏ_]+$|^[A-Z][a-z]+$")
    level = np.where(word, Likelihood.VERY_UNLIKELY, Likelihood.UNLIKELY)
    return texts.judged(found, level, {"digits or signs": found.found & ~word}, found.text)


DETECTOR = Detector(
    kind="password",
    name="Password in the clear",
    category="Password",
    secret=True,
    finders=(Cell(80, unless=("hash", "hashed", "digest", "salt", "reset", "changed", "expires",
                              "expiry", "policy", "length", "hint", "updated", "date", "url", "min",
                              "max", "strength", "id", "type", "file", "attempts", "algorithm")),),
    judge=judge,
    labels=("password", "passwd", "passphrase", "pwd", "pass phrase", "login password", "pin code",
            "salasana", "salasanasi", "tunnussana", "pin koodi", "lösenord", "losenord", "pinkod",
            "passord", "adgangskode", "kodeord", "parool", "salasõna"),
    examples=("salasana: Kesä2024!", "password=hunter2"),
)  # fmt: skip
