"""Which cases of an incident have an answer prepared already, by whom and when, so that nobody prepares a second."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from responder.models import IncidentEvent, User

KIND = "prepared"

_CASE = IncidentEvent.detail["case_id"].as_integer()


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """The latest answer prepared for a case. `user_name` None: who did left since."""

    event_id: int
    user_id: int | None
    user_name: str | None
    at: datetime


def newest_of(incident_id: int, *, without: int | None = None) -> Select[int]:
    """Select the ids of the newest preparation of each case of an incident, those for one case left out."""
    wanted = select(func.max(IncidentEvent.id)).where(
        IncidentEvent.incident_id == incident_id, IncidentEvent.kind == KIND
    )
    others = wanted if without is None else wanted.where(without != _CASE)
    return others.group_by(_CASE)


def prepared_in(session: Session, incident_id: int, case_ids: Collection[int] | None = None) -> dict[int, Prepared]:
    """Return the latest answer of each case of an incident that has one; None asks for all its cases."""
    rows = session.execute(_rows(incident_id)).all()
    return {
        row.detail["case_id"]: Prepared(event_id=row.id, user_id=row.user_id, user_name=row.name, at=row.at)
        for row in rows
        if case_ids is None or row.detail["case_id"] in case_ids
    }


def _rows(incident_id: int) -> Select[*tuple[Any, ...]]:
    return (
        select(IncidentEvent.id, IncidentEvent.detail, IncidentEvent.user_id, IncidentEvent.at, User.name)
        .outerjoin(User, User.id == IncidentEvent.user_id)
        .where(IncidentEvent.id.in_(newest_of(incident_id)))
    )
