"""Keeping a case's columns in step with its live mentions: who leads, how many there are, which watches heard them.

Which mention belongs to which case is decided by `responder.intake.triage`; what people do to cases by
`responder.cases.lifecycle`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, case, func, insert, select, update
from sqlalchemy.orm import Session

from responder.cases.ranking import UNSCORED, rank_key
from responder.insights.rollups import language_of
from responder.models import Author, Case, CaseEvent, CaseState, CaseWatch, Mention, WatchMention

_LEAD = ("lead_mention_id", "mention_count", "language", "label", "abstained", "p_negative", "intent", "followers")
_UPDATE = (
    update(Case.__table__)  # type: ignore[arg-type]
    .where(Case.id == bindparam("case"))
    .values({name: bindparam(name) for name in (*_LEAD, "lead_at", "rank_key", "updated_at")})
)


def refresh(session: Session, case_ids: Collection[int], *, now: datetime) -> None:
    """Bring these cases in step with their mentions. A case without a live mention is resolved as gone.

    The lead is the most unhappy live mention; of two alike, and among those not scored yet, the one that waits longest.
    """
    if not case_ids:
        return
    leads = {row.case_id: row for row in _leads(session, case_ids)}
    if leads:
        session.connection().execute(_UPDATE, [_columns(row, now) for row in leads.values()])
        _note_watches(session, leads)
    gone = [case_id for case_id in case_ids if case_id not in leads]
    if gone:
        _resolve(session, gone, now)


def led_by(session: Session, author_ids: Collection[int]) -> Collection[int]:
    """Return the cases of these authors that are not resolved: what is known of an author ranks them."""
    if not author_ids:
        return ()
    theirs = select(Case.id).where(Case.author_id.in_(author_ids), Case.state != CaseState.RESOLVED)
    return session.scalars(theirs).all()


def note(session: Session, kind: str, happened: Iterable[tuple[int, dict[str, Any]]], *, now: datetime) -> None:
    """Append one event of a kind to each of these cases, done by Earshot itself."""
    rows = [{"case_id": told, "kind": kind, "user_id": None, "at": now, "detail": detail} for told, detail in happened]
    if rows:
        session.connection().execute(insert(CaseEvent), rows)


def _leads(session: Session, case_ids: Collection[int]) -> Sequence[Row[Any]]:
    # As the ranking sees it: a guess must not stand in front of an opinion that is sure, and lower its case with it.
    guessed = (Mention.p_negative + UNSCORED) / 2
    unhappiness = case((Mention.abstained.is_(True), guessed), else_=Mention.p_negative)
    order = (unhappiness.desc().nulls_last(), Mention.created_at, Mention.id)
    live = (
        select(
            Mention.id.label("lead_mention_id"),
            Mention.case_id,
            Mention.author_id,
            Mention.created_at.label("lead_at"),
            Mention.p_negative,
            Mention.label,
            Mention.abstained,
            Mention.intent,
            Mention.language,
            Mention.opinion_language,
            func.row_number().over(partition_by=Mention.case_id, order_by=order).label("place"),
            func.count().over(partition_by=Mention.case_id).label("mention_count"),
        )
        .where(Mention.case_id.in_(case_ids), Mention.gone_at.is_(None))
        .subquery()
    )
    return session.execute(
        select(live, Author.followers).outerjoin(Author, Author.id == live.c.author_id).where(live.c.place == 1)
    ).all()


def _columns(lead: Row[Any], now: datetime) -> dict[str, Any]:
    columns = {name: getattr(lead, name) for name in _LEAD}
    columns["language"] = lead.opinion_language or language_of(lead.language)
    key = rank_key(p_negative=lead.p_negative, followers=lead.followers, lead_at=lead.lead_at, abstained=lead.abstained)
    return {**columns, "case": lead.case_id, "lead_at": lead.lead_at, "rank_key": key, "updated_at": now}


def _note_watches(session: Session, case_ids: Collection[int]) -> None:
    heard = select(WatchMention.watch_id, Mention.case_id).join(Mention, Mention.id == WatchMention.mention_id)
    noted = select(CaseWatch.watch_id, CaseWatch.case_id).where(CaseWatch.case_id.in_(case_ids))
    missing = session.execute(heard.where(Mention.case_id.in_(case_ids)).distinct().except_(noted)).all()
    if missing:
        rows = [{"watch_id": watch_id, "case_id": case_id} for watch_id, case_id in missing]
        session.connection().execute(insert(CaseWatch), rows)


def _resolve(session: Session, case_ids: Sequence[int], now: datetime) -> None:
    nothing = dict.fromkeys(("lead_mention_id", "label", "abstained", "p_negative", "intent"))
    session.execute(
        update(Case)
        .where(Case.id.in_(case_ids))
        .values(**nothing, mention_count=0, updated_at=now)
        .execution_options(synchronize_session=False)
    )
    ended = session.scalars(
        update(Case)
        .where(Case.id.in_(case_ids), Case.state != CaseState.RESOLVED)
        .values(state=CaseState.RESOLVED, resolution="gone", resolved_at=now, snoozed_until=None)
        .returning(Case.id)
        .execution_options(synchronize_session=False)
    ).all()
    note(session, "resolved", ((case_id, {"resolution": "gone"}) for case_id in ended), now=now)
