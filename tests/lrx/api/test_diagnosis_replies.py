"""`/diagnoses/{id}/replies`: the texts over HTTP, in whose language, and from whose data."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from lrx import credentials
from lrx.models import CredentialKind
from tests.conftest import NOW
from tests.house import House

pytestmark = pytest.mark.anyio


async def _diagnosed(house: House, **learner: Any) -> dict[str, Any]:
    """A person who completed the course and whom CMaRS looks for under another number."""
    fields = {"given_name": "Luc", "family_name": "Tremblay", "email": "luc@lakeside.example", **learner}
    await house.site.course("WHMIS-2026")
    await house.site.learner("ltremblay", "CA-ON-CPSO-54321", **fields)
    await house.site.complete("ltremblay", "WHMIS-2026", NOW - timedelta(minutes=5))
    house.advance(days=3)
    for asked in ("CA-ON-CPSO-54312", "CA-ON-CPSO-54312", "CA-ON-CPSO-77777"):
        await house.site.ask(asked)
        house.advance(minutes=1)
    body = {"learner": {"username": "ltremblay"}, "course": {"shortname": "WHMIS-2026"}, "recipient": "cmars"}
    made = dict(await house.site.send("POST", "/diagnoses", body))
    assert made["verdict"]["reason"] == "asked_for_near_id"
    return made


async def _replies(house: House, diagnosis: dict[str, Any], **params: str) -> dict[str, dict[str, Any]]:
    found = await house.site.get(f"/diagnoses/{diagnosis['id']}/replies", **params)
    assert found["diagnosis_id"] == diagnosis["id"]
    assert found["reference"] == f"{diagnosis['id'][:13]}-{diagnosis['id'][-4:]}"
    return {one["audience"]: one for one in found["replies"]}


async def test_there_is_a_text_for_every_reader(house: House) -> None:
    texts = await _replies(house, await _diagnosed(house))
    assert list(texts) == ["physician", "course_admin", "site_admin", "recipient_contact", "internal"]
    assert "Dear Luc Tremblay," in texts["physician"]["body"]
    assert "CA-ON-" not in texts["physician"]["body"]
    assert "luc@lakeside.example" in texts["site_admin"]["body"]
    contact = texts["recipient_contact"]["body"]
    assert contact.count("CA-ON-CPSO-54312, every course; answered WS401") == 2
    assert "77777" not in "".join(one["body"] for one in texts.values())


@pytest.mark.parametrize(
    ("learner", "spoken"), [("fr", "fr"), ("fr_ca", "fr"), ("EN", "en"), ("de", "en"), (None, "en")]
)
async def test_a_physician_is_written_to_in_their_own_language(house: House, learner: str | None, spoken: str) -> None:
    texts = await _replies(house, await _diagnosed(house, language=learner))
    assert {name: one["language"] for name, one in texts.items() if name != "physician"} == {
        "course_admin": "en",
        "site_admin": "en",
        "recipient_contact": "en",
        "internal": "en",
    }
    assert texts["physician"]["language"] == spoken


async def test_the_reader_and_the_language_can_be_chosen(house: House) -> None:
    diagnosis = await _diagnosed(house)
    texts = await _replies(house, diagnosis, audience="physician", language="fr")
    assert list(texts) == ["physician"]
    assert texts["physician"]["language"] == "fr"
    answer = await house.site.api.get(f"/api/v1/diagnoses/{diagnosis['id']}/replies", params={"audience": "chief"})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/query/audience"


async def test_a_person_with_a_user_name_alone_has_letters_too(house: House) -> None:
    texts = await _replies(house, await _diagnosed(house, given_name=None, family_name=None, email=None))
    assert texts["physician"]["body"].startswith("Hello,")
    assert "E-mail" not in texts["site_admin"]["body"]


async def test_what_was_asked_before_anybody_held_it_is_not_told_as_never_asked(house: House) -> None:
    await house.site.course("WHMIS-2026")
    await house.site.learner("ltremblay", "CA-ON-CPSO-11111")
    await house.site.complete("ltremblay", "WHMIS-2026", NOW - timedelta(minutes=5))
    await house.site.ask("CA-ON-CPSO-54321")
    house.advance(minutes=1)
    await house.site.send("PUT", "/learners/by/username/ltremblay/oci-id", {"oci_id": "CA-ON-CPSO-54321"})
    body = {"learner": {"username": "ltremblay"}, "course": {"shortname": "WHMIS-2026"}, "recipient": "cmars"}
    made = dict(await house.site.send("POST", "/diagnoses", body))
    assert made["verdict"]["reason"] == "awaiting_inquiry"
    contact = (await _replies(house, made))["recipient_contact"]["body"]
    assert "CA-ON-CPSO-54321, every course; answered WS401" in contact
    assert "you have not asked" not in contact


async def test_an_older_diagnosis_tells_of_the_questions_there_were_then(house: House) -> None:
    diagnosis = await _diagnosed(house)
    before = await _replies(house, diagnosis, audience="recipient_contact")
    house.advance(minutes=1)
    await house.site.ask("CA-ON-CPSO-54312")
    assert await _replies(house, diagnosis, audience="recipient_contact") == before


async def test_one_of_another_site_and_one_that_is_not_there_are_unknown(house: House) -> None:
    diagnosis = await _diagnosed(house)
    other = await house.add_site("riverside")
    for site, diagnosis_id in ((other, diagnosis["id"]), (house.site, uuid4())):
        answer = await site.send("GET", f"/diagnoses/{diagnosis_id}/replies", status=404)
        assert answer["code"] == "diagnosis_unknown"


async def test_who_may_not_see_diagnoses_gets_no_texts(house: House) -> None:
    diagnosis = await _diagnosed(house)
    issued = await house.exchange.database.write(
        lambda session: credentials.issue(
            session,
            house.act(session),
            house.exchange.random,
            CredentialKind.API,
            name="other",
            scopes=frozenset({"learners:read"}),
        )
    )
    answer = await house.http.get(
        f"/api/v1/diagnoses/{diagnosis['id']}/replies", headers={"Authorization": f"Bearer {issued.key}"}
    )
    assert answer.status_code == 403
