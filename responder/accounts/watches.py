"""Watches: what we listen for. Adding one makes the polls that read its connections; reading them is intake's work."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from listeners import registry
from listeners.queries import Query, QuerySyntaxError
from listeners.registry import SourceInfo
from responder.errors import Conflict, Invalid, NotFound
from responder.models import Brand, Connection, Poll, Watch

READING = ("search", "inbox", "reviews")
"""The abilities a poll reads by, again and again; `receive` is only ever pushed to."""

MAX_NAME = 100
"""Letters of a watch's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PollView:
    """How one reading of a watch is doing. `last_read_at` None: never yet; `last_fault` None: it goes well."""

    connection: str
    ability: str
    interval_s: float
    last_read_at: datetime | None
    last_fault: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchView:
    """A watch as people see it. `query` None takes everything it is given; `paused_at` None: it listens."""

    watch_id: int
    name: str
    query: str | None
    paused_at: datetime | None
    polls: tuple[PollView, ...]


def add_watch(
    session: Session,
    *,
    brand_id: int,
    name: str,
    query: str | None,
    connections: Sequence[Connection],
    now: datetime,
    languages: Iterable[str] = (),
    exclude_authors: Iterable[str] = (),
    include_reposts: bool = False,
) -> Watch:
    """Add a watch over some connections, first read at once. `query` None takes everything they bring.

    Raises Invalid listing every fault at once, Conflict when the name is taken.
    """
    cleaned = " ".join(name.split())
    faults = (
        []
        if cleaned and cleaned.isprintable() and len(cleaned) <= MAX_NAME
        else [f"name: give the watch a name of 1–{MAX_NAME} letters"]
    )
    parsed = None
    if query is not None:
        try:
            parsed = Query.parse(
                query,
                languages=frozenset(languages),
                exclude_authors=frozenset(exclude_authors),
                include_reposts=include_reposts,
            )
        except (QuerySyntaxError, ValueError) as error:
            faults.append(f"query: {error}")
    abilities = [(connection, _abilities(connection, has_query=query is not None)) for connection in connections]
    faults += [_deaf(connection) for connection, able in abilities if not able]
    if faults:
        raise Invalid(*faults)
    if session.scalar(select(Watch.id).where(Watch.brand_id == brand_id, Watch.name == cleaned)) is not None:
        raise Conflict(f"A watch is called {cleaned!r} already; choose another name.")
    watch = Watch(
        brand_id=brand_id,
        name=cleaned,
        query=parsed.to_dict() if parsed is not None else None,
        created_at=now,
        paused_at=None,
    )
    session.add(watch)
    session.flush()
    for connection, able in abilities:
        if connection.brand_id != brand_id:
            raise NotFound(f"No connection of this brand is called {connection.name!r}.")
        session.add_all(_poll(watch, connection, ability, now) for ability in able)
    session.flush()
    return watch


def pause(session: Session, watch: Watch, *, now: datetime) -> None:
    """Stop listening; cursors stay, so that resuming reads on from there. Pausing twice is not an error."""
    watch.paused_at = watch.paused_at or now
    session.flush()


def resume(session: Session, watch: Watch, *, now: datetime) -> None:
    """Listen again, from now on without waiting for the interval. Resuming twice is not an error."""
    if watch.paused_at is None:
        return
    watch.paused_at = None
    session.execute(
        update(Poll).where(Poll.watch_id == watch.id, Poll.due_at.is_not(None)).values(due_at=now, attempts=0)
    )
    session.flush()


def remove_watch(session: Session, watch: Watch) -> None:
    """Forget a watch, its polls and its counts. Mentions and cases it brought stay.

    Waits for whoever reads a page for it or counts for it at this moment: like intake, first the polls, then the brand.
    """
    session.execute(select(Poll.id).where(Poll.watch_id == watch.id).order_by(Poll.id).with_for_update())
    session.execute(select(Brand.id).where(Brand.id == watch.brand_id).with_for_update(key_share=True))
    session.execute(delete(Watch).where(Watch.id == watch.id))


def get_watch(session: Session, *, brand_id: int, name: str) -> Watch:
    """Return a brand's watch by name. Raises NotFound with the names there are."""
    found = session.scalar(select(Watch).where(Watch.brand_id == brand_id, Watch.name == " ".join(name.split())))
    if found is None:
        names = session.scalars(select(Watch.name).where(Watch.brand_id == brand_id).order_by(Watch.name))
        raise NotFound(f"No watch is called {name.strip()!r}. Known are: {', '.join(names) or 'none yet'}.")
    return found


def list_watches(session: Session, *, brand_id: int) -> list[WatchView]:
    """Return a brand's watches by name, with how their polls are doing."""
    polls: dict[int, list[PollView]] = {}
    found = session.execute(
        select(Poll, Connection.name)
        .join(Connection, Connection.id == Poll.connection_id)
        .where(Connection.brand_id == brand_id)
        .order_by(Connection.name, Poll.id)
    )
    for poll, connection in found:
        polls.setdefault(poll.watch_id, []).append(
            PollView(
                connection=connection,
                ability=poll.ability,
                interval_s=poll.interval_s,
                last_read_at=poll.last_read_at,
                last_fault=poll.last_fault,
            )
        )
    watches = session.scalars(select(Watch).where(Watch.brand_id == brand_id).order_by(Watch.name))
    return [
        WatchView(
            watch_id=watch.id,
            name=watch.name,
            query=(watch.query or {}).get("text"),
            paused_at=watch.paused_at,
            polls=tuple(polls.get(watch.id, ())),
        )
        for watch in watches
    ]


def _info(connection: Connection) -> SourceInfo | None:
    return registry.load().get(connection.source)


def _abilities(connection: Connection, *, has_query: bool) -> tuple[str, ...]:
    info = _info(connection)
    able = info.abilities if info is not None else frozenset()
    return tuple(name for name in (*READING, "receive") if name in able and (has_query or name != "search"))


def _deaf(connection: Connection) -> str:
    info = _info(connection)
    if info is not None and "search" in info.abilities:
        return f"query: {connection.name} needs search words; give the watch a query"
    return f"connections: {connection.name} cannot be listened to; choose another"


def _poll(watch: Watch, connection: Connection, ability: str, now: datetime) -> Poll:
    info = _info(connection)
    return Poll(
        watch_id=watch.id,
        connection_id=connection.id,
        ability=ability,
        interval_s=info.limits.poll_every.total_seconds() if info is not None else 3600.0,
        cursor=None,
        due_at=now if ability in READING else None,
        claim=None,
        claimed_until=None,
        attempts=0,
        last_read_at=None,
        last_mention_at=None,
        last_fault=None,
        last_fault_at=None,
    )
