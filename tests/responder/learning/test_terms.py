"""Terms that forbid training hold whatever a team states; unknown ones hold until it states them."""

from __future__ import annotations

import pytest

from responder.errors import Conflict, NotFound
from responder.learning.terms import permit, permitted, revoke
from responder.models import TrainingPermit
from tests import factories
from tests.factories import NOW


@pytest.fixture
def brand_id(database) -> int:
    with database.writing() as session:
        brand = factories.make_brand(session)
        for source in ("memory", "x", "rss", "reviews"):
            factories.make_mention(session, brand, source=source)
        return brand.id


def allowed(database, brand_id: int) -> set[str]:
    with database.reading() as session:
        return set(permitted(session, brand_id, {"memory", "x", "reddit", "rss", "reviews"}))


def state(database, brand_id: int, source: str) -> None:
    with database.writing() as session:
        permit(session, brand_id=brand_id, source=source, by="Ada", now=NOW)


def test_only_what_is_allowed_is_permitted_and_unknown_is_not(database, brand_id):
    assert allowed(database, brand_id) == {"memory"}


def test_a_team_states_what_it_has_read_and_takes_it_back(database, brand_id):
    state(database, brand_id, "reviews")
    state(database, brand_id, "reviews")
    assert allowed(database, brand_id) == {"memory", "reviews"}
    with database.reading() as session:
        noted = session.get_one(TrainingPermit, (brand_id, "reviews"))
    assert (noted.by, noted.at) == ("Ada", NOW)
    with database.writing() as session:
        revoke(session, brand_id=brand_id, source="reviews")
    assert allowed(database, brand_id) == {"memory"}


def test_nobody_can_allow_what_the_terms_forbid(database, brand_id):
    with pytest.raises(Conflict, match="forbid"):
        state(database, brand_id, "x")
    with database.writing() as session:  # nor by a row that got in another way
        session.add(TrainingPermit(brand_id=brand_id, source="x", by="nobody", at=NOW))
    assert allowed(database, brand_id) == {"memory"}


def test_a_permit_is_the_brands_own(database, brand_id):
    state(database, brand_id, "rss")
    with database.writing() as session:
        other = factories.make_brand(session).id
    assert allowed(database, other) == {"memory"}


def test_a_source_nobody_heard_and_a_permit_nobody_gave_are_refused(database, brand_id):
    with pytest.raises(NotFound, match="revews"):
        state(database, brand_id, "revews")
    with database.writing() as session, pytest.raises(NotFound):
        revoke(session, brand_id=brand_id, source="rss")
