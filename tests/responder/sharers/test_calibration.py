"""Chances are learned from what became of people, and only then said."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.sharers import STOCKNET, said
from responder.errors import Invalid
from responder.models import SharerReference
from responder.sharers import nightly, profiles
from responder.sharers.calibration import ALIKE, DAYS, FEWEST, GROUPS, fit, learned, reliability
from responder.sharers.chances import chance_of, in_words
from responder.sharers.reference import Reference
from responder.sharers.tellings import read_tellings
from tests.factories import NOW, make_author, make_brand, make_mention
from tests.responder.sharers.noting import Person, first_of, note

OCTOBER = 202510
LONG_AFTER = first_of(OCTOBER) + timedelta(days=DAYS)


def reference(pairs) -> Reference:
    return Reference(1000, {}, calibration=pairs)


@given(st.integers(ALIKE, 700), st.integers(0, 1000), st.booleans())
def test_chances_rise_with_the_place_and_stay_chances(people, seed, has_ties):
    chance = np.random.default_rng(seed)
    places = np.round(100 * chance.random(people), 0 if has_ties else 6)
    pairs = fit(places, chance.random(people) < chance.random())
    stood, shares = zip(*pairs, strict=True)
    assert list(stood) == sorted(set(stood))
    assert list(shares) == sorted(shares)
    assert 0 <= shares[0] <= shares[-1] <= 1
    assert len(pairs) <= GROUPS + 1


def test_what_came_is_what_is_said():
    places = np.arange(1000) / 10
    came = places >= 90
    came[np.arange(900, 1000, 2)] = False
    found = reference(fit(places, came))
    assert chance_of(found, 95) == pytest.approx(0.5)
    assert chance_of(found, 50) == 0
    assert chance_of(found, 0) == 0
    assert chance_of(found, 100) == pytest.approx(0.5)


def test_a_chance_is_of_fifty_people_at_least():
    places = np.arange(60.0)
    came = places >= 55  # five people, all of whom came, are no reason to say "ten in ten"
    assert fit(places, came) == ((29.5, round(5 / 60, 4)),)


def test_people_in_one_place_share_one_chance():
    places = np.r_[np.full(70, 10.0), np.full(40, 20.0), np.full(60, 30.0)]
    came = np.r_[np.arange(70) < 7, np.arange(40) < 10, np.arange(60) < 30]
    assert dict(fit(places, came)) == {10.0: 0.1, 26.0: 0.4}


def test_too_few_people_are_refused():
    with pytest.raises(Invalid, match="too few"):
        fit(np.zeros(ALIKE - 1), np.zeros(ALIKE - 1))


def test_nothing_is_said_before_it_could_be_checked():
    assert chance_of(Reference(1000, {}), 95) is None
    assert chance_of(reference(()), 95) is None


@pytest.mark.parametrize(
    ("chance", "words"),
    [
        (0.0, "Fewer than 1 in 20 such people are"),
        (0.06, "1 in 10 such people is"),
        (0.44, "4 in 10 such people are"),
        (0.949, "9 in 10 such people are"),
        (1.0, "Nearly all such people are"),
    ],
)
def test_a_chance_is_said_in_people(chance, words):
    assert in_words(chance) == f"{words} among the most talkative tenth in the two months after."


def test_reliability_is_the_mean_distance_of_said_and_come():
    certain = reliability(np.array([0.0] * 50 + [1.0] * 50), np.array([False] * 50 + [True] * 50))
    assert (certain.brier, certain.error) == (0, 0)
    off = reliability(np.full(100, 0.3), np.arange(100) % 2 == 0)
    assert off.error == pytest.approx(0.2)
    assert off.brier == pytest.approx(0.5 * 0.3**2 + 0.5 * 0.7**2)
    assert sum(people for _, _, people in off.bins) == 100


def tenth(people: int) -> list[Person]:
    """People of whom the top tenth tell on four days later, and some of the next tenth on three."""
    return [
        Person(100.0 * place / people, told=4 if place >= 0.9 * people else 3 if place % 3 == 0 else 0)
        for place in range(people)
    ]


def test_a_month_of_five_hundred_people_is_learned_from_when_sixty_days_are_over(database):
    with database.writing() as session:
        brand, other = make_brand(session), make_brand(session)
        note(session, brand, OCTOBER, tenth(FEWEST))
        note(session, brand, OCTOBER, tenth(FEWEST - 1), source="reddit")
        note(session, other, OCTOBER, [Person(99.0)] * 20)
        assert learned(session, brand.id, now=LONG_AFTER - timedelta(seconds=1)) == {}
        assert learned(session, other.id, now=LONG_AFTER) == {}
        found = learned(session, brand.id, now=LONG_AFTER)
        assert set(found) == {"memory"}
        assert chance_of(reference(found["memory"]), 97) == 1
        assert chance_of(reference(found["memory"]), 40) == 0


def test_nothing_is_learned_of_people_who_all_fell_silent(database):
    with database.writing() as session:
        brand = make_brand(session)
        note(session, brand, OCTOBER, [Person(99.0)] * FEWEST)
        assert learned(session, brand.id, now=LONG_AFTER) == {}


def test_what_was_learned_is_kept_with_the_figures_of_the_night(database):
    with database.writing() as session:
        brand = make_brand(session)
        note(session, brand, OCTOBER, tenth(FEWEST))
        mention = make_mention(session, brand, author=make_author(session, brand), p_negative=0.5)
        profiles.profile(session, [mention.id], brand_id=brand.id, secret="s" * 40, now=NOW)
        nightly.take_census(session, brand.id, now=NOW)
    with database.reading() as session:
        kept = Reference.from_dict(session.get(SharerReference, (brand.id, "memory")).figures)
        assert profiles.references(session, brand.id)["memory"].calibration == kept.calibration
    assert chance_of(kept, 97) == 1


@pytest.fixture(scope="module")
def stocknet():
    if not STOCKNET.exists():
        pytest.skip(f"no {STOCKNET}: the shared folder is absent")
    return read_tellings(STOCKNET)


def test_on_stocknet_what_is_said_comes_true_nearer_than_what_is_modelled(stocknet):
    known, modelled, alike = said(stocknet, "2015-05-01", "2015-07-01")
    assert known.error < 0.03
    assert known.error < modelled.error
    assert known.brier < 0.8 * alike.brier
