"""Cookies and identifiers of analytics that tell one browser from all others.

Cookies are online identifiers (GDPR, recital 30). Names are those of Google Analytics
(https://support.google.com/analytics/answer/11397207), Meta, Matomo, Hotjar and Microsoft, and the
session cookies of PHP, Java, ASP.NET, Rails, Laravel, Express and WordPress. The canonical form is
the value; of ``_ga`` the client id without version and depth (``GA1.2.``), as in exports.
"""

from __future__ import annotations

import numpy as np
import pyarrow.compute as pc

from pdscan.detectors import texts
from pdscan.detectors.interface import Around, Candidates, Cell, Detector, Judged
from pdscan.model import Likelihood

_NAMES = (
    "_ga", "_gid", "_gcl_au", "_fbp", "_fbc", "_pk_id", "_pk_ses", "_hjSession", "_hjid", "_uetvid",
    "_uetsid", " MUID", "_clck", "_clsk", "PHPSESSID", "JSESSIONID", "ASP.NET_SessionId",
    ".ASPXAUTH",
    ".AspNetCore.", "ASPSESSIONID", "connect.sid", "laravel_session", "wordpress_logged_in_",
    "sessionid", "session_id", "sessid", "ajs_anonymous_id", "amplitude_id", "hubspotutk", "__hstc",
    "optimizelyEndUserId", "intercom-session-", "_shopify_y", "_shopify_s", "woocommerce_session_",
    " CFID", " CFTOKEN", " NID", " IDE", "XSRF-TOKEN",
)  # fmt: skip
_VALUE = r"[A-Za-z0-9%._~:|+/!*-]{8,160}"
_CLIENT_ID = r"[0-9]{6,10}\.[0-9]{9,10}"


def judge(candidates: Candidates) -> Judged:
    """Accepts values that are long enough to be one browser's own."""
    cookie_name = np.zeros(len(candidates), np.bool_)
    if candidates.anchor is None:
        values = texts.strings(candidates.raw, candidates.raw_length)
        found = texts.cut(values, r"[\s\"']*", _VALUE, r"(?:[\s\"';,&].*)?$")
        level = np.full(len(candidates), Likelihood.UNLIKELY, np.int64)
    else:
        head, _ = texts.around(candidates)
        cookie = texts.cut_behind(candidates, "[\"']?", _VALUE, r"(?:[^A-Za-z0-9].*)?$")
        cookie = cookie.where(texts.matches(head, "=$"))
        measured = texts.cut_around(
            candidates, r"(?:GA1\.[0-9]\.|fb\.[0-9]\.)", r"[0-9]{6,13}\.[0-9]{6,12}",
            border=r"(?:[^0-9.].*)?$",
        )  # fmt: skip
        found, cookie_name = cookie.or_else(measured), cookie.found
        level = np.full(len(candidates), Likelihood.LIKELY, np.int64)
    found = found.where(texts.matches(found.text, "[0-9]"))
    client = texts.matches(found.text, rf"^(?:GA1\.[0-9]\.)?{_CLIENT_ID}$")
    plain = pc.replace_substring_regex(found.text, r"^GA1\.[0-9]\.", "")
    evidence = {"name of a cookie": cookie_name & found.found, "form of a client id": client}
    return texts.judged(found, level, evidence, plain)


DETECTOR = Detector(
    kind="cookie_id",
    name="Cookie or client identifier",
    category="UID",
    secret=True,
    finders=(
        Around(r"[.0-9A-Za-z_-]{0,40}=", before=80, after=170, words=_NAMES),
        Around(r"[0-9]\.", before=10, after=32, words=("GA1.", "fb.")),
        Cell(180, unless=("consent", "banner", "policy", "oauth", "count", "length")),
    ),
    judge=judge,
    labels=("client id", "clientid", "ga client id", "cookie id", "cookieid", "visitor id",
            "cookie",
            "session id", "sessionid", "user pseudo id", "anonymous id", "device id",
            "advertising id",
            "idfa", "gaid", "gclid", "fbclid", "evästetunniste", "istuntotunniste", "kak id"),
    examples=("_ga=GA1.2.1234567890.1612345678",),
)  # fmt: skip
