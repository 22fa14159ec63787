"""Who has a case open: one person at a time, for ten minutes, counted once as a pick."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from responder.cases import leases, lifecycle, snapshots
from responder.cases.leases import LASTS
from responder.errors import NotFound
from responder.models import RankSnapshot
from tests.factories import NOW, make_brand, make_case, make_user


@pytest.fixture
def team(database):
    with database.writing() as session:
        brand = make_brand(session)
        noor, dana = make_user(session, brand=brand, name="Noor"), make_user(session, brand=brand, name="Dana")
        case = make_case(session, brand)
        snapshots.store(session, brand.id, snapshots.take(session, brand.id, now=NOW, zone=ZoneInfo("UTC")))
        yield session, brand, case, noor, dana


def take(team, user, now=NOW):
    session, brand, case, *_ = team
    return leases.take(session, brand_id=brand.id, case_id=case.id, user_id=user.id, now=now)


def picks(team):
    session, brand, *_ = team
    return session.get(RankSnapshot, brand.id, populate_existing=True).picks


def test_who_opens_a_case_holds_it_for_ten_minutes(team):
    *_, noor, _dana = team
    assert take(team, noor) == leases.Lease("Noor", NOW + LASTS, True)


def test_a_second_person_is_told_who_holds_it(team):
    *_, noor, dana = team
    take(team, noor)
    assert take(team, dana, NOW + timedelta(minutes=9)) == leases.Lease("Noor", NOW + LASTS, False)


def test_a_lease_that_ran_out_is_anybodys(team):
    *_, noor, dana = team
    take(team, noor)
    assert take(team, dana, NOW + LASTS).is_mine


def test_looking_on_renews_it_and_letting_go_ends_it(team):
    session, brand, case, noor, dana = team
    take(team, noor)
    assert take(team, noor, NOW + timedelta(minutes=5)).until == NOW + timedelta(minutes=15)
    leases.release(session, brand_id=brand.id, case_id=case.id, user_id=dana.id)
    assert not take(team, dana, NOW + timedelta(minutes=6)).is_mine
    leases.release(session, brand_id=brand.id, case_id=case.id, user_id=noor.id)
    assert take(team, dana, NOW + timedelta(minutes=6)).is_mine


def test_a_case_is_picked_once_until_it_opens_again(team):
    session, brand, case, noor, dana = team
    take(team, noor)
    take(team, dana, NOW + LASTS)
    assert picks(team) == 1
    move = {"brand_id": brand.id, "case_id": case.id, "user_id": noor.id, "now": NOW + LASTS}
    lifecycle.resolve(session, **move)
    take(team, noor, NOW + 2 * LASTS)
    assert picks(team) == 1
    case.lead_mention_id = 1  # something of it is left
    lifecycle.reopen(session, **move)
    take(team, noor, NOW + 2 * LASTS)
    assert picks(team) == 2


def test_another_brands_case_cannot_be_held(team):
    session, _brand, case, noor, _dana = team
    other = make_brand(session)
    with pytest.raises(NotFound):
        leases.take(session, brand_id=other.id, case_id=case.id, user_id=noor.id, now=NOW)
