"""Views of a manifest for people: CSV, XLSX and a page to print. The manifest itself counts."""

from __future__ import annotations

import csv
import html
import io
from collections.abc import Callable, Iterator

import pyarrow as pa

from pdscan.exports.escaping import for_spreadsheet, for_terminal
from pdscan.exports.manifest import Entry, Manifest

COLUMNS = (
    "number", "order", "action", "locator", "source", "entity", "role", "others", "data", "reason",
    "rules", "until", "then", "keep", "takes", "blocked",
)  # fmt: skip


def rows(manifest: Manifest) -> Iterator[tuple[str | int, ...]]:
    """A row for each entry, as `COLUMNS` name them."""
    for e in manifest.entries:
        yield (
            e.number, e.order, str(e.action), e.locator, e.source, e.entity, str(e.role), e.others,
            _data(e), e.reason, "; ".join(g.explained or g.rule for g in e.grounds), e.until,
            e.then, ", ".join(e.keep), "; ".join(e.takes), e.blocked,
        )  # fmt: skip


def _data(entry: Entry) -> str:
    return ", ".join(f"{datum.kind} {datum.preview}" for datum in entry.data if datum.theirs)


def _safe_rows(manifest: Manifest) -> Iterator[tuple[str | int, ...]]:
    """The rows, with no cell that a spreadsheet would take for a formula."""
    columns = (pa.array(column) for column in zip(*rows(manifest), strict=True))
    safe = [for_spreadsheet(c) if pa.types.is_string(c.type) else c for c in columns]
    yield from zip(*(column.to_pylist() for column in safe), strict=True)


def as_csv(manifest: Manifest) -> bytes:
    """RFC 4180, safe to open in a spreadsheet."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(COLUMNS)
    writer.writerows(_safe_rows(manifest))
    return stream.getvalue().encode()


def as_xlsx(manifest: Manifest) -> bytes:
    """One sheet, its header fixed and filtered."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("manifest")
    sheet.freeze_panes = "A2"
    sheet.append(COLUMNS)
    for row in _safe_rows(manifest):
        # openpyxl refuses control characters; a cell that begins with = never comes here.
        sheet.append([for_terminal(v) if isinstance(v, str) else v for v in row])
    sheet.auto_filter.ref = f"A1:{chr(ord('A') + len(COLUMNS) - 1)}{len(manifest.entries) + 1}"
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


_STYLE = """
body { font: 10pt/1.4 sans-serif; margin: 2em; } h1 { font-size: 16pt; }
table { border-collapse: collapse; width: 100%; } th, td { border: 1px solid #999; padding: 3px 6px;
text-align: left; vertical-align: top; overflow-wrap: anywhere; } th { background: #eee; }
.manual, .blocked { background: #fff3cd; } .erase, .redact, .anonymise { background: #fde2e2; }
@media print { body { margin: 0; } tr { break-inside: avoid; } }
"""


def as_html(manifest: Manifest) -> bytes:
    """One page without scripts or anything from elsewhere."""
    header = manifest.header
    facts = [
        ("Manifest", header.id), ("Digest", manifest.digest), ("Made", header.created),
        ("Request", header.request), ("Rules applied for", header.day),
        ("Person", ", ".join(f"{p.kind} {p.preview}" for p in header.person)),
        ("To be told (Art. 19)", "; ".join(f"{r.name} {r.contact}" for r in header.recipients)),
        ("Lives on in backups", "; ".join(
            f"{b.name} until {b.expires or 'unknown'}" for b in header.backups)),
        ("Not read", "; ".join(f"{n.locator}: {n.reason}" for n in header.not_read)),
    ]  # fmt: skip
    listed = "".join(f"<dt>{_e(name)}</dt><dd>{_e(text or '-')}</dd>" for name, text in facts)
    body = "".join(
        f'<tr class="{_e(str(row[2]))}">'
        + "".join(f"<td>{_e(str(v))}</td>" for v in row)
        + "</tr>\n"
        for row in rows(manifest)
    )
    heads = "".join(f"<th>{_e(name)}</th>" for name in COLUMNS)
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        "<title>Erasure manifest</title>"
        f"<style>{_STYLE}</style></head>\n<body><h1>Erasure manifest</h1><dl>{listed}</dl>"
        f"<table><thead><tr>{heads}</tr></thead><tbody>\n{body}</tbody></table></body></html>\n"
    ).encode()


def _e(text: str) -> str:
    return html.escape(text)


#: ``--format`` -> what writes it.
FORMS: dict[str, Callable[[Manifest], bytes]] = {
    "csv": as_csv, "xlsx": as_xlsx, "html": as_html,
}  # fmt: skip
