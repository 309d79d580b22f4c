from collections.abc import Callable

import pytest
from pydantic import ValidationError

from lrx.colleges import colleges
from lrx.oci_id import OciId
from lrx.recipient import ProofOfCompletion, PullRecipient
from lrx.text import say
from recipients.cmars import CmarsSettings, create_recipient

PHYSICIAN = OciId.parse("CA-ON-CPSO-12345")
OPTOMETRIST = OciId.parse("CA-ON-COPO-12345")
NURSE = OciId.parse("CA-ON-CNO-12345")
PHARMACIST = OciId.parse("CA-ON-OCP-12345")
ELSEWHERE = OciId.parse("CA-QC-CPSO-12345")


def test_cmars_keeps_the_port() -> None:
    assert isinstance(create_recipient(), PullRecipient)


@pytest.mark.parametrize("college", ["CPSO", "CMO", "RCDSO", "COPO"])
def test_four_colleges_are_served_unless_a_site_says_otherwise(college: str) -> None:
    assert create_recipient().serves(OciId("CA", "ON", college, "1"), CmarsSettings())


@pytest.mark.parametrize("oci_id", [NURSE, PHARMACIST, ELSEWHERE])
def test_other_colleges_are_not_served(oci_id: OciId) -> None:
    assert not create_recipient().serves(oci_id, CmarsSettings())


def test_a_site_can_have_another_college_served() -> None:
    settings = CmarsSettings(served_colleges=("CA-ON-CNO",))
    assert create_recipient().serves(NURSE, settings)
    assert not create_recipient().serves(PHYSICIAN, settings)


@pytest.mark.parametrize(
    "served", [(), ("CPSO",), ("CA-ON-CPSO", "CA-ON-XYZ"), ("ca-on-cpso",), ("CA-QC-CPSO",), "CA-ON-CPSO", [7], None]
)
def test_only_colleges_of_the_registry_can_be_served(served: object) -> None:
    with pytest.raises(ValidationError):
        CmarsSettings.model_validate({"served_colleges": served})


def test_every_college_of_the_registry_can_be_served() -> None:
    every = tuple(college.prefix for college in colleges().values())
    assert CmarsSettings.model_validate({"served_colleges": list(every)}).served_colleges == every


@pytest.mark.parametrize("oci_ids", [(), (PHYSICIAN,), (NURSE, OPTOMETRIST)])
def test_there_is_no_objection_to_a_member_of_a_served_college(
    oci_ids: tuple[OciId, ...], a_proof: Callable[..., ProofOfCompletion]
) -> None:
    assert create_recipient().objections(a_proof(oci_ids=oci_ids), CmarsSettings()) == ()


@pytest.mark.parametrize(
    ("oci_ids", "named"),
    [
        ((NURSE,), "does not serve College of Nurses of Ontario. Correct"),
        ((NURSE, OciId.parse("CA-ON-CNO-9")), "does not serve College of Nurses of Ontario. Correct"),
        ((NURSE, PHARMACIST), "College of Nurses of Ontario or Ontario College of Pharmacists"),
        ((ELSEWHERE,), "does not serve the college CA-QC-CPSO. Correct"),
    ],
)
def test_an_objection_names_the_college_and_the_remedy(
    oci_ids: tuple[OciId, ...], named: str, a_proof: Callable[..., ProofOfCompletion]
) -> None:
    (objection,) = create_recipient().objections(a_proof(oci_ids=oci_ids), CmarsSettings())
    assert objection.code == "college_not_served"
    assert named in say(objection.detail, "en")
    assert "ask for the college to be served" in say(objection.detail, "en")
