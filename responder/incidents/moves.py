"""What people do to an incident: name it, take a case out, close it, take that back. Every move appends an event."""

from __future__ import annotations

import re
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from responder.errors import Conflict, Invalid, NotFound
from responder.incidents import upkeep
from responder.incidents.events import note
from responder.incidents.statements import open_incident
from responder.intake import leads
from responder.intake.store import lock_brand
from responder.models import Case, Incident, KeptOut

LONGEST_TITLE = 120

_JOINERS = re.compile("[\u200c\u200d]")
"""Unseen signs that join or part what is seen: emoji of several, letters of Persian."""


def rename(session: Session, *, brand_id: int, incident_id: int, title: str, user_id: int, now: datetime) -> Incident:
    """Name an incident; an empty name lets its lead's words stand for it again. Raises NotFound, Conflict, Invalid."""
    plain = " ".join(title.split())
    if len(plain) > LONGEST_TITLE:
        raise Invalid(f"Name it in at most {LONGEST_TITLE} characters.")
    if not _JOINERS.sub("", plain).isprintable():
        raise Invalid("Name it without signs nobody can see.")
    incident = open_incident(session, brand_id=brand_id, incident_id=incident_id)
    if (plain or None) != incident.title:
        incident.title = plain or None
        note(session, "renamed", [(incident.id, {})], now=now, user_id=user_id)
    return incident


def keep_out(
    session: Session, *, brand_id: int, incident_id: int, case_id: int, user_id: int, now: datetime
) -> Incident:
    """Take a case out of an incident for good. Raises NotFound when it is not of it, or Conflict."""
    lock_brand(session, brand_id)
    incident = open_incident(session, brand_id=brand_id, incident_id=incident_id)
    held = select(Case.id).where(Case.id == case_id, Case.brand_id == brand_id, Case.incident_id == incident.id)
    if session.scalar(held) is None:
        raise NotFound("This case is not part of the incident any more.")
    upkeep.take_out(session, incident.id, [case_id], now=now)
    session.add(KeptOut(case_id=case_id, incident_id=incident.id, user_id=user_id, at=now))
    note(session, "removed", [(incident.id, {"case_id": case_id})], now=now, user_id=user_id)
    upkeep.refresh(session, [incident.id], now=now)
    return incident


def put_back(
    session: Session, *, brand_id: int, incident_id: int, case_id: int, user_id: int, now: datetime
) -> Incident:
    """Put a case back that was taken out. Raises NotFound when it was not, Conflict when it says nothing of it now."""
    lock_brand(session, brand_id)
    incident = open_incident(session, brand_id=brand_id, incident_id=incident_id)
    kept_out = session.get(KeptOut, case_id, populate_existing=True)
    case = session.get(Case, case_id, populate_existing=True)
    if kept_out is None or case is None or kept_out.incident_id != incident.id or case.incident_id is not None:
        raise NotFound("This case was not taken out of the incident.")
    session.delete(kept_out)
    case.incident_id = incident.id
    leads.note(session, "joined_incident", [(case_id, {"incident_id": incident.id})], now=now)
    note(session, "put_back", [(incident.id, {"case_id": case_id})], now=now, user_id=user_id)
    session.flush()
    upkeep.refresh(session, [incident.id], now=now)
    session.refresh(case)
    if case.incident_id is None:
        raise Conflict("What stands in this case says nothing of the incident any more.")
    return incident


def reopen(session: Session, *, brand_id: int, incident_id: int, user_id: int, now: datetime) -> Incident:
    """Open a closed incident again with the cases it has. Raises NotFound, or Conflict when it is open or over."""
    lock_brand(session, brand_id)
    wanted = select(Incident).where(Incident.id == incident_id, Incident.brand_id == brand_id).with_for_update()
    incident = session.scalar(wanted.execution_options(populate_existing=True))
    if incident is None:
        raise NotFound("There is no such incident.")
    if incident.closed_at is None:
        raise Conflict("This incident is open already.")
    incident.closed_at = None
    note(session, "reopened", [(incident.id, {})], now=now, user_id=user_id)
    session.flush()
    upkeep.refresh(session, [incident.id], now=now)
    if incident.closed_at is not None:
        raise Conflict("It is over: nobody spoke of it for three days, or fewer than two people are left.")
    return incident


def close(session: Session, *, brand_id: int, incident_id: int, user_id: int, now: datetime) -> Incident:
    """End an incident. Its cases stay as they are. Raises NotFound, or Conflict when it is closed already."""
    incident = open_incident(session, brand_id=brand_id, incident_id=incident_id)
    upkeep.close(session, incident, now=now, reason="by_hand", user_id=user_id)
    session.flush()
    return incident
