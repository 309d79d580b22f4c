"""A CMaRS for the desk: asks for everybody on a roster, as its daily refresh does, and counts what it was answered."""

import json
import os
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import anyio
import httpx
import typer
from pydantic import BaseModel, ValidationError

from lrx.errors import Invalid, LrxError
from lrx.json_reader import MalformedJson, read_json
from lrx.text import text
from recipients.cmars.codes import CODES
from recipients.cmars.questions import MOST_QUESTIONS

__all__ = ["Answer", "NoAnswer", "Refresh", "cmars_simulator", "read_roster", "refresh"]

PASSWORD_VARIABLE = "LRX_CMARS_PASSWORD"  # noqa: S105 - the variable's name, not the password

REFUSED = 5
"""Exit code of a command that ends with a sentence, as for every command of LRX."""

_PATH = "v1/learning-records"
_COME_AGAIN = (httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE)
_MOST_WAITS = 5
_LONGEST_WAIT = 60
_TITLES: Mapping[str, str] = {"records": "with records", "nothing": "with nothing to show"} | {
    code: code for code in CODES
}


class NoAnswer(LrxError):
    """The exchange could not be reached, refused the call, or answered something else than the contract says."""

    code = "no_answer"


class InvalidCommand(Invalid):
    """What the command was given cannot be used."""

    code = "command_invalid"


class Answer(BaseModel):
    """What came back for one person: records, or a code and a message."""

    asked: str
    records: list[dict[str, Any]] = []
    code: str | None = None
    message: str = ""

    @property
    def outcome(self) -> str:
        """`records`, `nothing` (known, with nothing to show), or the code."""
        return self.code or ("records" if self.records else "nothing")


class _Reply(Answer):
    """Any document of the service: one answer, a batch of them, or a refusal."""

    asked: str = ""
    answers: list[Answer] = []


@dataclass(frozen=True, slots=True)
class Refresh:
    """The answers to one pass over the roster, in its order."""

    answers: tuple[Answer, ...]

    @property
    def counts(self) -> dict[str, int]:
        """How many people got each outcome; all of them are named."""
        found = Counter(answer.outcome for answer in self.answers)
        return {outcome: found[outcome] for outcome in _TITLES}

    @property
    def refused(self) -> tuple[Answer, ...]:
        """The answers that are a code."""
        return tuple(answer for answer in self.answers if answer.code)


def read_roster(lines: Iterable[str]) -> list[str]:
    """Return the identifiers of a roster, one to a line, each once. Empty lines and comments (#) are left out."""
    stripped = (line.strip() for line in lines)
    return list(dict.fromkeys(line for line in stripped if line and not line.startswith("#")))


async def refresh(
    client: httpx.AsyncClient,
    roster: Sequence[str],
    batch_size: int,
    wait: Callable[[float], Awaitable[None]] = anyio.sleep,
) -> Refresh:
    """Ask for everybody on the roster, `batch_size` at a time; 1 asks for each person alone.

    `client` has the service's address and credential. Told that it asks too fast, or that there is no room, it waits
    (in seconds) a few times. Raises `NoAnswer`.
    """
    answers: list[Answer] = []
    for start in range(0, len(roster), batch_size):
        identifiers = list(roster[start : start + batch_size])
        if batch_size == 1:
            request = client.build_request("GET", _PATH, params={"oci_id": identifiers[0]})
            found: list[Answer] = [await _call(client, request, wait)]
        else:
            request = client.build_request("POST", f"{_PATH}/batch", json={"oci_ids": identifiers})
            found = (await _call(client, request, wait)).answers
        if [answer.asked for answer in found] != identifiers:
            raise NoAnswer(
                text("The exchange answered for other people than it was asked for. Report this to its operator.")
            )
        answers.extend(found)
    return Refresh(tuple(answers))


def cmars_simulator(
    roster: Annotated[Path, typer.Argument(help="File with one OCI ID to a line; # starts a comment line.")],
    url: Annotated[str, typer.Option(help="Address of the service, ending in /recipients/cmars.")],
    username: Annotated[str, typer.Option(help="User name of CMaRS's service account.")],
    password_file: Annotated[
        Path | None, typer.Option(help=f"File that holds the password; otherwise {PASSWORD_VARIABLE} does.")
    ] = None,
    batch_size: Annotated[
        int, typer.Option(min=1, max=MOST_QUESTIONS, help="People in one call; 1 asks for each alone.")
    ] = MOST_QUESTIONS,
    every: Annotated[float, typer.Option(min=0, help="Seconds between two refreshes.")] = 0,
    times: Annotated[int, typer.Option(min=1, help="How many refreshes.")] = 1,
    json_output: Annotated[
        bool, typer.Option("--json", help="Write one JSON document, and the text to stderr.")
    ] = False,
) -> None:
    """Ask for everybody on a roster as CMaRS does, and say what it was answered."""
    try:
        address = _address(url)
        identifiers = read_roster(_read(roster).splitlines())
        auth = httpx.BasicAuth(username, _password(password_file))
        refreshes = anyio.run(_refreshes, address, auth, identifiers, batch_size, every, times, json_output)
    except LrxError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(REFUSED) from error
    if json_output:
        typer.echo(json.dumps({"refreshes": [_told(one) for one in refreshes]}, ensure_ascii=False, indent=2))


async def _refreshes(
    url: httpx.URL, auth: httpx.Auth, roster: Sequence[str], batch_size: int, every: float, times: int, to_stderr: bool
) -> list[Refresh]:
    done: list[Refresh] = []
    async with httpx.AsyncClient(base_url=url, auth=auth, timeout=60, trust_env=False) as client:
        while len(done) < times:
            if done:
                await anyio.sleep(every)
            done.append(await refresh(client, roster, batch_size))
            typer.echo("\n".join(_lines(done[-1])), err=to_stderr)
    return done


async def _call(client: httpx.AsyncClient, request: httpx.Request, wait: Callable[[float], Awaitable[None]]) -> _Reply:
    request.headers["Accept"] = "application/json"
    try:
        response = await client.send(request)
        for _ in range(_MOST_WAITS):
            if response.status_code not in _COME_AGAIN:
                break
            await wait(_seconds(response))
            response = await client.send(request)
    except httpx.HTTPError as error:
        reason = str(error) or type(error).__name__
        raise NoAnswer(
            text("{url} cannot be reached: {reason}. Check the address.", url=client.base_url, reason=reason)
        ) from error
    try:
        reply = _Reply.model_validate(read_json(response.content))
    except (MalformedJson, ValidationError) as error:
        raise NoAnswer(
            text(
                "The answer (HTTP {status}) is not one of this service. Check the address.", status=response.status_code
            )
        ) from error
    if reply.code is not None and reply.code not in CODES:
        raise NoAnswer(
            text("The exchange refused the call ({code}): {message}", code=reply.code, message=reply.message)
        )
    return reply


def _address(url: str) -> httpx.URL:
    try:
        address = httpx.URL(url)
    except httpx.InvalidURL:
        address = httpx.URL()
    if address.scheme not in ("http", "https") or not address.host:
        raise InvalidCommand(
            text("{url} is no address. Write it like https://lrx.example.org/recipients/cmars.", url=url)
        )
    return address


def _seconds(response: httpx.Response) -> int:
    """Return how long the exchange asks to wait, within reason."""
    asked = response.headers.get("Retry-After", "")
    return min(int(asked), _LONGEST_WAIT) if asked.isdecimal() else 1


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidCommand(
            text("{path} cannot be read as UTF-8 text: {reason}.", path=path, reason=str(error))
        ) from error


def _password(path: Path | None) -> str:
    password = _read(path).strip() if path else os.environ.get(PASSWORD_VARIABLE, "")
    if not password:
        raise InvalidCommand(
            text("No password was given. Set {variable}, or use --password-file.", variable=PASSWORD_VARIABLE)
        )
    return password


def _lines(done: Refresh) -> Iterator[str]:
    """Yield what to tell people about a refresh."""
    outcomes = ", ".join(f"{number} {_TITLES[outcome]}" for outcome, number in done.counts.items())
    yield f"Asked for {len(done.answers)} people: {outcomes}."
    for code in CODES.values():
        refused = [answer for answer in done.refused if answer.code == code.code]
        if refused:
            yield f"{code.code}: {code.meaning} {code.remedy}"
            yield from (f"  {answer.asked}  {answer.message}" for answer in refused)


def _told(done: Refresh) -> dict[str, Any]:
    """Return what to tell programs about a refresh."""
    return {
        "asked": len(done.answers),
        "records": sum(len(answer.records) for answer in done.answers),
        "outcomes": done.counts,
        "refused": [answer.model_dump(include={"asked", "code", "message"}) for answer in done.refused],
    }
