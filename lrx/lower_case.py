"""Lower case that is no longer than what it was made of, so that what fits its column still fits."""

__all__ = ["lower_case"]

LONGER = str.maketrans({"\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}": "i"})
"""The one letter that Unicode makes two of."""


def lower_case(words: str) -> str:
    """Return the words in lower case, letter by letter."""
    return words.translate(LONGER).lower()
