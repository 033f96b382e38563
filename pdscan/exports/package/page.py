"""The page to read: one HTML file that needs nothing from anywhere, not even a network.

Its content security policy allows the one style and the one script that stand in it, by their
hashes (W3C Content Security Policy Level 3); the script only searches, and nothing depends on it.
Written for WCAG 2.2 level AA: headings in order, tables with headers, text contrast of 4.5 or more,
everything by keyboard.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from pdscan.exports.package.disclosure import Disclosure, Processing
from pdscan.exports.package.model import MARK, Order, Right, Withheld
from pdscan.exports.package.names import Names
from pdscan.exports.package.person import Card
from pdscan.exports.package.tables import ITEM, Table
from pdscan.exports.package.wording import LANGUAGES, NAMES, TEXTS, text

_HERE = Path(__file__).parent
_UPRIGHT = 3  # records up to which fields stand below one another, one column per record


@dataclass(frozen=True, slots=True)
class System:
    """One source in the package: its tables, and those of its messages and files if any."""

    source: str
    entity: str
    said: Processing
    tables: tuple[Table, ...]
    messages: Table | None = None
    files: Table | None = None


@dataclass(frozen=True, slots=True)
class NotRead:
    """So many items of a source were not, or not wholly, read for a reason."""

    source: str
    state: str
    reason: str
    count: int


@dataclass(frozen=True, slots=True)
class Contents:
    """Everything the page shows."""

    order: Order
    disclosure: Disclosure
    card: Card
    created: str
    items: int
    systems: Sequence[System]
    withheld: Sequence[Withheld]
    not_read: Sequence[NotRead]


def page(contents: Contents) -> Iterator[bytes]:
    """The page, in pieces."""
    for piece in _Page(contents).pieces():
        yield piece.encode()


def say(key: str) -> str:
    """A text in all languages, of which one is shown."""
    return "".join(
        f'<span lang="{language}">{escape(words)}</span>'
        for language, words in zip(LANGUAGES, TEXTS[key], strict=True)
    )


class _Page:
    def __init__(self, contents: Contents) -> None:
        self._contents = contents
        self._anchors = Names("search", "hits", "data")
        self._black = (
            f'<span aria-hidden="true">{MARK}</span>'
            f'<span class="unseen">[{say("blacked_out")}]</span>'
        )

    def pieces(self) -> Iterator[str]:
        yield self._head()
        yield self._top()
        yield '<main id="data" class="wrap">'
        yield self._tools()
        yield self._you()
        for system in self._contents.systems:
            yield from self._system(system)
        yield self._left_out()
        yield self._not_read()
        yield self._end()
        script = (_HERE / "page.js").read_text(encoding="utf-8")
        yield f"</main><script>{script}</script></body></html>\n"

    # -- around the data ---------------------------------------------------------------------------

    def _head(self) -> str:
        language = self._contents.order.language
        style, script = (
            (_HERE / name).read_text(encoding="utf-8") for name in ("page.css", "page.js")
        )
        policy = (
            f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
            "base-uri 'none'; form-action 'none'"
        )
        return (
            f'<!DOCTYPE html>\n<html lang="{language}"><head><meta charset="utf-8">'
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            '<meta name="referrer" content="no-referrer">'
            f"<title>{escape(text('title', language))}</title><style>{style}</style></head><body>"
            f'<a class="skip" href="#data">{say("skip")}</a>'
        )

    def _top(self) -> str:
        contents, order = self._contents, self._contents.order
        choices = "".join(
            f'<label lang="{language}"><input type="radio" name="language" '
            f'id="lang-{language}"{" checked" if language == order.language else ""}>'
            f"{NAMES[language]}</label>"
            for language in LANGUAGES
        )
        controller = contents.disclosure.controller
        facts = [("controller", _or_unknown(controller.name))]
        if contents.created:
            facts.append(("as_of", escape(contents.created[:10])))
        if order.request:
            facts.append(("request", escape(order.request)))
        items = f"{contents.items:,}".replace(",", "\u00a0")
        counts = f"{len(contents.systems)} {say('systems')}, {items} {say('items')}"
        facts.append(("contents", counts))
        shown = "".join(f"<div><dt>{say(key)}</dt><dd>{value}</dd></div>" for key, value in facts)
        return (
            f'<header class="top"><div class="wrap"><div><h1>{say("title")}</h1>'
            f'<p>{say(str(order.right))}</p><dl class="facts">{shown}</dl></div>'
            f'<fieldset><legend class="unseen">{say("language")}</legend>{choices}</fieldset>'
            "</div></header>"
        )

    def _tools(self) -> str:
        links = "".join(
            f'<li><a href="#{self._anchor(system.source)}">{escape(system.source)}</a></li>'
            for system in self._contents.systems
        )
        return (
            f'<div class="tools"><nav aria-labelledby="contents"><h2 id="contents">'
            f"{say('contents')}</h2><ul>{links}</ul></nav>"
            f'<div class="search" hidden><label for="search">{say("search")}</label>'
            '<input id="search" type="search" autocomplete="off" spellcheck="false">'
            f'<output id="hits" for="search" hidden><b></b> {say("hits")}</output></div></div>'
        )

    def _you(self) -> str:
        card = self._contents.card
        known = [
            ("name", [card.name] if card.name else []), ("emails", card.of("email")),
            ("phones", card.of("phone")), ("addresses", card.of("postal_address")),
        ]  # fmt: skip
        rows = "".join(
            f"<dt>{say(key)}</dt><dd>{'<br>'.join(map(escape, texts))}</dd>"
            for key, texts in known
            if texts
        )
        if not rows:
            return ""
        return _section("you", say("you"), f'<dl class="said">{rows}</dl>')

    # -- systems -----------------------------------------------------------------------------------

    def _system(self, system: System) -> Iterator[str]:
        anchor = self._anchor(system.source)
        yield f'<section class="card" aria-labelledby="{anchor}">'
        yield f'<h2 id="{anchor}">{escape(system.source)}</h2>'
        yield self._about(system)
        for table in system.tables:
            yield self._heading(escape(table.title), table.count, "rows")
            yield from self._upright(table) if table.count <= _UPRIGHT else self._flat(table)
        if system.messages is not None:
            yield self._heading(say("messages"), system.messages.count, "")
            for row in system.messages.rows():
                yield self._message(row)
        if system.files is not None:
            yield self._heading(say("files"), system.files.count, "")
            yield from self._flat(system.files)
        yield "</section>"

    def _about(self, system: System) -> str:
        said = system.said
        rows = [("entity", escape(system.entity))] if system.entity else []
        if self._contents.order.right is Right.ACCESS:
            rows += [
                ("purpose", _or_unknown(said.purpose)),
                ("basis", say(str(said.basis))),
                ("origin", escape(said.received_from) or say(str(said.origin))),
                ("retention", _or_unknown(said.retention)),
                ("recipients", _listed(said.recipients)),
                ("transfers", _listed(said.transfers)),
            ]
        if not rows:
            return ""
        shown = "".join(f"<dt>{say(key)}</dt><dd>{value}</dd>" for key, value in rows)
        return f'<dl class="said about">{shown}</dl>'

    def _heading(self, title: str, count: int, unit: str) -> str:
        told = f"{count} {say(unit)}" if unit and count > _UPRIGHT else str(count) * (not unit)
        return f'<h3>{title}<span class="count">{told}</span></h3>'

    def _upright(self, table: Table) -> Iterator[str]:
        rows = list(table.rows())
        yield _scroll("<table>")
        if len(rows) > 1:
            heads = "".join(
                f'<th scope="col">{say("record")} {number}</th>'
                for number in range(1, len(rows) + 1)
            )
            yield f'<thead><tr><th scope="col">{say("field")}</th>{heads}</tr></thead>'
        yield "<tbody>"
        for title, column in _shown(table).items():
            cells = "".join(f"<td>{self._cell(row.get(column))}</td>" for row in rows)
            yield f'<tr data-row><th scope="row">{escape(title)}</th>{cells}</tr>'
        yield "</tbody></table></div>"

    def _flat(self, table: Table) -> Iterator[str]:
        columns = _shown(table).values()
        heads = "".join(f'<th scope="col">{escape(column)}</th>' for column in _shown(table))
        yield _scroll(f"<table><thead><tr>{heads}</tr></thead><tbody>")
        for row in table.rows():
            cells = "".join(
                f"<td>{self._link(row.get(c)) if c == 'file' else self._cell(row.get(c))}</td>"
                for c in columns
            )
            yield f"<tr data-row>{cells}</tr>"
        yield "</tbody></table></div>"

    def _message(self, row: Mapping[str, str | None]) -> str:
        subject = self._cell(row.get("subject")) if row.get("subject") else say("no_subject")
        return (
            f"<details data-row><summary><strong>{subject}</strong>"
            f'<span class="meta">{self._cell(row.get("date"))}</span>'
            f'<span class="meta">{self._cell(row.get("sender"))}</span></summary>'
            f'<div class="body">{self._cell(row.get("text"))}</div>'
            f"<p>{self._link(row.get('file'))}</p></details>"
        )

    def _link(self, path: str | None) -> str:
        return f'<a href="{escape(path or "")}">{say("open_file")}</a>'

    def _cell(self, value: str | None) -> str:
        if not value:
            return '<span class="nil">–</span>'
        shown = escape(value)
        return shown.replace(MARK, self._black) if MARK in shown else shown

    # -- what is not there -------------------------------------------------------------------------

    def _left_out(self) -> str:
        rows = [
            (escape(one.system), escape(one.place), escape(one.column) or "–",
             say(str(one.why)), str(one.count))
            for one in _added_up(self._contents.withheld)
        ]  # fmt: skip
        columns = ("system", "place", "column", "why", "count")
        body = _table(columns, rows) if rows else f"<p>{say('nothing_left_out')}</p>"
        return _section("left-out", say("left_out"), body)

    def _not_read(self) -> str:
        rows = [
            (escape(one.source), escape(f"{one.state}: {one.reason}"), str(one.count))
            for one in self._contents.not_read
        ]
        body = _table(("system", "reason", "count"), rows) if rows else f"<p>{say('all_read')}</p>"
        return _section("not-read", say("not_read"), body)

    def _end(self) -> str:
        controller = self._contents.disclosure.controller
        said = [
            ("controller", controller.name), ("contact", controller.contact),
            ("officer", controller.data_protection_officer),
            ("authority", controller.supervisory_authority),
            ("automated", controller.automated_decisions),
        ]  # fmt: skip
        rows = "".join(
            f"<dt>{say(key)}</dt><dd>{_or_unknown(value)}</dd>" for key, value in said if value
        )
        rights = f'<p>{say("rights_text")}</p><dl class="said">{rows}</dl>'
        return _section("rights", say("rights"), rights) + _section(
            "reading", say("reading"), f"<p>{say('reading_text')}</p>"
        )

    def _anchor(self, source: str) -> str:
        return f"s-{self._anchors(source, source)}"


def _added_up(withheld: Iterable[Withheld]) -> list[Withheld]:
    """One line for each place and reason, whatever the number of items."""
    counts: dict[tuple[str, str, str, str], int] = {}
    first: dict[tuple[str, str, str, str], Withheld] = {}
    for one in withheld:
        key = (one.system, one.place, one.column, one.why)
        counts[key] = counts.get(key, 0) + one.count
        first.setdefault(key, one)
    return [
        Withheld(one.system, one.place, one.why, column=one.column, count=counts[key])
        for key, one in first.items()
    ]


def _section(anchor: str, title: str, body: str) -> str:
    return (
        f'<section class="card" aria-labelledby="h-{anchor}"><h2 id="h-{anchor}">{title}</h2>'
        f"{body}</section>"
    )


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    heads = "".join(f'<th scope="col">{say(column)}</th>' for column in columns)
    body = "".join(f"<tr>{''.join(f'<td>{v}</td>' for v in row)}</tr>" for row in rows)
    table = f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"
    return f"{_scroll(table)}</div>"


def _scroll(inner: str) -> str:
    """A wide table scrolls by itself; the keyboard must be able to do it (WCAG 2.1.1)."""
    label = " / ".join(TEXTS["scroll"])
    return f'<div class="scroll" role="region" tabindex="0" aria-label="{label}">{inner}'


def _shown(table: Table) -> dict[str, str]:
    """The columns to show, as their system calls them, and their names in the package."""
    return {title: name for title, name in table.named.items() if name != ITEM}


def _listed(texts: tuple[str, ...] | None) -> str:
    """What is said; that there are none; that nothing is said."""
    if texts is None:
        return say("none_told")
    return escape("; ".join(texts)) or say("nobody")


def _or_unknown(value: str) -> str:
    return say("unknown") if value in ("", "unknown") else escape(value)


def _hash(source: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
