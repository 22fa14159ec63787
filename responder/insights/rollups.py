"""Keeping the hour cells and author days in step with the mentions: every change is "take away before, add after".

Owns what one mention contributes, and writing the sums of many changes in one statement. When mentions change is
intake's business; reading the cells is left to the other modules of `responder.insights`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Table, and_, bindparam, delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from responder.models import AuthorDay, HourCell

UNKNOWN_LANGUAGE = "und"
BINS = 10
"""Bins of the histogram of p_negative, each a tenth wide."""

COUNTS = (
    "mentions",
    "scored",
    "negative",
    "neutral",
    "positive",
    "unsure",
    "sum_negative",
    "sum_neutral",
    "sum_positive",
    *(f"p{number}" for number in range(BINS)),
)
"""The counted columns of a cell, in the order of a contribution."""

_LABELS = {"negative": 2, "neutral": 3, "positive": 4}
_UNSURE = 5
_SUMS = 6
_HISTOGRAM = 9
_UNSCORED = (1, *(0 for _ in COUNTS[1:]))
_LANGUAGE = re.compile(r"[a-z]{2,3}(?=$|[-_])", re.IGNORECASE)

Cell = tuple[datetime, str, str]
"""Hour (UTC), source and language."""


class Counted(NamedTuple):
    """What rollups need to know of one stored mention. `label` None: not scored. `author_id` None: nobody known."""

    created_at: datetime
    source: str
    language: str | None
    author_id: int | None
    label: str | None
    abstained: bool | None
    p_negative: float | None
    p_neutral: float | None
    p_positive: float | None
    opinion_language: str | None


def contribution(mention: Counted) -> tuple[Cell, Sequence[float]]:
    """Return the cell a mention is counted in and what it adds to that cell's `COUNTS`.

    An opinion that abstains is scored and unsure, and counts for no label; its probabilities count like any other's.
    """
    hour = mention.created_at.replace(minute=0, second=0, microsecond=0)
    if mention.label is None or mention.p_negative is None:
        return (hour, mention.source, language_of(mention.language)), _UNSCORED
    counts: list[float] = list(_UNSCORED)
    counts[1] = 1
    counts[_UNSURE if mention.abstained else _LABELS[mention.label]] = 1
    counts[_SUMS : _SUMS + 3] = (mention.p_negative, mention.p_neutral or 0.0, mention.p_positive or 0.0)
    counts[_HISTOGRAM + min(BINS - 1, int(mention.p_negative * BINS))] = 1
    return (hour, mention.source, mention.opinion_language or language_of(mention.language)), counts


def language_of(claim: str | None) -> str:
    """Return the ISO code of a platform's language claim ("en-GB", "pt_BR"), "und" when it names none."""
    found = _LANGUAGE.match(claim or "")
    return found.group().lower() if found else UNKNOWN_LANGUAGE


class Changes:
    """Sums of what changed, gathered mention by mention and written once. Belongs to one transaction."""

    def __init__(self) -> None:
        self._cells: defaultdict[tuple[int, Cell], list[float]] = defaultdict(lambda: [0] * len(COUNTS))
        self._days: defaultdict[tuple[int, date, int], int] = defaultdict(int)

    def add(self, mention: Counted, watch_ids: Sequence[int]) -> None:
        """Count a mention for each of these watches."""
        self._count(mention, watch_ids, 1)

    def remove(self, mention: Counted, watch_ids: Sequence[int]) -> None:
        """Stop counting a mention as it was for each of these watches."""
        self._count(mention, watch_ids, -1)

    def write(self, session: Session) -> None:
        """Add the sums to the tables; cells and days that nothing is left of are removed."""
        cells = [
            {
                "watch_id": watch_id,
                "hour": hour,
                "source": source,
                "language": language,
                **dict(zip(COUNTS, counts, strict=True)),
            }
            for (watch_id, (hour, source, language)), counts in sorted(self._cells.items())
            if any(counts)
        ]
        days = [
            {"watch_id": watch_id, "day": day, "author_id": author_id, "mentions": count}
            for (watch_id, day, author_id), count in sorted(self._days.items())
            if count
        ]
        _add_up(session, HourCell.__table__, cells, COUNTS)  # type: ignore[arg-type]
        _add_up(session, AuthorDay.__table__, days, ("mentions",))  # type: ignore[arg-type]
        self._cells.clear()
        self._days.clear()

    def _count(self, mention: Counted, watch_ids: Sequence[int], sign: int) -> None:
        cell, counts = contribution(mention)
        for watch_id in watch_ids:
            total = self._cells[watch_id, cell]
            if counts is _UNSCORED:
                total[0] += sign
            else:
                total[:] = [old + sign * new for old, new in zip(total, counts, strict=True)]
            if mention.author_id is not None:
                self._days[watch_id, mention.created_at.date(), mention.author_id] += sign


def _add_up(session: Session, table: Table, rows: list[dict[str, Any]], counts: Sequence[str]) -> None:
    """Add each row's counts to the stored row of the same key, making it when there is none."""
    if not rows:
        return
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = insert(table)
    keys = list(table.primary_key)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=keys,
            set_={name: table.c[name] + statement.excluded[name] for name in counts},
        ),
        rows,
    )
    shrunk = [{f"key_{key.name}": row[key.name] for key in keys} for row in rows if row["mentions"] < 0]
    if shrunk:
        same_key = and_(*(key == bindparam(f"key_{key.name}", type_=key.type) for key in keys))
        session.connection().execute(delete(table).where(same_key, table.c.mentions <= 0), shrunk)
