"""Display names: folded, and what they add to a handle."""

from __future__ import annotations

import pytest

from responder.people.names import folded_name, is_spelled_by


@pytest.mark.parametrize("name", ["María José", "jose MARIA ✨", "José, María (she/her 24)"])
def test_order_accents_capitals_and_signs_do_not_matter(name):
    assert folded_name(name.replace(" (she/her 24)", "")) == "jose maria"


def test_capitals_fold_in_every_script():
    assert folded_name("ΝΊΚΗ") == folded_name("Νίκη") == "νικη"


@pytest.mark.parametrize("name", ["", "A.", "🙂🙂🙂", "J 5", "12345"])
def test_what_has_hardly_a_letter_is_no_name(name):
    assert folded_name(name) is None


@pytest.mark.parametrize(
    ("name", "handle"), [("john smith", "john_smith87"), ("ana", "anakettle"), ("jose maria", "mariajose")]
)
def test_a_name_the_handle_spells_tells_nothing_more(name, handle):
    assert is_spelled_by(name, handle)


@pytest.mark.parametrize(
    ("name", "handle"), [("john smith", "copperloop"), ("john smith", "john_the_cook"), ("νικη", "niki_v")]
)
def test_a_name_of_other_words_tells_something(name, handle):
    assert not is_spelled_by(name, handle)
