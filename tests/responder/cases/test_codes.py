"""Short codes: there and back, every slip of the finger caught, nothing to be read from them."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responder.cases.codes import DIGITS, LETTERS, SIGNS, code_of, find_codes

SECRET = "an installation's secret, long enough"
SIX = len(LETTERS) * len(DIGITS) * len(SIGNS) ** 3
IDS = st.integers(0, SIX - 1) | st.integers(SIX, 10**12)


def code(case_id: int) -> str:
    return code_of(case_id, secret=SECRET)


def found(text: str) -> list[int]:
    return find_codes(text, secret=SECRET)


@given(IDS)
def test_a_code_leads_back_to_its_case(case_id):
    assert found(code(case_id)) == [case_id]


@given(IDS)
def test_every_single_wrong_sign_is_caught(case_id):
    right = code(case_id)
    for place, sign in enumerate(right):
        for other in SIGNS:
            if sign not in ("-", other):
                assert found(right[:place] + other + right[place + 1 :]) == []


@given(IDS)
def test_two_signs_that_changed_places_are_caught(case_id):
    right = code(case_id).replace("-", "")
    half = len(right) // 2
    for first, second in pairwise(range(len(right))):
        signs = list(right)
        signs[first], signs[second] = signs[second], signs[first]
        swapped = "".join(signs)
        if swapped != right:
            assert found(f"{swapped[:half]}-{swapped[half:]}") == []


def test_no_two_cases_share_a_code():
    assert len({code(case_id) for case_id in range(20_000)}) == 20_000


def test_neighbouring_cases_have_unlike_codes_and_the_order_cannot_be_read():
    codes = [code(case_id) for case_id in range(1, 400)]
    alike = [sum(a == b for a, b in zip(one, two, strict=True)) - 1 for one, two in pairwise(codes)]
    assert sum(alike) / len(alike) < 1.0  # of six signs
    rising = sum(one < two for one, two in pairwise(codes))
    assert 150 < rising < 250


def test_codes_stay_as_they_are_and_are_an_installations_own():
    assert code(1) == code(1)
    assert [code_of(case_id, secret="another") for case_id in range(50)] != [code(case_id) for case_id in range(50)]


def test_codes_are_six_signs_until_four_million_cases_then_eight():
    assert [len(code(case_id)) for case_id in (0, SIX - 1, SIX)] == [7, 7, 9]
    assert SIX > 4_000_000


@pytest.mark.parametrize(
    "write",
    [
        str.lower,
        *(lambda c, sign=sign: c.replace("-", sign) for sign in ("", " ", "–", " - ", " – ", ".", "\u00ad", "\u200b-")),
        "_{}_".format,
        "**{}**".format,
    ],
)
def test_a_code_is_read_however_it_is_typed(write):
    assert found(f"Hello, my number is ({write(code(77))}). Thanks!") == [77]


def test_several_codes_are_found_in_their_order_and_each_once():
    assert found(f"{code(5)} and {code(3)}, once more {code(5)}") == [5, 3]


@pytest.mark.parametrize("around", ["X{}", "{}9", "A-{}", "{}-B2"])
def test_what_only_stands_within_a_longer_number_is_no_code(around):
    assert found(around.format(code(77))) == []


@given(st.text(alphabet=st.characters(categories=["L", "P", "Z"]), max_size=60))
def test_no_words_are_ever_a_code(text):
    assert found(text) == []


@given(st.text())
def test_any_text_can_be_looked_through(text):
    assert all(case_id >= 0 for case_id in found(text))


def test_no_case_has_an_id_below_zero():
    with pytest.raises(ValueError, match="-1"):
        code(-1)
