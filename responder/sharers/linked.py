"""Accounts that people of the team said are one person's: read from their confirmed links, never stored as one.

Proposing, confirming and revoking links is `responder.people`'s.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from responder.models import AccountLink, LinkStatus, Sharer
from responder.sharers.assessment import FREQUENT, POSSIBLE
from responder.sharers.score import FLAGGED_PERCENTILE, LEAST_DAYS

EXTRA_CHANNEL = 3.0
HIGHEST = 99.0


def linked_accounts(session: Session, author_ids: Collection[int]) -> dict[int, frozenset[int]]:
    """Return all accounts of the person behind each of these, itself among them: what confirmed links connect."""
    neighbours: defaultdict[int, set[int]] = defaultdict(set)
    known: set[int] = set()
    asked = set(author_ids)
    while asked:
        known |= asked
        found = session.execute(
            select(AccountLink.one_id, AccountLink.other_id).where(
                AccountLink.status == LinkStatus.CONFIRMED,
                or_(AccountLink.one_id.in_(asked), AccountLink.other_id.in_(asked)),
            )
        )
        for one, other in found:
            neighbours[one].add(other)
            neighbours[other].add(one)
        asked = neighbours.keys() - known
    return {author_id: _reached(author_id, neighbours) for author_id in author_ids}


def across_channels(scores: Iterable[tuple[str, float | None]]) -> float | None:
    """Return the score of a person by the (source, score) of each account; None when no account has one.

    The highest, and 3 more for each further source they tell on, up to 99 (SCIENCE 1.4). Accounts without a score
    change nothing.
    """
    known = [(source, score) for source, score in scores if score is not None]
    if not known:
        return None
    highest = max(score for _, score in known)
    further = len({source for source, _ in known}) - 1
    return max(highest, min(HIGHEST, highest + EXTRA_CHANNEL * further))


def standings(session: Session, author_ids: Collection[int]) -> dict[int, tuple[float | None, str | None]]:
    """Return the percentile and badge of the person behind each of these authors who has several accounts.

    A person is a frequent sharer whom any account shows to be one, or all of them together.
    """
    persons = {
        author_id: person for author_id, person in linked_accounts(session, author_ids).items() if len(person) > 1
    }
    wanted = {account for person in persons.values() for account in person}
    if not wanted:
        return {}
    # Columns, not rows of the session: those are as old as when they were read first.
    columns = (Sharer.author_id, Sharer.source, Sharer.percentile, Sharer.badge, Sharer.days)
    rows = {row.author_id: row for row in session.execute(select(*columns).where(Sharer.author_id.in_(wanted)))}
    found = {}
    for author_id, person in persons.items():
        theirs = [rows[account] for account in person if account in rows]
        percentile = across_channels((row.source, row.percentile) for row in theirs)
        badges = {row.badge for row in theirs}
        is_frequent = FREQUENT in badges or (
            percentile is not None
            and percentile >= FLAGGED_PERCENTILE
            and sum(row.days for row in theirs if row.percentile is not None) >= LEAST_DAYS
        )
        found[author_id] = (percentile, FREQUENT if is_frequent else POSSIBLE if POSSIBLE in badges else None)
    return found


def _reached(start: int, neighbours: Mapping[int, set[int]]) -> frozenset[int]:
    reached, ahead = {start}, [start]
    while ahead:
        new = neighbours.get(ahead.pop(), set()) - reached
        reached |= new
        ahead += new
    return frozenset(reached)
