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
from responder.incidents.texts import members_of
from responder.intake.embedding import unpacked
from responder.models import Author, Brand, Case, CaseState, Incident, IncidentEvent, Mention, User

MOST_SHOWN = 100
"""Incidents in a list, and members of one on its page."""

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
    that at least two others of the incident use too.
    """

    case: Case
    mention: Mention
    author: Author | None
    likeness: float | None
    shared: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """An event, and who did it; None: Earshot itself."""

    event: IncidentEvent
    user_name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentView:
    """An incident whole: its row, its voices (the loudest first, at most `MOST_SHOWN`), and what people did."""

    row: IncidentRow
    voices: tuple[Voice, ...]
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


def get_incident(session: Session, *, brand_id: int, incident_id: int, now: datetime) -> IncidentView:
    """Return one incident of the brand. Raises NotFound."""
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
    return IncidentView(
        row=_rows(session, [incident], now)[0],
        voices=_voices(session, incident, likeness),
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


def _voices(session: Session, incident: Incident, likeness: dict[int, float]) -> tuple[Voice, ...]:
    centres = {} if incident.vector is None else {incident.id: unpacked([incident.vector])[0]}
    _, members = members_of(session, [incident.id], centres).get(incident.id, ("", []))
    telling = {member.case_id: member.mention_id for member in members}
    order = (Case.hearers.desc().nulls_last(), Case.followers.desc().nulls_last(), Case.id)
    cases = session.scalars(
        select(Case).where(Case.incident_id == incident.id).order_by(*order).limit(MOST_SHOWN)
    ).all()
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
    return tuple(
        Voice(
            case=one,
            mention=row.Mention,
            author=row.Author,
            likeness=likeness.get(one.id),
            shared=tuple(word for word in common if word in used[row.Mention.id])[:_SHARED_WORDS],
        )
        for one, row in standing
    )


def _events(incident_id: int) -> Select[*tuple[Any, ...]]:
    return (
        select(IncidentEvent, User.name)
        .outerjoin(User, User.id == IncidentEvent.user_id)
        .where(IncidentEvent.incident_id == incident_id)
        .order_by(IncidentEvent.id)
    )
