"""The reports over the REST API, as a caller meets them."""

import io
from typing import Any

import pytest

from lrx.reports.csv_form import read_csv
from tests.house import House

pytestmark = pytest.mark.anyio


@pytest.fixture
async def course_id(house: House) -> str:
    """A course with an activity, and three people in it."""
    site = house.site
    course = await site.course("WHMIS")
    house.advance(hours=1)
    for username, oci_id in (("amara", "CA-ON-CPSO-1"), ("helene", None), ("luc", "CA-ON-CPSO-3")):
        await site.learner(username, oci_id, family_name="Côté" if username == "helene" else username.title())
        await site.complete(username, "WHMIS", "2026-11-18T09:12:00.5-05:00", grade=87.5)
    await site.ask("CA-ON-CPSO-1")
    return str(course["id"])


async def rows(house: House, course_id: str, **query: Any) -> list[dict[str, Any]]:
    answer = await house.site.get(f"/courses/{course_id}/learning-record-report", **query)
    return list(answer["data"])


async def test_a_row_tells_the_person_the_record_and_where_it_stands(house: House, course_id: str) -> None:
    [amara, helene, luc] = await rows(house, course_id)
    assert [row["full_name"] for row in (amara, helene, luc)] == ["Amara, Amara", "Côté, Helene", "Luc, Luc"]
    assert amara["oci_ids"] == ["CA-ON-CPSO-1"]
    assert amara["record"] | {"id": ""} == {
        "id": "",
        "completed_on": "2026-11-18",
        "completed_at": "2026-11-18T14:12:00.500000Z",
        "expires_at": None,
        "valid_until": None,
        "grade": 87.5,
        "source": "completion",
        "period": "current",
        "voided": False,
    }
    [standing] = amara["standings"]
    assert (standing["recipient"], standing["chip"], standing["turn"]) == ("cmars", "delivered", "nobody")
    [standing] = helene["standings"]
    assert (helene["oci_id_status"], standing["reason"]) == ("missing", "oci_missing")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "cote"}, ["helene"]),
        ({"q": "cpso-3"}, ["luc"]),
        ({"chip": "delivered"}, ["amara"]),
        ({"chip": "waiting", "recipient": "cmars"}, ["luc"]),
        ({"reason": "oci_missing"}, ["helene"]),
        ({"has_course_record": "false"}, []),
        ({"source": "csv_upload"}, []),
        ({"period": "past"}, []),
        (
            {"completed_on[gte]": "2026-11-18", "completed_on[lte]": "2026-11-18", "voided": "false"},
            ["amara", "helene", "luc"],
        ),
        ({"completed_on[gte]": "2026-11-19"}, []),
        ({"oci_id_status": "held"}, ["amara", "luc"]),
        ({"activities": "missing"}, []),
    ],
)
async def test_the_filters_of_the_page_are_parameters(
    house: House, course_id: str, query: dict[str, str], found: list[str]
) -> None:
    assert [row["username"] for row in await rows(house, course_id, **query)] == found


async def test_the_report_is_walked_by_its_cursors(house: House, course_id: str) -> None:
    met, cursor = [], None
    for _ in range(5):
        page = await house.site.get(
            f"/courses/{course_id}/learning-record-report", limit=1, **({"cursor": cursor} if cursor else {})
        )
        met += [row["username"] for row in page["data"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert met == ["amara", "helene", "luc"]


async def test_a_page_that_was_cut_short_has_a_cursor_to_go_on(
    house: House, course_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lrx.reports.learning_records.MOST_LOOKED_AT", 1)
    monkeypatch.setattr("lrx.reports.learning_records.PIECE", 1)
    path = f"/courses/{course_id}/learning-record-report"
    page = await house.site.get(path, reason="given_up", limit=1)
    assert (page["data"], page["has_more"], page["looked_at"]) == ([], True, 2)
    page = await house.site.get(path, reason="given_up", limit=1, cursor=page["next_cursor"])
    assert (page["data"], page["has_more"], page["looked_at"]) == ([], False, 1)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"cursor": "abc"}, "cursor_invalid"),
        ({"chip": "green"}, "query_invalid"),
        ({"reason": "oci_misssing"}, "query_invalid"),
        ({"reason": "oci_misssing", "recipient": "cmars"}, "query_invalid"),
        ({"completed_on[gte]": "1763769600"}, "query_invalid"),
        ({"recipient": "cmar"}, "query_invalid"),
        ({"completed_on[gte]": "0001-01-01"}, "query_invalid"),
        ({"completed_on[lte]": "9999-12-31"}, "query_invalid"),
        ({"completed_from": "2026-01-01"}, "query_unknown"),
        ({"limit": "500"}, "query_invalid"),
    ],
)
async def test_a_query_that_would_be_misunderstood_is_refused(
    house: House, course_id: str, query: dict[str, str], code: str
) -> None:
    path = f"/api/v1/courses/{course_id}/learning-record-report"
    forms = ("", ".csv", ".xlsx") if not {"cursor", "limit"} & query.keys() else ("",)
    for form in forms:
        answer = await house.site.api.get(f"{path}{form}", params=query)
        assert (answer.status_code, answer.json()["code"]) == (400, code)


async def test_an_activity_of_another_course_is_missed_by_nobody(house: House, course_id: str) -> None:
    other = await house.site.course("OTHER")
    theirs = await house.site.send("POST", f"/courses/{other['id']}/activities", {"full_name": "Quiz"})
    path = f"/api/v1/courses/{course_id}/learning-record-report"
    for form in ("", ".csv"):
        asked = {"activities": "missing", "activity_id": theirs["id"]}
        answer = await house.site.api.get(f"{path}{form}", params=asked)
        assert (answer.status_code, answer.json()["code"]) == (404, "activity_unknown")


async def test_the_files_have_the_rows_and_a_name(house: House, course_id: str) -> None:
    for path, count in ((f"/courses/{course_id}/learning-record-report", 3), ("/learning-records", 3)):
        answer = await house.site.api.get(f"/api/v1{path}.csv")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        assert answer.headers["content-disposition"].startswith('attachment; filename="')
        assert len(list(read_csv(io.StringIO(answer.content.decode("utf-8"), newline="")))) == count
        answer = await house.site.api.get(f"/api/v1{path}.xlsx", params={"q": "cote"})
        assert answer.content.startswith(b"PK")
    entries = await house.site.get("/audit", action="download")
    assert [entry["subject_kind"] for entry in entries["data"]] == ["site", "site", "course", "course"]


async def test_a_recipient_the_course_no_longer_sends_to_has_a_column_where_it_is_asked_for(
    house: House, course_id: str
) -> None:
    await house.site.send("DELETE", f"/courses/{course_id}/recipients/cmars")
    assert [row["standings"] for row in await rows(house, course_id)] == [[], [], []]
    stopped = {"recipient": "cmars", "reason": "no_course_recipient"}
    found = await rows(house, course_id, **stopped)
    assert [[one["chip"] for one in row["standings"]] for row in found] == [["needs_action"]] * 3
    answer = await house.site.api.get(f"/api/v1/courses/{course_id}/learning-record-report.csv", params=stopped)
    lines = read_csv(io.StringIO(answer.content.decode("utf-8"), newline=""))
    assert [line["cmars_reason"] for line in lines] == ["no_course_recipient"] * 3


async def test_a_file_of_a_course_nobody_knows_is_refused(house: House) -> None:
    path = "/api/v1/courses/0198c7a2-5d3e-7000-8000-000000000001/learning-record-report"
    for ending in ("", ".csv", ".xlsx"):
        answer = await house.site.api.get(f"{path}{ending}")
        assert (answer.status_code, answer.json()["code"]) == (404, "course_unknown")
    assert (await house.site.api.get(f"{path}.pdf")).status_code == 404


async def test_records_are_found_by_their_learner_and_by_voiding(house: House, course_id: str) -> None:
    [record] = (await house.site.get("/learning-records", q="COTE hel"))["data"]
    await house.site.send("POST", f"/learning-records/{record['id']}/void", {"reason": "For the test"})
    voided = (await house.site.get("/learning-records", voided="true"))["data"]
    assert [one["id"] for one in voided] == [record["id"]]
    assert len((await house.site.get("/learning-records", voided="false"))["data"]) == 2
    await house.site.send("POST", f"/learning-records/{record['id']}/unvoid", {"reason": "For the test"})
    assert (await house.site.get("/learning-records", voided="true"))["data"] == []


async def test_learners_are_found_by_an_address_in_any_case(house: House) -> None:
    made = await house.site.learner("amara", email="Amara.Okafor@Example.org")
    found = (await house.site.get("/learners", email="amara.okafor@EXAMPLE.org"))["data"]
    assert [one["id"] for one in found] == [made["id"]]
    assert (await house.site.get("/learners", email="amara"))["data"] == []
