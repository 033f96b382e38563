"""Approvals count for what was approved only; identifiers can be read until their key is gone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pdscan.errors import AccessError, UsageError
from pdscan.exports import approvals, identifiers
from pdscan.exports.approvals import Approval
from pdscan.exports.identifiers import Identifier
from pdscan.retention.model import Approver

DIGEST = "ab" * 32


@pytest.fixture
def approval(tmp_path: Path) -> Approval:
    key = approvals.signing_key(tmp_path / "keys" / "approval.key")
    return approvals.approve("m1", DIGEST, "Maija", "dpo", key, "checked with accounting")


FAULTS: dict[str, tuple[Callable[[Approval], Approval], str]] = {
    "untouched": (lambda a: a, ""),
    "another manifest's digest": (lambda a: replace(a, digest="cd" * 32), "signature"),
    "another name": (lambda a: replace(a, by="Matti"), "signature"),
    "another role": (lambda a: replace(a, role="ceo"), "signature"),
    "another day": (lambda a: replace(a, at="2020-01-01T00:00:00+00:00"), "signature"),
    "another note": (lambda a: replace(a, note=""), "signature"),
    "another key": (lambda a: replace(a, public_key="00" * 32), "signature"),
    "no signature": (lambda a: replace(a, signature=""), "signature"),
    "no hexadecimal": (lambda a: replace(a, signature="zz"), "signature"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_a_changed_approval_does_not_count(approval: Approval, case: str) -> None:
    change, says = FAULTS[case]
    (found,) = approvals.check([change(approval)], "m1", DIGEST, ())
    assert says in found.fault
    assert bool(found.fault) == bool(says)


def test_a_changed_manifest_loses_its_approvals(approval: Approval) -> None:
    (found,) = approvals.check([approval], "m1", "cd" * 32, ())
    assert "changed after it was approved" in found.fault
    (found,) = approvals.check([approval], "m2", DIGEST, ())
    assert "another manifest" in found.fault


def test_only_named_keys_count_where_some_are_named(approval: Approval) -> None:
    named = Approver("Maija", "dpo", approval.public_key)
    for approver, says in (
        (named, ""),
        (replace(named, role="ceo"), "somebody else"),
        (replace(named, public_key="00" * 32), "not one that"),
    ):
        (found,) = approvals.check([approval], "m1", DIGEST, [approver])
        assert says in found.fault
        assert bool(found.fault) == bool(says)


def test_approvals_are_kept_beside_the_manifest(approval: Approval, tmp_path: Path) -> None:
    path = approvals.path_of(tmp_path / "m.jsonl")
    assert approvals.read(path) == ()
    approvals.add(path, approval)
    approvals.add(path, approval)
    assert approvals.read(path) == (approval, approval)
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_bytes(b"{}\n")
    with pytest.raises(UsageError, match="line 1: not an approval"):
        approvals.read(path)


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "approval.key"
    approvals.signing_key(path)
    assert approvals.public_key(approvals.signing_key(path))
    path.chmod(0o644)
    with pytest.raises(AccessError, match="chmod 600"):
        approvals.signing_key(path)


def test_identifiers_are_readable_until_they_are_destroyed(tmp_path: Path) -> None:
    path, key = tmp_path / "m.jsonl.identifiers", tmp_path / "keys" / "fingerprint.key"
    known = (Identifier("email", "ab" * 12, "matti.meikäläinen@example.fi"),)
    identifiers.seal(known, path, key, "m1")
    assert identifiers.unseal(path, key, "m1") == known
    data = path.read_bytes()
    assert b"matti" not in data
    copy = tmp_path / "copy"
    copy.write_bytes(data)
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(UsageError, match="damaged"):
        identifiers.unseal(path, key, "m1")
    identifiers.destroy(path, key, "m1")
    identifiers.destroy(path, key, "m1")
    assert not path.exists()
    with pytest.raises(AccessError, match="not there any more"):
        identifiers.unseal(copy, key, "m1")


def test_identifiers_of_another_manifest_do_not_open(tmp_path: Path) -> None:
    key = tmp_path / "fingerprint.key"
    for name in ("m1", "m2"):
        identifiers.seal([], tmp_path / name, key, name)
    with pytest.raises(UsageError, match="not the identifiers of this manifest"):
        identifiers.unseal(tmp_path / "m1", key, "m2")
