"""Addresses of learning management systems and what is in them, compared as people mean them: http or https, one host
is one LMS."""

import re
from urllib.parse import urlsplit, urlunsplit

from lrx.lower_case import lower_case

__all__ = ["address_forms", "normal_address", "normal_mailbox"]

_DEFAULT_PORT = {"http": re.compile(r"(?::(?:80)?)+$"), "https": re.compile(r"(?::(?:443)?)+$")}
_OTHER_SCHEME = {"http": "https", "https": "http"}


def normal_address(url: str) -> str:
    """Return an address with scheme and host in lower case, without a default port and without a slash at the end.

    The path, the query and the fragment keep their case. What cannot be parsed as an address, or names no host, is
    returned as it is.
    """
    try:
        scheme, host, path, query, fragment = urlsplit(url)
    except ValueError:
        return url
    user, at, host = host.rpartition("@")
    host = lower_case(host)
    if scheme in _DEFAULT_PORT:
        host = _DEFAULT_PORT[scheme].sub("", host)
        if not host and not user:  # what follows would be taken for the host the next time
            return url
    if not query and not fragment:
        path = path.rstrip("/")
    return urlunsplit((scheme, f"{user}{at}{host}", path, query, fragment))


def address_forms(iri: str) -> tuple[str, ...]:
    """Return the normal form of an address, then the same with https for http or http for https.

    For look-ups; an IRI that is not on the web has one form.
    """
    normal = normal_address(iri)
    scheme, separator, rest = normal.partition(":")
    if scheme not in _OTHER_SCHEME:
        return (normal,)
    return (normal, f"{_OTHER_SCHEME[scheme]}{separator}{rest}")


def normal_mailbox(mailbox: str) -> str:
    """Return an e-mail address without `mailto:` and with its domain in lower case."""
    local, at, domain = mailbox.removeprefix("mailto:").rpartition("@")
    return f"{local}{at}{lower_case(domain)}"
