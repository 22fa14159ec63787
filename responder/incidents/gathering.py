"""The job that finds incidents: each new unhappy text is looked at once, and joins, opens, or waits for others alike.

Work is a row that waits: a vector nobody looked at yet (`mention_vectors.grouped_at`), or a text that a person called
unhappy since. Texts are read and compared outside any transaction that writes; what was found is written under the
brand's lock, as far as it still stands. A lost or doubled step loses and doubles nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, select, update
from sqlalchemy.orm import Session

from responder.context import Context
from responder.errors import NotFound
from responder.incidents import upkeep
from responder.incidents.grouping import Grouped, group
from responder.incidents.surroundings import Surroundings
from responder.incidents.texts import ANSWERABLE, WINDOW
from responder.incidents.writing import write
from responder.intake.store import lock_brand
from responder.models import Case, Correction, KeptOut, Mention, MentionVector

STEP = 128
"""Texts looked at in one step."""

COMPARED = 16
"""Of them, unhappy ones compared with others; the rest wait for the next step."""

_CORRECTIONS = 200
"""Newest corrections looked through for texts that a person called unhappy after Earshot had passed them by."""

_VECTORS: Any = MentionVector.__table__


def gather_due(context: Context) -> int:
    """Keep every open incident in step and look at what is new; return how many changed incidents and texts."""
    with context.database.reading() as session:
        waiting = upkeep.due(session, now=context.clock())
    # First: nothing joins an incident that is over.
    done = sum(_keep_up(context, brand_id, incident_ids) for brand_id, incident_ids in waiting.items())
    for (brand_id, model), rows in _new_rows(context).items():
        done += _gather(context, brand_id, model, rows)
    return done


def _new_rows(context: Context) -> dict[tuple[int, str], list[Any]]:
    """Return what was not looked at yet, by brand and by what made the vectors."""
    with context.database.reading() as session:
        rows = [
            *session.execute(_looked_for(_VECTORS.c.grouped_at.is_(None)).limit(STEP)),
            *session.execute(_looked_for(_corrected_since())),
        ]
    found: defaultdict[tuple[int, str], list[Any]] = defaultdict(list)
    for row in rows:
        found[row.brand_id, row.model].append(row)
    return dict(sorted(found.items()))


def _looked_for(which: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Mention.id.label("mention_id"), Mention.brand_id, Mention.author_id, Mention.case_id, Mention.text,
            Mention.revision, Mention.created_at, Mention.p_negative, MentionVector.model, MentionVector.vector,
            Case.state, Case.incident_id, KeptOut.case_id.label("kept_out"),
        )
        .join(MentionVector, MentionVector.mention_id == Mention.id)
        .outerjoin(Case, Case.id == Mention.case_id)
        .outerjoin(KeptOut, KeptOut.case_id == Case.id)
        .where(which, _VECTORS.c.vector.is_not(None))
        .order_by(MentionVector.mention_id)
    )  # fmt: skip


def _corrected_since() -> ColumnElement[bool]:
    newest = select(Correction.mention_id, Correction.at).order_by(Correction.id.desc()).limit(_CORRECTIONS).subquery()
    passed_by = (
        select(newest.c.mention_id)
        .join(MentionVector, MentionVector.mention_id == newest.c.mention_id)
        .where(newest.c.at > MentionVector.grouped_at)
    )
    return MentionVector.mention_id.in_(passed_by)


def _gather(context: Context, brand_id: int, model: str, rows: Sequence[Any]) -> int:
    """Group a brand's new texts and write down what was found; return how many were looked at."""
    now = context.clock()
    wanted = sorted((row for row in rows if _is_wanted(row, now)), key=lambda row: (row.created_at, row.mention_id))
    unhappy, waiting = wanted[:COMPARED], {row.mention_id for row in wanted[COMPARED:]}
    rows = [row for row in rows if row.mention_id not in waiting]
    found, around = Grouped([], []), None
    if unhappy:
        around = Surroundings(context, brand_id=brand_id, model=model, now=now)
        fresh = around.texts(unhappy)
        loose = around.loose({text.key for text in fresh})
        found = group(fresh, loose, around.incidents(fresh), is_news=around.is_news)
    with context.database.writing() as session:
        try:
            lock_brand(session, brand_id)
        except NotFound:
            return 0
        read = {row.mention_id: row.revision for row in rows}
        if around is not None:
            write(session, brand_id, found, around.revisions | read, now=now)
            upkeep.refresh(session, around.stale, now=now)
        _mark(session, read, now)
    return len(rows)


def _is_wanted(row: Any, now: datetime) -> bool:
    return (
        row.state in ANSWERABLE
        and row.incident_id is None
        and row.kept_out is None
        and row.p_negative is not None
        and row.p_negative >= upkeep.UNHAPPY_FROM
        and row.created_at > now - WINDOW
    )


def _mark(session: Session, read: dict[int, int], now: datetime) -> None:
    """Note that these texts were looked at, unless another version of one stands there by now."""
    held = session.execute(select(Mention.id, Mention.revision).where(Mention.id.in_(read)))
    same = [row.id for row in held if row.revision == read[row.id]]
    session.execute(update(_VECTORS).where(_VECTORS.c.mention_id.in_(same)).values(grouped_at=now))


def _keep_up(context: Context, brand_id: int, incident_ids: list[int]) -> int:
    with context.database.writing() as session:
        try:
            lock_brand(session, brand_id)
        except NotFound:
            return 0
        return upkeep.refresh(session, incident_ids, now=context.clock())
