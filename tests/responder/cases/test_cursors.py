"""Cursors: they come back as they went out, and nothing else is let in."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from responder.cases.cursors import Place, read_cursor, write_cursor
from responder.errors import Invalid
from responder.models import CaseState

OF = ("x", None, "open")


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(0, 10**17), st.integers(0, 10**8))
@settings(max_examples=50, deadline=None)
def test_a_cursor_comes_back_exactly(rank_key, last_id, shown):
    place = Place(rank_key=rank_key, id=last_id, shown=shown)
    assert read_cursor(write_cursor(place, of=OF), of=OF, by_rank=True) == place


@given(st.text(max_size=80) | st.binary(max_size=60).map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
@settings(max_examples=100, deadline=None)
def test_a_forged_cursor_is_refused(forged):
    with pytest.raises(Invalid, match="top of the queue"):
        read_cursor(forged, of=OF, by_rank=True)


def _written(plain):
    return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")


@pytest.mark.parametrize("rank_key", ["nan", "inf", "0x1p99999", "", "1e5x", "-", "0x1.8p+1;--"])
def test_a_rank_key_that_is_no_number_is_refused(rank_key):
    honest = base64.urlsafe_b64decode(write_cursor(Place(rank_key=1.5, id=3, shown=9), of=OF) + "==").decode()
    forged = honest.replace((1.5).hex(), rank_key)
    with pytest.raises(Invalid):
        read_cursor(_written(forged), of=OF, by_rank=True)


def test_a_cursor_fits_one_list_only():
    cursor = write_cursor(Place(rank_key=1.5, id=3, shown=9), of=OF)
    with pytest.raises(Invalid):
        read_cursor(cursor, of=("reddit", None, "open"), by_rank=True)
    with pytest.raises(Invalid):
        read_cursor(cursor, of=OF, by_rank=False)


def test_an_enum_and_its_value_are_the_same_list():
    cursor = write_cursor(Place(rank_key=None, id=3, shown=9), of=("open",))
    assert read_cursor(cursor, of=(CaseState.OPEN,), by_rank=False).id == 3
