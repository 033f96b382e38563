"""Names of files and columns that any system can read: ASCII, stable, never taken twice."""

from __future__ import annotations

import re
import unicodedata

_LONGEST = 100  # characters


def ascii_name(text: str) -> str:
    """`text` in lower-case ASCII letters, digits and hyphens; ``data`` where nothing is left."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_LONGEST].strip("-") or "data"


class Names:
    """Gives each thing a name of its own; the same things in the same order get the same names."""

    def __init__(self, *taken: str) -> None:
        self._taken = set(taken)
        self._given: dict[object, str] = {}

    def __call__(self, thing: object, text: str) -> str:
        """The name of `thing`, made from `text` the first time."""
        if thing not in self._given:
            name, number = ascii_name(text), 2
            while name in self._taken:
                name, number = f"{ascii_name(text)}-{number}", number + 1
            self._taken.add(name)
            self._given[thing] = name
        return self._given[thing]
