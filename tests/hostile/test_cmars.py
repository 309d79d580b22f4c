"""Naughty strings asked by CMaRS and shown to CMaRS: what is asked is given back, and XML is always well-formed."""

import json

import pytest
import sqlalchemy as sa
from lxml import etree
from sqlmodel import Session

from lrx.models import Activity, Course
from lrx.tables import table
from recipients.cmars.questions import NAMESPACE, SCHEMA
from recipients.xml import child, clean, element, read_xml, schema, write_xml
from tests.hostile.corpora import naughty_strings
from tests.hostile.scene import furnish_scene
from tests.house import House

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]

ONE = "/recipients/cmars/v1/learning-records"
MANY = f"{ONE}/batch"
ANSWERS = f"{{{NAMESPACE}}}answers"
ASKED = f"{{{NAMESPACE}}}asked"


def _keepable(words: str) -> bool:
    return not any("\ud800" <= sign <= "\udfff" for sign in words)


@pytest.mark.parametrize("accept", ["application/json", "application/xml"])
@pytest.mark.parametrize("parameter", ["oci_id", "course", "completed_from", "completed_to", "x"])
async def test_each_parameter_is_understood_or_refused(house: House, parameter: str, accept: str) -> None:
    contract = schema(SCHEMA)
    for words in filter(_keepable, naughty_strings()):
        wanted = {"oci_id": "CA-ON-CPSO-12345"} | ({} if len(words) > 6_000 else {parameter: words})
        answer = await house.http.get(ONE, params=wanted, auth=house.site.cmars, headers={"Accept": accept})
        assert answer.status_code < 500
        if accept == "application/xml":
            contract.assertValid(read_xml(answer.content))
        elif parameter == "oci_id" and len(words) <= 6_000 and "asked" in answer.json():
            assert answer.json()["asked"] == words


async def test_a_batch_in_json_gives_back_what_was_asked(house: House) -> None:
    questions = [words for words in naughty_strings() if _keepable(words) and "\0" not in words]
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    answer = await house.http.post(
        MANY, content=json.dumps({"oci_ids": questions}), auth=house.site.cmars, headers=headers
    )

    assert answer.status_code == 200
    assert [one["asked"] for one in answer.json()["answers"]] == questions


async def test_a_batch_in_xml_gives_back_what_was_asked(house: House) -> None:
    questions = [words for words in naughty_strings() if clean(words) == words and words.strip()]
    root = element(f"{{{NAMESPACE}}}questions")
    identifiers = child(root, f"{{{NAMESPACE}}}oci_ids")
    for words in questions:
        child(identifiers, f"{{{NAMESPACE}}}oci_id", words)
    headers = {"Content-Type": "application/xml", "Accept": "application/xml"}
    answer = await house.http.post(MANY, content=write_xml(root), auth=house.site.cmars, headers=headers)

    assert answer.status_code == 200
    asked = [one.text for one in read_xml(answer.content).iter(ASKED)]
    assert asked == questions


async def test_whatever_a_course_is_called_the_answer_is_valid(house: House) -> None:
    scene, contract = await furnish_scene(house), schema(SCHEMA)
    for words in filter(_keepable, naughty_strings()):
        await house.exchange.database.write(lambda session, words=words: _rename(session, words))
        answers = [
            await house.http.get(ONE, params={"oci_id": scene.ids["oci_id"]}, auth=house.site.cmars, headers=headers)
            for headers in ({"Accept": "application/xml"}, {"Accept": "application/json"})
        ]
        assert [answer.status_code for answer in answers] == [200, 200]
        root = read_xml(answers[0].content)
        contract.assertValid(root)
        assert _name(root) == clean(words)
        assert answers[1].json()["records"][0]["course"]["name"] == words


def _rename(session: Session, words: str) -> None:
    """Past every check: as rows of another version, or of an import, could be."""
    session.execute(sa.update(table(Course)).values(full_name=words, idnumber=words))
    session.execute(sa.update(table(Activity)).values(full_name=words, idnumber=words))


def _name(root: etree._Element) -> str:
    found = root.find(f".//{{{NAMESPACE}}}course/{{{NAMESPACE}}}name")
    return (found.text or "") if found is not None else "there is none"


@pytest.mark.parametrize("header", ["Accept", "Accept-Language", "Authorization", "Content-Type", "X-Request-Id"])
async def test_each_header_is_understood_or_refused(house: House, header: str) -> None:
    for words in naughty_strings():
        headers = {b"Content-Type": b"application/json", header.encode(): words.encode("utf-8", "surrogatepass")}
        auth = None if header == "Authorization" else house.site.cmars
        answer = await house.http.post(MANY, content=b'{"oci_ids":["x"]}', headers=headers, auth=auth)
        assert answer.status_code < 500
        if "xml" in answer.headers["content-type"]:
            read_xml(answer.content)
