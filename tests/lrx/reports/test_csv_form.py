import csv
import io

import pytest
from hypothesis import given
from hypothesis.strategies import characters, lists, text

from lrx.reports.csv_form import BOM, read_csv, written

HOSTILE = (
    '=HYPERLINK("https://example.org","x")',
    "+1 416 555 0100",
    "-2",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "'=1",
    "''=1",
    "'",
    "''",
    "'a",
    "O'Neil",
    "a,b",
    'say "no"',
    "two\nlines",
    "two\r\nlines",
    " padded ",
    "",
    "007",
    "2026-11-18T14:12:00.123456Z",
    "Hélène 李 😀",
    "\u202ereversed",
    "\ufeffmark",
    "a\x0bb\x0cc\x1cd\x85e\u2028f",
)


def read_back(content: bytes) -> list[dict[str, str]]:
    return list(read_csv(io.StringIO(content.decode("utf-8"), newline="")))


@pytest.mark.parametrize("cell", HOSTILE)
def test_what_is_read_is_what_was_written(cell: str) -> None:
    content = BOM.encode() + written([["name", "after"], [cell, "end"]])
    assert read_back(content) == [{"name": cell, "after": "end"}]


@given(lists(text(characters(exclude_categories=["Cs"])), min_size=1, max_size=4))
def test_any_cell_comes_back(cells: list[str]) -> None:
    header = [f"column {place}" for place in range(len(cells))]
    content = BOM.encode() + written([header, cells])
    assert read_back(content) == [dict(zip(header, cells, strict=True))]


@pytest.mark.parametrize("cell", [cell for cell in HOSTILE if cell.lstrip("'")[:1] in "=+-@\t\r" and cell.strip("'")])
def test_no_cell_is_taken_for_a_formula(cell: str) -> None:
    [[shown]] = csv.reader(io.StringIO(written([[cell]]).decode("utf-8"), newline=""))
    assert shown == f"'{cell}"


def test_a_negative_grade_is_no_formula_and_comes_back() -> None:
    assert written([[-5.5, 87.0, 3]]) == b"'-5.5,87.0,3\r\n"
    assert read_back(written([["grade"], [-5.5]])) == [{"grade": "-5.5"}]


def test_a_file_without_a_mark_is_read_too() -> None:
    assert read_back(b"username\r\naokafor\r\n") == [{"username": "aokafor"}]
    assert read_back(b"") == []


@pytest.mark.parametrize("row", ["a\r\n", "a,b,c\r\n"])
def test_a_row_that_does_not_fit_its_header_is_refused(row: str) -> None:
    with pytest.raises(ValueError, match="argument 2 is"):
        list(read_csv(["one,two\r\n", row]))


def test_a_quotation_mark_that_never_ends_is_refused() -> None:
    with pytest.raises(csv.Error):
        list(read_csv(["one\r\n", '"never ends\r\n']))
