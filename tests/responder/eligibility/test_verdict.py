"""Whether a mention may be answered: every reason has its case, and what is not known is never a right."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responder.eligibility.rules import rule_of
from responder.eligibility.verdict import REASONS, Facts, verdict
from tests.factories import NOW

SOURCES = (
    "x", "bluesky", "mastodon", "reddit", "hacker_news", "rss", "webhook", "app_store", "google_play",
    "google_business", "trustpilot", "youtube", "facebook", "instagram", "discourse", "email", "memory", "csv",
    "a survey",
)  # fmt: skip
TODAY = NOW - timedelta(hours=3)
LINK = "https://example.org/1"

BY_REASON = {
    "gone": Facts(source="bluesky", addressed=True, is_gone=True, is_own=True, is_closed=True),
    "own": Facts(source="x", addressed=True, is_own=True, is_repost=True),
    "repost": Facts(source="mastodon", addressed=True, is_repost=True, is_closed=True),
    "closed": Facts(source="reddit", addressed=True, is_closed=True),
    "no_link": Facts(source="csv", addressed=True),
    "no_api": Facts(source="hacker_news", addressed=True),
    "not_addressed": Facts(source="x", addressed=False),
    "addressed_unknown": Facts(source="x"),
    "too_late": Facts(source="google_play", changed_at=NOW - timedelta(days=7)),
    "age_unknown": Facts(source="google_play"),
    "not_connected": Facts(source="bluesky", is_connected=False),
    "in_time": Facts(source="google_play", changed_at=TODAY),
    "one_place": Facts(source="app_store"),
    "unless_closed": Facts(source="reddit"),
    "open": Facts(source="x", addressed=True),
}
"""A mention for each reason. What comes first among the reasons is told before what also holds."""


@pytest.mark.parametrize("key", REASONS)
def test_every_reason_is_given_where_it_holds_and_comes_to_what_it_says(key):
    found = verdict(BY_REASON[key], now=NOW)
    assert found.key == key
    assert found.eligible == REASONS[key][0]


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("key", REASONS)
def test_the_sentence_reads_well_for_every_platform(key, source):
    said = verdict(replace(BY_REASON[key], source=source), now=NOW).reason
    assert re.fullmatch(r"[A-Z][^{}_]+[.]", said)
    assert "None" not in said
    assert "  " not in said
    assert len(said) < 200


def test_sentences_as_people_meet_them():
    said = {key: verdict(facts, now=NOW).reason for key, facts in BY_REASON.items()}
    assert said["not_addressed"] == (
        "On X programs may answer only people who mention or quote us, and this author did not: "
        "copy the text and post it there by hand."
    )
    assert said["in_time"] == "We may answer on Google Play until 11 March 2026, 09:00 UTC."
    assert said["no_api"] == "Earshot cannot post to Hacker News: copy the text and post it there by hand."


def facts(**known) -> st.SearchStrategy[Facts]:
    truth = st.sampled_from([None, True, False])
    return st.builds(
        Facts,
        **{
            "source": st.sampled_from(SOURCES),
            "addressed": truth,
            "is_closed": truth,
            "is_gone": st.booleans(),
            "is_own": st.booleans(),
            "is_repost": st.booleans(),
            "url": st.sampled_from([None, "", LINK]),
            "changed_at": st.none() | st.integers(-20_000, 60).map(lambda minutes: NOW + timedelta(minutes=minutes)),
            "is_connected": truth,
            **known,
        },
    )


@given(facts())
def test_what_is_not_known_is_never_a_right(known):
    found, rule = verdict(known, now=NOW), rule_of(known.source)
    if found.eligible == "api":
        assert rule.api != "nobody"
        assert rule.api == "anyone" or known.addressed is True
        assert rule.window_days is None or known.changed_at is not None
        assert not any((known.is_gone, known.is_own, known.is_repost, known.is_closed))
        assert known.is_connected is not False
    assert not found.automatic or (found.eligible == "api" and known.addressed is True)
    assert found.until is None or (found.eligible == "api" and found.until > NOW)


@given(facts())
def test_forgetting_a_fact_gives_no_further_right_where_the_rule_needs_it(known):
    now_may = verdict(known, now=NOW)
    for name in ("addressed", "changed_at"):
        forgot = verdict(replace(known, **{name: None}), now=NOW)
        assert forgot.eligible != "api" or now_may.eligible == "api"
        assert not forgot.automatic or now_may.automatic


@given(facts(source=st.just("x")))
def test_on_x_only_who_spoke_to_us_is_answered_by_a_program(known):
    assert verdict(known, now=NOW).eligible != "api" or known.addressed is True


@pytest.mark.parametrize(
    ("source", "known", "eligible"),
    [
        ("bluesky", {}, "api"),
        ("mastodon", {"addressed": False}, "api"),
        ("reddit", {"is_closed": False}, "api"),
        ("google_business", {}, "api"),
        ("trustpilot", {}, "api"),
        ("youtube", {}, "api"),
        ("discourse", {}, "api"),
        ("facebook", {"addressed": True}, "api"),
        ("facebook", {}, "by_hand"),
        ("instagram", {"addressed": False}, "by_hand"),
        ("email", {}, "by_hand"),
        ("rss", {"url": LINK}, "by_hand"),
        ("rss", {}, "no"),
        ("webhook", {"url": LINK}, "by_hand"),
        ("a survey", {"url": LINK}, "by_hand"),
        ("a survey", {"url": ""}, "no"),
    ],
)
def test_every_platform_by_its_rule(source, known, eligible):
    assert verdict(Facts(source=source, **known), now=NOW).eligible == eligible


@pytest.mark.parametrize(
    ("source", "addressed", "automatic"),
    [
        ("x", True, True),
        ("x", False, False),
        ("x", None, False),
        ("bluesky", True, True),
        ("bluesky", None, False),
        ("mastodon", True, True),
        ("reddit", True, False),
        ("app_store", True, False),
        ("a survey", True, False),
    ],
)
def test_a_machine_answers_only_who_spoke_to_us_and_only_where_the_rule_says_so(source, addressed, automatic):
    known = Facts(source=source, addressed=addressed, url=LINK, changed_at=TODAY)
    assert verdict(known, now=NOW).automatic is automatic


def test_the_right_to_answer_on_google_play_ends_after_a_week_and_a_change_renews_it():
    known = Facts(source="google_play", changed_at=NOW)
    end = NOW + timedelta(days=7)
    assert verdict(known, now=NOW).until == end
    assert verdict(known, now=end - timedelta(seconds=1)).eligible == "api"
    late = verdict(known, now=end)
    assert (late.eligible, late.until) == ("by_hand", None)
    assert verdict(replace(known, changed_at=end), now=end).until == end + timedelta(days=7)
