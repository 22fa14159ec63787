"""The overview against counting the stored rows by hand, on both databases."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest

from responder.db import Database
from responder.errors import NotFound
from responder.insights.metrics import Tally, total
from responder.insights.periods import chosen_period, preset_period
from responder.insights.queries import Overview, busiest_first, overview
from responder.models import Mention
from tests.factories import NOW, make_brand, make_watch
from tests.responder.insights.heard import hear, hear_fortnight, stored

ZONES = ("UTC", "Asia/Kuala_Lumpur", "Asia/Kolkata")


def test_every_part_of_the_overview_equals_counting_the_mentions(database: Database):
    with database.writing() as session:
        brand = make_brand(session)
        watch, other = make_watch(session, brand), make_watch(session, brand)
        hear_fortnight(session, watch, other, count=90)
        for zone, preset in product(map(ZoneInfo, ZONES), ("24h", "14d")):
            period = preset_period(preset, now=NOW, zone=zone)
            seen = overview(session, brand_id=brand.id, watch_id=watch.id, period=period)
            check(seen, stored(session, watch, period), zone)


def check(seen: Overview, rows: list[Mention], zone: ZoneInfo) -> None:
    assert rows
    assert seen.total.mentions == len(rows)
    assert seen.total.scored == sum(row.label is not None for row in rows)
    assert seen.total.unsure == sum(bool(row.abstained) for row in rows)
    assert seen.total.sum_negative == pytest.approx(sum(row.p_negative or 0 for row in rows))
    for parts in (seen.steps, seen.sources, seen.languages):
        added = total(part.tally for part in parts)
        assert added.mentions == seen.total.mentions
        assert added.negative == seen.total.negative
    assert {part.name: part.tally.mentions for part in seen.sources} == Counter(row.source for row in rows)
    for step in seen.steps:
        assert step.tally.mentions == sum(step.period.start <= row.created_at < step.period.end for row in rows)
    # A mention is in the local hour in which its UTC hour begins: they differ by half an hour in Kolkata.
    begun = (row.created_at.replace(minute=0, second=0, microsecond=0).astimezone(zone) for row in rows)
    local = Counter((hour.weekday(), hour.hour) for hour in begun)
    assert {(day, hour): n for day, row in enumerate(seen.hours) for hour, n in enumerate(row) if n} == local


def test_an_hour_that_comes_twice_is_one_cell_of_the_week_and_one_that_is_skipped_has_none(database: Database):
    athens = ZoneInfo("Europe/Athens")
    with database.writing() as session:
        watch = make_watch(session)
        for hour in (0, 1):  # both are three o'clock on the Sunday the clocks go back
            hear(session, watch, created_at=datetime(2025, 10, 26, hour, 30, tzinfo=UTC))
        period = chosen_period(date(2025, 10, 20), date(2025, 10, 26), now=NOW, zone=athens)
        seen = overview(session, brand_id=watch.brand_id, watch_id=watch.id, period=period)
    assert seen.hours[6][3] == 2
    assert seen.steps[-1].tally.mentions == 2


def test_an_empty_watch_shows_nothing_and_compares_with_nothing(database: Database):
    with database.writing() as session:
        watch = make_watch(session, created_at=NOW)
        period = preset_period("7d", now=NOW, zone=ZoneInfo("UTC"))
        seen = overview(session, brand_id=watch.brand_id, watch_id=watch.id, period=period)
    assert seen.total == Tally()
    assert (seen.previous, seen.first_heard, seen.sources, seen.languages) == (None, None, (), ())
    assert len(seen.steps) == 7


def test_silence_is_a_comparison_only_for_a_watch_that_was_listening(database: Database):
    period = preset_period("7d", now=NOW, zone=ZoneInfo("UTC"))
    with database.writing() as session:
        old = make_watch(session, created_at=NOW - timedelta(days=40))
        young = make_watch(session, created_at=NOW - timedelta(days=2))
        imported = make_watch(session, created_at=NOW)
        for watch in (old, young, imported):
            hear(session, watch, created_at=NOW - timedelta(days=1))
        hear(session, imported, created_at=NOW - timedelta(days=30))
        previous = [
            overview(session, brand_id=watch.brand_id, watch_id=watch.id, period=period).previous
            for watch in (old, young, imported)
        ]
    assert previous == [Tally(), None, Tally()]


def test_a_mention_two_watches_hear_is_in_both_and_never_in_another_brands(database: Database):
    period = preset_period("7d", now=NOW, zone=ZoneInfo("UTC"))
    with database.writing() as session:
        brand = make_brand(session)
        one, other = make_watch(session, brand, name="A"), make_watch(session, brand, name="B")
        stranger = make_watch(session)
        hear(session, one, other)
        hear(session, one)
        hear(session, stranger)
        totals = busiest_first(session, brand_id=brand.id, period=period)
        with pytest.raises(NotFound):
            overview(session, brand_id=brand.id, watch_id=stranger.id, period=period)
        with pytest.raises(NotFound):
            overview(session, brand_id=brand.id, watch_id=999_999, period=period)
    assert [(each.watch.name, each.tally.mentions) for each in totals] == [("A", 2), ("B", 1)]
