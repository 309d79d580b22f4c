"""Pages and tables in Markdown, and the one thing every printed page says of itself."""

from collections.abc import Sequence

__all__ = ["line", "page", "table"]

PRINTED = "Printed from the code by `make docs`; edit the code, not this page."


def page(title: str, introduction: str, *sections: str) -> str:
    """Return a page; empty sections are left out."""
    return "\n\n".join([f"# {title}", PRINTED, introduction, *filter(None, sections)]) + "\n"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table, or nothing when there are no rows."""
    lines: list[Sequence[str]] = [
        head,
        ["---"] * len(head),
        *([line(cell).replace("|", "\\|") for cell in row] for row in rows),
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) if rows else ""


def line(words: str) -> str:
    """Return the words on one line."""
    return " ".join(words.split())
