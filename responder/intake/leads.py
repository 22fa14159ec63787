"""Keeping a case's columns in step with its live mentions: who leads, how many there are, which watches heard them.

Which mention belongs to which case is decided by `responder.intake.triage`; what people do to cases by
`responder.cases.lifecycle`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, case, func, insert, select, update
from sqlalchemy.orm import Session

from listeners.mentions import Kind
from responder.calendars.policies import book_of
from responder.calendars.terms import Book
from responder.cases import inputs, promises
from responder.cases.inputs import UNSCORED
from responder.cases.ranking import rank_key
from responder.cases.safety import KINDS, danger
from responder.insights.rollups import language_of
from responder.models import Author, Case, CaseEvent, CaseState, CaseWatch, Mention, Sharer, WatchMention
from responder.sharers.assessment import FREQUENT, rate_ratio
from responder.sharers.habits import carry_factor
from responder.sharers.linked import linked_accounts, standings
from responder.sharers.profiles import references
from responder.sharers.reference import Reference, borrowed_for

_LEAD = (
    "lead_mention_id",
    "mention_count",
    "label",
    "abstained",
    "p_negative",
    "intent",
    "intensity",
    "followers",
    "lead_at",
    "said_at",
)
_DERIVED = (
    "language",
    "p_question",
    "answerability",
    "hearers",
    "velocity",
    "tau",
    "telling",
    "sharer",
    "badge",
    "promise_class",
    "promised_by",
    "rank_key",
    "updated_at",
)
_UPDATE = (
    update(Case.__table__)  # type: ignore[arg-type]
    .where(Case.id == bindparam("case"))
    .values({name: bindparam(name) for name in (*_LEAD, *_DERIVED)})
)
_OF_LEAD = (
    "case_id",
    "brand_id",
    "author_id",
    "source",
    "kind",
    "p_negative",
    "label",
    "abstained",
    "intent",
    "intent_confidence",
    "intensity",
    "language",
    "opinion_language",
    "addressed",
    "parent_id",
    "views",
    "reposts",
    "replies",
)
"""What is read of the mention that leads."""

_Standing = tuple[float | None, str | None]
"""A percentile among those who tell, and a badge."""

_SAID = ("lead_mention_id", "label", "abstained", "p_negative", "intent", "intensity", "p_question")
"""What is known of a case only as long as something of it is left."""


def refresh(session: Session, case_ids: Collection[int], *, now: datetime) -> None:
    """Bring these cases in step with their mentions. A case without a live mention is resolved as gone.

    Danger goes with the last text that tells of it, unless a person spoke of it.

    The lead is the most unhappy live mention; of two alike, and among those not scored yet, the one that waits longest.
    """
    if not case_ids:
        return
    _calm(session, case_ids, now)
    leads = {row.case_id: row for row in _leads(session, case_ids)}
    if leads:
        brands = {row.brand_id for row in leads.values()}
        known = {brand_id: references(session, brand_id) for brand_id in brands}
        books = {brand_id: book_of(session, brand_id) for brand_id in brands}
        persons = standings(session, {row.author_id for row in leads.values() if row.author_id is not None})
        rows = [
            _columns(row, known[row.brand_id][row.source], books[row.brand_id], persons, now) for row in leads.values()
        ]
        session.connection().execute(_UPDATE, rows)
        _note_watches(session, leads)
    gone = [case_id for case_id in case_ids if case_id not in leads]
    if gone:
        _resolve(session, gone, now)


def led_by(session: Session, author_ids: Collection[int]) -> Collection[int]:
    """Return the cases that are not resolved of these authors and of their linked accounts: who they are ranks them."""
    if not author_ids:
        return ()
    persons = frozenset[int]().union(*linked_accounts(session, author_ids).values())
    theirs = select(Case.id).where(Case.author_id.in_(persons), Case.state != CaseState.RESOLVED)
    return session.scalars(theirs).all()


def follow(session: Session, author_ids: Collection[int], *, now: datetime) -> None:
    """Bring the cases in step that rest on what is known of these authors."""
    refresh(session, led_by(session, author_ids), now=now)


def note(session: Session, kind: str, happened: Iterable[tuple[int, dict[str, Any]]], *, now: datetime) -> None:
    """Append one event of a kind to each of these cases, done by Earshot itself."""
    rows = [{"case_id": told, "kind": kind, "user_id": None, "at": now, "detail": detail} for told, detail in happened]
    if rows:
        session.connection().execute(insert(CaseEvent), rows)


def _calm(session: Session, case_ids: Collection[int], now: datetime) -> None:
    """Let each case that a text put above all others be of the danger that its live texts tell of, or of none."""
    warned = select(Case).where(Case.id.in_(case_ids), Case.safety.is_not(None), Case.safety_by.is_(None))
    for held in session.scalars(warned.execution_options(populate_existing=True)).all():
        texts = session.scalars(select(Mention.text).where(Mention.case_id == held.id, Mention.gone_at.is_(None)))
        told = {danger(text) for text in texts if text}
        if held.safety not in told:
            held.safety, held.updated_at = next((kind for kind in KINDS if kind in told), None), now
            note(session, "danger", [(held.id, {"danger": held.safety})], now=now)
    session.flush()


def _leads(session: Session, case_ids: Collection[int]) -> Sequence[Row[Any]]:
    # As the ranking sees it: a guess must not stand in front of an opinion that is sure, and lower its case with it.
    guessed = (Mention.p_negative + UNSCORED) / 2
    unhappiness = case((Mention.abstained.is_(True), guessed), else_=Mention.p_negative)
    order = (unhappiness.desc().nulls_last(), Mention.created_at, Mention.id)
    live = (
        select(
            Mention.id.label("lead_mention_id"),
            Mention.created_at.label("lead_at"),
            *(getattr(Mention, name) for name in _OF_LEAD),
            func.row_number().over(partition_by=Mention.case_id, order_by=order).label("place"),
            func.count().over(partition_by=Mention.case_id).label("mention_count"),
            func.max(Mention.created_at).over(partition_by=Mention.case_id).label("said_at"),
        )
        .where(Mention.case_id.in_(case_ids), Mention.gone_at.is_(None))
        .subquery()
    )
    held = (Case.opened_at, Case.promise_class, Case.promised_by, Case.safety)
    habits = (Sharer.percentile, Sharer.badge, Sharer.weight, Sharer.first_at, Sharer.reshared, Sharer.expected)
    return session.execute(
        select(live, *held, Author.followers, *habits)
        .join(Case, Case.id == live.c.case_id)
        .outerjoin(Author, Author.id == live.c.author_id)
        .outerjoin(Sharer, Sharer.author_id == live.c.author_id)
        .where(live.c.place == 1)
    ).all()


def _columns(
    lead: Row[Any], own: Reference, book: Book, persons: Mapping[int, _Standing], now: datetime
) -> dict[str, Any]:
    """Return a case's columns; the author stands as the person does whom confirmed links make of several accounts."""
    columns = {name: getattr(lead, name) for name in _LEAD}
    percentile, badge = persons.get(lead.author_id, (lead.percentile, lead.badge))
    return {
        **columns,
        **_judged(lead, badge, book),
        **_heard_by(lead, own, now),
        "sharer": percentile,
        "badge": badge,
        "case": lead.case_id,
        "language": lead.opinion_language or language_of(lead.language),
        "rank_key": rank_key(
            p_negative=lead.p_negative, followers=lead.followers, lead_at=lead.lead_at, abstained=lead.abstained
        ),
        "updated_at": now,
    }


def _judged(lead: Row[Any], badge: str | None, book: Book) -> dict[str, Any]:
    """Return what follows from the opinion on the lead: whether an answer is wanted, and what is promised."""
    p_negative = inputs.unhappiness(lead.p_negative, lead.abstained)
    p_question = inputs.asking(lead.intent, lead.intent_confidence)
    judged: dict[str, Any] = {
        "p_question": p_question,
        "answerability": inputs.answerability(
            addressed=lead.addressed,
            kind=lead.kind,
            is_in_thread=lead.parent_id is not None,
            intent=lead.intent,
            p_negative=p_negative,
        ),
        "promise_class": lead.promise_class,
        "promised_by": lead.promised_by,
    }
    if p_negative is not None or lead.safety is not None:  # nothing is promised on a text nobody has read
        found = promises.promise_class(
            p_negative or 0.0,
            p_question or 0.0,
            is_safety=lead.safety is not None,
            is_frequent_sharer=badge == FREQUENT,
            is_review=lead.kind == Kind.REVIEW,
        )
        judged["promise_class"], judged["promised_by"] = promises.promised(
            found,
            lead.opened_at,
            held=lead.promise_class,
            held_until=lead.promised_by,
            book=book,
            source=lead.source,
        )
    return judged


def _heard_by(lead: Row[Any], own: Reference, now: datetime) -> dict[str, Any]:
    """Return what follows from who says it and how far it goes."""
    reference = own if own.people else borrowed_for(lead.source)
    tau = inputs.tau(lead.source, lead.kind)
    met = lead.percentile is not None  # else not met yet, no person, or not to be scored
    return {
        "hearers": inputs.hearers(
            views=lead.views,
            followers=lead.followers,
            carry_factor=carry_factor(lead.reshared, lead.expected, reference.carry_factor),
        ),
        "velocity": inputs.velocity(
            reposts=lead.reposts,
            replies=lead.replies,
            age=now - lead.lead_at,
            tau_minutes=tau,
            spread=reference.spread,
        ),
        "tau": tau,
        "telling": rate_ratio(lead.weight, lead.first_at, prior=reference.prior, as_of=now) if met else None,
    }


def _note_watches(session: Session, case_ids: Collection[int]) -> None:
    heard = select(WatchMention.watch_id, Mention.case_id).join(Mention, Mention.id == WatchMention.mention_id)
    noted = select(CaseWatch.watch_id, CaseWatch.case_id).where(CaseWatch.case_id.in_(case_ids))
    missing = session.execute(heard.where(Mention.case_id.in_(case_ids)).distinct().except_(noted)).all()
    if missing:
        rows = [{"watch_id": watch_id, "case_id": case_id} for watch_id, case_id in missing]
        session.connection().execute(insert(CaseWatch), rows)


def _resolve(session: Session, case_ids: Sequence[int], now: datetime) -> None:
    nothing = dict.fromkeys(_SAID)
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
