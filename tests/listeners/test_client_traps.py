"""The traps of the client libraries: each is shown to be there, then that our source does not step into it.

What counts is what arrives: one request that publishes for one call of `reply`, whatever goes wrong, and no sleeping.
"""

from __future__ import annotations

import re
import time
from contextlib import suppress

import httpx
import pytest
import requests

from listeners.errors import Gone, OutcomeUnknown, RateLimited, SourceError
from tests.listeners.contract import DEFAULT_REPLY_ERRORS, fast_fetcher
from tests.listeners.sources import test_bluesky, test_mastodon, test_reddit, test_x
from tests.listeners.stub import FAULTS, Answer, serving

PLACES = {
    "bluesky": (test_bluesky.CASES[0], test_bluesky.PUT),
    "mastodon": (test_mastodon.CASES[0], re.escape(test_mastodon.STATUSES)),
    "reddit": (test_reddit.CASES[0], re.escape(test_reddit.COMMENT)),
    "x": (test_x.CASES[0], re.escape(test_x.TWEETS)),
}
"""A source that replies, as its contract case plays it, and where it publishes."""


def _editing(posted):
    def edit(source):
        source.edit(posted, "Corrected")

    return edit


def _retracting(posted):
    def retract(source):
        source.retract(posted)

    return retract


@pytest.fixture
def stub():
    with serving() as running:
        yield running


@pytest.fixture
def nobody_sleeps(monkeypatch):
    monkeypatch.setattr("time.sleep", lambda seconds: pytest.fail(f"slept {seconds} s"))


@pytest.fixture
def slept(monkeypatch):
    """The seconds a library would have slept."""
    seconds = []
    monkeypatch.setattr("time.sleep", seconds.append)
    return seconds


@pytest.fixture(params=PLACES)
def place(request):
    return PLACES[request.param]


def publishes(case, stub):
    return sum(case.reply.is_post(hit) for hit in stub.hits)


@pytest.mark.parametrize("after_acting", [False, True])
@pytest.mark.parametrize("fault", FAULTS)
def test_one_call_is_one_request_under_every_fault(stub, place, fault, after_acting, nobody_sleeps):
    case, where = place
    case.serve(stub)
    stub.fault, stub.fault_on, stub.after_acting = fault, where, after_acting
    began = time.monotonic()
    with fast_fetcher() as http, pytest.raises(SourceError):
        case.open(http, stub.url).reply(case.reply.to, case.reply.text, key="7f3c0007")
    assert publishes(case, stub) == 1
    assert time.monotonic() - began < 20  # the slow fault ends after 0.6 s; the rest is a busy machine


REPEATED = [408, 425, 429, 500, 502, 503, 504, 520, 522, 524, 529]


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "0"}, {"Retry-After": "1"}], ids=["bare", "at-once", "soon"])
@pytest.mark.parametrize("status", REPEATED)
def test_no_status_makes_a_client_publish_again(stub, place, status, headers, nobody_sleeps):
    case, where = place
    case.serve(stub)
    for method in ("POST", "PUT"):
        stub.on(method, where, Answer(status=status, json={}, headers=headers))
    with fast_fetcher() as http, pytest.raises(RateLimited if status == 429 else OutcomeUnknown):
        case.open(http, stub.url).reply(case.reply.to, case.reply.text, key="7f3c0008")
    assert publishes(case, stub) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_makes_a_client_publish_again(stub, place, status, nobody_sleeps):
    case, where = place
    case.serve(stub)
    stub.post(where, Answer(status=status, json={}, headers={"Location": f"{stub.url}/elsewhere"}))
    for method in ("GET", "POST"):
        stub.on(method, "/elsewhere", Answer(json={"data": {"id": "1"}, "id": "1"}))
    with fast_fetcher() as http, pytest.raises(OutcomeUnknown):
        case.open(http, stub.url).reply(case.reply.to, case.reply.text, key="7f3c0009")
    assert publishes(case, stub) == 1
    assert not [hit for hit in stub.hits if hit.path == "/elsewhere"]


def test_a_dropped_connection_is_not_dialled_again_for_a_second_reply(stub, place, nobody_sleeps):
    case, where = place
    case.serve(stub)
    with fast_fetcher() as http:
        source = case.open(http, stub.url)
        source.reply(case.reply.to, case.reply.text, key="7f3c000a")
        stub.fault, stub.fault_on = "drop", where
        with pytest.raises(OutcomeUnknown):
            source.reply(case.reply.to, f"{case.reply.text} Again.", key="7f3c000b")
    assert publishes(case, stub) == 2


ALSO_PUBLISHING = {
    "bluesky-retract": ("bluesky", "POST", r"/xrpc/com\.atproto\.repo\.deleteRecord", _retracting(test_bluesky.uri(1))),
    "mastodon-edit": ("mastodon", "PUT", f"{test_mastodon.STATUSES}/1500", _editing("1500")),
    "mastodon-retract": ("mastodon", "DELETE", f"{test_mastodon.STATUSES}/1500", _retracting("1500")),
    "reddit-edit": ("reddit", "POST", "/api/editusertext/", _editing("t1_c9")),
    "reddit-retract": ("reddit", "POST", "/api/del/", _retracting("t1_c9")),
    "x-retract": ("x", "DELETE", f"{test_x.TWEETS}/999", _retracting("999")),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("way", ALSO_PUBLISHING)
def test_a_failing_change_is_tried_once_and_never_called_failed_when_it_may_stand(stub, way, fault, nobody_sleeps):
    name, method, path, change = ALSO_PUBLISHING[way]
    case, _ = PLACES[name]
    case.serve(stub)
    stub.on(method, path, Answer(json={"id": "1500", "data": {"deleted": True}}))
    stub.fault, stub.fault_on, stub.after_acting = fault, path, True
    expected = DEFAULT_REPLY_ERRORS[fault]
    with fast_fetcher() as http:
        source = case.open(http, stub.url)
        gone = (fault, change.__name__) == ("gone", "retract")  # what is gone need not be taken back
        with suppress(Gone) if gone else pytest.raises(expected):
            change(source)
    assert stub.count(method, path) == 1


class TestTheTrapsAreThere:
    """What the libraries do left to themselves: where one of these fails, a trap is gone and its guard may go too."""

    def test_praw_publishes_three_times(self, stub, slept):
        import praw

        test_reddit.sign_in(stub)
        stub.post(test_reddit.COMMENT, Answer(status=503, json={}))
        with serving_no_settings(praw, stub) as reddit, pytest.raises(Exception, match="503"):
            reddit.submission("p1").reply("Sorry!")
        assert stub.count("POST", test_reddit.COMMENT) == 3
        assert slept

    def test_mastodon_py_sleeps_until_a_limit_ends(self, stub, slept):
        from mastodon import Mastodon as Client

        answers = iter([Answer(status=429, json={"error": "Too many requests"}), Answer(json={"id": "1"})])
        stub.post(test_mastodon.STATUSES, lambda _hit: next(answers))
        Client(api_base_url=stub.url, access_token="made-up").status_post("Sorry!")
        assert stub.count("POST", test_mastodon.STATUSES) == 2
        assert slept

    def test_tweepy_asks_again_at_once_until_python_gives_up(self, stub):
        import tweepy

        keys = dict.fromkeys(("consumer_key", "consumer_secret", "access_token", "access_token_secret"), "made-up")
        client = tweepy.Client(**keys, wait_on_rate_limit=True, return_type=dict)
        with fast_fetcher() as http:
            client.session = test_x.open_x(http, stub.url)._client.session
            answers = iter([Answer(status=429, json={})] * 5)
            stub.post(test_x.TWEETS, lambda _hit: next(answers, Answer(status=201, json={"data": {"id": "1"}})))
            client.create_tweet(text="Sorry!")
        assert stub.count("POST", test_x.TWEETS) == 6

    @pytest.mark.parametrize("status", [307, 308])
    def test_requests_and_httpx_send_a_post_on_to_where_a_redirect_leads(self, stub, status):
        stub.post("/here", Answer(status=status, headers={"Location": f"{stub.url}/elsewhere"}))
        stub.post("/elsewhere", Answer(json={}))
        requests.post(f"{stub.url}/here", json={}, timeout=5)
        with httpx.Client(follow_redirects=True, trust_env=False) as client:
            client.post(f"{stub.url}/here", json={})
        assert stub.count("POST", "/elsewhere") == 2


def serving_no_settings(praw, stub):
    """Open praw as its guide says, at the stub."""
    return praw.Reddit(
        client_id="made-up-id",
        client_secret=test_reddit.SECRET,
        refresh_token=test_reddit.REFRESH,
        user_agent="python:earshot:v0.1",
        oauth_url=stub.url,
        reddit_url=stub.url,
        check_for_updates=False,
        check_for_async=False,
    )
