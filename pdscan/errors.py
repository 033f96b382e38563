"""What can go wrong, grouped by what the user can do about it.

Messages name the source and the locator and say the next step; they never hold a value that was
found, a password or a key.
"""

from __future__ import annotations


class PdscanError(Exception):
    """Base of every error that pdscan raises on purpose."""


class UsageError(PdscanError):
    """The call or the configuration is wrong: fix it and call again (exit code 2)."""


class AccessError(PdscanError):
    """A source, key or file may not be opened: fix the credentials or the permissions."""


class SourceError(PdscanError):
    """A source did not answer or went away: try again later."""


class UnreadableError(PdscanError):
    """An item cannot be read: look at the item.

    ``reason`` is one of `pdscan.model.Reason`; it goes into the coverage ledger.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


class InventoryError(PdscanError):
    """An inventory is missing, broken, or of another version: scan again."""


class StoppedError(PdscanError):
    """A run was stopped before its end, and what it has done is kept: go on with it.

    ``interrupted`` tells whether a person or the system asked for it.
    """

    def __init__(self, message: str, *, interrupted: bool = False) -> None:
        super().__init__(message)
        self.interrupted = interrupted
