"""One call of a Slack incoming webhook, and what its end means. No retries here, and none inside the client.

What the message says is `responder.alerts.messages`' work.

What certainly did not happen may be tried again; what may have happened never is:

    2xx (with a web page: unknown)                 delivered
    429                                            not acted on: again after Retry-After
    not connected (refused, no such host, unreachable, connecting or TLS timed out, certificate)    not acted on: later
    other 4xx                                      refused for good
    5xx, dropped or timed out after connecting     unknown
"""

from __future__ import annotations

import errno
import logging
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from http.client import HTTPException
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit

from slack_sdk.webhook import WebhookClient, WebhookResponse

CALL_WITHIN_S = 10.0
"""Slack answers within a second; who takes longer than this may have acted all the same."""
LONGEST_WAIT = timedelta(hours=1)
_DEFAULT_WAIT = timedelta(seconds=30)
_UNREACHABLE = {errno.ECONNREFUSED, errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL}

# The client's own logger writes the webhook's address, which is a secret, and people's words.
_silent = logging.getLogger("responder.alerts.slack.silent")
_silent.propagate = False
_silent.setLevel(logging.CRITICAL)
_silent.addHandler(logging.NullHandler())


class Outcome(StrEnum):
    """How a call ended, named for what happens next."""

    DELIVERED = "delivered"
    LATER = "later"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Ended:
    """How a call ended. `wait` is set when Slack said how long; `fault` is a sentence without secrets or words."""

    outcome: Outcome
    fault: str | None = None
    wait: timedelta | None = None


_REFUSALS: Mapping[int, str] = {
    400: "Slack could not read the message (HTTP 400); this is a fault of Earshot, please report it",
    403: "Slack does not let this webhook post (HTTP 403): an admin of the workspace can allow it",
    404: "Slack does not know this webhook (HTTP 404): make a new one and set EARSHOT_SLACK_WEBHOOK_URL",
    410: "the webhook's channel was archived (HTTP 410): make a new one and set EARSHOT_SLACK_WEBHOOK_URL",
}


def post(url: str, message: dict[str, Any], *, now: datetime) -> Ended:
    """Post once and say how it ended; never raises for what the network or Slack does."""
    if not _is_web_address(url):
        return Ended(Outcome.REFUSED, "EARSHOT_SLACK_WEBHOOK_URL is not a web address: copy it from Slack again")
    # Its type says whole seconds, urllib below it takes fractions.
    client = WebhookClient(url, timeout=CALL_WITHIN_S, retry_handlers=[], logger=_silent)  # type: ignore[arg-type]
    try:
        return _read(client.send(**message), now)
    except URLError as error:
        if _never_connected(error.reason):
            return Ended(Outcome.LATER, "Slack could not be reached; nothing was sent")
        return Ended(Outcome.UNKNOWN, "the connection to Slack broke while sending")
    except (OSError, HTTPException, ValueError, LookupError):
        return Ended(Outcome.UNKNOWN, "Slack did not answer after the message was sent")


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and url.isprintable() and " " not in url


def _read(response: WebhookResponse, now: datetime) -> Ended:
    status = response.status_code
    if status == 429:
        wait = _wait(response.headers.get("Retry-After"), now)
        return Ended(Outcome.LATER, "Slack asks us to slow down (HTTP 429)", wait)
    if status >= 500:
        return Ended(Outcome.UNKNOWN, f"Slack had trouble (HTTP {status}); the message may have been posted")
    if status >= 300:
        return Ended(Outcome.REFUSED, _REFUSALS.get(status, f"Slack refused the message (HTTP {status})"))
    if response.body.lstrip().startswith("<"):
        # A login page after a redirect, or a proxy in between: neither says what became of the message.
        return Ended(Outcome.UNKNOWN, "a web page answered instead of Slack: check EARSHOT_SLACK_WEBHOOK_URL")
    return Ended(Outcome.DELIVERED)


def _never_connected(reason: object) -> bool:
    """Whether nothing of the request can have left.

    The request is small enough for the socket's buffer, so a timeout before the answer is one of connecting or of the
    TLS handshake.
    """
    if isinstance(reason, (TimeoutError, socket.gaierror, ssl.SSLCertVerificationError)):
        return True
    return isinstance(reason, OSError) and reason.errno in _UNREACHABLE


def _wait(told: str | None, now: datetime) -> timedelta:
    """Read Retry-After: seconds or a date, within a second and an hour."""
    wait = _DEFAULT_WAIT
    try:
        wait = timedelta(seconds=int(told or ""))
    except (ValueError, OverflowError):
        try:
            until = parsedate_to_datetime(told or "")
            wait = (until if until.tzinfo else until.replace(tzinfo=UTC)) - now
        except (ValueError, TypeError, IndexError):
            wait = _DEFAULT_WAIT
    return min(max(wait, timedelta(seconds=1)), LONGEST_WAIT)
