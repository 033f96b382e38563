"""Files through their readers and the engine: fields known by name, and other encodings."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Callable
from functools import cache
from pathlib import Path

import openpyxl
import pytest

from pdscan.detectors import load
from pdscan.matching.engine import Engine
from pdscan.matching.fingerprints import KEY_SIZE, Fingerprinter
from pdscan.matching.windows import Scanner
from pdscan.model import Likelihood
from tests.connectors.reading import read_path

COLUMNS = ("id", "etunimi", "sukunimi", "salasana", "username")
ROWS = (
    ("1", "Matti", "Meikäläinen", "kesä2024!", "mmeikalainen"),
    ("2", "Åsa", "Östergård", "Häst.vagn7", "asa.ostergard"),
    ("3", "John Paul", "O'Brien", "a-b:c9", "jpobrien"),
)
KINDS = {
    "etunimi": "person_name", "sukunimi": "person_name", "salasana": "password",
    "username": "username",
}  # fmt: skip
EXPECTED = {
    (KINDS[name], value) for row in ROWS for name, value in zip(COLUMNS, row, strict=True)
    if name in KINDS
}  # fmt: skip


@cache
def _scanner(kinds: tuple[str, ...]) -> Scanner:
    engine = Engine(load(kinds), minimum=Likelihood.UNLIKELY)
    return Scanner(engine, Fingerprinter(bytes(KEY_SIZE)), values=True)


def found(path: Path, *kinds: str) -> set[tuple[str, str]]:
    """(kind, value) of all findings in a file."""
    return {
        (row["kind"], row["value"])
        for item in read_path(path)
        for batch in _scanner(kinds).scan(item.blocks)
        for row in batch.to_pylist()
    }


def _csv(path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *ROWS])


def _json(path: Path) -> None:
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in ROWS]
    path.write_text(json.dumps({"users": rows}, ensure_ascii=False), encoding="utf-8")


def _json_lines(path: Path) -> None:
    rows = (json.dumps(dict(zip(COLUMNS, row, strict=True)), ensure_ascii=False) for row in ROWS)
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")


def _xlsx(path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (COLUMNS, *ROWS):
        sheet.append(row)
    book.save(path)


def _sqlite(path: Path) -> None:
    with sqlite3.connect(path) as base:
        base.execute(f"CREATE TABLE users ({', '.join(COLUMNS)})")
        base.executemany("INSERT INTO users VALUES (?, ?, ?, ?, ?)", ROWS)
    base.close()


def _dump(path: Path) -> None:
    with sqlite3.connect(":memory:") as base:
        base.execute("CREATE TABLE users (\n" + ",\n".join(f"{c} TEXT" for c in COLUMNS) + "\n)")
        base.executemany("INSERT INTO users VALUES (?, ?, ?, ?, ?)", ROWS[:2])
        path.write_text("\n".join(base.iterdump()) + "\n", encoding="utf-8")


def _copy(path: Path) -> None:
    lines = ["\t".join(row) for row in ROWS]
    head = f"COPY public.users ({', '.join(COLUMNS)}) FROM stdin;"
    path.write_text("\n".join([head, *lines, "\\.", ""]), encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "write", "rows"),
    [
        ("users.csv", _csv, 3), ("users.json", _json, 3), ("users.jsonl", _json_lines, 3),
        ("users.xlsx", _xlsx, 3), ("users.sqlite", _sqlite, 3), ("users.sql", _dump, 2),
        ("pg.sql", _copy, 3),
    ],
)  # fmt: skip
def test_fields_are_known_by_their_names(
    name: str, write: Callable[[Path], None], rows: int, tmp_path: Path
) -> None:
    write(tmp_path / name)
    values = {value for row in ROWS[:rows] for value in row}
    expected = {(kind, value) for kind, value in EXPECTED if value in values}
    assert found(tmp_path / name, "person_name", "password", "username") == expected


def test_the_user_of_a_web_log_is_known_by_its_field(tmp_path: Path) -> None:
    line = '192.0.2.7 - {} [22/Nov/2026:10:00:00 +0200] "GET / HTTP/1.1" 200 1 "-" "-"\n'
    path = tmp_path / "access.log"
    path.write_text("".join(line.format(user) for user in ("-", "mmeikalainen", "-")))
    assert found(path, "username") == {("username", "mmeikalainen")}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "cp1252"])
@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("Henkilötunnus on 131052-308T, ystävällisesti\n", "fi.hetu", "131052-308T"),
        ("Sähköposti: älä.öylätti@example.fi tänään\n", "email", "älä.öylätti@example.fi"),
        ("Kortti 4111 1111 1111 1111 “käytössä”\n", "payment_card", "4111 1111 1111 1111"),
        ("Tilini on FI21\u00a01234\u00a05600\u00a00007\u00a085, älä hävitä\n", "iban",
         "FI21\u00a01234\u00a05600\u00a00007\u00a085"),
        ("Ystävällisin terveisin\nÅsa Östergård\n", "person_name", "Åsa Östergård"),
        ("Lähetä: Hämeenkatu 5 B 12, 33100 Tampere\n", "postal_address",
         "Hämeenkatu 5 B 12, 33100 Tampere"),
    ],
)  # fmt: skip
def test_the_encoding_of_a_file_does_not_matter(
    encoding: str, text: str, kind: str, value: str, tmp_path: Path
) -> None:
    path = tmp_path / "note.txt"
    filler = "Tämä päivä on kaunis, sanoi hän ja lähti pöydästä ääneti.\n" * 5
    path.write_bytes((filler + text + filler).encode(encoding))
    assert (kind, value) in found(path, kind)
