"""One webhook call: what its end means, and that nothing secret is said about it."""

from __future__ import annotations

import logging
import socket
import ssl
from datetime import UTC, datetime, timedelta
from urllib.error import URLError

import pytest

from responder.alerts.slack import LONGEST_WAIT, Outcome, _never_connected, _wait, post
from tests.listeners.stub import Answer, serving

HOOK = "/services/T0/B0/planted-secret"
MESSAGE = {"text": "planted words", "blocks": []}
NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)


@pytest.fixture
def slack():
    with serving() as stub:
        yield stub


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (200, b"ok", Outcome.DELIVERED),
        (200, b"", Outcome.DELIVERED),
        (200, b'{"success": true}', Outcome.DELIVERED),
        (200, b"  <html>sign in</html>", Outcome.UNKNOWN),
        (400, b"invalid_blocks", Outcome.REFUSED),
        (403, b"action_prohibited", Outcome.REFUSED),
        (404, b"no_service", Outcome.REFUSED),
        (410, b"channel_is_archived", Outcome.REFUSED),
        (418, b"\xff\xfe", Outcome.UNKNOWN),
        (429, b"rate_limited", Outcome.LATER),
        (500, b"", Outcome.UNKNOWN),
        (503, b"", Outcome.UNKNOWN),
    ],
)
def test_each_answer_means_one_thing(slack, status, body, outcome):
    slack.post(HOOK, Answer(status=status, body=body))
    ended = post(slack.url + HOOK, MESSAGE, now=NOW)
    assert ended.outcome is outcome
    assert (ended.fault is None) == (outcome is Outcome.DELIVERED)
    assert len(slack.hits) == 1


@pytest.mark.parametrize("url", ["not an address", "ftp://x.example", ""])
def test_an_address_that_is_none_is_refused_for_good(url):
    ended = post(url, MESSAGE, now=NOW)
    assert ended.outcome is Outcome.REFUSED
    assert "EARSHOT_SLACK_WEBHOOK_URL" in ended.fault


@pytest.mark.parametrize(
    ("reason", "never"),
    [
        (ConnectionRefusedError(111, "refused"), True),
        (socket.gaierror(-2, "no such host"), True),
        (TimeoutError("timed out"), True),
        (ssl.SSLCertVerificationError("expired"), True),
        (OSError(113, "no route"), True),
        (ConnectionResetError(104, "reset"), False),
        (BrokenPipeError(32, "broken"), False),
        (ssl.SSLEOFError("eof"), False),
        ("unknown url type", False),
    ],
)
def test_only_what_never_connected_is_sure_not_to_have_acted(reason, never):
    assert _never_connected(URLError(reason).reason) is never


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("30", 30),
        ("0", 1),
        ("-5", 1),
        ("999999999999", LONGEST_WAIT.total_seconds()),
        ("Wed, 04 Mar 2026 12:00:45 GMT", 45),
        ("Wed, 04 Mar 2020 12:00:45 GMT", 1),
        ("soon", 30),
        (None, 30),
    ],
)
def test_retry_after_is_kept_within_reason(told, seconds):
    assert _wait(told, NOW) == timedelta(seconds=seconds)


@pytest.mark.parametrize("fault", ["drop", "broken", "limited", "gone"])
def test_neither_the_address_nor_the_words_are_logged(slack, caplog, fault):
    slack.fault = fault
    with caplog.at_level(logging.DEBUG):
        post(slack.url + HOOK, MESSAGE, now=NOW)
    assert "planted" not in caplog.text
