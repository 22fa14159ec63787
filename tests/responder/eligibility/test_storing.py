"""The verdict beside a mention: kept when it is stored, changed by what is read later, judged anew when it is used."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from listeners.mentions import Author
from listeners.queries import Query
from responder.cases.queue import list_open
from responder.db import Database
from responder.eligibility.storing import answering, is_closed, standing
from responder.models import ConnectionState, Mention, Watch
from tests.factories import NOW, make_brand, make_case, make_connection, make_mention
from tests.responder.intake.stores import CREATED, Store, a_mention


@pytest.fixture
def store(database: Database) -> Store:
    return Store(database)


def kept(store: Store) -> tuple[str | None, str | None]:
    row = store.row()
    return row.eligible, row.eligible_reason


def test_a_mention_is_stored_with_its_verdict(store):
    store(a_mention(), a_mention("2", is_repost=True))
    assert kept(store) == ("api", "unless_closed")
    assert store.row("2").eligible_reason == "repost"


def test_the_end_of_the_right_is_stored_and_an_edit_moves_it(store):
    edited = CREATED + timedelta(minutes=30)
    for mention in (a_mention(), a_mention(text="It still leaks.", edited_at=edited)):
        store(replace(mention, source="google_play"))
    assert store.row().eligible_until == edited + timedelta(days=7)


def test_what_is_told_later_changes_the_verdict(store):
    store(replace(a_mention(), source="x"))
    assert kept(store) == ("by_hand", "addressed_unknown")
    store(replace(a_mention(), source="x", addressed=True))
    assert kept(store) == ("api", "open")
    store(replace(a_mention(), source="x"))
    assert kept(store) == ("api", "open")


def test_a_thread_that_was_closed_stays_so_until_the_platform_says_otherwise(store):
    for told, reason in (({"locked": True}, "closed"), ({}, "closed"), ({"locked": False}, "open")):
        store(a_mention(raw=told))
        assert kept(store)[1] == reason


def test_our_own_words_are_not_answered(store, database):
    with database.writing() as session:
        watch = session.get_one(Watch, store.watch_id)
        watch.query = Query.parse("kettle", exclude_authors=frozenset({"ann"})).to_dict()
    store(a_mention())
    assert kept(store) == ("no", "own")
    store(a_mention(author=None))
    assert kept(store) == ("no", "own")
    store(a_mention("2", author=Author(external_id="bea")))
    assert store.row("2").eligible == "api"


def test_what_was_deleted_is_not_answered(store):
    store(a_mention())
    store(gone=("1", "2"))
    assert kept(store) == ("no", "gone")
    assert store.row("2").eligible_reason == "gone"


@pytest.mark.parametrize(
    ("source", "raw", "closed"),
    [
        ("reddit", {"locked": True, "archived": False}, True),
        ("reddit", {"locked": False, "archived": True}, True),
        ("reddit", {"locked": False}, False),
        ("reddit", {"locked": "odd"}, None),
        ("reddit", None, None),
        ("bluesky", {"viewer": {"replyDisabled": True}}, True),
        ("bluesky", {"viewer": {}}, None),
        ("bluesky", {"viewer": "odd"}, None),
        ("x", {"locked": True}, None),
    ],
)
def test_whether_answers_are_closed_is_read_from_the_platforms_own_record(source, raw, closed):
    assert is_closed(source, raw) is closed


def stored(session, brand, **columns) -> Mention:
    return make_mention(session, brand, **{"source": "google_play", "created_at": NOW, "addressed": True, **columns})


def test_a_kept_verdict_stands_until_its_right_has_run_out(database):
    with database.writing() as session:
        end = NOW + timedelta(days=7)
        mention = stored(session, make_brand(session), eligible="api", eligible_reason="in_time", eligible_until=end)
        found = standing(mention, connected={"google_play"}, now=NOW)
        assert (found.eligible, found.until) == ("api", end)
        assert standing(mention, connected={"google_play"}, now=end).key == "too_late"
        mention.gone_at = NOW
        assert standing(mention, connected={"google_play"}, now=NOW).key == "gone"


def test_of_what_was_stored_before_there_were_verdicts_it_is_found_when_asked(database):
    with database.writing() as session:
        mention = stored(session, make_brand(session))
        found = standing(mention, connected={"google_play"}, now=NOW)
        assert (mention.eligible_reason, found.key, found.until) == (None, "in_time", NOW + timedelta(days=7))


def test_without_an_account_that_can_answer_it_is_done_by_hand(database):
    with database.writing() as session:
        brand = make_brand(session)
        mention = stored(session, brand, source="memory", eligible="api", eligible_reason="open")
        for source, state in (("rss", ConnectionState.ACTIVE), ("memory", ConnectionState.BROKEN)):
            make_connection(session, brand, source=source, state=state)
        make_connection(session, make_brand(session), source="memory")
        assert answering(session, brand.id) == frozenset()
        found = standing(mention, connected=answering(session, brand.id), now=NOW)
        assert (found.eligible, found.key, found.automatic) == ("by_hand", "not_connected", False)
        make_connection(session, brand, source="memory")
        assert standing(mention, connected=answering(session, brand.id), now=NOW).automatic


def test_the_queue_tells_how_the_lead_may_be_answered(database):
    with database.writing() as session:
        brand = make_brand(session)
        make_connection(session, brand, source="memory")
        for source in ("memory", "hacker_news", "csv"):
            make_case(session, lead=make_mention(session, brand, source=source))
        make_case(session, brand, source="x")
        rows = list_open(session, brand_id=brand.id, now=NOW, is_live=True).rows
    assert {row.source: row.eligible for row in rows} == {
        "memory": "api", "hacker_news": "by_hand", "csv": "no", "x": "no",
    }  # fmt: skip
