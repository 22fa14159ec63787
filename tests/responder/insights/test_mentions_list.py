"""The mentions behind a figure: exactly as many as the figure says, whatever it is about."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from responder.db import Database
from responder.insights.mentions_list import (
    LABELS,
    Authorship,
    MentionFilter,
    count_mentions,
    mentions_page,
)
from responder.insights.metrics import LabelGroup, Tally
from responder.insights.people import people
from responder.insights.periods import preset_period
from responder.insights.queries import Overview, overview
from responder.models import Mention
from tests.factories import NOW, make_author, make_brand, make_watch
from tests.responder.insights.heard import hear, hear_fortnight, lose

WEEK = preset_period("7d", now=NOW, zone=ZoneInfo("UTC"))


def opened(session: Session, wanted: MentionFilter, *, size: int = 7) -> list[Mention]:
    """Every mention of a list, page by page."""
    found, place = [], None
    while True:
        page = mentions_page(session, wanted, after=place, size=size)
        found += [row.mention for row in page.rows]
        if page.next is None:
            return found
        place = page.next


def figures(seen: Overview, base: MentionFilter) -> Iterator[tuple[int, MentionFilter]]:
    """Every figure of an overview, with the filter that opens it."""

    parts = [
        (seen.total, base),
        *((step.tally, replace(base, period=step.period)) for step in seen.steps),
        *((part.tally, replace(base, source=part.name)) for part in seen.sources),
        *((part.tally, replace(base, language=part.name)) for part in seen.languages),
    ]
    for tally, where in parts:
        yield tally.mentions, where
        for group in LabelGroup:
            if tally.count(group) or tally is seen.total:
                yield tally.count(group), replace(where, label=group.value)
    yield seen.total.scored, replace(base, label="scored")
    for weekday, row in enumerate(seen.hours):
        for hour, count in enumerate(row):
            if count or hour == 4:
                yield count, replace(base, weekday=weekday, hour=hour)


@pytest.mark.parametrize("zone_name", ["UTC", "Asia/Kolkata"])
def test_every_figure_opens_as_many_mentions_as_it_says(database: Database, zone_name: str):
    zone = ZoneInfo(zone_name)
    with database.writing() as session:
        brand = make_brand(session)
        watch, other = make_watch(session, brand), make_watch(session, brand)
        hear_fortnight(session, watch, other, count=60)
        period = preset_period("14d", now=NOW, zone=zone)
        seen = overview(session, brand_id=brand.id, watch_id=watch.id, period=period)
        base = MentionFilter(brand_id=brand.id, watch_id=watch.id, period=period)
        for figure, wanted in figures(seen, base):
            assert count_mentions(session, wanted).number == figure
            assert len(opened(session, wanted, size=40)) == figure, wanted


def test_the_two_parts_of_the_people_figure_open_what_they_say(database: Database):
    with database.writing() as session:
        brand = make_brand(session)
        watch, other = make_watch(session, brand), make_watch(session, brand)
        hear_fortnight(session, watch, other, count=80)
        base = MentionFilter(brand_id=brand.id, watch_id=watch.id, period=WEEK)
        volume = count_mentions(session, base).number
        counted = people(session, watch_id=watch.id, period=WEEK, volume=volume)
        known, unknown, each = (opened(session, replace(base, author=author)) for author in Authorship)
    assert len(known) == counted.mentions
    assert len(unknown) == counted.without_author
    authors = [mention.author_id for mention in each]
    assert len(authors) == len(set(authors))
    assert set(authors) == {mention.author_id for mention in known if mention.author_id}


def test_pages_are_newest_first_without_hole_or_repeat_even_within_one_instant(database: Database):
    with database.writing() as session:
        watch = make_watch(session)
        for _ in range(9):
            hear(session, watch, created_at=NOW)
        wanted = MentionFilter(brand_id=watch.brand_id, watch_id=watch.id, period=WEEK)
        found = opened(session, wanted, size=2)
    assert len({mention.id for mention in found}) == 9
    assert all((one.created_at, one.id) > (other.created_at, other.id) for one, other in pairwise(found))


def test_without_a_watch_a_mention_two_watches_heard_is_listed_once(database: Database):
    with database.writing() as session:
        brand = make_brand(session)
        hear(session, make_watch(session, brand), make_watch(session, brand))
        hear(session, make_watch(session))
        wanted = MentionFilter(brand_id=brand.id, period=WEEK)
        assert len(opened(session, wanted)) == count_mentions(session, wanted).number == 1


def test_words_are_looked_for_within_the_filter(database: Database):
    with database.writing() as session:
        watch = make_watch(session)
        hear(session, watch, text="The kettle leaks", source="reddit")
        hear(session, watch, text="The kettle sings", source="bluesky")
        hear(session, watch, text="A lid", source="reddit")
        wanted = MentionFilter(
            brand_id=watch.brand_id, watch_id=watch.id, period=WEEK, source="reddit", words="KETTLE -sings"
        )
        assert [mention.text for mention in opened(session, wanted)] == ["The kettle leaks"]
        assert count_mentions(session, wanted).number == 1


def test_a_mention_deleted_at_the_source_stays_in_its_figure_without_words_or_name(database: Database):
    with database.writing() as session:
        brand = make_brand(session)
        watch = make_watch(session, brand)
        lose(hear(session, watch, author=make_author(session, brand)))
        wanted = MentionFilter(brand_id=brand.id, watch_id=watch.id, period=WEEK)
        page = mentions_page(session, wanted)
    assert [(row.mention.text, row.author) for row in page.rows] == [("", None)]


def test_a_long_count_stops_and_says_so(database: Database, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("responder.insights.mentions_list.COUNTED_TO", 2)
    with database.writing() as session:
        watch = make_watch(session)
        for _ in range(3):
            hear(session, watch)
        counted = count_mentions(session, MentionFilter(brand_id=watch.brand_id, period=WEEK, words="kettle"))
    assert (counted.number, counted.is_exact) == (2, False)


def test_every_label_a_list_takes_is_a_group_of_the_tally():
    assert all(isinstance(getattr(Tally(), label), int) for label in LABELS)
