"""The bytes of an item wherever it lies: a file, a member, a message in a mailbox."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
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
    if not isinstance(connector, HoldsContent):
        raise UnreadableError(Reason.UNSUPPORTED, "its items are not files")
    whole = connector.outermost(path)
    content = connector.content(whole)
    open_readers: list[Iterator[Yield]] = []
    try:
        for step in path[len(whole) :]:
            known = formats.format_of(identify(content))
            events = iter(()) if known is None else known.load()(content, connector.options)
            open_readers.append(events)  # a member can be read while its container is open
            found = next((e for e in events if isinstance(e, Nested) and e.name == step), None)
            if found is None:
                raise UnreadableError(Reason.VANISHED, "the item is not in its container any more")
            content = found.content
        yield content
    except UnreadableError:
        raise
    except Exception as error:
        raise UnreadableError(*explain(error)) from None
    finally:
        for events in reversed(open_readers):
            if hasattr(events, "close"):
                events.close()
