from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment.training.greeklish import SCHEMES, mixed, mostly_greek, transliterate


@pytest.mark.parametrize(
    ("scheme", "typed"),
    [
        ("standard", "Thelo na sas evcharistiso, i ypiresia itan psychra"),
        ("phonetic", "Thelo na sas efharistiso, i ipiresia itan psihra"),
        ("visual", "8elw na sas euxaristhsw, h uphresia htan 4uxra"),
        ("keyboard", "Uelv na saw eyxaristhsv, h yphresia htan cyxra"),
    ],
)
def test_greek_is_typed_as_each_scheme_has_it(scheme, typed):
    greek = "Θέλω να σας ευχαριστήσω, η υπηρεσία ήταν ψυχρά"
    assert transliterate(greek, SCHEMES[scheme]) == typed


def test_capitals_stay_capitals_and_other_scripts_are_left_alone():
    assert (
        transliterate("ΤΟΥ Χρήστου, delivery 24ωρο 😡 привет", SCHEMES["standard"])
        == "TOU Christou, delivery 24oro 😡 привет"
    )


def test_a_writer_keeps_to_one_habit_per_sound():
    scheme = mixed(random.Random(3))
    assert len(set(transliterate("χι χι χι", scheme).split())) == 1
    spellings = {transliterate("ξαναψάχνω", mixed(random.Random(seed))) for seed in range(40)}
    assert len(spellings) > 10


def test_greek_with_a_few_latin_names_is_still_greek():
    assert mostly_greek("η συσκευή Halvo δεν ανάβει καθόλου")
    assert not mostly_greek("Halvanto support ρε")
    assert not mostly_greek("μμ")


@given(st.text(max_size=200), st.integers(0, 20))
def test_nothing_of_greek_is_left_whatever_it_stands_in(text, seed):
    letters = set("αβγδεζηθικλμνξοπρσςτυφχψω")
    for scheme in (*SCHEMES.values(), mixed(random.Random(seed))):
        assert not letters & set(transliterate(text, scheme).lower())
