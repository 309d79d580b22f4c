"""What several of these tests stand on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.served import Served


@pytest.fixture
def plain(sqlite_template: Path, tmp_path: Path) -> Iterator[Served]:
    """An installation on SQLite, for what happens before any database is asked."""
    path = tmp_path / "lrx.db"
    path.write_bytes(sqlite_template.read_bytes())
    installation = Served(f"sqlite:///{path}", tmp_path)
    yield installation
    installation.end()
