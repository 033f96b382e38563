"""Mailboxes: where they are cut, what the messages are called."""

from __future__ import annotations

import io
import mailbox
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.mailbox import messages
from pdscan.connectors.formats import mbox
from pdscan.connectors.formats.contents import HeldContent
from pdscan.connectors.formats.interface import Gap, Nested
from pdscan.connectors.interface import Limits, ReadOptions
from pdscan.model import Reason

OPTIONS = ReadOptions()
FROM = b"From a@example.com Thu Jan  1 10:11:12 2026\n"


def names_of(data: bytes) -> list[str]:
    events = mbox.read(HeldContent("x.mbox", data), OPTIONS)
    return [event.name for event in events if isinstance(event, Nested)]


@pytest.mark.parametrize(
    ("line", "cuts"),
    [
        ("From a@example.com Thu Jan  1 10:11:12 2026", True),
        ("From a@example.com Thu Jan  1 10:11 2026", True),
        ("From - Thu Jan 01 10:11:12 2026", True),  # Thunderbird
        ("From 1784@xxx Sat Apr 04 19:53:46 +0000 2015", True),  # Google Takeout
        ("From a b@example.com Thu Jan  1 10:11:12 EET 2026", True),
        ("From MAILER-DAEMON Thu Jan  1 10:11:12 2026 remote from uucp", True),
        ("From here on it is 2026", False),
        ("From 10:15 we meet", False),
        (">From a@example.com Thu Jan  1 10:11:12 2026", False),
        ("from a@example.com Thu Jan  1 10:11:12 2026", False),
        ("From: a@example.com Thu Jan  1 10:11:12 2026", False),
    ],
)
@pytest.mark.parametrize("line_break", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_where_a_mailbox_is_cut(line: str, cuts: bool, line_break: str) -> None:
    text = f"{FROM.decode()}Subject: 1\n\nbody\n\n{line}\nSubject: 2\n\nbody\n"
    data = text.replace("\n", line_break).encode()
    assert len(names_of(data)) == 1 + cuts
    glued = text.replace("body\n\n", "body\n").replace("\n", line_break).encode()
    assert len(names_of(glued)) == 1  # without a blank line before it


def test_messages_have_the_names_that_stay() -> None:
    one = FROM + b"Message-ID: <1@example.com>\n\nhello\n\n"
    other = FROM + b"Subject: x\nMessage-Id:\n <2@example.com>\n\nMessage-ID: <3@example.com>\n\n"
    nameless = FROM + b"Subject: x\n\nMessage-ID: <4@example.com>\n\n"
    double = FROM + b"Message-ID: <1@example.com>\n\nanother with that name\n\n"
    names = names_of(one + other + nameless + double + nameless)
    assert names[:2] == ["1@example.com", "2@example.com"]
    assert names[2] == mbox.fingerprint(nameless)
    assert names[3] == mbox.fingerprint(double)
    assert names[4] == f"{names[2]}~2"
    # The same wherever it stands and whoever delivered it.
    elsewhere = nameless.replace(b"a@example.com", b"b@example.com").rstrip() + b"\n\n\n"
    assert names_of(one + elsewhere)[1] == names[2]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [FROM, b"\n", b"\r\n", b"From x 2026\n", b"hello\n", b"x" * 5000, b"From "]
        ),
        max_size=30,
    ),
    st.integers(1, 7000),
)
def test_the_messages_put_together_are_the_file(parts: list[bytes], chunk: int) -> None:
    data = b"".join(parts)
    whole = [message for message, _ in mbox.split(io.BytesIO(data), 1 << 30)]
    assert b"".join(whole) == data
    small = [message for message, _ in mbox.split(io.BytesIO(data), 1 << 30, chunk)]
    assert small == whole


def test_as_many_messages_as_the_standard_library_sees(tmp_path: Path) -> None:
    path = tmp_path / "x.mbox"
    path.write_bytes(b"".join(messages(6 << 20)))
    theirs = mailbox.mbox(path, create=False)
    ids = [str(message["Message-ID"]).strip("<>") for message in theirs]
    assert names_of(path.read_bytes()) == ids
    assert len(ids) > 50


def test_a_message_beyond_the_limit_is_read_up_to_it_and_said() -> None:
    data = FROM + b"Message-ID: <1@x>\n\n" + b"y" * 5000 + b"\n\n" + FROM + b"\nz\n"
    options = ReadOptions(Limits(member_memory=1000))
    events = list(mbox.read(HeldContent("x.mbox", data), options))
    assert [e.content.size for e in events if isinstance(e, Nested)] == [1000, len(FROM) + 3]
    assert [e.reason for e in events if isinstance(e, Gap)] == [Reason.LIMIT]
