"""An account's owner asks not to be scored: honoured at once, and for good, until they take it back.

What was counted of them goes, their case stays and is answered like any other. The objection itself is a keyed hash
(`responder.sharers.objections`), so it holds when they are deleted here and heard again.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from responder.errors import NotFound
from responder.intake import leads
from responder.intake.store import lock_brand
from responder.models import (
    AccountLink,
    AccountTrace,
    Author,
    Case,
    CaseEvent,
    CaseState,
    Judgement,
    LinkStatus,
    Mention,
    Objection,
    Sharer,
    SharerFlag,
    Telling,
)
from responder.sharers.linked import linked_accounts
from responder.sharers.objections import account_marks, objected

_SCORED = ("telling", "sharer", "badge")
"""The columns of a case that rest on its author's habits."""

_LINKED = (LinkStatus.PROPOSED, LinkStatus.MAYBE, LinkStatus.CONFIRMED)


def object_to_scoring(
    session: Session, *, secret: str, brand_id: int, source: str, external_id: str, user_id: int | None, now: datetime
) -> bool:
    """Stop scoring an account, heard already or not, and remove what was counted of it; False when it was so before.

    `user_id` None: from the command line. Raises NotFound for an unknown brand.
    """
    lock_brand(session, brand_id)
    if objected(session, brand_id, secret, {(source, external_id)}):
        return False
    (mark,) = account_marks(secret, brand_id, [(source, external_id)])
    session.merge(Objection(brand_id=brand_id, account=mark, user_id=user_id, at=now, withdrawn_at=None))
    session.flush()
    author_id = _author(session, brand_id, source, external_id)
    if author_id is not None:
        _forget(session, brand_id, author_id, user_id=user_id, now=now)
    return True


def withdraw(session: Session, *, secret: str, brand_id: int, source: str, external_id: str, now: datetime) -> bool:
    """Let an account be scored again, from what it says from now on; False when it did not object.

    What it said before stays uncounted, and links that were revoked stay revoked. Raises NotFound for an unknown brand.
    """
    lock_brand(session, brand_id)
    (mark,) = account_marks(secret, brand_id, [(source, external_id)])
    held = session.get(Objection, (brand_id, mark), populate_existing=True)
    if held is None or held.withdrawn_at is not None:
        return False
    held.withdrawn_at = now
    session.flush()
    return True


def is_objected(session: Session, *, secret: str, brand_id: int, author_ids: Collection[int]) -> set[int]:
    """Return those of these authors of the brand whose account may not be scored."""
    rows = session.execute(
        select(Author.id, Author.source, Author.external_id).where(
            Author.id.in_(author_ids), Author.brand_id == brand_id
        )
    ).all()
    refused = objected(session, brand_id, secret, {(row.source, row.external_id) for row in rows})
    return {row.id for row in rows if (row.source, row.external_id) in refused}


def id_of_handle(session: Session, *, brand_id: int, source: str, handle: str) -> str:
    """Return the platform's own id of the account with this handle. Raises NotFound when nobody of it was heard."""
    name = handle.strip().removeprefix("@").lower()
    found = session.scalar(
        select(Author.external_id)
        .where(Author.brand_id == brand_id, Author.source == source, func.lower(Author.handle) == name)
        .order_by(Author.id.desc())
        .limit(1)
    )
    if found is None:
        raise NotFound("Nobody with this handle was heard there. Give the platform's own id of the account instead.")
    return found


def sources_heard(session: Session, brand_id: int) -> set[str]:
    """Return the sources anybody was heard on, those of imported files among them."""
    return set(session.scalars(select(Author.source).where(Author.brand_id == brand_id).distinct()))


def is_heard(session: Session, *, brand_id: int, source: str, external_id: str) -> bool:
    """Tell whether the account of this platform id was heard."""
    return _author(session, brand_id, source, external_id) is not None


def _author(session: Session, brand_id: int, source: str, external_id: str) -> int | None:
    return session.scalar(
        select(Author.id).where(Author.brand_id == brand_id, Author.source == source, Author.external_id == external_id)
    )


def _forget(session: Session, brand_id: int, author_id: int, *, user_id: int | None, now: datetime) -> None:
    """Remove all that was counted and concluded of an author, in every table that holds it."""
    person = linked_accounts(session, {author_id})[author_id]
    for table in (Telling, SharerFlag, Sharer, AccountTrace):
        session.execute(delete(table).where(table.author_id == author_id))
    session.execute(update(Judgement).where(Judgement.author_id == author_id).values(author_id=None, shown={}))
    session.execute(
        update(AccountLink)
        .where(or_(AccountLink.one_id == author_id, AccountLink.other_id == author_id), AccountLink.status.in_(_LINKED))
        .values(status=LinkStatus.REVOKED, clues={}, bits=0.0, revoked_by=user_id, revoked_at=now)
    )
    cases = _cases(session, brand_id, author_id)
    session.execute(update(Case).where(Case.id.in_(cases)).values(dict.fromkeys(_SCORED)))
    active = session.scalars(select(Case.id).where(Case.id.in_(cases), Case.state != CaseState.RESOLVED)).all()
    session.add_all(
        CaseEvent(case_id=case_id, kind="not_scored", user_id=user_id, at=now, detail={}) for case_id in active
    )
    session.flush()
    leads.refresh(session, {*active, *leads.led_by(session, person)}, now=now)


def _cases(session: Session, brand_id: int, author_id: int) -> Collection[int]:
    """Return the cases that are about this author, or led by something they said."""
    about = select(Case.id).where(Case.author_id == author_id, Case.brand_id == brand_id)
    led = (
        select(Case.id)
        .join(Mention, Mention.id == Case.lead_mention_id)
        .where(Mention.author_id == author_id, Mention.case_id == Case.id, Case.brand_id == brand_id)
    )
    return session.scalars(about.union(led)).all()
