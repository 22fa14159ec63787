"""The holding statement of an incident: drafted, approved by somebody who may, and prepared for each thread.

Nothing is sent here: a prepared text is copied by hand. Of it only a sketch is kept, to hold the next ones to the
ceiling of likeness.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from responder.accounts.permissions import require
from responder.errors import Conflict, Invalid, NotFound
from responder.incidents.events import note
from responder.incidents.prepared import KIND, newest_of, prepared_in
from responder.incidents.wording import LAST, Adapted, Sketch, Thread, adapted, check, sketch, tidy, too_alike
from responder.insights.rollups import language_of
from responder.models import Author, Case, CaseState, Incident, IncidentEvent, Mention

LONGEST_ANSWER = 10_000

_CLOSED = "This incident was closed meanwhile."


class Overtaken(Conflict):
    """Somebody wrote another statement meanwhile; it `stands`, and nothing was changed."""

    def __init__(self, stands: str) -> None:
        super().__init__("The statement was changed meanwhile. Read what stands now, and save again to write over it.")
        self.stands = stands


def open_incident(session: Session, *, brand_id: int, incident_id: int) -> Incident:
    """Return an incident that is not closed, locked until the transaction ends. Raises NotFound, or Conflict."""
    wanted = select(Incident).where(Incident.id == incident_id, Incident.brand_id == brand_id).with_for_update()
    incident = session.scalar(wanted.execution_options(populate_existing=True))
    if incident is None:
        raise NotFound("There is no such incident.")
    if incident.closed_at is not None:
        raise Conflict(_CLOSED)
    return incident


def draft(
    session: Session, *, brand_id: int, incident_id: int, text: str, seen: str, role: str, user_id: int, now: datetime
) -> Incident:
    """Write the statement over the one that was `seen` ("" for none). A changed text loses its approval.

    Raises NotAllowed, NotFound, Conflict or Invalid; `Overtaken` when somebody else wrote one since.
    """
    require(role, "incident.act")
    incident = open_incident(session, brand_id=brand_id, incident_id=incident_id)
    kept = check(text)
    if kept == incident.statement:
        return incident
    if incident.statement is not None and tidy(seen) != incident.statement:
        raise Overtaken(incident.statement)
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
    mention_id: int,
    text: str,
    seen: int | None = None,
    called: Callable[[str], str] = str,
    role: str,
    user_id: int,
    now: datetime,
) -> str:
    """Check a text that answers one mention and return it for copying.

    `seen` is the preparation for its case that was known when the text was written (`prepared.Prepared.event_id`), None
    for none. `called` says what people call a source.

    Raises NotAllowed, NotFound, Invalid for a text that is empty or too like one of the last answers, and Conflict
    without an approved statement, for what cannot be answered (any more), and when somebody else prepared an answer.
    """
    require(role, "incident.act")
    incident = open_incident(session, brand_id=brand_id, incident_id=incident_id)
    if incident.statement is None or incident.approved_at is None:
        raise Conflict("Nobody has approved the statement yet.")
    thread = thread_of(session, addressed(session, incident, mention_id), called=called)
    latest = prepared_in(session, incident.id, [thread.case_id]).get(thread.case_id)
    if latest is not None and latest.user_id != user_id and latest.event_id != seen:
        name = latest.user_name or "Somebody"
        raise Conflict(
            f"{name} has prepared an answer for this case meanwhile. Speak to each other, then press Answer."
        )
    plain = text.replace("\r\n", "\n").strip()
    if not plain or len(plain) > LONGEST_ANSWER:
        raise Invalid(f"Write an answer of at most {LONGEST_ANSWER:,} characters.")
    others = last_answers(session, incident.id, without=thread.case_id)
    made = sketch(plain, [thread.name] if thread.name else [])
    likeness = too_alike(made, others)
    if likeness is not None:
        raise Invalid(
            f"This is {likeness:.0%} the same as an answer given before: people would read it as copied. "
            "Say it in other words, or name what is particular to this one."
        )
    suggested = {adapted(incident.statement, thread, other).text for other in ((), others)}
    detail = {
        "case_id": thread.case_id,
        "mention_id": mention_id,
        "sketch": sorted(made),
        "as_approved": plain in suggested,
    }
    note(session, KIND, [(incident.id, detail)], now=now, user_id=user_id)
    return plain


def suggest(session: Session, incident: Incident, thread: Thread) -> Adapted | None:
    """Return the approved statement as it may stand in a thread; None while there is none."""
    if incident.statement is None or incident.approved_at is None:
        return None
    return adapted(incident.statement, thread, last_answers(session, incident.id, without=thread.case_id))


def addressed(session: Session, incident: Incident, mention_id: int) -> Mention:
    """Return a mention of an incident that can be answered.

    Raises NotFound when it is not of it, Conflict when the incident is over, it was deleted at its source or its case
    is resolved.
    """
    if incident.closed_at is not None:
        raise Conflict(_CLOSED)
    found = session.execute(
        select(Mention, Case.state)
        .join(Case, Case.id == Mention.case_id)
        .where(Mention.id == mention_id, Case.brand_id == incident.brand_id, Case.incident_id == incident.id)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise NotFound("This is not part of the incident any more.")
    mention, state = found
    if mention.gone_at is not None:
        raise Conflict("This was deleted where it was said: there is nothing left to answer.")
    if state == CaseState.RESOLVED:
        raise Conflict("This case was resolved meanwhile. Reopen it first if there is more to say.")
    return mention


def thread_of(session: Session, mention: Mention, *, called: Callable[[str], str] = str) -> Thread:
    """Return the facts of the thread a mention stands in; `called` says what people call a source."""
    author = None if mention.author_id is None else session.get(Author, mention.author_id)
    return Thread(
        case_id=mention.case_id or 0,  # it has one, being of an incident
        language=mention.opinion_language or language_of(mention.language),
        name=None if author is None else author.name or author.handle,
        source=called(mention.source),
    )


def last_answers(session: Session, incident_id: int, *, without: int) -> list[Sketch]:
    """Return sketches of the last texts prepared for an incident, one of each case, those for one case left out."""
    newest = newest_of(incident_id, without=without).subquery()
    prepared = session.scalars(
        select(IncidentEvent.detail)
        .where(IncidentEvent.id.in_(select(newest)))
        .order_by(IncidentEvent.id.desc())
        .limit(LAST)
    )
    return [frozenset(detail["sketch"]) for detail in prepared]
