"""What a release left in a database: written once with the release, loaded into its schema ever after.

`python -m tests.released 0001`, run in a work tree of the release, lets that release work for a day, through HTTP
alone, until every table has rows. The rows, the questions CMaRS asked and the answers it was given are kept in
`tests/fixtures/released/0001.json`.
"""

import asyncio
import base64
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import httpx
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlmodel import Session, SQLModel

from lrx import administrators
from lrx.clock import FrozenClock
from lrx.exchange import open_exchange
from lrx.identifiers import IdSource
from lrx.schema import head_revision, migrate
from lrx.settings import load_settings
from tests.house import COURSE_IRI, MOODLE, House, captured_requests, furnish

FOLDER = Path(__file__).parent / "fixtures" / "released"
BEGINS = datetime(2026, 11, 21, 19, 30, tzinfo=UTC)
SECRET_KEY = "an invented key that opens invented credentials"
PASSWORD = "an invented password"
AMIRA, DMITRI, NOBODY = "CA-ON-CPSO-12345", "CA-ON-RCDSO-00417", "CA-ON-CPSO-99999"

# How values of each kind are kept in the file, and the plain column type that writes and reads them on either engine.
KINDS: Mapping[str, tuple[Any, Any, sa.types.TypeEngine[Any]]] = {
    "uuid": (str, UUID, sa.Uuid()),
    "instant": (
        lambda value: (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC).isoformat(),
        datetime.fromisoformat,
        sa.DateTime(timezone=True),
    ),
    "date": (date.isoformat, date.fromisoformat, sa.Date()),
    "bytes": (
        lambda value: base64.b64encode(value).decode("ascii"),
        base64.b64decode,
        sa.LargeBinary(),
    ),
    "json": (
        lambda value: value,
        lambda value: value,
        sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"),
    ),
    "boolean": (bool, bool, sa.Boolean()),
    "integer": (int, int, sa.BigInteger()),
    "number": (float, float, sa.Float()),
    "text": (str, str, sa.Text()),
}
_KIND_OF = (
    (sa.Uuid, "uuid"),
    (sa.DateTime, "instant"),
    (sa.Date, "date"),
    (sa.LargeBinary, "bytes"),
    (sa.JSON, "json"),
    (sa.Boolean, "boolean"),
    (sa.Integer, "integer"),
    (sa.Float, "number"),
    (sa.String, "text"),
)

Rows = list[list[Any]]


def read_release(revision: str) -> dict[str, Any]:
    """The fixture of a released revision."""
    kept: dict[str, Any] = json.loads((FOLDER / f"{revision}.json").read_text("utf-8"))
    return kept


def released_revisions() -> set[str]:
    """Those that have a fixture."""
    return {path.stem for path in FOLDER.glob("*.json")}


def load(connection: sa.Connection, tables: Mapping[str, Any]) -> None:
    """Insert the rows of a fixture, as plain SQL, into a database at its revision."""
    for name, kept in tables.items():
        kinds = kept["columns"]
        rows = [
            {
                column: None if value is None else KINDS[kind][1](value)
                for (column, kind), value in zip(kinds.items(), row, strict=True)
            }
            for row in kept["rows"]
        ]
        connection.execute(sa.insert(_table(name, kinds)), rows)
        if connection.dialect.name == "postgresql" and kinds.get("seq") == "integer":
            _count_on(connection, name)


def rows_of(connection: sa.Connection, name: str, kinds: Mapping[str, str]) -> Rows:
    """What these columns of a table hold now, as the file would keep it, in a fixed order."""
    table = _table(name, kinds)
    found = [
        [None if value is None else KINDS[kind][0](value) for kind, value in zip(kinds.values(), row, strict=True)]
        for row in connection.execute(sa.select(*table.c))
    ]
    return sorted(found, key=json.dumps)


def _table(name: str, kinds: Mapping[str, str]) -> Any:
    return sa.table(name, *(sa.column(column, KINDS[kind][2]) for column, kind in kinds.items()))


def _count_on(connection: sa.Connection, name: str) -> None:
    sequence = connection.execute(sa.text("SELECT pg_get_serial_sequence(:name, 'seq')"), {"name": name}).scalar()
    if sequence is not None:
        newest = sa.select(sa.func.max(sa.column("seq"))).select_from(sa.table(name)).scalar_subquery()
        connection.execute(sa.select(sa.func.setval(sequence, newest)))


def dump(connection: sa.Connection) -> dict[str, Any]:
    """Every table of the models with its columns and rows, those that others refer to first."""
    kept = {}
    for table in SQLModel.metadata.sorted_tables:
        kinds = {column.name: _kind(column.type.dialect_impl(connection.dialect)) for column in table.columns}
        kept[table.name] = {"columns": kinds, "rows": rows_of(connection, table.name, kinds)}
    return kept


def _kind(type_: Any) -> str:
    plain = getattr(type_, "impl_instance", type_)
    return next(name for kind, name in _KIND_OF if isinstance(plain, kind))


async def questions(house: House) -> list[dict[str, Any]]:
    """What CMaRS asks, and what it is answered; without what differs from one question to the next."""
    asked = [(AMIRA, {}), (AMIRA, {"completed_from": "2026-11-01"}), (DMITRI, {}), (NOBODY, {}), ("CA-ON-CNO-1", {})]
    return [
        {"oci_id": oci_id, "params": params, **answer_of(await house.site.ask(oci_id, **params))}
        for oci_id, params in asked
    ]


def answer_of(answer: httpx.Response) -> dict[str, Any]:
    """Status and content of an answer, without the numbers of the request."""
    content = {name: value for name, value in answer.json().items() if name not in ("request_id", "inquiry_id")}
    return {"status": answer.status_code, "answer": content}


async def live_a_day(house: House) -> None:
    """Let everything happen that leaves a row behind."""
    site, http = house.site, house.http
    await house.exchange.database.write(lambda session: _administrator(house, session))
    signed_in = await http.post(
        "/admin/sign-in",
        data={"username": "demo.admin", "password": PASSWORD},
        headers={"Sec-Fetch-Site": "same-origin"},
    )
    assert signed_in.status_code == 303, signed_in.text
    await site.send("PATCH", "/recipients/cmars", {"credentials": {}})
    course = await site.course("HYP-2026", iri=COURSE_IRI, idnumber="HS-204", repeats="one_per_cycle")
    await site.send("PATCH", f"/courses/{course['id']}", {"expiry": {"rule": "after", "count": 12, "unit": "months"}})
    await _send_everything(house)
    people = {one["full_name"]: one["id"] for one in (await site.get("/learners", limit=200))["data"]}
    await site.send("PUT", f"/learners/{people['Amira Okafor']}/oci-ids", {"oci_ids": [AMIRA, "CA-ON-CMO-2207"]})
    await site.send("PUT", f"/learners/{people['Amira Okafor']}/oci-ids", {"oci_ids": [AMIRA], "reason": "Left"})
    await site.send("PATCH", "/profile-fields/ociid", {"is_unique": False})
    for name in ("Dmitri Novák", "Bruno Silva"):
        await site.send("PUT", f"/learners/{people[name]}/oci-ids", {"oci_ids": [DMITRI]})
    await site.send(
        "POST", f"/learners/{people['Bruno Silva']}/identities", {"kind": "mbox", "value": "bruno@example.org"}
    )
    await _complete_and_correct(house)
    removed = await site.course("RETIRED")
    await site.send("DELETE", f"/courses/{removed['id']}/recipients/cmars")
    harbour = await house.add_site("harbour")
    await harbour.learner("amara", AMIRA)
    house.advance(hours=1)


async def _send_everything(house: House) -> None:
    for request in captured_requests():
        assert (await house.site.statements(request)).status_code == 200
    stranger = json.loads(json.dumps(captured_requests()[1][9]))
    stranger["actor"] = {"mbox": "mailto:nobody.knows@example.org"}
    await house.site.statements([stranger, {"actor": "nobody"}])
    corrected = {**stranger, "actor": {"account": {"homePage": MOODLE, "name": "3"}}}
    (aside,) = (await house.site.get("/statements/set-aside"))["data"]
    await house.site.statements([{"verb": 1}])
    await house.site.send("POST", f"/statements/set-aside/{aside['id']}/replay", {"statement": corrected})
    await house.project()


async def _complete_and_correct(house: House) -> None:
    site = house.site
    await site.learner("aokafor", "CA-ON-CPSO-54321", family_name="O’Kafor-Lévêque", email="a@example.org")
    course = await site.course("WHMIS", to_cmars=False)
    await site.complete("aokafor", "WHMIS", "2026-01-18T09:12:00-05:00")  # before the course sent to anybody
    house.advance(hours=1)
    await site.send("POST", f"/courses/{course['id']}/recipients", {"recipient": "cmars"})
    module = await site.send("POST", f"/courses/{course['id']}/activities", {"full_name": "Module"})
    await site.send("PATCH", f"/activities/{module['id']}", {"mandatory": True})
    house.advance(hours=1)
    claim = {
        "learner": {"username": "aokafor"},
        "course": {"shortname": "HYP-2026"},
        "completed_at": "2026-11-18T09:12:00.25-05:00",
        "external_id": "completion-4711",
        "grade": 87.5,
    }
    sent = await site.send("POST", "/learning-records", claim, **{"Idempotency-Key": "one"})
    first = sent["data"][0]["learning_record_id"]
    for moment in ("2026-11-18T10:12:00-05:00", "2026-11-18T11:12:00-05:00"):
        await site.complete("aokafor", "HYP-2026", moment)
    kept = await site.get(f"/learning-records/{first}")
    path = f"/learning-records/{first}/amendments/{kept['amendments'][0]['id']}/promote"
    promoted = await site.send("POST", path, {"reason": "Repeated on request"})
    await site.complete("aokafor", "WHMIS", house.clock.now(), activity=module["id"])
    for verb in ("void", "unvoid", "void"):
        await site.send("POST", f"/learning-records/{promoted['id']}/{verb}", {"reason": "By the wrong person"})
        house.advance(minutes=5)


def _administrator(house: House, session: Session) -> None:
    administrators.create(
        session, house.act(session), username="demo.admin", full_name="Demo Administrator", password=PASSWORD
    )


async def release_of(revision: str, folder: Path) -> dict[str, Any]:
    """Let the product of this work tree, which must be at `revision`, live a day, and return what it left."""
    assert head_revision() == revision, f"this work tree is at {head_revision()}"
    chance = Random(revision)
    url = f"sqlite:///{folder / 'lrx.db'}"
    await asyncio.to_thread(migrate, url)
    settings = load_settings(database_url=url, data_dir=folder, secret_key=SECRET_KEY, secure_cookies=False)
    clock = FrozenClock(BEGINS)
    async with open_exchange(settings) as opened:
        drawn = {"random": chance.randbytes, "ids": IdSource(chance.randbytes)}
        async with furnish(replace(opened, clock=clock, **drawn), clock) as house:
            house.advance(hours=12)
            await live_a_day(house)
            await questions(house)
            tables = await house.exchange.database.read(lambda session: dump(session.connection()))
            # Answered once more, from what is kept.
            answers = await questions(house)
    empty = [name for name, table in tables.items() if not table["rows"]]
    assert not empty, f"nothing left a row in {empty}"
    return {
        "revision": revision,
        "now": clock.now().isoformat(),
        "secret_key": SECRET_KEY,
        "ways": {
            "cmars": house.site.cmars,
            "lms": house.site.lms,
            "api": house.site.api.headers["Authorization"],
        },
        "questions": answers,
        "tables": tables,
    }


def main(arguments: Sequence[str]) -> None:
    """Write the fixture of the revision named."""
    (revision,) = arguments
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        release = asyncio.run(release_of(revision, Path(folder)))
    (FOLDER / f"{revision}.json").write_text(json.dumps(release, ensure_ascii=False, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
