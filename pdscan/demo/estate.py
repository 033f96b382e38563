"""Writes the demo estate: the systems of two sister companies as their files, and the truth.

Everything is derived from `pdscan.demo.people`: the same bytes every time.
"""

from __future__ import annotations

from pathlib import Path

from pdscan.demo.people import Person, people
from pdscan.demo.site import Site
from pdscan.demo.systems import (
    accounting,
    backups,
    crm,
    office,
    providers,
    sensors,
    shop,
    support,
    web,
    weblogs,
)
from pdscan.demo.truth import Truth

_SYSTEMS = (
    shop, providers, weblogs, support, office, crm, sensors, web, backups, accounting,
)  # fmt: skip


def write(folder: Path, truth_file: Path) -> tuple[Person, ...]:
    """Writes the estate into `folder` (made if need be) and the truth about it beside it."""
    everybody, truth = people(), Truth()
    site = Site(folder, everybody, truth)
    for system in _SYSTEMS:
        system.write(site)
    truth.write(truth_file, everybody)
    return everybody
