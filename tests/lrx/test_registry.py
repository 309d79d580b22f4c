"""Recipients are found by entry point, and one that cannot be used stops the start with a sentence."""

from importlib.metadata import EntryPoint

import pytest

from lrx import registry
from lrx.recipient import PullRecipient, PushRecipient
from tests.fakes import FakePull, FakePush


def install(monkeypatch: pytest.MonkeyPatch, *points: EntryPoint) -> None:
    monkeypatch.setattr(registry, "entry_points", lambda group: points)


def test_the_port_tells_who_asks_from_who_is_told() -> None:
    assert isinstance(FakePull(), PullRecipient)
    assert not isinstance(FakePull(), PushRecipient)
    assert isinstance(FakePush(), PushRecipient)
    assert not isinstance(FakePush(), PullRecipient)


def test_an_installed_recipient_is_found_by_its_code(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, EntryPoint("fakepull", "tests.fakes:FakePull", registry.GROUP))

    assert list(registry.installed_recipients()) == ["fakepull"]


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("fakepull", "tests.fakes:Missing", "cannot be loaded"),
        ("other", "tests.fakes:FakePull", "calls itself fakepull"),
        ("neither", "tests.lrx.test_registry:Neither", "must either ask"),
    ],
)
def test_a_recipient_that_cannot_be_used_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, sentence: str
) -> None:
    install(monkeypatch, EntryPoint(name, value, registry.GROUP))

    with pytest.raises(registry.BrokenRecipient, match=sentence):
        registry.installed_recipients()


def test_a_checkout_that_was_never_installed_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch)

    with pytest.raises(registry.BrokenRecipient, match="Install the product"):
        registry.installed_recipients()


class Neither:
    """Neither asks nor is told."""

    code = "neither"
