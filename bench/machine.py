"""The machine a measurement was made on: figures without it mean nothing."""

import os
import platform
import sqlite3

__all__ = ["machine"]


def machine() -> str:
    """Return cores, processor, system and versions in a line."""
    return (
        f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    )
