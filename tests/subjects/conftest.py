from __future__ import annotations

from pathlib import Path

import pytest

from bench.subjects import Estate
from tests.cli.command import run_here


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Estate:
    """The demo estate, made and scanned by the real command."""
    folder = tmp_path_factory.mktemp("estate")
    done = run_here("demo", "demo", cwd=folder)
    assert done.code == 0, done.err
    return Estate(Path(folder) / "demo")
