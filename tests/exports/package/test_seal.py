from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pyrage
import pytest

from pdscan.errors import AccessError, UsageError
from pdscan.exports.package.check import check
from pdscan.exports.package.seal import Method, Seal, close, is_sealed, opened
from tests.exports.package.making import build, row

PASSPHRASE = "correct horse battery"  # noqa: S105 - of packages that are thrown away


@pytest.mark.parametrize("way", ["age", "zip", "key", "none"])
def test_closed_and_opened(way: str, tmp_path: Path) -> None:
    package, _ = build([row(1)])
    identity = pyrage.x25519.Identity.generate()
    seal = {
        "age": Seal(Method.AGE, passphrase=PASSPHRASE),
        "zip": Seal(Method.ZIP, passphrase=PASSPHRASE),
        "key": Seal(Method.AGE, (str(identity.to_public()),)),
        "none": Seal(Method.NONE),
    }[way]
    path = tmp_path / "package.bin"
    close(io.BytesIO(package), path, seal)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["package.bin"]
    with path.open("rb") as stream:
        assert is_sealed(stream) is seal.method
        if way != "none":
            with pytest.raises(AccessError), opened(stream, passphrase="wrong" * 5):
                pass
            stream.seek(0)
        keys = (str(identity),) if way == "key" else ()
        with opened(stream, passphrase="" if keys else PASSPHRASE, identities=keys) as plain:
            assert check(plain) == []
            plain.seek(0)
            with zipfile.ZipFile(plain) as archive:
                assert b"maija@example.fi" in archive.read("package/data/person.vcf")


@pytest.mark.parametrize("given", [
    {"method": Method.ZIP, "recipients": ("age1x",)},
    {"method": Method.AGE},
    {"method": Method.AGE, "passphrase": "short"},
    {"method": Method.AGE, "passphrase": PASSPHRASE, "recipients": ("age1x",)},
])  # fmt: skip
def test_what_does_not_fit_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        Seal(**given)  # type: ignore[arg-type]  # the table of cases is loosely typed


def test_a_wrong_key_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not a public key"):
        close(io.BytesIO(b""), tmp_path / "x", Seal(Method.AGE, ("age1nokey",)))
    assert not list(tmp_path.iterdir())
