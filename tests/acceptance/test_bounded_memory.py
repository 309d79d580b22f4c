"""The largest and worst bodies there are, many at once: the server's memory stays within a bound, and comes to rest."""

import gzip
import sys
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.served import Served
from tests.slow_clients import memory_of, peak_memory_of

pytestmark = pytest.mark.slow

LARGEST = 8 * 1024 * 1024
AT_ONCE = 8
ROUNDS = 4
BOUND = 600
"""Megabytes more than the server has at rest: eight bodies of 8 MB at once, each as it came, read and refused."""
REST = 100
"""Megabytes that later rounds may add to the earlier ones: more would be a leak."""

STATEMENT = (
    b'{"actor":{"mbox":"mailto:a@example.org"},"verb":{"id":"http://a.example/v"},"object":{"id":"http://a.example/o"}}'
)


def filled(before: bytes, piece: bytes, after: bytes = b"") -> bytes:
    """As many pieces as a body may hold."""
    return before + piece * ((LARGEST - len(before) - len(after)) // len(piece)) + after


BODIES = {
    "nested arrays": filled(b"", b"["),
    "nested objects": filled(b"", b'{"a":'),
    "small numbers": filled(b"[0", b",0", b"]"),
    "long numbers": filled(b"[0", b"," + b"9" * 5000, b"]"),
    "one string": filled(b'"', b"a", b'"'),
    "escapes": filled(b'"', rb"\u0000", b'"'),
    "surrogates": filled(b'"', rb"\ud800", b'"'),
    "empty objects": filled(b"[{}", b",{}", b"]"),
    "equal keys": filled(b'{"a":0', b',"a":0', b"}"),
    "statements": filled(b"[" + STATEMENT, b"," + STATEMENT, b"]"),
    "claims": filled(b'[{"learner":{"username":"a"}}', b',{"learner":{"username":"a"}}', b"]"),
    "identifiers": filled(b'{"oci_ids":["a"', b',"a"', b"]}"),
    "a ticket": filled(b'{"text":"', b"CA-ON-CPSO-12345 a@example.org ", b'"}'),
    "spaces": filled(b"", b" "),
    "not UTF-8": filled(b'"', b"\xff", b'"'),
    "compressed": gzip.compress(b"0" * 200_000_000, 9),
    "too large": b"[" * (LARGEST * 3),
}
LMS, KEY, RECIPIENT = "lms", "key", "cmars"
PLACES = {
    "/xapi/statements": LMS,
    "/api/v1/learning-records": KEY,
    "/api/v1/learners/batch": KEY,
    "/api/v1/ticket-readings": KEY,
    "/recipients/cmars/v1/learning-records/batch": RECIPIENT,
}


def test_the_worst_bodies_take_a_bounded_memory(plain: Served) -> None:
    plain.lrx("migrate")
    lms = plain.lrx("credentials", "create", "--kind", "lms")
    cmars = plain.lrx("credentials", "create", "--kind", "recipient", "--recipient", "cmars")
    key = plain.lrx("credentials", "create", "--kind", "api")["key"]
    ways = {
        LMS: {"auth": (lms["username"], lms["password"])},
        KEY: {"headers": {"Authorization": f"Bearer {key}"}},
        RECIPIENT: {"auth": (cmars["username"], cmars["password"])},
    }
    plain.environment |= {"LRX_API_RATE_LIMIT": "100000/minute", "LRX_RECIPIENT_RATE_LIMIT": "100000/minute"}
    plain.start("--no-worker")
    assert plain.process is not None
    pid = plain.process.pid
    at_rest, after = memory_of(pid), []

    with httpx.Client(base_url=plain.url, trust_env=False, timeout=120) as client, ThreadPoolExecutor(AT_ONCE) as pool:

        def send(case: tuple[str, str]) -> tuple[str, str, int]:
            place, body = case
            headers = {"Content-Type": "application/json", "X-Experience-API-Version": "1.0.3"}
            headers |= {"Content-Encoding": "gzip"} if body == "compressed" else {}
            way = ways[PLACES[place]]
            answer = client.post(place, content=BODIES[body], **{**way, "headers": headers | way.get("headers", {})})
            return place, body, answer.status_code

        for _ in range(ROUNDS):
            answers = list(pool.map(send, [(place, body) for body in BODIES for place in PLACES]))
            assert [one for one in answers if one[2] >= 500] == []
            after.append(memory_of(pid) - at_rest)
    peak = peak_memory_of(pid) - at_rest
    sys.stdout.write(f"{at_rest} MB at rest, {peak} MB more at the most, {after} MB more after each round\n")
    assert peak <= BOUND
    assert max(after[ROUNDS // 2 :]) - max(after[: ROUNDS // 2]) <= REST
