"""Two sites of one network with the same people, courses and numbers: nothing of one ever answers from the other."""

import pytest

from tests.house import House, SiteOfHouse, captured_requests

pytestmark = pytest.mark.anyio

OCI = "CA-ON-CPSO-12345"


async def furnished(site: SiteOfHouse) -> dict[str, str]:
    """The same learner, course, activity and OCI ID at a site; returns the ids."""
    learner = await site.learner("amara", OCI, lms={"home_page": "https://lms.example.org", "user_id": "3"})
    course = await site.course("WHMIS", iri="https://lms.example.org/course/view.php?id=2")
    activity = await site.send("POST", f"/courses/{course['id']}/activities", {"full_name": "Module"})
    return {"learner": learner["id"], "course": course["id"], "activity": activity["id"]}


async def test_a_completion_at_one_site_is_no_completion_at_the_other(house: House) -> None:
    lakeside, harbour = house.site, await house.add_site("harbour")
    for site in (lakeside, harbour):
        await furnished(site)
    await lakeside.complete("amara", "WHMIS", "2026-11-18T09:12:00-05:00", external_id="one")

    assert len(await lakeside.records_at_cmars(OCI)) == 1
    assert await harbour.records_at_cmars(OCI) == []
    assert (await harbour.get("/learning-records"))["data"] == []
    assert len((await lakeside.get("/inquiries"))["data"]) == 1
    assert len((await harbour.get("/inquiries"))["data"]) == 1

    mine = await harbour.complete("amara", "WHMIS", "2026-11-19T09:12:00-05:00", external_id="one")
    assert mine["result"] == "recorded"


async def test_no_id_of_one_site_is_known_at_the_other(house: House) -> None:
    lakeside, harbour = house.site, await house.add_site("harbour")
    theirs = await furnished(lakeside)
    await furnished(harbour)
    record = (await lakeside.complete("amara", "WHMIS", "2026-11-18T09:12:00-05:00"))["learning_record_id"]
    await lakeside.complete("amara", "WHMIS", "2026-11-19T09:12:00-05:00")
    amendment = (await lakeside.get(f"/learning-records/{record}"))["amendments"][0]["id"]
    await lakeside.ask(OCI)
    inquiry = (await lakeside.get("/inquiries"))["data"][0]["id"]
    await lakeside.statements([{"actor": 1}])
    aside = (await lakeside.get("/statements/set-aside"))["data"][0]["id"]
    because = {"reason": "Trying the door"}

    attempts = [
        ("GET", f"/learners/{theirs['learner']}", None),
        ("PATCH", f"/learners/{theirs['learner']}", {"email": "x@example.org"}),
        ("GET", f"/learners/{theirs['learner']}/history", None),
        ("GET", f"/learners/{theirs['learner']}/identities", None),
        ("POST", f"/learners/{theirs['learner']}/identities", {"kind": "mbox", "value": "a@example.org"}),
        ("PUT", f"/learners/{theirs['learner']}/oci-ids", {"oci_ids": []}),
        ("GET", f"/courses/{theirs['course']}", None),
        ("PATCH", f"/courses/{theirs['course']}", {"full_name": "Mine"}),
        ("GET", f"/courses/{theirs['course']}/activities", None),
        ("POST", f"/courses/{theirs['course']}/activities", {"full_name": "Mine"}),
        ("PATCH", f"/activities/{theirs['activity']}", {"mandatory": True}),
        ("GET", f"/courses/{theirs['course']}/recipients", None),
        ("POST", f"/courses/{theirs['course']}/recipients", {"recipient": "cmars"}),
        ("PATCH", f"/courses/{theirs['course']}/recipients/cmars", {}),
        ("DELETE", f"/courses/{theirs['course']}/recipients/cmars", None),
        ("GET", f"/courses/{theirs['course']}/recipients/cmars/preflight", None),
        ("GET", f"/learning-records/{record}", None),
        ("POST", f"/learning-records/{record}/void", because),
        ("POST", f"/learning-records/{record}/unvoid", because),
        ("POST", f"/learning-records/{record}/expire", because),
        ("POST", f"/learning-records/{record}/unexpire", because),
        ("GET", f"/courses/{theirs['course']}/resets", None),
        ("POST", f"/courses/{theirs['course']}/resets", {"mode": "void", **because}),
        ("GET", f"/learners/{theirs['learner']}/refused-oci-ids", None),
        ("POST", f"/learning-records/{record}/amendments/{amendment}/promote", because),
        ("GET", f"/inquiries/{inquiry}", None),
        ("POST", f"/statements/set-aside/{aside}/replay", {}),
    ]
    for method, path, body in attempts:
        await harbour.send(method, path, body, status=404)

    named = {"completed_at": "2026-11-20T09:00:00Z"}
    for learner, course in (
        ({"id": theirs["learner"]}, {"shortname": "WHMIS"}),
        ({"username": "amara"}, {"id": theirs["course"]}),
    ):
        await harbour.send("POST", "/learning-records", {"learner": learner, "course": course, **named}, status=404)


async def test_the_same_statements_at_two_sites_make_the_records_of_each(house: House) -> None:
    lakeside, harbour = house.site, await house.add_site("harbour")
    house.advance(hours=12)
    for batch in captured_requests():
        first, second = await lakeside.statements(batch), await harbour.statements(batch)
        assert (first.status_code, second.status_code) == (200, 200)
    await house.project()

    ids = [
        {one["id"] for one in (await site.get("/learning-records", limit=200))["data"]} for site in (lakeside, harbour)
    ]

    assert [len(one) for one in ids] == [12, 12]
    assert ids[0].isdisjoint(ids[1])
    people = [{one["id"] for one in (await site.get("/learners"))["data"]} for site in (lakeside, harbour)]
    assert people[0].isdisjoint(people[1])


async def test_a_replay_at_one_site_leaves_what_is_parked_at_the_other(house: House) -> None:
    lakeside, harbour = house.site, await house.add_site("harbour")
    house.advance(hours=12)
    for site in (lakeside, harbour):
        for batch in captured_requests():
            await site.statements(batch)
    await house.project()
    dmitri = next(one for one in (await lakeside.get("/learners"))["data"] if one["full_name"] == "Dmitri Novák")
    await lakeside.send(
        "POST", f"/learners/{dmitri['id']}/identities", {"kind": "mbox", "value": "dmitri.novak@example.invalid"}
    )
    await lakeside.send("POST", "/statements/parked/replay", {})

    assert len((await lakeside.get("/statements/parked"))["data"]) == 1
    assert len((await harbour.get("/statements/parked"))["data"]) == 2


async def test_the_audit_log_and_the_history_are_each_sites_own(house: House) -> None:
    lakeside, harbour = house.site, await house.add_site("harbour")
    before = (await harbour.get("/audit"))["data"]
    await furnished(lakeside)

    assert (await harbour.get("/audit"))["data"] == before
    assert (await harbour.get("/learners", oci_id=OCI))["data"] == []
