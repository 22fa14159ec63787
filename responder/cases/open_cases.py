"""Open cases of a brand as the ranking takes them in: rows of the database as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from responder.cases.inputs import UNSCORED
from responder.cases.priority import UNKNOWN, OpenCases
from responder.cases.promises import PROMISES
from responder.cases.states import looked_up, open_in
from responder.db import unix_seconds
from responder.models import Case

Array = np.ndarray[Any, Any]

_NUMBERS = ("p_question", "intensity", "telling", "hearers", "velocity", "tau", "answerability")
_INSTANTS = ("opened_at", "promised_by", "leased_until", "said_at")
_LEAST_PROMISE = 1.0
_COLUMNS = (
    Case.id,
    unix_seconds(Case.opened_at).label("opened_at"),
    unix_seconds(Case.promised_by).label("promised_by"),
    unix_seconds(Case.leased_until).label("leased_until"),
    unix_seconds(Case.said_at).label("said_at"),
    Case.p_negative,
    Case.abstained,
    Case.incident_id,
    Case.safety,
    *(getattr(Case, name) for name in _NUMBERS),
)
_NAMES = (
    "id",
    "opened_at",
    "promised_by",
    "leased_until",
    "said_at",
    "p_negative",
    "abstained",
    "incident_id",
    "safety",
    *_NUMBERS,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """Open cases, one entry each: their `ids`, whether their promise `ends_today` or did before, is one `leased`.

    `told` names per column whether something was known, before the usual value took its place.
    """

    ids: Array
    cases: OpenCases
    ends_today: Array
    leased: Array
    told: dict[str, Array]

    def unknown(self, place: int) -> frozenset[str]:
        """Return the names of what is not known of the case at a place."""
        return frozenset(name for name, told in self.told.items() if not told[place])


def read_open(
    session: Session,
    brand_id: int,
    *,
    above: int | None = None,
    among: Sequence[int] | None = None,
    limit: int | None = None,
) -> Sequence[Any]:
    """Return the rows of a brand's open cases; of those with an id `above` one; or `among` some, open or not."""
    wanted = select(*_COLUMNS)
    if among is not None:
        wanted = wanted.where(Case.id.in_(among), looked_up(Case.brand_id == brand_id))
    elif above is not None:
        wanted = wanted.where(Case.id > above, looked_up(*open_in(brand_id))).order_by(Case.id)
    else:
        wanted = wanted.where(*open_in(brand_id)).order_by(Case.id)
    return session.execute(wanted.limit(limit)).all()


def as_arrays(rows: Sequence[Any], *, now: datetime, zone: ZoneInfo) -> Read:
    """Return these rows as arrays at an instant, the usual in place of what is unknown; days end in `zone`."""
    columns: dict[str, Sequence[Any]] = dict(zip(_NAMES, zip(*rows, strict=True), strict=True)) if rows else {}
    numbers = {name: np.array(columns.get(name, ()), dtype=float) for name in ("p_negative", *_NUMBERS)}
    instants = {name: np.array(columns.get(name, ()), dtype=float) for name in _INSTANTS}
    guessed = np.array(columns.get("abstained", ()), dtype=float) == 1.0
    numbers["p_negative"] = np.where(guessed, (numbers["p_negative"] + UNSCORED) / 2, numbers["p_negative"])
    said_at = np.where(np.isnan(instants["said_at"]), instants["opened_at"], instants["said_at"])
    promise = (instants["promised_by"] - instants["opened_at"]) / 60.0
    incident = np.array(columns.get("incident_id", ()), dtype=float)
    count = len(rows)
    return Read(
        ids=np.array(columns.get("id", ()), dtype=np.int64),
        cases=OpenCases(
            waited=np.maximum((now.timestamp() - instants["opened_at"]) / 60.0, 0.0),
            age=np.maximum((now.timestamp() - said_at) / 60.0, 0.0),
            promise=np.maximum(np.where(np.isnan(promise), PROMISES["other"], promise), _LEAST_PROMISE),
            minutes=np.full(count, UNKNOWN["minutes"]),
            incident=np.where(np.isnan(incident), -1, incident).astype(np.int64),
            safety=np.array([danger is not None for danger in columns.get("safety", ())], dtype=bool),
            **{name: np.where(np.isnan(values), UNKNOWN[name], values) for name, values in numbers.items()},
        ),
        ends_today=instants["promised_by"] < _midnight(now, zone).timestamp(),
        leased=instants["leased_until"] > now.timestamp(),
        told={**{name: ~np.isnan(values) for name, values in numbers.items()}, "minutes": np.zeros(count, dtype=bool)},
    )


def _midnight(now: datetime, zone: ZoneInfo) -> datetime:
    """Return when today ends."""
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    return datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=zone)
