"""Taking stock by night: everybody is counted again and placed, and open cases follow."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from responder.intake import stock
from responder.intake.stock import take_stock
from responder.intake.triage import triage
from responder.models import Case, Mention, Sharer, SharerFlag, SharerReference, Telling
from responder.people.objections import object_to_scoring, withdraw
from responder.sharers import nightly
from responder.sharers.followed import followed, noted_months
from responder.sharers.profiles import profile
from tests.factories import NOW, make_author, make_brand, make_case, make_mention


def complaint(number):
    """A complaint that has no run of words in common with that of another number."""
    chance = random.Random(number)
    return "My " + " ".join("".join(chance.choices("aeioklmnprst", k=7)) for _ in range(9)) + " broke"


def heard(session, brand, people=12, **columns):
    """People who told on 1, 2, 3 … days; the last of them by far the most."""
    authors = []
    for number in range(people):
        author = make_author(session, brand, followers=100 * number)
        authors.append(author)
        for day in range(number + 1 + 10 * (number == people - 1)):
            make_mention(
                session,
                brand,
                author=author,
                p_negative=0.9,
                text=complaint(100 * number + day),
                created_at=NOW - timedelta(days=day),
                **columns,
            )
    return authors


def test_what_was_read_before_habits_were_counted_is_counted_now(context, monkeypatch):
    monkeypatch.setattr(stock, "AT_ONCE", 7)
    with context.database.writing() as session:
        brand = make_brand(session)
        authors = heard(session, brand)
    assert take_stock(context) == len(authors)
    with context.database.reading() as session:
        mentions = session.scalar(select(func.count()).select_from(Mention))
        assert session.scalar(select(func.count()).select_from(Telling)) == mentions
        most = session.get(Sharer, authors[-1].id)
        assert (most.badge, most.days) == ("frequent", 22)
        assert most.percentile == max(session.scalars(select(Sharer.percentile)))


def test_stock_is_taken_once_a_night(context, clock):
    with context.database.writing() as session:
        heard(session, make_brand(session), people=3)
    assert take_stock(context) == 3
    assert take_stock(context) == 0
    clock.tick(seconds=nightly.AGAIN_AFTER.total_seconds())
    assert take_stock(context) == 3


def test_a_platforms_people_are_placed_among_one_another(context):
    with context.database.writing() as session:
        brand = make_brand(session)
        heard(session, brand, people=30)
    take_stock(context)
    with context.database.reading() as session:
        figures = session.get(SharerReference, (brand.id, "memory")).figures
    assert figures["people"] == 30
    assert figures["knots"]["telling"] == sorted(figures["knots"]["telling"])
    assert set(figures["knots"]) >= {"telling", "reputation", "carry", "score", "first_sight"}


def test_open_cases_follow_their_authors(context):
    with context.database.writing() as session:
        brand = make_brand(session)
        authors = heard(session, brand)
        ids = session.scalars(select(Mention.id).where(Mention.author_id == authors[-1].id)).all()
        triage(session, ids, brand_id=brand.id, now=NOW)
        assert session.scalar(select(Case.sharer)) is None
    take_stock(context)
    with context.database.reading() as session:
        case = session.scalars(select(Case)).one()
        assert (case.badge, case.promise_class) == ("frequent", "unhappy_sharer")
        assert case.sharer > 90
        assert case.telling > 1


def test_what_was_told_thirteen_months_ago_is_kept_no_longer(context):
    with context.database.writing() as session:
        brand = make_brand(session)
        author = make_author(session, brand)
        long_ago = NOW - nightly.KEPT_FOR - timedelta(days=1)
        make_mention(session, brand, author=author, p_negative=0.5, text=complaint(1), created_at=long_ago)
        make_mention(session, brand, author=author, p_negative=0.5, text=complaint(2), created_at=NOW)
    take_stock(context)
    with context.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Telling)) == 1
        assert session.get(Sharer, author.id).days == 1


def test_how_often_words_were_passed_on_is_looked_at_again(context, clock):
    with context.database.writing() as session:
        brand = make_brand(session)
        author = make_author(session, brand, followers=100)
        said = make_mention(session, brand, author=author, p_negative=0.9, text=complaint(1), reposts=2)
    take_stock(context)
    with context.database.writing() as session:
        session.get(Mention, said.id).reposts = 40
    clock.tick(days=1)
    take_stock(context)
    with context.database.reading() as session:
        assert session.get(Sharer, author.id).reshared == 40


def test_each_month_it_is_kept_who_was_called_what(context, clock):
    with context.database.writing() as session:
        heard(session, make_brand(session), people=5)
    for _day in range(40):
        take_stock(context)
        clock.tick(days=1)
    with context.database.reading() as session:
        months = session.execute(select(SharerFlag.month, func.count()).group_by(SharerFlag.month)).all()
    assert sorted(months) == [(202603, 5), (202604, 5)]


def test_brands_do_not_count_each_others_people(context):
    with context.database.writing() as session:
        one, other = make_brand(session), make_brand(session)
        heard(session, one, people=4)
        heard(session, other, people=9)
    take_stock(context)
    with context.database.reading() as session:
        people = {row.brand_id: row.figures["people"] for row in session.scalars(select(SharerReference))}
    assert people == {one.id: 4, other.id: 9}


def test_stock_of_people_met_at_one_rate_is_taken_once_a_night(context, clock):
    with context.database.writing() as session:
        brand = make_brand(session)
        for number in range(66):  # one every six days, for thirteen months
            at = NOW - timedelta(days=6 * number)
            told = {"text": complaint(number), "p_negative": 0.9, "created_at": at}
            make_mention(session, brand, author=make_author(session, brand), **told)
    take_stock(context)
    clock.tick(minutes=5)
    assert take_stock(context) == 0


@pytest.mark.parametrize(("is_bot", "days_ago"), [(True, 1), (False, 300)])
def test_stock_is_taken_once_a_night_where_nobody_counts_among_the_people(context, clock, is_bot, days_ago):
    with context.database.writing() as session:
        brand = make_brand(session)
        for number in range(3):
            told = {"text": complaint(number), "p_negative": 0.9, "created_at": NOW - timedelta(days=days_ago)}
            make_mention(session, brand, author=make_author(session, brand, is_bot=is_bot), **told)
    assert take_stock(context) == 3
    clock.tick(minutes=5)
    assert take_stock(context) == 0
    clock.tick(hours=-9)  # somebody set the clock back
    assert take_stock(context) == 3


def test_who_is_kept_no_longer_is_called_nothing_in_open_cases_either(context, clock):
    with context.database.writing() as session:
        brand = make_brand(session)
        heard(session, brand)
    take_stock(context)
    with context.database.writing() as session:
        triage(session, session.scalars(select(Mention.id)).all(), brand_id=brand.id, now=NOW)
        assert session.scalar(select(func.count()).where(Case.badge.is_not(None))) > 0
    clock.tick(days=430)
    take_stock(context)
    with context.database.reading() as session:
        assert session.scalars(select(Sharer)).all() == []
        for column in (Case.badge, Case.sharer, Case.telling):
            assert session.scalar(select(func.count()).where(column.is_not(None))) == 0


def test_what_is_too_old_to_be_kept_is_not_counted_every_night(context, clock, monkeypatch):
    with context.database.writing() as session:
        brand = make_brand(session)
        author = make_author(session, brand)
        for days in (1, 420, 430):
            told = {"text": complaint(days), "p_negative": 0.9, "created_at": NOW - timedelta(days=days)}
            make_mention(session, brand, author=author, **told)
    counted = []
    monkeypatch.setattr(
        stock, "profile", lambda session, ids, **rest: counted.extend(ids) or profile(session, ids, **rest)
    )
    take_stock(context)
    clock.tick(days=1)
    take_stock(context)
    assert len(counted) == 1


def test_where_somebody_stood_thirteen_months_ago_is_kept_no_longer(context, clock):
    with context.database.writing() as session:
        heard(session, make_brand(session), people=2)
    take_stock(context)
    clock.tick(days=430)
    take_stock(context)
    with context.database.reading() as session:
        assert session.scalars(select(SharerFlag.month).distinct()).all() == []


def test_what_somebody_was_noted_for_is_not_what_followed(context, clock):
    with context.database.writing() as session:
        brand = make_brand(session)
        author = make_author(session, brand, first_seen_at=NOW - timedelta(days=300))
        for days in range(20):
            told = {"text": complaint(days), "p_negative": 0.9, "created_at": NOW + timedelta(days=20 - days, hours=-1)}
            make_mention(session, brand, author=author, **told)
    clock.tick(days=20)  # the first night that is worked, late in the month
    take_stock(context)
    with context.database.reading() as session:
        (month,) = noted_months(session, brand.id)
        assert followed(session, brand.id, month, days=30).told.tolist() == [0]


def test_what_was_said_before_an_objection_was_taken_back_stays_uncounted(context, clock):
    account = {"secret": context.secret, "source": "memory", "external_id": "ana"}
    with context.database.writing() as session:
        brand = make_brand(session)
        author = make_author(session, brand, external_id="ana")
        make_mention(session, brand, author=author, text=complaint(1), p_negative=0.9, created_at=NOW)
        object_to_scoring(session, brand_id=brand.id, user_id=None, now=NOW, **account)
        withdraw(session, brand_id=brand.id, now=NOW + timedelta(days=1), **account)
    clock.tick(days=2)
    take_stock(context)
    with context.database.writing() as session:
        assert session.get(Sharer, author.id) is None
        make_mention(session, brand, author=author, text=complaint(2), p_negative=0.9, created_at=clock())
    clock.tick(days=1)
    take_stock(context)
    with context.database.reading() as session:
        assert session.get(Sharer, author.id).tellings == 1


def test_cases_from_before_an_upgrade_get_a_promise_and_are_looked_at_for_danger(context, monkeypatch):
    monkeypatch.setattr(stock, "AT_ONCE", 2)
    with context.database.writing() as session:
        brand = make_brand(session)
        texts = ["It leaks", "The kettle caught fire and the kitchen is full of smoke", "It hums", "It drips", "Unread"]
        cases = [
            make_case(
                session, lead=make_mention(session, brand, text=text, p_negative=0.9 if text != "Unread" else None)
            )
            for text in texts
        ]  # nobody knows their authors
        closed = make_case(
            session, lead=make_mention(session, brand, text="It rusts", p_negative=0.9), state="resolved"
        )
    take_stock(context)
    with context.database.reading() as session:
        found = [session.get(Case, case.id) for case in (*cases, closed)]
        assert [case.promise_class is not None for case in found] == [True, True, True, True, False, False]
        assert [case.safety for case in found] == [None, "fire", None, None, None, None]
