"""The in-process twin takes part in the contract like any platform; what it adds is held here."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from listeners.capabilities import ABILITIES
from listeners.errors import Gone, NotPermitted, OutcomeUnknown, Rejected, TooLong, Unavailable
from listeners.memory import MemorySource, feed, forget_feed
from listeners.mentions import Kind, Mention
from listeners.queries import Query
from listeners.signatures import sign
from tests.listeners.contract import Case, ReplyCase

AT = datetime(2026, 5, 1, 9, tzinfo=UTC)
QUERY = Query.parse("borealis")


def _mention(number: int, **over) -> Mention:
    return Mention(
        **{"source": "memory", "external_id": f"m{number}", "text": f"borealis kettle {number}", "created_at": AT}
        | over
    )


def _open(http, url) -> MemorySource:
    if feed(url).standing("m0") is None:
        feed(url).post(*(_mention(number) for number in range(7)))
    return MemorySource(MemorySource.Credentials(feed=url, page_size=3, secret="planted-memory-secret"))


CASE = Case(
    name="memory",
    open=_open,
    serve=lambda stub: forget_feed(stub.url),
    read=lambda source, cursor: source.search(QUERY, cursor=cursor),
    ids=frozenset(f"m{number}" for number in range(7)),
    secrets=("planted-memory-secret",),
    reply=ReplyCase(to="m1", is_post=lambda hit: True, idempotent=True, tells_keys=True),
)


@pytest.fixture
def name():
    fresh = uuid.uuid4().hex
    yield fresh
    forget_feed(fresh)


@pytest.fixture
def source(name):
    return MemorySource(MemorySource.Credentials(feed=name, page_size=10))


def test_the_twin_has_every_ability(source):
    assert all(isinstance(source, protocol) for protocol in ABILITIES.values())


def test_edits_and_deletions_arrive_after_the_posts(source, name):
    feed(name).post(_mention(1), _mention(2))
    first = source.search(QUERY)
    feed(name).edit("m1", "borealis kettle, mended", at=AT)
    feed(name).delete("m2")
    second = source.search(QUERY, cursor=first.cursor)
    assert [(m.external_id, m.text, m.edited_at) for m in second.mentions] == [("m1", "borealis kettle, mended", AT)]
    assert second.gone == ("m2",)


def test_inbox_holds_only_what_was_addressed_to_us_and_reviews_only_reviews(source, name):
    feed(name).post(_mention(1), _mention(2, addressed=True), _mention(3, kind=Kind.REVIEW, rating=2))
    assert [m.external_id for m in source.inbox().mentions] == ["m2"]
    assert [m.external_id for m in source.reviews().mentions] == ["m3"]


def test_one_key_is_one_reply(source, name):
    feed(name).post(_mention(1))
    first, again = (source.reply("m1", "Sorry about that.", key="k") for _ in range(2))
    assert first == again
    assert feed(name).replies == {first.external_id: ("m1", "Sorry about that.")}


def test_a_connection_that_keeps_no_keys_posts_again_and_says_so(name):
    feed(name).post(_mention(1))
    source = MemorySource(MemorySource.Credentials(feed=name, keeps_keys=False))
    assert source.limits.key_lasts is None
    assert MemorySource.limits.key_lasts == timedelta.max
    first, again = (source.reply("m1", "Sorry about that.", key="k").external_id for _ in range(2))
    found = source.own_replies("m1", key="k")
    assert [(reply.external_id, reply.under_key) for reply in found] == [(first, None), (again, None)]


def test_own_replies_are_what_stands_now_with_the_time_of_the_feed(source, name):
    feed(name).now = lambda: AT
    feed(name).post(_mention(1), _mention(2))
    for number, key in enumerate("abc"):
        source.reply("m1", f"Sorry {number}", key=key)
    source.reply("m2", "Elsewhere", key="d")
    source.retract("reply-2")
    source.edit("reply-3", "Very sorry")
    feed(name).delete("m1")
    found = source.own_replies("m1", key="c")
    assert [(reply.text, reply.under_key) for reply in found] == [("Sorry 0", False), ("Very sorry", True)]
    assert {reply.created_at for reply in found} == {AT}


def test_a_reply_may_stand_before_it_is_shown_and_although_the_call_failed(source, name):
    feed(name).post(_mention(1))
    feed(name).fail_next(OutcomeUnknown("no answer"), after_acting=True)
    with pytest.raises(OutcomeUnknown):
        source.reply("m1", "Sorry", key="k")
    feed(name).hide_replies(reads=2)
    assert [len(source.own_replies("m1", key="k")) for _ in range(3)] == [0, 0, 1]


def test_a_reply_is_edited_and_taken_back(source, name):
    feed(name).post(_mention(1))
    posted = source.reply("m1", "Sory", key="k").external_id
    source.edit(posted, "Sorry")
    assert feed(name).replies[posted] == ("m1", "Sorry")
    source.retract(posted)
    source.retract(posted)
    assert feed(name).replies == {}
    with pytest.raises(Gone):
        source.edit(posted, "again")


def test_nobody_answers_what_is_gone_or_at_too_great_length(source, name):
    with pytest.raises(Gone):
        source.reply("m9", "Hello", key="k")
    with pytest.raises(TooLong):
        source.reply("m9", "x" * 501, key="k")


def test_recheck_tells_what_stands_and_what_is_gone(source, name):
    feed(name).post(_mention(1), _mention(2))
    feed(name).delete("m1")
    page = source.recheck(["m1", "m2", "m3"])
    assert [m.external_id for m in page.mentions] == ["m2"]
    assert page.gone == ("m1", "m3")


def test_failures_are_played_once_each(source, name):
    feed(name).fail_next(Unavailable("down"))
    with pytest.raises(Unavailable):
        source.search(QUERY)
    assert source.search(QUERY).mentions == ()
    assert name in source.check()


def test_pushes_are_taken_only_when_signed(source):
    body = json.dumps({"external_id": "p1", "text": "borealis"}).encode()
    headers = {"X-Earshot-Timestamp": "1000", "X-Earshot-Signature": sign("memory-secret", 1000, body)}
    assert source.receive(body, headers, now=1000).mentions[0].external_id == "p1"
    with pytest.raises(NotPermitted):
        source.receive(body + b" ", headers, now=1000)


@pytest.mark.parametrize("cursor", ["", "nonsense", "[]", '{"after": "x"}', "{}"])
def test_a_foreign_cursor_is_refused_with_the_way_out(source, cursor):
    with pytest.raises(Rejected, match="reset its cursor"):
        source.search(QUERY, cursor=cursor)
