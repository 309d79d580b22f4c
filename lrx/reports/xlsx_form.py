"""Reports as workbooks (Office Open XML), written row by row to the disk and then given out piece by piece.

Text stays text: ids keep their zeros, and nothing becomes a formula or a link.
"""

import tempfile
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import anyio.to_thread
import xlsxwriter

__all__ = ["MEDIA_TYPE", "Workbook", "given_out", "workbook"]

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS = 1_048_576
"""Rows of one sheet, by the format. What is longer goes on in the next sheet."""
CHUNK = 64 * 1024
OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": True,
}


@dataclass
class Workbook:
    """A workbook being written. It is finished by `finished`, and gone at the end of its block."""

    book: Any
    path: Path
    header: Sequence[str]
    sheet: Any = None
    next_row: int = MOST_ROWS

    def add(self, rows: Iterable[Sequence[str | float]]) -> None:
        """Write rows below the others, under the header in each sheet."""
        for row in rows:
            if self.next_row == MOST_ROWS:
                self.sheet, self.next_row = self.book.add_worksheet(), 0
                self.sheet.freeze_panes(1, 0)
                self._write(self.header)
            self._write(row)

    def finished(self) -> IO[bytes]:
        """Return the whole file, opened. It is readable beyond the block, whose end takes its name away."""
        if self.sheet is None:
            self.sheet, self.next_row = self.book.add_worksheet(), 0
            self._write(self.header)
        self.book.close()
        return self.path.open("rb")

    def _write(self, row: Sequence[str | float]) -> None:
        for column, cell in enumerate(row):
            if isinstance(cell, str):
                self.sheet.write_string(self.next_row, column, cell)
            else:
                self.sheet.write_number(self.next_row, column, cell)
        self.next_row += 1


@contextmanager
def workbook(folder: Path, header: Sequence[str], made_at: datetime) -> Iterator[Workbook]:
    """Give a workbook whose files lie in a folder of their own inside `folder`, which is removed at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="download-", dir=folder) as name:
        path = Path(name) / "report.xlsx"
        book = xlsxwriter.Workbook(str(path), {**OPTIONS, "tmpdir": name})
        book.set_properties({"created": made_at})
        yield Workbook(book, path, header)


async def given_out(file: IO[bytes]) -> AsyncIterator[bytes]:
    """Give the file in pieces, and close it."""
    with file:
        while chunk := await anyio.to_thread.run_sync(file.read, CHUNK):
            yield chunk
