"""What a person of the team says of danger: it stands above what the words of a case seemed to say, for good."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from responder.cases.safety import KINDS
from responder.errors import Invalid, NotFound
from responder.intake import leads
from responder.intake.store import lock_brand
from responder.models import Case, CaseEvent


def set_danger(session: Session, *, brand_id: int, case_id: int, kind: str | None, user_id: int, now: datetime) -> Case:
    """Put a case above all others for a kind of danger, or say that there is none (None).

    A promise it has shortened stays. Raises NotFound, also across brands, and Invalid for an unknown kind.
    """
    lock_brand(session, brand_id)
    wanted = select(Case).where(Case.id == case_id, Case.brand_id == brand_id)
    case = session.scalar(wanted.execution_options(populate_existing=True))
    if case is None:
        raise NotFound("There is no such case.")
    if kind is not None and kind not in KINDS:
        raise Invalid(f"Choose one of: {', '.join(KINDS)}; or say that there is no danger.")
    if (case.safety, case.safety_by is not None) == (kind, True):
        return case
    case.safety, case.safety_by, case.updated_at = kind, user_id, now
    session.add(CaseEvent(case_id=case_id, kind="danger", user_id=user_id, at=now, detail={"danger": kind}))
    session.flush()
    leads.refresh(session, {case_id}, now=now)
    session.expire(case)
    return case
