"""The web service CMaRS calls: one person, or a batch.

Before a request comes here, the core has given `request.state` its request id and the reader's language and, once the
caller is recognised, the account.
"""

from collections.abc import Awaitable, Callable

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lrx.errors import Busy, LrxError, Unauthenticated
from lrx.recipient import Account, Transcripts
from recipients.cmars import documents
from recipients.cmars.codes import CODES, OUTCOME_CODES, NotAcceptable, http_status
from recipients.cmars.negotiation import (
    DEFAULT_MEDIA_TYPE,
    MEDIA_TYPES,
    body_format,
    choose_media_type,
)
from recipients.cmars.questions import question_in_query, questions_in_body, refuse_query

__all__ = ["refuse", "routes"]


def routes(transcripts: Transcripts) -> list[Route]:
    """Return the endpoints, which answer out of `transcripts`. What is wrong with a call is raised as an `LrxError`."""

    async def learning_records(request: Request) -> Response:
        media_type = choose_media_type(_header(request, "accept"))
        question = question_in_query(request.query_params.multi_items())
        account: Account = request.state.account
        (transcript,) = await transcripts.ask(account, [question])
        code = OUTCOME_CODES.get(transcript.outcome)
        document = documents.answer(transcript, account.request_id, request.state.language)
        body = documents.write("answer", document, MEDIA_TYPES[media_type])
        return _response(request, body, media_type, CODES[code].status if code else 200)

    async def batch(request: Request) -> Response:
        media_type = choose_media_type(_header(request, "accept"))
        refuse_query(request.query_params)
        questions = questions_in_body(await request.body(), body_format(_header(request, "content-type")))
        account: Account = request.state.account
        answered = await transcripts.ask(account, questions)
        document = documents.batch(answered, account.request_id, request.state.language)
        # A thousand people take a tenth of a second to write, in which others want to be served.
        body = await to_thread.run_sync(documents.write, "batch", document, MEDIA_TYPES[media_type])
        return _response(request, body, media_type, 200)

    return [
        _route("/v1/learning-records", learning_records, "GET"),
        _route("/v1/learning-records/batch", batch, "POST"),
    ]


def refuse(request: Request, error: LrxError) -> Response:
    """Return the answer to a call that failed with `error`, in the format and language the caller prefers."""
    try:
        media_type = choose_media_type(_header(request, "accept"))
    except NotAcceptable:
        media_type = DEFAULT_MEDIA_TYPE
    document = documents.refusal(error.code, error.detail, request.state.request_id, request.state.language)
    body = documents.write("refusal", document, MEDIA_TYPES[media_type])
    response = _response(request, body, media_type, http_status(error))
    if isinstance(error, Unauthenticated):
        response.headers["WWW-Authenticate"] = 'Basic realm="LRX"'
    if isinstance(error, Busy):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _route(path: str, endpoint: Callable[[Request], Awaitable[Response]], method: str) -> Route:
    route = Route(path, endpoint, methods=[method])
    # Starlette adds HEAD to GET: the records would count as shown, and nobody would have seen them.
    route.methods = {method}
    return route


def _response(request: Request, body: bytes, media_type: str, status: int) -> Response:
    return Response(
        body,
        status,
        headers={
            "Cache-Control": "no-store",
            "Content-Language": request.state.language,
            "Content-Type": media_type if media_type == "application/json" else f"{media_type}; charset=utf-8",
            "Vary": "Accept, Accept-Language",
        },
    )


def _header(request: Request, name: str) -> str:
    """Return the header's value, "" where there is none; several of one name are one list (RFC 9110, 5.3)."""
    return ", ".join(request.headers.getlist(name))
