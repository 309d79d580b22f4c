"""Whom, which course and which recipient a ticket means at a site, and that nobody is picked where several are left."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest

from lrx.diagnosis.matter import reference_of
from lrx.diagnosis.meant import people as meant_people
from lrx.diagnosis.meant.names import MOST_NAMES
from lrx.diagnosis.meant.understanding import Understanding, titles, understand
from lrx.diagnosis.ticket import read_ticket
from lrx.recipient import Recipient
from tests.house import House

pytestmark = pytest.mark.anyio

PEOPLE: Mapping[str, Mapping[str, Any]] = {
    "ltremblay": {"given_name": "Luc", "family_name": "Tremblay", "email": "luc.tremblay@lakeside.example"},
    "mtremblay": {"given_name": "Marie", "family_name": "Tremblay", "oci_id": "CA-ON-CPSO-70011"},
    "wchen": {"given_name": "Wei", "family_name": "Chen", "oci_id": "CA-ON-CPSO-54321", "idnumber": "004512"},
    "hroy": {"given_name": "Hélène", "family_name": "Roy", "email": "helene.roy@lakeside.example"},
    "aokafor": {"given_name": "Amara", "family_name": "Okafor", "oci_id": "CA-ON-CPSO-88120"},
    "jfraser": {"given_name": "Joan", "family_name": "Fraser", "oci_id": "CA-ON-CMO-2207"},
    "jfraser2": {"given_name": "Joan", "family_name": "Fraser"},
    # As statements name people.
    "apatel": {"given_name": None, "full_name": "Dr. Anita Patel, MD"},
    "mgarcia": {"given_name": None, "full_name": "Maria Garcia Lopez"},
    "agarcia": {"given_name": "Ana", "family_name": "Garcia Lopez"},
    "zbeaulieu": {"given_name": None, "family_name": "Beaulieu", "full_name": "Zoé Beaulieu"},
    "ncote": {"given_name": None, "full_name": "Côté, Noémie"},
}
COURSES = {
    "WHMIS-2026": "WHMIS 2026",
    "FIRE": "Fire Safety and Security",
    "HH-2025": "Hand Hygiene 2025",
    "HH-2026": "Hand Hygiene 2026",
    "IT": "Information Technology Basics",
    "SIMDUT-26": "SIMDUT 2026 : Système d’information",
}


class Site:
    """A house with people and courses, and tickets understood in it."""

    def __init__(self, house: House, usernames: dict[str, str], shortnames: dict[str, str]) -> None:
        self.house, self.usernames, self.shortnames = house, usernames, shortnames

    async def understand(self, text: str, **options: Any) -> Understanding:
        recipients: Mapping[str, Recipient] = self.house.exchange.recipients
        ticket = read_ticket(text, titles(recipients))
        return await self.house.exchange.database.read(
            lambda session: understand(session, self.house.act(session), recipients, ticket, **options)
        )

    def people(self, meant: Understanding) -> list[str]:
        """Who is left, by user name."""
        return [self.usernames[str(one.learner_id)] for one in meant.people if one.remains]

    def courses(self, meant: Understanding) -> list[str]:
        """Which courses are left, by short name."""
        return sorted(self.shortnames[str(one.course_id)] for one in meant.courses if one.remains)

    def certain(self, meant: Understanding) -> tuple[list[str], str, str] | None:
        """The choice in names."""
        if meant.certain is None:
            return None
        people = sorted(self.usernames[str(one)] for one in meant.certain.learner_ids)
        return people, self.shortnames[str(meant.certain.course_id)], meant.certain.recipient


@pytest.fixture
async def site(house: House) -> Site:
    usernames = {}
    for username, fields in PEOPLE.items():
        usernames[(await house.site.learner(username, **fields))["id"]] = username
    shortnames = {}
    for shortname, full_name in COURSES.items():
        made = await house.site.send("POST", "/courses", {"shortname": shortname, "full_name": full_name})
        shortnames[made["id"]] = shortname
    await house.site.complete("aokafor", "WHMIS-2026", "2026-11-18T09:12:00-05:00")
    return Site(house, usernames, shortnames)


CERTAIN = {
    "Dr Luc Tremblay CPSO 12345 says WHMIS done, CMaRS red…": (["ltremblay"], "WHMIS-2026", "cmars"),
    "TREMBLAY, L. whmis 2026": (["ltremblay"], "WHMIS-2026", "cmars"),
    "dr okafor, Whmis-2026": (["aokafor"], "WHMIS-2026", "cmars"),
    "registration 88120, fire safety and security": (["aokafor"], "FIRE", "cmars"),
    "employee no 004512: Fire Safety & Security": (["wchen"], "FIRE", "cmars"),
    "LUC.TREMBLAY@lakeside.example has done FIRE": (["ltremblay"], "FIRE", "cmars"),
    "Mme Helene Roy, simdut": (["hroy"], "SIMDUT-26", "cmars"),
    "WS401 for Wei Chen, hand hygiene 2026": (["wchen"], "HH-2026", "cmars"),
    "Dr Chen CPSO 54312 hand-hygiene 2025": (["wchen"], "HH-2025", "cmars"),
    "Dr Tremblay CPSO 70011 fire safety": (["mtremblay"], "FIRE", "cmars"),
    "Joan Fraser, CMO 2207, WHMIS": (["jfraser"], "WHMIS-2026", "cmars"),
    "Dr. Patel says WHMIS is done": (["apatel"], "WHMIS-2026", "cmars"),
    "Zoé Beaulieu, WHMIS": (["zbeaulieu"], "WHMIS-2026", "cmars"),
    "Dr. Côté: WHMIS": (["ncote"], "WHMIS-2026", "cmars"),
    "Maria Garcia Lopez, WHMIS": (["mgarcia"], "WHMIS-2026", "cmars"),
    "Patel, Anita: WHMIS": (["apatel"], "WHMIS-2026", "cmars"),
    "Luc Tremblay, Fire Safety and Security": (["ltremblay"], "FIRE", "cmars"),
    "Luc Tremblay Fire Safety and Security": (["ltremblay"], "FIRE", "cmars"),
    "Hand Hygiene 2026 Wei Chen": (["wchen"], "HH-2026", "cmars"),
    "Information Technology Basics Dr Luc Tremblay": (["ltremblay"], "IT", "cmars"),
    "From: Hélène Roy <helene.roy@lakeside.example>\n\nCPSO 88120, WHMIS\n\nMerci,\nHélène Roy": (
        ["aokafor"],
        "WHMIS-2026",
        "cmars",
    ),
}


async def test_one_person_one_course_and_one_recipient_are_certain(site: Site) -> None:
    chosen = {text: site.certain(await site.understand(text)) for text in CERTAIN}
    assert chosen == CERTAIN


UNCERTAIN = {
    "Dr Tremblay WHMIS": (["ltremblay", "mtremblay"], ["WHMIS-2026"], "Several people may be meant: "),
    "Dr. Garcia Lopez says WHMIS is done": (["agarcia", "mgarcia"], ["WHMIS-2026"], "Several people may be meant: "),
    "CPSO 88120 and CPSO 54321, WHMIS": (["aokafor", "wchen"], ["WHMIS-2026"], "Several people may be meant: "),
    "CPSO 54312, WHMIS": (["wchen"], ["WHMIS-2026"], "Only a number is nearly the one in the text"),
    "Luc Tremblay hand hygiene": (["ltremblay"], ["HH-2025", "HH-2026"], "Several courses may be meant"),
    "Luc Tremblay is red": (["ltremblay"], [], "No course is named"),
    "Luc Tremblay, WHMIS 2025": (["ltremblay"], [], "No course is named"),
    "CPSO 88120 is red": (["aokafor"], ["WHMIS-2026"], "No course here is named in this text. There are records in"),
    "aokafor finished Radiation Safety": (["aokafor"], ["WHMIS-2026"], "No course here is named"),
    "it is red": ([], [], "Nobody here is found"),
    "Dr. Luc Tramblay WHMIS": ([], ["WHMIS-2026"], "The nearest names: Tremblay, Luc (ltremblay)"),
    "Dr. Luc Tremblay WHMIS\n\nRegards,\nHélène Roy": (["hroy", "ltremblay"], ["WHMIS-2026"], "Several people"),
}


async def test_what_is_left_open_is_asked_and_nothing_is_picked(site: Site) -> None:
    for text, (people, courses, question) in UNCERTAIN.items():
        meant = await site.understand(text)
        assert (text, sorted(site.people(meant)), site.courses(meant)) == (text, people, courses)
        assert question in str(meant.questions[0]), text
        assert meant.certain is None


async def test_every_candidate_comes_with_the_reasons(site: Site) -> None:
    meant = await site.understand("Dr Tremblay CPSO 70012, CPSO 70011, mtremblay")
    reasons = [(reason.why, reason.found.typed, reason.near) for reason in meant.people[0].reasons]
    assert reasons == [
        ("oci_id", "CPSO 70011", None),
        ("username", "mtremblay", None),
        ("family_name", "Tremblay", None),
        ("near_miss", "CPSO 70012", "digit_changed"),
    ]
    assert [(site.usernames[str(one.learner_id)], one.remains) for one in meant.people] == [
        ("mtremblay", True),
        ("ltremblay", False),
    ]


async def test_an_oci_id_held_before_still_leads_to_its_holder(site: Site) -> None:
    (aokafor,) = [one for one, username in site.usernames.items() if username == "aokafor"]
    await site.house.site.send("PUT", f"/learners/{aokafor}/oci-ids", {"oci_ids": ["CA-ON-CPSO-33871"]})
    meant = await site.understand("CPSO 88120, WHMIS")
    assert [reason.why for reason in meant.people[0].reasons] == ["oci_id_before"]
    assert site.certain(meant) == (["aokafor"], "WHMIS-2026", "cmars")


async def test_two_accounts_of_one_name_are_one_person_and_a_finding(site: Site) -> None:
    meant = await site.understand("Ms. Fraser, CMO 2207, WHMIS")
    assert [str(note) for note in meant.notes] == [
        "2 accounts here are called Fraser, Joan: jfraser, jfraser2. Compare them before you go on."
    ]
    assert site.certain(meant) == (["jfraser"], "WHMIS-2026", "cmars")


async def test_an_answer_to_a_letter_asks_what_its_diagnosis_asked(site: Site) -> None:
    asked = {"learner": {"username": "mtremblay"}, "course": {"shortname": "FIRE"}, "recipient": "cmars"}
    made = await site.house.site.send("POST", "/diagnoses", asked)
    letters = await site.house.site.get(f"/diagnoses/{made['id']}/replies")
    number = letters["reference"]
    mail = f"From: Hélène Roy <helene.roy@lakeside.example>\nSubject: Re: [{number}]\n\nIt is still red. – H. Roy"

    meant = await site.understand(mail)
    assert site.certain(meant) == (["mtremblay"], "FIRE", "cmars")
    assert [str(one) for one in meant.diagnoses] == [made["id"]]
    assert [(one.why, one.remains) for one in meant.courses] == [("diagnosis", True)]
    assert [one.why for one in meant.recipients] == ["diagnosis"]
    assert site.certain(await site.understand(f"/admin/diagnoses/{made['id']}")) == (["mtremblay"], "FIRE", "cmars")
    # A word of another course's name says nothing against it; a course named in full does.
    assert site.certain(await site.understand(f"{mail} The safety and security one.")) is not None
    other = await site.understand(f"{mail} And what of hand hygiene 2026?")
    assert (site.certain(other), site.courses(other)) == (None, ["FIRE", "HH-2026"])
    # Somebody else who is named by an account of theirs may be meant as well.
    both = await site.understand(f"{mail} The same with aokafor.")
    assert (site.certain(both), sorted(site.people(both))) == (None, ["aokafor", "mtremblay"])


async def test_what_a_quoted_diagnosis_was_about_is_told_only_to_who_may_see_it(site: Site) -> None:
    asked = {"learner": {"username": "mtremblay"}, "course": {"shortname": "FIRE"}, "recipient": "cmars"}
    made = await site.house.site.send("POST", "/diagnoses", asked)
    meant = await site.understand(f"[{reference_of(UUID(made['id']))}]", sees_diagnoses=False)
    assert (meant.people, meant.courses, meant.diagnoses) == ((), (), ())
    nobody = await site.understand("[0198c7a2-5d3e-50c9]")
    assert (nobody.people, nobody.diagnoses) == ((), ())


@pytest.mark.parametrize("idnumbers", [("E1", "E2"), ("E1", "E1"), ("E1", None)])
async def test_two_people_of_one_name_are_a_question(site: Site, idnumbers: tuple[str | None, str | None]) -> None:
    for number, idnumber in enumerate(idnumbers):
        person = {"username": f"jsmithe{number}", "given_name": "John", "family_name": "Smithe", "idnumber": idnumber}
        await site.house.site.send("POST", "/learners", person)
    meant = await site.understand("Dr John Smithe, WHMIS")
    are_two = len(set(filter(None, idnumbers))) == 2
    assert (meant.certain is None) == are_two
    assert [str(one).startswith("Several people may be meant: ") for one in meant.questions] == [True] * are_two


async def test_a_course_nobody_names_is_the_only_one_with_records(site: Site) -> None:
    meant = await site.understand("Amara Okafor is red")
    assert [(one.why, one.start) for one in meant.courses] == [("records", None)]
    await site.house.site.complete("aokafor", "FIRE", "2026-11-19T09:12:00-05:00")
    meant = await site.understand("Amara Okafor is red")
    assert [site.shortnames[str(one.course_id)] for one in meant.courses] == ["FIRE", "WHMIS-2026"]
    assert meant.certain is None


async def test_a_recipient_is_the_one_given_the_one_named_or_the_only_one(site: Site) -> None:
    by_text = {
        "WHMIS": "only_one",
        "WHMIS at CMaRS": "named",
        "WHMIS WS401": "code",
    }
    for text, why in by_text.items():
        assert [one.why for one in (await site.understand(text)).recipients] == [why]
    assert [one.why for one in (await site.understand("WHMIS", recipient="cmars")).recipients] == ["given"]
    await site.house.site.send("PATCH", "/recipients/cmars", {"enabled": False})
    meant = await site.understand("Luc Tremblay WHMIS")
    assert (meant.recipients, meant.certain) == ((), None)
    assert "This site uses no recipient" in str(meant.questions[0])


async def test_people_and_courses_of_another_site_are_not_meant(site: Site) -> None:
    other = await site.house.add_site("hilltop")
    answer = await other.send("POST", "/ticket-readings", {"text": "Luc Tremblay CPSO 88120 WHMIS"})
    assert (answer["people"], answer["nearest"], answer["courses"], answer["certain"]) == ([], [], [], None)


async def test_the_api_says_what_was_understood_and_keeps_nothing(site: Site) -> None:
    text = "Dre Hélène Roy a terminé SIMDUT, WS401"
    answer = await site.house.site.send("POST", "/ticket-readings", {"text": text}, **{"Accept-Language": "fr"})
    assert [(one["kind"], text[one["start"] : one["end"]], one["normal"]) for one in answer["found"]] == [
        ("name", "Hélène Roy", "helene roy"),
        ("words", "SIMDUT", "simdut"),
        ("ws_code", "WS401", "WS401"),
    ]
    assert answer["codes"] == ["WS401"]
    assert answer["certain"]["recipient"] == "cmars"
    assert [site.usernames[one] for one in answer["certain"]["learner_ids"]] == ["hroy"]


async def test_an_answer_kept_under_a_key_is_the_same_again(site: Site) -> None:
    key = {"Idempotency-Key": "one-ticket"}
    first = await site.house.site.send("POST", "/ticket-readings", {"text": "Dr. Chen"}, **key)
    assert await site.house.site.send("POST", "/ticket-readings", {"text": "Dr. Chen"}, **key) == first


async def test_a_ticket_that_is_too_long_and_an_unknown_recipient_are_refused(site: Site) -> None:
    refusal = await site.house.site.send("POST", "/ticket-readings", {"text": "a" * 100_001}, status=422)
    assert refusal["code"] == "ticket_too_long"
    refusal = await site.house.site.send("POST", "/ticket-readings", {"text": "a", "recipient": "x"}, status=404)
    assert refusal["code"] == "recipient_unknown"


async def test_a_long_text_of_names_is_read_in_time_that_grows_with_it(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at = 0

    def counted(*given: Any) -> Any:
        nonlocal looked_at
        looked_at += 1
        return without(*given)

    without = meant_people._without
    monkeypatch.setattr(meant_people, "_without", counted)
    await site.understand(" ".join(f"{chr(65 + one % 26)}bc{one} Def." for one in range(3_000)) + " Fire Safety")
    await site.understand("Abc Def. " * 9_000 + "Fire Safety")
    assert looked_at <= 2 * MOST_NAMES


@pytest.mark.parametrize(("typed", "people"), [("Dr. L. Tremblay", ["ltremblay"]), ("Dr. K. Tremblay", [])])
async def test_an_initial_tells_people_of_one_family_name_apart(site: Site, typed: str, people: list[str]) -> None:
    assert site.people(await site.understand(f"{typed} WHMIS-2026 CMaRS")) == people


@pytest.mark.parametrize(("scopes", "courses"), [(["learners:read"], 0), (["learners:read", "records:read"], 1)])
async def test_who_may_not_see_records_is_not_told_where_there_are_some(
    site: Site, scopes: list[str], courses: int
) -> None:
    house = site.house
    await house.site.complete("wchen", "FIRE", house.clock.now())
    wanted = {"kind": "api", "name": "Copy", "scopes": scopes}
    key = (await house.site.send("POST", "/credentials", wanted))["api_key"]
    headers = {"Authorization": f"Bearer {key}"}
    answer = await house.http.post("/api/v1/ticket-readings", json={"text": "Dr. Wei Chen, CMaRS"}, headers=headers)
    assert len(answer.json()["courses"]) == courses
    assert ("Fire" in answer.text or "FIRE" in answer.text) is bool(courses)


WHO: Mapping[str, tuple[list[str], str]] = {
    # The possessive is no part of a name.
    "Dr. Chen's WHMIS 2026": (["wchen"], ""),
    "Dr. Chen’s WHMIS 2026": (["wchen"], ""),
    "dr chen's whmis 2026": (["wchen"], ""),
    "Wei Chen's WHMIS 2026": (["wchen"], ""),
    "Le dossier d’Amara Okafor, WHMIS 2026": (["aokafor"], ""),
    # Who asks or is addressed gives way to who is named in the rest.
    "Requester: Hélène Roy <helene.roy@lakeside.example>\nDescription: Dr. Chen's WHMIS 2026": (["wchen"], ""),
    "Demandeur : Hélène Roy\nWHMIS 2026 de Wei Chen": (["wchen"], ""),
    "Requester: Hélène Roy | Subject: WHMIS 2026 of Luc Tremblay": (["ltremblay"], ""),
    "From: Hélène Roy\n\nDr. Wei Chen finished WHMIS 2026": (["wchen"], ""),
    "Dear Hélène Roy,\nDr. Chen finished WHMIS 2026": (["wchen"], ""),
    "Bonjour Mme Roy,\nle WHMIS 2026 de la Dre Okafor": (["aokafor"], ""),
    "Hélène Roy here. Dr. Chen's WHMIS 2026 isn't showing in CMaRS": (["wchen"], ""),
    "Hélène Roy ici. Le WHMIS 2026 du Dr Chen est absent": (["wchen"], ""),
    "This is Hélène Roy. Wei Chen has WHMIS 2026": (["wchen"], ""),
    # Where nobody else is named they are meant.
    "Requester: Wei Chen\nWHMIS 2026 is missing": (["wchen"], ""),
    "Dear Dr. Chen,\nWHMIS 2026 is missing": (["wchen"], ""),
    "Bonjour Mme Gagnon,\nMon WHMIS 2026 est absent.\nMerci,\nHélène Roy": (["hroy"], ""),
    "Wei Chen here. My WHMIS 2026 is missing": (["wchen"], ""),
    "WHMIS 2026 is missing.\nRegards, Dr. Chen": (["wchen"], ""),
    "WHMIS 2026 is missing.\nRegards,\nDr. Chen": (["wchen"], ""),
    "I'm Dr. Wei Chen. My WHMIS 2026 is missing": (["wchen"], ""),
    # Who asks may ask of himself or herself.
    "From: Wei Chen\n\nMy WHMIS 2026 is missing, Luc Tremblay says": (["ltremblay", "wchen"], "Several people"),
    "Dr. Luc Tremblay WHMIS 2026\nRegards, Dr. Chen": (["ltremblay", "wchen"], "Several people"),
    "Dr Chen and Dr Roy, WHMIS 2026": (["hroy", "wchen"], "Several people"),
    # Somebody is named whom nobody here is called.
    "Requester: Wei Chen <wchen@example.invalid>\nDescription: Dr. Rossi's WHMIS 2026 not in CMaRS": (
        ["wchen"],
        "Nobody here is called Rossi; the text may be about this person and not about Chen, Wei (wchen).",
    ),
    "Requester: Wei Chen\nDescription: John Rossi WHMIS 2026": (["wchen"], "Nobody here is called John Rossi; "),
    "Requester: Wei Chen, CPSO 54321\nDr. Rossi's WHMIS 2026": (["wchen"], "Nobody here is called Rossi; "),
    "Requester: Wei Chen, CPSO 54321\nWHMIS 2026": (["wchen"], ""),
    "Dear Wei Chen,\nDr Rossi's record for WHMIS 2026 is missing": (["wchen"], "Nobody here is called Rossi; "),
    "From: Dr. Rossi\n\nDear Wei Chen,\nWHMIS 2026 is missing": (["wchen"], "Nobody here is called Rossi; "),
    "Dr. Smith (CPSO 99999) says WHMIS 2026 is missing. Regards, Hélène Roy": (["hroy"], "Nobody here is called Smith"),
    "Hélène Roy ici. Le WHMIS 2026 de la Dre Smith est absent de CMaRS": (["hroy"], "Nobody here is called Smith; "),
    "Dr. Chen and Dr. Rossi, WHMIS 2026": (["wchen"], "Nobody here is called Rossi; "),
    "Dr. Chen CPSO 54321 and Dr. Rossi, WHMIS 2026": (["wchen"], "Nobody here is called Rossi; "),
    "Dr. Smith and Dr. Rossi, wchen, WHMIS 2026": (["wchen"], "Nobody here is called Smith; "),
    "Luc Tremblay asks for John Rossi, WHMIS 2026": (["ltremblay"], "Nobody here is called John Rossi; "),
    # What looks like a name is none.
    "Dr. Wei Chen, Lakeside Regional Clinic, WHMIS 2026": (["wchen"], ""),
    "Wei Chen, Infection Control, WHMIS 2026": (["wchen"], ""),
    "CPSO 88120, the physician finished WHMIS 2026 on Learning Hub": (["aokafor"], ""),
    "Dr. Wei Chen, Wei says WHMIS 2026 is done": (["wchen"], ""),
    # What is stated belongs to nobody here.
    "Dr Chen CPSO 99999, WHMIS 2026": (["wchen"], "but nobody here has what it states beside: CA-ON-CPSO-99999."),
    "jchen@example.invalid Dr Chen whmis 2026": (["wchen"], "what it states beside: jchen@example.invalid."),
    "Dr Chen, registration 99999, WHMIS 2026": (["wchen"], "what it states beside: 99999."),
    "Dr Chen, username jchen9, WHMIS 2026": (["wchen"], "what it states beside: jchen9."),
    "From: Wei Chen\n\nCPSO 99999, WHMIS 2026": (["wchen"], "what it states beside: CA-ON-CPSO-99999."),
    "CPSO 54321 and CPSO 99999, WHMIS 2026": (["wchen"], "what it states beside: CA-ON-CPSO-99999."),
    "Dr Chen, WHMIS 2026, reply to support@example.invalid": (["wchen"], ""),
    # Words of which nothing shows that they are names.
    "wei chen whmis 2026 cmars red": (["wchen"], ""),
    "chen wei, whmis 2026": (["wchen"], ""),
    "Requester: Wei Chen\nRoy has no WHMIS 2026": (["wchen"], "Several people may be meant: Chen, Wei (wchen); Roy"),
    "chen whmis 2026": ([], "The nearest names: Chen, Wei (wchen)."),
    "Chen's WHMIS 2026 is missing": ([], "The nearest names: Chen, Wei (wchen)."),
    "helene roy here, chen whmis 2026 missing": (["hroy"], "Several people may be meant: Roy, Hélène (hroy); Chen"),
    "chen luc whmis 2026": ([], "The nearest names: Chen, Wei (wchen)."),
    # Numbers as sheets and people write them.
    "CPSO 88120.0, WHMIS 2026": (["aokafor"], "Only a number is nearly the one in the text"),
    "Dr Okafor, CPSO 88120.0, WHMIS 2026": (["aokafor"], ""),
    "CPSO nº 88 120, WHMIS 2026": (["aokafor"], ""),
    "CPSO 88,120, WHMIS 2026": (["aokafor"], ""),
}


async def test_nobody_is_picked_where_the_text_may_mean_somebody_else(site: Site) -> None:
    for text, (people, question) in WHO.items():
        meant = await site.understand(text)
        assert (text, sorted(site.people(meant)), site.courses(meant)) == (text, people, ["WHMIS-2026"])
        asked = " ".join(map(str, meant.questions))
        assert (text, meant.certain is not None, asked) == (text, not question, asked if question else "")
        assert question in asked, (text, asked)


NOTES = {
    "Dr. Wei Chen, CPSO 99999, WHMIS 2026": "Nobody here holds CA-ON-CPSO-99999; Chen, Wei holds CA-ON-CPSO-54321.",
    "Dr Chen CPSO 54312 WHMIS 2026": "Nobody here holds CA-ON-CPSO-54312; Chen, Wei holds CA-ON-CPSO-54321.",
    "Luc Tremblay CPSO 99999 WHMIS 2026": "Nobody here holds CA-ON-CPSO-99999; Tremblay, Luc holds no OCI ID.",
    "wchen, CPSO 99999, WHMIS 2026": "Nobody here holds CA-ON-CPSO-99999; Chen, Wei holds CA-ON-CPSO-54321.",
    "jchen@example.invalid Dr Wei Chen whmis 2026": "Nobody here has the e-mail address jchen@example.invalid.",
    "Wei Chen, registration 99999, WHMIS 2026": "Nobody here has the number 99999.",
    "Wei Chen, username jchen9, WHMIS 2026": "Nobody here has the user name jchen9.",
    "Dr. Smith, wchen, WHMIS 2026": "Nobody here is called Smith.",
    "Dre Smith, CPSO 54321, WHMIS 2026": "Nobody here is called Smith.",
    "Dr. Chen asks for John Rossi, WHMIS 2026": "Nobody here is called John Rossi.",
    "Dr. Wei Chen, CPSO 54321, WHMIS 2026": "",
    "From: Marc Dubois <marc@example.invalid>\n\nDr. Wei Chen, WHMIS 2026": "",
}


async def test_what_does_not_fit_the_one_who_is_certain_is_said(site: Site) -> None:
    for text, note in NOTES.items():
        meant = await site.understand(text)
        assert (text, [str(one) for one in meant.notes]) == (text, [note] if note else [])
        assert site.certain(meant) is not None, text


CODES = {
    "DEMO-003, WHMIS2026": ("jdemo", "WHMIS-2026"),
    "demo-003: whmis2026": ("jdemo", "WHMIS-2026"),
    "employee no. DEMO-003, SIMDUT26": ("jdemo", "SIMDUT-26"),
    "Wei Chen, HH2025": ("wchen", "HH-2025"),
    "a b c d red green blue grey pink teal lime DEMO-003 has FIRE": ("jdemo", "FIRE"),
}


async def test_an_id_number_with_letters_and_a_short_name_without_its_dash_are_understood(site: Site) -> None:
    wanted = {"username": "jdemo", "given_name": "Jo", "family_name": "Demo", "idnumber": "DEMO-003"}
    site.usernames[(await site.house.site.send("POST", "/learners", wanted))["id"]] = "jdemo"
    for text, (username, shortname) in CODES.items():
        chosen = site.certain(await site.understand(text))
        assert (text, chosen) == (text, ([username], shortname, "cmars"))


async def test_the_nearest_of_a_name_nobody_has_are_shown_beside_who_else_was_found(site: Site) -> None:
    meant = await site.understand("Requester: Wei Chen\nDr. Okafur's WHMIS 2026 is missing")
    assert [site.usernames[str(one.learner_id)] for one in meant.nearest] == ["aokafor"]
    assert meant.is_doubtful
