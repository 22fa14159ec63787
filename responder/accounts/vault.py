"""Seals what must not be read from a stolen database: platform credentials.

Keys come from the installation's secret, one for each purpose, and are never stored.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from responder.errors import ResponderError

_PURPOSE = b"earshot credentials 1"
"""Binds the key to this use: a key derived from the same secret for another purpose opens nothing here."""


class SealBroken(ResponderError):
    """What was sealed cannot be opened: the secret changed since, or the row was altered."""


def seal(secret: str, values: Mapping[str, Any]) -> str:
    """Encrypt and authenticate plain JSON data. The same values never look the same twice."""
    return _fernet(secret).encrypt(json.dumps(dict(values)).encode()).decode()


def unseal(secret: str, sealed: str) -> dict[str, Any]:
    """Return what was sealed. Raises SealBroken saying what to do."""
    try:
        values: dict[str, Any] = json.loads(_fernet(secret).decrypt(sealed.encode()))
    except (InvalidToken, ValueError, UnicodeError):
        raise SealBroken(
            "The stored credentials cannot be decrypted with the secret in use. Set EARSHOT_SECRET_KEY (or put back "
            "home/secret.key) to what it was, or remove the connection and add it again."
        ) from None
    return values


def key_for(secret: str, purpose: bytes) -> bytes:
    """Return a key of 32 bytes for one purpose: what one key opens or tells apart, another does not."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(secret.encode())


def marked(key: bytes, *parts: str) -> str:
    """Return a mark of 32 hexadecimal digits that is the same for the same parts, and says nothing without the key."""
    return hmac.new(key, json.dumps(parts).encode(), hashlib.sha256).hexdigest()[:32]


def _fernet(secret: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(key_for(secret, _PURPOSE)))
