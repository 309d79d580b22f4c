"""The door of pull recipients: who calls is known before their endpoints run, each question is counted against the
account's rate, and what goes wrong is said in their own format."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session
from starlette.requests import Request
from starlette.routing import Match, Mount, Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from lrx import credentials
from lrx.access import Act, permit
from lrx.delivery.transcripts import Asked, answer_all
from lrx.errors import Busy, Forbidden, Invalid, LrxError
from lrx.exchange import Exchange
from lrx.recipient import Account, PullRecipient, Question, Transcript
from lrx.text import text
from lrx.together import Together, each_site
from lrx.web import no_such_path, request_id_of
from lrx.web.authentication import basic
from lrx.web.problems import MethodNotAllowed
from lrx.web.rate import Rate
from lrx.write_time import write_time

__all__ = ["BatchOverRate", "Desk", "Door", "mounts"]


WEIGHT = 1_000
"""About how many bytes a question and its answer hold."""


class BatchOverRate(Invalid):
    """The batch asks for more people than the account's rate ever lets through; waiting does not help."""

    code = "batch_over_rate"


class Desk:
    """Answers one recipient's questions."""

    def __init__(self, exchange: Exchange, recipient: PullRecipient) -> None:
        self.exchange = exchange
        self.recipient = recipient
        # Counted in this process: throttling at the door protects the process.
        self._rate = Rate(exchange.settings.recipient_rate_limit)
        self._together = Together(self._answer, weigh=lambda item: WEIGHT * len(item[1]))

    async def ask(self, account: Account, questions: Sequence[Question]) -> Sequence[Transcript]:
        """Return one transcript for each question, in order.

        Raises `Busy`, `BatchOverRate` and `RecipientNotEnabled`.
        """
        self._limit(account, len(questions))
        transcripts = await self.exchange.database.write_together(self._together, (account, questions))
        for transcript in transcripts:
            self.exchange.metrics.inquiries.labels(self.recipient.code, transcript.outcome.value).inc()
        return transcripts

    def _answer(
        self, session: Session, items: Sequence[tuple[Account, Sequence[Question]]]
    ) -> Sequence[list[Transcript] | LrxError]:
        now = write_time(session, self.exchange.clock.now)
        asked = [Asked(self._act(account, now), account, questions) for account, questions in items]
        return each_site(asked, lambda one: one.act.site_id, lambda some: answer_all(session, self.recipient, some))

    def _act(self, account: Account, now: datetime) -> Act:
        actor = f"recipient:{account.credential_id}"
        return Act(account.site_id, account.zone, actor, account.request_id, now, lambda: self.exchange.ids(now))

    def _limit(self, account: Account, cost: int) -> None:
        if cost > self._rate.most:
            raise BatchOverRate(
                text(
                    "This account may ask for {rate}, and the batch asks for {cost}. Ask for at most {most} at a time.",
                    rate=self._rate.rule,
                    cost=cost,
                    most=self._rate.most,
                )
            )
        wait = self._rate.spend(str(account.credential_id), cost)
        if wait:
            raise Busy(
                text(
                    "This account asks faster than agreed ({rate}). Ask again in {seconds} seconds.",
                    rate=self._rate.rule,
                    seconds=wait,
                ),
                retry_after=wait,
            )


class Door:
    """Lets the recipient's own service account in, with its `Account` in `request.state.account`, and nobody else."""

    permissions = {"*": "transcripts:ask"}  # noqa: RUF012 - the same for every door

    def __init__(self, exchange: Exchange, recipient: PullRecipient) -> None:
        self.exchange = exchange
        self.recipient = recipient
        self.routes: Sequence[Route] = recipient.routes(Desk(exchange, recipient))
        self.room: ASGIApp = Router(routes=list(self.routes), default=no_such_path)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            scope.setdefault("state", {})["account"] = await self._account(Request(scope))
            self._refuse_other_methods(scope)
            await self.room(scope, receive, send)
        except LrxError as error:
            response = self.recipient.refuse(Request(scope, receive), error)
            if isinstance(error, MethodNotAllowed):
                response.headers["Allow"] = error.allow
            await response(scope, receive, send)

    def _refuse_other_methods(self, scope: Scope) -> None:
        # A route left to itself answers in plain text, which no recipient reads.
        found = [(route.matches(scope)[0], route) for route in self.routes]
        methods = {method for match, route in found if match is Match.PARTIAL for method in route.methods or ()}
        if methods and all(match is not Match.FULL for match, _ in found):
            raise MethodNotAllowed(tuple(sorted(methods)))

    async def _account(self, request: Request) -> Account:
        username, secret = basic(request.headers)
        credential = await credentials.recognise(self.exchange.database, username, secret)
        permit(credential.caller, self.permissions["*"])
        if credential.recipient != self.recipient.code:
            raise Forbidden(
                text(
                    "This account belongs to another recipient. Use the account made for {recipient}.",
                    recipient=self.recipient.title,
                )
            )
        caller = credential.caller
        return Account(caller.site_id, caller.zone, credential.id, self.recipient.code, request_id_of(request.scope))


def mounts(exchange: Exchange) -> Sequence[Mount]:
    """A mount for every pull recipient installed, under its code."""
    return [
        Mount(f"/{code}", app=Door(exchange, recipient), name=code)
        for code, recipient in exchange.recipients.items()
        if isinstance(recipient, PullRecipient)
    ]
