"""Pages and cursors move together; whatever a platform does, its poll waits as it should and the others go on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from listeners.errors import (
    AccountSuspended,
    CredentialsExpired,
    NotPermitted,
    QuotaExhausted,
    RateLimited,
    Rejected,
    Unavailable,
)
from listeners.memory import Feed, MemorySource, feed, forget_feed
from listeners.pages import Fault, Gap, Page
from listeners.queries import Query
from responder.accounts.watches import remove_watch
from responder.context import Context
from responder.db import Database
from responder.errors import Conflict
from responder.intake.collect import collect_due, receive
from responder.intake.polls import LEASE, REFUSED_WAIT, claim_due, set_back, setback_of, settle
from responder.models import Connection, Mention, Poll, Watch
from responder.models import Gap as GapRow
from tests import factories
from tests.factories import NOW
from tests.responder.intake.stores import a_mention

KETTLE = Query.parse("kettle").to_dict()


class OwnSources:
    """Opens one source for every connection; `source` may be changed by the test."""

    def __init__(self, source: Any) -> None:
        self.source = source

    def get(self, connection: Connection) -> Any:
        if isinstance(self.source, Exception):
            raise self.source
        return self.source


class PageSource:
    """A source whose search does what the test says."""

    def __init__(self, search: Callable[[str | None], Page]) -> None:
        self._search = search

    def search(self, query: Query, *, cursor: str | None = None) -> Page:
        return self._search(cursor)


@pytest.fixture
def platform() -> Any:
    yield feed("collect")
    forget_feed("collect")


@pytest.fixture
def sources(platform: Feed) -> OwnSources:
    return OwnSources(MemorySource(MemorySource.Credentials(feed="collect", page_size=2)))


@pytest.fixture
def poll(database: Database) -> Poll:
    with database.writing() as session:
        watch = factories.make_watch(session, query=KETTLE)
        connection = factories.make_connection(session, brand_id=watch.brand_id)
        return factories.make_poll(session, watch, connection)


def reload(database: Database, poll: Poll) -> tuple[Poll, Connection]:
    with database.reading() as session:
        return session.get_one(Poll, poll.id), session.get_one(Connection, poll.connection_id)


def texts(database: Database) -> set[str]:
    with database.reading() as session:
        return set(session.scalars(select(Mention.text)))


def test_page_after_page_is_stored_until_nothing_waits(
    context: Context, database: Database, clock, poll: Poll, platform: Feed, sources: OwnSources
) -> None:
    platform.post(*(a_mention(str(number), f"kettle {number}") for number in range(5)))
    while collect_due(context, sources):
        clock.tick(seconds=1)
    assert len(texts(database)) == 5
    after, _ = reload(database, poll)
    assert (after.cursor, after.claim, after.claimed_until, after.attempts) == ('{"after": 5}', None, None, 0)
    assert after.due_at == after.last_read_at + timedelta(seconds=30)
    assert after.last_mention_at is not None
    platform.post(a_mention("9", "kettle 9"))
    assert collect_due(context, sources) == 0
    clock.tick(seconds=31)
    assert collect_due(context, sources) == 1
    assert "kettle 9" in texts(database)


def test_edits_and_deletions_are_followed(
    context: Context, database: Database, clock, poll: Poll, platform: Feed, sources: OwnSources
) -> None:
    platform.post(a_mention("1", "kettle"), a_mention("2", "kettle too"))
    collect_due(context, sources)
    platform.edit("1", "kettle mended", at=NOW)
    platform.delete("2")
    clock.tick(seconds=31)
    collect_due(context, sources)
    assert texts(database) == {"kettle mended", ""}


def test_a_page_that_cannot_be_stored_moves_no_cursor(
    context: Context, database: Database, poll: Poll, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: Any, **__: Any) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr("responder.intake.polls.note_reading", breaks)
    source = PageSource(lambda _: Page(mentions=(a_mention("1", "kettle"),), cursor="next"))
    assert collect_due(context, OwnSources(source)) == 1
    after, _ = reload(database, poll)
    assert (texts(database), after.cursor, after.attempts) == (set(), None, 1)


def test_whoever_lost_the_claim_stores_nothing(context: Context, database: Database, clock, poll: Poll) -> None:
    (slow,) = claim_due(context, abilities=("search",), busy=(), limit=5)
    clock.tick(seconds=LEASE.total_seconds() + 1)
    (quick,) = claim_due(context, abilities=("search",), busy=(), limit=5)
    assert settle(context, quick, Page(mentions=(a_mention("1", "quick"),), cursor="2")) is not None
    assert settle(context, slow, Page(mentions=(a_mention("2", "slow"),), cursor="1")) is None
    set_back(context, slow, Unavailable("too late"))
    after, _ = reload(database, poll)
    assert (texts(database), after.cursor, after.attempts, after.last_fault) == ({"quick"}, "2", 0, None)


def test_a_claimed_poll_is_taken_by_nobody_else_until_its_lease_ends(context: Context, clock, poll: Poll) -> None:
    assert len(claim_due(context, abilities=("search",), busy=(), limit=5)) == 1
    clock.tick(seconds=LEASE.total_seconds() - 1)
    assert claim_due(context, abilities=("search",), busy=(), limit=5) == []
    clock.tick(seconds=2)
    assert len(claim_due(context, abilities=("search",), busy=(), limit=5)) == 1


def test_one_watch_alone_can_be_read(context: Context, database: Database, poll: Poll) -> None:
    nothing = OwnSources(PageSource(lambda _: Page(cursor="x")))
    assert collect_due(context, nothing, watch_id=poll.watch_id + 1) == 0
    assert collect_due(context, nothing, watch_id=poll.watch_id) == 1


def test_workers_that_claim_at_once_never_share_a_poll(context: Context, database: Database) -> None:
    with database.writing() as session:
        watch = factories.make_watch(session, query=KETTLE)
        for _ in range(20):
            factories.make_poll(session, watch, factories.make_connection(session, brand_id=watch.brand_id))
    claimed: list[int] = []

    def work() -> None:
        while found := claim_due(context, abilities=("search",), busy=(), limit=3):
            claimed.extend(each.poll_id for each in found)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(claimed), len(set(claimed))) == (20, 20)


def test_the_polls_of_one_connection_keep_its_pace(context: Context, database: Database, clock, poll: Poll) -> None:
    with database.writing() as session:
        watch = factories.make_watch(session, brand_id=session.get_one(Watch, poll.watch_id).brand_id, query=KETTLE)
        factories.make_poll(session, watch, session.get_one(Connection, poll.connection_id))
    assert len(claim_due(context, abilities=("search",), busy=(), limit=5)) == 1
    assert claim_due(context, abilities=("search",), busy=(), limit=5) == []
    clock.tick(minutes=1 / MemorySource.limits.calls_per_minute)
    assert claim_due(context, abilities=("search",), busy=(poll.connection_id,), limit=5) == []
    assert len(claim_due(context, abilities=("search",), busy=(), limit=5)) == 1


@pytest.mark.parametrize("hidden", ["paused watch", "paused connection", "broken connection", "another ability"])
def test_what_is_paused_or_broken_is_not_read(context: Context, database: Database, poll: Poll, hidden: str) -> None:
    with database.writing() as session:
        if hidden == "paused watch":
            session.execute(update(Watch).values(paused_at=NOW))
        elif hidden == "another ability":
            session.execute(update(Poll).values(ability="recheck"))
        else:
            session.execute(update(Connection).values(state=hidden.split(maxsplit=1)[0]))
    assert claim_due(context, abilities=("search", "inbox"), busy=(), limit=5) == []


NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
FAILURES = [
    (RateLimited("slow down", until=NOON + timedelta(minutes=7)), timedelta(minutes=7), True),
    (RateLimited("slow down", until=NOON - timedelta(minutes=7)), timedelta(0), True),
    (RateLimited("slow down", until=datetime(3000, 1, 1, tzinfo=UTC)), timedelta(days=1), True),
    (QuotaExhausted("used up", until=NOON + timedelta(days=20)), timedelta(days=20), True),
    (QuotaExhausted("used up"), REFUSED_WAIT, True),
    (NotPermitted("no right"), REFUSED_WAIT, False),
    (Rejected("bad query"), REFUSED_WAIT, False),
]


@pytest.mark.parametrize(("error", "wait", "is_held"), FAILURES)
def test_a_poll_waits_as_long_as_the_error_says(error: Exception, wait: timedelta, is_held: bool) -> None:
    setback = setback_of(error, attempts=1, now=NOON)
    assert (setback.due_at - NOON, setback.is_held, setback.is_broken) == (wait, is_held, False)


@pytest.mark.parametrize("error", [Unavailable("down"), KeyError("a secret"), RateLimited("slow down")])
def test_retries_come_ever_more_slowly_and_never_later_than_an_hour(error: Exception) -> None:
    waits = [setback_of(error, attempts=attempts, now=NOON).due_at - NOON for attempts in (1, 5, 50)]
    assert timedelta(seconds=2) <= waits[0] <= timedelta(seconds=5)
    assert timedelta(seconds=40) <= waits[1] <= timedelta(seconds=80)
    assert timedelta(minutes=30) <= waits[2] <= timedelta(hours=1)


def failing(error: Exception) -> PageSource:
    def fail(_: str | None) -> Page:
        raise error

    return PageSource(fail)


@pytest.mark.parametrize("error", [CredentialsExpired("renew the key"), AccountSuspended("closed")])
def test_a_broken_connection_waits_for_an_admin_and_keeps_its_cursor(
    context: Context, database: Database, clock, poll: Poll, error: Exception
) -> None:
    with database.writing() as session:
        session.execute(update(Poll).values(cursor="here"))
    collect_due(context, OwnSources(failing(error)))
    after, connection = reload(database, poll)
    assert (connection.state, connection.state_reason, after.cursor) == ("broken", str(error), "here")
    clock.tick(days=2)
    assert collect_due(context, OwnSources(failing(error))) == 0
    with database.writing() as session:
        session.execute(update(Connection).values(state="active", state_reason=None))
    source = PageSource(lambda cursor: Page(cursor=f"{cursor}, and on"))
    assert collect_due(context, OwnSources(source)) == 1
    assert reload(database, poll)[0].cursor == "here, and on"


def test_an_error_nobody_expected_is_shown_without_its_words(
    context: Context, database: Database, poll: Poll, caplog: pytest.LogCaptureFixture
) -> None:
    assert collect_due(context, OwnSources(failing(KeyError("a secret text")))) == 1
    after, _ = reload(database, poll)
    assert after.last_fault == "reading failed unexpectedly (KeyError); it is tried again, see the log"
    assert (after.attempts, after.claim) == (1, None)
    (line,) = [record for record in caplog.records if record.message == "poll_failed"]
    assert "fail" in line.frames
    assert "a secret" not in str(line.__dict__)


def test_a_source_that_cannot_be_opened_is_shown_like_one_that_cannot_be_read(
    context: Context, database: Database, poll: Poll
) -> None:
    assert collect_due(context, OwnSources(CredentialsExpired("the key is gone"))) == 1
    assert reload(database, poll)[1].state == "broken"


def test_a_rate_limit_holds_every_poll_of_the_connection(
    context: Context, database: Database, clock, poll: Poll
) -> None:
    with database.writing() as session:
        watch = factories.make_watch(session, brand_id=session.get_one(Watch, poll.watch_id).brand_id, query=KETTLE)
        factories.make_poll(session, watch, session.get_one(Connection, poll.connection_id))
    error = RateLimited("slow down", until=NOW + timedelta(minutes=5))
    assert collect_due(context, OwnSources(failing(error))) == 1
    clock.tick(minutes=4)
    assert collect_due(context, OwnSources(failing(error))) == 0
    clock.tick(minutes=2)
    assert collect_due(context, OwnSources(PageSource(lambda _: Page(cursor="x")))) >= 1


def test_what_could_not_be_read_and_what_was_missed_is_told(
    context: Context, database: Database, clock, poll: Poll
) -> None:
    gap = Gap(after=None, before=NOW - timedelta(hours=1), why="the platform shows only its newest items")
    faults = (Fault(where="entry 3", why="no date"), Fault(where="entry 9", why="no id"))
    page = Page(mentions=(a_mention("1", "kettle"),), cursor="1", faults=faults, gap=gap)
    collect_due(context, OwnSources(PageSource(lambda _: page)))
    after, _ = reload(database, poll)
    assert after.last_fault == "2 items could not be read; entry 3: no date"
    with database.reading() as session:
        found = session.scalars(select(GapRow)).one()
    assert (found.poll_id, found.after, found.before, found.found_at) == (poll.id, None, gap.before, NOW)
    clock.tick(minutes=1)
    collect_due(context, OwnSources(PageSource(lambda _: Page(cursor="2"))))
    assert reload(database, poll)[0].last_fault is None


def test_a_source_that_says_more_without_moving_on_is_not_asked_for_ever(
    context: Context, database: Database, poll: Poll
) -> None:
    with database.writing() as session:
        session.execute(update(Poll).values(cursor="same"))
    collect_due(context, OwnSources(PageSource(lambda _: Page(cursor="same", more=True))))
    assert reload(database, poll)[0].due_at == NOW + timedelta(seconds=30)


def test_a_damaged_query_is_told_on_its_poll(context: Context, database: Database, poll: Poll) -> None:
    with database.writing() as session:
        session.execute(update(Watch).values(query={"text": "(("}))
    collect_due(context, OwnSources(PageSource(lambda _: Page())))
    assert "write it anew" in str(reload(database, poll)[0].last_fault)


def test_a_slow_platform_holds_up_no_other(context: Context, database: Database, poll: Poll) -> None:
    with database.writing() as session:
        watch = session.get_one(Watch, poll.watch_id)
        factories.make_poll(session, watch, factories.make_connection(session, brand_id=watch.brand_id))
    both = threading.Barrier(2, timeout=10)

    def meet(_: str | None) -> Page:
        both.wait()
        return Page(cursor="1")

    assert collect_due(context, OwnSources(PageSource(meet))) == 2
    assert reload(database, poll)[0].last_fault is None


@pytest.fixture
def listening(database: Database) -> Connection:
    """A connection with one watch that takes everything, one that wants kettles, and a paused one."""
    with database.writing() as session:
        connection = factories.make_connection(session, source="webhook")
        for name, query, paused_at in [("all", None, None), ("kettles", KETTLE, None), ("asleep", None, NOW)]:
            watch = factories.make_watch(
                session, brand_id=connection.brand_id, name=name, query=query, paused_at=paused_at
            )
            factories.make_poll(session, watch, connection, ability="receive", due_at=None)
        return connection


def heard(database: Database) -> set[tuple[str, str]]:
    with database.reading() as session:
        from responder.models import WatchMention

        found = session.execute(
            select(Watch.name, Mention.text)
            .join(WatchMention, WatchMention.watch_id == Watch.id)
            .join(Mention, Mention.id == WatchMention.mention_id)
        )
        return {(name, text) for name, text in found}


def test_what_is_pushed_is_heard_by_the_watches_that_want_it(
    context: Context, database: Database, listening: Connection
) -> None:
    page = Page(mentions=(a_mention("1", "a kettle"), a_mention("2", "a lamp")))
    assert receive(context, connection_id=listening.id, page=page).new == 2
    assert heard(database) == {("all", "a kettle"), ("all", "a lamp"), ("kettles", "a kettle")}
    assert receive(context, connection_id=listening.id, page=page).repeated == 2


def test_a_push_may_delete(context: Context, database: Database, listening: Connection) -> None:
    receive(context, connection_id=listening.id, page=Page(mentions=(a_mention("1", "a kettle"),)))
    assert receive(context, connection_id=listening.id, page=Page(gone=("1",))).gone == 1


def test_what_two_senders_push_under_one_id_stays_apart(context: Context, database: Database, listening) -> None:
    with database.writing() as session:
        other = factories.make_connection(session, brand_id=listening.brand_id, source="webhook", name="second till")
        watch = factories.make_watch(session, brand_id=listening.brand_id, name="till")
        factories.make_poll(session, watch, other, ability="receive", due_at=None)
    for connection in (listening, other):
        receive(context, connection_id=connection.id, page=Page(mentions=(a_mention("1", "a kettle"),)))
    with database.reading() as session:
        assert set(session.scalars(select(Mention.source))) == {listening.name, "second till"}


def test_an_edit_that_no_watch_wants_any_more_is_followed(
    context: Context, database: Database, listening: Connection
) -> None:
    with database.writing() as session:
        session.execute(update(Watch).where(Watch.name == "all").values(paused_at=NOW))
    receive(context, connection_id=listening.id, page=Page(mentions=(a_mention("1", "a kettle"),)))
    edit = a_mention("1", "a lamp, sorry", edited_at=NOW)
    stored = receive(context, connection_id=listening.id, page=Page(mentions=(edit, a_mention("2", "a lamp"))))
    assert (stored.new, stored.changed) == (0, 1)
    assert heard(database) == {("kettles", "a lamp, sorry")}


def test_a_push_waits_for_a_watch_that_is_being_removed(
    context: Context, database: Database, listening: Connection
) -> None:
    page = Page(mentions=(a_mention("1", "a kettle"),))
    with ThreadPoolExecutor(1) as pool:
        with database.writing() as session:
            for watch in session.scalars(select(Watch)):
                remove_watch(session, watch)
            pushing = pool.submit(receive, context, connection_id=listening.id, page=page)
            with pytest.raises(TimeoutError):
                pushing.result(timeout=0.3)
        with pytest.raises(Conflict, match="Add one"):
            pushing.result(timeout=20)


def test_a_push_nobody_listens_to_is_given_back(context: Context, database: Database, poll: Poll) -> None:
    with pytest.raises(Conflict, match="Add one"):
        receive(context, connection_id=poll.connection_id, page=Page(mentions=(a_mention(),)))
