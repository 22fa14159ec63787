"""The demo comes in like anything heard, and leaves without a trace."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from responder import demo, models
from responder.errors import Conflict, NotFound
from responder.incidents.gathering import gather_due
from responder.intake.embedding import embed_waiting
from responder.intake.scoring import score_waiting
from responder.intake.stock import take_stock
from responder.people.proposing import propose_due
from sentiment import SHIPPED_MODEL, build_scorer
from sentiment.vectors import Embedder
from tests.factories import make_brand, make_mention, make_watch
from tests.scorers import WordScorer

TABLES = (
    models.Mention,
    models.Author,
    models.Case,
    models.Watch,
    models.WatchMention,
    models.HourCell,
    models.AuthorDay,
    models.Telling,
    models.Sharer,
    models.SharerReference,
    models.SharerFlag,
    models.Incident,
    models.AccountTrace,
)


@pytest.fixture
def brand_id(context) -> int:
    with context.database.writing() as session:
        return make_brand(session).id


def counts(context) -> list[int]:
    with context.database.reading() as session:
        return [session.scalar(select(func.count()).select_from(table)) for table in TABLES]


def test_the_demo_fills_the_last_fortnight(context, brand_id):
    assert demo.load(context, brand_id=brand_id) >= 400
    with context.database.reading() as session:
        assert demo.is_loaded(session, brand_id=brand_id)
        oldest, newest = session.execute(
            select(func.min(models.Mention.created_at), func.max(models.Mention.created_at))
        ).one()
    assert newest <= context.clock()
    assert 12 <= (context.clock() - oldest).days <= 14


def test_evenings_stay_evenings_whenever_the_demo_is_loaded(clock):
    zone = ZoneInfo("Europe/Athens")
    for hours in (0, 5, 11, 23):
        now = clock() + timedelta(hours=hours)
        hour = [mention.created_at.astimezone(zone).hour for mention in demo.read(now, zone)]
        evening, night = sum(18 <= h < 23 for h in hour), sum(0 <= h < 5 for h in hour)
        assert len(hour) >= 400
        assert evening > 3 * night


def test_what_the_brand_itself_said_opens_no_case(context, brand_id):
    demo.load(context, brand_id=brand_id)
    while score_waiting(context, WordScorer(), batch=500):
        pass
    with context.database.reading() as session:
        opened_with = set(
            session.scalars(select(models.Author.handle).join(models.Case, models.Case.author_id == models.Author.id))
        )
    assert "gaz_dunn" in opened_with
    assert opened_with.isdisjoint({"halvantohelp", "halvanto.example", "halvanto_support", "halvanto_renk"})


class ShippedVectors:
    """Makes vectors as the worker's scoring process does, here without a process of its own."""

    def __init__(self) -> None:
        self._embedder = Embedder(SHIPPED_MODEL)
        self.model = self._embedder.model

    def embed(self, texts):
        return self.model, self._embedder.vectors(texts)


@pytest.mark.parametrize("hours", [0, 10])
def test_the_last_two_days_hold_one_incident_and_one_pair_of_accounts_to_link(context, clock, brand_id, hours):
    clock.tick(hours=hours)
    vectors = ShippedVectors()
    demo.load(context, brand_id=brand_id)
    scorer = build_scorer()
    while score_waiting(context, scorer, batch=500):
        pass
    while embed_waiting(context, vectors, wanted=vectors.model):
        pass
    while gather_due(context):
        pass
    propose_due(context)
    with context.database.reading() as session:
        (incident,) = session.scalars(select(models.Incident))
        assert incident.closed_at is None
        assert incident.voices >= 6
        assert len(incident.sources) >= 4
        told = select(models.Mention.language).where(models.Mention.external_id.startswith("demo-beam"))
        assert len(set(session.scalars(told))) >= 4, "the same thing is told in other languages"
        (link,) = session.scalars(select(models.AccountLink).where(models.AccountLink.status == "proposed"))
        assert len(link.clues) >= 2
    demo.remove(context, brand_id=brand_id)
    with context.database.reading() as session:
        left = [session.scalars(select(table)).all() for table in (models.Incident, models.AccountLink)]
    assert left == [[], []]


def test_the_demo_does_not_come_in_twice(context, brand_id):
    demo.load(context, brand_id=brand_id)
    with pytest.raises(Conflict):
        demo.load(context, brand_id=brand_id)


def test_removing_the_demo_leaves_what_was_there_before(context, brand_id):
    with context.database.writing() as session:
        make_mention(session, watch=make_watch(session, brand_id=brand_id), brand_id=brand_id, p_negative=0.5)
    before = counts(context)
    demo.load(context, brand_id=brand_id)
    while score_waiting(context, WordScorer(), batch=500):
        pass
    take_stock(context)
    propose_due(context)
    demo.remove(context, brand_id=brand_id)
    assert counts(context) == before


def test_removing_what_is_not_there_says_so(context, brand_id):
    with pytest.raises(NotFound):
        demo.remove(context, brand_id=brand_id)
