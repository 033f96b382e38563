"""Dependencies point one way: cli -> scan -> connectors, detectors, matching -> model, errors."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import pdscan

ROOT = Path(pdscan.__file__).parent

# What a room may import of pdscan, besides itself.
GROUND = {"errors", "model", "columns", "interrupts", "private"}
ROOMS: dict[str, set[str]] = {
    "errors": set(),
    "model": set(),
    "columns": {"model"},
    "interrupts": set(),
    "private": {"errors"},
    "keys": GROUND,
    "config": GROUND,
    "detectors": GROUND | {"matching"},  # a user's pattern is tried out before it is taken
    "connectors": GROUND,
    "matching": GROUND | {"detectors"},
    "annotators": GROUND | {"detectors"},
    "presidio": GROUND | {"annotators", "detectors", "matching"},
    "custom": GROUND | {"config", "detectors", "matching"},
    "demo": set(),
    "row_groups": GROUND | {"matching"},
    "inventory": GROUND | {"matching", "row_groups"},
    "subjects": GROUND | {"connectors", "detectors", "inventory", "keys", "matching"},
    "allow": GROUND | {"detectors", "matching"},
    "verdicts": GROUND | {"matching"},
    "filtering": GROUND | {"allow", "matching", "verdicts"},
    "retention": GROUND | {"subjects"},
    "requests": GROUND,
    "exports": GROUND | {"inventory", "matching", "retention", "subjects"},
    "verification": GROUND
    | {"connectors", "exports", "matching", "detectors", "retention", "runner", "scan", "subjects"},
    "scan": GROUND | {"connectors", "detectors", "matching"},
    "incremental": GROUND | {"connectors", "inventory", "matching", "scan"},
    "journal": GROUND | {"connectors", "matching", "scan"},
    "numbering": GROUND | {"scan"},
    "underway": GROUND | {"connectors", "scan"},
    "runner": GROUND | {"connectors", "numbering", "scan", "underway"},
    "cluster": GROUND | {"connectors", "numbering", "runner", "scan", "underway"},
}


def imports(path: Path) -> Iterator[str]:
    """The rooms of pdscan that a module imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: relative imports hide where they lead"
            module = node.module or ""
            names = [f"{module}.{a.name}" for a in node.names] if module == "pdscan" else [module]
        for name in names:
            parts = name.split(".")
            if parts[0] == "pdscan" and len(parts) > 1 and parts[1] != "__version__":
                yield parts[1]


def modules() -> list[Path]:
    return sorted(path for path in ROOT.rglob("*.py") if path.parent != ROOT / "cli")


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_one_way(path: Path) -> None:
    room = path.relative_to(ROOT).parts[0].removesuffix(".py")
    if room == "__init__":
        assert not list(imports(path))
        return
    assert room in ROOMS, f"a new room: say in this test what {room} may import"
    assert set(imports(path)) <= ROOMS[room] | {room}


def test_connectors_never_see_the_engine() -> None:
    for path in (ROOT / "connectors").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pdscan.m"):
                assert node.module in ("pdscan.model", "pdscan.matching.text"), path


def test_the_rule_sees_imports_within_functions(tmp_path: Path) -> None:
    module = tmp_path / "m.py"
    module.write_text("def f():\n    from pdscan import cli\n    import pdscan.exports.x\n")
    assert list(imports(module)) == ["cli", "exports"]
