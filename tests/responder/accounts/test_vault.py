"""Sealing credentials."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from responder.accounts.vault import SealBroken, key_for, marked, seal, unseal

SECRET = "an installation's secret, long enough"


@given(st.dictionaries(st.text(max_size=20), st.none() | st.booleans() | st.integers() | st.text(max_size=50)))
@settings(max_examples=30, deadline=None)
def test_what_was_sealed_comes_back(values):
    assert unseal(SECRET, seal(SECRET, values)) == values


def test_what_is_sealed_shows_neither_names_nor_values():
    sealed = seal(SECRET, {"token": "open-sesame"})
    assert "token" not in sealed
    assert "open-sesame" not in sealed


def test_the_same_values_never_look_the_same_twice():
    assert seal(SECRET, {"token": "a"}) != seal(SECRET, {"token": "a"})


def test_another_secret_opens_nothing_and_the_error_says_what_to_do():
    with pytest.raises(SealBroken, match="EARSHOT_SECRET_KEY"):
        unseal("another secret", seal(SECRET, {"token": "a"}))


@pytest.mark.parametrize("sealed", ["", "nonsense", "gAAAAAB", "ä"])
def test_a_damaged_row_is_told_as_one(sealed):
    with pytest.raises(SealBroken):
        unseal(SECRET, sealed)


def test_an_altered_row_is_refused():
    sealed = seal(SECRET, {"token": "a"})
    altered = sealed[:-10] + ("A" if sealed[-10] != "A" else "B") + sealed[-9:]
    with pytest.raises(SealBroken):
        unseal(SECRET, altered)


def test_a_mark_is_the_same_for_the_same_parts_under_one_key_only():
    key = key_for(SECRET, b"a purpose")
    assert marked(key, "a", "b") == marked(key, "a", "b")
    assert (
        len(
            {
                marked(key, "a", "b"),
                marked(key, "ab"),
                marked(key, "a", "b", ""),
                marked(key_for(SECRET, b"b"), "a", "b"),
            }
        )
        == 4
    )
