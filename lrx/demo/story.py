"""The story of the demonstration, told to a running LRX over HTTP as its users would, in the order it happened."""

import json
import tomllib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

import httpx
from sqlmodel import Session

from lrx.access import Act
from lrx.clock import FrozenClock
from lrx.courses.courses import course_by_shortname
from lrx.exchange import Exchange
from lrx.ingest.completion import Completion
from lrx.ingest.recorder import record
from lrx.people.learners import by_username
from lrx.sites import act_for_site, site_named
from lrx.source import Source

__all__ = ["MOODLE_OCI_ID", "Ways", "read_story", "tell"]

ZONE = ZoneInfo("America/Toronto")
RECIPIENT = "cmars"
MOODLE_LEARNER = "3"
MOODLE_OCI_ID = "CA-ON-CPSO-23456"
"""The OCI ID given to the learner of the captured requests who completed the course."""

Step = tuple[datetime, Callable[[], Awaitable[None]]]


@dataclass(frozen=True)
class Ways:
    """The ways in that the story uses: an API key, the LMS's credential, the recipient's service account."""

    api: httpx.AsyncClient
    lms: httpx.BasicAuth
    recipient: httpx.BasicAuth


def read_story() -> dict[str, Any]:
    """The story as written."""
    return tomllib.loads(files("lrx.demo").joinpath("story.toml").read_text(encoding="utf-8"))


async def tell(
    story: dict[str, Any],
    exchange: Exchange,
    clock: FrozenClock,
    ways: Ways,
    project: Callable[[], Awaitable[None]],
    ask_as_recipient: Callable[[], Awaitable[None]],
) -> None:
    """Do everything in the story at its time. `ask_as_recipient` is the refresh of the story's last morning."""
    teller = _Teller(exchange, clock, ways, project)
    await teller.found(story)
    for at, step in sorted(teller.steps(story, ask_as_recipient), key=lambda one: one[0]):
        clock.advance(max(at - clock.now(), timedelta()))
        await step()
    clock.advance(max(story["now"] - clock.now(), timedelta()))


class _Teller:
    def __init__(
        self, exchange: Exchange, clock: FrozenClock, ways: Ways, project: Callable[[], Awaitable[None]]
    ) -> None:
        self.exchange, self.clock, self.ways, self.project = exchange, clock, ways, project
        self.learners: dict[str, str] = {}
        self.activities: dict[str, str] = {}

    async def found(self, story: dict[str, Any]) -> None:
        """What a site administrator does first: the field, the recipient, the course, the people."""
        await self._api("POST", "/profile-fields", {})
        await self._api("PATCH", f"/recipients/{RECIPIENT}", {"enabled": True})
        for course in story["course"]:
            made = await self._api(
                "POST", "/courses", {name: course[name] for name in ("shortname", "full_name", "expiry")}
            )
            activity = {"full_name": course["activity"], "mandatory": True}
            module = await self._api("POST", f"/courses/{made['id']}/activities", activity)
            self.activities[course["shortname"]] = module["id"]
            await self._api("POST", f"/courses/{made['id']}/recipients", {"recipient": RECIPIENT})
        for number, person in enumerate(story["person"], start=1):
            await self._enter(person, number)

    async def _enter(self, person: dict[str, Any], number: int) -> None:
        names = ("username", "given_name", "family_name", "language", "idnumber")
        contact = {"idnumber": f"DEMO-{number:03}", "email": f"{person['username']}@example.invalid"}
        learner = await self._api(
            "POST", "/learners", contact | {name: person[name] for name in names if name in person}
        )
        self.learners[person["username"]] = learner["id"]
        if "oci_id" in person:
            await self._api("PUT", f"/learners/{learner['id']}/oci-ids", {"oci_ids": [person["oci_id"]]})

    def steps(self, story: dict[str, Any], last_refresh: Callable[[], Awaitable[None]]) -> list[Step]:
        """Everything that happens after the beginning, each with its time."""
        steps: list[Step] = []
        shortname = story["course"][0]["shortname"]
        for person in story["person"]:
            steps += self._deeds(person, shortname, story["begins"])
        captured = self._captured(story["captured_days_back"])
        sent_at = datetime.fromisoformat(captured[-1][-1]["timestamp"]) + timedelta(minutes=1)
        steps.append((sent_at, lambda: self._send_captured(captured)))
        at = time.fromisoformat(story["refresh_time"])
        day: date = story["first_refresh"]
        while day < story["now"].date():
            steps.append((datetime.combine(day, at, ZONE), lambda: self._refresh(story["roster"]["oci_ids"])))
            day += timedelta(days=1)
        steps.append((datetime.combine(day, at, ZONE), last_refresh))
        return steps

    def _deeds(self, person: dict[str, Any], shortname: str, begins: datetime) -> list[Step]:
        steps: list[Step] = []
        if "module" in person:
            steps.append((max(person["module"], begins), lambda: self._complete(person, shortname, "module")))
        if "completed" in person:
            step = (
                (lambda: self._keep(person, shortname))
                if "source" in person
                else (lambda: self._complete(person, shortname, "completed"))
            )
            steps.append((max(person["completed"], begins), step))
        if "voided" in person:
            steps.append((person["voided"], lambda: self._void(person)))
        return steps

    async def _complete(self, person: dict[str, Any], shortname: str, what: str) -> None:
        claim: dict[str, Any] = {
            "learner": {"username": person["username"]},
            "course": {"shortname": shortname},
            "completed_at": person[what].isoformat(),
        }
        if what == "module":
            claim["activity"] = {"id": self.activities[shortname]}
        await self._api("POST", "/learning-records", claim)

    async def _keep(self, person: dict[str, Any], shortname: str) -> None:
        """Uploads and equivalencies have no surface of their own yet: the recorder is called as they will."""

        def work(session: Session) -> None:
            act = self._act(session)
            learner = by_username(session, act, person["username"])
            course = course_by_shortname(session, act, shortname)
            if learner is None or course is None:
                raise LookupError(f"the story speaks of {person['username']} and {shortname} before they are there")
            source = Source(person["source"])
            claim = Completion(learner.id, course.id, None, source, person["completed"], act.at)
            record(session, act, self.exchange.recipients, claim)

        await self.exchange.database.write(work)

    def _act(self, session: Session) -> Act:
        now = self.clock.now()
        return act_for_site(site_named(session, "default"), "system:demo", now, lambda: self.exchange.ids(now))

    async def _void(self, person: dict[str, Any]) -> None:
        records = await self._api("GET", f"/learning-records?learner_id={self.learners[person['username']]}")
        course_record = next(one for one in records["data"] if one["activity_id"] is None)
        await self._api("POST", f"/learning-records/{course_record['id']}/void", {"reason": person["voided_because"]})

    def _captured(self, days_back: int) -> list[list[dict[str, Any]]]:
        """The captured requests, moved some days back: they were captured on the evening of the story's last day."""
        requests = json.loads(files("lrx.demo").joinpath("moodle_requests.json").read_text(encoding="utf-8"))
        for statement in (statement for request in requests for statement in request):
            moved = datetime.fromisoformat(statement["timestamp"]) - timedelta(days=days_back)
            statement["timestamp"] = moved.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return list(requests)

    async def _send_captured(self, requests: list[list[dict[str, Any]]]) -> None:
        """The course joins the exchange before anybody completes it."""
        await self._statements(requests[0][:10])
        await self.project()
        courses = await self._api("GET", "/courses")
        moodle = next(one for one in courses["data"] if one["iri"])
        await self._api("POST", f"/courses/{moodle['id']}/recipients", {"recipient": RECIPIENT})
        for request in requests:
            await self._statements(request)
        await self.project()
        learners = await self._api("GET", "/learners?limit=200")
        amira = next(one for one in learners["data"] if one["lms"] and one["lms"]["user_id"] == MOODLE_LEARNER)
        await self._api("PUT", f"/learners/{amira['id']}/oci-ids", {"oci_ids": [MOODLE_OCI_ID]})

    async def _statements(self, statements: list[dict[str, Any]]) -> None:
        answer = await self.ways.api.post(
            "/xapi/statements",
            json=statements,
            auth=self.ways.lms,
            headers={"X-Experience-API-Version": "1.0.3"},
        )
        answer.raise_for_status()

    async def _refresh(self, roster: list[str]) -> None:
        answer = await self.ways.api.post(
            f"/recipients/{RECIPIENT}/v1/learning-records/batch",
            json={"oci_ids": roster},
            auth=self.ways.recipient,
            headers={"Accept": "application/json"},
        )
        answer.raise_for_status()

    async def _api(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        answer = await self.ways.api.request(method, f"/api/v1{path}", json=body)
        if answer.is_error:
            raise RuntimeError(f"{method} {path} in the demonstration: {answer.text}")
        found: dict[str, Any] = answer.json() if answer.content else {}
        return found
