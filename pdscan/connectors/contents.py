"""The bytes of an item wherever it lies: a file, a member, a message in a mailbox."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Protocol, runtime_checkable

from pdscan.connectors import formats
from pdscan.connectors.formats.interface import Content, Nested, Yield
from pdscan.connectors.identify import identify
from pdscan.connectors.interface import Connector, Event, ReadOptions, Unit
from pdscan.connectors.peel import explain
from pdscan.errors import UnreadableError
from pdscan.model import Reason


@runtime_checkable
class HoldsContent(Protocol):
    """A connector over things that are bytes."""

    options: ReadOptions

    def outermost(self, path: Sequence[str]) -> tuple[str, ...]:
        """The path of the outermost item that is bytes and that `path` is, or lies in."""

    def content(self, path: Sequence[str]) -> Content:
        """The bytes of an outermost item; raises `UnreadableError`."""


def read_again(connector: Connector, path: Sequence[str]) -> Iterator[Event]:
    """The events of the outermost item that `path` is, or lies in, as it stands now."""
    whole = connector.outermost(path) if isinstance(connector, HoldsContent) else tuple(path[:1])
    return connector.read(Unit(connector.source, whole, 0))


@contextmanager
def held(connector: Connector, path: Sequence[str]) -> Iterator[Content]:
    """The content of the item `path`, to be used within the context. Raises `UnreadableError`."""
    with closing(members(connector, [tuple(path)])) as found:
        _, content = next(found)
        if isinstance(content, UnreadableError):
            raise content
        try:
            yield content
        except UnreadableError:
            raise
        except Exception as error:
            raise UnreadableError(*explain(error)) from None


def members(
    connector: Connector, paths: Collection[tuple[str, ...]]
) -> Generator[tuple[tuple[str, ...], Content | UnreadableError]]:
    """The contents of items of one file, or one document in a table, each to be used before the
    next is asked for; what cannot be read comes as an error. Each container is read once, however
    many of its members are wanted.
    """
    missing = set(paths)
    if not isinstance(connector, HoldsContent):
        error = UnreadableError(Reason.UNSUPPORTED, "its items are not files")
    else:
        error = UnreadableError(Reason.VANISHED, "the item is not in its container any more")
        try:
            (whole,) = {connector.outermost(path) for path in paths}
            content = connector.content(whole)
            for path, member in _within(content, whole, missing, connector.options):
                missing.discard(path)
                yield path, member
        except UnreadableError as found:
            error = found
        except Exception as found:
            error = UnreadableError(*explain(found))
    yield from ((path, error) for path in sorted(missing))


def _within(
    content: Content, at: tuple[str, ...], wanted: Collection[tuple[str, ...]],
    options: ReadOptions,
) -> Iterator[tuple[tuple[str, ...], Content]]:  # fmt: skip
    """Those of `wanted` that are the item `at`, which `content` is of, or lie in it."""
    if at in wanted:
        yield at, content
    deeper = [path for path in wanted if len(path) > len(at) and path[: len(at)] == at]
    steps = {path[len(at)] for path in deeper}
    known = formats.format_of(identify(content)) if steps else None
    if known is None:
        return
    with closing(_closable(known.load()(content, options))) as events:
        for event in events:
            if isinstance(event, Nested) and event.name in steps:
                yield from _within(event.content, (*at, event.name), deeper, options)
                steps.discard(event.name)
                if not steps:
                    return


def _closable(events: Iterable[Yield]) -> Generator[Yield]:
    yield from events
