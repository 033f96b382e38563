"""The work of a scan on a Dask cluster: the same tasks, messages and inventory as on one machine.

Nothing secret travels: a worker makes its plan itself, from the recipe of the scan and from the
fingerprint key and the passwords that lie where it runs. What it reads comes back in slices, so
that neither the cluster nor this process holds more than a little of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from pdscan.errors import UsageError
from pdscan.scan import Plan


class Recipe(Protocol):
    """How a worker makes its plan; travels by pickling, and holds no secrets."""

    def plan(self) -> Plan:
        """The plan, made here. Raises what `pdscan.errors` has where something is missing."""

    def deciding(self, plan: Plan) -> Mapping[str, object]:
        """What decides the result, by name: the same on all machines, or the scan is refused."""


def differences(ours: Mapping[str, object], theirs: Mapping[str, object]) -> list[str]:
    """What differs between two machines, in words."""
    return [
        f"{name} is {theirs.get(name, 'not there')}, here {ours.get(name, 'not there')}"
        for name in sorted(ours.keys() | theirs.keys())
        if ours.get(name) != theirs.get(name)
    ]


def check_installed() -> None:
    """Raises `UsageError` where the part of pdscan that clusters need is not installed."""
    try:
        import distributed  # noqa: F401
    except ImportError:
        raise UsageError(
            "--cluster needs an optional part of pdscan: pip install 'pdscan[cluster]'"
        ) from None
