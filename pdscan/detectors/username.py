"""User names: what stands under a label that says so. They have no form of their own."""

from __future__ import annotations

import numpy as np

from pdscan.detectors import texts
from pdscan.detectors.interface import Candidates, Cell, Detector, Judged
from pdscan.model import Likelihood

# Accounts of systems, and the words of source code that stand where a name would.
_NOT_PEOPLE = (
    r"(?i)^(?:root|admin\w*|administrator|system|www-data|nobody|daemon|guest|anonymous|postgres|mysql"
    r"|service|user|username|users?_?name|login|test\w*|null|none|nil|true|false|undefined|unknown|str"
    r"|string|text|varchar|input|required|optional|invalid|failed|the|a|is|not|yes|no|id|name|example"
    r"|pass|passwd|password|pwd|secret|account|acct|email|mail|where|return|raise|with|iban|bic"
    r"|self|this|props|req|request|data|get\w*|os|env|process|config|n/a|anon|sa|dba|backup|app|ec2-user)"
    r"(?:$|[.(\[])"
)


def judge(candidates: Candidates) -> Judged:
    """Accepts one word without blanks, unless it names a system's account or is source code."""
    values = texts.strings(candidates.raw, candidates.raw_length)
    word = r"[A-Za-zÀ-ɏ0-9_][A-Za-zÀ-ɏ0-9_.@+\\-]{1,63}"
    found = texts.cut(values, r"[\s\"'@]*", word, r"(?:[\s\"',;&|)\]<].*)?$")
    found = found.where(~texts.matches(found.text, _NOT_PEOPLE))
    number = texts.matches(found.text, r"^[0-9.\\-]+$")
    level = np.where(number, Likelihood.VERY_UNLIKELY, Likelihood.UNLIKELY)
    return texts.judged(found, level, {}, texts.fold(found.text))


DETECTOR = Detector(
    kind="username",
    name="User name",
    category="Username",
    finders=(
        Cell(
            80,
            unless=("agent", "type", "count", "table", "group", "role", "database", "db",
                    "password", "financial", "bank", "number", "scheme"),
            weak=("user", "account", "uid", "owner"),
        ),
    ),
    judge=judge,
    labels=("username", "user name", "login name", "user login", "login", "user", "userid",
            "user id",
            "account name", "account", "screen name", "logon name", "samaccountname", "uid",
            "nick", "owner", "remote user", "käyttäjätunnus", "kayttajatunnus", "käyttäjänimi",
            "tunnus", "käyttäjä", "användarnamn", "anvandarnamn", "användare", "användar id",
            "brukernavn", "brugernavn", "kasutajanimi", "kasutajatunnus"),
    examples=("Käyttäjätunnus: mmeikalainen",),
)  # fmt: skip
