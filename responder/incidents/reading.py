"""Reading incidents for people: the open ones, one whole, and the outbreak a banner tells of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session

from responder.errors import NotFound
from responder.incidents.grouping import words
from responder.incidents.prepared import Prepared, prepared_in
from responder.incidents.texts import members_of
from responder.intake.embedding import unpacked
from responder.models import Author, Brand, Case, CaseState, Incident, IncidentEvent, KeptOut, Mention, User

MOST_SHOWN = 100
"""Incidents in a list, and voices of one on a page."""

MOST_SKIPPED = 1_000_000
"""Voices passed over at most."""

_DAY = timedelta(hours=24)
_SHARED_WORDS = 5
_LONG = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentRow:
    """One incident as a list shows it.

    `words` are its lead's, None when they are gone. `last_day` and `day_before` count the people who spoke in the last
    24 hours and in the 24 before; `open_cases` those nobody has ended.
    """

    incident: Incident
    words: str | None
    open_cases: int
    last_day: int
    day_before: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """One case of an incident, by the text that tells of it.

    `likeness` is how alike the text was to the others when it joined, None for what was not noted. `shared` are words
    that at least two others of the incident use too. `prepared` is the latest answer somebody prepared for the case.
    """

    case: Case
    mention: Mention
    author: Author | None
    likeness: float | None
    shared: tuple[str, ...]
    prepared: Prepared | None

    @property
    def is_resolved(self) -> bool:
        """Whether somebody has ended the case."""
        return self.case.state == CaseState.RESOLVED


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenOut:
    """A case somebody took out of an incident, and who did; None: they left, or nobody is known to have written it."""

    case_id: int
    author_name: str | None
    user_name: str | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """An event, and who did it; None: Earshot itself."""

    event: IncidentEvent
    user_name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentView:
    """An incident whole: its row, a page of its voices, what was taken out, and what people did.

    Voices go from those nobody answered to those prepared, then resolved, the loudest first; `next` says how many to
    pass over for the next page, None at the end.
    """

    row: IncidentRow
    voices: tuple[Voice, ...]
    next: int | None
    taken_out: tuple[TakenOut, ...]
    events: tuple[Happened, ...]
    author_of_statement: str | None
    approver: str | None


def outbreak_of(session: Session, brand_id: int) -> Incident | None:
    """Return the brand's largest open outbreak; None while there is none. One row of an index."""
    wanted = select(Incident).where(
        Incident.brand_id == brand_id, Incident.outbreak_at.is_not(None), Incident.closed_at.is_(None)
    )
    return session.scalar(wanted.order_by(Incident.voices.desc(), Incident.id.desc()).limit(1))


def list_incidents(session: Session, *, brand_id: int, now: datetime, closed: bool = False) -> list[IncidentRow]:
    """Return the open incidents, outbreaks first and the largest first, or the closed ones, the newest first."""
    wanted = select(Incident).where(Incident.brand_id == brand_id)
    if closed:
        wanted = wanted.where(Incident.closed_at.is_not(None)).order_by(Incident.closed_at.desc(), Incident.id.desc())
    else:
        is_outbreak = case((Incident.outbreak_at.is_(None), 0), else_=1)
        order = (is_outbreak.desc(), Incident.voices.desc(), Incident.id.desc())
        wanted = wanted.where(Incident.closed_at.is_(None)).order_by(*order)
    return _rows(session, session.scalars(wanted.limit(MOST_SHOWN)).all(), now)


def get_incident(session: Session, *, brand_id: int, incident_id: int, now: datetime, skip: int = 0) -> IncidentView:
    """Return one incident of the brand, its voices without the first `skip`. Raises NotFound."""
    incident = session.scalar(select(Incident).where(Incident.id == incident_id, Incident.brand_id == brand_id))
    if incident is None:
        raise NotFound("There is no such incident.")
    rows = session.execute(_events(incident_id)).all()
    likeness = {row.IncidentEvent.detail["case_id"]: row.IncidentEvent.detail["likeness"] for row in rows
                if row.IncidentEvent.kind == "joined"}  # fmt: skip
    people: dict[int | None, str] = {
        row.id: row.name
        for row in session.execute(
            select(User.id, User.name).where(User.id.in_([incident.statement_by, incident.approved_by]))
        )
    }
    voices, is_last = _voices(session, incident, likeness, skip)
    return IncidentView(
        row=_rows(session, [incident], now)[0],
        voices=voices,
        next=None if is_last else skip + MOST_SHOWN,
        taken_out=_taken_out(session, incident_id),
        events=tuple(
            Happened(event=row.IncidentEvent, user_name=row.name) for row in rows if row.IncidentEvent.kind != "joined"
        ),
        author_of_statement=people.get(incident.statement_by),
        approver=people.get(incident.approved_by),
    )


def _rows(session: Session, incidents: Sequence[Incident], now: datetime) -> list[IncidentRow]:
    names = [incident.id for incident in incidents]
    voice = case((Case.author_id.is_not(None), Case.author_id), else_=-Case.id)

    def people(since: timedelta, until: timedelta) -> Any:
        spoke = (Mention.created_at > now - since) & (Mention.created_at <= now - until)
        return func.count(voice.distinct()).filter(spoke)

    counted = {
        row.incident_id: row
        for row in session.execute(
            select(
                Case.incident_id,
                func.count(Case.id.distinct()).filter(Case.state != CaseState.RESOLVED).label("open_cases"),
                people(_DAY, timedelta(0)).label("last_day"),
                people(2 * _DAY, _DAY).label("day_before"),
            )
            .join(Mention, Mention.case_id == Case.id)
            .where(Case.incident_id.in_(names), Mention.gone_at.is_(None), Mention.p_negative >= 0.5)
            .group_by(Case.incident_id)
        )
    }
    leads = [incident.lead_mention_id for incident in incidents if incident.lead_mention_id is not None]
    standing = select(Mention.id, Mention.text).where(Mention.id.in_(leads), Mention.gone_at.is_(None))
    said: dict[int | None, str] = {row.id: row.text for row in session.execute(standing)}
    return [
        IncidentRow(
            incident=incident,
            words=said.get(incident.lead_mention_id),
            **{name: getattr(counted.get(incident.id), name, 0) for name in ("open_cases", "last_day", "day_before")},
        )
        for incident in incidents
    ]


def _voices(
    session: Session, incident: Incident, likeness: dict[int, float], skip: int
) -> tuple[tuple[Voice, ...], bool]:
    """Return a page of voices, and whether it is the last one."""
    centres = {} if incident.vector is None else {incident.id: unpacked([incident.vector])[0]}
    _, members = members_of(session, [incident.id], centres).get(incident.id, ("", []))
    telling = {member.case_id: member.mention_id for member in members}
    prepared = prepared_in(session, incident.id)
    found = session.scalars(
        select(Case)
        .where(Case.incident_id == incident.id)
        .order_by(
            case((Case.state == CaseState.RESOLVED, 2), (Case.id.in_(list(prepared)), 1), else_=0),
            Case.hearers.desc().nulls_last(),
            Case.followers.desc().nulls_last(),
            Case.id,
        )
        .offset(skip)
        .limit(MOST_SHOWN + 1)
    ).all()
    cases = found[:MOST_SHOWN]
    ids = {one.id: telling.get(one.id, one.lead_mention_id) for one in cases}
    heard = {
        row.Mention.id: row
        for row in session.execute(
            select(Mention, Author)
            .outerjoin(Author, Author.id == Mention.author_id)
            .where(Mention.id.in_([name for name in ids.values() if name is not None]), Mention.gone_at.is_(None))
        )
    }
    standing = [(one, heard[name]) for one in cases if (name := ids[one.id]) in heard]
    own_name = words(session.scalar(select(Brand.name).where(Brand.id == incident.brand_id)) or "")
    used = {row.Mention.id: words(row.Mention.text) - own_name for _, row in standing}
    counts = Counter(word for said in used.values() for word in said if len(word) >= _LONG or word.isdigit())
    common = sorted((word for word, count in counts.items() if count > 2), key=lambda word: (-counts[word], word))
    voices = tuple(
        Voice(
            case=one,
            mention=row.Mention,
            author=row.Author,
            likeness=likeness.get(one.id),
            shared=tuple(word for word in common if word in used[row.Mention.id])[:_SHARED_WORDS],
            prepared=prepared.get(one.id),
        )
        for one, row in standing
    )
    return voices, len(found) <= MOST_SHOWN


def _taken_out(session: Session, incident_id: int) -> tuple[TakenOut, ...]:
    """Return the cases that a person took out and that stand in no incident, the latest first."""
    rows = session.execute(
        select(KeptOut.case_id, KeptOut.at, Author.name, Author.handle, User.name.label("user_name"))
        .join(Case, Case.id == KeptOut.case_id)
        .outerjoin(Author, Author.id == Case.author_id)
        .outerjoin(User, User.id == KeptOut.user_id)
        .where(KeptOut.incident_id == incident_id, Case.incident_id.is_(None))
        .order_by(KeptOut.at.desc(), KeptOut.case_id)
        .limit(MOST_SHOWN)
    )
    return tuple(
        TakenOut(case_id=row.case_id, author_name=row.name or row.handle, user_name=row.user_name, at=row.at)
        for row in rows
    )


def _events(incident_id: int) -> Select[*tuple[Any, ...]]:
    return (
        select(IncidentEvent, User.name)
        .outerjoin(User, User.id == IncidentEvent.user_id)
        .where(IncidentEvent.incident_id == incident_id)
        .order_by(IncidentEvent.id)
    )
