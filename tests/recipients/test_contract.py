"""What every installed recipient promises, whoever wrote it."""

import re
from copy import deepcopy
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

import pytest
from pydantic import BaseModel, ValidationError

from lrx.oci_id import OciId
from lrx.recipient import Outcome, ProofOfCompletion, PullRecipient, PushRecipient, Recipient
from lrx.registry import installed_recipients
from lrx.source import Source

ROOT = Path(__file__).parents[2]
INSTALLED = installed_recipients()

pytestmark = pytest.mark.parametrize("name", INSTALLED)


@pytest.fixture
def recipient(name: str) -> Recipient:
    return INSTALLED[name]


def a_proof(*oci_ids: OciId) -> ProofOfCompletion:
    return ProofOfCompletion(
        record_id=UUID(int=1),
        object_kind="course",
        course_shortname="WHMIS",
        course_idnumber=None,
        course_name="Workplace Hazardous Materials",
        activity_id=None,
        activity_idnumber=None,
        activity_name=None,
        mandatory=False,
        source=Source.COMPLETION,
        completed_at=datetime(2026, 3, 1, 17, tzinfo=UTC),
        completed_on=date(2026, 3, 1),
        expires_at=None,
        grade=None,
        oci_ids=oci_ids,
    )


def test_its_code_is_the_name_of_its_entry_point(name: str, recipient: Recipient) -> None:
    assert recipient.code == name
    assert re.fullmatch("[a-z_]+", recipient.code)


def test_it_has_a_title_for_people(recipient: Recipient) -> None:
    assert recipient.title.strip()


def test_it_either_asks_or_is_told(recipient: Recipient) -> None:
    assert hasattr(recipient, "routes") != hasattr(recipient, "push")
    assert isinstance(recipient, PullRecipient) != isinstance(recipient, PushRecipient)


@pytest.mark.parametrize("college", ["CPSO", "CNO", None])
def test_its_objections_depend_on_the_proof_alone(recipient: Recipient, college: str | None) -> None:
    proof = a_proof(*([OciId("CA", "ON", college, "12345")] if college else []))
    before, settings = deepcopy(proof), recipient.site_settings()
    objections = recipient.objections(proof, settings)
    assert objections == recipient.objections(proof, settings)
    assert proof == before
    assert all(re.fullmatch("[a-z_]+", one.code) and str(one.detail) for one in objections)


@pytest.mark.parametrize("model", ["site_settings", "site_credentials", "course_settings"])
def test_its_settings_forbid_what_they_do_not_know(recipient: Recipient, model: str) -> None:
    settings: type[BaseModel] = getattr(recipient, model)
    with pytest.raises(ValidationError) as refused:
        settings.model_validate({"nobody_knows_this": 1})
    assert "extra_forbidden" in {error["type"] for error in refused.value.errors()}


@pytest.mark.parametrize("model", ["site_settings", "course_settings"])
def test_its_settings_start_with_defaults(recipient: Recipient, model: str) -> None:
    settings: type[BaseModel] = getattr(recipient, model)
    assert settings.model_validate({}) == settings()


def test_a_recipient_that_asks_has_a_code_for_every_outcome_without_an_answer(recipient: Recipient) -> None:
    if isinstance(recipient, PullRecipient):
        assert set(recipient.codes) == set(Outcome) - {Outcome.ANSWERED}
        assert all(recipient.codes.values())


def test_it_has_golden_documents_and_a_page(name: str, recipient: Recipient) -> None:
    assert any((ROOT / "tests" / "recipients" / name / "golden").iterdir())
    assert recipient.title in (ROOT / "docs" / "recipients" / f"{name}.md").read_text("utf-8")
