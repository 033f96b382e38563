"""The bytes of an item wherever it lies: a file, a member, a message in a mailbox."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol, runtime_checkable

from pdscan.connectors import formats
from pdscan.connectors.formats.interface import Content, Nested, Yield
from pdscan.connectors.identify import identify
from pdscan.connectors.interface import Connector, ReadOptions
from pdscan.connectors.peel import explain
from pdscan.errors import UnreadableError
from pdscan.model import Reason


@runtime_checkable
class HoldsContent(Protocol):
    """A connector over things that are bytes."""

    options: ReadOptions

    def content(self, step: str) -> Content:
        """The outermost item whose path is ``(step,)``."""


@contextmanager
def held(connector: Connector, path: Sequence[str]) -> Iterator[Content]:
    """The content of the item `path`, to be used within the context. Raises `UnreadableError`."""
    if not isinstance(connector, HoldsContent):
        raise UnreadableError(Reason.UNSUPPORTED, "its items are not files")
    content = connector.content(path[0])
    open_readers: list[Iterator[Yield]] = []
    try:
        for step in path[1:]:
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
