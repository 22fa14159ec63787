"""What the team says against cases is counted, once for each case, as long as it stands."""

from __future__ import annotations

from datetime import timedelta

import pytest

from responder.learning.contradicted import contradicted
from responder.models import Judgement
from tests.factories import NOW, make_brand, make_case

SINCE = NOW - timedelta(days=90)


@pytest.fixture
def session(database):
    with database.writing() as session:
        yield session


def say(session, case, kind, **columns):
    session.add(
        Judgement(
            brand_id=case.brand_id, kind=kind, case_id=case.id, at=NOW, **({"shown": {}, "undone_at": None} | columns)
        )
    )
    session.flush()


def opened(session, brand, count, **columns):
    return [make_case(session, brand, opened_at=NOW - timedelta(days=1), **columns) for _ in range(count)]


def test_cases_called_not_ours_are_a_share_of_all_with_an_interval_until_they_are_opened_again(session):
    brand = make_brand(session)
    cases = opened(session, brand, 20)
    for case in cases[:5]:
        case.state, case.resolution = "resolved", "not_for_us"
        say(session, case, "not_ours")
    say(session, cases[6], "not_ours")  # opened again since
    found = contradicted(session, brand_id=brand.id, since=SINCE)["all"]
    share = found.said["not_ours"]
    assert (found.cases, share.cases, share.value) == (20, 5, 0.25)
    assert (round(share.low, 3), round(share.high, 3)) == (0.112, 0.469)


def test_a_case_counts_once_for_a_kind_and_not_for_what_was_taken_back(session):
    brand = make_brand(session)
    one, other, *_ = opened(session, brand, 10)
    say(session, one, "not_unhappy")
    say(session, one, "not_unhappy")
    say(session, other, "not_unhappy", undone_at=NOW)
    said = contradicted(session, brand_id=brand.id, since=SINCE)["all"].said
    assert (said["not_unhappy"].cases, said["not_a_person"].cases) == (1, 0)


def test_nothing_is_told_of_few_cases_of_older_ones_or_of_other_brands(session):
    brand = make_brand(session)
    opened(session, brand, 10, source="x")
    few = opened(session, brand, 2, source="reddit")
    say(session, few[0], "not_unhappy")
    for number in range(30):
        say(session, make_case(session, brand, opened_at=SINCE - timedelta(days=number + 1)), "not_unhappy")
    opened(session, make_brand(session), 9)
    found = contradicted(session, brand_id=brand.id, since=SINCE)
    assert {name: each.cases for name, each in found.items()} == {"all": 12, "x": 10}
    assert (found["all"].said["not_unhappy"].cases, found["x"].said["not_unhappy"].cases) == (1, 0)
    assert contradicted(session, brand_id=make_brand(session).id, since=SINCE) == {}
