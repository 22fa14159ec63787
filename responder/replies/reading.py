"""Replies as people read them: those of a case, and those that wait for somebody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from responder.errors import NotFound
from responder.models import Reply, ReplyEvent, ReplyState, User

WAITING = (ReplyState.CHECKED, ReplyState.UNKNOWN, ReplyState.FAILED)
"""A person has to do something about these."""


@dataclass(frozen=True, slots=True)
class Told:
    """One event of a reply, and who made it; None: Earshot itself, or somebody who left."""

    event: ReplyEvent
    name: str | None


def get_reply(session: Session, *, brand_id: int, reply_id: int) -> Reply:
    """Return a brand's reply. Raises NotFound."""
    found = session.scalar(select(Reply).where(Reply.id == reply_id, Reply.brand_id == brand_id))
    if found is None:
        raise NotFound("There is no such reply.")
    return found


def of_case(session: Session, *, brand_id: int, case_id: int) -> Sequence[Reply]:
    """Return the replies of a case, oldest first, without the dropped ones."""
    wanted = select(Reply).where(
        Reply.brand_id == brand_id, Reply.case_id == case_id, Reply.state != ReplyState.DROPPED
    )
    return session.scalars(wanted.order_by(Reply.id)).all()


def in_states(session: Session, *, brand_id: int, states: Sequence[str], limit: int) -> Sequence[Reply]:
    """Return a brand's replies in these states, those that wait longest first."""
    wanted = select(Reply).where(Reply.brand_id == brand_id, Reply.state.in_(states))
    return session.scalars(wanted.order_by(Reply.updated_at, Reply.id).limit(limit)).all()


def history(session: Session, reply_ids: Sequence[int]) -> Mapping[int, list[Told]]:
    """Return what happened to these replies, oldest first: who wrote, changed, approved and sent them."""
    rows = session.execute(
        select(ReplyEvent, User.name)
        .outerjoin(User, User.id == ReplyEvent.user_id)
        .where(ReplyEvent.reply_id.in_(reply_ids))
        .order_by(ReplyEvent.id)
    )
    found: dict[int, list[Told]] = {reply_id: [] for reply_id in reply_ids}
    for event, name in rows:
        found[event.reply_id].append(Told(event, name))
    return found
