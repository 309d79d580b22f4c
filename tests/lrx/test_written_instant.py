from datetime import UTC, date, datetime

import pytest
from pydantic import TypeAdapter, ValidationError

from lrx.ingest.claims import Claim
from lrx.written_instant import WrittenAwareInstant, WrittenDay, WrittenInstant

INSTANTS: list[TypeAdapter[datetime]] = [TypeAdapter(WrittenInstant), TypeAdapter(WrittenAwareInstant)]


@pytest.mark.parametrize("written", ["2026-11-18T09:12:00Z", "2026-11-18 04:12:00-05:00", "2026-11-18T09:12Z"])
def test_a_date_and_a_time_are_an_instant(written: str) -> None:
    for kind in INSTANTS:
        assert kind.validate_python(written) == datetime(2026, 11, 18, 9, 12, tzinfo=UTC)
        assert kind.validate_json(f'"{written}"', strict=True) == datetime(2026, 11, 18, 9, 12, tzinfo=UTC)


@pytest.mark.parametrize("written", ["0", "1763450000", "1763450000000", "-1", "1e9", "", "12:00", "Nov 18, 2026"])
def test_a_number_is_no_instant(written: str) -> None:
    for kind in INSTANTS:
        with pytest.raises(ValidationError):
            kind.validate_python(written)
        with pytest.raises(ValidationError):
            kind.validate_json(written or "null", strict=True)
    with pytest.raises(ValidationError) as refused:
        Claim.model_validate({"learner": {"username": "a"}, "course": {"shortname": "b"}, "completed_at": written})
    assert [(error["loc"], error["type"]) for error in refused.value.errors()] == [
        (("completed_at",), "datetime_parsing")
    ]


def test_a_date_alone_is_a_day() -> None:
    kind: TypeAdapter[date] = TypeAdapter(WrittenDay)
    assert kind.validate_python("2026-11-18") == kind.validate_json('"2026-11-18"', strict=True) == date(2026, 11, 18)


@pytest.mark.parametrize(
    "written", ["0", "-0", "1763769600", "1763769600000", "2026-11-22T00:00:00Z", "2026-11-31", ""]
)
def test_a_number_or_a_time_is_no_day(written: str) -> None:
    kind: TypeAdapter[date] = TypeAdapter(WrittenDay)
    for read in (lambda: kind.validate_python(written), lambda: kind.validate_json(f'"{written}"', strict=True)):
        with pytest.raises(ValidationError):
            read()
    with pytest.raises(ValidationError):
        kind.validate_python(0)
