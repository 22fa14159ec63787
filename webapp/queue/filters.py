"""Filters of the queue as they stand in the address: read from an allow-list, written back into links."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from sqlalchemy import select
from sqlalchemy.orm import Session

from responder.cases.queue import LABELS, Filters
from responder.errors import Invalid, NotFound
from responder.models import CaseState, Watch
from sentiment.opinions import INTENTS

PARAMETERS = ("q", "source", "language", "label", "intent", "watch", "mine", "missed", "state")
"""Every name the queue reads from its address, besides the cursor. Anything else is ignored."""

_STATES = (CaseState.OPEN, CaseState.SNOOZED, CaseState.RESOLVED)
_SOURCE = re.compile(r"[\w .+-]{1,60}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})?")
_ID = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asked for: `values` as typed, for the form and for links; `filters` as the queue takes them."""

    values: Mapping[str, str]
    filters: Filters

    @property
    def is_narrowed(self) -> bool:
        """Whether anything beyond "all open cases" was asked for."""
        return bool(self.values)

    def query(self, **more: str | None) -> str:
        """Return the address's query part with these filters and `more`, "" when there is nothing to say."""
        pairs = {**self.values, **{name: value for name, value in more.items() if value}}
        return f"?{urlencode(pairs)}" if pairs else ""


def read(session: Session, arguments: Mapping[str, str], *, brand_id: int, user_id: int) -> Asked:
    """Read the filters. Raises Invalid naming every one that is none, NotFound for a watch of another brand."""
    values = {name: arguments[name].strip() for name in PARAMETERS if arguments.get(name, "").strip()}
    if faults := [fault for name, value in values.items() if (fault := _fault(name, value))]:
        raise Invalid(*faults)
    filters = Filters(
        source=values.get("source"),
        language=values.get("language"),
        label=values.get("label"),
        intent=values.get("intent"),
        watch_id=_watch_id(session, values["watch"], brand_id) if "watch" in values else None,
        assignee_id=user_id if values.get("mine") == "yes" else None,
        missed=True if values.get("missed") == "yes" else None,
        state=values.get("state", CaseState.OPEN),
        text=values.get("q"),
    )
    return Asked(values=values, filters=filters)


def _fault(name: str, value: str) -> str | None:
    allowed: dict[str, bool] = {
        "source": bool(_SOURCE.fullmatch(value)),
        "language": bool(_LANGUAGE.fullmatch(value)),
        "label": value in LABELS,
        "intent": value in INTENTS,
        "watch": bool(_ID.fullmatch(value)),
        "mine": value in {"yes", "no"},
        "missed": value in {"yes", "no"},
        "state": value in _STATES,
    }
    if allowed.get(name, True):
        return None
    return f"There is no such {name}; choose one from the list."


def _watch_id(session: Session, value: str, brand_id: int) -> int:
    found = session.scalar(select(Watch.id).where(Watch.id == int(value), Watch.brand_id == brand_id))
    if found is None:
        raise NotFound("There is no such watch.")
    return found
