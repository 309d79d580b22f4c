"""A running product for tests: one site, its credentials, and short ways to speak to it over HTTP as its users do."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlmodel import Session

from lrx import credentials
from lrx.access import ALL_SCOPES, Act
from lrx.app import create_app
from lrx.clock import FrozenClock
from lrx.exchange import Exchange
from lrx.models import CredentialKind, CredentialMode
from lrx.sites import act_for_site, create_site, ensure_default_site, site_named
from lrx.xapi.projector import Projector

CAPTURED = Path(__file__).parent / "fixtures" / "moodle-4.3" / "requests"
MOODLE = "http://127.0.0.1:8043"
COURSE_IRI = f"{MOODLE}/course/view.php?id=2"


def captured_requests() -> list[list[dict[str, Any]]]:
    """The bodies of every statements request a real Moodle sent, in order."""
    requests = [json.loads(path.read_text()) for path in sorted(CAPTURED.glob("*.json"))]
    return [request["json"] for request in requests if request["path"] == "/xapi/statements"]


@dataclass
class SiteOfHouse:
    """One site with a credential of each kind."""

    code: str
    api: httpx.AsyncClient
    lms: tuple[str, str]
    strict: tuple[str, str]
    cmars: tuple[str, str]
    http: httpx.AsyncClient

    async def get(self, path: str, **params: Any) -> Any:
        """Ask the REST API; the answer must be a success."""
        answer = await self.api.get(f"/api/v1{path}", params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def send(self, method: str, path: str, body: Any = None, *, status: int | None = None, **headers: str) -> Any:
        """Write through the REST API; the answer must be a success, or have the given status."""
        answer = await self.api.request(method, f"/api/v1{path}", json=body, headers=headers)
        if status is None:
            assert answer.is_success, answer.text
        else:
            assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    async def statements(self, body: Sequence[Any] | bytes, *, strict: bool = False) -> httpx.Response:
        """Send statements as the LMS does."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", "X-Experience-API-Version": "1.0.3"}
        auth = self.strict if strict else self.lms
        return await self.http.post("/xapi/statements", content=content, headers=headers, auth=auth)

    async def ask(self, oci_id: str, **params: str) -> httpx.Response:
        """Ask as CMaRS does."""
        return await self.http.get(
            "/recipients/cmars/v1/learning-records",
            params={"oci_id": oci_id, **params},
            auth=self.cmars,
            headers={"Accept": "application/json"},
        )

    async def records_at_cmars(self, oci_id: str, **params: str) -> list[dict[str, Any]]:
        """What CMaRS sees of one person; the answer must be a success."""
        answer = await self.ask(oci_id, **params)
        assert answer.status_code == 200, answer.text
        records: list[dict[str, Any]] = answer.json()["records"]
        return records

    async def learner(self, username: str, oci_id: str | None = None, **fields: Any) -> dict[str, Any]:
        """Create a learner, with an OCI ID."""
        made = await self.send("POST", "/learners", {"username": username, "given_name": username.title(), **fields})
        if oci_id is not None:
            await self.send("PUT", f"/learners/{made['id']}/oci-ids", {"oci_ids": [oci_id]})
        return dict(made)

    async def course(self, shortname: str, *, to_cmars: bool = True, **fields: Any) -> dict[str, Any]:
        """Create a course, sending to CMaRS from now on."""
        made = await self.send("POST", "/courses", {"full_name": shortname, "shortname": shortname, **fields})
        if to_cmars:
            await self.send("POST", f"/courses/{made['id']}/recipients", {"recipient": "cmars"})
        return dict(made)

    async def complete(
        self, username: str, shortname: str, at: datetime | str, *, activity: str | None = None, **fields: Any
    ) -> dict[str, Any]:
        """Record a completion as another LMS would; returns what became of it."""
        when = at if isinstance(at, str) else at.isoformat()
        claim: dict[str, Any] = {
            "learner": {"username": username},
            "course": {"shortname": shortname},
            "completed_at": when,
            **fields,
        }
        if activity is not None:
            claim["activity"] = {"id": activity}
        answer = await self.send("POST", "/learning-records", claim)
        return dict(answer["data"][0])


@dataclass
class House:
    """The product with its sites. The default site's short ways are the house's own."""

    exchange: Exchange
    clock: FrozenClock
    http: httpx.AsyncClient
    projector: Projector
    sites: dict[str, SiteOfHouse] = field(default_factory=dict)

    @property
    def site(self) -> SiteOfHouse:
        """The default site."""
        return self.sites["default"]

    def advance(self, **by: float) -> None:
        """Let time pass."""
        self.clock.advance(timedelta(**by))

    async def project(self) -> int:
        """Let the projector catch up; returns how many statements it read."""
        total = 0
        while read := await self.projector.run_once():
            total += read
        return total

    async def add_site(self, code: str, *, furnished: bool = True, **recipient: Any) -> SiteOfHouse:
        """Add a site to the network, with CMaRS switched on and the OCI ID profile field created; or a bare one."""
        issued = await self.exchange.database.write(lambda session: self._issue(session, code))
        made = SiteOfHouse(
            code=code,
            api=self._client({"Authorization": f"Bearer {issued['api'].key}"}),
            lms=issued["lms"].pair,
            strict=issued["strict"].pair,
            cmars=issued["cmars"].pair,
            http=self.http,
        )
        self.sites[code] = made
        if not furnished:
            return made
        await made.send("POST", "/profile-fields", {})
        await made.send("PATCH", "/recipients/cmars", {"enabled": True, **recipient})
        return made

    def act(self, session: Session, code: str = "default") -> Act:
        """An act of the test itself, for what no surface does yet."""
        now = self.clock.now()
        return act_for_site(site_named(session, code), "system:test", now, lambda: self.exchange.ids(now))

    def _issue(self, session: Session, code: str) -> Mapping[str, credentials.Issued]:
        now = self.clock.now()
        settings = self.exchange.settings
        if code == "default":
            ensure_default_site(session, settings, now, lambda: self.exchange.ids(now))
        else:
            create_site(session, code, settings.time_zone, now, lambda: self.exchange.ids(now), name=code.title())
        act = self.act(session, code)
        random = self.exchange.random
        return {
            "api": credentials.issue(session, act, random, CredentialKind.API, name="test", scopes=ALL_SCOPES),
            "lms": credentials.issue(session, act, random, CredentialKind.LMS, name="moodle"),
            "strict": credentials.issue(
                session, act, random, CredentialKind.LMS, name="client", mode=CredentialMode.STRICT
            ),
            "cmars": credentials.issue(session, act, random, CredentialKind.RECIPIENT, name="CMaRS", recipient="cmars"),
        }

    def _client(self, headers: Mapping[str, str]) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=self.http._transport, base_url="http://lrx.test", headers=dict(headers))


@asynccontextmanager
async def furnish(exchange: Exchange, clock: FrozenClock) -> AsyncIterator[House]:
    """Give a house with the default site."""
    transport = httpx.ASGITransport(app=create_app(exchange))
    async with httpx.AsyncClient(transport=transport, base_url="http://lrx.test") as http:
        house = House(exchange, clock, http, Projector(exchange))
        await house.add_site("default")
        yield house
