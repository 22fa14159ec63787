"""Mentions another system pushes to us over signed HTTP. The web route and the storing are left to the floors above."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import BaseModel, Field, SecretStr

from listeners.capabilities import Limits
from listeners.errors import Rejected
from listeners.http import Fetcher
from listeners.mentions import Mention
from listeners.pages import Fault, Page
from listeners.registry import source
from listeners.rows import RowReader
from listeners.signatures import require_signed

MAX_BODY = 1_000_000
"""Bytes of one push, just under what the web app reads at all. Senders with more split it."""


@source("webhook", title="Inbound webhook")
class Webhook:
    """Takes one JSON object with the import columns, or {"mentions": [objects]}; external_id is required."""

    class Credentials(BaseModel):
        """What the sender and we share."""

        secret: SecretStr = Field(min_length=1, description="Shared secret the sender signs with; 32 random characters")

    limits = Limits(poll_every=timedelta(hours=1), calls_per_minute=600)

    def __init__(self, credentials: Credentials, *, http: Fetcher, base_url: str | None = None) -> None:  # noqa: ARG002
        self._secret = credentials.secret

    def receive(self, body: bytes, headers: Mapping[str, str], *, now: float) -> Page:
        """Check the signature and read the mentions; items that cannot be read become faults.

        Raises NotPermitted for a bad, missing or old signature and Rejected for a body that cannot be read at all.
        """
        if len(body) > MAX_BODY:
            raise Rejected(f"the body is over {MAX_BODY // 1_000_000} MB: send fewer mentions at once")
        require_signed(self._secret.get_secret_value(), headers, body, now=now)
        return read_push(body, source="webhook", now=datetime.fromtimestamp(now, tz=UTC))


def read_push(body: bytes, *, source: str, now: datetime) -> Page:
    """Read a pushed body whose signature is already checked. Raises Rejected when it is not the JSON we take."""
    reader = RowReader(source=source, now=now, needs_id=True)
    mentions: list[Mention] = []
    faults: list[Fault] = []
    for number, item in enumerate(_items(body), start=1):
        try:
            mentions.append(reader.mention(_object(item)))
        except ValueError as error:
            faults.append(Fault(where=f"mention {number}", why=str(error)))
    return Page(mentions=tuple(mentions), faults=tuple(faults))


def _items(body: bytes) -> list[Any]:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        raise Rejected('the body is not JSON: send one object, or {"mentions": [objects]}, as UTF-8') from None
    if not isinstance(data, dict):
        raise Rejected('the body is not a JSON object: send one object, or {"mentions": [objects]}')
    if "mentions" not in data:
        return [data]
    if not isinstance(data["mentions"], list):
        raise Rejected('mentions is not a list: send {"mentions": [objects]}')
    return data["mentions"]


def _object(item: Any) -> Mapping[str, Any]:
    if not isinstance(item, dict):
        raise ValueError("it is not an object: give it external_id and text")  # noqa: TRY004 — every bad item is one kind
    return item
