"""The job that notices accounts of one person: incrementally, from what was triaged since it last looked.

It follows the case events of each brand, which are written under the brand's lock, so none can appear behind the last
one it looked at. Every step is one transaction under that lock; a lost or doubled one loses and doubles nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Any

from sqlalchemy import Row, func, or_, select
from sqlalchemy.orm import Session

from responder.context import Context
from responder.errors import NotFound
from responder.intake.store import lock_brand
from responder.models import AccountLink, Brand, Case, CaseEvent, LinkStatus, Mention, PeopleProgress
from responder.people.clues import Assessment, assess
from responder.people.facts import Pair, Population, read_accounts, read_population, read_rarity, telling_the_same
from responder.people.joining import propose_joins
from responder.people.objections import is_objected
from responder.people.traces import Marker, meetings, retrace

STEP = 50
"""Case events looked at in one transaction: writers of the brand wait for no more than a fraction of a second."""

STEPS = 20
"""Steps for a brand in a row, when there is so much to look at."""

HEARD = ("opened", "mention_joined", "mention_edited", "mention_gone", "joined_incident", "left_incident")
"""Events that say something new was heard or noticed of a case, or something heard is gone."""

_FAR_BEHIND = 5_000
"""Events of other brands after which a brand without any of its own is brought up to date too."""

_OPEN = frozenset((LinkStatus.PROPOSED, LinkStatus.MAYBE))


def propose_due(context: Context, *, step: int = STEP) -> int:
    """Look at new case events of each brand, and propose links and joins; return how many were looked at.

    At most `STEPS` times `step` events of a brand: the rest follows the next time. Who objected to being scored is left
    out, and a pair that a person decided on is never proposed again.
    """
    with context.database.reading() as session:
        behind = {brand_id: read_population(session, brand_id) for brand_id in _brands_behind(session)}
    looked_at = 0
    for brand_id, population in behind.items():
        for _ in range(STEPS):
            with context.database.writing() as session:
                there, ours = _step(session, context, brand_id, population, step)
            looked_at += ours
            if there < step:
                break
    return looked_at


def _brands_behind(session: Session) -> list[int]:
    """Return the brands with new events, and those so far behind that looking for theirs would take long."""
    newest = session.scalar(select(func.max(CaseEvent.id))) or 0
    progress: dict[int, int] = {
        row.id: row.event_id
        for row in session.execute(
            select(Brand.id, func.coalesce(PeopleProgress.event_id, 0).label("event_id")).outerjoin(
                PeopleProgress, PeopleProgress.brand_id == Brand.id
            )
        )
    }
    behind = {brand_id for brand_id, reached in progress.items() if newest - reached > _FAR_BEHIND}
    near = [reached for brand_id, reached in progress.items() if brand_id not in behind]
    if near:
        events = _events(session, min(near), _FAR_BEHIND)
        of_case = _cases(session, events)
        behind |= {
            brand_id
            for event in events
            if (brand_id := of_case[event.case_id].brand_id) not in behind and event.id > progress[brand_id]
        }
    return sorted(behind)


def _step(session: Session, context: Context, brand_id: int, population: Population, step: int) -> tuple[int, int]:
    """Look at the next events; return how many there were of any brand, and how many of this one."""
    try:
        lock_brand(session, brand_id)
    except NotFound:
        return 0, 0
    progress = session.get(PeopleProgress, brand_id, populate_existing=True)
    if progress is None:
        progress = PeopleProgress(brand_id=brand_id, event_id=0)
        session.add(progress)
    # No event of this brand can come to stand before the newest one while its lock is held; of another one it may.
    newest = session.scalar(select(func.max(CaseEvent.id))) or 0
    window = _events(session, progress.event_id, step)
    progress.event_id = window[-1].id if len(window) == step else max(newest, progress.event_id)
    of_case = _cases(session, window)
    events = [event for event in window if of_case[event.case_id].brand_id == brand_id]
    authors = {of_case[event.case_id].author_id for event in events}
    now = context.clock()
    mention_ids = {event.detail["mention_id"] for event in events if "mention_id" in event.detail}
    propose_joins(session, mention_ids, brand_id=brand_id, secret=context.secret, now=now)
    propose_links(
        session,
        Marker.of(context.secret, brand_id),
        population,
        mention_ids=mention_ids,
        author_ids={author_id for author_id in authors | _authors_of(session, mention_ids) if author_id is not None},
        now=now,
    )
    return len(window), len(events)


def propose_links(
    session: Session,
    marker: Marker,
    population: Population,
    *,
    mention_ids: Collection[int],
    author_ids: Collection[int],
    now: datetime,
) -> None:
    """Note what these authors and mentions can be found by, and weigh every pair they are one half of.

    Pairs nobody decided on are weighed anew, and forgotten when too little is left that speaks for them. Call under the
    brand's lock.
    """
    allowed = retrace(session, marker, mention_ids=mention_ids, author_ids=author_ids)
    if not allowed:
        return
    held = _links_of(session, author_ids)
    alike = telling_the_same(session, marker.brand_id, allowed)
    pairs = meetings(session, marker.brand_id, allowed) | alike
    pairs |= {pair for pair, link in held.items() if link.status in _OPEN}
    pairs -= {pair for pair, link in held.items() if link.status not in _OPEN}
    refused = is_objected(
        session, secret=marker.secret, brand_id=marker.brand_id, author_ids=set(chain.from_iterable(pairs))
    )
    pairs = {pair for pair in pairs if refused.isdisjoint(pair)}
    for pair, found in _assessed(session, marker, population, pairs, alike).items():
        link = held.get(pair) or AccountLink(
            brand_id=marker.brand_id, one_id=pair[0], other_id=pair[1], proposed_at=now
        )
        _write(session, link, found)
    session.flush()


def _events(session: Session, after: int, limit: int) -> Sequence[Row[Any]]:
    """Return the next events of any brand. Without joining anything: the planners would start at the brand's cases."""
    return session.execute(
        select(CaseEvent.id, CaseEvent.case_id, CaseEvent.detail)
        .where(CaseEvent.id > after, CaseEvent.kind.in_(HEARD))
        .order_by(CaseEvent.id)
        .limit(limit)
    ).all()


def _cases(session: Session, events: Iterable[Row[Any]]) -> Mapping[int, Any]:
    """Return brand and author of the cases of these events."""
    wanted = select(Case.id, Case.brand_id, Case.author_id).where(Case.id.in_({event.case_id for event in events}))
    return {row.id: row for row in session.execute(wanted)}


def _authors_of(session: Session, mention_ids: Collection[int]) -> set[int | None]:
    return set(session.scalars(select(Mention.author_id).where(Mention.id.in_(mention_ids))))


def _links_of(session: Session, author_ids: Collection[int]) -> dict[Pair, AccountLink]:
    theirs = or_(AccountLink.one_id.in_(author_ids), AccountLink.other_id.in_(author_ids))
    return {(link.one_id, link.other_id): link for link in session.scalars(select(AccountLink).where(theirs))}


def _assessed(
    session: Session, marker: Marker, population: Population, pairs: Collection[Pair], alike: Collection[Pair]
) -> Mapping[Pair, Assessment]:
    if not pairs:
        return {}
    accounts = read_accounts(session, marker.brand_id, {author_id for pair in pairs for author_id in pair})
    rarity = read_rarity(session, marker, accounts.values(), population)
    both = {pair: (accounts[pair[0]], accounts[pair[1]]) for pair in pairs if set(pair) <= accounts.keys()}
    return {
        pair: assess(
            one,
            other,
            rarity=rarity,
            people=max(population.of(one.source), population.of(other.source)),
            same_incident=pair in alike,
        )
        for pair, (one, other) in both.items()
        if one.source != other.source
    }


def _write(session: Session, link: AccountLink, found: Assessment) -> None:
    """Store a link with what it rests on, or forget it when that is too little."""
    verdict = found.verdict
    if verdict is not None:
        link.status = verdict
        link.clues = {str(clue): round(bits, 2) for clue, bits in found.clues.items()}
        link.bits = round(found.bits, 2)
        session.add(link)
    elif link.id is not None:
        session.delete(link)
