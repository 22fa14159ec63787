"""People correct opinions, and take corrections back. Everything said stays on record.

What follows for the mention, its case and the figures is `responder.intake.overruling`'s; which corrections a model may
learn from is `responder.learning.gold`'s.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from responder.errors import Conflict, Invalid, NotFound
from responder.intake.overruling import model_opinion, prevailing, said, settle
from responder.intake.store import lock_brand
from responder.models import CaseEvent, Correction, Membership, Mention, Role, User
from sentiment import LABELS
from sentiment.opinions import INTENTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """Whose word is shown for a mention; `name` None: somebody who was removed.

    `is_mine`: the reader has said something too, shown or not, and can take it back.
    """

    name: str | None
    at: datetime
    is_mine: bool


def correct(
    session: Session,
    *,
    brand_id: int,
    mention_id: int,
    label: str,
    user_id: int,
    now: datetime,
    intent: str | None = None,
) -> None:
    """Store what a person says a mention feels, and show it from now on. Saying what the model says confirms it.

    Of several people an admin's word counts before the others', then the newest. Saying the same again changes nothing.
    Raises Invalid for an unknown label or intent, NotFound for the mention or the person, Conflict when the mention was
    deleted at its source.
    """
    _check(label, intent)
    mention = _live(session, brand_id, mention_id)
    mine = _newest_of(session, mention, user_id)
    if mine is not None and mine.label == label and intent in {None, mine.intent}:
        return
    _append(session, mention, user_id=user_id, label=label, intent=intent, now=now)


def take_back(session: Session, *, brand_id: int, mention_id: int, user_id: int, now: datetime) -> None:
    """Undo a person's correction: what another person said is shown, else the model's newest opinion.

    Raises NotFound as `correct` does, Conflict when there is nothing of theirs to undo.
    """
    mention = _live(session, brand_id, mention_id)
    if _newest_of(session, mention, user_id) is None:
        raise Conflict("You have no correction of this text to undo.")
    _append(session, mention, user_id=user_id, label=None, intent=None, now=now)


def would_prevail(session: Session, *, brand_id: int, mention_id: int, user_id: int) -> bool:
    """Return whether what this person said of a mention now would be shown: an admin's word counts before others'.

    Raises NotFound for the person.
    """
    by_admin = any(row.by_admin for row in said(session, [mention_id]).get(mention_id, ()) if row.user_id != user_id)
    return not by_admin or _role(session, brand_id, user_id) == Role.ADMIN


def step_back(
    session: Session, *, brand_id: int, mention_id: int, user_id: int, to_before: datetime, now: datetime
) -> None:
    """Let a person say again of a mention what they said before an instant; nothing, when that was nothing.

    Raises NotFound and Conflict as `take_back` does.
    """
    mention = _live(session, brand_id, mention_id)
    earlier = session.scalar(
        select(Correction)
        .where(
            Correction.mention_id == mention.id,
            Correction.revision == mention.revision,
            Correction.user_id == user_id,
            Correction.at < to_before,
        )
        .order_by(Correction.id.desc())
        .limit(1)
    )
    label, intent = (None, None) if earlier is None else (earlier.label, earlier.intent)
    _append(session, mention, user_id=user_id, label=label, intent=intent, now=now)


def corrected(session: Session, mention_ids: Collection[int], *, reader_id: int) -> Mapping[int, Corrected]:
    """Return whose word is shown, by mention; those that show the model's opinion are left out."""
    found = said(session, mention_ids)
    counting = {mention_id: row for mention_id, rows in found.items() if (row := prevailing(rows)) is not None}
    who = select(User.id, User.name).where(User.id.in_({row.user_id for row in counting.values()} - {None}))
    names = {row.id: row.name for row in session.execute(who)} if counting else {}
    return {
        mention_id: Corrected(
            name=None if row.user_id is None else names.get(row.user_id),
            at=row.at,
            is_mine=any(theirs.user_id == reader_id for theirs in found[mention_id]),
        )
        for mention_id, row in counting.items()
    }


def _check(label: str, intent: str | None) -> None:
    faults = []
    if label not in set(LABELS):
        faults.append(f"label: choose one of {', '.join(LABELS)}")
    if intent is not None and intent not in INTENTS:
        faults.append(f"intent: choose one of {', '.join(INTENTS)}, or leave it out")
    if faults:
        raise Invalid(*faults)


def _live(session: Session, brand_id: int, mention_id: int) -> Mention:
    """Return the mention, read under the brand's lock, so that nobody scores or edits it meanwhile."""
    lock_brand(session, brand_id)
    wanted = select(Mention).where(Mention.id == mention_id, Mention.brand_id == brand_id)
    mention = session.scalar(wanted.execution_options(populate_existing=True))
    if mention is None:
        raise NotFound("There is no such mention.")
    if mention.gone_at is not None:
        raise Conflict("This was deleted where it was said; there is nothing left to judge.")
    return mention


def _newest_of(session: Session, mention: Mention, user_id: int) -> Correction | None:
    """Return what a person still says of the text as it is now."""
    theirs = said(session, [mention.id]).get(mention.id, ())
    return next((row for row in theirs if row.user_id == user_id), None)


def _append(
    session: Session, mention: Mention, *, user_id: int, label: str | None, intent: str | None, now: datetime
) -> None:
    was = model_opinion(session, mention)
    session.add(
        Correction(
            brand_id=mention.brand_id,
            mention_id=mention.id,
            revision=mention.revision,
            user_id=user_id,
            by_admin=_role(session, mention.brand_id, user_id) == Role.ADMIN,
            label=label,
            intent=intent,
            at=now,
            was_label=was["label"],
            was_p_negative=was["p_negative"],
            was_p_neutral=was["p_neutral"],
            was_p_positive=was["p_positive"],
            was_abstained=was["abstained"],
            was_model=was["model"],
        )
    )
    session.flush()
    settle(session, mention, now=now)
    if mention.case_id is not None:
        kind = "correction_undone" if label is None else "opinion_corrected"
        detail: dict[str, Any] = {"mention_id": mention.id, "label": label}
        session.add(CaseEvent(case_id=mention.case_id, kind=kind, user_id=user_id, at=now, detail=detail))
        session.flush()


def _role(session: Session, brand_id: int, user_id: int) -> str:
    role = session.scalar(select(Membership.role).where(Membership.user_id == user_id, Membership.brand_id == brand_id))
    if role is None:
        raise NotFound("There is no such person in this team.")
    return role
