"""Collecting: claim due polls, read a page of each with no session open, settle each in one transaction.

What a claim, a page and a failure do to the tables stands in `responder.intake.polls`; here is only who reads when.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from functools import partial
from typing import Any, Protocol

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from listeners.errors import Rejected
from listeners.mentions import Mention
from listeners.pages import Page
from listeners.queries import Query, QuerySyntaxError
from responder.context import Context
from responder.errors import Conflict
from responder.intake.cleaning import key_of
from responder.intake.polls import Claimed, claim_due, note_reading, set_back, settle
from responder.intake.store import Stored, store_page
from responder.models import Connection, Poll, Watch
from responder.models import Mention as Held

READING = ("search", "inbox", "reviews")
"""Abilities that are read again and again."""

LIMIT = 200
THREADS = 8
_LOOK_AGAIN_S = 0.5

Read = Callable[[Any, Claimed], Page]
"""Reads one page of a claimed poll from its open source."""


class Sources(Protocol):
    """Where open sources come from: `responder.accounts.connections.SourcePool`, or a test's own."""

    def get(self, connection: Connection) -> Any:
        """Return the open source of a connection. Raises SourceError."""


def collect_due(
    context: Context, sources: Sources, *, limit: int = LIMIT, threads: int = THREADS, watch_id: int | None = None
) -> int:
    """Read up to `limit` pages of the polls that are due, and return how many were read, well or not.

    `watch_id` None: those of every watch.
    """
    return read_due(context, sources, read_page, abilities=READING, limit=limit, threads=threads, watch_id=watch_id)


def read_due(
    context: Context,
    sources: Sources,
    read: Read,
    *,
    abilities: Sequence[str],
    limit: int,
    threads: int,
    watch_id: int | None = None,
) -> int:
    """Read pages of due polls side by side, a connection by one thread at a time; return how many were read.

    Polls that fall due meanwhile are taken too, so that one slow platform holds up no other.
    """
    claim = partial(claim_due, context, abilities=abilities, watch_id=watch_id)
    begun = 0
    running: dict[Future[None], int] = {}
    with ThreadPoolExecutor(threads, thread_name_prefix="collect") as pool:
        while True:
            room = min(threads - len(running), limit - begun)
            busy = set(running.values())
            for claimed in claim(busy=busy, limit=room) if room > 0 else ():
                begun += 1
                try:
                    source = sources.get(claimed.connection)
                except Exception as error:  # noqa: BLE001 — one source that cannot be opened must not stop the others
                    set_back(context, claimed, error)
                else:
                    running[pool.submit(_read, context, read, source, claimed)] = claimed.connection.id
            if not running:
                return begun
            for future in wait(running, timeout=_LOOK_AGAIN_S, return_when=FIRST_COMPLETED).done:
                del running[future]
                future.result()


def read_page(source: Any, claimed: Claimed) -> Page:
    """Read the next page of a poll. Raises SourceError; Rejected for a query that cannot be read any more."""
    if claimed.ability != "search":
        page: Page = getattr(source, claimed.ability)(cursor=claimed.cursor)
        return page
    try:
        query = Query.from_dict(claimed.query or {})
    except (QuerySyntaxError, ValueError) as error:
        raise Rejected(f"the query of this watch cannot be read, write it anew: {error}") from error
    found: Page = source.search(query, cursor=claimed.cursor)
    return found


def receive(context: Context, *, connection_id: int, page: Page) -> Stored:
    """Store what was pushed to a connection, for the watches that listen to it; return what was done.

    The connection's name is the source of what comes through it: two senders may use the same ids for different things.
    A watch with a query hears only what matches it. What no watch wants is not stored, unless it is the edit of
    something we hold. Raises Conflict when no watch listens to the connection at all, so that the sender keeps it.
    """
    now = context.clock()
    total = Stored()
    with context.database.writing() as session:
        listening: Sequence[Any] = session.execute(
            select(Poll, Watch, Connection.name)
            .join(Watch, Watch.id == Poll.watch_id)
            .join(Connection, Connection.id == Poll.connection_id)
            .where(Poll.connection_id == connection_id, Poll.ability == "receive", Watch.paused_at.is_(None))
            .order_by(Poll.id)
            .with_for_update(of=Poll)
        ).all()
        if not listening:
            raise Conflict("No watch listens to this connection. Add one, then send again.")
        brand_id, name = listening[0].Watch.brand_id, listening[0].name
        page = replace(page, mentions=tuple(replace(mention, source=name) for mention in page.mentions))
        for watch_ids, part in _shared_out(page, listening).items():
            stored = store_page(
                session,
                brand_id=brand_id,
                watch_ids=watch_ids,
                page=part if watch_ids else _held_of(session, brand_id, part),
                now=now,
                source=name,
            )
            total.add(stored)
        for poll, _, _ in listening:
            note_reading(session, poll, page, now=now)
    return total


def _read(context: Context, read: Read, source: Any, claimed: Claimed) -> None:
    try:
        settle(context, claimed, read(source, claimed))
    except Exception as error:  # noqa: BLE001 — whatever an adapter does, its poll waits and the others go on
        set_back(context, claimed, error)


def _shared_out(page: Page, listening: Sequence[Row[Any]]) -> dict[tuple[int, ...], Page]:
    """Return the page cut up by who wants what: the ids of watches → the mentions just these want.

    No ids: what nobody wants, and what was deleted.
    """
    wanted: defaultdict[tuple[int, ...], list[Mention]] = defaultdict(list)
    queries = {row.Watch.id: row.Watch.query and Query.from_dict(row.Watch.query) for row in listening}
    for mention in page.mentions:
        hearers = tuple(watch for watch, query in queries.items() if not query or query.matches(mention))
        wanted[hearers].append(mention)
    parts = {hearers: replace(page, mentions=tuple(mentions), gone=()) for hearers, mentions in wanted.items()}
    if page.gone or () in parts:
        parts[()] = replace(page, mentions=tuple(wanted.get((), ())))
    return dict(sorted(parts.items(), reverse=True))  # deletions last: they are final


def _held_of(session: Session, brand_id: int, page: Page) -> Page:
    """Return the page with those of its mentions only that we hold."""
    names = {mention.external_id: key_of(mention.external_id) for mention in page.mentions}
    rows = session.execute(
        select(Held.source, Held.external_id).where(Held.brand_id == brand_id, Held.external_id.in_(names.values()))
    )
    held = {(row.source, row.external_id) for row in rows}
    return replace(page, mentions=tuple(m for m in page.mentions if (m.source, names[m.external_id]) in held))
