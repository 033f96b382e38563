"""The page, looked at in a real browser: it must be there."""

from __future__ import annotations

import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from pdscan.exports.package import wording
from pdscan.exports.package.model import Content
from pdscan.subjects.model import Holding, Role
from tests.exports.package.making import build, files, mail, row

EVIL = "<script>document.title='ran'</script><img src=http://192.0.2.1/x onerror=\"document.title='ran'\">"
CONTENTS: list[tuple[Holding, Content]] = [
    *(row(n, ("note", f"rivi{n}"), role=Role.SHARED if n == 2 else Role.SOLE) for n in range(1, 6)),
    row(6, ("note", EVIL)),
    mail(),
]
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "chrome")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "index.html"
    path.write_bytes(files(build(CONTENTS, language="fi")[0])["index.html"])
    return path


def browser() -> str:
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    assert found, "the page has to be looked at in Chromium: apt-get install chromium"
    return found


def chromium(page: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    profile = page.parent / "profile"
    return subprocess.run(
        [browser(), "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--enable-logging=stderr",
         f"--user-data-dir={profile}", "--window-size=1200,1600", *arguments, page.as_uri()],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip


def test_in_chromium_it_runs_its_own_script_and_nothing_else(page: Path) -> None:
    done = chromium(page, "--dump-dom")
    assert "<title>Henkilötietosi</title>" in done.stdout  # nothing of the data ran
    assert '<div class="search">' in done.stdout  # our own did: it shows the search
    assert "Content Security Policy" not in done.stderr, done.stderr


def test_search_and_languages_work(page: Path) -> None:
    """A script of the test drives the page; it gets a page that allows it by its hash."""
    probe = """
      const field = document.getElementById("search");
      field.value = "rivi3"; field.dispatchEvent(new Event("input"));
      const rows = [...document.querySelectorAll("[data-row]")];
      const seen = rows.filter((row) => !row.hidden).length;
      document.getElementById("lang-sv").click();
      const shown = [...document.querySelectorAll("h1 span")]
        .filter((one) => one.offsetParent !== null).map((one) => one.lang).join();
      document.title = `${seen} of ${rows.length}, ${shown}, ${innerWidth >= document.documentElement.scrollWidth}`;
    """
    text = page.read_text(encoding="utf-8")
    driven = page.with_name("driven.html")
    text = re.sub("script-src '[^']*'", "script-src 'unsafe-inline'", text)
    driven.write_text(text.replace("</body>", f"<script>{probe}</script></body>"), encoding="utf-8")
    title = re.search("<title>(.*?)</title>", chromium(driven, "--dump-dom").stdout)
    assert title is not None
    assert title[1] == "1 of 7, sv, true"


def test_it_is_drawn_and_printed(page: Path) -> None:
    picture, paper = page.with_name("page.png"), page.with_name("page.pdf")
    chromium(page, f"--screenshot={picture}")
    chromium(page, f"--print-to-pdf={paper}", "--no-pdf-header-footer")
    assert picture.read_bytes().startswith(b"\x89PNG")
    import pypdfium2

    pages = pypdfium2.PdfDocument(paper.read_bytes())
    printed = "".join(sheet.get_textpage().get_text_range() for sheet in pages)
    assert "rivi5" in printed
    assert "Terveisin Maija" in printed  # messages are unfolded on paper
    assert "Dina personuppgifter" not in printed


class _Outline(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.headings: list[int] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.labelled: set[str] = set()
        self.tables = self.headers = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        self.ids += [given["id"] or ""] if "id" in given else []
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        self.labelled.add(given.get("aria-labelledby") or "")
        self.tables += tag == "table"
        self.headers += tag == "th" and "scope" in given


def test_its_outline_is_accessible(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    outline = _Outline()
    outline.feed(text)
    assert outline.headings[0] == 1
    steps = zip(outline.headings, outline.headings[1:], strict=False)
    assert all(after <= before + 1 for before, after in steps)
    assert len(set(outline.ids)) == len(outline.ids)
    assert outline.labelled - {""} <= set(outline.ids)
    assert outline.headers > outline.tables
    for link in outline.links:
        assert link.startswith(("#", "originals/")), link
        assert not link.startswith("#") or link[1:] in outline.ids


def _luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(
    ("ink", "paper"),
    [("ink", "paper"), ("ink", "tint"), ("soft", "paper"), ("soft", "tint"), ("soft", "accent-tint"),
     ("accent", "paper"), ("paper", "accent"), ("ink", "accent-tint")],
)  # fmt: skip
def test_text_stands_out_as_wcag_aa_asks(page: Path, ink: str, paper: str) -> None:
    style = page.read_text(encoding="utf-8")
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6})", style))
    full = [
        c if len(c) == 7 else "#" + "".join(2 * d for d in c[1:])
        for c in (colours[ink], colours[paper])
    ]
    light, dark = sorted(map(_luminance, full), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_every_text_is_in_every_language() -> None:
    for key, texts in wording.TEXTS.items():
        assert len(texts) == len(wording.LANGUAGES), key
        assert all(text.strip() == text and text for text in texts), key
