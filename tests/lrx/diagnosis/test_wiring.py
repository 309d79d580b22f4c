"""When another account is the same person's, and when it only looks alike."""

import pytest

from lrx.diagnosis.chain import diagnose
from lrx.diagnosis.facts import LookAlike
from tests.lrx.diagnosis.cases import LEARNER, SITUATION, TWIN, changed


def other(shared: str, *, has_id: bool, has_record: bool, idnumber: str | None = None) -> LookAlike:
    oci_ids = TWIN.oci_ids if has_id else ()
    return TWIN._replace(shared=tuple(shared.split()), oci_ids=oci_ids, has_record=has_record, idnumber=idnumber)


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
        (False, False, other("name email", has_id=True, has_record=True), "two_accounts"),
        (True, False, other("idnumber", has_id=True, has_record=True), "two_accounts"),
        (False, True, other("idnumber", has_id=True, has_record=False, idnumber="E1188"), "two_accounts"),
        (True, True, other("name email", has_id=True, has_record=True), "look_alike_account"),
    ],
)
def test_what_another_account_of_the_name_means(
    *, has_id: bool, has_record: bool, look_alike: LookAlike, reason: str
) -> None:
    learner = changed(
        LEARNER,
        oci_ids=LEARNER.oci_ids if has_id else (),
        records=LEARNER.records if has_record else (),
        look_alikes=(look_alike,),
    )
    assert diagnose(SITUATION, learner).findings["A1"].reason == reason
