"""Where an inventory goes: a folder, or a URL of any file system that fsspec knows.

At a URL nothing can be renamed, locked or forced to the disk, so an inventory is made in a folder
of this machine, gone on with there, and copied when it is whole, ``run.json`` last: what has no
``run.json`` is no inventory. It is read where it is a folder: copy it back, or mount it.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import platformdirs

from pdscan.cli.wiring import without_password
from pdscan.errors import InventoryError, StoppedError, UsageError
from pdscan.inventory import RUN

_MARK = "://"


@dataclass(frozen=True, slots=True)
class Place:
    """A place for an inventory. ``folder`` is where it is made, ``shown`` what the user calls it,
    ``system`` the file system of a URL with ``target`` in it.
    """

    folder: Path
    shown: str
    system: Any = None
    target: str = ""

    @classmethod
    def here(cls, folder: Path) -> Place:
        """A folder."""
        return cls(folder, str(folder))

    @classmethod
    def of(cls, text: str) -> Place:
        """The place that `text` names; raises `UsageError` where nothing here knows its URL."""
        if _MARK not in text:
            return cls.here(Path(text))
        shown = without_password(text)
        try:
            import fsspec

            system, target = fsspec.core.url_to_fs(text)
        except ImportError as error:
            advice = str(error).partition("nstall ")[2].split()  # as fsspec gives it
            needs = "pdscan[cluster]" if error.name == "fsspec" or not advice else advice[0]
            raise UsageError(
                f"{shown}: writing there needs a part that is not installed: pip install '{needs}'"
            ) from None
        except ValueError:
            raise UsageError(f"{shown}: nothing here knows such a URL; see docs/scale.md") from None
        name = target.rstrip("/").rpartition("/")[2] or "inventory"
        digest = blake2b(shown.encode(), digest_size=6).hexdigest()
        cache = platformdirs.user_cache_path("pdscan", appauthor=False)
        return cls(cache / f"{name}-{digest}", shown, system, target.rstrip("/"))

    def check(self, *, replace: bool) -> None:
        """Raises `InventoryError` where an inventory is at the URL that may not be replaced."""
        if self.system is None:
            return
        self.folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            is_taken = self.system.exists(f"{self.target}/{RUN}")
        except Exception as error:
            raise InventoryError(
                f"{self.shown}: cannot be looked at ({type(error).__name__}); check the address "
                "and your rights there"
            ) from None
        if is_taken and not replace:
            raise InventoryError(f"{self.shown} exists; name another place, or give --replace")

    def deliver(self) -> None:
        """Copies what was made to its URL; raises `StoppedError` where that fails."""
        if self.system is None:
            return
        files = sorted(self.folder.iterdir(), key=lambda path: path.name == RUN)
        try:
            self.system.makedirs(self.target, exist_ok=True)
            if self.system.exists(f"{self.target}/{RUN}"):
                self.system.rm_file(f"{self.target}/{RUN}")
            for file in files:
                self.system.put_file(str(file), f"{self.target}/{file.name}")
        except Exception as error:  # each file system has its own
            raise StoppedError(
                f"the inventory is whole, and could not be copied to {self.shown} "
                f"({type(error).__name__}); copy it from {self.folder}, {RUN} last"
            ) from None
        shutil.rmtree(self.folder)
