"""What a trace tells and what it keeps to itself."""

import anyio
import pytest
from structlog.testing import capture_logs

from lrx import worker
from lrx.logs import trace_of

PRIVATE = "CA-ON-CPSO-12345"


def _fail() -> None:
    try:
        raise KeyError(PRIVATE)
    except KeyError as error:
        raise RuntimeError(f"{PRIVATE} is wrong") from error


def test_a_trace_says_where_from_the_first_cause_on_and_no_message() -> None:
    with pytest.raises(RuntimeError) as failure:
        _fail()
    trace = trace_of(failure.value)
    assert trace.index("builtins.KeyError") < trace.index("builtins.RuntimeError")
    assert "in _fail" in trace
    assert PRIVATE not in trace.replace(f"{PRIVATE} is wrong", "").replace("(PRIVATE)", "")


@pytest.mark.anyio
async def test_the_worker_logs_a_failure_without_its_message_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "PAUSE_AFTER_FAILURE", 0)
    tries = 0

    async def work() -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            _fail()
        await anyio.sleep_forever()

    with capture_logs() as lines, anyio.move_on_after(0.2):
        await worker._keep_going("projector", work)

    assert tries == 2
    (line,) = lines
    assert (line["work"], line["error"]) == ("projector", "RuntimeError")
    assert "exc_info" not in line
    assert PRIVATE not in str(line)
