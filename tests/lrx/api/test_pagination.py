import base64
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel
from sqlmodel import Session, col, select

from lrx.api.pagination import InvalidCursor, Key, Page, PageQuery, after, decode_cursor, encode_cursor, next_link
from lrx.exchange import Exchange
from lrx.models import Site

ID = UUID("0198c7a2-5d3e-7000-8000-000000000001")
INSTANT = datetime(2026, 11, 21, 14, 30, tzinfo=timezone(timedelta(hours=-5)))
KINDS: tuple[type[Key], ...] = (str, int, datetime, UUID)


class Named(BaseModel):
    name: str


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), st.integers(-(2**63) + 1, 2**63 - 1))
def test_a_cursor_brings_its_values_back(word: str, number: int) -> None:
    cursor = encode_cursor("things", (word, number, INSTANT, ID))
    assert cursor.isascii()
    assert not set(cursor) & set("+/=&?#% ")
    assert decode_cursor("things", cursor, KINDS) == (word, number, INSTANT, ID)


def test_no_cursor_is_the_beginning() -> None:
    assert decode_cursor("things", None, (str,)) is None


def written(*values: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(values, separators=(",", ":")).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    ("cursor", "kinds"),
    [
        ("", (str,)),
        ("x", (str,)),
        ("not base64!", (str,)),
        ("é", (str,)),
        (encode_cursor("others", ("a",)), (str,)),
        (encode_cursor("things", ("a", 1)), (str,)),
        (encode_cursor("things", ("a",)), (str, int)),
        (encode_cursor("things", ("a",)), (int,)),
        (encode_cursor("things", ("a",)), (UUID,)),
        (encode_cursor("things", ("a",)), (datetime,)),
        (encode_cursor("things", ("a",)) + "=", (str,)),
        (encode_cursor("things", ("a",)) + "AAAA", (str,)),
        (written("things", "a\0"), (str,)),
        (written("things", True), (int,)),
        (written("things", 2**63), (int,)),
        (written("things", 1.5), (int,)),
        (written("things", "2026-11-21T14:30:00"), (datetime,)),
        (written("things", str(ID).upper()), (UUID,)),
        (written(["things"], "a"), (str,)),
        (base64.urlsafe_b64encode(b'{"things": 1}').decode(), (str,)),
        (base64.urlsafe_b64encode(b"[" * 600).decode(), (str,)),
    ],
)
def test_a_cursor_of_another_list_or_a_changed_one_is_refused(cursor: str, kinds: tuple[type[Key], ...]) -> None:
    with pytest.raises(InvalidCursor) as refused:
        decode_cursor("things", cursor, kinds)
    assert refused.value.faults[0].pointer == "/query/cursor"


def test_a_page_is_cut_before_the_row_that_only_says_there_is_more() -> None:
    page = Page[Named].cut("names", ["a", "b", "c"], 2, key=lambda row: (row,), show=lambda row: Named(name=row))
    assert page.model_dump() == {
        "object": "list",
        "data": [{"name": "a"}, {"name": "b"}],
        "has_more": True,
        "next_cursor": encode_cursor("names", ("b",)),
        "total": None,
        "total_capped": None,
    }
    last = Page[Named].cut("names", ["a", "b"], 2, key=lambda row: (row,), show=lambda row: Named(name=row))
    assert (last.has_more, last.next_cursor) == (False, None)


def test_the_link_to_the_next_page_keeps_the_filters_and_names_no_host() -> None:
    assert (
        next_link("/api/v1/learners", b"name=a%26b&cursor=old&limit=2", "new")
        == '</api/v1/learners?name=a%26b&limit=2&cursor=new>; rel="next"'
    )


@pytest.mark.parametrize("limit", [0, 201])
def test_a_page_has_1_to_200_rows(limit: int) -> None:
    with pytest.raises(ValueError, match="limit"):
        PageQuery(limit=limit)
    assert PageQuery().limit == 50


@pytest.mark.anyio
@pytest.mark.parametrize("descending", [False, True])
async def test_pages_by_instant_and_id_meet_every_row_once(exchange: Exchange, descending: bool) -> None:
    instants = [datetime(2026, 1, 1 + number // 3, tzinfo=UTC) for number in range(8)]  # three rows share an instant
    ids = [UUID(int=number) for number in (5, 3, 9, 1, 7, 2, 8, 4)]
    columns = (col(Site.created_at), col(Site.id))

    def add(session: Session) -> None:
        rows: list[dict[str, Any]] = [
            {"id": id_, "code": str(id_), "name": "x", "time_zone": "UTC", "language": "en", "created_at": at}
            for id_, at in zip(ids, instants, strict=True)
        ]
        session.connection().execute(sa.insert(Site), rows)

    def walk(session: Session) -> list[UUID]:
        met: list[UUID] = []
        cursor: str | None = None
        while True:
            values = decode_cursor("sites", cursor, (datetime, UUID))
            rows = session.exec(after(select(Site), columns, values, descending=descending).limit(4)).all()
            page = Page[Named].cut(
                "sites", rows, 3, key=lambda site: (site.created_at, site.id), show=lambda site: Named(name=site.code)
            )
            met += [UUID(shown.name) for shown in page.data]
            cursor = page.next_cursor
            if cursor is None:
                return met

    await exchange.database.write(add)
    expected = [id_ for _, id_ in sorted(zip(instants, ids, strict=True), reverse=descending)]
    assert await exchange.database.read(walk) == expected
