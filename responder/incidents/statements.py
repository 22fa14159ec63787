"""The holding statement of an incident: drafted, approved by somebody who may, and prepared for each thread.

Nothing is sent here: a prepared text is copied by hand. Of it only a sketch is kept, to hold the next ones to the
ceiling of likeness.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from responder.accounts.permissions import require
from responder.errors import Conflict, Invalid, NotFound
from responder.incidents.events import note
from responder.incidents.wording import LAST, Adapted, Sketch, Thread, adapted, check, sketch, too_alike
from responder.models import Author, Case, Incident, IncidentEvent

LONGEST_ANSWER = 10_000


def open_incident(session: Session, *, brand_id: int, incident_id: int) -> Incident:
    """Return an incident that is not closed, locked until the transaction ends. Raises NotFound, or Conflict."""
    wanted = select(Incident).where(Incident.id == incident_id, Incident.brand_id == brand_id).with_for_update()
    incident = session.scalar(wanted.execution_options(populate_existing=True))
    if incident is None:
        raise NotFound("There is no such incident.")
    if incident.closed_at is not None:
        raise Conflict("This incident was closed meanwhile.")
    return incident


def draft(
    session: Session, *, brand_id: int, incident_id: int, text: str, role: str, user_id: int, now: datetime
) -> Incident:
    """Write the statement. A changed text loses its approval. Raises NotAllowed, NotFound, Conflict or Invalid."""
    require(role, "incident.act")
    incident = open_incident(session, brand_id=brand_id, incident_id=incident_id)
    kept = check(text)
    if kept == incident.statement:
        return incident
    if incident.approved_at is not None:
        incident.approved_by = incident.approved_at = None
        note(session, "approval_lost", [(incident.id, {})], now=now, user_id=user_id)
    incident.statement, incident.statement_by, incident.statement_at = kept, user_id, now
    note(session, "drafted", [(incident.id, {"length": len(kept)})], now=now, user_id=user_id)
    return incident


def approve(
    session: Session, *, brand_id: int, incident_id: int, seen: str, role: str, user_id: int, now: datetime
) -> Incident:
    """Approve the statement as it was `seen`. Raises NotAllowed, NotFound, or Conflict when it reads otherwise now."""
    require(role, "incident.approve")
    incident = open_incident(session, brand_id=brand_id, incident_id=incident_id)
    if incident.statement is None or check(seen) != incident.statement:
        raise Conflict("The statement was changed meanwhile. Read it again before you approve it.")
    if incident.approved_at is None:
        incident.approved_by, incident.approved_at = user_id, now
        note(session, "approved", [(incident.id, {})], now=now, user_id=user_id)
    return incident


def prepare(
    session: Session,
    *,
    brand_id: int,
    incident_id: int,
    case_id: int,
    text: str,
    source: str,
    role: str,
    user_id: int,
    now: datetime,
) -> str:
    """Check a text for one thread and return it for copying; `source` is what people call the thread's platform.

    Raises NotAllowed, NotFound, Conflict without an approved statement, and Invalid for a text that is empty or too
    like one of the last answers.
    """
    require(role, "incident.act")
    incident = open_incident(session, brand_id=brand_id, incident_id=incident_id)
    if incident.statement is None or incident.approved_at is None:
        raise Conflict("Nobody has approved the statement yet.")
    thread = thread_of(session, incident, case_id, source=source)
    plain = text.replace("\r\n", "\n").strip()
    if not plain or len(plain) > LONGEST_ANSWER:
        raise Invalid(f"Write an answer of at most {LONGEST_ANSWER:,} characters.")
    others = last_answers(session, incident.id, without=case_id)
    made = sketch(plain, [thread.name] if thread.name else [])
    likeness = too_alike(made, others)
    if likeness is not None:
        raise Invalid(
            f"This is {likeness:.0%} the same as an answer given before: people would read it as copied. "
            "Say it in other words, or name what is particular to this one."
        )
    suggested = {adapted(incident.statement, thread, other).text for other in ((), others)}
    detail = {"case_id": case_id, "sketch": sorted(made), "as_approved": plain in suggested}
    note(session, "prepared", [(incident.id, detail)], now=now, user_id=user_id)
    return plain


def suggest(session: Session, incident: Incident, thread: Thread) -> Adapted | None:
    """Return the approved statement as it may stand in a thread; None while there is none."""
    if incident.statement is None or incident.approved_at is None:
        return None
    return adapted(incident.statement, thread, last_answers(session, incident.id, without=thread.case_id))


def thread_of(session: Session, incident: Incident, case_id: int, *, source: str) -> Thread:
    """Return the facts of a case of an incident. Raises NotFound when it is not of it."""
    found = session.execute(
        select(Case.id, Case.language, Author.name, Author.handle)
        .outerjoin(Author, Author.id == Case.author_id)
        .where(Case.id == case_id, Case.brand_id == incident.brand_id, Case.incident_id == incident.id)
    ).one_or_none()
    if found is None:
        raise NotFound("This case is not part of the incident any more.")
    return Thread(case_id=case_id, language=found.language, name=found.name or found.handle, source=source)


def last_answers(session: Session, incident_id: int, *, without: int) -> list[Sketch]:
    """Return sketches of the last texts prepared for an incident, those for one case left out."""
    prepared = session.scalars(
        select(IncidentEvent.detail)
        .where(IncidentEvent.incident_id == incident_id, IncidentEvent.kind == "prepared")
        .order_by(IncidentEvent.id.desc())
        .limit(2 * LAST)
    )
    return [frozenset(detail["sketch"]) for detail in prepared if detail["case_id"] != without][:LAST]
