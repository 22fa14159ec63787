"""Objections: known by a keyed hash that names nobody, within one brand."""

from __future__ import annotations

import pytest

from responder.models import Objection
from responder.sharers.objections import account_marks, objected
from tests.factories import NOW, make_brand

SECRET = "an installation's secret, long enough"
ANN, BOB = ("x", "ann"), ("x", "bob")


@pytest.fixture
def brand_id(database) -> int:
    with database.writing() as session:
        return make_brand(session).id


def object_to(database, brand_id, account, secret=SECRET) -> None:
    with database.writing() as session:
        for mark in account_marks(secret, brand_id, [account]):
            session.add(Objection(brand_id=brand_id, account=mark, user_id=None, at=NOW))


def test_who_objected_is_told_apart_from_who_did_not(database, brand_id):
    object_to(database, brand_id, ANN)
    with database.reading() as session:
        assert objected(session, brand_id, SECRET, {ANN, BOB, ("bluesky", "ann")}) == {ANN}


def test_nobody_is_asked_for_without_a_query(database, brand_id):
    with database.reading() as session:
        assert objected(session, brand_id, SECRET, ()) == set()


def test_an_objection_to_one_brand_is_none_to_another(database, brand_id):
    object_to(database, brand_id, ANN)
    with database.writing() as session:
        other = make_brand(session).id
        assert objected(session, other, SECRET, {ANN}) == set()


def test_a_mark_names_nobody_and_tells_nothing_across_brands_or_installations():
    (mine,), (theirs,), (elsewhere,) = (
        account_marks(secret, brand_id, [ANN]) for secret, brand_id in ((SECRET, 1), (SECRET, 2), ("another", 1))
    )
    assert len({mine, theirs, elsewhere}) == 3
    assert "ann" not in mine


def test_where_the_source_ends_and_the_id_begins_matters():
    assert not account_marks(SECRET, 1, [("x", "yz")]).keys() & account_marks(SECRET, 1, [("xy", "z")]).keys()
