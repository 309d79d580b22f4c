"""What must be there before clients write: credentials, people, and two courses, one of which is sent to CMaRS."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from lrx.clock import FrozenClock
from lrx.exchange import open_exchange
from lrx.settings import load_settings
from tests.house import SiteOfHouse, furnish

__all__ = ["COURSE_IRIS", "LEARNERS", "LMS", "SHORTNAMES", "Ways", "furnish_database"]

LEARNERS = 40
LMS = "https://lms.example.org"
SHORTNAMES = ("SENT", "KEPT")
COURSE_IRIS = (f"{LMS}/course/view.php?id=2", f"{LMS}/course/view.php?id=3")


@dataclass(frozen=True)
class Ways:
    """The ways in."""

    api: dict[str, str]
    lms: tuple[str, str]
    strict: tuple[str, str]
    cmars: tuple[str, str]


async def furnish_database(database_url: str, folder: Path) -> Ways:
    """Fill a migrated database, without a server. Person 0 is known at CMaRS as CA-ON-CPSO-10000, and so on."""
    clock = FrozenClock(datetime.now(UTC) - timedelta(hours=1))
    settings = load_settings(database_url=database_url, data_dir=folder, secure_cookies=False)
    async with open_exchange(settings) as exchange, furnish(replace(exchange, clock=clock), clock) as house:
        for shortname, iri in zip(SHORTNAMES, COURSE_IRIS, strict=True):
            await house.site.course(
                shortname, to_cmars=shortname == "SENT", iri=iri, repeats="every_completion", full_name=shortname
            )
        for number in range(LEARNERS):
            await _learner(house.site, number)
        authorization = house.site.api.headers["Authorization"]
        return Ways({"Authorization": authorization}, house.site.lms, house.site.strict, house.site.cmars)


async def _learner(site: SiteOfHouse, number: int) -> None:
    identity = {"home_page": LMS, "user_id": str(number + 1)}
    await site.learner(f"user{number}", f"CA-ON-CPSO-{10000 + number}", lms=identity)
