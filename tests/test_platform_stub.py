"""The stub behaves as its description says; the adapters are the real ones."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ThreadPoolExecutor

import pytest

from listeners.errors import Gone, NotPermitted, OutcomeUnknown, RateLimited, Unavailable
from listeners.queries import Query
from listeners.sources.mastodon import Mastodon
from listeners.sources.x import X
from tests.listeners.contract import fast_fetcher, patient_fetcher
from tests.platform_stub import FAULTS, MASTODON_KEYS, X_KEYS, Platform

SOURCES = {"x": (X, X_KEYS), "mastodon": (Mastodon, MASTODON_KEYS)}


@pytest.fixture(params=SOURCES)
def name(request):
    return request.param


@pytest.fixture
def http():
    with patient_fetcher() as fetcher:
        yield fetcher


def connect(name, http, url):
    source, keys = SOURCES[name]
    return source(source.Credentials(**keys), http=http, base_url=url)


def test_what_is_said_is_public_once_and_can_be_read_and_taken_back(platform, name, http):
    source = connect(name, http, platform.url)
    post = platform.post(name, "My kettle leaks")
    posted = source.reply(post, "Sorry & thanks <3", key="k")
    by_hand = platform.say_by_hand(name, "By hand", in_reply_to=post)
    found = source.own_replies(post, key="k")
    assert [reply.external_id for reply in found] == [posted.external_id, by_hand]
    assert found[0].says("Sorry & thanks <3")
    (made, _) = platform.replies(post)
    assert (made.platform, made.in_reply_to, made.stands) == (name, post, True)
    source.retract(posted.external_id)
    source.retract(posted.external_id)
    assert [reply.external_id for reply in source.own_replies(post, key="k")] == [by_hand]
    assert [made.stands for made in platform.replies(post)] == [False, True]
    assert (platform.hits("reply"), platform.hits("retract")) == (1, 2)
    assert "kettlewick" in source.check()


def test_people_are_heard_through_search_and_inbox(platform, name, http):
    source = connect(name, http, platform.url)
    post = platform.post(name, "My kettle leaks")
    assert [mention.external_id for mention in source.search(Query.parse("kettle")).mentions] == [post]
    assert [mention.external_id for mention in source.inbox().mentions] == [post]
    assert [mention.external_id for mention in source.recheck([post]).mentions] == [post]
    platform.delete(post)
    assert source.recheck([post]).gone == (post,)
    with pytest.raises(Gone):
        source.reply(post, "Sorry", key="k")
    assert platform.replies(post) == []


def test_only_mastodon_keeps_keys_and_only_for_a_while(platform, name, http):
    source = connect(name, http, platform.url)
    post = platform.post(name, "My kettle leaks")
    for _ in range(2):
        source.reply(post, "Sorry", key="k")
    assert len(platform.replies(post)) == (1 if name == "mastodon" else 2)
    platform.forget_keys()
    source.reply(post, "Sorry", key="k")
    assert len(platform.replies(post)) == (2 if name == "mastodon" else 3)


def test_an_edit_is_counted_and_keeps_the_id(platform, http):
    source = connect("mastodon", http, platform.url)
    post = platform.post("mastodon", "My kettle leaks")
    posted = source.reply(post, "Sory", key="k")
    assert source.edit(posted.external_id, "Sorry").external_id == posted.external_id
    (made,) = platform.replies(post)
    assert (made.text, made.edits) == ("Sorry", 1)


OUTCOMES = {
    "drop_before": (OutcomeUnknown, 0),
    "drop_after": (OutcomeUnknown, 1),
    "error_before": (OutcomeUnknown, 0),
    "error_after": (OutcomeUnknown, 1),
    "slow": (OutcomeUnknown, 1),
    "half": (OutcomeUnknown, 1),
    "html": (OutcomeUnknown, 1),
    "redirect": (OutcomeUnknown, 0),
    "limit": (RateLimited, 0),
    "refuse": (NotPermitted, 0),
    "gone": (Gone, 0),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_every_order_strikes_once_and_acts_as_described(platform, name, fault):
    error, public = OUTCOMES[fault]
    post = platform.post(name, "My kettle leaks")
    platform.order(fault, platform=name)
    with fast_fetcher() as http:
        source = connect(name, http, platform.url)
        with pytest.raises(error) as caught:
            source.reply(post, "Sorry", key="k")
        assert (platform.hits("reply"), len(platform.replies(post))) == (1, public)
        if fault == "limit":
            assert caught.value.until is not None
        assert len(source.own_replies(post, key="k")) == public
        platform.order(fault, platform="x" if name == "mastodon" else "mastodon")
        source.reply(post, "Sorry again", key="k2")
    assert len(platform.replies(post)) == public + 1


@pytest.mark.parametrize("fault", ["drop_before", "error_before"])
def test_reads_go_wrong_as_ordered(platform, name, fault, http):
    platform.order(fault, call="own", times=2, status=503)
    source = connect(name, http, platform.url)
    post = platform.post(name, "My kettle leaks")
    for _ in range(2):
        with pytest.raises(Unavailable):
            source.own_replies(post, key=None)
    assert source.own_replies(post, key=None) == ()


def test_new_posts_may_be_hidden_for_some_reads(platform, name, http):
    source = connect(name, http, platform.url)
    post = platform.post(name, "My kettle leaks")
    source.reply(post, "Sorry", key="k")
    platform.hide(reads=2)
    assert [len(source.own_replies(post, key="k")) for _ in range(3)] == [0, 0, 1]


def test_many_at_once_lose_nothing(platform, name, http):
    source = connect(name, http, platform.url)
    posts = [platform.post(name, f"Leak {number}") for number in range(3)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: source.reply(posts[number % 3], f"Sorry {number}", key=str(number)), range(60)))
    assert [len(platform.replies(post)) for post in posts] == [20, 20, 20]
    assert len({made.id for made in platform.posts()}) == 63
    assert platform.hits("reply") == 60


def test_it_is_spoken_to_from_another_process(platform, name):
    post = platform.post(name, "My kettle leaks")
    child = multiprocessing.get_context("spawn").Process(target=_reply_and_order, args=(name, platform.url, post))
    child.start()
    child.join(60)
    assert child.exitcode == 0
    assert [made.text.rpartition(" ")[2] for made in platform.replies(post)] == ["Elsewhere"]
    with fast_fetcher() as http, pytest.raises(OutcomeUnknown):
        connect(name, http, platform.url).reply(post, "Here", key="k2")


def _reply_and_order(name, url, post):
    with patient_fetcher() as http:
        connect(name, http, url).reply(post, "Elsewhere", key="k")
    Platform(url).order("drop_after")


def test_reset_forgets_everything(platform, name):
    platform.post(name, "My kettle leaks")
    platform.order("refuse")
    platform.reset()
    assert (platform.posts(), platform.hits("reply")) == ([], 0)
