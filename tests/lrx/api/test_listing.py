"""Every list of the API by the same rules: on both engines, whatever it is sorted by."""

from datetime import UTC, datetime
from typing import Any

import pytest

from lrx.api.listing import ListQuery
from lrx.api.operation import Operation, operation_of
from lrx.api.routes import OPERATIONS
from tests.house import House

pytestmark = pytest.mark.anyio

DECLARED = [operation_of(function) for function in OPERATIONS]
LISTS = [one for one in DECLARED if issubclass(one.inputs.get("query", object), ListQuery)]
TOP = [one for one in LISTS if "{" not in one.path]
PEOPLE = [
    {"username": "zoe", "family_name": "Élan", "given_name": "Zoé"},
    {"username": "adam", "family_name": "Zwick"},
    {"username": "b_b", "family_name": "O'Neil"},
    {"username": "bxb", "family_name": None},
    {"lms": {"home_page": "https://lms.example.org", "user_id": "7"}, "full_name": "100% Real"},
    {"lms": {"home_page": "https://lms.example.org", "user_id": "8"}, "full_name": "Éloïse Tremblay"},
    {"username": "carl", "family_name": "élan"},
]


async def walk(house: House, path: str, **params: Any) -> list[dict[str, Any]]:
    met: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = await house.site.get(path, limit=2, **params, **cursor)
        met += page["data"]
        if page["next_cursor"] is None:
            return met
        cursor = {"cursor": page["next_cursor"]}


async def people(house: House) -> None:
    for fields in PEOPLE:
        await house.site.send("POST", "/learners", fields)
        house.advance(minutes=1)


async def found(house: House, **params: Any) -> list[str]:
    rows = (await house.site.get("/learners", **params))["data"]
    return [row["username"] or row["full_name"] for row in rows]


@pytest.mark.parametrize("field", ["username", "family_name", "created_at", "updated_at"])
async def test_a_walk_meets_every_row_once_in_order_and_those_without_a_value_last(house: House, field: str) -> None:
    await people(house)
    for sort in (field, f"-{field}"):
        met = await walk(house, "/learners", sort=sort)
        assert len({row["id"] for row in met}) == len(met) == len(PEOPLE)
        values = [row[field] for row in met]
        there = [value for value in values if value is not None]
        assert values == [*sorted(there, reverse=sort.startswith("-")), *[None] * values.count(None)]


@pytest.mark.parametrize("declared", TOP, ids=lambda declared: declared.name)
async def test_every_list_can_be_sorted_counted_and_filtered_by_each_of_its_parameters(
    house: House, declared: Operation
) -> None:
    await _furnish(house)
    fields = declared.inputs["query"].model_fields
    for sort in fields["sort"].annotation.__args__:  # type: ignore[union-attr]
        met = await walk(house, declared.path, sort=sort)
        whole = await house.site.get(declared.path, sort=sort, limit=200, include="total")
        assert met == whole["data"]
        assert (whole["total"], whole["total_capped"]) == (len(met), False)
    examples = {"id": "0198c7a2-5d3e-7000-8000-000000000001", "oci_id": "CPSO 12345", "[": "2026-11-21T00:00:00Z"}
    for name, field in fields.items():
        written = field.alias or name
        if written in ("limit", "cursor", "sort", "include"):
            continue
        tried = [
            *(value for part, value in examples.items() if part in written),
            *("true", "a", "record", "held,offered", "answered", "unknown_learner", "api,lms", "delivered", "account"),
            *("completion,csv_upload", examples["id"], "queued", "course,site_recipient"),
        ]
        answers = [await house.site.api.get(f"/api/v1{declared.path}", params={written: value}) for value in tried]
        statuses = [answer.status_code for answer in answers]
        assert set(statuses) <= {200, 400, 422}, f"{written}: {statuses}"
        assert 200 in statuses, f"{written}: {answers[0].text}"


async def test_a_range_holds_its_bounds_as_they_are_written(house: House) -> None:
    await people(house)
    times = [row["created_at"] for row in (await house.site.get("/learners"))["data"]]
    counts = {
        bound: len((await house.site.get("/learners", **{f"created_at[{bound}]": times[2]}))["data"])
        for bound in ("gte", "gt", "lte", "lt")
    }
    assert counts == {"gte": 5, "gt": 4, "lte": 3, "lt": 2}
    both = await house.site.get("/learners", **{"created_at[gt]": times[0], "created_at[lt]": times[3]})
    assert [row["created_at"] for row in both["data"]] == times[1:3]
    elsewhere = datetime.fromisoformat(times[2]).astimezone(UTC).isoformat()
    same = await house.site.get("/learners", **{"created_at[gte]": elsewhere})
    assert len(same["data"]) == 5


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("zoé", ["zoe"]),
        ("eloise tremblay", ["Éloïse Tremblay"]),
        ("ZOÉ élan", ["zoe"]),
        ("ÉLAN", ["zoe", "carl"]),
        ("ÉLOÏSE", ["Éloïse Tremblay"]),
        ("éloïse trem", ["Éloïse Tremblay"]),
        ("%", ["100% Real"]),
        ("_", ["b_b"]),
        ("\\", []),
        ("o'n", ["b_b"]),
        ("CPSO 12345", ["adam"]),
        ("ca-on-cpso-12345", ["adam"]),
        ("12345", ["adam"]),
        ("2345", ["adam"]),
        ("nobody", []),
    ],
)
async def test_people_are_searched_as_they_are_typed(house: House, typed: str, names: list[str]) -> None:
    await people(house)
    adam = (await house.site.get("/learners", username="ADAM"))["data"][0]
    await house.site.send("PUT", f"/learners/{adam['id']}/oci-ids", {"oci_ids": ["CPSO 12345"]})
    assert await found(house, q=typed) == names


async def test_courses_are_searched_by_each_of_their_names(house: House) -> None:
    await house.site.send(
        "POST", "/courses", {"full_name": "Hygiène des mains", "shortname": "HM-26", "idnumber": "x_1"}
    )
    await house.site.send("POST", "/courses", {"full_name": "Fire safety", "shortname": "FS"})
    for typed, many in (("HYGIÈNE mains", 1), ("hm-26", 1), ("x_1", 1), ("x%1", 0), ("s", 2)):
        assert len((await house.site.get("/courses", q=typed))["data"]) == many, typed


@pytest.mark.parametrize(
    ("query", "code", "pointer"),
    [
        ("sort=email", "query_invalid", "/query/sort"),
        ("sort=", "query_invalid", "/query/sort"),
        ("sort=created_at&sort=updated_at", "query_repeated", "/query/sort"),
        ("include=everything", "query_invalid", "/query/include"),
        ("id=1,2", "query_invalid", "/query/id"),
        ("id=", "query_invalid", "/query/id"),
        ("q=", "query_invalid", "/query/q"),
        ("created_at=2026-11-21T00:00:00Z", "query_unknown", "/query/created_at"),
        ("created_at[eq]=2026-11-21T00:00:00Z", "query_unknown", "/query/created_at[eq]"),
        ("created_at[gte]=2026-11-21", "query_invalid", "/query/created_at[gte]"),
        ("created_at_gte=2026-11-21T00:00:00Z", "query_unknown", "/query/created_at_gte"),
        ("oci_id=12", "oci_id_invalid", "/query/oci_id"),
    ],
)
async def test_what_would_be_misunderstood_is_refused_and_named(
    house: House, query: str, code: str, pointer: str
) -> None:
    answer = await house.site.api.get(f"/api/v1/learners?{query}")
    assert answer.json()["code"] == code
    assert {fault["pointer"] for fault in answer.json()["errors"]} == {pointer}


async def test_a_cursor_belongs_to_the_order_it_was_given_out_in(house: House) -> None:
    await people(house)
    cursor = (await house.site.get("/learners", limit=2, sort="username"))["next_cursor"]
    answer = await house.site.api.get("/api/v1/learners", params={"cursor": cursor, "sort": "-username"})
    assert (answer.status_code, answer.json()["code"]) == (400, "cursor_invalid")


async def _furnish(house: House) -> None:
    """Something of everything."""
    learner = await house.site.learner("amara", "CPSO 12345")
    await house.site.learner("jo")
    course = await house.site.course("W")
    for name in ("one", "two", "three"):
        await house.site.send("POST", f"/courses/{course['id']}/activities", {"full_name": name})
    made = await house.site.complete("amara", "W", "2026-11-18T09:12:00-05:00")
    await house.site.complete("jo", "W", "2026-11-18T09:12:00-05:00")
    record = f"/learning-records/{made['learning_record_id']}"
    for way in ("void", "unvoid", "void", "expire", "unexpire"):
        await house.site.send("POST", f"{record}/{way}", {"reason": "A test"})
    for oci_id in ("CPSO 12345", "CPSO 999", "CPSO 998"):
        await house.site.ask(oci_id)
    await house.site.statements([{"verb": 1}])
    await house.site.statements([{"verb": 2}, {"verb": 3}])
    await house.site.send("PATCH", f"/learners/{learner['id']}", {"email": "a@example.org"})
