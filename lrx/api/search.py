"""Search as people type it. People are found by `lrx/people/search.py`."""

from collections.abc import Sequence
from typing import Annotated, Any

import sqlalchemy as sa
from pydantic import StringConstraints

from lrx.oci_id import InvalidOciId, OciId
from lrx.search_words import holds, words_in

__all__ = ["Search", "each_word_in", "oci_id_sought"]

CAPITALS = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")

Search = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
"""What somebody looks for."""


def each_word_in(typed: str, columns: Sequence[Any]) -> "sa.ColumnElement[bool]":
    """The condition that every word typed, up to eight of them, is part of one of the columns."""
    return sa.and_(
        *(
            sa.or_(*(holds(sa.func.lower(column), form) for column in columns for form in _forms(word)))
            for word in words_in(typed)
        )
    )


def oci_id_sought(typed: str) -> OciId:
    """Return the OCI ID in the parameter `oci_id` of a query, in any form people type. Raises `InvalidOciId`."""
    try:
        return OciId.parse(typed)
    except InvalidOciId as error:
        for fault in error.faults:
            fault.pointer = "/query/oci_id"
        raise


def _forms(word: str) -> list[str]:
    """How the word may stand in what SQL's `lower` gives: SQLite's knows the ASCII letters only, so É stays É there."""
    forms = (form.translate(CAPITALS) for form in (word.lower(), word.upper(), word.title()))
    return list(dict.fromkeys(forms))
