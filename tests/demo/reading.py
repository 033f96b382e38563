"""Reads the demo estate with libraries that are not ours, so that the truth has another witness."""

from __future__ import annotations

import csv
import email
import gzip
import io
import json
import mailbox
import sqlite3
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from contextlib import closing
from email import policy
from pathlib import Path

import docx
import openpyxl
import pyarrow.parquet as pq
import pypdf

#: The text of a record, by its table and key.
Record = Callable[[str, str], str]


def reader(folder: Path, file: str) -> Record:
    """What reads the records of `file` as the truth names it."""
    outer, *inner = file.split("!/")
    data = (folder / outer).read_bytes()
    for step in inner:
        data = _member(folder / file.partition("!/")[0], data, step)
        outer = step
    name = Path(outer)
    if outer.endswith(".gz"):
        return _lines(gzip.decompress(data))
    kinds: dict[str, Callable[[bytes], Record]] = {
        ".sqlite": _tables, ".csv": _csv, ".xlsx": _sheets, ".pdf": _pdf, ".docx": _docx,
        ".parquet": _parquet, ".sql": _sql, ".jsonl": _json_lines, ".json": _whole,
        ".html": _whole, ".xml": _whole, ".eml": _mail,
    }  # fmt: skip
    if "support/" in file and name.suffix not in (".csv", ".pdf"):
        return _mail(data)
    return kinds.get(name.suffix, _lines)(data)


def _member(file: Path, data: bytes, step: str) -> bytes:
    if file.suffix == ".zip":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return archive.read(step)
    if file.suffix == ".gz":
        if data[:2] == b"\x1f\x8b":
            return gzip.decompress(data)
        with tarfile.open(fileobj=io.BytesIO(data)) as tape:
            member = tape.extractfile(step)
            assert member is not None
            return member.read()
    if step.endswith(".pdf"):
        message = email.message_from_bytes(data, policy=policy.default)
        (part,) = (p for p in message.walk() if p.get_filename() == step)
        content = part.get_content()
        assert isinstance(content, bytes)
        return content
    with closing(mailbox.mbox(str(file))) as box:
        (found,) = (m for m in box if (m["Message-ID"] or "").strip("<>") == step)
        return found.as_bytes()


def _tables(data: bytes) -> Record:
    def record(table: str, key: str) -> str:
        column, _, value = key.partition("=")
        statement = f"SELECT * FROM {table} WHERE {column} = ?"
        with tempfile.NamedTemporaryFile(suffix=".sqlite") as copy:
            Path(copy.name).write_bytes(data)
            with closing(sqlite3.connect(copy.name)) as connection:
                (row,) = connection.execute(statement, (value,)).fetchall()
        return "\n".join(map(str, row))

    return record


def _rows(rows: list[dict[str, str]]) -> Record:
    def record(_table: str, key: str) -> str:
        column, _, value = key.partition("=")
        return "\n".join(str(v) for row in rows if row[column] == value for v in row.values())

    return record


def _csv(data: bytes) -> Record:
    text = data.decode("utf-8")
    delimiter = ";" if ";" in text.partition("\n")[0] else ","
    return _rows(list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)))


def _sheets(data: bytes) -> Record:
    book = openpyxl.load_workbook(io.BytesIO(data))
    sheets = {}
    for sheet in book:
        header, *rows = [[str(cell.value or "") for cell in row] for row in sheet.rows]
        sheets[sheet.title] = _rows([dict(zip(header, row, strict=True)) for row in rows])
    return lambda table, key: sheets[table](table, key)


def _parquet(data: bytes) -> Record:
    return _rows(pq.read_table(io.BytesIO(data)).to_pylist())


def _json_lines(data: bytes) -> Record:
    return _rows([json.loads(line) for line in data.splitlines()])


def _sql(data: bytes) -> Record:
    lines = data.decode().splitlines()
    return lambda _table, key: next(
        line for line in lines if line.split("(")[-1].startswith(key.partition("=")[2] + ",")
    )


def _pdf(data: bytes) -> Record:
    text = "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages)
    return lambda _table, _key: text


def _docx(data: bytes) -> Record:
    document = docx.Document(io.BytesIO(data))
    texts = [paragraph.text for paragraph in document.paragraphs]
    texts += [cell.text for t in document.tables for row in t.rows for cell in row.cells]
    return lambda _table, _key: "\n".join(texts)


def _mail(data: bytes) -> Record:
    message = email.message_from_bytes(data, policy=policy.default)
    body = message.get_body(("plain",))
    assert body is not None
    text = "\n".join([*(str(value) for value in message.values()), body.get_content()])
    return lambda _table, _key: text


def _whole(data: bytes) -> Record:
    text = data.decode("utf-8")
    return lambda _table, _key: text


def _lines(data: bytes) -> Record:
    lines = data.decode().splitlines()
    return lambda _table, key: lines[int(key.removeprefix("line=")) - 1]
