"""What the columns give back is what was written, made by the shortest way."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa

from lrx.models import DeliveryStatus
from lrx.models.columns import UtcDateTime, words

SHELF = sa.Table(
    "shelf",
    sa.MetaData(),
    sa.Column("at", UtcDateTime),
    sa.Column("status", words(DeliveryStatus)),
)


@pytest.fixture
def connection() -> Iterator[sa.Connection]:
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        SHELF.create(connection)
        yield connection
    engine.dispose()


@pytest.mark.parametrize(
    "instant",
    [
        None,
        datetime(2026, 11, 21, 19, 30, tzinfo=UTC),
        datetime(2026, 11, 21, 19, 30, 0, 123456, tzinfo=UTC),
        datetime(2026, 11, 21, 19, 30, tzinfo=timezone(timedelta(hours=-5))),
        datetime(1950, 1, 1, tzinfo=UTC),
    ],
)
def test_an_instant_comes_back_in_utc(connection: sa.Connection, instant: datetime | None) -> None:
    connection.execute(sa.insert(SHELF).values(at=instant))

    found = connection.execute(sa.select(SHELF.c.at)).scalar_one()

    assert found == instant
    assert found is None or found.tzinfo is UTC


@pytest.mark.parametrize("word", [None, *DeliveryStatus])
def test_a_word_comes_back_as_the_very_member(connection: sa.Connection, word: DeliveryStatus | None) -> None:
    connection.execute(sa.insert(SHELF).values(status=word))

    assert connection.execute(sa.select(SHELF.c.status)).scalar_one() is word


def test_a_word_that_nobody_knows_is_never_read_as_nothing(connection: sa.Connection) -> None:
    connection.execute(sa.text("INSERT INTO shelf (status) VALUES ('elsewhere')"))

    with pytest.raises(KeyError, match="elsewhere"):
        connection.execute(sa.select(SHELF.c.status)).scalar_one()
