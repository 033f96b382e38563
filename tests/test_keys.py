"""The fingerprint key: made once, closed to others, never half there."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pdscan import keys
from pdscan.errors import AccessError


def test_made_on_first_use_and_then_the_same(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "folder" / keys.NAME
    key, made = keys.load_or_create(path)
    assert made
    assert len(key) == keys.SIZE
    assert len(set(key)) > 8
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert keys.load_or_create(path) == (key, False)
    assert keys.load(path) == key
    assert list(path.parent.iterdir()) == [path]


def test_two_that_start_at_once_share_one_key(tmp_path: Path) -> None:
    path = tmp_path / keys.NAME
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: keys.load_or_create(path)[0], range(32)))
    assert len(set(found)) == 1


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660, 0o610])
def test_refused_if_others_may_read_it(tmp_path: Path, mode: int) -> None:
    path = tmp_path / keys.NAME
    keys.load_or_create(path)
    path.chmod(mode)
    with pytest.raises(AccessError, match=f"{mode:04o}.*chmod 600"):
        keys.load_or_create(path)


@pytest.mark.parametrize("content", [b"", b"x" * 31, b"x" * 33])
def test_refused_if_it_is_not_a_key(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / keys.NAME
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(AccessError, match="32 bytes expected"):
        keys.load(path)


def test_a_missing_key_is_explained(tmp_path: Path) -> None:
    with pytest.raises(AccessError, match=r"no fingerprint key there.*scan again"):
        keys.load(tmp_path / "nothing")


def test_a_place_that_cannot_be_written_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(AccessError, match="--key-file"):
        keys.load_or_create(tmp_path / "file" / "key")


def test_a_device_is_not_a_key() -> None:
    with pytest.raises(AccessError):
        keys.load(Path(os.devnull))
