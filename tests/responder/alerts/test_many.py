"""Many alerts and several workers: each is posted once, and a webhook that refuses one is spared the others."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select

from responder.alerts.delivery import deliver_due
from responder.alerts.rules import raise_for
from responder.models import Alert, AlertState
from tests.factories import make_brand, make_case, make_mention, make_watch
from tests.listeners.stub import Answer, serving

HOOK = "/services/T0/B0/secret"


@pytest.fixture
def slack():
    with serving() as stub:
        stub.post(HOOK, Answer(body=b"ok"))
        yield stub


@pytest.fixture
def told(context, slack):
    webhook = SecretStr(slack.url + HOOK)
    return replace(context, settings=context.settings.model_copy(update={"slack_webhook_url": webhook}))


def raised(context, count):
    now = context.clock()
    with context.database.writing() as session:
        brand = make_brand(session)
        watch, case = make_watch(session, brand), make_case(session, brand)
        ids = [
            make_mention(
                session, brand, watch=watch, case=case, p_negative=0.99, created_at=now, text=f"complaint {number}"
            ).id
            for number in range(count)
        ]
        assert raise_for(session, ids, settings=context.settings, now=now) == count


def states(context):
    with context.database.reading() as session:
        return dict(session.execute(select(Alert.state, func.count()).group_by(Alert.state)).all())


def test_two_workers_post_each_alert_once_between_them(told, slack):
    raised(told, 12)
    together = threading.Barrier(2)

    def work():
        together.wait()
        while deliver_due(told):
            pass

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    said = [hit.json()["text"] for hit in slack.hits]
    assert len(said) == len(set(said)) == 12
    assert states(told) == {AlertState.DELIVERED: 12}


def test_one_refusal_to_be_hurried_holds_all_alerts(told, slack, clock):
    raised(told, 3)
    slack.fault = "limited"  # Retry-After: 30
    assert deliver_due(told) == 0
    slack.fault = None
    clock.tick(seconds=29)
    deliver_due(told)
    assert len(slack.hits) == 1
    clock.tick(seconds=1)
    assert deliver_due(told) == 3
    assert states(told) == {AlertState.DELIVERED: 3}


def test_an_unreachable_slack_is_tried_at_growing_intervals(told, clock):
    raised(told, 1)
    nobody = SecretStr("http://127.0.0.1:1" + HOOK)
    cut_off = replace(told, settings=told.settings.model_copy(update={"slack_webhook_url": nobody}))
    waits = []
    for _ in range(9):
        deliver_due(cut_off)
        with told.database.reading() as session:
            due_at = session.scalars(select(Alert.due_at)).one()
        waits.append((due_at - clock()).total_seconds())
        clock.now = due_at
    assert waits == [5, 10, 20, 40, 80, 160, 300, 300, 300]


def test_an_alert_about_news_that_is_nearly_old_still_gets_an_hour(context, clock):
    now = clock()
    with context.database.writing() as session:
        brand = make_brand(session)
        old = now - context.settings.alert_max_age + timedelta(minutes=1)
        mention = make_mention(
            session, brand, watch=make_watch(session, brand), case=make_case(session, brand), p_negative=0.99,
            created_at=old,
        )  # fmt: skip
        raise_for(session, [mention.id], settings=context.settings, now=now)
        assert session.scalars(select(Alert.expires_at)).one() == now + timedelta(hours=1)


def test_with_nothing_due_nothing_is_written(told, clock):
    raised(told, 1)
    assert deliver_due(told) == 1
    with told.database.writing():  # holds SQLite's only write lock: a second writer would wait for it
        assert deliver_due(told) == 0
