"""Handles: what is the same name on two platforms, and how surprising it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responder.people.handles import HandleModel, likeness, names_at, squeezed, stem

MODEL = HandleModel(())


@pytest.mark.parametrize(
    "handle", ["Melih_1987", "@melih.1987", "melih-1987@social.example", "melih1987.bsky.social", "ＭＥＬＩＨ１９８７"]
)
def test_server_capitals_and_separators_are_the_platforms_not_the_persons(handle):
    assert squeezed(handle) == "melih1987"


@pytest.mark.parametrize(
    ("handle", "found_by"), [("melih_1987", "melih"), ("melih", "melih"), ("j4", "j4"), ("42", "42")]
)
def test_the_number_at_the_end_does_not_keep_handles_apart(handle, found_by):
    assert stem(handle) == found_by


def test_an_account_is_called_by_its_whole_name_and_without_its_server():
    assert names_at("mastodon", "@Ana@soc.example") == {"ana@soc.example", "ana"}
    assert names_at("bluesky", "ana.bsky.social") == {"ana.bsky.social", "ana"}
    assert names_at("x", "Ana") == {"ana"}
    assert names_at("x", "@") == frozenset()


def test_an_everyday_handle_says_little_and_a_rare_one_much():
    assert 4 < MODEL.surprisal("john") < 8
    assert 8 < MODEL.surprisal("john_87") < 20
    assert MODEL.surprisal("qzx_melih_1987") > 24


def test_longer_beginnings_are_never_likelier_than_shorter_ones():
    assert MODEL.surprisal("alex") < MODEL.surprisal("alexkettle") < MODEL.surprisal("alexkettlequx")


def test_what_a_brands_people_call_themselves_becomes_less_surprising():
    learned = HandleModel([f"kettle{word}" for word in ("fan", "club", "mum", "dad", "lover", "nerd", "head")])
    assert learned.surprisal("kettleking") < MODEL.surprisal("kettleking") - 5


def test_a_handle_is_not_made_common_by_being_here_itself():
    others = ["copperloop", "defnebulut", "gaz_dunn"]
    without, with_it = HandleModel(others), HandleModel([*others, "qzx_melih"])
    assert with_it.surprisal("qzx_melih") == pytest.approx(without.surprisal("qzx_melih"), abs=0.5)
    assert with_it.surprisal("qzxmelih2", beside="qzx_melih") > 24


@given(st.text(max_size=40), st.lists(st.text(max_size=12), max_size=5))
def test_any_handle_has_a_finite_surprise_of_at_least_nothing(handle, learned):
    assert 0 <= HandleModel(learned).surprisal(handle) < 40 * 45


def test_likeness_is_of_the_beginnings_first():
    assert likeness("melihkaya", "melihkaya1") >= 0.92 > likeness("melihkaya", "kayamelih")
