"""What a site refuses while it has a recipient switched off is no silence of the recipient."""

from collections.abc import Sequence

import pytest

from lrx.clock import FrozenClock
from tests.casebook import case_of
from tests.hospital import BEGINNING, Hospital
from tests.house import House

pytestmark = pytest.mark.anyio

DONE = "2 days ago: completed the SCORM module and the course"
OFF, ON = "CMaRS was switched off", "CMaRS was switched on"


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(BEGINNING)


@pytest.mark.parametrize(
    ("switched", "answer"),
    [
        pytest.param(
            [f"5 days ago: {OFF}", f"today at 09:00: {ON}"], "waiting D2 awaiting_inquiry", id="off, and on again"
        ),
        pytest.param(
            [f"5 days ago: {OFF}", f"4 days ago: {ON}", f"4 days ago at 10:00: {OFF}", f"today at 09:00: {ON}"],
            "waiting D2 awaiting_inquiry",
            id="off, on for an hour, off, and on again",
        ),
        pytest.param(
            [f"12 days ago: {OFF}", f"8 days ago: {ON}"], "blocked A4 recipient_silent", id="off before it stopped"
        ),
        pytest.param([], "blocked A4 recipient_silent", id="never off"),
    ],
)
async def test_a_recipient_that_was_switched_off_has_not_stopped_asking(
    house: House, switched: Sequence[str], answer: str
) -> None:
    asked = [f"{days} days ago at 05:58: CMaRS asked about CA-ON-CPSO-12345" for days in range(5, 25)]
    hospital = Hospital(house, case_of(cmars={"about": []}, given=[DONE, *switched, *asked]))
    await hospital.live()

    verdict = (await hospital.diagnose("ltremblay"))["verdict"]

    assert f"{verdict['state']} {verdict['check']} {verdict['reason']}" == answer
    assert verdict["turn"] == "recipient"
