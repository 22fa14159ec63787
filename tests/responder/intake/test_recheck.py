"""What we hold is looked at again while it matters, so that edits and deletions a search never shows are followed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from listeners.memory import MemorySource, feed, forget_feed
from listeners.queries import Query
from responder.context import Context
from responder.db import Database
from responder.intake import recheck
from responder.intake.collect import collect_due
from responder.intake.recheck import EVERY, recheck_due
from responder.intake.scoring import score_waiting
from responder.models import Case, Mention, Poll
from tests import factories
from tests.factories import NOW
from tests.responder.intake.stores import a_mention
from tests.scorers import WordScorer


class Asked:
    """The feed of the test behind every connection, and what was looked at again."""

    def __init__(self) -> None:
        self.feed = feed("recheck")
        self.source = MemorySource(MemorySource.Credentials(feed="recheck", page_size=1000))
        self.ids: list[str] = []

    def get(self, connection: Any) -> Any:
        return self

    def search(self, query: Query, *, cursor: str | None = None) -> Any:
        return self.source.search(query, cursor=cursor)

    def recheck(self, external_ids: list[str]) -> Any:
        self.ids += external_ids
        return self.source.recheck(external_ids)


@pytest.fixture
def sources() -> Any:
    yield Asked()
    forget_feed("recheck")


@pytest.fixture
def collected(database: Database, context: Context, sources: Asked, clock) -> Asked:
    """Five kettles were collected and scored, and the recheck of their watch is planned."""
    with database.writing() as session:
        watch = factories.make_watch(session, query=Query.parse("kettle").to_dict())
        factories.make_poll(session, watch, factories.make_connection(session, brand_id=watch.brand_id))
    for number in range(5):
        sources.feed.post(a_mention(str(number), f"kettle {number}", created_at=NOW - timedelta(hours=number)))
    collect_due(context, sources)
    score_waiting(context, WordScorer(), batch=50)
    assert recheck_due(context, sources) == 0
    return sources


def look_again(context: Context, sources: Asked, clock) -> None:
    sources.ids.clear()
    clock.tick(seconds=EVERY.total_seconds() + 1)
    while recheck_due(context, sources):
        clock.tick(seconds=1)


def test_edits_and_deletions_behind_our_back_are_found(
    database: Database, context: Context, collected: Asked, clock
) -> None:
    collected.feed._standing["1"] = a_mention("1", "kettle mended", edited_at=NOW, created_at=NOW - timedelta(hours=1))
    del collected.feed._standing["2"]
    look_again(context, collected, clock)
    with database.reading() as session:
        texts = dict(session.execute(select(Mention.external_id, Mention.text)).all())
    assert (texts["1"], texts["2"], texts["3"]) == ("kettle mended", "", "kettle 3")


def test_a_round_looks_at_each_once_and_then_begins_again(
    context: Context, collected: Asked, clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recheck, "AT_ONCE", 2)
    for _ in range(2):
        look_again(context, collected, clock)
        assert sorted(collected.ids) == ["0", "1", "2", "3", "4"]


def test_what_is_settled_or_old_is_left_alone(database: Database, context: Context, collected: Asked, clock) -> None:
    clock.tick(days=3)
    look_again(context, collected, clock)
    assert len(collected.ids) == 5, "an open case keeps its mentions under watch"
    with database.writing() as session:
        session.execute(update(Case).values(state="resolved"))
    look_again(context, collected, clock)
    assert collected.ids == []
    with database.writing() as session:
        session.execute(update(Case).values(state="open"))
    clock.tick(days=14)
    look_again(context, collected, clock)
    assert collected.ids == []


def test_a_watch_gets_one_recheck_of_each_connection(database: Database, context: Context, collected: Asked) -> None:
    recheck_due(context, collected)
    with database.reading() as session:
        assert session.scalars(select(Poll.ability).order_by(Poll.id)).all() == ["search", "recheck"]
