"""Every item once, in its last version; deletions are final; unknown never wipes known."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from listeners.mentions import Author, Engagement
from listeners.pages import Page
from responder.db import Database
from responder.errors import NotFound
from responder.intake.store import store_page
from responder.models import Author as AuthorRow
from responder.models import AuthorDay, HourCell, WatchMention
from responder.models import Mention as Row
from tests.factories import NOW
from tests.responder.intake.stores import CREATED, Store, a_mention


@pytest.fixture
def store(database: Database) -> Store:
    return Store(database)


def test_a_mention_is_stored_once_however_often_it_is_read(store: Store) -> None:
    assert store(a_mention(), a_mention("2")).new == 2
    again = store(a_mention(), a_mention("2"))
    assert (again.new, again.changed, again.repeated, again.ids) == (0, 0, 2, [])
    assert store.count(Row) == 2
    store.check()


def test_within_a_page_the_newest_version_wins_in_any_order(store: Store) -> None:
    edited = a_mention(text="It stopped leaking.", edited_at=CREATED + timedelta(minutes=5))
    assert store(edited, a_mention()).new == 1
    assert store.row().text == "It stopped leaking."


def test_an_edit_replaces_the_text_and_waits_for_a_new_opinion(store: Store) -> None:
    store(a_mention())
    with store.database.writing() as session:
        row = session.get_one(Row, store.row().id)
        row.label, row.p_negative, row.scored_at, row.score_attempts = "negative", 0.9, NOW, 2
        row.intent, row.intent_confidence, row.intensity = "complaint", 0.8, 0.7
    stored = store(a_mention(text="Mended, thanks!", edited_at=CREATED + timedelta(minutes=5)))
    row = store.row()
    assert (stored.changed, stored.ids) == (1, [row.id])
    assert (row.text, row.revision, row.scored_at, row.p_negative, row.score_attempts) == (
        "Mended, thanks!",
        2,
        None,
        None,
        0,
    )
    assert (row.intent, row.intent_confidence, row.intensity) == (None, None, None)


def test_an_older_version_that_arrives_late_changes_nothing(store: Store) -> None:
    edited = a_mention(text="Mended!", edited_at=CREATED + timedelta(minutes=5), engagement=Engagement(likes=7))
    store(edited)
    stored = store(a_mention(engagement=Engagement(likes=2, views=9)))
    row = store.row()
    assert (stored.changed, row.text, row.likes, row.views, row.revision) == (0, "Mended!", 7, None, 1)


def test_where_edits_are_not_told_what_is_read_later_holds(store: Store) -> None:
    store(a_mention())
    for number in (1, 2):
        store(a_mention(text=f"edit {number}"), now=NOW + timedelta(minutes=number))
        row = store.row()
        assert (row.text, row.version_at, row.revision) == (
            f"edit {number}",
            NOW + timedelta(minutes=number),
            number + 1,
        )


@pytest.mark.parametrize("later", [timedelta(0), timedelta(minutes=5)])
def test_of_two_edits_of_one_instant_the_one_read_later_holds(store: Store, later: timedelta) -> None:
    at = CREATED + later
    store(a_mention())
    store(a_mention(text="first edit", edited_at=at))
    store(a_mention(text="second edit", edited_at=at))
    store(a_mention())
    assert (store.row().text, store.row().edited_at, store.row().version_at) == ("second edit", at, at)
    store(a_mention(text="third edit", edited_at=at + timedelta(seconds=1)))
    assert store.row().text == "third edit"


def test_counts_follow_the_latest_reading_and_unknown_never_wipes_known(store: Store) -> None:
    store(a_mention(engagement=Engagement(likes=1, replies=4), language="en", url="https://example.org/1"))
    store(a_mention(engagement=Engagement(likes=3)))
    row = store.row()
    assert (row.likes, row.replies, row.views, row.language, row.url) == (3, 4, None, "en", "https://example.org/1")


def test_what_an_author_does_not_tell_any_more_is_kept(store: Store) -> None:
    store(a_mention(author=Author(external_id="ann", handle="ann", followers=12)))
    store(a_mention("2", author=Author(external_id="ann", handle="ann.new")))
    with store.database.reading() as session:
        author = session.scalars(select(AuthorRow)).one()
    assert (author.handle, author.followers) == ("ann.new", 12)


def test_what_one_item_of_a_page_tells_of_an_author_another_does_not_wipe(store: Store) -> None:
    told, untold = Author(external_id="ann", followers=12, posts=3), Author(external_id="ann", name="Ann", posts=4)
    store(a_mention(author=told), a_mention("2", author=untold))
    with store.database.reading() as session:
        author = session.scalars(select(AuthorRow)).one()
    assert (author.name, author.followers, author.posts) == ("Ann", 12, 4)


def test_an_item_that_stands_twice_on_a_page_counts_as_repeated(store: Store) -> None:
    stored = store(a_mention(), a_mention(text="It leaks again."), a_mention("2"))
    assert (stored.new, stored.repeated) == (2, 1)


def test_an_author_told_later_is_added_and_counted(store: Store) -> None:
    store(a_mention(author=None))
    assert store.count(AuthorDay) == 0
    store(a_mention())
    assert store.row().author_id is not None
    store.check()


def test_a_deletion_empties_the_row_and_keeps_its_counts(store: Store) -> None:
    store(a_mention(engagement=Engagement(likes=3), url="https://example.org/1", raw={"a": 1}), a_mention("2"))
    assert store(gone=("1",)).gone == 1
    row = store.row()
    assert (row.text, row.url, row.raw, row.author_id, row.likes, row.gone_at) == ("", None, None, None, 3, NOW)
    with store.database.reading() as session:
        assert session.scalars(select(HourCell.mentions)).all() == [2]
    store.check()


def test_with_the_last_mention_of_a_person_the_person_goes_too(store: Store) -> None:
    store(a_mention(), a_mention("2"))
    store(gone=("1",))
    assert store.count(AuthorRow) == 1
    store(gone=("2",))
    assert (store.count(AuthorRow), store.count(AuthorDay)) == (0, 0)


def test_nothing_revives_a_deleted_mention(store: Store) -> None:
    store(a_mention())
    store(gone=("1",))
    stored = store(a_mention(text="Back again", edited_at=NOW), now=NOW + timedelta(hours=1))
    assert (stored.new, stored.changed, stored.repeated, store.row().text) == (0, 0, 1, "")
    assert store.count(AuthorRow) == 0
    assert store(gone=("1",)).gone == 0


def test_a_deletion_heard_of_before_its_post_is_remembered(store: Store) -> None:
    store(gone=("1",))
    assert store(a_mention()).new == 0
    row = store.row()
    assert (row.text, row.revision) == ("", 0)
    assert (store.count(WatchMention), store.count(HourCell)) == (0, 0)


def test_a_page_may_hold_an_item_and_its_deletion(store: Store) -> None:
    store(a_mention(), gone=("1",))
    assert (store.row().text, store.count(AuthorRow)) == ("", 0)
    store.check()


def test_a_mention_heard_by_a_second_watch_counts_there_too(store: Store) -> None:
    store(a_mention())
    stored = store(a_mention(), watch_ids=(store.watch_id, store.other_watch_id))
    assert (stored.new, stored.repeated, store.count(WatchMention)) == (0, 1, 2)
    with store.database.reading() as session:
        assert session.scalars(select(HourCell.mentions).order_by(HourCell.watch_id)).all() == [1, 1]
    store.check()


def test_two_brands_share_nothing(database: Database) -> None:
    one, two = Store(database), Store(database)
    one(a_mention())
    assert two(a_mention()).new == 1
    one(gone=("1",))
    with database.reading() as session:
        texts = dict(session.execute(select(Row.brand_id, Row.text)).all())
    assert texts == {one.brand_id: "", two.brand_id: "The kettle leaks."}


def test_what_a_database_would_refuse_is_stored_clean(store: Store) -> None:
    huge = Engagement(likes=10**30, views=-(10**30))
    store(
        a_mention(
            "nul\0id",
            "NUL \0 and half \ud83d of a pair " + "x" * 1_000_000,
            engagement=huge,
            rating=float("nan"),
            language="\0" * 50,
            url="https://example.org/\0",
            thread_id="t" * 5000,
            author=Author(external_id="\udc00", handle="a\0b", followers=2**64),
            raw={"nul": "\0", "half": "\ud83d", "nan": float("inf"), "deep": {"a": [{"b": 1}]}},
        ),
        a_mention("nulid"),
    )
    assert store.count(Row) == 2
    with store.database.reading() as session:
        row = session.scalars(select(Row).where(Row.external_id.startswith("sha256:"))).one()
    assert (row.likes, row.views, row.rating, row.language) == (None, None, None, None)
    assert len(row.text) <= 40_000
    assert len(row.thread_id or "") < 100
    assert row.raw is not None
    assert row.raw["nan"] is None


def test_a_record_too_large_to_keep_is_left_out_and_the_mention_kept(store: Store) -> None:
    store(a_mention(raw={f"column {number}": "x" * 1000 for number in range(100)}), a_mention("2", raw={"n": 10**5000}))
    assert (store.row().raw, store.row("2").raw, store.row("2").text) == (None, None, "The kettle leaks.")


def test_a_platforms_wrong_clock_makes_nothing_come_from_the_future(store: Store) -> None:
    store(a_mention(created_at=datetime(2999, 1, 1, tzinfo=UTC), edited_at=datetime(3000, 1, 1, tzinfo=UTC)))
    row = store.row()
    assert (row.created_at, row.version_at) == (NOW, NOW)
    store(a_mention(text="a later edit", edited_at=NOW + timedelta(hours=1)), now=NOW + timedelta(hours=2))
    assert store.row().text == "a later edit"


def test_instants_before_platforms_existed_are_stored(store: Store) -> None:
    store(a_mention(created_at=datetime.min.replace(tzinfo=UTC)))
    assert store.row().created_at.year == 1970


def test_nothing_is_stored_for_a_brand_that_is_gone(store: Store) -> None:
    with pytest.raises(NotFound), store.database.writing() as session:
        store_page(session, brand_id=10**9, watch_ids=(), page=Page(mentions=(a_mention(),)), now=NOW)


def test_a_deletion_needs_to_know_its_source(store: Store) -> None:
    with pytest.raises(ValueError, match="source"), store.database.writing() as session:
        store_page(session, brand_id=store.brand_id, watch_ids=(), page=Page(gone=("1",)), now=NOW)


def test_more_than_a_batch_is_stored_whole(store: Store) -> None:
    mentions = [a_mention(str(number), author=Author(external_id=f"a{number % 700}")) for number in range(2500)]
    assert store(*mentions).new == 2500
    store.check()


@pytest.mark.parametrize("seed", range(4))
def test_rollups_equal_a_recount_after_any_sequence(store: Store, seed: int) -> None:
    rng = random.Random(seed)
    watches = [(store.watch_id,), (store.other_watch_id,), (store.watch_id, store.other_watch_id)]
    for step in range(12):
        page = [
            a_mention(
                str(rng.randrange(30)),
                text=f"version {version}",
                language=rng.choice([None, "en", "en-GB", "pt_BR", "?!"]),
                created_at=CREATED,
                edited_at=CREATED + timedelta(minutes=version) if version else None,
                author=rng.choice([None, Author(external_id=f"a{rng.randrange(5)}")]),
            )
            for version in rng.choices(range(4), k=rng.randrange(12))
        ]
        gone = tuple(str(rng.randrange(40)) for _ in range(rng.randrange(2)))
        store(*page, gone=gone, watch_ids=rng.choice(watches), now=NOW + timedelta(minutes=step))
        store.check()
