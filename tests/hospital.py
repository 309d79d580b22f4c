"""Builds the state of a case of the casebook, over HTTP, in the order in which things happened.

What has no surface yet, uploads of records, equivalencies and supporting documentation, is kept by the recorder.
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from lrx.ingest.completion import Completion
from lrx.ingest.recorder import record
from lrx.people.learners import by_username
from lrx.source import Source
from tests.casebook import ZONE, Case, Event
from tests.house import MOODLE, House, SiteOfHouse

__all__ = ["BEGINNING", "Hospital"]

BEGINNING = datetime(2025, 1, 2, 9, tzinfo=ZONE)
"""When the site is set up."""

COURSE_IRI = f"{MOODLE}/course/view.php?id=2"
MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]

Step = Callable[["Hospital", str, re.Match[str]], Awaitable[None]]
_STEPS: list[tuple[re.Pattern[str], Step]] = []


def _step(pattern: str) -> Callable[[Step], Step]:
    """What is done when a line of the casebook reads like this."""

    def keep(does: Step) -> Step:
        _STEPS.append((re.compile(pattern), does))
        return does

    return keep


@dataclass
class Hospital:
    """The site of a case."""

    house: House
    case: Case
    site: SiteOfHouse = field(init=False)
    learners: dict[str, str] = field(default_factory=dict)
    activities: dict[str, str] = field(default_factory=dict)
    course_id: str = ""

    async def live(self) -> None:
        """Let everything happen that is given in the case, until now."""
        bare = self.case.site == "bare"
        self.site = await self.house.add_site("live", furnished=False) if bare else self.house.site
        await self._found()
        for event in sorted([*self.case.events, *self._questions()], key=lambda event: event.at):
            self._wait_until(event.at)
            await self._happen(event.what)
        self._wait_until(self.case.now)

    async def diagnose(self, username: str, **fields: Any) -> dict[str, Any]:
        """Ask why the completion of this person is missing at CMaRS."""
        asked = {
            "learner": {"username": username},
            "course": {"shortname": self.case.course["shortname"]},
            "recipient": "cmars",
            **fields,
        }
        return dict(await self.site.send("POST", "/diagnoses", asked))

    def _wait_until(self, at: datetime) -> None:
        self.house.clock.advance(max(at - self.house.clock.now(), timedelta()))

    async def _found(self) -> None:
        """The course, its activities, and the people."""
        course = self.case.course
        made = await self.site.course(
            course["shortname"],
            to_cmars=False,
            iri=COURSE_IRI,
            expiry=_expiry(course.get("expires", "never")),
            recertification_window=_lapse(course["recertification"]) if "recertification" in course else None,
        )
        self.course_id = made["id"]
        await self.site.send("PATCH", f"/courses/{made['id']}", {"full_name": course["name"]})
        known = [*course["mandatory"], *course.get("optional", ())]
        for number, name in enumerate(known, start=1):
            mandatory = name in course["mandatory"]
            fields = {"full_name": name, "iri": f"{MOODLE}/mod/scorm/view.php?id={number}", "mandatory": mandatory}
            activity = await self.site.send("POST", f"/courses/{made['id']}/activities", fields)
            self.activities[name] = activity["id"]
        if course["sent_since"] != "never":
            await self._add_cmars()
        for person in (self.case.physician, *self.case.others):
            await self._enter(person)

    async def _enter(self, person: Any) -> None:
        given, family = person["name"].split(" ", 1)
        made = await self.site.learner(
            person["username"],
            person.get("oci_id") or None,
            given_name=given,
            family_name=family,
            lms={"home_page": MOODLE, "user_id": str(len(self.learners) + 3)},
        )
        self.learners[person["username"]] = made["id"]

    async def _add_cmars(self) -> None:
        period = self.case.course.get("reporting_period")
        body = {"recipient": "cmars", "reporting_period": _period(period) if period else None}
        await self.site.send("POST", f"/courses/{self.course_id}/recipients", body)

    def _questions(self) -> list[Event]:
        """CMaRS asks about everybody on its list, on each of the last days."""
        cmars = self.case.cmars
        if not cmars["about"]:
            return []
        at = time.fromisoformat(cmars["asks_daily_at"])
        what = f"CMaRS asked about {' and '.join(cmars['about'])}"
        days = [self.case.now.date() - timedelta(days=back) for back in range(cmars["for_days"])]
        return [Event(datetime.combine(day, at, ZONE), what) for day in days]

    async def _happen(self, what: str) -> None:
        first, _, rest = what.partition(" ")
        who, deed = (first, rest) if first in self.learners else (self.case.physician["username"], what)
        for pattern, does in _STEPS:
            if meant := pattern.fullmatch(deed):
                await does(self, who, meant)
                return
        raise ValueError(f"nobody knows how to do: {what!r}")

    async def complete(self, who: str, activity: str | None) -> None:
        """The LMS reports a completion of the present moment."""
        activity_id = self.activities[activity] if activity else None
        at = self.house.clock.now().isoformat()
        await self.site.complete(who, self.case.course["shortname"], at, activity=activity_id)

    async def keep(self, who: str, source: Source, activity: str | None = None, dated: str | None = None) -> None:
        """The recorder keeps what has no surface yet, dated now or noon of another day."""

        def work(session: Session) -> None:
            act = self.house.act(session, self.site.code)
            learner = by_username(session, act, who)
            assert learner is not None
            at = datetime.combine(date.fromisoformat(dated), time(12), ZONE) if dated else act.at
            course, part = UUID(self.course_id), UUID(self.activities[activity]) if activity else None
            record(
                session, act, self.house.exchange.recipients, Completion(learner.id, course, part, source, at, act.at)
            )

        await self.house.exchange.database.write(work)

    async def upload(self, who: str, oci_id: str) -> None:
        """The feed of the staff office, which is the whole truth about OCI IDs."""
        item = {"username": who, "oci_id": oci_id, "upload": "hr-nightly.csv", "others": "end"}
        await self.site.send("POST", "/oci-ids/batch", {"oci_ids": [item]})

    async def course_record(self, who: str) -> str:
        """The id of the record of the course, of several the one completed last."""
        found = await self.site.get("/learning-records", learner_id=self.learners[who], sort="-completed_at")
        return str(next(one["id"] for one in found["data"] if one["activity_id"] is None))

    async def state(self, who: str, event: str, verb: str, target: dict[str, Any], **more: Any) -> None:
        """The LMS sends a statement of the present moment."""
        user_id = str(list(self.learners).index(who) + 3)
        statement = {
            "actor": {"name": who, "account": {"homePage": MOODLE, "name": user_id}},
            "verb": {"id": verb},
            "object": {"objectType": "Activity", **target},
            "timestamp": self.house.clock.now().isoformat(),
            "context": {
                "platform": "Moodle",
                "extensions": {"http://lrs.learninglocker.net/define/extensions/info": {"event_name": event}},
                "contextActivities": {"parent": [_activity(COURSE_IRI, "course"), *more.pop("inside", ())]},
            },
            **more,
        }
        answer = await self.site.statements([statement])
        assert answer.status_code == 200, answer.text
        await self.house.project()


def _activity(iri: str, kind: str) -> dict[str, Any]:
    types = {
        "course": "https://w3id.org/xapi/cmi5/activitytype/course",
        "module": "http://adlnet.gov/expapi/activities/module",
        "content": "https://xapi.edlm/profiles/edlm-lms/concepts/activity-types/scorm-content-object",
    }
    return {"id": iri, "definition": {"type": types[kind]}}


def _expiry(words: str) -> dict[str, Any]:
    if words == "never":
        return {"rule": "never"}
    if words.startswith("after "):
        return {"rule": "after", **_lapse(words.removeprefix("after "))}
    day, month = words.removeprefix("every year on ").split()
    return {"rule": "on", "month": MONTHS.index(month) + 1, "day": int(day)}


def _lapse(words: str) -> dict[str, Any]:
    count, unit = words.split()
    return {"count": int(count), "unit": unit}


def _period(words: str) -> dict[str, Any]:
    length, day, month = re.fullmatch(r"(\d+) months from (\d+) (\w+)", words).groups()  # type: ignore[union-attr]
    return {"start_month": MONTHS.index(month) + 1, "start_day": int(day), "length_months": int(length)}


# ------------------------------------------------------------------------------------------------------------ learning


@_step(r"completed the course")
async def _completed(here: Hospital, who: str, _meant: re.Match[str]) -> None:
    await here.complete(who, None)


@_step(r"completed the course at (\w+)( without its activity)?")
async def _completed_elsewhere(here: Hospital, _who: str, meant: re.Match[str]) -> None:
    there = await here.house.add_site(meant[1].lower())
    for site in (here.site, there):
        await site.send("PATCH", "/site", {"tells_completions": True})
    course = await there.course("E-LEARNING-7", full_name=here.case.course["name"])
    if meant[2]:
        quiz = {"full_name": "Quiz", "mandatory": True}
        await there.send("POST", f"/courses/{course['id']}/activities", quiz)
    await there.learner("doctor", here.case.physician["oci_id"])
    await there.complete("doctor", "E-LEARNING-7", here.house.clock.now())


@_step(r"had the record at (\w+) (voided|expired): (.+)")
async def _act_elsewhere(here: Hospital, _who: str, meant: re.Match[str]) -> None:
    there = here.house.sites[meant[1].lower()]
    (record_,) = (await there.get("/learning-records"))["data"]
    verb = {"voided": "void", "expired": "expire"}[meant[2]]
    await there.send("POST", f"/learning-records/{record_['id']}/{verb}", {"reason": meant[3]})


@_step(r"completed the (.+) and the course")
async def _completed_both(here: Hospital, who: str, meant: re.Match[str]) -> None:
    await here.complete(who, meant[1])
    await here.complete(who, None)


@_step(r"completed the (.+)")
async def _completed_activity(here: Hospital, who: str, meant: re.Match[str]) -> None:
    await here.complete(who, meant[1])


@_step(r"was enrolled in the course")
async def _enrolled(here: Hospital, who: str, _meant: re.Match[str]) -> None:
    verb = "https://xapi.edlm/profiles/edlm-lms/concepts/verbs/enrolled"
    await here.state(who, r"\core\event\user_enrolment_created", verb, _activity(COURSE_IRI, "course"))


@_step(r"was unenrolled from the course")
async def _unenrolled(here: Hospital, who: str, _meant: re.Match[str]) -> None:
    verb = "https://xapi.edlm/profiles/edlm-lms/concepts/verbs/unenrolled"
    await here.state(who, r"\core\event\user_enrolment_deleted", verb, _activity(COURSE_IRI, "course"))


@_step(r"opened the (.+)")
async def _opened(here: Hospital, who: str, meant: re.Match[str]) -> None:
    module = _module(here, meant[1])
    content = _activity(f"{module['id']}#sco", "content")
    verb = "http://adlnet.gov/expapi/verbs/launched"
    await here.state(who, r"\mod_scorm\event\sco_launched", verb, content, inside=[module])


@_step(r"failed the (.+) with (\d+) of (\d+)")
async def _failed(here: Hospital, who: str, meant: re.Match[str]) -> None:
    event = r"\core\event\course_module_completion_updated"
    result = {"success": False, "completion": True, "score": {"raw": int(meant[2]), "min": 0, "max": int(meant[3])}}
    verb = "http://adlnet.gov/expapi/verbs/completed"
    await here.state(who, event, verb, _module(here, meant[1]), result=result)


def _module(here: Hospital, name: str) -> dict[str, Any]:
    return _activity(f"{MOODLE}/mod/scorm/view.php?id={list(here.activities).index(name) + 1}", "module")


@_step(r"was uploaded as complete from a file(?:, dated (\S+))?")
async def _uploaded(here: Hospital, who: str, meant: re.Match[str]) -> None:
    await here.keep(who, Source.CSV_UPLOAD, dated=meant[1])


@_step(r"was granted an equivalency")
async def _granted(here: Hospital, who: str, _meant: re.Match[str]) -> None:
    await here.keep(who, Source.EQUIVALENCY)


@_step(r"had supporting documentation approved for the (course|.+?)(?:, dated (\S+))?")
async def _approved(here: Hospital, who: str, meant: re.Match[str]) -> None:
    activity = None if meant[1] == "course" else meant[1]
    await here.keep(who, Source.SUPPORTING_DOCUMENTATION, activity, meant[2])


@_step(r"had the course record (voided|unvoided|expired|unexpired): (.+)")
async def _act_on_record(here: Hospital, who: str, meant: re.Match[str]) -> None:
    verb = {"voided": "void", "unvoided": "unvoid", "expired": "expire", "unexpired": "unexpire"}[meant[1]]
    await here.site.send("POST", f"/learning-records/{await here.course_record(who)}/{verb}", {"reason": meant[2]})


@_step(r"had the repeat made a record: (.+)")
async def _promoted(here: Hospital, who: str, meant: re.Match[str]) -> None:
    path = f"/learning-records/{await here.course_record(who)}"
    (amendment,) = (await here.site.get(path))["amendments"]
    await here.site.send("POST", f"{path}/amendments/{amendment['id']}/promote", {"reason": meant[1]})


@_step(r"the course was reset and its records (voided|expired): (.+)")
async def _reset(here: Hospital, _who: str, meant: re.Match[str]) -> None:
    mode = {"voided": "void", "expired": "expire"}[meant[1]]
    await here.site.send("POST", f"/courses/{here.course_id}/resets", {"mode": mode, "reason": meant[2]})


# -------------------------------------------------------------------------------------------------------------- people


@_step(r"was given the OCI ID (\S+?)(?: and (\S+))?")
async def _given(here: Hospital, who: str, meant: re.Match[str]) -> None:
    given = [one for one in meant.groups() if one]
    await here.site.send("PUT", f"/learners/{here.learners[who]}/oci-ids", {"oci_ids": given})


@_step(r"had the id number (\S+)")
async def _numbered(here: Hospital, who: str, meant: re.Match[str]) -> None:
    await here.site.send("PATCH", f"/learners/{here.learners[who]}", {"idnumber": meant[1]})


@_step(r"the OCI ID (\S+) came in the nightly file")
async def _uploaded_oci_id(here: Hospital, who: str, meant: re.Match[str]) -> None:
    await here.upload(who, meant[1])


@_step(r"the nightly file named another user, (\S+), with (\S+)")
async def _uploaded_for_nobody(here: Hospital, _who: str, meant: re.Match[str]) -> None:
    await here.upload(meant[1], meant[2])


@_step(r"was suspended")
async def _suspended(here: Hospital, who: str, _meant: re.Match[str]) -> None:
    await here.site.send("PATCH", f"/learners/{here.learners[who]}", {"suspended": True})


@_step(r"the profile field no longer had to be unique")
async def _not_unique(here: Hospital, _who: str, _meant: re.Match[str]) -> None:
    await here.site.send("PATCH", "/profile-fields/ociid", {"is_unique": False})


# -------------------------------------------------------------------------------------------------------------- wiring


@_step(r"CMaRS was added to the course")
async def _added(here: Hospital, _who: str, _meant: re.Match[str]) -> None:
    await here._add_cmars()


@_step(r"CMaRS was removed from the course")
async def _removed(here: Hospital, _who: str, _meant: re.Match[str]) -> None:
    await here.site.send("DELETE", f"/courses/{here.course_id}/recipients/cmars")


@_step(r"the course (\S+) of the same name was sent to CMaRS")
async def _namesake(here: Hospital, _who: str, meant: re.Match[str]) -> None:
    await here.site.course(meant[1], full_name=here.case.course["name"])


@_step(r"the course was set to expire (.+)")
async def _expires(here: Hospital, _who: str, meant: re.Match[str]) -> None:
    await here.site.send("PATCH", f"/courses/{here.course_id}", {"expiry": _expiry(meant[1])})


@_step(r"the reporting period was set to (.+)")
async def _counts(here: Hospital, _who: str, meant: re.Match[str]) -> None:
    period = {"reporting_period": _period(meant[1])}
    await here.site.send("PATCH", f"/courses/{here.course_id}/recipients/cmars", period)


@_step(r"it was noted that CMaRS (follows|does not follow) the course, as (.+) said")
async def _noted(here: Hospital, _who: str, meant: re.Match[str]) -> None:
    note = {
        "tracked": meant[1] == "follows",
        "tracked_confirmed_by": meant[2],
        "tracked_confirmed_on": here.house.clock.now().date().isoformat(),
    }
    await here.site.send("PATCH", f"/courses/{here.course_id}/recipients/cmars", note)


@_step(r"CMaRS was switched (on|off)")
async def _switched(here: Hospital, _who: str, meant: re.Match[str]) -> None:
    await here.site.send("PATCH", "/recipients/cmars", {"enabled": meant[1] == "on"})


@_step(r"CMaRS’s credential was revoked")
async def _revoked(here: Hospital, _who: str, _meant: re.Match[str]) -> None:
    found = await here.site.get("/credentials", kind="recipient")
    for credential in found["data"]:
        await here.site.send("POST", f"/credentials/{credential['id']}/revoke")


@_step(r"CMaRS asked about (.+?)(?: for the course (\S+))?")
async def _asked(here: Hospital, _who: str, meant: re.Match[str]) -> None:
    """As CMaRS does each morning: with its service account, about everybody on its list at once. A site that is
    switched off, or has revoked the account, refuses."""
    narrowed = {name: here.case.cmars[name] for name in ("course", "completed_from") if name in here.case.cmars}
    if meant[2]:
        narrowed["course"] = meant[2]
    answer = await here.house.http.post(
        "/recipients/cmars/v1/learning-records/batch",
        json={"oci_ids": meant[1].split(" and "), **narrowed},
        auth=here.site.cmars,
        headers={"Accept": "application/json"},
    )
    assert answer.status_code in (200, 401, 403), answer.text
