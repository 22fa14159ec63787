"""Texts, instants and records from outside: nothing that arrives can break a database or a page."""

from __future__ import annotations

import json
import random
import time
import unicodedata
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listeners.pacing import Pace, backoff
from listeners.text import MAX_TEXT, clean, html_to_text, instant, storable

HOSTILE = [
    ("<script>alert(1)</script>Hi", "Hi"),
    ("<img src=x onerror=alert(1)>Hi", "Hi"),
    ("<svg><script>alert(1)</script></svg>Hi", "Hi"),
    ("<style>body{display:none}</style>Hi", "Hi"),
    ("<iframe srcdoc='<script>alert(1)</script>'></iframe>Hi", "Hi"),
    ("Hi<!-- <script>alert(1)</script> -->", "Hi"),
    ("<a href='javascript:alert(1)'>Hi</a>", "Hi"),
    ("<textarea><script>alert(1)</script></textarea>Hi", "Hi"),
    ("Hi<br onclick=alert(1)>there", "Hi\nthere"),
    ("<math><mi><script>alert(1)</script></mi></math>Hi", "Hi"),
    ("Hi\x00<b\x00>there</b>", "Hithere"),
]


@pytest.mark.parametrize(("html", "text"), HOSTILE)
def test_hostile_html_leaves_only_its_words(html, text):
    assert html_to_text(html) == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("plain", "plain"),
        ("<p>One <b>two</b></p><p>three<br>four</p>", "One two\n\nthree\nfour"),
        ("<ul><li>a</li><li>b</li></ul>c", "a\nb\nc"),
        ("<div><div>a</div></div><div>b</div>", "a\nb"),
        ("Tom &amp; Ada &lt;3 caf&eacute; &#128545;", "Tom & Ada <3 café 😡"),
        ("a\n   b\t<i>c</i>", "a b c"),
        ('<p><span class="h-card"><a href="https://s.example/@b">@<span>b</span></a></span> hi</p>', "@b hi"),
        ("1 < 2 & 3 > 2", "1 < 2 & 3 > 2"),
        ("&lt;b&gt;not bold&lt;/b&gt;", "<b>not bold</b>"),
        ("<p></p><p> </p>x", "x"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a\nb"),
        ("", ""),
    ],
)
def test_blocks_become_lines_and_entities_become_letters(html, text):
    assert html_to_text(html) == text


@pytest.mark.parametrize(
    "part", ["<div>", "<b>", "<", "&", "<a ", "<table>", "<p><b>", "<!--", "</p>", "<a href=", "&#", "<![CDATA["]
)
def test_a_megabyte_of_any_html_is_read_in_a_moment(part):
    started = time.thread_time()
    html_to_text(part * (1_000_000 // len(part)))
    assert time.thread_time() - started < 2


@given(
    st.text(max_size=200)
    | st.lists(
        st.sampled_from(
            ["<p>", "</p>", "<script>", "</", "<b", ">", "&", "&lt;", "x", "\x00", "\ud800", "<br/>", "<!--"]
        ),
        max_size=30,
    ).map("".join)
)
def test_any_html_becomes_a_text_that_can_be_kept(html):
    _assert_keepable(html_to_text(html))


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a\x00b", "ab"),
        ("a\ud800b", "a\ufffdb"),
        ("\ud83d\ude21", "\ufffd\ufffd"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("a\u2028b", "a\nb"),
        ("a\tb\n\n\n\nc", "a\tb\n\nc"),
        ("pay \u202eyraM\u202c now", "pay yraM now"),
        ("\x1b[31mred", "[31mred"),
        ("  x  ", "x"),
        ("👩‍🚀 é ñ", "👩‍🚀 é ñ"),
    ],
)
def test_what_no_database_or_page_can_hold_is_taken_out(text, kept):
    assert clean(text) == kept


def test_a_megabyte_is_cut_and_says_so():
    kept = clean("x" * 1_000_000)
    assert len(kept) == MAX_TEXT
    assert kept.endswith("\n[cut here: the original has 1,000,000 characters]")


def test_a_text_of_just_the_limit_is_left_alone():
    assert clean("x" * MAX_TEXT) == "x" * MAX_TEXT


@given(st.text(max_size=300))
def test_any_text_can_be_kept_and_cleaning_twice_changes_nothing(text):
    _assert_keepable(clean(text))
    assert clean(clean(text)) == clean(text)


def _assert_keepable(text: str) -> None:
    text.encode("utf-8")
    assert not any(unicodedata.category(char) == "Cc" and char not in "\t\n" for char in text)
    assert text == text.strip()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(max_size=3) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5) | st.integers(), inner, max_size=3),
    max_leaves=20,
)


@given(JSON)
def test_any_record_becomes_json_that_can_be_kept(record):
    written = json.dumps(storable(record), allow_nan=False)
    written.encode("utf-8")
    assert "\\u0000" not in written
    assert "\\ud800" not in written


def test_a_deep_or_huge_record_is_cut():
    deep: list = []
    for _ in range(500):
        deep = [deep]
    assert len(json.dumps(storable({"deep": deep, "long": "x" * 10**6, "wide": list(range(10**5))}))) < 10_000


PLUS_3 = timezone(timedelta(hours=3))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-05-01T09:30Z", "2026-05-01T09:30:00"),
        ("2026-05-01T09:30:15.5+03:00", "2026-05-01T06:30:15.500000"),
        ("2026-05-01 09:30:00 UTC", "2026-05-01T09:30:00"),
        ("2026-05-01 09:30:00 +0300", "2026-05-01T06:30:00"),
        ("Fri, 01 May 2026 09:30:00 GMT", "2026-05-01T09:30:00"),
        ("Fri, 01 May 2026 09:30:00 -0000", "2026-05-01T09:30:00"),
        ("Fri, 01 May 2026 09:30:00 EST", "2026-05-01T14:30:00"),
        ("Fri May 01 09:30:00 +0000 2026", "2026-05-01T09:30:00"),
        ("1777627800", "2026-05-01T09:30:00"),
        (1777627800, "2026-05-01T09:30:00"),
        (1777627800.5, "2026-05-01T09:30:00.500000"),
        ("1777627800000", "2026-05-01T09:30:00"),
        (1777627800000, "2026-05-01T09:30:00"),
        (" 1777627800 ", "2026-05-01T09:30:00"),
        (0, "1970-01-01T00:00:00"),
        (datetime(2026, 5, 1, 12, 30, tzinfo=PLUS_3), "2026-05-01T09:30:00"),
    ],
)
def test_an_instant_is_read_in_every_common_form(value, expected):
    assert instant(value) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "value", ["2026-05-01T09:30", "2026-05-01", "20260501", "Fri, 01 May 2026 09:30:00", datetime(2026, 5, 1)]
)
def test_a_time_without_a_zone_needs_one(value):
    with pytest.raises(ValueError, match="time zone"):
        instant(value)
    assert instant(value, ZoneInfo("Asia/Kuching")).utcoffset() == timedelta(0)
    assert instant("2026-05-01T09:30", ZoneInfo("Asia/Kuching")) == datetime(2026, 5, 1, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        [],
        {},
        "",
        "soon",
        "31/12/2026",
        "2026-13-01T00:00Z",
        "nan",
        float("nan"),
        float("inf"),
        "1e400",
        "9" * 5000,
        -5,
        "1066-01-01T00:00Z",
        "9999-12-31T23:59-14:00",
        "0001-01-01T00:00+14:00",
        "\ud800",
    ],
)
def test_what_is_no_instant_is_refused_in_words(value):
    with pytest.raises(ValueError, match=r"ISO 8601|2026-05-01T09:30Z") as caught:
        instant(value)
    assert len(str(caught.value)) < 200


@given(st.text(max_size=40) | st.floats() | st.integers() | st.none() | st.booleans())
def test_anything_is_an_aware_utc_instant_or_a_value_error(value):
    try:
        found = instant(value, PLUS_3)
    except ValueError as error:
        str(error).encode("utf-8")
    else:
        assert found.utcoffset() == timedelta(0)
        assert 1970 <= found.year < 2200


@given(st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(2190, 1, 1)))
def test_written_instants_are_read_back_exactly(moment):
    moment = moment.replace(tzinfo=PLUS_3)
    assert instant(moment.isoformat()) == moment


START = datetime(2026, 5, 1, tzinfo=UTC)


def test_a_pace_lets_the_burst_through_and_then_keeps_its_distance():
    pace = Pace(60, burst=3)
    waits = [(pace.wait_until(START) - START).total_seconds() for _ in range(5)]
    assert waits == [0, 0, 0, 1, 2]


def test_a_pace_recovers_while_nobody_calls_but_never_saves_up_more_than_the_burst():
    pace = Pace(60, burst=2)
    for _ in range(4):
        pace.wait_until(START)
    later = START + timedelta(hours=1)
    assert [(pace.wait_until(later) - later).total_seconds() for _ in range(3)] == [0, 0, 1]


def test_a_held_pace_lets_nothing_through_before_the_platform_said():
    pace = Pace(60, burst=5)
    until = START + timedelta(minutes=15)
    pace.hold(until)
    assert [pace.wait_until(START) - until for _ in range(2)] == [timedelta(0), timedelta(seconds=1)]
    pace.hold(START)
    assert pace.wait_until(START) > until


@given(st.floats(0.1, 6000), st.integers(1, 20), st.lists(st.floats(0, 100), min_size=1, max_size=60))
def test_no_minute_ever_sees_more_calls_than_the_pace_and_its_burst_allow(per_minute, burst, gaps):
    pace, now, calls = Pace(per_minute, burst=burst), START, []
    for gap in gaps:
        now += timedelta(seconds=gap)
        calls.append(pace.wait_until(now))
        assert calls[-1] >= now
    calls.sort()
    for first, call in enumerate(calls):
        within = sum(call <= other < call + timedelta(minutes=1) for other in calls[first:])
        assert within <= per_minute + burst + 1


@pytest.mark.parametrize(("per_minute", "burst"), [(0, 1), (-1, 1), (1, 0), (float("nan"), 1)])
def test_a_pace_that_never_lets_anyone_through_is_refused(per_minute, burst):
    with pytest.raises(ValueError, match="pace"):
        Pace(per_minute, burst=burst)


@given(st.integers(-5, 10_000), st.integers())
def test_backing_off_is_bounded_and_jittered(attempt, seed):
    wait = backoff(attempt, random.Random(seed))
    assert timedelta(seconds=2.5) <= wait <= timedelta(hours=1)


def test_backing_off_doubles():
    class Highest(random.Random):
        def random(self):
            return 1.0

    assert [backoff(attempt, Highest()).total_seconds() for attempt in range(1, 5)] == [5, 10, 20, 40]
