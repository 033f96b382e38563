"""Settings: a flag goes before ``PDSCAN_*``, that before ``pdscan.toml``, that before the default.

Every value knows where it came from, so that ``pdscan config show`` can tell. What is unknown or
malformed is a `UsageError` that names the place and suggests what was probably meant.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from pdscan.errors import AccessError, UsageError
from pdscan.model import Likelihood

FILE_NAME = "pdscan.toml"
PREFIX = "PDSCAN_"
FILE_VARIABLE = "PDSCAN_CONFIG"  # the configuration file itself: not a setting within it
#: Passwords of sources: read by connectors, never shown.
PASSWORD_PREFIX = "PDSCAN_PASSWORD_"  # noqa: S105 - a name
DEFAULT = "default"
_URL = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]+:")


@dataclass(frozen=True, slots=True)
class Value:
    """A setting's value in force and the place it came from."""

    value: Any
    origin: str


@dataclass(frozen=True, slots=True)
class Source:
    """A system to walk: a folder, file or URL under a name that its locators begin with.

    ``entity`` is the legal entity that answers for what lies there; ``password_command`` prints the
    password of a URL. ``own`` are settings for this source alone, by key.
    """

    name: str
    address: str
    entity: str = ""
    password_command: str = ""
    own: tuple[tuple[str, Value], ...] = ()

    @property
    def is_url(self) -> bool:
        """Whether ``address`` is a URL rather than a path on this machine."""
        return bool(_URL.match(self.address))


@dataclass(frozen=True, slots=True)
class Declared:
    """What the user says of a column: an ``identifier`` of ``kinds``, ``free text``, or ``ignored``
    for a reason. ``table`` is written with its schema, as in a locator's path.
    """

    source: str
    table: tuple[str, ...]
    column: str
    nature: str
    kinds: tuple[str, ...] = ()
    reason: str = ""


NATURES = ("identifier", "free text", "ignored")


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its key in ``pdscan.toml``, how it is read, and what it means.

    ``parse`` takes text (from a flag or the environment) or a TOML value, and raises ValueError
    with what was expected.
    """

    key: str
    parse: Callable[[Any, Path], Any]
    default: Any
    help: str

    @property
    def variable(self) -> str:
        """Its name in the environment."""
        return PREFIX + self.key.replace(".", "_").upper()


@dataclass(frozen=True, slots=True)
class Settings:
    """All values in force, by key, and the sources and columns that the configuration names."""

    values: Mapping[str, Value]
    sources: tuple[Source, ...] = ()
    file: Path | None = None
    columns: tuple[Declared, ...] = ()
    #: The tables of ``[[detector]]`` and ``[[allow]]``, as they stand; their own rooms read them.
    tables: Mapping[str, tuple[Mapping[str, Any], ...]] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """What relative paths in the tables are relative to."""
        return self.file.parent if self.file is not None else Path.cwd()

    def __getitem__(self, key: str) -> Any:
        return self.values[key].value

    def section(self, name: str) -> dict[str, Any]:
        """The values of the keys below `name`: ``limits`` gives depth, expanded and so on."""
        prefix = f"{name}."
        return {
            key.removeprefix(prefix): value.value
            for key, value in self.values.items()
            if key.startswith(prefix)
        }

    def of(self, source: Source) -> Settings:
        """The settings in force for `source`: its own go before those of the rest of the file."""
        general = (DEFAULT, str(self.file))
        own = {key: value for key, value in source.own if self.values[key].origin in general}
        return replace(self, values={**self.values, **own})


# -- how values are read ---------------------------------------------------------------------------


def _names(value: Any, _folder: Path) -> tuple[str, ...]:
    if isinstance(value, str):
        value = value.split(",")
    if not isinstance(value, list | tuple) or not all(isinstance(part, str) for part in value):
        raise ValueError("names expected, separated by commas")
    return tuple(dict.fromkeys(part.strip().lower() for part in value if part.strip()))


def _patterns(value: Any, _folder: Path) -> tuple[str, ...]:
    if isinstance(value, str):
        value = value.split("\n" if "\n" in value else ",")
    if not isinstance(value, list | tuple) or not all(isinstance(part, str) for part in value):
        raise ValueError("a list of patterns expected, as in .gitignore")
    return tuple(part for part in value if part.strip())


def _likelihood(value: Any, _folder: Path) -> Likelihood:
    labels = [level.label for level in Likelihood]
    label = str(value).strip().lower().replace("-", "_")
    if label not in labels:
        raise ValueError(f"one of {', '.join(labels)} expected{suggestion(label, labels)}")
    return Likelihood.parse(label)


def _optional_likelihood(value: Any, folder: Path) -> Likelihood | None:
    return None if value in ("", "never") else _likelihood(value, folder)


def _integer(least: int) -> Callable[[Any, Path], int]:
    def parse(value: Any, _folder: Path) -> int:
        try:
            number = int(value) if isinstance(value, str) else value
        except ValueError:
            number = None
        if not isinstance(number, int) or isinstance(number, bool) or number < least:
            raise ValueError(f"a whole number, {least} or more, expected")
        return number

    return parse


def _switch(value: Any, _folder: Path) -> bool:
    known = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    if isinstance(value, bool):
        return value
    if not isinstance(value, str) or value.strip().lower() not in known:
        raise ValueError("true or false expected")
    return known[value.strip().lower()]


_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}


def _size(value: Any, _folder: Path) -> int:
    match = re.fullmatch(r"\s*(\d+)\s*([kmgt]?)(?:i?b)?\s*", str(value).lower())
    if match is None or isinstance(value, bool) or int(match[1]) < 1:
        raise ValueError('a number of bytes expected, such as 1048576 or "512 MB"')
    return int(match[1]) * _UNITS[match[2]]


def _seconds(value: Any, _folder: Path) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = 0.0
    if not 0 < number < float("inf") or isinstance(value, bool):
        raise ValueError("a number of seconds above 0 expected")
    return number


def _text(value: Any, _folder: Path) -> str:
    if not isinstance(value, str):
        raise ValueError("a text expected")
    return value.strip()


def _path(value: Any, folder: Path) -> Path | None:
    if not isinstance(value, str | os.PathLike):
        raise ValueError("a path expected")
    return (folder / Path(value).expanduser()).absolute() if str(value) else None


#: Every setting there is, in the order they are shown. The limits are those of
#: `pdscan.connectors.interface.Limits`; a test holds the two equal.
SETTINGS: tuple[Setting, ...] = (
    Setting("detectors", _names, (), "kinds to look for; empty: all"),
    Setting("country", _names, (), "countries whose identifiers to look for; empty: all"),
    Setting("min_likelihood", _likelihood, Likelihood.POSSIBLE, "report findings from this on"),
    Setting("fail_on", _optional_likelihood, None, "exit with 1 at findings from this on"),
    Setting("context_distance", _integer(0), 60, "bytes within which words count as near"),
    Setting("jobs", _integer(0), 0, "worker processes; 0: one for each processor"),
    Setting("cluster", _text, "", "Dask scheduler whose workers read; empty: this machine"),
    Setting("include", _patterns, (), "read only what matches (.gitignore syntax)"),
    Setting("exclude", _patterns, (), "do not read what matches (.gitignore syntax)"),
    Setting("ner", _text, "", "language model that finds names in running text; empty: none"),
    Setting("recognizers", _patterns, (), "Presidio recognisers: classes or YAML files"),
    Setting("verdicts", _path, None, "false alarms to leave out; empty: pdscan-verdicts.toml here"),
    Setting("key_file", _path, None, "the fingerprint key; empty: in your configuration folder"),
    Setting("passwords_file", _path, None, "passwords for encrypted items, one a line"),
    Setting("sample", _integer(0), 0, "rows to read of each table of a database; 0: all"),
    Setting("databases.views", _switch, False, "read views too, not only their tables"),
    Setting("databases.rate", _integer(0), 0, "rows per second, of all workers; 0: no limit"),
    Setting("databases.connect_timeout", _seconds, 10.0, "seconds to wait for a server"),
    Setting("databases.lock_timeout", _seconds, 5.0, "seconds to wait for somebody's lock"),
    Setting("databases.statement_timeout", _seconds, 1800.0, "seconds for one range of a table"),
    Setting("limits.depth", _integer(1), 12, "containers within containers"),
    Setting("limits.expanded", _size, 4 << 30, "bytes unpacked from one item"),
    Setting("limits.ratio", _integer(1), 1000, "unpacked to packed bytes, after the first 10 MiB"),
    Setting("limits.members", _integer(1), 1_000_000, "members of one item"),
    Setting("limits.member_memory", _size, 256 << 20, "bytes of a member held in memory"),
    Setting("limits.pages", _integer(1), 20_000, "pages of one document"),
    Setting("limits.seconds", _seconds, 600.0, "time for one item"),
    Setting("limits.memory", _size, 2 << 30, "bytes of memory of a worker process"),
)
_BY_KEY = {setting.key: setting for setting in SETTINGS}


# -- putting them together -------------------------------------------------------------------------


def load(
    flags: Mapping[str, Any],
    *,
    environment: Mapping[str, str] = os.environ,
    file: Path | None = None,
    folder: Path | None = None,
) -> Settings:
    """The settings in force.

    `flags` holds what was given on the command line, by key; None and empty tuples count as not
    given. `file` is the configuration file; without one that of ``PDSCAN_CONFIG``, else the
    ``pdscan.toml`` in `folder` (the current one) if it is there. Raises `UsageError`.
    """
    folder = folder or Path.cwd()
    if file is None and environment.get(FILE_VARIABLE):
        file = folder / environment[FILE_VARIABLE]
    if file is None and (folder / FILE_NAME).is_file():
        file = folder / FILE_NAME
    values = {setting.key: Value(setting.default, DEFAULT) for setting in SETTINGS}
    sources: tuple[Source, ...] = ()
    columns: tuple[Declared, ...] = ()
    tables: Mapping[str, tuple[Mapping[str, Any], ...]] = {}
    if file is not None:
        from_file, sources, columns, tables = _read(file)
        values |= from_file
    values |= _from_environment(environment, folder)
    for key, given in flags.items():
        if given is not None and given != ():
            flag = "--" + key.replace("_", "-")
            values[key] = Value(_parsed(_BY_KEY[key], given, folder, flag), flag)
    return Settings(values, sources, file, columns, tables)


def suggestion(word: str, known: Iterable[str]) -> str:
    """`` (did you mean …?)`` where one of `known` is close to `word`, else nothing."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.55)
    return f" (did you mean {close[0]}?)" if close else ""


def _parsed(setting: Setting, value: Any, folder: Path, origin: str) -> Any:
    try:
        return setting.parse(value, folder)
    except ValueError as error:
        raise UsageError(f"{origin}: {error}") from None


def _from_environment(environment: Mapping[str, str], folder: Path) -> dict[str, Value]:
    known = {setting.variable: setting for setting in SETTINGS}
    values = {}
    for variable in sorted(environment):
        if not variable.startswith(PREFIX) or variable == FILE_VARIABLE:
            continue
        if variable.startswith(PASSWORD_PREFIX):
            continue
        if variable not in known:
            raise UsageError(
                f"unknown environment variable {variable}"
                f"{suggestion(variable, [*known, FILE_VARIABLE])}; "
                "unset it, or see pdscan config show"
            )
        setting = known[variable]
        parsed = _parsed(setting, environment[variable], folder, variable)
        values[setting.key] = Value(parsed, variable)
    return values


_Tables = Mapping[str, tuple[Mapping[str, Any], ...]]
_TABLES = ("detector", "allow")


def _read(
    file: Path,
) -> tuple[dict[str, Value], tuple[Source, ...], tuple[Declared, ...], _Tables]:
    try:
        with file.open("rb") as stream:
            document = tomllib.load(stream)
    except FileNotFoundError:
        raise UsageError(f"{file}: no such configuration file") from None
    except PermissionError:
        raise AccessError(f"{file}: may not be read; check its permissions") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{file}: not valid TOML: {error}") from None
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}") from None
    sources, columns = document.pop("source", []), document.pop("column", [])
    tables = {name: _tables(document.pop(name, []), name, file) for name in _TABLES}
    values = {}
    for key, value in _flat(document):
        if key not in _BY_KEY:
            known = [*_BY_KEY, "source", "column", *_TABLES]
            raise UsageError(f"{file}: unknown key {key!r}{suggestion(key, known)}")
        parsed = _parsed(_BY_KEY[key], value, file.parent, f"{file}: {key}")
        values[key] = Value(parsed, str(file))
    return values, _sources(sources, file), _columns(columns, file), tables


def _tables(tables: Any, name: str, file: Path) -> tuple[Mapping[str, Any], ...]:
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise UsageError(f"{file}: {name} is written as [[{name}]] tables")
    return tuple(tables)


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value


_SOURCE_KEYS = ("name", "path", "url", "entity", "password_command")
#: Settings that a source may have of its own, by the key that stands in its table.
_OWN = {
    setting.key.removeprefix("databases."): setting
    for setting in SETTINGS
    if setting.key == "sample" or setting.key.startswith("databases.")
}


def _sources(tables: Any, file: Path) -> tuple[Source, ...]:
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise UsageError(f"{file}: sources are written as [[source]] tables")
    sources: dict[str, Source] = {}
    for number, table in enumerate(tables, 1):
        where = f"{file}: source {number}"
        given = dict.fromkeys(_SOURCE_KEYS, "")
        own = []
        for key, value in table.items():
            if key in _OWN:
                parsed = _parsed(_OWN[key], value, file.parent, f"{where}: {key}")
                own.append((_OWN[key].key, Value(parsed, where)))
                continue
            if key not in given:
                known = (*_SOURCE_KEYS, *_OWN)
                raise UsageError(f"{where}: unknown key {key!r}{suggestion(key, known)}")
            if not isinstance(value, str):
                raise UsageError(f"{where}: {key} is a text in quotes")
            given[key] = value
        name, path, url = given["name"], given["path"], given["url"]
        if not name:
            raise UsageError(f'{where}: has no name; add name = "orders"')
        if name in sources:
            raise UsageError(f"{where}: the name {name!r} is taken; names are unique")
        if bool(path) == bool(url):
            raise UsageError(f"{where} ({name}): give either path or url")
        if own and not url:
            raise UsageError(
                f"{where} ({name}): sources with a path have no settings of databases of their own"
            )
        sources[name] = Source(
            name, url or str(file.parent / Path(path).expanduser()),
            given["entity"], given["password_command"], tuple(own),
        )  # fmt: skip
    return tuple(sources.values())


def _columns(tables: Any, file: Path) -> tuple[Declared, ...]:
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise UsageError(f"{file}: columns are written as [[column]] tables")
    known = [field.name for field in fields(Declared)]
    columns: dict[tuple[str, tuple[str, ...], str], Declared] = {}
    for number, table in enumerate(tables, 1):
        where = f"{file}: column {number}"
        for key, value in table.items():
            if key not in known:
                raise UsageError(f"{where}: unknown key {key!r}{suggestion(key, known)}")
            is_list = key in ("table", "kinds") and isinstance(value, list)
            if not all(isinstance(v, str) for v in (value if is_list else [value])):
                raise UsageError(f"{where}: {key} is a text in quotes, or several in brackets")
        missing = [key for key in ("source", "table", "column", "nature") if not table.get(key)]
        if missing:
            raise UsageError(f"{where}: {missing[0]} is missing; see docs/configuration.md")
        nature, reason = table["nature"], table.get("reason", "")
        if nature not in NATURES:
            raise UsageError(
                f"{where}: nature is one of {', '.join(NATURES)}{suggestion(nature, NATURES)}"
            )
        if nature == "ignored" and not reason:
            raise UsageError(f"{where}: what is ignored needs a reason, for the ledger")
        path, kinds = ([part] if isinstance(part, str) else part
                       for part in (table["table"], table.get("kinds", [])))  # fmt: skip
        declared = Declared(
            table["source"], tuple(path), table["column"], nature, tuple(kinds), reason
        )
        place = declared.source, declared.table, declared.column
        if place in columns:
            raise UsageError(f"{where}: {declared.column} is there twice; leave one")
        columns[place] = declared
    return tuple(columns.values())


def sources_for(targets: Iterable[str], settings: Settings) -> tuple[Source, ...]:
    """What to walk: `targets` are names of configured sources, paths, URLs or ``-``; without any,
    all configured sources. A path is named after its last step, made unique by ``~2``, ``~3``.

    Raises `UsageError` where there is nothing to walk or a path does not exist.
    """
    configured = {source.name: source for source in settings.sources}
    targets = list(dict.fromkeys(targets))
    if not targets and not configured:
        raise UsageError(
            "nothing to scan: give a path, a URL or - (standard input), "
            f"or name sources in {FILE_NAME} (see docs/configuration.md)"
        )
    chosen: list[Source] = []
    taken = set(configured)
    for target in targets or configured:
        if target in configured:
            chosen.append(configured[target])
            continue
        source = _source_of(target, configured)
        name, number = source.name, 2
        while name in taken:
            name, number = f"{source.name}~{number}", number + 1
        taken.add(name)
        chosen.append(Source(name, source.address))
    return tuple(chosen)


def _source_of(target: str, configured: Iterable[str]) -> Source:
    if target == "-":
        return Source("stdin", "-")
    if _URL.match(target):
        shown = re.sub(r"//[^/@]*@", "//", target)  # a password has no place in locators
        return Source(shown.split("://", 1)[-1].split("?")[0].rstrip("/") or shown, target)
    path = Path(target).expanduser()
    if not os.path.lexists(path):
        raise UsageError(
            f"{target}: no such file, folder or source{suggestion(target, configured)}"
        )
    return Source(path.resolve().name or "root", str(path))
