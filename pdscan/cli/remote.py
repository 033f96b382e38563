"""What travels to the workers of a cluster: settings and sources, and nothing secret.

The fingerprint key, the file of passwords and the passwords of databases are read on the workers:
from the places that their own environment names, else from the same places as here.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from pdscan import keys
from pdscan.cli import wiring
from pdscan.cli.resuming import deciding
from pdscan.cluster import check_installed
from pdscan.config import SETTINGS, Settings, Source, Value
from pdscan.connectors.files import STANDARD_INPUT
from pdscan.errors import UsageError
from pdscan.scan import Plan

if TYPE_CHECKING:
    from pdscan.cluster.client import Cluster

_OF_THE_WORKER = ("key_file", "passwords_file")


def check(sources: Iterable[Source], *, values: bool) -> None:
    """Raises UsageError for what does not go with a cluster."""
    if values:
        raise UsageError("--cluster goes without --show-values: values would travel")
    for source in sources:
        if source.address == STANDARD_INPUT:
            raise UsageError("--cluster goes without standard input: only this machine has it")
        if wiring.without_password(source.address) != source.address:
            raise UsageError(
                f"{source.name}: the password in its URL would travel to the cluster; take it out "
                "and give it to the workers (see docs/scale.md)"
            )


def connected(settings: Settings, sources: tuple[Source, ...]) -> Cluster:
    """The cluster that the settings name, ready to read. Raises `UsageError` where its workers
    would find something else than this machine, `SourceError` where it does not answer.
    """
    check_installed()
    from pdscan.cluster.client import Cluster

    cluster = Cluster(settings["cluster"])
    try:
        cluster.prepare(Remote.of(settings, sources, cluster.workers))
    except BaseException:
        cluster.close()
        raise
    return cluster


@dataclass(frozen=True, slots=True)
class Remote:
    """The recipe of a plan, see `pdscan.cluster.Recipe`."""

    settings: Settings
    sources: tuple[Source, ...]

    @classmethod
    def of(cls, settings: Settings, sources: tuple[Source, ...], workers: int) -> Remote:
        """The recipe for `workers` workers, which share the rate of a source, and whose current
        folder is another than this process'.
        """
        values = {**settings.values, "jobs": Value(workers, "cluster")}
        there = tuple(
            source
            if source.is_url
            else replace(source, address=str(Path(source.address).absolute()))
            for source in sources
        )
        return cls(replace(settings, values=values), there)

    def plan(self) -> Plan:
        """The plan, with the secrets of the machine that this runs on."""
        settings = self._here()
        key = keys.load(wiring.key_path(settings))
        return wiring.plan(settings, self.sources, key, values=False)

    def deciding(self, plan: Plan) -> Mapping[str, object]:
        """What decides the result, by name: no secrets."""
        record = wiring.record(self.settings, self.sources, plan)
        programs = {"Python": ".".join(platform.python_version_tuple()[:2])}
        return {**deciding(record), **programs, "pyarrow": pa.__version__}

    def _here(self) -> Settings:
        """The settings, with what the environment of this process says of secrets."""
        values: dict[str, Value] = {**self.settings.values}
        for setting in SETTINGS:
            if setting.key in _OF_THE_WORKER and (given := os.environ.get(setting.variable)):
                parsed: Any = setting.parse(given, Path.cwd())
                values[setting.key] = Value(parsed, setting.variable)
        return replace(self.settings, values=values)
