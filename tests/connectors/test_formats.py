"""Each format by a file that a real library writes: what is read, under which name, found again."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pyarrow as pa
import pytest
from openpyxl.comments import Comment
from pyarrow import feather, ipc, orc, parquet

from pdscan.model import State
from tests.connectors.reading import assert_round_trip, read_one, read_path

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PEOPLE = [
    {"id": n, "name": f"Äijä {n}", "email": f"user{n}@example.com", "phone": f"+358 40 12345{n:02}"}
    for n in range(50)
]


def write_json(path: Path) -> None:
    path.write_text(json.dumps({"source": "shop", "customers": PEOPLE, "total": 50.25}))


def write_json_lines(path: Path) -> None:
    path.write_text("".join(json.dumps(person, ensure_ascii=False) + "\n" for person in PEOPLE))


def write_xml(path: Path) -> None:
    rows = "".join(
        f'<customer id="{p["id"]}" contact="{p["phone"]}"><name>{p["name"]}</name>'
        f"<email>{p['email']}</email><!-- called {p['id']} --></customer>"
        for p in PEOPLE
    )
    path.write_text(f'<?xml version="1.0" encoding="utf-8"?>\n<customers>{rows}</customers>')


def write_html(path: Path) -> None:
    rows = "".join(
        f'<tr><td>{p["name"]}</td><td><a href="mailto:{p["email"]}">user<b>{p["id"]}</b>'
        f'@example.com</a></td><td data-phone="{p["phone"]}">call</td></tr>'
        for p in PEOPLE
    )
    path.write_text(f"<!DOCTYPE html><html><head><title>People</title></head><table>{rows}</table>")


def write_pg_dump(path: Path) -> None:
    rows = "".join(f"{p['id']}\t{p['name']}\t{p['email']}\t{p['phone']}\n" for p in PEOPLE)
    path.write_text(
        "--\n-- PostgreSQL database dump\n--\nSET client_encoding = 'UTF8';\n"
        "CREATE TABLE public.customers (\n    id integer NOT NULL,\n    name text\n);\n"
        f"COPY public.customers (id, name, email, phone) FROM stdin;\n{rows}\\.\n\n"
        "ALTER TABLE ONLY public.customers ADD CONSTRAINT pk PRIMARY KEY (id);\n"
    )


def write_mysqldump(path: Path) -> None:
    rows = ",".join(f"({p['id']},'{p['name']}','{p['email']}','{p['phone']}')" for p in PEOPLE)
    path.write_text(
        "-- MySQL dump 10.13\nCREATE TABLE `customers` (\n  `id` int NOT NULL,\n"
        "  `name` varchar(50),\n  `email` varchar(99),\n  `phone` varchar(20),\n"
        "  PRIMARY KEY (`id`)\n) ENGINE=InnoDB;\nLOCK TABLES `customers` WRITE;\n"
        f"INSERT INTO `customers` VALUES {rows};\nUNLOCK TABLES;\n"
    )


def table() -> pa.Table:
    return pa.Table.from_pylist(PEOPLE)


def write_parquet(path: Path) -> None:
    parquet.write_table(table(), path, row_group_size=20)


def write_orc(path: Path) -> None:
    orc.write_table(table(), path)


def write_feather(path: Path) -> None:
    feather.write_feather(table(), path)


def write_arrow_stream(path: Path) -> None:
    with ipc.new_stream(str(path), table().schema) as stream:
        stream.write_table(table())


def write_xlsx(path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Customers"
    sheet.append(["id", "name", "email", "phone"])
    for p in PEOPLE:
        sheet.append([p["id"], p["name"], p["email"], p["phone"]])
    hidden = book.create_sheet("Old")
    hidden.sheet_state = "hidden"
    hidden["C7"] = "hidden@example.com"
    sheet["B2"].comment = Comment("ask comment@example.com", "Reviewer")
    book.properties.lastModifiedBy = "editor@example.com"
    book.save(path)


def write_sqlite(path: Path) -> None:
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE customers (id INTEGER PRIMARY KEY, name, email TEXT, phone)")
        database.executemany("INSERT INTO customers VALUES (:id, :name, :email, :phone)", PEOPLE)
        database.execute("CREATE TABLE log (line TEXT, document BLOB)")
        document = "blob text of blob@example.com\n".encode("utf-16")
        database.execute("INSERT INTO log VALUES (?, ?)", ("login log@example.com", document))
    database.close()


def write_log(path: Path) -> None:
    path.write_text("".join(
        f'192.0.2.{p["id"]} - user{p["id"]} [22/Nov/2026:10:00:00 +0200]'
        f' "GET /?u={p["email"]} HTTP/1.1"'
        f' 200 512 "https://example.com/{p["id"]}" "Mozilla/5.0 (X11)"\n' for p in PEOPLE
    ))  # fmt: skip


def write_iis_log(path: Path) -> None:
    path.write_text(
        "#Software: Microsoft Internet Information Services 10.0\n#Version: 1.0\n"
        "#Fields: date time c-ip cs-username cs-uri-query sc-status\n"
        + "".join(f"2026-11-22 10:00:00 192.0.2.{p['id']} user{p['id']} m={p['email']} 200\n"
                  for p in PEOPLE)
    )  # fmt: skip


Writer = Callable[[Path], None]
CASES: list[tuple[str, Writer, str, str, tuple[str, str, str]]] = [
    # name without a telling extension, writer, media type, a value, (part, field, key)
    ("a1", write_json, "application/json", "user7@example.com",
     ("", "customers[].email", "pointer:%2Fcustomers%2F7%2Femail")),
    ("a2", write_json_lines, "application/x-ndjson", "user7@example.com",
     ("", "email", "pointer:%2F8%2Femail")),
    ("a3", write_xml, "text/xml", "user7@example.com",
     ("", "customers/customer/email", "xpath:%2Fcustomers[1]%2Fcustomer[8]%2Femail[1]")),
    ("a4", write_xml, "text/xml", "+358 40 1234507",
     ("", "customers/customer/@contact", "xpath:%2Fcustomers[1]%2Fcustomer[8]%2F@contact")),
    ("a5", write_html, "text/html", "Äijä 7", ("", "td", "")),
    ("a6", write_html, "text/html", "mailto:user7@example.com", ("", "a/@href", "")),
    ("a7", write_html, "text/html", "+358 40 1234507", ("", "td/@data-phone", "")),
    ("a8", write_pg_dump, "application/sql", "user7@example.com", ("", "customers.email", "")),
    ("a9", write_mysqldump, "application/sql", "user7@example.com", ("", "customers.email", "")),
    ("b1", write_parquet, "application/vnd.apache.parquet", "user27@example.com",
     ("", "email", "row:27")),
    ("b2", write_orc, "application/x-orc", "user7@example.com", ("", "email", "row:7")),
    ("b3", write_feather, "application/vnd.apache.arrow.file", "user7@example.com",
     ("", "email", "row:7")),
    ("b4", write_arrow_stream, "application/vnd.apache.arrow.stream", "user7@example.com",
     ("", "email", "row:7")),
    ("b5", write_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
     "user7@example.com", ("Customers", "email", "cell:C9")),
    ("b6", write_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
     "hidden@example.com", ("Old", "", "cell:C7")),
    ("b7", write_sqlite, "application/vnd.sqlite3", "user7@example.com",
     ("customers", "email", "id:7")),
    ("b8", write_sqlite, "application/vnd.sqlite3", "log@example.com", ("log", "line", "rowid:1")),
    ("b9", write_log, "text/plain", "192.0.2.7", ("", "client ip", "")),
    ("c1", write_log, "text/plain", "user7@example.com", ("", "request", "")),
    ("c2", write_iis_log, "text/plain", "192.0.2.7", ("", "client ip", "")),
]  # fmt: skip

WRITERS = list(dict.fromkeys(case[1] for case in CASES))


@pytest.mark.parametrize(("name", "write", "media_type", "value", "place"), CASES)
def test_a_value_is_found_under_its_name(
    tmp_path: Path, name: str, write: Writer, media_type: str, value: str,
    place: tuple[str, str, str],
) -> None:  # fmt: skip
    write(tmp_path / name)
    read = read_one(tmp_path / name)
    assert read.item.media_type == media_type
    assert (read.outcome.state, read.outcome.reason) == (State.READ, "")
    assert read.cell(value.strip())[:3] == place


@pytest.mark.parametrize("write", WRITERS)
def test_every_place_is_found_again(tmp_path: Path, write: Writer) -> None:
    write(tmp_path / "file")
    assert_round_trip(tmp_path / "file", 12)


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, zstd.compress],
                         ids=["gz", "bz2", "xz", "zst"])  # fmt: skip
def test_compressed_reads_the_same(
    tmp_path: Path, write: Writer, pack: Callable[[bytes], bytes]
) -> None:
    write(tmp_path / "plain")
    (tmp_path / "packed.gz").write_bytes(pack((tmp_path / "plain").read_bytes()))
    inner = {read.item.path[1:]: read for read in read_path(tmp_path / "packed.gz")}
    plain = read_one(tmp_path / "plain")
    assert inner["packed",].text == plain.text
    assert inner["packed",].item.media_type == plain.item.media_type
    assert {read.outcome.reason for read in inner.values()} == {""}


@pytest.mark.parametrize(("write", "value"), [
    (write_xlsx, "comment@example.com"), (write_xlsx, "editor@example.com"),
    (write_json, "50.25"), (write_html, "People"), (write_xml, "called 7"),
])  # fmt: skip
def test_what_stands_beside_is_read_too(tmp_path: Path, write: Writer, value: str) -> None:
    write(tmp_path / "file")
    assert value in read_one(tmp_path / "file").text


def test_documents_in_blobs_are_items(tmp_path: Path) -> None:
    write_sqlite(tmp_path / "shop.db")
    found = {read.item.path: read for read in read_path(tmp_path / "shop.db")}
    assert found["shop.db", "log/rowid:1/document"].text == "blob text of blob@example.com\n"


def test_nested_columns_keep_row_and_name(tmp_path: Path) -> None:
    rows = [
        {"who": {"email": f"n{n}@example.com"}, "tags": [f"t{n}a", f"t{n}b"], "raw": b"raw%d" % n,
         "more": [("k", f"v{n}")]}
        for n in range(5)
    ]  # fmt: skip
    schema = pa.schema([
        ("who", pa.struct([("email", pa.string())])), ("tags", pa.list_(pa.string())),
        ("raw", pa.binary()), ("more", pa.map_(pa.string(), pa.string())),
    ])  # fmt: skip
    parquet.write_table(pa.Table.from_pylist(rows, schema), tmp_path / "n.parquet")
    read = read_one(tmp_path / "n.parquet")
    assert read.cell("n3@example.com") == ("", "who.email", "row:3", 3)
    assert read.cell("t3b") == ("", "tags[]", "row:3&n:1", 3)
    assert read.cell("raw3") == ("", "raw", "row:3", 3)
    assert read.cell("v3") == ("", "more.value", "row:3", 3)


@pytest.mark.parametrize(("html", "text"), [
    ("<p>user<b>name</b>@example.com</p>", "username@example.com"),
    ("<td>0401234567</td><td>89</td>", "0401234567\n89"),
    ("<p>one<br>two</p>", "one\ntwo"),
    ("<img alt='a@example.com' title='b@example.com'>", "a@example.com\nb@example.com"),
    ("<input name=email value='c@example.com'>", "email\nc@example.com"),
    ("<script>var m = 'd@example.com';</script>", "var m = 'd@example.com';"),
    ("<!-- e@example.com -->", "e@example.com"),
    ("<a href='mailto:f%40example.com'>x</a>", "mailto:f@example.com\nx"),
    ("&aring;sa&#64;example.com", "åsa@example.com"),
])  # fmt: skip
def test_html_markup_neither_splits_nor_glues(tmp_path: Path, html: str, text: str) -> None:
    (tmp_path / "a.html").write_text(f"<html><body><table><tr>{html}</tr></table></body></html>")
    assert text in read_one(tmp_path / "a.html").text


def test_html_comments_around_the_page_are_read(tmp_path: Path) -> None:
    page = "<!-- first@example.com --><!DOCTYPE html><html><p>x</p></html><!-- last@example.com -->"
    (tmp_path / "a.html").write_text(page)
    text = read_one(tmp_path / "a.html").text
    assert "first@example.com" in text
    assert "last@example.com" in text


def test_html_believes_its_own_charset(tmp_path: Path) -> None:
    page = '<html><head><meta charset="windows-1251"></head><p>Иван</p></html>'
    (tmp_path / "a.html").write_bytes(page.encode("cp1251"))
    assert "Иван" in read_one(tmp_path / "a.html").text


def test_images_in_a_page_are_items(tmp_path: Path) -> None:
    page = '<html><img src="data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAE="></html>'
    (tmp_path / "a.html").write_text(page)
    assert ("a.html", "image 1") in {read.item.path for read in read_path(tmp_path / "a.html")}


@pytest.mark.parametrize(("xml", "text"), [
    ("<p>user<b>name</b>@example.com</p>", "username@example.com"),
    ("<p><b>user</b>name@example.com</p>", "username@example.com"),
    ("<p><a>1234</a><b>5678</b></p>", "1234\n5678"),
    ("<a b='c@example.com'/>", "c@example.com"),
    ("<a><![CDATA[d@example.com]]></a>", "d@example.com"),
])  # fmt: skip
def test_xml_mixed_content_is_one_text(tmp_path: Path, xml: str, text: str) -> None:
    (tmp_path / "a.xml").write_text(f"<?xml version='1.0'?><r>{xml}</r>")
    assert text in read_one(tmp_path / "a.xml").text


def test_names_of_members_that_are_data_are_neither_labels_nor_keys(tmp_path: Path) -> None:
    value = {"users": {"k@example.com": {"phone": "0401234567"}, "0501112223": {"phone": "1"}}}
    (tmp_path / "a.json").write_text(json.dumps(value))
    read = read_one(tmp_path / "a.json")
    assert read.cell("k@example.com")[1] == "users{}"
    part, field, key, _ = read.cell("0401234567")
    assert (part, field, key) == ("", "users{}.phone", "pointer:%2Fusers%2F{0}%2Fphone")
    assert_round_trip(tmp_path / "a.json", 20)


def test_records_are_the_elements_of_the_outermost_array(tmp_path: Path) -> None:
    value = [{"mail": f"r{n}@example.com", "orders": [{"id": f"o{n}x"}]} for n in range(3)]
    (tmp_path / "a.json").write_text(json.dumps(value))
    read = read_one(tmp_path / "a.json")
    assert read.cell("r1@example.com")[3] == read.cell("o1x")[3] != read.cell("o2x")[3]


def test_a_workbook_with_a_far_corner_is_read_without_harm(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active["A1"] = "near@example.com"
    book.active["XFD1048576"] = "far@example.com"
    book.save(tmp_path / "vast.xlsx")
    read = read_one(tmp_path / "vast.xlsx")
    assert read.cell("far@example.com")[2] == "cell:XFD1048576"
    assert read.cell("near@example.com")[2] == "cell:A1"


@pytest.mark.parametrize("key", ["", "PRIMARY KEY (a, b)"])
def test_composite_keys_and_tables_without_row_ids(tmp_path: Path, key: str) -> None:
    with sqlite3.connect(tmp_path / "k.db") as database:
        suffix = f", {key}) WITHOUT ROWID" if key else ")"
        database.execute(f"CREATE TABLE t (a TEXT, b TEXT, mail TEXT{suffix}")
        database.execute("INSERT INTO t VALUES ('x&1', 'y:2', 'm@example.com')")
    database.close()
    expected = "a:x%261&b:y%3A2" if key else "rowid:1"
    assert read_one(tmp_path / "k.db").cell("m@example.com")[2] == expected
    assert_round_trip(tmp_path / "k.db", 5)
