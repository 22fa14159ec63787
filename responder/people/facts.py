"""Reading what accounts are compared by, for all pairs of a step at once."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from responder.intake.embedding import Vectors, unpacked
from responder.models import AccountTrace, Author, Case, Mention, MentionVector
from responder.people.clues import Account, Clue, Rarity
from responder.people.handles import HandleModel
from responder.people.names import folded_name
from responder.people.references import Reference
from responder.people.traces import Marker, Trace, bearers_of

_NEWEST_SAID = 100
"""Texts of an account that its languages and hours are told from."""

_HANDLES_LEARNED = 5_000
_SHARED_BY_MOST = 3
"""A number or address that more accounts give is nobody's own."""

_INCIDENT_WITHIN = timedelta(hours=48)
_INCIDENT_ALIKE = 0.9
_INCIDENT_MOST = 50
"""An incident that more people tell of brings nobody together."""

_TOLD: Mapping[str, Clue] = {
    Reference.ORDER: Clue.SAME_ORDER,
    Reference.EMAIL: Clue.SAME_EMAIL,
    Reference.CODE: Clue.SAME_CODE,
}

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Population:
    """A brand's authors all together: a model of their handles, and how many `people` each source has."""

    handles: HandleModel
    people: Mapping[str, int]

    def of(self, source: str) -> int:
        """Return how many people a source has; who came since this was read is not in it."""
        return self.people.get(source, 0)


class _Telling(NamedTuple):
    """One text of an incident."""

    incident_id: int
    at: datetime
    model: str
    vector: Vectors


def read_accounts(session: Session, brand_id: int, author_ids: Collection[int]) -> dict[int, Account]:
    """Return what is known of these accounts."""
    marks = _marks(session, brand_id, author_ids)
    said: defaultdict[int, list[Row[Any]]] = defaultdict(list)
    for row in _newest_said(session, author_ids):
        said[row.author_id].append(row)
    authors = session.execute(
        select(Author.id, Author.source, Author.handle, Author.name, Author.is_bot).where(Author.id.in_(author_ids))
    )
    return {row.id: _account(row, marks[row.id], said[row.id]) for row in authors}


def read_population(session: Session, brand_id: int) -> Population:
    """Return who a brand's authors are all together. It changes slowly: read it once for many steps."""
    handles = session.scalars(
        select(Author.handle)
        .where(Author.brand_id == brand_id, Author.handle.is_not(None))
        .order_by(Author.id.desc())
        .limit(_HANDLES_LEARNED)
    )
    counted = select(Author.source, func.count().label("people")).where(Author.brand_id == brand_id)
    return Population(
        handles=HandleModel(handle for handle in handles if handle is not None),
        people={row.source: row.people for row in session.execute(counted.group_by(Author.source))},
    )


def read_rarity(session: Session, marker: Marker, accounts: Iterable[Account], population: Population) -> Rarity:
    """Return how rare names are among the brand's authors: all names of these accounts, and any handle."""
    names = {marker.mark(Trace.NAME, account.name): account.name for account in accounts if account.name}
    named = {names[mark]: count for mark, count in bearers_of(session, marker.brand_id, names).items()}
    return Rarity(handles=population.handles, named=named, authors=sum(population.people.values()))


def telling_the_same(session: Session, brand_id: int, author_ids: Collection[int]) -> set[Pair]:
    """Return the pairs of these authors and others who told of one incident within two days, in near-same words."""
    theirs = select(Case.incident_id).where(Case.author_id.in_(author_ids), Case.incident_id.is_not(None))
    incidents = set(session.scalars(theirs))
    if not incidents:
        return set()
    few = session.scalars(
        select(Case.incident_id)
        .where(Case.incident_id.in_(incidents), Case.brand_id == brand_id)
        .group_by(Case.incident_id)
        .having(func.count() <= _INCIDENT_MOST)
    ).all()
    tellings = _tellings(session, brand_id, [found for found in few if found is not None])
    pairs = {(one, other) for one in tellings for other in tellings if one < other}
    return {
        pair
        for pair in pairs
        if (pair[0] in author_ids or pair[1] in author_ids) and _are_alike(tellings[pair[0]], tellings[pair[1]])
    }


def _marks(session: Session, brand_id: int, author_ids: Collection[int]) -> dict[int, dict[str, set[str]]]:
    """Return the marks of each author by the kind of trace, without those that many bear."""
    rows = session.execute(
        select(AccountTrace.author_id, AccountTrace.kind, AccountTrace.mark).where(
            AccountTrace.author_id.in_(author_ids), AccountTrace.kind.not_in((Trace.HANDLE, Trace.NAME))
        )
    ).all()
    bearers = bearers_of(session, brand_id, {row.mark for row in rows})
    marks: dict[int, dict[str, set[str]]] = {author_id: defaultdict(set) for author_id in author_ids}
    for row in rows:
        if bearers[row.mark] <= _SHARED_BY_MOST:
            marks[row.author_id][row.kind].add(row.mark)
    return marks


def _newest_said(session: Session, author_ids: Collection[int]) -> Iterable[Row[Any]]:
    newest = Mention.created_at.desc()
    live = (
        select(
            Mention.author_id,
            Mention.created_at,
            Mention.text,
            Mention.opinion_language,
            Mention.abstained,
            func.row_number().over(partition_by=Mention.author_id, order_by=newest).label("place"),
        )
        .where(Mention.author_id.in_(author_ids), Mention.gone_at.is_(None), Mention.is_repost.is_(False))
        .subquery()
    )
    return session.execute(select(live).where(live.c.place <= _NEWEST_SAID).order_by(live.c.place))


def _account(author: Any, marks: Mapping[str, set[str]], said: Collection[Any]) -> Account:
    sure = (
        row.opinion_language for row in said if row.abstained is False and row.opinion_language not in {None, "und"}
    )
    return Account(
        id=author.id,
        source=author.source,
        handle=author.handle,
        name=folded_name(author.name) if author.name else None,
        is_automatic=author.is_bot,
        own=frozenset(marks.get(Trace.OWN, ())),
        stated=frozenset(marks.get(Trace.STATED, ())),
        verified=frozenset(marks.get(Trace.VERIFIED, ())),
        told={clue: frozenset(marks.get(kind, ())) for kind, clue in _TOLD.items()},
        languages=Counter(sure),
        hours=[row.created_at.hour + row.created_at.minute / 60 for row in said],
        spoken=[(row.created_at, row.text) for row in said],
    )


def _tellings(session: Session, brand_id: int, incidents: Collection[int]) -> dict[int, list[_Telling]]:
    rows = session.execute(
        select(Mention.author_id, Mention.created_at, Case.incident_id, MentionVector.model, MentionVector.vector)
        .join(Case, Case.id == Mention.case_id)
        .join(MentionVector, MentionVector.mention_id == Mention.id)
        .where(
            Case.incident_id.in_(incidents),
            Case.brand_id == brand_id,
            Mention.author_id.is_not(None),
            MentionVector.vector.is_not(None),
        )
    ).all()
    tellings: defaultdict[int, list[_Telling]] = defaultdict(list)
    for row in rows:
        vector = unpacked([row.vector])[0]
        tellings[row.author_id].append(_Telling(row.incident_id, row.created_at, row.model, vector))
    return dict(tellings)


def _are_alike(one: Iterable[_Telling], other: Collection[_Telling]) -> bool:
    return any(
        mine.incident_id == theirs.incident_id
        and mine.model == theirs.model
        and abs(mine.at - theirs.at) <= _INCIDENT_WITHIN
        and float(np.dot(mine.vector, theirs.vector)) >= _INCIDENT_ALIKE
        for mine in one
        for theirs in other
    )
