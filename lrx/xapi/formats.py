"""The formats xAPI gives to strings (xAPI 1.0.3, Data 4): does a string have one, and when does a timestamp mean."""

import re
from datetime import UTC, datetime, timedelta, timezone

__all__ = [
    "is_duration",
    "is_iri",
    "is_language_tag",
    "is_mbox",
    "is_media_type",
    "is_sha1",
    "is_sha2",
    "is_timestamp",
    "is_uri",
    "is_uuid",
    "is_version",
    "parse_timestamp",
]

_IRI = re.compile(r'[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20\x7f\s<>"{}|\\^`]+')
_WEB_WITHOUT_HOST = re.compile(r"https?:(?!//[^/?#])", re.IGNORECASE)
_MBOX = re.compile(r"mailto:[^\s@<>]+@[^\s@<>]+")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
_SHA1 = re.compile(r"[0-9A-Fa-f]{40}")
_SHA2 = re.compile(r"(?:[0-9A-Fa-f]{56}|[0-9A-Fa-f]{64}|[0-9A-Fa-f]{96}|[0-9A-Fa-f]{128})")
_VERSION = re.compile(r"1\.0(?:\.[0-9]+)?")
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+(?:\s*;[^\x00-\x1f\x7f]*)?")

# ISO 8601:2004, 4.4.3.2: weeks alone, or the other units in this order; only the last may have a fraction.
_DURATION = re.compile(
    r"P(?:{n}W|(?=[0-9]|T)(?:{n}Y)?(?:{n}M)?(?:{n}D)?(?:T(?=[0-9])(?:{n}H)?(?:{n}M)?(?:{n}S)?)?)".replace(
        "{n}", r"[0-9]+(?:[.,][0-9]+)?"
    )
)
_FRACTION_BEFORE_THE_END = re.compile(r"[.,][0-9]+[A-Z].")

_TIMESTAMP = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]+))?)?"
    r"(?:[Zz]|([+-])([0-9]{2})(?::?([0-9]{2}))?)?"
)

# RFC 5646, 2.1.
_LANGUAGE_TAG = re.compile(
    r"(?:[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4,8})"  # language
    r"(?:-[a-z]{4})?"  # script
    r"(?:-(?:[a-z]{2}|[0-9]{3}))?"  # region
    r"(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*"  # variants
    r"(?:-[a-wyz0-9](?:-[a-z0-9]{2,8})+)*"  # extensions
    r"(?:-x(?:-[a-z0-9]{1,8})+)?"  # private use
    r"|x(?:-[a-z0-9]{1,8})+"
    r"|en-gb-oed|i-(?:ami|bnn|default|enochian|hak|klingon|lux|mingo|navajo|pwn|tao|tay|tsu)"
    r"|sgn-(?:be-fr|be-nl|ch-de)",
    re.ASCII | re.IGNORECASE,
)


def is_iri(value: str) -> bool:
    """Return whether this is an IRI with a scheme; one for the web must name a host."""
    return bool(_IRI.fullmatch(value)) and not _WEB_WITHOUT_HOST.match(value)


def is_uri(value: str) -> bool:
    """Return whether this is an IRI in ASCII."""
    return value.isascii() and is_iri(value)


def is_mbox(value: str) -> bool:
    """Return whether this is `mailto:` and one e-mail address."""
    return bool(_MBOX.fullmatch(value))


def is_uuid(value: str) -> bool:
    """Return whether this is a UUID in its standard form, of any version."""
    return bool(_UUID.fullmatch(value))


def is_sha1(value: str) -> bool:
    """Return whether this is a SHA-1 digest in hexadecimal."""
    return bool(_SHA1.fullmatch(value))


def is_sha2(value: str) -> bool:
    """Return whether this is a SHA-224, 256, 384 or 512 digest in hexadecimal."""
    return bool(_SHA2.fullmatch(value))


def is_version(value: str) -> bool:
    """Return whether this is a version 1.0 of xAPI."""
    return bool(_VERSION.fullmatch(value))


def is_media_type(value: str) -> bool:
    """Return whether this is an Internet media type, with parameters or without."""
    return bool(_MEDIA_TYPE.fullmatch(value))


def is_language_tag(value: str) -> bool:
    """Return whether this is a language tag by the grammar of RFC 5646; the subtags are not looked up."""
    return bool(_LANGUAGE_TAG.fullmatch(value))


def is_duration(value: str) -> bool:
    """Return whether this is an ISO 8601 duration."""
    return bool(_DURATION.fullmatch(value)) and not _FRACTION_BEFORE_THE_END.search(value)


def is_timestamp(value: str) -> bool:
    """Return whether this is a date and time that exists."""
    return parse_timestamp(value) is not None


def parse_timestamp(value: str) -> datetime | None:
    """Return the moment in UTC that an ISO 8601 date and time names, or None when it names none.

    A time without a zone is taken as UTC. Digits after the microsecond are dropped, and a leap second becomes the
    second before it. The offset -00:00 means "unknown" in RFC 3339 and is refused.
    """
    match = _TIMESTAMP.fullmatch(value)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, sign, offset_hours, offset_minutes = match.groups()
    offset = timedelta(hours=int(offset_hours or 0), minutes=int(offset_minutes or 0))
    if (sign == "-" and not offset) or int(offset_minutes or 0) > 59 or int(second or 0) > 60:
        return None
    try:
        return datetime(
            int(year),
            int(month),
            int(day),
            int(hour),
            int(minute),
            min(int(second or 0), 59),
            int((fraction or "0")[:6].ljust(6, "0")),
            tzinfo=timezone(-offset if sign == "-" else offset),
        ).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
