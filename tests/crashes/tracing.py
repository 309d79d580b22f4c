"""strace around a server process: what it does in which order, and what happens when a system call fails."""

import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Calls", "NoTracing", "SystemCall", "require_tracing", "traced"]

ATTACHED_WITHIN = 20
_WHOLE = re.compile(r"^(?P<pid>\d+) +(?P<time>\d+\.\d+) (?P<name>\w+)\((?P<rest>.*)$")
_RESUMED = re.compile(r"^(?P<pid>\d+) +(?P<time>\d+\.\d+) <\.\.\. (?P<name>\w+) resumed>(?P<rest>.*)$")
_RESULT = re.compile(r"\) += (?P<result>-?\d+)[^=]*?(?:<(?P<took>\d+\.\d+)>)?$")
UNFINISHED = " <unfinished ...>"


class NoTracing(Exception):
    """strace is not here, or may not attach to processes."""


@dataclass(frozen=True, slots=True)
class SystemCall:
    """One call: when it began and ended, in seconds, what it was given as strace prints it, what it returned."""

    name: str
    began: float
    ended: float
    given: str
    result: int


def require_tracing() -> None:
    """Raise `NoTracing` unless processes that are not our children can be traced here."""
    if shutil.which("strace") is None:
        raise NoTracing("strace is not installed. On Debian: apt-get install strace")
    sleeper = subprocess.Popen(["sleep", "60"])
    try:
        with traced(sleeper.pid, Path("/dev/null"), "-e", "trace=none"):
            return
    finally:
        sleeper.kill()
        sleeper.wait()


@contextmanager
def traced(pid: int, log: Path, *options: str) -> Iterator[None]:
    """Trace a process and all its threads, new ones included, while the block runs. Raises `NoTracing`."""
    command = ["strace", "-f", "-p", str(pid), "-o", str(log), *options]
    tracer = subprocess.Popen(command, stderr=subprocess.PIPE)
    try:
        _await_attached(tracer, pid)
        yield
    finally:
        tracer.terminate()  # it lets go of the process, which goes on
        tracer.communicate(timeout=30)


def _await_attached(tracer: subprocess.Popen[bytes], pid: int) -> None:
    until = time.monotonic() + ATTACHED_WITHIN
    while time.monotonic() < until:
        tracers = [_tracer_of(task) for task in Path(f"/proc/{pid}/task").iterdir()]
        if all(tracers):
            return
        if tracer.poll() is not None:
            assert tracer.stderr is not None
            raise NoTracing(f"strace cannot attach: {tracer.stderr.read().decode().strip()}")
        time.sleep(0.02)
    raise NoTracing("strace did not attach in time")


def _tracer_of(task: Path) -> int:
    try:
        status = (task / "status").read_text()
    except OSError:  # the thread has ended meanwhile
        return 1
    return int(re.search(r"^TracerPid:\s*(\d+)", status, re.MULTILINE)[1])  # type: ignore[index]


class Calls(Sequence[SystemCall]):
    """The calls of a log written with `-ttt -T`, by the time at which they began."""

    def __init__(self, log: Path) -> None:
        begun: dict[str, tuple[float, str]] = {}
        found: list[SystemCall] = []
        for line in log.read_text(errors="replace").splitlines():
            if (whole := _WHOLE.match(line)) is not None:
                began, rest = float(whole["time"]), whole["rest"]
                if rest.endswith(UNFINISHED):
                    begun[whole["pid"]] = (began, rest.removesuffix(UNFINISHED))
                    continue
                name = whole["name"]
            elif (resumed := _RESUMED.match(line)) is not None and resumed["pid"] in begun:
                began, head = begun.pop(resumed["pid"])
                name, rest = resumed["name"], head + resumed["rest"]
            else:
                continue
            if (result := _RESULT.search(rest)) is not None and result["took"] is not None:
                took = float(result["took"])
                found.append(SystemCall(name, began, began + took, rest, int(result["result"])))
        self._calls = sorted(found, key=lambda call: call.began)

    def __len__(self) -> int:
        return len(self._calls)

    def __getitem__(self, index):  # type: ignore[no-untyped-def]
        return self._calls[index]
