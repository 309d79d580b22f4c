import json
from collections.abc import AsyncIterator
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal, cast
from uuid import UUID

import pytest
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator
from sqlmodel import Session

from lrx.api.endpoints import routes
from lrx.api.operation import Answer, Call, operation, operation_of
from lrx.api.pagination import Page, PageQuery, decode_cursor
from lrx.errors import NotFound
from lrx.text import text
from lrx.web import Endpoint
from lrx.web.files import Download
from tests.lrx.api.bench import Bench

pytestmark = pytest.mark.anyio

THERE = UUID("0198c7a2-5d3e-7000-8000-000000000001")
ABSENT = UUID("0198c7a2-5d3e-7000-8000-000000000002")


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NotePath(Strict):
    note_id: UUID


class NoteQuery(PageQuery):
    colour: Literal["red", "blue"] | None = None
    since: AwareDatetime | None = Field(default=None, alias="written_at[gte]")


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class ByDay(Strict):
    kind: Literal["day"]
    day: int


class Never(Strict):
    kind: Literal["never"]


class Note(Strict):
    words: str = Field(min_length=1, max_length=10)
    times: int = Field(default=1, ge=1, le=5)
    colour: Colour = Colour.RED
    written_at: AwareDatetime | None = None
    owner: UUID | None = None
    weight: float = 0
    urgent: bool = False
    labels: list[str] = Field(default_factory=list, max_length=2)
    expiry: Annotated[ByDay | Never, Field(discriminator="kind")] | None = None

    @field_validator("words")
    @classmethod
    def _polite(cls, value: str) -> str:
        if value == "rude":
            raise ValueError(text("The word {word} is not nice. Choose another.", word=value))
        if value == "odd":
            raise ValueError("odd words are not kept")
        return value


class NotePublic(BaseModel):
    id: UUID
    words: str
    times: int
    written_at: datetime | None = None


class NoteSecret(NotePublic):
    secret: str = "s"


class UnknownNote(NotFound):
    """There is no such note."""

    code = "note_unknown"


@operation("GET", "/notes", permission="learners:read", summary="Notes", tag="notes")
async def list_notes(call: Call, query: NoteQuery) -> Page[NotePublic]:
    after = decode_cursor("notes", query.cursor, (int,))
    first = int(str(after[0])) + 1 if after else 0
    return Page[NotePublic].cut(
        "notes",
        range(first, min(first + query.limit + 1, 5)),
        query.limit,
        key=lambda number: (number,),
        show=lambda number: NotePublic(id=UUID(int=number), words=call.caller.kind, times=number),
    )


@operation(
    "POST",
    "/notes",
    permission="learners:write",
    summary="New note",
    tag="notes",
    status=201,
    idempotent=True,
    also=(200,),
)
async def create_note(call: Call, body: Note) -> Answer[NotePublic]:
    note = NotePublic(id=call.act.new_id(), words=body.words, times=body.times, written_at=body.written_at)
    return Answer(note, status=200 if body.words == "known" else None, headers={"Location": f"/notes/{note.id}"})


@operation("GET", "/notes/{note_id}", permission="learners:read", summary="A note", tag="notes", errors=(UnknownNote,))
def get_note(call: Call, session: Session, path: NotePath) -> NotePublic:
    """One note, by its id."""
    if path.note_id == ABSENT:
        raise UnknownNote(text("There is no note {id}.", id=path.note_id))
    return NotePublic(id=path.note_id, words=call.request_id, times=1)


@operation("DELETE", "/notes/{note_id}", permission="learners:write", summary="Remove", tag="notes")
async def remove_note(call: Call, path: NotePath) -> None:
    await call.write(lambda session: None)


@operation("GET", "/slips", permission="learners:read", summary="Slips", tag="notes")
async def slip(call: Call) -> NotePublic:
    return NoteSecret(id=THERE, words="a", times=1)


NOTES = (list_notes, create_note, get_note, remove_note)


async def test_a_body_comes_in_and_a_model_goes_out(bench: Bench) -> None:
    async with bench.client(*NOTES) as client:
        body = {"words": "hé", "times": 3.0, "written_at": "2026-04-01T10:00:00-04:00"}
        answer = await client.post("/notes", json=body)
    assert answer.status_code == 201
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["location"] == f"/notes/{answer.json()['id']}"
    assert answer.json() | {"id": ""} == {
        "id": "",
        "words": "hé",
        "times": 3,
        "written_at": "2026-04-01T10:00:00-04:00",
    }


async def test_an_answer_may_have_a_status_of_its_own(bench: Bench) -> None:
    async with bench.client(*NOTES) as client:
        assert (await client.post("/notes", json={"words": "known"})).status_code == 200


async def test_no_result_is_204_without_content(bench: Bench) -> None:
    async with bench.client(*NOTES) as client:
        answer = await client.delete(f"/notes/{THERE}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert "content-type" not in answer.headers


async def test_a_list_is_walked_by_its_links(bench: Bench) -> None:
    met: list[int] = []
    async with bench.client(*NOTES) as client:
        url: str | None = "/notes?limit=2&colour=red"
        while url:
            answer = await client.get(url)
            met += [note["times"] for note in answer.json()["data"]]
            assert answer.json()["has_more"] == ("next" in answer.links) == (answer.json()["next_cursor"] is not None)
            url = answer.links["next"]["url"] if answer.json()["has_more"] else None
            assert url is None or url.startswith("/notes?limit=2&colour=red&cursor=")
    assert met == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("query", "code", "pointer"),
    [
        ("color=red", "query_unknown", "/query/color"),
        ("limit=1&limit=2", "query_repeated", "/query/limit"),
        ("limit=0", "query_invalid", "/query/limit"),
        ("limit=201", "query_invalid", "/query/limit"),
        ("limit=ten", "query_invalid", "/query/limit"),
        ("limit=", "query_invalid", "/query/limit"),
        ("colour=green", "query_invalid", "/query/colour"),
        ("written_at[gte]=2026-04-01", "query_invalid", "/query/written_at[gte]"),
        ("cursor=abc", "cursor_invalid", "/query/cursor"),
        ("cursor=%00", "query_invalid", None),
        ("cursor=%ff", "query_invalid", None),
        ("since=2026-04-01T00:00:00Z", "query_unknown", "/query/since"),
        ("&".join(f"a{number}=1" for number in range(200)), "query_invalid", None),
    ],
)
async def test_a_query_that_would_be_misunderstood_is_refused(
    bench: Bench, query: str, code: str, pointer: str | None
) -> None:
    async with bench.client(*NOTES) as client:
        answer = await client.get(f"/notes?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert [error["pointer"] for error in answer.json()["errors"]] == ([] if pointer is None else [pointer])


async def test_an_operation_without_a_query_refuses_every_parameter(bench: Bench) -> None:
    async with bench.client(*NOTES) as client:
        answer = await client.get(f"/notes/{THERE}?fields=words")
    assert (answer.status_code, answer.json()["code"]) == (400, "query_unknown")
    assert "fields" in answer.json()["detail"]


@pytest.mark.parametrize("identifier", ["abc", "%00", str(THERE) + "0", "%ff"])
async def test_an_address_that_cannot_name_anything_is_not_found(bench: Bench, identifier: str) -> None:
    async with bench.client(*NOTES) as client:
        answer = await client.get(f"/notes/{identifier}")
    assert (answer.status_code, answer.json()["code"]) == (404, "path_unknown")


async def test_an_error_of_the_domain_is_a_problem(bench: Bench) -> None:
    async with bench.client(*NOTES) as client:
        answer = await client.get(f"/notes/{ABSENT}", headers={"X-Request-Id": "mine"})
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["code"] == "note_unknown"
    assert problem["request_id"] == "mine"
    assert problem["instance"] == f"/notes/{ABSENT}"


@pytest.mark.parametrize(
    ("media_type", "status"),
    [
        ("application/json", 201),
        ("application/json; charset=utf-8", 201),
        ("APPLICATION/JSON", 201),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("application/jsonp", 415),
        ("", 415),
    ],
)
async def test_a_body_is_declared_as_json(bench: Bench, media_type: str, status: int) -> None:
    async with bench.client(*NOTES) as client:
        answer = await client.post("/notes", content=b'{"words":"a"}', headers={"Content-Type": media_type})
    assert answer.status_code == status


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"words":"a","words":"b"}', b'{"words":"\\u0000"}', b"NaN"])
async def test_what_is_not_json_is_refused(bench: Bench, body: bytes) -> None:
    async with bench.client(*NOTES) as client:
        answer = await client.post("/notes", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, "json_malformed")


@pytest.mark.parametrize(
    ("body", "pointer", "code", "detail"),
    [
        ({}, "/words", "required", "It is missing. Give a value."),
        ({"words": None}, "/words", "not_text", "Give text, in quotation marks."),
        ({"words": 5}, "/words", "not_text", "Give text, in quotation marks."),
        ({"words": ""}, "/words", "too_short", "Too short: the fewest characters are 1."),
        ({"words": "x" * 11}, "/words", "too_long", "Too long: the most characters are 10."),
        ({"words": "rude"}, "/words", "value_invalid", "The word rude is not nice. Choose another."),
        ({"words": "odd"}, "/words", "value_invalid", "It cannot be taken: odd words are not kept."),
        (
            {"words": "a", "x/y~": 1},
            "/x~1y~0",
            "unknown",
            "There is no such field. Check its spelling, or leave it out.",
        ),
        ({"words": "a", "times": "3"}, "/times", "not_whole_number", "Give a whole number."),
        ({"words": "a", "times": 2.5}, "/times", "not_whole_number", "Give a whole number."),
        ({"words": "a", "times": 2**70}, "/times", "too_large", "Give 5 or less."),
        ({"words": "a", "times": 0}, "/times", "too_small", "Give 1 or more."),
        ({"words": "a", "colour": "green"}, "/colour", "not_a_choice", "Give one of: red, blue."),
        ({"words": "a", "written_at": "2026-04-01"}, "/written_at", "not_date_time", None),
        ({"words": "a", "written_at": "2026-04-01T10:00:00"}, "/written_at", "not_date_time", None),
        ({"words": "a", "written_at": 1}, "/written_at", "not_date_time", None),
        ({"words": "a", "owner": "me"}, "/owner", "not_uuid", "Give a UUID."),
        ({"words": "a", "weight": "1"}, "/weight", "not_number", "Give a number."),
        ({"words": "a", "urgent": "true"}, "/urgent", "not_boolean", "Give true or false."),
        ({"words": "a", "labels": {}}, "/labels", "not_list", "Give a list, in brackets."),
        ({"words": "a", "labels": ["a", 1]}, "/labels/1", "not_text", None),
        ({"words": "a", "labels": ["a", "b", "c"]}, "/labels", "too_long", "Too many: give 2 or fewer."),
        ({"words": "a", "expiry": {"kind": "day"}}, "/expiry/day", "required", None),
        ({"words": "a", "expiry": {"kind": "day", "day": "x"}}, "/expiry/day", "not_whole_number", None),
        ({"words": "a", "expiry": {"kind": "x"}}, "/expiry", "not_a_choice", "Give one of: day, never."),
        ({"words": "a", "expiry": {}}, "/expiry", "required", None),
        ([], "", "not_object", "Give an object, in braces."),
    ],
)
async def test_each_fault_says_where_and_what_would_be_right(
    bench: Bench, body: object, pointer: str, code: str, detail: str | None
) -> None:
    async with bench.client(*NOTES) as client:
        answer = await client.post("/notes", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "content_invalid")
    (fault,) = answer.json()["errors"]
    assert (fault["pointer"], fault["code"]) == (pointer, code)
    assert detail is None or fault["detail"] == detail
    assert fault["detail"] in answer.json()["detail"]


async def test_all_faults_are_told_at_once(bench: Bench) -> None:
    async with bench.client(*NOTES) as client:
        answer = await client.post("/notes", json={"times": 0, "urgent": 1})
    assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/words", "/times", "/urgent"]
    assert answer.json()["detail"].startswith("3 things are wrong.")


@pytest.mark.parametrize("is_streamed", [False, True])
async def test_a_body_over_the_limit_is_refused(bench: Bench, is_streamed: bool) -> None:
    async def pieces() -> Any:
        for _ in range(3):
            yield b" " * 1000

    async with bench.client(*NOTES) as client:
        content: Any = pieces() if is_streamed else b" " * 2049
        answer = await client.post("/notes", content=content, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


@pytest.mark.parametrize("method", ["PUT", "HEAD", "OPTIONS", "PATCH"])
async def test_another_method_is_refused_with_those_the_path_takes(bench: Bench, method: str) -> None:
    async with bench.client(*NOTES) as client:
        answer = await client.request(method, f"/notes/{THERE}")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, DELETE"
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "authorization",
    ["", "Basic bHJ4Og==", "Bearer", "Bearer ", "Bearer lrx_a_b", "Bearer other_a_b", "Bearer lrx", "Bearer lrx_é_b"],
)
async def test_without_a_known_key_nobody_comes_in(bench: Bench, authorization: str) -> None:
    async with bench.client(*NOTES) as client:
        answer = await client.get("/notes?nonsense=1", headers={b"Authorization": authorization.encode()})
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert answer.headers["www-authenticate"] == 'Bearer realm="LRX"'


async def test_the_credential_of_an_lms_is_no_api_key(bench: Bench) -> None:
    async with bench.client(*NOTES, key="lms") as client:
        answer = await client.get("/notes")
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


async def test_a_key_without_the_permission_is_told_which_one_is_needed(bench: Bench) -> None:
    async with bench.client(*NOTES, key="reader") as client:
        assert (await client.get("/notes")).status_code == 200
        answer = await client.post("/notes", content=b"not even read")
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert "learners:write" in answer.json()["detail"]


async def test_a_model_of_another_class_does_not_go_out(bench: Bench) -> None:
    async with bench.client(slip) as client:
        answer = await client.get("/slips")
    assert (answer.status_code, answer.json()["code"]) == (500, "unexpected")
    assert "secret" not in answer.text


async def test_one_route_for_each_path_names_the_permission_of_each_method(bench: Bench) -> None:
    built = {route.path: cast(Endpoint, route.endpoint).permissions for route in routes(NOTES, bench.exchange)}
    assert built == {
        "/notes": {"GET": "learners:read", "POST": "learners:write"},
        "/notes/{note_id}": {"GET": "learners:read", "DELETE": "learners:write"},
    }


async def test_the_same_method_and_path_twice_is_refused(bench: Bench) -> None:
    with pytest.raises(ValueError, match="declared twice"):
        routes([list_notes, list_notes], bench.exchange)


def test_a_declared_function_stays_a_function_and_carries_its_operation() -> None:
    declared = operation_of(get_note)
    assert (declared.name, declared.description, declared.result) == ("get_note", "One note, by its id.", NotePublic)
    with pytest.raises(TypeError, match="not declared"):
        operation_of(_plain)


@operation(
    "GET", "/sheet", permission="learners:read", summary="A file", tag="notes", media_type="text/plain; charset=utf-8"
)
async def sheet(call: Call) -> Download:
    async def content() -> AsyncIterator[bytes]:
        for piece in (b"one ", b"two"):
            yield piece

    return Download("notes.txt", "text/plain; charset=utf-8", content())


async def test_a_file_is_given_out_under_its_name(bench: Bench) -> None:
    async with bench.client(sheet) as client:
        answer = await client.get("/sheet")
    assert (answer.status_code, answer.text) == (200, "one two")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="notes.txt"'


def _gives_file(call: Call, session: Session) -> Download:
    raise NotImplementedError


async def _stranger(call: Call, other: Note) -> None: ...
async def _loose(call: Call, body: NotePublic) -> None: ...
async def _scalar(call: Call) -> str:
    return ""


async def _with_session(call: Call, session: Session) -> None: ...
async def _plain(call: Call) -> None: ...
def _plain_with_session(call: Call, session: Session) -> None: ...


@pytest.mark.parametrize(
    ("function", "options", "message"),
    [
        (_stranger, {}, "which no request has"),
        (_loose, {}, "would ignore"),
        (_scalar, {}, "something other than models"),
        (_with_session, {}, "either a plain function"),
        (_plain, {"permission": "public"}, "no API key can have"),
        (_plain, {"permission": "learners:dance"}, "no API key can have"),
        (_plain, {"path": "/notes/{note_id}"}, "different parameters"),
        (_plain, {}, "every POST is idempotent"),
        (_plain_with_session, {"idempotent": False}, "every POST is idempotent"),
        (_plain, {"idempotent": True, "guards": list_notes}, "does not show"),
        (_plain, {"idempotent": True, "guards": get_note}, "does not show"),
        (_plain, {"idempotent": True, "creates": get_note}, "does not show"),
        (sheet, {}, "names a media type"),
        (_plain, {"media_type": "text/plain"}, "names a media type"),
        (sheet, {"media_type": "text/plain", "idempotent": True}, "can give out no file"),
        (_gives_file, {"media_type": "text/plain"}, "can give out no file"),
    ],
)
def test_a_function_that_cannot_be_an_operation_is_refused_at_once(
    function: Any, options: dict[str, Any], message: str
) -> None:
    settings: dict[str, Any] = {"path": "/notes", "permission": "learners:read"} | options
    with pytest.raises((TypeError, ValueError), match=message):
        operation("POST", settings.pop("path"), summary="x", tag="x", **settings)(function)


async def test_problems_are_said_in_french_when_asked(bench: Bench) -> None:
    async with bench.client(*NOTES) as client:
        answer = await client.get(f"/notes/{ABSENT}", headers={"Accept-Language": "fr-CA, en;q=0.5"})
    assert answer.headers["content-language"] == "fr"
    assert json.loads(answer.content)["code"] == "note_unknown"
