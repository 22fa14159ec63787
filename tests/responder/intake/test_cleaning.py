"""Whatever a platform sends, what is stored fits both databases, and two items never become one."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from listeners.mentions import Author, Engagement, Mention
from responder.intake.cleaning import MAX_KEY, MAX_RAW, clean, key_of, newest_versions
from tests.factories import NOW

ANYTHING = st.text(st.characters() | st.sampled_from("\0\ud800\udfff\u2028\x1b"), max_size=60)
ZONES = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
INSTANTS = st.datetimes(timezones=ZONES)
NUMBERS = st.none() | st.integers()
RECORDS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANYTHING,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANYTHING, inner, max_size=4),
    max_leaves=12,
)
MENTIONS = st.builds(
    Mention,
    source=st.just("memory"),
    external_id=ANYTHING.filter(bool),
    text=ANYTHING,
    created_at=INSTANTS,
    edited_at=st.none() | INSTANTS,
    url=st.none() | ANYTHING,
    language=st.none() | ANYTHING,
    rating=st.none() | st.floats(),
    thread_id=st.none() | ANYTHING,
    author=st.none() | st.builds(Author, external_id=ANYTHING, handle=ANYTHING, followers=NUMBERS),
    engagement=st.builds(Engagement, likes=NUMBERS, views=NUMBERS),
    raw=st.dictionaries(ANYTHING, RECORDS, max_size=4),
)


@given(MENTIONS)
def test_every_mention_becomes_storable(mention: Mention) -> None:
    cleaned = clean(mention, now=NOW)
    author = cleaned.author
    texts = [cleaned.external_id, cleaned.text, cleaned.url, cleaned.language, cleaned.thread_id]
    texts += [author.external_id, author.handle] if author else []
    for text in texts:
        if text is not None:
            assert "\0" not in text
            text.encode()
    for number in (cleaned.likes, cleaned.views, author.followers if author else None):
        assert number is None or abs(number) < 2**63
    for instant in (cleaned.created_at, cleaned.edited_at):
        assert instant is None or datetime(1970, 1, 1, tzinfo=UTC) <= instant <= NOW
    record = json.dumps(cleaned.raw, allow_nan=False)
    assert "\\u0000" not in record


@given(ANYTHING, ANYTHING)
def test_two_ids_never_become_one(one: str, other: str) -> None:
    assert (key_of(one) == key_of(other)) == (one == other)


def test_an_endless_id_is_kept_by_its_hash_and_an_ordinary_one_as_it_is() -> None:
    assert key_of("at://did:plc:abc/app.bsky.feed.post/3k") == "at://did:plc:abc/app.bsky.feed.post/3k"
    assert len(key_of("x" * 10_000)) < MAX_KEY


def test_a_record_up_to_its_bound_is_kept() -> None:
    kept = {"a": "x" * 3_000, "b": ["y" * 3_000]}
    mention = Mention(source="memory", external_id="1", text="", created_at=NOW, raw=kept)
    assert clean(mention, now=NOW).raw == kept
    larger = Mention(source="memory", external_id="1", text="", created_at=NOW, raw={"a": ["x" * 3_000] * 6})
    assert len(str(larger.raw)) > MAX_RAW
    assert clean(larger, now=NOW).raw is None


def test_of_versions_of_one_instant_the_later_in_order_wins() -> None:
    versions = [
        clean(Mention(source="memory", external_id="1", text=text, created_at=NOW), now=NOW) for text in ("a", "b")
    ]
    assert [mention.text for mention in newest_versions(versions)] == ["b"]
