"""Signs and checks what is pushed over HTTP: `X-Earshot-Timestamp` and `X-Earshot-Signature: v1=` HMAC-SHA256.

The signed bytes are the timestamp as written, a dot, and the raw body. A push older or newer than WINDOW is refused;
within it a repeat is harmless, because receivers know items by their ids.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping

from listeners.errors import NotPermitted

TIMESTAMP_HEADER = "X-Earshot-Timestamp"
SIGNATURE_HEADER = "X-Earshot-Signature"
WINDOW = 300
"""Seconds a push may be old, or its sender's clock ahead."""

_SECONDS = re.compile(r"[0-9]{1,12}", re.ASCII)


def sign(secret: str, timestamp: int | str, body: bytes) -> str:
    """Return the signature header's value for a body sent at unix second `timestamp`."""
    signed = str(timestamp).encode() + b"." + body
    return "v1=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def require_signed(secret: str, headers: Mapping[str, str], body: bytes, *, now: float) -> None:
    """Refuse what was not signed with `secret` within WINDOW seconds of `now` (unix seconds). Raises NotPermitted.

    Whatever the headers hold, the answer is this one error: strings that are no numbers, no hex, not even ASCII.
    """
    told = {name.lower(): value for name, value in headers.items()}
    timestamp, signature = told.get(TIMESTAMP_HEADER.lower(), ""), told.get(SIGNATURE_HEADER.lower(), "")
    if not _SECONDS.fullmatch(timestamp):
        raise NotPermitted(f"{TIMESTAMP_HEADER} must hold the unix second of sending")
    if abs(now - int(timestamp)) > WINDOW:
        raise NotPermitted(f"{TIMESTAMP_HEADER} is over {WINDOW} seconds off: check the sender's clock, then sign anew")
    expected = sign(secret, timestamp, body).encode()
    if not hmac.compare_digest(expected, signature.encode("utf-8", "replace")):
        raise NotPermitted(
            f"{SIGNATURE_HEADER} does not fit: sign timestamp, dot and raw body with the source's secret"
        )
