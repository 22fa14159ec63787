"""The stored order: what pages show is what ranking now would give, with newer cases in their places."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from responder.cases import lifecycle, snapshots
from responder.cases.queue import Filters, list_open
from responder.cases.snapshots import Ranker, current, store, take
from responder.models import Case, CaseState, RankSnapshot
from tests.factories import NOW, make_brand, make_case, make_mention, make_user

UTC = ZoneInfo("UTC")


def opened(session, brand, p_negative, *, minutes=5, **columns):
    lead = make_mention(session, brand, p_negative=p_negative)
    known = {"telling": 1.0, "hearers": 50.0, "answerability": 1.0, "opened_at": NOW - timedelta(minutes=minutes)}
    return make_case(session, lead=lead, **(known | columns))


def rank_now(session, brand, now=NOW):
    store(session, brand.id, take(session, brand.id, now=now, zone=UTC))


def shown(session, brand, *, now=NOW, **filters):
    return [row.case_id for row in list_open(session, brand_id=brand.id, filters=Filters(**filters), now=now).rows]


@pytest.fixture
def brand(database):
    with database.writing() as session:
        yield session, make_brand(session)


def test_a_stored_order_is_read_back_as_it_was(brand):
    session, brand = brand
    for number in range(30):
        opened(session, brand, number / 30)
    order = take(session, brand.id, now=NOW, zone=UTC)
    store(session, brand.id, order)
    again = current(session, brand.id, now=NOW + timedelta(hours=5), zone=UTC)
    assert again.ids.tolist() == order.ids.tolist()
    assert again.priority.tolist() == order.priority.tolist()
    assert again.bands.tolist() == order.bands.tolist()
    assert again.scale.median_harm == order.scale.median_harm
    assert again.computed_at == NOW


def test_without_a_stored_order_cases_are_ranked_when_asked(brand):
    session, brand = brand
    calm, upset = opened(session, brand, 0.1), opened(session, brand, 0.95)
    assert shown(session, brand) == [upset.id, calm.id]


def test_a_case_opened_since_stands_where_it_belongs(brand):
    session, brand = brand
    middle = [opened(session, brand, p) for p in (0.8, 0.6, 0.5)]
    rank_now(session, brand)
    worst, best = opened(session, brand, 0.99), opened(session, brand, 0.02)
    assert shown(session, brand) == [worst.id, *(case.id for case in middle), best.id]


def test_somebody_in_danger_stands_first_before_the_order_is_computed_again(brand):
    session, brand = brand
    first = opened(session, brand, 0.99, hearers=1e6)
    rank_now(session, brand)
    danger = opened(session, brand, 0.3, safety="fire")
    assert shown(session, brand) == [danger.id, first.id]


def test_a_newer_case_stands_behind_everybody_in_danger(brand):
    session, brand = brand
    calm = opened(session, brand, 0.1, safety="self_harm", hearers=1.0)
    older = opened(session, brand, 0.6)
    rank_now(session, brand)
    worst, danger = opened(session, brand, 0.99, hearers=1e6), opened(session, brand, 0.9, safety="fire")
    assert shown(session, brand) == [danger.id, calm.id, worst.id, older.id]


def test_a_newer_case_of_danger_is_shown_as_now_whatever_stands_there(brand):
    session, brand = brand
    rank_now(session, brand)
    opened(session, brand, 0.3, safety="self_harm")
    (row,) = list_open(session, brand_id=brand.id, now=NOW).rows
    assert row.band == "now"


def test_a_reopened_case_stands_in_its_place_before_the_order_is_computed_again(brand):
    session, brand = brand
    user = make_user(session, brand=brand)
    worst, calm = opened(session, brand, 0.9), opened(session, brand, 0.3)
    move = {"brand_id": brand.id, "case_id": worst.id, "user_id": user.id, "now": NOW}
    lifecycle.resolve(session, **move)
    rank_now(session, brand)
    assert shown(session, brand) == [calm.id]
    lifecycle.reopen(session, **move)
    assert shown(session, brand) == [worst.id, calm.id]
    lifecycle.resolve(session, **move)
    lifecycle.reopen(session, **move)
    rank_now(session, brand)
    assert shown(session, brand) == [worst.id, calm.id]


def test_a_woken_case_stands_in_its_place_and_the_ranker_ranks_again(context, clock, monkeypatch):
    monkeypatch.setattr(snapshots, "SHARE", 0)
    ranker = Ranker()
    with context.database.writing() as session:
        brand = make_brand(session)
        worst, calm = opened(session, brand, 0.9), opened(session, brand, 0.3)
        until = NOW + timedelta(seconds=5)
        user = make_user(session, brand=brand)
        lifecycle.snooze(session, brand_id=brand.id, case_id=worst.id, until=until, user_id=user.id, now=NOW)
    assert ranker.rank_due(context) == 1
    clock.tick(seconds=6)
    assert ranker.rank_due(context) == 0
    with context.database.writing() as session:
        lifecycle.wake_snoozed(session, clock())
        assert shown(session, brand, now=clock()) == [worst.id, calm.id]
    assert ranker.rank_due(context) == 1
    assert ranker.rank_due(context) == 0


def test_a_clock_that_was_set_back_stops_no_ranking(context, clock):
    with context.database.writing() as session:
        opened(session, make_brand(session), 0.9)
    assert Ranker().rank_due(context) == 1
    clock.tick(hours=-5)
    assert Ranker().rank_due(context) == 1


def test_a_case_that_closed_since_is_left_out(brand):
    session, brand = brand
    first, second = opened(session, brand, 0.9), opened(session, brand, 0.8)
    rank_now(session, brand)
    first.state = CaseState.RESOLVED
    session.flush()
    assert shown(session, brand) == [second.id]


def test_filters_keep_the_order_few_matches_or_many(brand, monkeypatch):
    session, brand = brand
    cases = [opened(session, brand, 0.99 - number / 50, source="x" if number % 3 else "rss") for number in range(40)]
    rank_now(session, brand)
    wanted = [case.id for case in cases if case.source == "x"]
    assert sorted(shown(session, brand, source="x")) == sorted(wanted)
    by_sorting = shown(session, brand, source="x")
    monkeypatch.setattr("responder.cases.queue._SORTED", 5)
    monkeypatch.setattr("responder.cases.queue._WALKED_AT_ONCE", 7)
    assert shown(session, brand, source="x") == by_sorting


def test_pages_go_on_where_the_last_one_ended_although_the_order_changed(brand):
    session, brand = brand
    cases = [opened(session, brand, 0.99 - number / 50) for number in range(12)]
    rank_now(session, brand)
    first = list_open(session, brand_id=brand.id, limit=5, now=NOW)
    session.get(Case, first.rows[4].case_id).state = CaseState.RESOLVED
    session.flush()
    rank_now(session, brand, NOW + timedelta(seconds=20))
    rest = list_open(session, brand_id=brand.id, limit=50, after=first.next, now=NOW)
    seen = [row.case_id for row in (*first.rows, *rest.rows)]
    assert sorted(seen) == sorted(case.id for case in cases)


def test_an_empty_queue_has_an_order_too(brand):
    session, brand = brand
    rank_now(session, brand)
    assert shown(session, brand) == []
    late = opened(session, brand, 0.9)
    assert shown(session, brand) == [late.id]


def test_orders_of_two_brands_never_mix(brand):
    session, brand = brand
    other = make_brand(session)
    ours, theirs = opened(session, brand, 0.9), opened(session, other, 0.99)
    rank_now(session, brand)
    rank_now(session, other)
    assert (shown(session, brand), shown(session, other)) == ([ours.id], [theirs.id])


def test_points_sum_to_the_priority_of_every_row(brand):
    session, brand = brand
    for number in range(25):
        opened(session, brand, number / 25, minutes=number * 40, incident_id=1 if number % 5 == 0 else None)
    rank_now(session, brand)
    opened(session, brand, 0.7)
    for row in list_open(session, brand_id=brand.id, now=NOW).rows:
        assert sum(reason.points for reason in row.reasons) == row.priority


def test_the_ranker_ranks_what_changed_or_grew_old_and_keeps_the_count_of_picks(context, clock, monkeypatch):
    monkeypatch.setattr(snapshots, "SHARE", 0)
    ranker = Ranker()
    with context.database.writing() as session:
        brand = make_brand(session)
        opened(session, brand, 0.9)
    assert ranker.rank_due(context) == 1
    assert ranker.rank_due(context) == 0
    with context.database.writing() as session:
        snapshots.count_pick(session, brand.id)
        opened(session, brand, 0.8)
    assert ranker.rank_due(context) == 1
    clock.tick(seconds=snapshots.EVERY.total_seconds())
    assert ranker.rank_due(context) == 1
    with context.database.reading() as session:
        held = session.get(RankSnapshot, brand.id)
        assert (held.picks, len(held.case_ids)) == (1, 16)
