"""What people do to an incident: name it, take a case out, close it. Every move appends an event."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from responder.errors import Invalid, NotFound
from responder.incidents import upkeep
from responder.incidents.events import note
from responder.incidents.statements import open_incident
from responder.intake.store import lock_brand
from responder.models import Case, Incident, KeptOut

LONGEST_TITLE = 120


def rename(session: Session, *, brand_id: int, incident_id: int, title: str, user_id: int, now: datetime) -> Incident:
    """Name an incident; an empty name lets its lead's words stand for it again. Raises NotFound, Conflict, Invalid."""
    plain = " ".join(title.split())
    if len(plain) > LONGEST_TITLE or not plain.isprintable():
        raise Invalid(f"Name it in at most {LONGEST_TITLE} characters.")
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


def close(session: Session, *, brand_id: int, incident_id: int, user_id: int, now: datetime) -> Incident:
    """End an incident. Its cases stay as they are. Raises NotFound, or Conflict when it is closed already."""
    incident = open_incident(session, brand_id=brand_id, incident_id=incident_id)
    upkeep.close(session, incident, now=now, reason="by_hand", user_id=user_id)
    session.flush()
    return incident
