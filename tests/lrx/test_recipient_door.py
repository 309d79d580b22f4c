"""What a recipient's door says when a call goes wrong: in the recipient's format, with the status that fits."""

from dataclasses import replace

import httpx
import pytest

from lrx.app import create_app
from lrx.settings import Settings
from tests.house import House

pytestmark = pytest.mark.anyio

SERVICE = "/recipients/cmars/v1/learning-records"
JSON = {"Accept": "application/json"}


def client_of(house: House, **changes: object) -> httpx.AsyncClient:
    """The same house with other settings."""
    settings = Settings.model_copy(house.exchange.settings, update=changes)
    app = create_app(replace(house.exchange, settings=settings))
    transport = httpx.ASGITransport(app=app)
    return httpx.AsyncClient(transport=transport, base_url="http://lrx.test", auth=house.site.cmars, headers=JSON)


@pytest.mark.parametrize(
    ("method", "path", "status", "code", "allow"),
    [
        ("GET", "/recipients/cmars/v2/learning-records", 404, "path_unknown", None),
        ("GET", "/recipients/cmars/", 404, "path_unknown", None),
        ("POST", SERVICE, 405, "method_not_allowed", "GET"),
        ("GET", f"{SERVICE}/batch", 405, "method_not_allowed", "POST"),
        ("DELETE", f"{SERVICE}/batch", 405, "method_not_allowed", "POST"),
    ],
)
async def test_a_wrong_address_or_method_is_refused_in_the_recipients_format(
    house: House, method: str, path: str, status: int, code: str, allow: str | None
) -> None:
    async with client_of(house) as client:
        answer = await client.request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["message"]
    assert answer.headers.get("allow") == allow
    assert answer.headers["x-request-id"] == answer.json()["request_id"]


async def test_who_is_not_known_is_not_told_which_methods_there_are(house: House) -> None:
    async with client_of(house) as client:
        answer = await client.post(SERVICE, auth=("somebody", "else"))
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


async def test_a_body_larger_than_allowed_is_413_in_the_recipients_format(house: House) -> None:
    async with client_of(house, max_body_bytes=1024) as client:
        answer = await client.post(f"{SERVICE}/batch", json={"oci_ids": ["CA-ON-CPSO-12345"] * 100})
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


async def test_a_batch_the_rate_never_lets_through_is_told_how_many_it_may_be(house: House) -> None:
    async with client_of(house, recipient_rate_limit="3/minute") as client:
        refused = await client.post(f"{SERVICE}/batch", json={"oci_ids": ["CA-ON-CPSO-12345"] * 4})
        taken = await client.post(f"{SERVICE}/batch", json={"oci_ids": ["CA-ON-CPSO-12345"] * 3})
        early = await client.post(f"{SERVICE}/batch", json={"oci_ids": ["CA-ON-CPSO-12345"]})
    assert (refused.status_code, refused.json()["code"]) == (400, "batch_over_rate")
    assert "at most 3" in refused.json()["message"]
    assert taken.status_code == 200
    assert (early.status_code, early.json()["code"]) == (429, "busy")
