"""Pushes from other systems: signed, bounded, stored once, with good items kept beside bad ones."""

from __future__ import annotations

import io
import json
import logging
import sys

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as bounded
from hypothesis import strategies as st
from sqlalchemy import delete, func, select

from listeners.signatures import sign
from responder.accounts import connections, watches
from responder.models import ConnectionState, Mention, Watch
from tests.factories import make_brand
from webapp import hooks

SECRET = "a shared secret of the two"


@pytest.fixture
def shop(context):
    """A connection that takes pushes, and a watch that listens to it."""
    with context.database.writing() as session:
        brand = make_brand(session)
        made = connections.add_connection(
            session, context, brand_id=brand.id, source="webhook", name="shop", values={"secret": SECRET}
        )
        watches.add_watch(session, brand_id=brand.id, name="Shop", query=None, connections=[made], now=context.clock())
    return made


def push(client, context, body, *, name="shop", secret=SECRET, ago=0, headers=None):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    at = int(context.clock().timestamp()) - ago
    signed = {"X-Earshot-Timestamp": str(at), "X-Earshot-Signature": sign(secret, at, raw)}
    return client.post(f"/hooks/in/{name}", data=raw, headers={**signed, **(headers or {})})


def stored(context):
    with context.database.reading() as session:
        return session.scalar(select(func.count()).select_from(Mention))


ROW = {"external_id": "1", "text": "The kettle leaks", "created_at": "2026-03-04T11:00:00Z"}


def test_a_signed_push_is_stored_and_counted(client, context, shop):
    answer = push(client, context, {"mentions": [ROW, {**ROW, "external_id": "2"}]})
    assert (answer.status_code, answer.get_json()) == (202, {"stored": 2, "repeated": 0, "faulty": 0, "faults": []})
    assert stored(context) == 2


def test_a_repeated_push_stores_nothing_twice(client, context, shop):
    push(client, context, ROW)
    assert push(client, context, ROW).get_json()["repeated"] == 1
    assert stored(context) == 1


def test_bad_items_are_named_and_good_ones_kept(client, context, shop):
    answer = push(client, context, {"mentions": [{"text": "no id"}, ROW, 7]})
    assert answer.status_code == 202
    assert answer.get_json()["stored"] == 1
    assert [fault["where"] for fault in answer.get_json()["faults"]] == ["mention 1", "mention 3"]


@pytest.mark.parametrize(
    "forged",
    [
        {"secret": "another secret"},
        {"ago": 301},
        {"ago": -301},
        {"headers": {"X-Earshot-Signature": ""}},
        {"headers": {"X-Earshot-Timestamp": "soon"}},
        {"headers": {"X-Earshot-Signature": "v1=ü"}},
    ],
)
def test_an_unsigned_or_old_push_is_refused(client, context, shop, forged):
    answer = push(client, context, ROW, **forged)
    assert answer.status_code == 401
    assert answer.mimetype == "application/problem+json"
    assert stored(context) == 0


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff\xfe", b'"x"', b"[" * 50_000, b'{"mentions": 4}'])
def test_a_body_that_cannot_be_read_is_refused(client, context, shop, body):
    assert push(client, context, body).status_code == 422


@bounded(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=8,
    )
)
def test_no_signed_body_breaks_us(client, context, shop, value):
    from webapp.security import limiter

    limiter.reset()
    assert push(client, context, {"mentions": [value]}).status_code < 500
    assert push(client, context, json.dumps(value).encode()).status_code < 500


def test_a_push_over_one_megabyte_is_refused(client, context, shop):
    assert push(client, context, b"x" * 1_100_000).status_code == 413


def test_nobody_is_called_that(client, context, shop):
    assert push(client, context, ROW, name="nobody").status_code == 404


def test_a_source_that_takes_no_pushes_says_so(client, context, shop):
    with context.database.writing() as session:
        connections.add_connection(
            session,
            context,
            brand_id=shop.brand_id,
            source="rss",
            name="feed",
            values={"url": "https://example.org/feed"},
        )
    refused, unknown = push(client, context, ROW, name="feed"), push(client, context, ROW, name="nobody")
    assert refused.status_code == 404
    assert refused.get_json() == unknown.get_json()  # strangers cannot find out which connections there are


def test_a_push_to_a_platforms_connection_loads_no_client_of_it(client, context, shop, monkeypatch):
    with context.database.writing() as session:
        connections.add_connection(
            session, context, brand_id=shop.brand_id, source="x", name="x", values={"bearer_token": "b"}
        )
    monkeypatch.setitem(sys.modules, "tweepy", None)  # importing it would crash the request
    assert push(client, context, ROW, name="x").status_code == 404


def test_strangers_are_not_told_that_a_connection_is_paused(client, context, shop):
    with context.database.writing() as session:
        session.merge(shop).state = ConnectionState.PAUSED
    assert push(client, context, ROW, secret="guessed").status_code == 401


def test_a_push_of_no_told_length_is_cut_at_the_same_limit(client, context, shop):
    streamed = {"input_stream": io.BytesIO(b"x" * 1_100_000), "environ_overrides": {"wsgi.input_terminated": True}}
    assert client.post("/hooks/in/shop", **streamed).status_code == 413


def test_a_paused_connection_asks_to_send_again(client, context, shop):
    with context.database.writing() as session:
        session.merge(shop).state = ConnectionState.PAUSED
    assert push(client, context, ROW).status_code == 409


@pytest.fixture
def bare_shop(context) -> None:
    """A hook that nobody made a watch for."""
    with context.database.writing() as session:
        connections.add_connection(
            session, context, brand_id=make_brand(session).id, source="webhook", name="shop", values={"secret": SECRET}
        )


def test_a_hook_is_heard_from_the_start_by_a_watch_of_its_own(client, context, bare_shop):
    assert push(client, context, ROW).status_code == 202
    with context.database.reading() as session:
        assert session.scalars(select(Mention.source)).all() == ["shop"]


def test_without_a_watch_the_sender_keeps_what_it_has(client, context, bare_shop):
    with context.database.writing() as session:
        session.execute(delete(Watch))
    assert push(client, context, ROW).status_code == 409


def test_a_push_of_rubbish_is_not_answered_at_many_times_its_size(client, context, bare_shop):
    answer = push(client, context, {"mentions": [{}] * 5_000}).get_json()
    assert (answer["stored"], answer["faulty"], len(answer["faults"])) == (0, 5_000, 100)


def test_pushing_without_end_is_slowed_down(client, context, monkeypatch):
    assert hooks.views.RATE == "600 per minute"
    answers = {client.post("/hooks/in/x").status_code for _ in range(601)}
    assert answers == {404, 429}


def test_no_words_and_no_secrets_reach_the_logs(client, context, shop, caplog):
    caplog.set_level(logging.DEBUG)
    push(client, context, {"mentions": [ROW, {"text": "nameless grievance"}]})
    push(client, context, ROW, secret="a wrong secret")
    assert "kettle" not in caplog.text
    assert "grievance" not in caplog.text
    assert "secret" not in caplog.text
