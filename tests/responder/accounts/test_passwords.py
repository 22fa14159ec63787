"""Passwords: hashes, and what is too weak."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import settings as bounded
from hypothesis import strategies as st

from responder.accounts.passwords import MAX_LENGTH, hash_password, is_right
from responder.errors import Invalid

GOOD = "kettle orbit thirteen plum"


def test_a_password_fits_its_own_hash_only():
    made = hash_password(GOOD)
    assert is_right(GOOD, made)
    assert not is_right(GOOD + " ", made)


def test_a_hash_is_argon2id_and_never_the_same_twice():
    first, second = hash_password(GOOD), hash_password(GOOD)
    assert first.startswith("$argon2id$")
    assert first != second


def test_nobody_gets_in_where_no_password_is_set():
    assert not is_right("nobody has this password", None)
    assert not is_right(GOOD, None)


def test_a_damaged_hash_lets_nobody_in():
    assert not is_right(GOOD, "not a hash")


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("short", "at least 12"),
        ("a" * 20, "different characters"),
        ("xy" * (MAX_LENGTH // 2 + 1), "at most 256"),
        ("mariela-has-a-cat", "e-mail address"),
    ],
)
def test_a_weak_password_is_refused_with_what_to_do(password, fault):
    with pytest.raises(Invalid, match=fault):
        hash_password(password, email="mariela@example.org")


def test_every_weakness_is_named_at_once():
    with pytest.raises(Invalid) as refusal:
        hash_password("aaaa")
    assert len(refusal.value.faults) == 2


@bounded(max_examples=15)
@given(st.text(alphabet=st.characters(exclude_categories=[]), max_size=40))
def test_whatever_is_typed_is_answered(password):
    assert not is_right(password, None)


def test_a_password_of_any_script_works():
    password = "κουπα-τραπέζι-🦉-çay-\x00-\ud800"
    assert is_right(password, hash_password(password))
