"""Which format an answer has, and which a body has: Accept and Content-Type (RFC 9110)."""

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Literal, TypeAlias

from lrx.text import text
from recipients.cmars.codes import ContentNotReadable, NotAcceptable

__all__ = ["DEFAULT_MEDIA_TYPE", "MEDIA_TYPES", "Format", "body_format", "choose_media_type"]

Format: TypeAlias = Literal["xml", "json"]

MEDIA_TYPES: Mapping[str, Format] = MappingProxyType(
    {"application/xml": "xml", "application/json": "json", "text/xml": "xml"}
)
"""What is read and written here, the preferred one first."""

DEFAULT_MEDIA_TYPE = "application/xml"

_WEIGHT = re.compile(r"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?")


def choose_media_type(accept: str) -> str:
    """Return the media type to answer in, for the value of Accept ("" where there is none).

    The range that names a type most closely gives its weight (12.5.1); between equals the first of `MEDIA_TYPES` wins.
    Raises `NotAcceptable`.
    """
    if not accept.strip():
        return DEFAULT_MEDIA_TYPE
    weights = dict(_weighted(accept))

    def weight(media_type: str) -> float:
        ranges = (media_type, f"{media_type.partition('/')[0]}/*", "*/*")
        return next((weights[one] for one in ranges if one in weights), 0)

    best = max(MEDIA_TYPES, key=weight)
    if not weight(best):
        raise NotAcceptable(
            text("The answer can be application/xml or application/json. Name one of them in the header Accept.")
        )
    return best


def body_format(content_type: str) -> Format:
    """Return the format of a body, for the value of Content-Type. Raises `ContentNotReadable`."""
    media_type, *parameters = (part.strip().lower() for part in content_type.split(";"))
    charsets = [part.removeprefix("charset=").strip('"') for part in parameters if part.startswith("charset=")]
    if media_type not in MEDIA_TYPES or any(charset != "utf-8" for charset in charsets):
        raise ContentNotReadable(
            text("The body must be application/json or application/xml in UTF-8. Name it in the header Content-Type.")
        )
    return MEDIA_TYPES[media_type]


def _weighted(header: str) -> Iterator[tuple[str, float]]:
    """Yield each value of the header with its weight, 1 where none is given. An ill-formed weight drops its value."""
    for item in header.lower().split(","):
        value, *parameters = (part.strip() for part in item.split(";"))
        weight = next((part[2:] for part in parameters if part.startswith("q=")), "1")
        if value and _WEIGHT.fullmatch(weight):
            yield value, float(weight)
