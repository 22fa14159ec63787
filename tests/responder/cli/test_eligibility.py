"""`earshot eligibility -` is a pure filter: mentions in, in their order, and whether each may be answered out."""

from __future__ import annotations

import json

import pytest

NOW = "2026-03-04T12:00:00Z"


def answers(run, *mentions, now: str = NOW):
    typed = "".join((each if isinstance(each, str) else json.dumps(each)) + "\n" for each in mentions)
    done = run("eligibility", "-", "--now", now, stdin=typed)
    return done, [json.loads(line) for line in done.stdout.splitlines()]


def test_every_mention_is_answered_in_its_place(run):
    done, told = answers(
        run,
        {"id": 1, "source": "x", "text": "Late again.", "addressed": True, "locked": None},
        {"id": "two", "source": "x", "text": "Late again."},
        {"id": 3, "source": "reddit", "text": "Late again.", "locked": True},
        {"id": 4, "source": "shop reviews", "text": "Late again.", "url": "https://example.org/4", "rating": 2},
        {"external_id": "five", "source": "csv", "text": "Late again."},
    )
    assert done.exit_code == 0
    assert [(each["id"], each["eligible"]) for each in told] == [
        (1, "api"), ("two", "by_hand"), (3, "no"), (4, "by_hand"), ("five", "no"),
    ]  # fmt: skip
    assert [each["automatic"] for each in told] == [True, False, False, False, False]
    assert all(set(each) == {"id", "eligible", "reason", "automatic", "until"} for each in told)
    assert all(each["reason"].endswith(".") for each in told)


@pytest.mark.parametrize(
    "written", ["2026-03-01T09:30:00Z", "2026-03-01T11:30:00+02:00", 1772357400, "2026-03-01 09:30"]
)
def test_times_are_iso_or_unix_and_the_last_change_counts(run, written):
    _, (old, told) = answers(
        run,
        {"id": 1, "source": "google_play", "created_at": "2026-01-01T00:00:00Z"},
        {"id": 2, "source": "google_play", "created_at": "2026-01-01T00:00:00Z", "edited_at": written},
    )
    assert (old["eligible"], old["until"]) == ("by_hand", None)
    assert (told["eligible"], told["until"]) == ("api", "2026-03-08T09:30:00+00:00")


def test_a_clock_that_is_ahead_gives_nobody_more_time(run):
    _, (told,) = answers(run, {"id": 1, "source": "google_play", "created_at": "2026-06-01T00:00:00Z"})
    assert told["until"] == "2026-03-11T12:00:00+00:00"


def test_what_more_is_known_is_taken_in(run):
    _, told = answers(
        run,
        {"id": 1, "source": "bluesky", "gone": True},
        {"id": 2, "source": "bluesky", "own": True},
        {"id": 3, "source": "bluesky", "is_repost": True},
        {"id": 4, "source": "bluesky", "connected": False},
        {"id": 5, "source": "bluesky", "connected": True, "locked": False},
    )
    assert [each["eligible"] for each in told] == ["no", "no", "no", "by_hand", "api"]


@pytest.mark.parametrize(
    ("line", "named", "says"),
    [
        ("no json", None, "not JSON"),
        ("[1]", None, "not an object"),
        ('{"id": 7}', 7, "source is missing"),
        ('{"id": 7, "source": 3}', 7, "source is missing"),
        ('{"id": 7, "source": "x", "addressed": "yes"}', 7, "true or false"),
        ('{"id": 7, "source": "x", "locked": 0}', 7, "true or false"),
        ('{"id": 7, "source": "x", "created_at": "soon"}', 7, "created_at"),
        ('{"id": 7, "source": "x", "created_at": [1]}', 7, "created_at"),
        ('{"id": 7, "source": "x", "created_at": 1e300}', 7, "created_at"),
        ('{"id": 1e999, "source": 3}', None, "source is missing"),
        ('{"id": NaN, "source": "x"}', None, "not JSON"),
        ("[" * 100_000, None, "not JSON"),
    ],
)
def test_a_bad_line_is_answered_with_what_to_write_and_loses_no_good_one(run, line, named, says):
    done, (bad, good) = answers(run, line, {"id": "good", "source": "bluesky"})
    assert done.exit_code == 0
    assert bad["id"] == named
    assert says in bad["error"]
    assert (good["id"], good["eligible"]) == ("good", "api")


def test_nothing_to_judge_is_nothing_done_and_bad_lines_alone_have_failed(run):
    assert answers(run)[0].exit_code == 3
    assert answers(run, "x")[0].exit_code == 1


def test_a_time_nobody_can_read_is_wrong_usage(run):
    assert answers(run, now="tomorrow")[0].exit_code == 2


def test_without_an_instant_the_present_counts(run):
    done = run("eligibility", "-", stdin='{"id": 1, "source": "google_play", "created_at": 0}\n')
    assert json.loads(done.stdout)["eligible"] == "by_hand"
