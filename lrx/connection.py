"""Connection: one client's connection as uvicorn and httptools serve it, within the limits of `lrx.receipt`, refused in
the form of every other answer. Wherever it is unclear where a request ends, nothing after it is read."""

import asyncio
from typing import Any

import httptools
from uvicorn._types import ASGI3Application
from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle
from uvicorn.server import ServerState

from lrx.deadlines import Stage, Watched
from lrx.errors import LrxError
from lrx.logs import log
from lrx.receipt import Connections, Ending, Pace
from lrx.request_head import HEADERS_THAT_FRAME, Refused, note_framing, read_head
from lrx.web.asgi import BEARER, DEFAULT_RAW, preferred_language
from lrx.web.problems import problem
from lrx.web.refusals import Crowded, FramingUnclear, HeadTooLarge, TargetTooLong, TooManyWaiting, VersionUnknown

__all__ = ["Connection"]

PIECE = 16384
"""Bytes given to the parser at a time while it reads a head: so much more than allowed can be in memory."""

MOST_WAITING = 100
"""Requests sent before the answer to an earlier one."""


class Line:
    """The transport as an answer sees it: closing waits for a client that is still sending."""

    __slots__ = ("close", "is_closing", "write")

    def __init__(self, connection: "Connection", transport: asyncio.Transport) -> None:
        self.write = transport.write
        self.is_closing = transport.is_closing
        self.close = connection.end_answered


class Connection(Watched):
    """One connection: what comes is read into requests, what cannot be one is refused."""

    def __init__(
        self,
        connections: Connections,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(connections, config, server_state, app_state, _loop)
        self.refusal: LrxError | None = None
        self.kept = 0
        self.kept_of: dict[RequestResponseCycle, int] = {}

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.line = Line(self, transport)
        if not self.all.admit(self):
            self.refuse(Crowded(), Ending.CROWDED)

    def connection_lost(self, exc: Exception | None) -> None:
        self.all.leave(self, self.ending)
        self.all.free(self.kept)
        self.kept = 0
        self.pipeline.clear()
        if self.answering is not None and not self.answering.response_complete:
            self.answering.disconnected = True
            self.answering.message_event.set()
        super().connection_lost(exc)

    def eof_received(self) -> bool:  # type: ignore[override]
        """A client that has sent all it will send still gets its answer; then the connection ends."""
        if not self.is_busy or self.stage is not Stage.NOTHING:
            return False
        self.cycle.keep_alive = False
        return True

    def shutdown(self) -> None:
        self.ending = Ending.STOPPED
        super().shutdown()

    # Receiving

    def data_received(self, data: bytes) -> None:
        if len(data) <= PIECE:
            self._receive(data)
            return
        start = 0
        while start < len(data):
            end = len(data) if self.stage is Stage.BODY else start + PIECE
            self._receive(data[start:end])
            start = end

    def _receive(self, data: bytes) -> None:
        if self.stage is Stage.IGNORED:
            return
        self.received += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            # The request is answered as it stands; what follows it may be in another language.
            self.cycle.keep_alive = False
            self.ignore()
        except httptools.HttpParserError as error:
            self.refuse(_refusal_of(error), Ending.REFUSED)
        else:
            if self.stage is Stage.HEAD and self.received > self.limits.max_target_bytes + self.limits.max_head_bytes:
                self.refuse(HeadTooLarge(self.limits.max_head_bytes, self.limits.max_headers), Ending.REFUSED)
            elif self.stage is Stage.BODY and self.received - 9 * self.body_received > self.limits.max_head_bytes:
                # Chunks that are nearly all extension or trailer.
                self.refuse(FramingUnclear(), Ending.REFUSED)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.stage = Stage.HEAD
        self.since = self.all.now
        self.received = 0
        self.framing: dict[bytes, bytes] = {}
        self.room = self.limits.max_head_bytes

    def on_url(self, url: bytes) -> None:
        self.url += url
        if len(self.url) > self.limits.max_target_bytes:
            raise Refused(TargetTooLong(self.limits.max_target_bytes))

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.stage is Stage.BODY:
            return  # a trailer; taken among the headers it could pass for what it is not
        name = name.lower()
        self.headers.append((name, value))
        if name in HEADERS_THAT_FRAME:
            note_framing(self.framing, name, value)
        self.room -= len(name) + len(value) + 4
        if self.room < 0 or len(self.headers) > self.limits.max_headers:
            raise Refused(HeadTooLarge(self.limits.max_head_bytes, self.limits.max_headers))

    def on_headers_complete(self) -> None:
        parser, scope = self.parser, self.scope
        version, method = parser.get_http_version(), parser.get_method()
        if version != "1.1":
            scope["http_version"] = version
        authority, path, raw_path, query = read_head(version, method, self.url, self.framing)
        if authority is not None:
            # RFC 9112, 3.2.2: the authority of the target counts, whatever Host says.
            self.headers[:] = [(name, authority if name == b"host" else value) for name, value in self.headers]
        scope["method"] = method.decode("ascii")
        scope["path"] = self.root_path + path
        scope["raw_path"] = self.root_path.encode("ascii") + raw_path
        scope["query_string"] = query
        if len(self.pipeline) >= MOST_WAITING:
            raise Refused(TooManyWaiting())
        asks_first = self.framing.get(b"expect", b"").lower() == b"100-continue"
        is_first = self.cycle is None or self.cycle.response_complete
        self.cycle = RequestResponseCycle(
            scope=scope,
            transport=self.line,  # type: ignore[arg-type]
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=False,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=asks_first,
            # Who asks first may leave out the body once it is refused: nobody could tell where the next request begins.
            keep_alive=version != "1.0" and parser.should_keep_alive() and not asks_first,
            on_response=self.on_response_complete,
        )
        self.stage = Stage.BODY
        self.since = self.all.now
        self.received = self.body_received = 0
        self.pace = Pace(self.since, 0)
        if is_first:
            self._start_asgi_task(self.cycle, self.app)
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((self.cycle, self.app))

    def on_body(self, body: bytes) -> None:
        size, cycle = len(body), self.cycle
        self.body_received += size
        if cycle.response_complete:
            return
        has_room = self.all.keep(size, self.kept)
        self.kept += size
        self.kept_of[self.cycle] = self.kept_of.get(self.cycle, 0) + size
        if not has_room:
            raise Refused(Crowded())
        cycle.body += body
        if len(cycle.body) > HIGH_WATER_LIMIT:
            self.flow.pause_reading()
        cycle.message_event.set()

    def on_message_complete(self) -> None:
        self.stage = Stage.NOTHING
        self.since = self.all.now
        if not self.cycle.response_complete:
            self.cycle.more_body = False
            self.cycle.message_event.set()

    # Answering

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self.answering = cycle
        super()._start_asgi_task(cycle, app)

    def on_response_complete(self) -> None:
        self.server_state.total_requests += 1
        self.since = self.all.now
        read = self.kept_of.pop(self.answering, 0) if self.answering is not None else 0
        self.all.free(read)
        self.kept -= read
        if self.transport.is_closing() or self.has_hung_up:
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        elif self.refusal is not None:
            self._answer(self.refusal)

    def refuse(self, error: LrxError, ending: Ending) -> None:
        """Answer what cannot be served after all that came before it, read nothing more, and close."""
        receiving, stage = self.cycle, self.stage
        self.ignore()
        self.ending = ending
        log.info("request refused", reason=ending.value, code=error.code)
        if stage is Stage.BODY and receiving.response_complete:
            self._hang_up()
        elif stage is Stage.BODY and receiving is self.answering:
            receiving.disconnected = True
            receiving.message_event.set()
            if receiving.response_started:
                self.transport.abort()
            else:
                self._answer(error)
        else:
            if stage is Stage.BODY:
                self.pipeline.popleft()
            self.refusal = error
            if not self.is_busy:
                self._answer(error)

    def end_answered(self) -> None:
        """Close after an answer that was the last one."""
        if self.ending is Ending.CLIENT:
            self.ending = Ending.ANSWERED
        if self.stage is Stage.BODY:
            self._hang_up()
        else:
            self.transport.close()

    def _answer(self, error: LrxError) -> None:
        request_id = self.all.random(16).hex()
        headers: dict[bytes, bytes] = dict(self.headers or ())
        language = preferred_language(headers.get(b"accept-language", b"").decode("latin-1"), self.all.language)
        path = (self.scope or {}).get("path", "")
        response = problem(error, language=language, path=path, request_id=request_id, scheme=BEARER)
        lines = (*self.server_state.default_headers, *DEFAULT_RAW, *response.raw_headers)
        head = [STATUS_LINE[response.status_code], *(b"%b: %b\r\n" % one for one in lines)]
        head += [b"x-request-id: ", request_id.encode(), b"\r\nconnection: close\r\n\r\n"]
        self.transport.write(b"".join([*head, bytes(response.body)]))
        self._hang_up()

    def _hang_up(self) -> None:
        """Say that nothing more comes, and wait until the client has read it."""
        self.ignore()
        self.has_hung_up = True
        if self.ending is Ending.CROWDED and not self.all.can_wait:
            self.transport.close()
            return
        self.flow.resume_reading()
        if self.transport.can_write_eof():
            self.transport.write_eof()


def _refusal_of(error: httptools.HttpParserError) -> LrxError:
    cause = error.__context__
    if isinstance(cause, Refused):
        return cause.error
    return VersionUnknown() if str(error) == "Invalid HTTP version" else FramingUnclear()
