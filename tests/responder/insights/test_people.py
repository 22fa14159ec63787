"""Distinct people: exact at the edges of days that are not UTC's, and nobody invented for unsigned mentions."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo

from responder.db import Database
from responder.insights.metrics import People
from responder.insights.people import people
from responder.insights.periods import chosen_period, preset_period
from responder.models import Mention
from tests.factories import NOW, make_author, make_brand, make_watch
from tests.responder.insights.heard import hear, hear_fortnight, lose, stored


def test_people_equal_the_distinct_authors_of_exactly_the_period(database: Database):
    with database.writing() as session:
        brand = make_brand(session)
        watch, other = make_watch(session, brand), make_watch(session, brand)
        hear_fortnight(session, watch, other, count=90)
        for zone, preset in product(("UTC", "Asia/Kuala_Lumpur", "America/St_Johns"), ("24h", "7d", "14d")):
            period = preset_period(preset, now=NOW, zone=ZoneInfo(zone))
            rows = stored(session, watch, period)
            check(people(session, watch_id=watch.id, period=period, volume=len(rows)), rows)


def check(counted: People, rows: list[Mention]) -> None:
    still_named = {row.author_id for row in rows if row.author_id}
    lost = sum(row.gone_at is not None for row in rows)
    assert len(still_named) <= counted.people <= len(still_named) + lost
    assert counted.without_author == sum(row.author_id is None and row.gone_at is None for row in rows)
    assert counted.mentions + counted.without_author == len(rows)


def test_unsigned_mentions_are_nobody(database: Database):
    period = preset_period("7d", now=NOW, zone=ZoneInfo("UTC"))
    with database.writing() as session:
        watch = make_watch(session)
        hear(session, watch)
        hear(session, watch, created_at=NOW - timedelta(days=3))
        counted = people(session, watch_id=watch.id, period=period, volume=2)
    assert counted == People(people=0, mentions=0, without_author=2)


def test_somebody_who_wrote_on_three_days_is_one_person(database: Database):
    period = preset_period("7d", now=NOW, zone=ZoneInfo("UTC"))
    with database.writing() as session:
        brand = make_brand(session)
        watch, author = make_watch(session, brand), make_author(session, brand)
        for days in (0, 1, 2):
            hear(session, watch, author=author, created_at=NOW - timedelta(days=days, minutes=5))
        counted = people(session, watch_id=watch.id, period=period, volume=3)
    assert (counted.people, counted.mentions) == (1, 3)
    assert counted.mentions_each == 3


def test_a_person_whose_words_were_deleted_stays_counted_on_whole_days(database: Database):
    period = chosen_period(date(2026, 3, 1), date(2026, 3, 3), now=NOW, zone=ZoneInfo("UTC"))
    with database.writing() as session:
        brand = make_brand(session)
        watch, author = make_watch(session, brand), make_author(session, brand)
        lose(hear(session, watch, author=author, created_at=datetime(2026, 3, 2, 9, tzinfo=UTC)))
        counted = people(session, watch_id=watch.id, period=period, volume=1)
    assert counted == People(people=1, mentions=1, without_author=0)


def test_an_empty_period_has_nobody(database: Database):
    period = chosen_period(date(2030, 1, 1), date(2030, 1, 2), now=NOW, zone=ZoneInfo("UTC"))
    with database.reading() as session:
        assert people(session, watch_id=1, period=period, volume=0) == People(people=0, mentions=0, without_author=0)
