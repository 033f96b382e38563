"""What a walk finds, and what becomes of things that are not plain files."""

from __future__ import annotations

import io
import os
import socket
import sys
import tempfile
from pathlib import Path

import pytest

from pdscan.connectors.files import Files
from pdscan.connectors.interface import Unit
from pdscan.errors import SourceError
from pdscan.model import Entry, Locator, Outcome, Reason, State
from tests.connectors.reading import outcomes, read_all

READ = (State.READ, "")


def test_everything_walked_is_accounted_for(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "sub" / ".hidden").mkdir(parents=True)
    (root / "a.txt").write_text("a")
    (root / ".env").write_text("secret")
    (root / ".gitignore").write_text("a.txt")
    (root / "empty").touch()
    (root / "sub" / ".hidden" / "b.bin").write_bytes(b"\x00\x01\x02junk" * 400)
    (tmp_path / "outside.txt").write_text("outside")
    (root / "out").symlink_to(tmp_path / "outside.txt")
    (root / "sub" / "loop").symlink_to(root / "sub")
    (root / "self").symlink_to(root / "self")
    (root / "nowhere").symlink_to(root / "missing")
    (root / "alias").symlink_to(root / "a.txt")
    os.link(root / "a.txt", root / "hard")
    os.mkfifo(root / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(root / "socket"))
        found = outcomes(Files("here", str(root)))
    assert found == {
        "a.txt": READ, ".env": READ, ".gitignore": READ, "empty": READ, "alias": READ, "hard": READ,
        "sub/.hidden/b.bin": READ,
        "out": (State.SKIPPED, Reason.LINK_OUTSIDE),
        "sub/loop": (State.SKIPPED, Reason.LINK_LOOP),
        "self": (State.SKIPPED, Reason.LINK_LOOP),
        "nowhere": (State.SKIPPED, Reason.LINK_BROKEN),
        "pipe": (State.SKIPPED, Reason.SPECIAL),
        "socket": (State.SKIPPED, Reason.SPECIAL),
    }  # fmt: skip


def test_links_between_folders_end(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    (tmp_path / "a" / "to_b").symlink_to(tmp_path / "b")
    (tmp_path / "b" / "to_a").symlink_to(tmp_path / "a")
    found = outcomes(Files("here", str(tmp_path)))
    assert found["a/file"] == found["b/file"] == READ
    assert Reason.LINK_LOOP in {reason for _, reason in found.values()}


def test_names_that_are_not_utf8(tmp_path: Path) -> None:
    name = os.fsdecode(b"\xe4iti.txt")
    (tmp_path / name).write_text("a")
    (unit,) = Files("here", str(tmp_path)).walk()
    assert isinstance(unit, Unit)
    assert unit.path == (name,)
    locator = Locator("here", unit.path)
    assert str(locator) == "here:%E4iti.txt"
    assert Locator.parse(str(locator)) == locator


def test_the_order_is_that_of_the_bytes(tmp_path: Path) -> None:
    for name in ("b", "a/z", "a/Z", "ä", "a.txt", "B"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("x")
    walked = [
        entry.path[0] for entry in Files("x", str(tmp_path)).walk() if isinstance(entry, Unit)
    ]
    assert walked == ["B", "a/Z", "a/z", "a.txt", "b", "ä"]


@pytest.mark.parametrize(("include", "exclude", "ignore", "read"), [
    ((), (), "", {"a.log", "a.txt", "sub/b.txt", "sub/keep.txt", "sub/deep/c.txt"}),
    (("*.txt",), (), "", {"a.txt", "sub/b.txt", "sub/keep.txt", "sub/deep/c.txt"}),
    ((), ("sub/",), "", {"a.log", "a.txt"}),
    ((), ("*.txt",), "", {"a.log"}),
    (("sub/**",), ("b.txt",), "", {"sub/keep.txt", "sub/deep/c.txt"}),
    ((), (), "*.txt\n!keep.txt\n", {"a.log", "sub/keep.txt"}),
    ((), (), "# comment\n/a.txt\ndeep/\n", {"a.log", "sub/b.txt", "sub/keep.txt"}),
])  # fmt: skip
def test_patterns(
    tmp_path: Path, include: tuple[str, ...], exclude: tuple[str, ...], ignore: str, read: set[str]
) -> None:
    for name in ("a.log", "a.txt", "sub/b.txt", "sub/keep.txt", "sub/deep/c.txt"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    if ignore:
        (tmp_path / ".pdscanignore").write_text(ignore)
    found = outcomes(Files("x", str(tmp_path), include, exclude))
    found.pop(".pdscanignore", None)
    assert {path for path, outcome in found.items() if outcome == READ} == read
    left_out = {path for path, outcome in found.items() if outcome != READ}
    assert all(found[path] == (State.SKIPPED, Reason.EXCLUDED) for path in left_out)


def test_an_inner_ignore_file_has_the_last_word(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.txt").write_text("x")
    (tmp_path / ".pdscanignore").write_text("*.txt\n")
    (tmp_path / "sub" / ".pdscanignore").write_text("!a.txt\n")
    assert outcomes(Files("x", str(tmp_path)))["sub/a.txt"] == READ


def test_a_file_that_vanishes_grows_or_becomes_a_pipe(tmp_path: Path) -> None:
    for name in ("gone", "grown", "pipe"):
        (tmp_path / name).write_bytes(b"some text\n" * 300_000)
    files = Files("here", str(tmp_path))
    gone, grown, pipe = (entry for entry in files.walk() if isinstance(entry, Unit))
    (tmp_path / "gone").unlink()
    (tmp_path / "pipe").unlink()
    os.mkfifo(tmp_path / "pipe")
    assert _outcome(files, gone) == (State.UNREADABLE, Reason.VANISHED)
    assert _outcome(files, pipe) == (State.UNREADABLE, Reason.SPECIAL)
    events = files.read(grown)
    next(events), next(events)
    with (tmp_path / "grown").open("ab") as file:
        file.write(b"more")
    *_, last = events
    assert isinstance(last, Outcome)
    assert (last.state, last.reason) == (State.PARTIAL, Reason.CHANGED)


def _outcome(files: Files, unit: Unit) -> tuple[str, str]:
    (read,) = read_all(files, unit)
    return read.outcome.state, read.outcome.reason


def test_what_may_not_be_opened() -> None:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        root.chmod(0o755)
        (root / "file").write_text("x")
        (root / "folder").mkdir()
        (root / "file").chmod(0)
        (root / "folder").chmod(0)
        me = os.geteuid()
        if me == 0:  # nothing is forbidden to root: be nobody for once
            os.seteuid(65534)
        try:
            found = outcomes(Files("x", name))
        finally:
            os.seteuid(me)
            (root / "folder").chmod(0o700)
    assert found == dict.fromkeys(("file", "folder"), (State.UNREADABLE, Reason.DENIED))


def test_a_root_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="shop: cannot be opened"):
        list(Files("shop", str(tmp_path / "missing")).walk())


def test_a_single_file_is_named_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "one.txt"
    path.write_text("text")
    assert outcomes(Files("x", str(path))) == {"one.txt": READ}


def test_a_pipe_named_as_the_root_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (entry,) = Files("x", str(tmp_path / "pipe")).walk()
    assert isinstance(entry, Entry)
    assert entry.outcome.reason == Reason.SPECIAL


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    data = b"id,email\n" + b"1,a@example.com\n" * 100_000

    class Stdin:
        buffer = io.BytesIO(data)

    monkeypatch.setattr(sys, "stdin", Stdin)
    files = Files("x", "-")
    (unit,) = files.walk()
    assert isinstance(unit, Unit)
    (read,) = read_all(files, unit)
    assert (read.item.path, read.item.media_type) == (("-",), "text/csv")
    assert read.text.encode() == data
    assert read.outcome == Outcome(State.READ, encoding="ascii", characters=len(data))
