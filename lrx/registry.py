"""The recipients installed, found by entry point. One that cannot be loaded stops the start with a sentence."""

from collections.abc import Mapping
from importlib.metadata import entry_points

from lrx.errors import Invalid, NotFound
from lrx.recipient import PullRecipient, PushRecipient, Recipient
from lrx.text import text

__all__ = ["GROUP", "BrokenRecipient", "UnknownRecipient", "installed_recipients", "recipient_named"]

GROUP = "lrx.recipients"


class BrokenRecipient(Invalid):
    """A recipient is installed and cannot be used."""

    code = "recipient_broken"


class UnknownRecipient(NotFound):
    """No recipient of this name is installed."""

    code = "recipient_unknown"


def installed_recipients() -> Mapping[str, Recipient]:
    """Return the installed recipients by code. Each entry point names a factory without arguments."""
    found = sorted(entry_points(group=GROUP), key=lambda point: point.name)
    if not found:
        raise BrokenRecipient(
            text("No recipient is installed. Install the product (pip install -e .), then start again.")
        )
    recipients: dict[str, Recipient] = {}
    for point in found:
        try:
            recipient: Recipient = point.load()()
        except Exception as error:
            raise BrokenRecipient(
                text("The recipient {name} cannot be loaded: {reason}.", name=point.name, reason=repr(error))
            ) from error
        if recipient.code != point.name:
            raise BrokenRecipient(
                text(
                    "The recipient {name} calls itself {code}; both must be the same.",
                    name=point.name,
                    code=recipient.code,
                )
            )
        if isinstance(recipient, PullRecipient) == isinstance(recipient, PushRecipient):
            raise BrokenRecipient(
                text("The recipient {name} must either ask (routes) or be told (push).", name=point.name)
            )
        recipients[point.name] = recipient
    return recipients


def recipient_named(recipients: Mapping[str, Recipient], code: str) -> Recipient:
    """Return the recipient `code`. Raises `UnknownRecipient` naming those there are."""
    if code not in recipients:
        raise UnknownRecipient(
            text("There is no recipient {code}. Installed: {names}.", code=code, names=", ".join(sorted(recipients)))
        )
    return recipients[code]
