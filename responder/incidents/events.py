"""What happened to incidents, append-only and without anybody's words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from responder.models import IncidentEvent


def note(
    session: Session,
    kind: str,
    happened: Iterable[tuple[int, dict[str, Any]]],
    *,
    now: datetime,
    user_id: int | None = None,
) -> None:
    """Append one event of a kind to each of these incidents. `user_id` None: Earshot itself did it."""
    rows = [
        {"incident_id": name, "kind": kind, "user_id": user_id, "at": now, "detail": detail}
        for name, detail in happened
    ]
    if rows:
        session.connection().execute(insert(IncidentEvent), rows)
