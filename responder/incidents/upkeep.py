"""Keeping an incident's columns in step with its cases: who belongs to it, how many voices, whether it is an outbreak.

Call under the brand's lock. Which texts join is decided by `responder.incidents.gathering`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, func, or_, select, update
from sqlalchemy.orm import Session

from responder.incidents.events import note
from responder.incidents.grouping import centre
from responder.incidents.texts import members_of, voice_of
from responder.incidents.unusual import is_outbreak
from responder.intake import leads
from responder.intake.embedding import packed, unpacked
from responder.models import Case, Incident, Mention

SILENCE = timedelta(hours=72)
"""An incident nobody has spoken of for so long is over."""

UNHAPPY_FROM = 0.5

STAYS = 0.3
"""A case whose nearest text has a lower cosine to the centre tells of it no more: what did was edited or deleted."""

USUAL = timedelta(days=56)
"""How far back a brand's incidents tell what is usual."""

_DAY = timedelta(hours=24)
_TWO = 2
"""Voices below which an incident is none."""


def refresh(session: Session, incident_ids: Collection[int], *, now: datetime) -> int:
    """Bring open incidents in step with their cases and return how many changed.

    A case leaves that is happy or gone, or that says nothing of the incident any more. An incident of one voice is
    dissolved. An outbreak stays one until it is closed.
    """
    incidents = session.scalars(_locked(incident_ids)).all() if incident_ids else []
    if not incidents:
        return 0
    before = [_told(incident) for incident in incidents]
    _let_go(session, [incident.id for incident in incidents], now)
    telling = _tell(session, incidents, now)
    cases = _cases(session, [incident.id for incident in incidents])
    for incident in incidents:
        _count(session, incident, cases[incident.id], telling.get(incident.id, {}), now)
        incident.refreshed_at = now
    session.flush()
    return sum(_told(incident) != was for incident, was in zip(incidents, before, strict=True))


def due(session: Session, *, now: datetime, slack: timedelta = timedelta(seconds=30)) -> dict[int, list[int]]:
    """Return the open incidents to refresh or to close, by brand.

    `slack`: a case may be written later than the instant it carries.
    """
    refreshed = select(Incident.id, Incident.refreshed_at, Incident.brand_id).where(Incident.closed_at.is_(None))
    by_brand: dict[int, list[int]] = {}
    newest = {
        row.incident_id: row.at
        for row in session.execute(
            select(Case.incident_id, func.max(Case.updated_at).label("at"))
            .join(Incident, Incident.id == Case.incident_id)
            .where(Incident.closed_at.is_(None))
            .group_by(Case.incident_id)
        )
    }
    silent = set(
        session.scalars(select(Incident.id).where(Incident.closed_at.is_(None), Incident.last_at <= now - SILENCE))
    )
    for row in session.execute(refreshed):
        touched = newest.get(row.id)
        is_behind = touched is None or row.refreshed_at is None or touched >= row.refreshed_at - slack
        if is_behind or row.id in silent:
            by_brand.setdefault(row.brand_id, []).append(row.id)
    return by_brand


def close(session: Session, incident: Incident, *, now: datetime, reason: str, user_id: int | None = None) -> None:
    """End an incident. Its cases stay with it; its centre goes, since nothing is compared with it any more."""
    incident.closed_at = now
    incident.model = incident.vector = None
    note(session, "closed", [(incident.id, {"reason": reason})], now=now, user_id=user_id)


def take_out(session: Session, incident_id: int, case_ids: Sequence[int], *, now: datetime) -> None:
    """Take cases out of an incident, and note it with them."""
    session.execute(
        update(Case)
        .where(Case.id.in_(case_ids), Case.incident_id == incident_id)
        .values(incident_id=None)
        .execution_options(synchronize_session=False)
    )
    leads.note(session, "left_incident", ((case_id, {"incident_id": incident_id}) for case_id in case_ids), now=now)


def _locked(incident_ids: Collection[int]) -> Any:
    wanted = select(Incident).where(Incident.id.in_(incident_ids), Incident.closed_at.is_(None)).order_by(Incident.id)
    return wanted.with_for_update().execution_options(populate_existing=True)


def _told(incident: Incident) -> tuple[Any, ...]:
    names = ("lead_mention_id", "voices", "case_count", "sources", "vector", "last_at", "closed_at", "outbreak_at")
    return tuple(getattr(incident, name) for name in names)


def _let_go(session: Session, incident_ids: Sequence[int], now: datetime) -> None:
    """Take out the cases that are happy or gone."""
    no_longer = or_(Case.lead_mention_id.is_(None), Case.p_negative.is_(None), Case.p_negative < UNHAPPY_FROM)
    found: dict[int, list[int]] = {}
    for row in session.execute(select(Case.id, Case.incident_id).where(Case.incident_id.in_(incident_ids), no_longer)):
        found.setdefault(row.incident_id, []).append(row.id)
    for incident_id, case_ids in found.items():
        take_out(session, incident_id, case_ids, now=now)


def _tell(session: Session, incidents: Sequence[Incident], now: datetime) -> dict[int, dict[int, int]]:
    """Set each incident's centre, take out cases far from it, and return by what text each case tells of it."""
    middles = {one.id: unpacked([one.vector])[0] for one in incidents if one.vector is not None}
    found = members_of(session, [one.id for one in incidents], middles)
    telling = {}
    for incident in incidents:
        model, members = found.get(incident.id, (None, []))
        middle = middles.get(incident.id)
        if middle is not None and model == incident.model:
            far = [member.case_id for member in members if member.vector @ middle < STAYS]
            if far:
                take_out(session, incident.id, far, now=now)
                members = [member for member in members if member.case_id not in far]
        incident.model = model
        incident.vector = packed(centre(member.vector for member in members)) if members else None
        telling[incident.id] = {member.case_id: member.mention_id for member in members}
    return telling


def _count(
    session: Session, incident: Incident, cases: Sequence[Any], telling: Mapping[int, int], now: datetime
) -> None:
    """Fill in what its cases make of an incident. `telling`: by what text each case tells of it, as far as known."""
    voices = {voice_of(case.author_id, case.id) for case in cases}
    if len(voices) < _TWO:
        take_out(session, incident.id, [case.id for case in cases], now=now)
        incident.voices = incident.case_count = 0
        incident.lead_mention_id, incident.sources, incident.title = None, [], None
        close(session, incident, now=now, reason="too_few")
        return
    lead = max(cases, key=_hearers)
    incident.lead_mention_id = telling.get(lead.id, lead.lead_mention_id)
    incident.voices, incident.case_count = len(voices), len(cases)
    incident.sources = sorted({case.source for case in cases})
    incident.last_at = max(case.said_at for case in cases)
    if incident.last_at <= now - SILENCE:
        close(session, incident, now=now, reason="silence")
    elif incident.outbreak_at is None:
        lately = {voice_of(case.author_id, case.id) for case in cases if case.said_at > now - _DAY}
        if is_outbreak(len(lately), _usual_sizes(session, incident, now)):
            incident.outbreak_at = now
            note(session, "outbreak", [(incident.id, {"voices": len(lately)})], now=now)


def _cases(session: Session, incident_ids: Sequence[int]) -> defaultdict[int, list[Any]]:
    """Return the cases of each incident, with when each last said something unhappy."""
    said_at = func.max(Mention.created_at).label("said_at")
    columns = (
        Case.incident_id, Case.id, Case.author_id, Case.source, Case.lead_mention_id, Case.hearers, Case.followers
    )  # fmt: skip
    rows = session.execute(
        select(*columns, said_at)
        .join(Mention, Mention.case_id == Case.id)
        .where(Case.incident_id.in_(incident_ids), Mention.gone_at.is_(None), Mention.p_negative >= UNHAPPY_FROM)
        .group_by(*columns)
        .order_by(Case.id)
    )
    found: defaultdict[int, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.incident_id].append(row)
    return found


def _hearers(case: Row[Any]) -> tuple[float, float, int]:
    """Order cases by who hears them; unknown is least, and of equals the first case leads."""
    known = [-1.0 if number is None else float(number) for number in (case.hearers, case.followers)]
    return known[0], known[1], -case.id


def _usual_sizes(session: Session, incident: Incident, now: datetime) -> list[int]:
    found = session.scalars(
        select(Incident.voices).where(
            Incident.brand_id == incident.brand_id,
            Incident.id != incident.id,
            Incident.opened_at > now - USUAL,
            Incident.outbreak_at.is_(None),
            Incident.voices > 0,
        )
    )
    return list(found)
