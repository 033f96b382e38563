"""User names, passwords, hashes, tokens, cookies: what stands for a person in systems."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest

from pdscan.detectors import (
    cookie_id,
    jwt,
    password,
    password_hash,
    url_credentials,
    user_agent,
    username,
)
from pdscan.detectors.interface import Detector
from pdscan.model import Likelihood
from tests.detectors.columns import find, find_in_table

POSSIBLE, LIKELY, VERY_LIKELY = Likelihood.POSSIBLE, Likelihood.LIKELY, Likelihood.VERY_LIKELY
MD5, SHA1 = "9dd4e461268c8034f5c8564e155c67a6", "11f6ad8ec52a2984abaafd7c3b516503785c2072"
ALL = [
    module.DETECTOR
    for module in (
        username, password, password_hash, jwt, url_credentials, cookie_id, user_agent
    )
]  # fmt: skip


def token(header: object, claims: object) -> str:
    parts = (base64.urlsafe_b64encode(json.dumps(p).encode()).decode() for p in (header, claims))
    return ".".join(part.rstrip("=") for part in parts) + ".c2lnbmF0dXJl"


TOKEN = token({"alg": "HS256"}, {"sub": "1"})
BCRYPT = "$2b$12$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW"
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"


@pytest.mark.parametrize(
    ("detector", "text", "value", "likelihood"),
    [
        (username.DETECTOR, "Käyttäjätunnus: mmeikalainen", "mmeikalainen", LIKELY),
        (username.DETECTOR, "username=matti.m&x=1", "matti.m", LIKELY),
        (username.DETECTOR, '{"användarnamn": "åsa99"}', "åsa99", LIKELY),
        (username.DETECTOR, "User: matti", "matti", POSSIBLE),
        (password.DETECTOR, "salasana: Kesä2024!", "Kesä2024!", LIKELY),
        (password.DETECTOR, "Lösenord: hund12, tack", "hund12", LIKELY),
        (password.DETECTOR, "GET /login?password=hunter2&user=x", "hunter2", LIKELY),
        (password.DETECTOR, '"password": "kissa"', "kissa", POSSIBLE),
        (password_hash.DETECTOR, f"x:{BCRYPT}:1", BCRYPT, LIKELY),
        (password_hash.DETECTOR, "$6$rounds=5000$saltsalt$" + "a" * 86,
         "$6$rounds=5000$saltsalt$" + "a" * 86, LIKELY),
        (password_hash.DETECTOR, "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$" + "A" * 43,
         "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$" + "A" * 43, LIKELY),
        (password_hash.DETECTOR, "pbkdf2_sha256$600000$abcdefgh$" + "A" * 43 + "=",
         "pbkdf2_sha256$600000$abcdefgh$" + "A" * 43 + "=", LIKELY),
        (password_hash.DETECTOR, "{SSHA}" + "A" * 32, "{SSHA}" + "A" * 32, LIKELY),
        (password_hash.DETECTOR, "password_hash: " + hashlib.sha256(b"x").hexdigest(),
         hashlib.sha256(b"x").hexdigest(), LIKELY),
        (jwt.DETECTOR, f"Authorization: Bearer {TOKEN}", TOKEN, VERY_LIKELY),
        (jwt.DETECTOR, f"/x?t={TOKEN}&y", TOKEN, LIKELY),
        (url_credentials.DETECTOR, "postgresql://app:Kes4!2024@db.example.com:5432/x",
         "postgresql://app:Kes4!2024@db.example.com:5432", LIKELY),
        (cookie_id.DETECTOR, "Cookie: a=b; _ga=GA1.2.1234567890.1612345678; c=d",
         "GA1.2.1234567890.1612345678", LIKELY),
        (cookie_id.DETECTOR, "x GA1.1.123456789.1612345678 y", "GA1.1.123456789.1612345678",
         LIKELY),
        (cookie_id.DETECTOR, "JSESSIONID=A1B2C3D4E5F6A7B8.node1;", "A1B2C3D4E5F6A7B8.node1",
         LIKELY),
        (user_agent.DETECTOR, f'"GET / HTTP/1.1" 200 5 "-" "{AGENT}"', AGENT, POSSIBLE),
    ],
)  # fmt: skip
def test_found(detector: Detector, text: str, value: str, likelihood: Likelihood) -> None:
    (found,) = find([detector], text)
    assert (found.text, found.likelihood) == (value, likelihood)
    assert found.evidence


@pytest.mark.parametrize(
    "text",
    [
        "username, password = x", "username = password", "password: raise ValueError",
        "PWD=/var/tmp", "http://Benutzer:Passwort@Server:80/", "Financial account: IBAN",
        "user: matti", "user_name: root", "username = request.user", "password: string;",
        "password = getpass()", "password = os.environ['X']", "password: ********",
        "password=${DB_PASSWORD}", "password: <your password>", "if password == other:",
        "Salasanasi on hyvä", "Password must be 8 characters", "password_length: 12",
        "cost $5$ and $6$", "$2b$12$short", f"commit {SHA1}",
        f"etag: {MD5}", "x.eyJx", "a.eyJhbGci.eyJ", TOKEN[:20] + ".x.y",
        token(["alg"], {}), "https://user:password@host/", "https://example.com:8080/a@b",
        "https://${USER}:${PASS}@host", "sessionid=on", "my_ga = 5", "{SHA} is a scheme",
        '"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"',
    ],
)  # fmt: skip
def test_not_found(text: str) -> None:
    assert find(ALL, text) == []


def test_columns_by_name() -> None:
    digest = MD5
    found = find_in_table(
        ALL,
        ["login", "Password", "password_md5", "ga_client_id", "user_agent", "password_changed"],
        ["matti", "kissa123", digest, "1234567890.1612345678", AGENT, "2020-01-01"],
        ["root", digest, "", "-", "curl/8.0", "x"],
    )
    assert [(one.kind, one.text) for one in found] == [
        ("username", "matti"), ("password", "kissa123"), ("password_hash", digest),
        ("cookie_id", "1234567890.1612345678"), ("user_agent", AGENT), ("password_hash", digest),
    ]  # fmt: skip


def test_client_ids_are_one_in_cookies_and_exports() -> None:
    cookie = find([cookie_id.DETECTOR], "_ga=GA1.2.1234567890.1612345678")
    export = find_in_table([cookie_id.DETECTOR], ["clientId"], ["1234567890.1612345678"])
    assert cookie[0].canonical == export[0].canonical == "1234567890.1612345678"
