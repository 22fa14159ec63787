"""Habits are counted once for each mention, whatever the order, and the same as when all are counted again."""

from __future__ import annotations

import random
import time
from dataclasses import asdict
from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update

from listeners.queries import Query
from responder.models import Author, Mention, Sharer, Telling
from responder.sharers import kept, nightly, profiles
from responder.sharers.habits import telling_days
from tests.factories import NOW, make_author, make_brand, make_mention, make_user, make_watch

SECRET = "a secret of forty characters, more or less"
COLUMNS = [name for name in profiles.COUNTERS if name not in {"weight", "expected"}]


class Team:
    """A brand whose mentions are counted as they come."""

    def __init__(self, session):
        self.session = session
        self.brand = make_brand(session)

    def author(self, **columns):
        return make_author(self.session, self.brand, **columns)

    def tell(self, author, *texts, day=0.0, **columns):
        """Let the author tell these texts, `day` days ago, in one batch."""
        at = NOW - timedelta(days=day)
        said = [
            make_mention(self.session, self.brand, author=author, text=text, created_at=at, p_negative=0.9, **columns)
            for text in texts
        ]
        self.count(*said)
        return said

    def count(self, *said):
        profiles.profile(self.session, [one.id for one in said], brand_id=self.brand.id, secret=SECRET, now=NOW)

    def sharer(self, author):
        self.session.flush()
        return self.session.get(Sharer, author.id, populate_existing=True)


@pytest.fixture
def team(database):
    with database.writing() as session:
        yield Team(session)


def counters(row):
    return {name: getattr(row, name) for name in COLUMNS}


def own_words(number):
    """A complaint that shares no run of words with that of another number."""
    chance = random.Random(number)
    return "My " + " ".join("".join(chance.choices("aeioklmnprst", k=7)) for _ in range(9)) + " broke"


def test_a_day_counts_once_however_much_is_told_on_it(team):
    author = team.author()
    team.tell(author, own_words(1), own_words(2))
    team.tell(author, own_words(3))
    team.tell(author, own_words(4), day=3)
    row = team.sharer(author)
    assert (row.days, row.tellings, row.own_words) == (2, 4, 4)
    assert telling_days(row.weight, NOW) == pytest.approx(2 ** (-(0.5 - 0.5) / 60) + 2 ** (-3 / 60), abs=0.02)


def test_the_order_in_which_mentions_come_does_not_matter(team):
    forward, backward = team.author(), team.author()
    for day in range(6):
        team.tell(forward, own_words(day), day=day)
    for day in reversed(range(6)):
        team.tell(backward, own_words(day + 7), day=day)
    one, other = team.sharer(forward), team.sharer(backward)
    assert one.weight == pytest.approx(other.weight)
    assert (one.days, one.first_at, one.last_at) == (other.days, other.first_at, other.last_at)


def test_counting_a_mention_again_changes_nothing(team):
    author = team.author(followers=120)
    said = team.tell(author, own_words(1), own_words(2), reposts=3)
    before = counters(team.sharer(author))
    team.count(*said)
    assert counters(team.sharer(author)) == before


def test_an_edited_text_is_counted_as_it_is_now(team):
    author = team.author()
    (said,) = team.tell(author, own_words(1))
    said.text = "Use my coupon code HALV20 to get 20 % off, link in bio, follow and repost to win https://example.com/x"
    team.session.flush()
    team.count(said)
    row = team.sharer(author)
    assert (row.tellings, row.selling, row.linked, row.personal >= 0) == (1, 1, 1, True)


def test_what_is_deleted_is_counted_no_more(team):
    author = team.author()
    gone, _kept = (team.tell(author, own_words(day), day=day)[0] for day in range(2))
    profiles.forget(team.session, team.brand.id, [gone.id], now=NOW)
    row = team.sharer(author)
    assert (row.tellings, row.days) == (1, 1)
    assert team.session.get(Telling, gone.id) is None


def test_who_is_left_without_a_telling_has_no_habits(team):
    author = team.author()
    said = team.tell(author, own_words(1))
    profiles.forget(team.session, team.brand.id, [one.id for one in said], now=NOW)
    assert team.sharer(author) is None


def test_near_copies_of_others_add_no_telling_day(team):
    first, copier = team.author(), team.author()
    team.tell(first, own_words(1), day=9)
    for day in range(5):
        team.tell(copier, f"{own_words(1)} https://example.com/{day}", day=day)
    row = team.sharer(copier)
    assert (row.tellings, row.copied, row.days, row.weight) == (5, 5, 0, 0.0)


def test_ones_own_template_counts_on_its_first_day_alone(team):
    author = team.author()
    for day in (5, 4, 3):
        team.tell(author, f"{own_words(1)} #{day}", day=day)
    row = team.sharer(author)
    assert (row.days, row.repeated, row.copied) == (1, 2, 0)


@pytest.mark.parametrize("is_at_once", [True, False])
def test_one_text_repeated_by_one_author_is_looked_at_in_time_that_grows_with_it(team, is_at_once):
    author = team.author()
    (first,) = team.tell(author, own_words(1))
    columns = {each.name: getattr(first, each.name) for each in Mention.__table__.columns if each.name != "id"}
    team.session.execute(
        insert(Mention),
        [
            {**columns, "external_id": f"again-{n}", "created_at": NOW + timedelta(seconds=0 if is_at_once else n)}
            for n in range(3_000)
        ],
    )
    ids = team.session.scalars(select(Mention.id).where(Mention.id > first.id)).all()
    for start in range(0, len(ids), 500):
        profiles.profile(team.session, ids[start : start + 500], brand_id=team.brand.id, secret=SECRET, now=NOW)
    started = time.process_time()
    kept.look_again(team.session, team.brand.id, [author.id])
    assert time.process_time() - started < 1.0
    row = team.sharer(author)
    assert (row.tellings, row.repeated, row.days) == (3_001, 3_000, 1)


def test_what_the_first_of_a_mark_says_counts_the_same_at_once_and_counted_again(team):
    other, author = team.author(), team.author()
    team.tell(author, own_words(1), day=3)
    team.tell(other, own_words(1), day=2)
    team.tell(author, own_words(1), day=1)
    before = counters(team.sharer(author))
    nightly.look_again(team.session, team.brand.id, [author.id], now=NOW)
    assert counters(team.sharer(author)) == before


def test_what_the_team_said_somebody_is_outlives_their_last_telling(team):
    author = team.author()
    said = team.tell(author, own_words(1))
    team.session.execute(update(Sharer).values(kind="automated", kind_by=make_user(team.session, brand=team.brand).id))
    profiles.forget(team.session, team.brand.id, [one.id for one in said], now=NOW)
    assert (team.sharer(author).kind, team.sharer(author).tellings) == ("automated", 0)
    team.tell(author, own_words(2))
    assert (team.sharer(author).kind, team.sharer(author).score) == ("automated", None)


def test_what_is_passed_on_openly_is_no_copy(team):
    first, fan = team.author(), team.author()
    team.tell(first, own_words(1), day=2)
    team.tell(fan, own_words(1), day=1, is_repost=True)
    row = team.sharer(fan)
    assert (row.days, row.copied, row.own_words) == (1, 0, 0)


def test_an_original_heard_after_its_copy_is_told_from_it_when_counted_again(team):
    copier, first = team.author(), team.author()
    team.tell(copier, own_words(1), day=1)
    team.tell(first, own_words(1), day=8)
    nightly.look_again(team.session, team.brand.id, [copier.id, first.id], now=NOW)
    assert (team.sharer(copier).copied, team.sharer(first).copied) == (1, 0)
    assert (team.sharer(copier).days, team.sharer(first).days) == (0, 1)


def test_copies_across_brands_are_none(team):
    author = team.author()
    other = Team(team.session)
    stranger = other.author()
    other.tell(stranger, own_words(1), day=5)
    team.tell(author, own_words(1))
    assert team.sharer(author).copied == 0


def test_our_own_accounts_have_no_habits(team):
    query = Query.parse("halvanto", exclude_authors=frozenset({"halvanto_care"}))
    make_watch(team.session, team.brand, query=query.to_dict())
    ours = team.author(handle="Halvanto_Care")
    team.tell(ours, own_words(1))
    assert team.sharer(ours) is None


def test_counters_are_what_counting_all_again_gives(team):
    authors = [team.author(followers=number * 100) for number in range(4)]
    for number in range(40):
        team.tell(authors[number % 4], own_words(number % 23), day=(number * 7) % 30, reposts=number % 3)
    before = {author.id: asdict(profiles.tally_of(team.sharer(author))) for author in authors}
    profiles.count_again(team.session, team.brand.id, [author.id for author in authors], now=NOW)
    for author in authors:
        again = asdict(profiles.tally_of(team.sharer(author)))
        for name, value in before[author.id].items():
            assert again[name] == (pytest.approx(value) if isinstance(value, float) else value), name


def test_a_frequent_sharer_is_told_from_somebody_met_once(team):
    often, once = team.author(), team.author()
    for day in range(0, 60, 3):
        team.tell(often, f"{own_words(day)} day {day} of this {'x' * (day % 5)}", day=day)
    team.tell(once, "The kettle I bought in the spring drips on the table every single morning")
    frequent, new = team.sharer(often), team.sharer(once)
    assert (frequent.badge, frequent.kind) == ("frequent", "person")
    assert frequent.percentile > 95 > new.percentile
    assert new.badge is None
    assert frequent.flagged_at is not None


def test_followers_alone_make_nobody_a_frequent_sharer(team):
    star = team.author(source="x", followers=40_000_000, listed=90_000)
    team.tell(star, own_words(1))
    quiet = team.author(source="x", followers=40_000_000, listed=90_000)
    for day in (150, 149):
        team.tell(quiet, own_words(day), day=day)
    assert team.sharer(star).badge == "possible"
    assert team.sharer(quiet).badge is None


def test_a_shop_is_named_as_one_and_gets_no_score(team):
    shop = team.author()
    for number in range(12):
        team.tell(
            shop,
            f"Deal {number} of the week: {own_words(number)[:20]} now 20 % off, use code HALV{number}, link below "
            f"https://example.com/{number}",
            day=number,
        )
    row = team.sharer(shop)
    assert row.kind != "person"
    assert (row.score, row.percentile, row.badge) == (None, None, None)
    assert row.kind_reason


def test_nothing_of_a_text_is_kept_among_the_habits(team):
    author = team.author()
    team.tell(author, "Zyxxoph the unmistakable kettle leaks on Gertrudistrasse every morning")
    columns = (
        team.session.execute(select(Telling.__table__)).all() + team.session.execute(select(Sharer.__table__)).all()
    )
    assert not any("zyxxoph" in repr(row).lower() for row in columns)


def test_an_author_erased_takes_the_habits_along(team):
    author = team.author()
    said = team.tell(author, own_words(1))
    for one in said:
        one.author_id = None
    team.session.flush()
    team.session.delete(team.session.get(Author, author.id))
    team.session.flush()
    team.session.expunge_all()
    assert team.session.get(Sharer, author.id) is None
