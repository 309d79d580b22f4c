"""When another account is the same person's, and when it only looks alike."""

from dataclasses import replace

import pytest

from lrx.diagnosis.chain import diagnose
from lrx.diagnosis.facts import LearnerFacts, LookAlike
from tests.lrx.diagnosis.cases import LEARNER, SITUATION, TWIN, changed


def other(shared: str, *, has_id: bool, has_record: bool, idnumber: str | None = None) -> LookAlike:
    oci_ids = TWIN.oci_ids if has_id else ()
    return TWIN._replace(shared=tuple(shared.split()), oci_ids=oci_ids, has_record=has_record, idnumber=idnumber)


def beside(look_alike: LookAlike, has_id: bool, has_record: bool) -> LearnerFacts:
    """The usual learner, with what this account has, and another account."""
    oci_ids = LEARNER.oci_ids if has_id else ()
    return changed(LEARNER, oci_ids=oci_ids, records=LEARNER.records if has_record else (), look_alikes=(look_alike,))


@pytest.mark.parametrize(
    ("has_id", "has_record", "look_alike", "reason"),
    [
        # The record on one account and the OCI ID on the other.
        (True, False, other("name", has_id=False, has_record=True), "two_accounts"),
        (False, True, other("name", has_id=True, has_record=False), "two_accounts"),
        (False, True, other("name", has_id=True, has_record=False, idnumber="E2000"), "look_alike_account"),
        # A name is shared by many, and a mailbox by a whole ward.
        (False, False, other("name", has_id=True, has_record=True), "look_alike_account"),
        (True, False, other("name", has_id=True, has_record=True), "look_alike_account"),
        (False, True, other("name", has_id=True, has_record=True), "look_alike_account"),
        (True, False, other("email", has_id=False, has_record=True), "look_alike_account"),
        # More than a name is shared.
        (False, False, other("name email", has_id=True, has_record=True), "other_account"),
        (True, False, other("idnumber", has_id=True, has_record=True), "two_accounts"),
        (False, True, other("idnumber", has_id=True, has_record=False, idnumber="E1188"), "two_accounts"),
        (True, True, other("name email", has_id=True, has_record=True), "look_alike_account"),
    ],
)
def test_what_another_account_of_the_name_means(
    *, has_id: bool, has_record: bool, look_alike: LookAlike, reason: str
) -> None:
    assert diagnose(SITUATION, beside(look_alike, has_id, has_record)).findings["A1"].reason == reason


@pytest.mark.parametrize(
    ("has_id", "has_record", "look_alike", "elsewhere"),
    [
        (True, False, other("idnumber", has_id=False, has_record=True), ["record"]),
        (False, True, other("name email", has_id=True, has_record=False), ["oci_id"]),
        (False, False, other("name email", has_id=True, has_record=True), ["record", "oci_id"]),
    ],
)
def test_what_the_other_account_has_is_not_missed_on_this_one_as_well(
    *, has_id: bool, has_record: bool, look_alike: LookAlike, elsewhere: list[str]
) -> None:
    found = diagnose(SITUATION, beside(look_alike, has_id, has_record))
    assert found.findings["A1"].facts["elsewhere"] == elsewhere
    assert found.verdict.also == ()
    # Whether what the other account has would be shown, was not looked at.
    assert found.verdict.expected_at is None


def test_what_the_account_of_a_namesake_has_is_missed_all_the_same() -> None:
    """They may be two people: then the OCI ID is still missing."""
    namesake = other("name", has_id=True, has_record=False)
    found = diagnose(SITUATION, changed(LEARNER, oci_ids=(), look_alikes=(namesake,)))
    assert (found.verdict.reason, found.verdict.also) == ("two_accounts", ("oci_missing",))
    assert found.verdict.expected_at is None


def test_what_neither_account_has_is_missed() -> None:
    learner = changed(LEARNER, oci_ids=(), records=(), look_alikes=(other("idnumber", has_id=False, has_record=True),))
    found = diagnose(SITUATION, learner).verdict
    assert (found.reason, found.also) == ("two_accounts", ("oci_missing",))


def test_without_the_profile_field_there_is_nowhere_to_move_an_oci_id_to() -> None:
    twin = other("name email", has_id=True, has_record=False)
    found = diagnose(replace(SITUATION, has_field=False), changed(LEARNER, oci_ids=(), look_alikes=(twin,))).verdict
    assert found.also == ("profile_field_missing",)
