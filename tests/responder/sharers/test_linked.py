"""A person is what confirmed links connect when it is read; the score of one counts each channel."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from responder.models import AccountLink, LinkStatus, Sharer
from responder.sharers.linked import across_channels, linked_accounts, standings
from tests.factories import NOW, make_author, make_brand


def link(session, brand, one, other, status=LinkStatus.CONFIRMED):
    one, other = sorted((one.id, other.id))
    session.add(
        AccountLink(brand_id=brand.id, one_id=one, other_id=other, status=status, clues={}, bits=9.0, proposed_at=NOW)
    )
    session.flush()


def test_confirmed_links_connect_whole_chains(database):
    with database.writing() as session:
        brand = make_brand(session)
        a, b, c, d, e = (make_author(session, brand) for _ in range(5))
        link(session, brand, a, b)
        link(session, brand, c, b)
        link(session, brand, d, e)
        found = linked_accounts(session, {a.id, c.id, d.id})
    assert found == {a.id: {a.id, b.id, c.id}, c.id: {a.id, b.id, c.id}, d.id: {d.id, e.id}}


@pytest.mark.parametrize("status", [status for status in LinkStatus if status != LinkStatus.CONFIRMED])
def test_no_other_link_connects_anybody(database, status):
    with database.writing() as session:
        brand = make_brand(session)
        a, b = make_author(session, brand), make_author(session, brand)
        link(session, brand, a, b, status)
        assert linked_accounts(session, {a.id}) == {a.id: {a.id}}


@given(st.sets(st.tuples(st.integers(0, 7), st.integers(0, 7)).filter(lambda pair: pair[0] < pair[1])))
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_person_is_the_same_from_whichever_account_it_is_read(sqlite_database, pairs):
    with sqlite_database.session(writes=True) as session:
        brand = make_brand(session)
        authors = [make_author(session, brand) for _ in range(8)]
        for one, other in pairs:
            link(session, brand, authors[one], authors[other])
        found = linked_accounts(session, {author.id for author in authors})
        for person in found.values():
            assert all(found[author_id] == person for author_id in person)
        session.rollback()


@pytest.mark.parametrize(
    ("scores", "person"),
    [
        ([], None),
        ([("x", None), ("bluesky", None)], None),
        ([("x", 70.0)], 70.0),
        ([("x", 70.0), ("bluesky", 40.0)], 73.0),
        ([("x", 70.0), ("bluesky", 40.0), ("reddit", 10.0)], 76.0),
        ([("x", 70.0), ("x", 40.0)], 70.0),  # a second account is no second channel
        ([("x", 70.0), ("bluesky", None)], 70.0),  # unknown is not a channel they tell on
        ([("x", 98.0), ("bluesky", 40.0)], 99.0),
        ([("x", 100.0), ("bluesky", 40.0)], 100.0),
    ],
)
def test_the_score_of_a_person_is_the_highest_and_three_more_for_each_further_channel(scores, person):
    assert across_channels(scores) == person


def test_a_person_of_two_accounts_stands_higher_than_either(database):
    with database.writing() as session:
        brand = make_brand(session)
        one, other, alone = (make_author(session, brand, source=source) for source in ("x", "reddit", "x"))
        for author, percentile, days in ((one, 88.0, 1), (other, 80.0, 1), (alone, 88.0, 2)):
            session.add(
                Sharer(
                    author_id=author.id, brand_id=brand.id, source=author.source, weight=1.0, days=days, tellings=days,
                    own_words=days, copied=0, repeated=0, linked=0, personal=0, selling=0, first_at=NOW, last_at=NOW,
                    kind="person", score=percentile, percentile=percentile, computed_at=NOW,
                )
            )  # fmt: skip
        link(session, brand, one, other)
        assert standings(session, {one.id, alone.id}) == {one.id: (91.0, "frequent")}
