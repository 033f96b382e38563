from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pdscan.connectors.sql.credentials import redact, resolve, variable
from pdscan.connectors.sql.opening import open_database
from pdscan.errors import AccessError, UsageError

NOWHERE: dict[str, str] = {}


def test_the_environment_variable_is_named_after_the_source() -> None:
    assert variable("shop-orders.fi") == "PDSCAN_PASSWORD_SHOP_ORDERS_FI"


@pytest.mark.parametrize(
    ("url", "environment", "command", "password", "warns"),
    [
        ("postgresql://u:p%40ss@h/d", NOWHERE, "", "p@ss", True),
        ("postgresql://u@h/d?password=pw&sslmode=require", NOWHERE, "", "pw", True),
        ("postgresql://u@h/d", {"PDSCAN_PASSWORD_S": "env"}, "", "env", False),
        ("mysql://u@h/d", {"PDSCAN_PASSWORD_S": "env"}, "", "env", False),
        ("mysql://u@h/d", NOWHERE, f"{sys.executable} -c 'print(\"cmd\")'", "cmd", False),
        ("mysql://u@h/d", NOWHERE, "", "from file #1", False),
        ("mysql://h/d", NOWHERE, "", "from file #1", False),
        ("mysql://other@h/d", NOWHERE, "", None, False),
        ("sqlite:///x.db", {"PDSCAN_PASSWORD_S": "env"}, "", None, False),
    ],
)
def test_where_passwords_come_from(
    tmp_path: Path, url: str, environment: dict[str, str], command: str,
    password: str | None, warns: bool,
) -> None:  # fmt: skip
    (tmp_path / ".my.cnf").write_text(
        '!includedir /etc/nowhere\n[client]\nuser = u\npassword = "from file #1"\nskip-ssl\n'
    )
    found = resolve("s", url, command=command, environment=environment, home=tmp_path)
    assert found.url.password == password
    assert ("PDSCAN_PASSWORD_S" in found.warning) is warns
    shown = f"{found!r} {found.url} {found.warning}"
    assert password is None or password not in shown.replace("PDSCAN_PASSWORD_S", "")
    assert "password=" not in str(found.url)


def test_options_of_the_url_stay(tmp_path: Path) -> None:
    found = resolve("s", "postgresql://u@h/d?password=pw&sslmode=require", environment=NOWHERE)
    assert found.url.query == {"sslmode": "require"}


def test_a_failing_command_says_its_name_only() -> None:
    command = f"{sys.executable} -c 'raise SystemExit(\"s3cret\")' --token=t0ken"
    with pytest.raises(AccessError) as caught:
        resolve("s", "mysql://u@h/d", command=command, environment=NOWHERE)
    assert "s3cret" not in str(caught.value)
    assert "t0ken" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("url", ["nothing", "://", "postgresql://u:s3cret@h:port/d"])
def test_no_url(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        resolve("s", url, environment=NOWHERE)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("url", ["sqlite://", "frobdb://u@h/d", "oracle+nothere://u@h/d"])
def test_no_driver(url: str) -> None:
    with pytest.raises(UsageError, match=r"^s: "):
        open_database("s", resolve("s", url, environment=NOWHERE).url)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("see postgresql://u:p@ss@h/d now", "see postgresql://u:***@h/d now"),
        ("host=h password=abc user=u", "host=h password=*** user=u"),
        ("mysql://u@h/d?passwd=x&ssl=1", "mysql://u@h/d?passwd=***&ssl=1"),
        ("no secret: http://host:80/a", "no secret: http://host:80/a"),
    ],
)
def test_redaction(text: str, shown: str) -> None:
    assert redact(text) == shown
