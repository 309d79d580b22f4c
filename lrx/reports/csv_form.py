"""CSV as the product writes it, and read back: what is read is what was written, however hostile a cell.

UTF-8 with a byte order mark, commas, every line ended with CR LF. A spreadsheet takes a cell that begins with `=`, `+`,
`-`, `@`, a tab or a carriage return for a formula, so such a cell gets an apostrophe in front; one that begins with
apostrophes before such a sign gets one more, so that taking one away always gives the cell back. Pure.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

__all__ = ["BOM", "MEDIA_TYPE", "read_csv", "written"]

MEDIA_TYPE = "text/csv; charset=utf-8"
BOM = "\ufeff"
FORMULA = re.compile("'*[=+\\-@\t\r]")
NEUTRALISED = re.compile("''*[=+\\-@\t\r]")


def written(rows: Iterable[Sequence[str | float]]) -> bytes:
    """Return the lines of these rows. The byte order mark comes before the first of a file, and is not added here."""
    lines = io.StringIO(newline="")
    writer = csv.writer(lines, lineterminator="\r\n")
    writer.writerows([_neutral(str(cell)) for cell in row] for row in rows)
    return lines.getvalue().encode("utf-8")


def read_csv(content: Iterable[str]) -> Iterator[dict[str, str]]:
    """Return the rows of a file that `written` made, by the words of its header, every cell as it was before.

    `content` is the file's lines with their ends as they are (`newline=""`), or any other pieces that end with lines.
    Raises `csv.Error` for what is no CSV, and `ValueError` for a row with more or fewer cells than the header.
    """
    rows = csv.reader(_without_mark(content), strict=True)
    header = [_original(cell) for cell in next(rows, [])]
    for row in rows:
        yield dict(zip(header, map(_original, row), strict=True))


def _without_mark(content: Iterable[str]) -> Iterator[str]:
    for place, line in enumerate(content):
        yield line.removeprefix(BOM) if place == 0 else line


def _neutral(cell: str) -> str:
    return f"'{cell}" if FORMULA.match(cell) else cell


def _original(cell: str) -> str:
    return cell[1:] if NEUTRALISED.match(cell) else cell
