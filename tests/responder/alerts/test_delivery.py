"""Delivered once: what was not posted is tried again, what may have been is never sent again by a machine."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import select, update

from responder.alerts.delivery import deliver_due
from responder.alerts.rules import raise_for
from responder.models import Alert, AlertState, Mention
from tests.factories import make_author, make_brand, make_case, make_mention, make_watch
from tests.listeners.stub import Answer, serving

HOOK = "/services/T0/B0/secret"
WORDS = "Third router in a month & nobody calls back <!channel> <http://evil.example|win>"


@pytest.fixture
def slack():
    with serving() as stub:
        stub.post(HOOK, Answer(body=b"ok"))
        yield stub


@pytest.fixture
def told(context, slack):
    """The context of an installation whose webhook is the stub's."""
    return replace(
        context, settings=context.settings.model_copy(update={"slack_webhook_url": SecretStr(slack.url + HOOK)})
    )


@pytest.fixture
def alert_id(context, clock) -> int:
    with context.database.writing() as session:
        brand = make_brand(session)
        author = make_author(session, brand, handle="tova", followers=1234)
        mention = make_mention(
            session, brand, watch=make_watch(session, brand), author=author, case=make_case(session, brand),
            p_negative=0.97, abstained=False, created_at=clock() - timedelta(minutes=5), text=WORDS,
            url="https://social.example/1",
        )  # fmt: skip
        raise_for(session, [mention.id], settings=context.settings, now=clock())
        return session.scalars(select(Alert.id)).one()


def state(context, alert_id: int) -> str:
    with context.database.reading() as session:
        return session.get_one(Alert, alert_id).state


def deliver_for_hours(context, clock, hours: float) -> None:
    """Run the job as the worker would, a minute at a time."""
    for _ in range(int(hours * 60)):
        deliver_due(context)
        clock.tick(minutes=1)


def test_an_alert_is_delivered_once_with_the_words_and_links(told, slack, alert_id, clock):
    deliver_for_hours(told, clock, 0.1)
    assert state(told, alert_id) == AlertState.DELIVERED
    (hit,) = slack.hits
    body = hit.json()
    shown = [block["text"] for block in body["blocks"] if "text" in block]
    assert {"type": "plain_text", "text": WORDS, "emoji": False} in shown
    links = body["blocks"][-1]["text"]["text"]
    assert f"{told.settings.effective_public_url}/cases/" in links
    assert "https://social.example/1" in links
    assert (body["unfurl_links"], body["unfurl_media"]) == (False, False)


def test_peoples_words_cannot_ping_a_channel_or_forge_a_link(told, slack, alert_id):
    deliver_due(told)
    body = slack.hits[0].json()
    parsed_by_slack = [body["text"]] + [
        part["text"]
        for block in body["blocks"]
        for part in (block.get("text"), *block.get("elements", ()))
        if part and part["type"] == "mrkdwn"
    ]
    assert all("<!channel>" not in text and "<http://evil" not in text for text in parsed_by_slack)


@pytest.mark.parametrize("fault", ["drop", "half", "html", "broken", "down"])
def test_an_alert_is_not_resent_when_the_outcome_is_unknown(told, slack, alert_id, clock, fault):
    slack.fault, slack.after_acting = fault, True
    deliver_due(told)
    slack.fault = None
    deliver_for_hours(told, clock, 2)
    assert (state(told, alert_id), slack.count("POST", HOOK)) == (AlertState.UNKNOWN, 1)


def test_a_silent_slack_is_unknown_too(told, slack, alert_id, clock, monkeypatch):
    monkeypatch.setattr("responder.alerts.slack.CALL_WITHIN_S", 0.2)
    slack.fault = "slow"
    deliver_due(told)
    slack.fault = None
    deliver_for_hours(told, clock, 1)
    assert (state(told, alert_id), slack.count("POST", HOOK)) == (AlertState.UNKNOWN, 1)


def test_an_alert_that_was_certainly_not_posted_is_sent_later(told, slack, alert_id, clock):
    nobody = SecretStr("http://127.0.0.1:1" + HOOK)
    cut_off = replace(told, settings=told.settings.model_copy(update={"slack_webhook_url": nobody}))
    deliver_for_hours(cut_off, clock, 1)
    assert state(told, alert_id) == AlertState.DUE
    deliver_for_hours(told, clock, 1)
    assert (state(told, alert_id), slack.count("POST", HOOK)) == (AlertState.DELIVERED, 1)


def test_slack_is_left_alone_for_as_long_as_it_asks(told, slack, alert_id, clock):
    slack.fault = "limited"  # Retry-After: 30
    deliver_due(told)
    slack.fault = None
    clock.tick(seconds=29)
    deliver_due(told)
    assert slack.count("POST", HOOK) == 1
    clock.tick(seconds=2)
    deliver_due(told)
    assert (state(told, alert_id), slack.count("POST", HOOK)) == (AlertState.DELIVERED, 2)


def test_a_refused_webhook_is_told_and_not_tried_again(told, slack, alert_id, clock):
    slack.post(HOOK, Answer(status=404, body=b"no_service"))
    deliver_for_hours(told, clock, 2)
    assert (state(told, alert_id), slack.count("POST", HOOK)) == (AlertState.FAILED, 1)
    with told.database.reading() as session:
        assert "EARSHOT_SLACK_WEBHOOK_URL" in session.get_one(Alert, alert_id).last_fault


def test_an_alert_found_sending_after_a_crash_becomes_unknown(told, slack, alert_id, clock):
    with told.database.writing() as session:
        session.execute(
            update(Alert).values(state=AlertState.SENDING, claim="dead", claimed_until=clock() + timedelta(seconds=30))
        )
    deliver_due(told)
    assert state(told, alert_id) == AlertState.SENDING
    deliver_for_hours(told, clock, 1)
    assert (state(told, alert_id), slack.count("POST", HOOK)) == (AlertState.UNKNOWN, 0)


def test_without_a_webhook_alerts_wait_and_then_expire(context, alert_id, clock):
    deliver_for_hours(context, clock, 1)
    assert state(context, alert_id) == AlertState.DUE
    clock.tick(hours=24)
    deliver_due(context)
    assert state(context, alert_id) == AlertState.EXPIRED


def test_a_mention_deleted_meanwhile_is_not_announced(told, slack, alert_id, clock):
    with told.database.writing() as session:
        session.execute(update(Mention).values(text="", gone_at=clock()))
    deliver_due(told)
    assert (state(told, alert_id), slack.hits) == (AlertState.EXPIRED, [])


def test_a_long_text_stays_within_slacks_limits(told, slack, alert_id):
    with told.database.writing() as session:
        session.execute(update(Mention).values(text="ü" * 50_000))
    deliver_due(told)
    body = slack.hits[0].json()
    assert all(len(block["text"]["text"]) <= 3000 for block in body["blocks"] if "text" in block)
    assert len(body["text"]) <= 3000
