"""Runs the demonstration: an empty database, a server on loopback, the story, and what to look at."""

import json
import secrets
import shutil
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio
import httpx
import uvloop
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp

from lrx import administrators, credentials, schema, worker
from lrx.access import ALL_SCOPES
from lrx.app import surfaces
from lrx.clock import FrozenClock
from lrx.demo.story import MOODLE_OCI_ID, Ways, read_story, tell
from lrx.exchange import Exchange, open_exchange
from lrx.logs import configure_logs
from lrx.models import CredentialKind
from lrx.server import Server, require_free
from lrx.settings import Settings, load_settings
from lrx.sites import act_for_site, ensure_default_site
from lrx.web import Endpoint, no_such_path, wrap
from lrx.web.reading import read_body, read_content
from lrx.xapi.projector import Projector

__all__ = ["run_demo"]

ADMINISTRATOR = "demo.admin"
DIAGNOSED = '{"learner": {"username": "ltremblay"}, "course": {"shortname": "WHMIS-2026"}, "recipient": "cmars"}'
SHOWN = 40
"""Most lines of an answer that are printed."""


class Hours(BaseModel):
    """How much time passes."""

    model_config = ConfigDict(extra="forbid")

    hours: float = Field(default=24, ge=0, le=24 * 366)


TOUR = (
    '   api() { curl -s -H "Authorization: Bearer $KEY" -H \'Content-Type: application/json\' "$@"; }',
    "   ask() { curl -s -u \"$CMARS\" -H 'Accept: application/json'"
    ' "$URL/recipients/cmars/v1/learning-records?oci_id=$1"; }',
)


def run_demo(host: str, port: int, *, as_json: bool) -> None:
    """Start from nothing, print what to look at, and go on until stopped. Raises `PortTaken`."""
    require_free(host, port)
    folder = load_settings().data_dir / f"demo-{port}"  # another port is another demonstration
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    story = read_story()
    settings = load_settings(
        data_dir=folder,
        database_url=f"sqlite:///{folder / 'lrx.db'}",
        secret_key=None,
        secure_cookies=False,
        log_level="warning",
        frozen_clock=story["begins"].isoformat(),
    )
    configure_logs(settings)
    schema.migrate(settings.effective_database_url)
    uvloop.run(_run(settings, story, host, port, as_json))


async def _run(settings: Settings, story: dict[str, Any], host: str, port: int, as_json: bool) -> None:
    async with open_exchange(settings) as exchange:
        clock = exchange.clock
        if not isinstance(clock, FrozenClock):
            raise TypeError("the demonstration runs on a frozen clock")
        serving = Server(_app(exchange, clock), exchange, host, port)

        async def prepare() -> None:
            await _started(serving)
            _show(await _prepare(exchange, clock, story, f"http://{host}:{port}"), as_json)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(worker.run, exchange)
            tasks.start_soon(prepare)
            await serving.run_until_signalled()
            tasks.cancel_scope.cancel()


def _app(exchange: Exchange, clock: FrozenClock) -> ASGIApp:
    async def advance(request: Request) -> Response:
        hours = read_content(Hours, await read_body(request)).hours
        clock.advance(timedelta(hours=hours))
        return JSONResponse({"now": clock.now().isoformat()})

    demo = Route("/demo/clock", Endpoint({"POST": advance}, {"POST": "public"}), name="demo clock")
    return wrap(Router(routes=[*surfaces(exchange), demo], redirect_slashes=False, default=no_such_path), exchange)


async def _prepare(exchange: Exchange, clock: FrozenClock, story: dict[str, Any], url: str) -> dict[str, Any]:
    """Make the ways in, tell the story through them, and return what to look at."""
    password = secrets.token_urlsafe(12)
    issued = await exchange.database.write(lambda session: _issue(session, exchange, clock, story["site"], password))
    key, lms, cmars = issued["api"].key, issued["lms"], issued["cmars"]
    async with httpx.AsyncClient(
        base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=60, trust_env=False
    ) as api:
        ways = Ways(api, httpx.BasicAuth(*lms.pair), httpx.BasicAuth(*cmars.pair))
        roster = Path(exchange.settings.data_dir) / "cmars-roster.txt"
        roster.write_text("\n".join(["# Who CMaRS asks for", *story["roster"]["oci_ids"], ""]), encoding="utf-8")

        async def ask() -> None:
            await _simulate(url, cmars, roster)

        projector = Projector(exchange)

        async def project() -> None:
            while await projector.run_once():
                pass

        await tell(story, exchange, clock, ways, project, ask)
        course = (await api.get("/api/v1/courses", params={"shortname": "WHMIS-2026"})).json()["data"][0]
        tries = _tries(url, key, cmars)
        answers = [await _answer(api, one, cmars) for one in tries]
    return {
        "url": url,
        "page": f"{url}/admin/courses/{course['id']}/learning-records",
        "administrator": {"username": ADMINISTRATOR, "password": password},
        "api_key": key,
        "lms": dict(zip(("username", "password"), lms.pair, strict=True)),
        "cmars": dict(zip(("username", "password"), cmars.pair, strict=True)),
        "tries": [{**one, "answer": answer} for one, answer in zip(tries, answers, strict=True)],
    }


def _issue(
    session: Session, exchange: Exchange, clock: FrozenClock, name: str, password: str
) -> dict[str, credentials.Issued]:
    now = clock.now()
    site = ensure_default_site(session, exchange.settings, now, lambda: exchange.ids(now))
    site.name = name
    session.add(site)
    act = act_for_site(site, "system:demo", now, lambda: exchange.ids(now))
    administrators.create(session, act, username=ADMINISTRATOR, full_name="Demo Administrator", password=password)
    random = exchange.random
    return {
        "api": credentials.issue(session, act, random, CredentialKind.API, name="demo", scopes=ALL_SCOPES),
        "lms": credentials.issue(session, act, random, CredentialKind.LMS, name="demo Moodle"),
        "cmars": credentials.issue(
            session, act, random, CredentialKind.RECIPIENT, name="demo CMaRS", recipient="cmars"
        ),
    }


async def _simulate(url: str, cmars: credentials.Issued, roster: Path) -> None:
    """One daily refresh, by the simulator as its own process over HTTP."""
    with tempfile.NamedTemporaryFile("w", suffix=".password") as password_file:
        password_file.write(cmars.secret)
        password_file.flush()
        command = [sys.executable, "-m", "lrx", "cmars-simulator", str(roster), "--json"]
        command += ["--url", f"{url}/recipients/cmars", "--username", cmars.credential.username]
        command += ["--password-file", password_file.name]
        ended = await anyio.run_process(command, check=False)
    if ended.returncode != 0:
        raise RuntimeError(f"the simulator of CMaRS failed: {ended.stderr.decode()}")


def _tries(url: str, key: str, cmars: credentials.Issued) -> list[dict[str, str]]:
    as_cmars = f"curl -s -u {cmars.credential.username}:{cmars.secret} -H 'Accept: application/json'"
    records = f"{url}/recipients/cmars/v1/learning-records?oci_id="
    return [
        {
            "shows": "a record, sent by a real Moodle",
            "curl": f"{as_cmars} '{records}{MOODLE_OCI_ID}&completed_from=2026-11-01'",
        },
        {"shows": "a known person with nothing to show", "curl": f"{as_cmars} '{records}CA-ON-CMO-2207'"},
        {"shows": "WS400: a college CMaRS does not serve", "curl": f"{as_cmars} '{records}CA-ON-CNO-1234567'"},
        {"shows": "WS401: nobody here has this OCI ID", "curl": f"{as_cmars} '{records}CA-ON-CPSO-54312'"},
        {
            "shows": "the questions that found nobody, and who may be meant",
            "curl": f"curl -s -H 'Authorization: Bearer {key}' "
            f"'{url}/api/v1/inquiries/unmatched?outcome=unknown_learner'",
        },
        {
            "shows": "why Luc Tremblay's completion is missing at CMaRS, and whose turn it is",
            "curl": f"curl -s -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' -d '{DIAGNOSED}' "
            f"'{url}/api/v1/diagnoses'",
        },
    ]


async def _answer(api: httpx.AsyncClient, one: dict[str, str], cmars: credentials.Issued) -> Any:
    address = one["curl"].rpartition(" ")[2].strip("'")
    if DIAGNOSED in one["curl"]:
        return (await api.post(address, json=json.loads(DIAGNOSED))).json()["verdict"]
    auth = httpx.BasicAuth(*cmars.pair) if "/recipients/" in address else None
    answer = await api.get(address, auth=auth, headers={"Accept": "application/json"})
    return answer.json()


def _show(shown: dict[str, Any], as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(shown, ensure_ascii=False) + "\n")
        sys.stdout.flush()
        return
    lines = [
        "",
        "LRX demonstration. All people are invented; the clock stands at 14:30 on 21 November 2026.",
        "",
        "A page: which learning records reached CMaRS, and why the others did not",
        f"  {shown['page']}",
        f"  sign in as {shown['administrator']['username']} with {shown['administrator']['password']}",
        "",
        "Six questions and their answers (of the last one, the verdict)",
    ]
    for number, one in enumerate(shown["tries"], start=1):
        lines += ["", f"{number}. {one['shows']}", f"   {one['curl']}", *_indented(one["answer"])]
    lines += [
        "",
        "For the tour of the README:",
        f"   URL={shown['url']}",
        f"   CMARS={shown['cmars']['username']}:{shown['cmars']['password']}",
        f"   KEY={shown['api_key']}",
        *TOUR,
        "",
        "Let a day pass (sign in again after it; CMaRS asks only when you ask for it):",
        f"   curl -s -X POST -H 'Content-Type: application/json' -d '{{\"hours\": 24}}' {shown['url']}/demo/clock",
        f"The API's description: {shown['url']}/api/v1/openapi.json",
        "Stop with Ctrl-C. A second start begins anew.",
        "",
    ]
    sys.stdout.write("\n".join(lines))
    sys.stdout.flush()


def _indented(answer: Any) -> list[str]:
    printed = json.dumps(answer, indent=2, ensure_ascii=False).splitlines()
    kept = printed if len(printed) <= SHOWN else [*printed[: SHOWN - 2], "  …"]
    return [f"   {line}" for line in kept]


async def _started(serving: Server) -> None:
    with anyio.fail_after(20):
        while not serving.started:  # noqa: ASYNC110 - the server tells it by a flag alone
            await anyio.sleep(0.02)
