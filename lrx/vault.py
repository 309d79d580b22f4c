"""Recipients' credentials at rest: encrypted with the secret key, which never enters the database."""

import base64
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from lrx.errors import Invalid
from lrx.private_files import private_folder
from lrx.settings import Settings
from lrx.text import text

__all__ = ["Vault", "WrongKey", "open_vault"]


SHORTEST = 16
"""Fewest characters of a secret key."""


class WrongKey(Invalid):
    """The secret key is too short, or not the one the data was encrypted with."""

    code = "secret_key_wrong"


class Vault:
    """Encrypts with the first key, decrypts with any."""

    def __init__(self, secrets: Sequence[str]) -> None:
        for secret in secrets:
            if len(secret) < SHORTEST:
                raise WrongKey(
                    text(
                        "LRX_SECRET_KEY is too short: {length} characters, and {shortest} is the fewest. "
                        "Make one with `lrx secret-key`.",
                        length=len(secret),
                        shortest=SHORTEST,
                    )
                )
        self._fernet = MultiFernet([Fernet(_key_of(secret)) for secret in secrets])

    def seal(self, value: Mapping[str, Any]) -> bytes:
        """Return `value` encrypted."""
        return self._fernet.encrypt(json.dumps(value, sort_keys=True).encode())

    def unseal(self, sealed: bytes) -> dict[str, Any]:
        """Return what was sealed. Raises `WrongKey` when no key fits."""
        try:
            value: dict[str, Any] = json.loads(self._fernet.decrypt(sealed))
        except InvalidToken as error:
            raise WrongKey(
                text(
                    "The secret key does not open the stored credentials. Start with the key they were stored "
                    "with, or add it to LRX_SECRET_KEY."
                )
            ) from error
        return value


def open_vault(settings: Settings) -> Vault:
    """Return the vault of the settings; without a key set, one is made at first start and kept in the data folder."""
    if settings.secret_key is not None:
        return Vault([key.strip() for key in settings.secret_key.get_secret_value().split(",")])
    path = settings.data_dir / "secret_key"
    if not path.exists():
        _make_key(path)
    return Vault([path.read_text(encoding="ascii").strip()])


def _key_of(secret: str) -> bytes:
    """The key made of a secret (HKDF, RFC 5869): any random text serves, whatever tool made it."""
    derived = HKDF(hashes.SHA256(), length=32, salt=None, info=b"lrx recipient credentials").derive(secret.encode())
    return base64.urlsafe_b64encode(derived)


def _make_key(path: Path) -> None:
    private_folder(path.parent)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return  # another process was first
    with os.fdopen(handle, "wb") as target:
        target.write(Fernet.generate_key())
