"""Clues in bits: each weighs what it should, and none decides alone."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responder.models import LinkStatus
from responder.people.clues import FEWEST_PEOPLE, Account, Assessment, Clue, Rarity, assess
from responder.people.handles import HandleModel
from tests.factories import NOW

RARITY = Rarity(handles=HandleModel(()), named={"ana brook": 2, "maria": 40_000}, authors=100_000)
ONE = Account(id=1, source="x", handle="copperloop")
OTHER = Account(id=2, source="bluesky", handle="gazdunn")
RARE = "qzx_melih_1987"
PRIOR = -math.log2(100_000)


def weighed(one: dict, other: dict, *, people: int = 100_000, same_incident: bool = False) -> Assessment:
    pair = (replace(ONE, **one), replace(OTHER, **other))
    forth = assess(*pair, rarity=RARITY, people=people, same_incident=same_incident)
    back = assess(*reversed(pair), rarity=RARITY, people=people, same_incident=same_incident)
    assert forth == back, "which account comes first must not matter"
    return forth


def test_without_a_clue_two_accounts_are_two_people():
    found = weighed({}, {})
    assert (found.clues, found.verdict) == ({}, None)
    assert found.bits == pytest.approx(PRIOR)


@pytest.mark.parametrize(
    ("one", "other", "clue", "bits"),
    [
        ({"stated": frozenset("b")}, {"own": frozenset("b")}, Clue.LINKED_ONE_WAY, 12),
        (
            {"stated": frozenset("b"), "own": frozenset("a")},
            {"own": frozenset("b"), "stated": frozenset("a")},
            Clue.LINKED_BOTH_WAYS,
            30,
        ),
        ({"verified": frozenset("b")}, {"own": frozenset("b")}, Clue.LINKED_BOTH_WAYS, 30),
        ({"own": frozenset("p")}, {"own": frozenset("p")}, Clue.LINKED_BOTH_WAYS, 30),
        *(
            ({"told": {clue: frozenset("n")}}, {"told": {clue: frozenset("n")}}, clue, 25)
            for clue in (Clue.SAME_ORDER, Clue.SAME_EMAIL, Clue.SAME_CODE)
        ),
        ({"handle": RARE}, {"handle": "QZX.melih.1987"}, Clue.SAME_HANDLE, 20),
        ({"handle": "qzxmelihkaya"}, {"handle": "qzxmelihkaya7"}, Clue.SIMILAR_HANDLE, 6),
        ({"name": "ana brook"}, {"name": "ana brook"}, Clue.SAME_NAME, 6),
        ({"name": "maria"}, {"name": "maria"}, Clue.SAME_NAME, math.log2(100_000 / 40_000)),
        ({"is_automatic": True}, {"is_automatic": False}, Clue.ONE_IS_AUTOMATIC, -10),
        ({"languages": {"en": 3}}, {"languages": {"tr": 5}}, Clue.OTHER_LANGUAGES, -3),
        ({"spoken": [(NOW, "a")]}, {"spoken": [(NOW + timedelta(seconds=4), "b")]}, Clue.AT_ONCE, -6),
        ({"hours": [8.0, 9, 10, 11] * 5}, {"hours": [20.0, 21, 22, 23] * 5}, Clue.OTHER_HOURS, -3),
    ],
)
def test_each_clue_weighs_what_the_table_says(one, other, clue, bits):
    found = weighed(one, other)
    assert found.clues == {clue: pytest.approx(bits)}
    assert found.bits == pytest.approx(PRIOR + bits)


def test_the_same_incident_within_two_days_adds_six():
    assert weighed({}, {}, same_incident=True).clues == {Clue.SAME_INCIDENT: 6}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"handle": None}, {"handle": None}),
        ({"handle": "…"}, {"handle": "…"}),
        ({"handle": "john"}, {"handle": "cooper_john_2"}),  # alike in nothing that counts
        ({"name": None}, {"name": None}),
        ({"told": {Clue.SAME_ORDER: frozenset("n")}}, {"told": {Clue.SAME_EMAIL: frozenset("n")}}),
        ({"is_automatic": True}, {"is_automatic": None}),
        ({"languages": {"en": 3}}, {"languages": {"tr": 2}}),  # too few to tell
        ({"languages": {"en": 3, "tr": 1}}, {"languages": {"tr": 9}}),
        ({"spoken": [(NOW, "a")]}, {"spoken": [(NOW, "a")]}),  # the same words were sent to both
        ({"spoken": [(NOW, "a")]}, {"spoken": [(NOW + timedelta(seconds=6), "b")]}),
        ({"hours": [8.0] * 19}, {"hours": [20.0] * 19}),
        ({"hours": [float(hour) for hour in range(24)]}, {"hours": [20.0] * 24}),  # awake at all hours
        ({"hours": [23.0] * 20}, {"hours": [1.0] * 20}),  # midnight lies between, not a continent
    ],
)
def test_what_nobody_told_or_cannot_be_told_is_no_clue(one, other):
    assert weighed(one, other).clues == {}


def test_a_name_that_the_handle_spells_is_not_counted_twice():
    both = {"handle": "anabrook", "name": "ana brook"}
    assert set(weighed(both, both).clues) == {Clue.SAME_HANDLE}
    assert set(weighed(both, both | {"handle": "copperloop2"}).clues) == {Clue.SAME_NAME}


def test_an_everyday_handle_says_about_two_bits_and_a_rare_one_twenty():
    assert 0 < weighed({"handle": "john"}, {"handle": "john"}).clues[Clue.SAME_HANDLE] < 4
    assert weighed({"handle": RARE}, {"handle": RARE}).clues[Clue.SAME_HANDLE] == 20


def test_a_handle_alone_is_never_proposed_however_rare():
    found = weighed({"handle": RARE}, {"handle": RARE}, people=1)
    assert found.probability > 0.99
    assert found.verdict == LinkStatus.MAYBE


def test_a_rare_handle_among_a_hundred_thousand_is_a_maybe_and_a_common_one_nothing():
    assert weighed({"handle": RARE}, {"handle": RARE}).verdict == LinkStatus.MAYBE
    assert weighed({"handle": "john"}, {"handle": "john"}).verdict is None


def test_two_clues_that_are_sure_enough_are_proposed():
    both = {"handle": RARE, "name": "ana brook"}
    assert weighed(both, both).verdict == LinkStatus.PROPOSED


def test_a_link_both_ways_is_two_clues():
    assert weighed({"own": frozenset("p")}, {"own": frozenset("p")}).verdict == LinkStatus.PROPOSED


def test_two_clues_that_are_not_sure_enough_are_not_proposed():
    both = {"handle": "john", "name": "maria"}
    assert weighed(both, both).verdict is None


def test_what_speaks_against_is_no_second_clue():
    against = {"handle": RARE, "languages": {"en": 9}}
    found = weighed(against, against | {"languages": {"tr": 9}}, people=1)
    assert len(found.clues) == 2
    assert found.verdict != LinkStatus.PROPOSED


def test_a_platform_of_few_counts_as_one_of_a_thousand():
    assert weighed({}, {}, people=3).bits == -math.log2(FEWEST_PEOPLE)


@given(st.floats(-3000, 3000))
def test_a_probability_is_one(bits):
    assert 0 <= Assessment({}, bits).probability <= 1


@pytest.mark.parametrize(
    ("bits", "probability"), [(0, 0.5), (math.log2(99), 0.99), (math.log2(9), 0.9), (-math.log2(9), 0.1)]
)
def test_bits_are_the_logarithm_of_the_odds(bits, probability):
    assert Assessment({}, bits).probability == pytest.approx(probability)
