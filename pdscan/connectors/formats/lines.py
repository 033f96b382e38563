"""Text cut into blocks at line borders."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

#: A line longer than this is handed on in pieces, without structure.
LONGEST = 4 << 20


def whole_lines(chunks: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """`chunks` of text as (text, joins): each text ends at a line border or, within a line that is
    too long, anywhere (``joins``). The rest of such a line comes as a text of its own.
    """
    rest = b""
    inside = False
    for chunk in chunks:
        data = rest + chunk if rest else chunk
        rest = b""
        if inside:
            end = data.find(b"\n") + 1
            if not end:
                yield data, True
                continue
            yield data[:end], False
            data, inside = data[end:], False
        cut = data.rfind(b"\n") + 1
        if cut:
            yield (data if cut == len(data) else data[:cut]), False
            rest = data[cut:]
        elif len(data) > LONGEST:
            yield data, True
            inside = True
        else:
            rest = data
    if rest:
        yield rest, False
