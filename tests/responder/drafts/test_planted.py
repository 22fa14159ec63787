"""The planted replies are whole: per rule at least 30 good and 30 bad ones, over four languages, half of them to judge."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

PLANTED = Path(__file__).parent / "planted"
RULES = {
    "names_the_problem",
    "apology",
    "next_step",
    "speaker",
    "language",
    "length",
    "tone",
    "personal_data",
    "compensation",
    "blame",
    "near_copy",
}
LANGUAGES = {"en", "ms", "el", "tr"}


def rows(*halves):
    lines = [line for half in halves for line in (PLANTED / f"{half}.jsonl").read_text(encoding="utf-8").splitlines()]
    return [json.loads(line) for line in lines]


def test_every_row_is_its_own():
    everything = rows("tune", "judge")
    assert len({row["id"] for row in everything}) == len(everything)
    assert len({json.dumps([row["rule"], row["mention"], row["reply"], row["previous"]]) for row in everything}) == len(
        everything
    )


@pytest.mark.parametrize("rule", sorted(RULES))
def test_every_rule_has_thirty_good_and_thirty_bad_replies_spread_over_the_languages(rule):
    of_rule = [row for row in rows("tune", "judge") if row["rule"] == rule]
    for good in (True, False):
        by_language = Counter(row["lang"] for row in of_rule if row["good"] is good)
        assert sum(by_language.values()) >= 30
        assert set(by_language) == LANGUAGES
        assert min(by_language.values()) >= 8


def test_later_replies_are_their_own_too():
    later = rows("later")
    assert len({row["id"] for row in later}) == len({row["reply"] for row in later}) == len(later)
    assert not {row["reply"] for row in later} & {row["reply"] for row in rows("tune", "judge")}
    assert {row["rule"] for row in later} <= RULES
    assert {row["lang"] for row in later} == LANGUAGES


@pytest.mark.parametrize("half", ["tune", "judge"])
def test_both_halves_have_as_many_of_every_kind(half):
    counts = Counter((row["rule"], row["good"]) for row in rows(half))
    assert set(counts.values()) - {counts[None, True]} == {16}
