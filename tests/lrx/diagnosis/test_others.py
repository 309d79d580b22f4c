"""Other people are told of by name, id and OCI ID only to those who may see learners."""

import json
from typing import Any

import pytest
from sqlmodel import Session

from lrx import credentials
from lrx.clock import FrozenClock
from lrx.diagnosis.others import without_others
from lrx.models import CredentialKind
from tests.casebook import Case, read_casebook
from tests.hospital import BEGINNING, Hospital
from tests.house import House
from tests.lrx.diagnosis.cases import CASES, HELD, LEARNER, SHARER, SITUATION, STRANGER, TWIN, changed, told

pytestmark = pytest.mark.anyio

OF_OTHERS = [*map(str, (TWIN.id, SHARER.id, TWIN.username, SHARER.username, "Okafor", "Lucien", STRANGER))]
OTHERS = {
    "two accounts": CASES["two_accounts"],
    "another that has it all": CASES["other_account"],
    "one that looks alike": (SITUATION, changed(LEARNER, look_alikes=(TWIN,))),
    "the same OCI ID": (SITUATION, changed(LEARNER, sharers={HELD: (SHARER,)})),
}
TOLD = {case.name: case for case in read_casebook() if case.kind == "case"}


@pytest.mark.parametrize("case", OTHERS.values(), ids=OTHERS)
def test_nothing_that_tells_who_they_are_is_left(case: Any) -> None:
    content = told(*case).content
    shown = without_others(content)
    assert [one for one in OF_OTHERS if one in json.dumps(content, default=str)]
    assert [one for one in OF_OTHERS if one in json.dumps(shown, default=str)] == []
    assert {check: one["reason"] for check, one in shown["checks"].items()} == {
        check: one["reason"] for check, one in content["checks"].items()
    }


def test_what_they_have_in_common_is_still_told() -> None:
    shown = without_others(told(*OTHERS["two accounts"]).content)
    assert shown["checks"]["A1"]["facts"]["look_alikes"] == [{"shared": ["name"], "has_record": False}]


@pytest.mark.parametrize("reason", sorted(CASES.keys() - {"two_accounts", "other_account", "oci_duplicate"}))
def test_all_else_is_told_alike(reason: str) -> None:
    content = told(*CASES[reason]).content
    assert without_others(content) == content


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(BEGINNING)


@pytest.mark.parametrize(
    ("case", "names"),
    [
        pytest.param(TOLD["case 29"], ["lgagnon", "Gagnon", "Léa"], id="the same OCI ID"),
        pytest.param(TOLD["case 28"], ["ltremblay2"], id="another account of the name"),
    ],
)
async def test_the_api_names_them_to_those_who_may_see_learners(house: House, case: Case, names: list[str]) -> None:
    hospital = Hospital(house, case)
    await hospital.live()
    made = await hospital.diagnose("ltremblay")
    names = [*names, *(one for who, one in hospital.learners.items() if who != "ltremblay")]

    assert [one for one in names if one not in json.dumps(made, ensure_ascii=False)] == []
    assert await _seen_with(house, made["id"], {"diagnoses:read", "learners:read"}) == made
    less = await _seen_with(house, made["id"], {"diagnoses:read"})
    assert [one for one in names if one in json.dumps(less, ensure_ascii=False)] == []
    assert less["verdict"]["reason"] == made["verdict"]["reason"]


async def _seen_with(house: House, diagnosis_id: str, scopes: set[str]) -> Any:
    def issue(session: Session) -> str:
        issued = credentials.issue(
            session,
            house.act(session),
            house.exchange.random,
            CredentialKind.API,
            name=", ".join(sorted(scopes)),
            scopes=frozenset(scopes),
        )
        return str(issued.key)

    key = await house.exchange.database.write(issue)
    answer = await house.http.get(f"/api/v1/diagnoses/{diagnosis_id}", headers={"Authorization": f"Bearer {key}"})
    assert answer.status_code == 200
    return answer.json()
