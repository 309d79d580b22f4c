"""Days and times as they are written in a language, in the site's zone. Pure."""

import re
from collections.abc import Mapping
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time

from lrx.text import Language

__all__ = ["LOCALES", "day_in_words", "moment_in_words", "respelt", "values_respelt"]

LOCALES: Mapping[Language, str] = {"en": "en_CA", "fr": "fr_CA"}

_DAY = r"\d{4}-\d\d-\d\d"
_ZONE = r"(?:Z|[+-]\d\d:\d\d)"
_WRITTEN = re.compile(rf"(?P<day>{_DAY})(?:[T ](?P<time>\d\d:\d\d)(?::\d\d(?:\.\d+)?)?(?P<zone>{_ZONE})?)?")
_TIME = re.compile(r"\d\d:\d\d")
_DAYS = re.compile(rf"{_DAY}(?:, {_DAY})+")


def day_in_words(day: date, language: Language) -> str:
    """A day: Nov 21, 2026 or 21 nov. 2026, and the first of a month as 1er in French."""
    written = format_date(day, "medium", LOCALES[language])
    return written.replace("1 ", "1er ", 1) if language == "fr" and day.day == 1 else written


def moment_in_words(instant: datetime, language: Language, zone: ZoneInfo) -> str:
    """A day and a time of day in the zone: Nov 21, 2026, 2:30 p.m. or 21 nov. 2026, 14 h 30."""
    local = instant.astimezone(zone)
    return f"{day_in_words(local.date(), language)}, {_time(local.time(), language)}"


def respelt(written: str, language: Language, zone: ZoneInfo) -> str:
    """Return a day, an instant or a time that was written for machines as people write it; anything else as it is.

    An instant without a zone is in `zone` already.
    """
    try:
        if found := _WRITTEN.fullmatch(written):
            return _respelt(found, language, zone)
        if _DAYS.fullmatch(written):
            return "; ".join(day_in_words(date.fromisoformat(one), language) for one in written.split(", "))
        return _time(time.fromisoformat(written), language) if _TIME.fullmatch(written) else written
    except (ValueError, OverflowError):
        return written


def values_respelt(
    values: Mapping[str, object], message: str, language: Language, zone: ZoneInfo
) -> Mapping[str, object]:
    """Return what a sentence speaks of, with its days and times as people write them."""

    def value(name: str, one: object) -> object:
        written = one.isoformat() if isinstance(one, date) else one
        if not isinstance(written, str):
            return one
        words = respelt(written, language, zone)
        # A time that ends in p.m. may end its sentence too.
        return words.removesuffix(".") if words != written and f"{{{name}}}." in message else words

    return {name: value(name, one) for name, one in values.items()}


def _respelt(found: "re.Match[str]", language: Language, zone: ZoneInfo) -> str:
    if found["time"] is None:
        return day_in_words(date.fromisoformat(found["day"]), language)
    instant = datetime.fromisoformat(found[0])
    return moment_in_words(instant if instant.tzinfo else instant.replace(tzinfo=zone), language, zone)


def _time(at: time, language: Language) -> str:
    if language == "fr":  # no line breaks within an hour
        return f"{at.hour}\u00a0h\u00a0{at:%M}"
    return format_time(at, "short", locale=LOCALES[language])
