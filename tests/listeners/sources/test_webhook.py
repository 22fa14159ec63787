"""Signed pushes: who may push, what is read, and what a bad item leaves behind."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listeners.errors import NotPermitted, Rejected
from listeners.http import Fetcher
from listeners.mentions import Kind
from listeners.signatures import sign
from listeners.sources.webhook import MAX_BODY, Webhook
from tests.listeners.contract import Case

SECRET = "planted-webhook-secret"
NOW = 1_780_000_000


def _open(http: Fetcher, url: str | None = None) -> Webhook:
    return Webhook(Webhook.Credentials(secret=SECRET), http=http, base_url=url)


def _headers(body: bytes, *, at: int = NOW, secret: str = SECRET) -> dict[str, str]:
    return {"X-Earshot-Timestamp": str(at), "X-Earshot-Signature": sign(secret, at, body)}


def _push(data, **over):
    body = data if isinstance(data, bytes) else json.dumps(data).encode()
    return source().receive(body, _headers(body) | over, now=NOW)


def source() -> Webhook:
    return _open(Fetcher())


BODY = json.dumps(
    {"mentions": [{"external_id": f"w{number}", "text": f"The kettle leaks {number}"} for number in range(4)]}
).encode()

CASE = Case(
    name="webhook",
    method="receive",
    open=_open,
    serve=lambda stub: None,
    read=lambda webhook, cursor: webhook.receive(BODY, _headers(BODY), now=NOW),
    ids=frozenset(f"w{number}" for number in range(4)),
    secrets=(SECRET,),
)


def test_one_object_is_one_mention_with_the_import_columns():
    page = _push(
        {
            "external_id": 7,
            "text": "The kettle <b>leaks</b>",
            "created_at": "2026-05-01T09:00:00+03:00",
            "rating": 2,
            "author_handle": "@ada",
            "author_name": "Ada",
            "author_followers": "12",
            "likes": 3,
            "url": "https://shop.example/r/7",
            "lang": "en",
            "parent_id": "6",
            "shop": {"branch": "Kuching"},
        }
    )
    (mention,) = page.mentions
    assert mention.external_id == "7"
    assert mention.created_at == datetime(2026, 5, 1, 6, tzinfo=UTC)
    assert mention.kind is Kind.REVIEW
    assert mention.author.handle == "ada"
    assert mention.author.followers == 12
    assert mention.engagement.likes == 3
    assert mention.engagement.replies is None
    assert mention.raw == {"shop": {"branch": "Kuching"}}


def test_an_item_without_a_time_was_written_now():
    assert _push({"external_id": "1", "text": "x"}).mentions[0].created_at == datetime.fromtimestamp(NOW, tz=UTC)


def test_good_items_are_kept_beside_bad_ones_which_are_named():
    page = _push(
        {
            "mentions": [
                {"external_id": "1", "text": "good"},
                {"text": "no id"},
                5,
                {"external_id": "4"},
                {"external_id": "5", "text": "also good"},
            ]
        }
    )
    assert [mention.external_id for mention in page.mentions] == ["1", "5"]
    assert [fault.where for fault in page.faults] == ["mention 2", "mention 3", "mention 4"]
    assert "external_id is missing" in page.faults[0].why
    assert "text is missing" in page.faults[2].why


def test_a_time_from_tomorrows_tomorrow_is_a_fault():
    page = _push({"external_id": "1", "text": "x", "created_at": NOW + 90_000})
    assert not page.mentions
    assert "future" in page.faults[0].why


@pytest.mark.parametrize("age", [-300, 0, 300])
def test_a_signature_holds_for_five_minutes_either_way(age):
    assert source().receive(BODY, _headers(BODY, at=NOW - age), now=NOW).mentions


@pytest.mark.parametrize("age", [-301, 301, 10_000_000])
def test_an_older_or_newer_one_is_refused(age):
    with pytest.raises(NotPermitted, match="clock"):
        source().receive(BODY, _headers(BODY, at=NOW - age), now=NOW)


@pytest.mark.parametrize("headers", [
    {}, {"X-Earshot-Timestamp": str(NOW)}, {"X-Earshot-Signature": "v1=00"}, _headers(BODY, secret="other"), _headers(BODY + b" "),
    _headers(BODY) | {"X-Earshot-Signature": "v1=" + "é" * 64}, _headers(BODY) | {"X-Earshot-Signature": "\ud800"},
    _headers(BODY) | {"X-Earshot-Timestamp": "１７８０００００００"}, _headers(BODY) | {"X-Earshot-Timestamp": "1e9"},
    _headers(BODY) | {"X-Earshot-Timestamp": f"{NOW} "}, _headers(BODY) | {"X-Earshot-Timestamp": "-" + str(NOW)},
    _headers(BODY) | {"X-Earshot-Timestamp": "9" * 400},
    _headers(BODY) | {"X-Earshot-Signature": _headers(BODY)["X-Earshot-Signature"].removeprefix("v1=")},
])  # fmt: skip
def test_whatever_the_headers_hold_a_push_that_is_not_signed_is_not_permitted(headers):
    with pytest.raises(NotPermitted):
        source().receive(BODY, headers, now=NOW)


@given(
    st.dictionaries(st.sampled_from(["X-Earshot-Timestamp", "x-earshot-signature", "other"]), st.text()),
    st.binary(max_size=200),
)
def test_no_header_and_no_body_gets_past_the_signature(headers, body):
    with pytest.raises(NotPermitted):
        source().receive(body, headers, now=NOW)


def test_header_names_are_read_in_any_case():
    headers = {name.upper(): value for name, value in _headers(BODY).items()}
    assert len(source().receive(BODY, headers, now=NOW).mentions) == 4


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b"3", b"{", b"\xff\xfe\x00", b'{"mentions": {}}', b"[" * 100_000]
)
def test_an_unreadable_body_is_rejected_with_what_to_send(body):
    with pytest.raises(Rejected, match="send"):
        _push(body)


def test_a_body_that_is_too_large_is_rejected_before_it_is_read():
    with pytest.raises(Rejected, match="1 MB"):
        source().receive(b" " * (MAX_BODY + 1), {}, now=NOW)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text(max_size=8)
            | st.sampled_from(["external_id", "text", "created_at", "rating", "likes", "url", "lang", "author_name"]),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)


@given(st.lists(JSON, max_size=5))
def test_every_item_becomes_a_mention_or_a_fault(items):
    page = _push(json.dumps({"mentions": items}).encode())
    assert len(page.mentions) + len(page.faults) == len(items)
    for mention in page.mentions:
        json.dumps(mention.raw).encode("utf-8")
        assert "\x00" not in mention.text
        mention.text.encode("utf-8")
        mention.external_id.encode("utf-8")
