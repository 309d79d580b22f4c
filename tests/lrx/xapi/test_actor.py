import pytest

from lrx.xapi.actor import Agent, identify
from lrx.xapi.shapes import JsonObject

SHA1 = "ebd31e95054c018b10727ccffd2ef2ec3a016ee9"


@pytest.mark.parametrize(
    ("actor", "agent"),
    [
        (
            {"name": "Amira Okafor", "account": {"homePage": "HTTPS://LMS.Example.com:443/", "name": "3"}},
            Agent("account", "https://lms.example.com", "3", "Amira Okafor"),
        ),
        (
            {"objectType": "Agent", "account": {"homePage": "http://127.0.0.1:8043", "name": "Dmitri.Novak "}},
            Agent("account", "http://127.0.0.1:8043", "Dmitri.Novak ", None),
        ),
        ({"mbox": "mailto:Dmitri.Novak@Example.INVALID"}, Agent("mbox", None, "Dmitri.Novak@example.invalid", None)),
        ({"mbox_sha1sum": SHA1.upper(), "name": " "}, Agent("mbox_sha1sum", None, SHA1, None)),
        (
            {"openid": "https://OpenID.example.com/Eve", "name": " Eve Teacher "},
            Agent("openid", None, "https://OpenID.example.com/Eve", "Eve Teacher"),
        ),
    ],
)
def test_an_agent_is_known_by_one_identifier(actor: JsonObject, agent: Agent) -> None:
    assert identify(actor) == agent


@pytest.mark.parametrize(
    "actor",
    [
        {"objectType": "Group", "member": [{"mbox": "mailto:amira@example.com"}]},
        {"objectType": "Group", "mbox": "mailto:team@example.com"},
        {"name": "Amira Okafor"},
        {"account": {"homePage": "https://lms.example.com"}},
        {"account": "3"},
        {"mbox": 3},
        {},
    ],
)
def test_a_group_and_a_nobody_are_no_agent(actor: JsonObject) -> None:
    assert identify(actor) is None
