"""Addresses of insights: a figure's link means the figure, and whatever is typed is read or refused in words."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responder.errors import Invalid
from responder.insights.mentions_list import Authorship, Place
from responder.insights.periods import PRESETS, preset_period
from webapp.insights import addresses
from webapp.insights.addresses import Links

NOW = datetime(2026, 3, 4, 12, 20, tzinfo=UTC)
KOLKATA = ZoneInfo("Asia/Kolkata")


def read(query: str):
    return addresses.read_mention_filter(dict(parse_qsl(query)), brand_id=1, now=NOW, zone=KOLKATA)


@pytest.mark.parametrize("preset", PRESETS)
def test_a_link_opens_exactly_the_stretch_of_its_figure(preset: str):
    chosen = addresses.read_range({"range": preset}, now=NOW, zone=KOLKATA)
    links = Links(watch_id=7, range=chosen)
    for part in (chosen.period, *chosen.period.days()):
        opened = read(urlsplit(links.mentions(part, label="unsure", source="a&b=c ü")).query)
        assert (opened.period, opened.watch_id, opened.label, opened.source) == (part, 7, "unsure", "a&b=c ü")


def test_chosen_days_keep_their_name_in_links():
    chosen = addresses.read_range({"from": "2026-02-01", "to": "2026-02-10"}, now=NOW, zone=KOLKATA)
    query = dict(parse_qsl(urlsplit(Links(watch_id=7, range=chosen).overview()).query))
    assert addresses.read_range(query, now=NOW, zone=KOLKATA) == chosen


def test_days_in_a_list_include_the_last_one():
    opened = read("from=2026-02-01&to=2026-02-01")
    assert opened.period.first_day == opened.period.last_day
    assert (opened.period.end - opened.period.start).days == 1


def test_empty_parameters_ask_for_nothing():
    opened = read("watch=&from=&to=&source=&label=&author=&q=+&weekday=&hour=")
    assert opened.period == preset_period("14d", now=NOW, zone=KOLKATA)
    assert {opened.watch_id, opened.source, opened.label, opened.author, opened.words, opened.hour} == {None}
    assert read("author=each").author is Authorship.EACH


@pytest.mark.parametrize(
    "query",
    [
        "watch=0", "watch=-1", "watch=1e3", "watch=٣", "watch=9223372036854775808", "watch=" + "9" * 5000,
        "range=fortnight", "from=yesterday&to=today", "from=2026-03-04T12:30Z&to=2026-03-04T13:00Z",
        "from=2026-03-04T12:00&to=2026-03-04T13:00Z", "from=2026-03-04&to=2026-03-03", "from=0001-01-01&to=2026-01-01",
        "from=2026-01-01&to=9999-12-31", "from=0001-01-01T00:00%2B14:00&to=2026-01-01", "from=2020-01-01&to=2026-01-01",
        "label=sad", "author=me", "weekday=1", "hour=3", "weekday=7&hour=1", "weekday=1&hour=24", "source=" + "x" * 61,
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_in_words(query: str):
    with pytest.raises(Invalid) as refused:
        read(query)
    assert len(str(refused.value)) < 200


@given(st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)), st.integers(1, 2**62))
def test_a_place_survives_its_address(moment: datetime, mention_id: int):
    place = Place(moment, mention_id)
    assert addresses.read_place({"after": addresses.write_place(place)}) == place


@given(st.text(max_size=40))
def test_any_place_is_read_or_refused(typed: str):
    with suppress(Invalid):
        addresses.read_place({"after": typed})


@given(st.dictionaries(st.sampled_from(["range", "from", "to", "watch", "weekday", "hour"]), st.text(max_size=30)))
def test_any_address_is_read_or_refused(args: dict[str, str]):
    for attempt in (
        lambda: addresses.read_range(args, now=NOW, zone=KOLKATA),
        lambda: addresses.read_mention_filter(args, brand_id=1, now=NOW, zone=KOLKATA),
    ):
        with suppress(Invalid):
            attempt()
