"""What people of the team say of two accounts: one person's, or not, and taking it back.

Accounts are never fused: a person is what confirmed links connect at the moment it is read (`person_of`), so taking one
link back is one row. All of it happens under the brand's lock, so that two confirmations together cannot build a chain
that neither would have been allowed to.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from responder.accounts import permissions
from responder.errors import Conflict, NotAllowed, NotFound
from responder.intake import leads
from responder.intake.store import lock_brand
from responder.models import AccountLink, Author, LinkStatus, Membership
from responder.people.clues import Assessment, Clue
from responder.sharers.linked import linked_accounts
from responder.sharers.objections import objected

UNDONE_WITHIN = timedelta(minutes=10)
"""How long somebody may take back what they said themselves, as a slip."""

MOST_ACCOUNTS = 6
"""A person with more, or with two on one platform, is so rare that only an admin can confirm it."""


_OPEN = frozenset((LinkStatus.PROPOSED, LinkStatus.MAYBE))
_DECIDED = "Somebody decided this meanwhile. Look at it again."


def person_of(session: Session, author_id: int) -> frozenset[int]:
    """Return the accounts of the person behind one, itself among them."""
    return linked_accounts(session, {author_id})[author_id]


def confirm(
    session: Session,
    *,
    secret: str,
    brand_id: int,
    link_id: int,
    user_id: int,
    now: datetime,
    seen: str | None = None,
) -> AccountLink:
    """Say that two accounts are one person's, also after it was rejected or revoked.

    `seen` is the status that whoever says so had before them, None for whatever it is. Raises NotFound, Conflict when
    it was decided meanwhile, they are linked already or one of them objected to being scored, NotAllowed for who may
    not link, or may not make a person of more than six accounts or of two of one platform.
    """
    role = _role(session, brand_id, user_id)
    permissions.require(role, "people.link")
    link = _link(session, brand_id, link_id)
    if link.status == LinkStatus.CONFIRMED:
        raise Conflict("These accounts are linked already.")
    if seen is not None and link.status != seen and not {seen, link.status} <= _OPEN:
        raise Conflict(_DECIDED)
    accounts = _person(session, link)
    if objected(session, brand_id, secret, {(row.source, row.external_id) for row in accounts}):
        raise Conflict("One of these accounts asked not to be scored, so nothing is linked to it.")
    if is_unusual([row.source for row in accounts]) and not permissions.may(role, "people.lead"):
        raise NotAllowed(
            "This would be a person with two accounts on one platform, or with more than six. "
            "An admin has to confirm it."
        )
    link.status, link.decided_by, link.decided_at = LinkStatus.CONFIRMED, user_id, now
    link.revoked_by = link.revoked_at = None
    _follow(session, {row.id for row in accounts}, now)
    return link


def reject(session: Session, *, brand_id: int, link_id: int, user_id: int, now: datetime) -> AccountLink:
    """Say that two accounts are not one person's; it is never proposed again.

    Raises NotFound, Conflict when it was decided meanwhile, NotAllowed for who may not link.
    """
    permissions.require(_role(session, brand_id, user_id), "people.link")
    link = _link(session, brand_id, link_id)
    if link.status not in _OPEN:
        raise Conflict(_DECIDED)
    link.status, link.decided_by, link.decided_at = LinkStatus.REJECTED, user_id, now
    session.flush()
    return link


def revoke(session: Session, *, brand_id: int, link_id: int, user_id: int, now: datetime) -> AccountLink:
    """Take a confirmed link back; it is never proposed again, and nothing else was changed by it.

    Raises NotFound, Conflict when it is not confirmed (any more), NotAllowed for who may not link.
    """
    permissions.require(_role(session, brand_id, user_id), "people.link")
    link = _link(session, brand_id, link_id)
    if link.status != LinkStatus.CONFIRMED:
        raise Conflict("These accounts are not linked (any more).")
    accounts = linked_accounts(session, {link.one_id})[link.one_id]
    link.status, link.revoked_by, link.revoked_at = LinkStatus.REVOKED, user_id, now
    _follow(session, accounts, now)
    return link


def undo(session: Session, *, brand_id: int, link_id: int, user_id: int, now: datetime) -> AccountLink:
    """Take back one's own decision of the last minutes: the pair waits for one again.

    Raises NotFound, Conflict for what somebody else decided or was decided earlier, NotAllowed for who may not link.
    """
    permissions.require(_role(session, brand_id, user_id), "people.link")
    link = _link(session, brand_id, link_id)
    if not may_undo(link.status, decider_id=link.decided_by, decided_at=link.decided_at, user_id=user_id, now=now):
        raise Conflict("Only your own decision of the last minutes can be undone. Look at it again.")
    accounts = linked_accounts(session, {link.one_id})[link.one_id]
    was_confirmed = link.status == LinkStatus.CONFIRMED
    found = Assessment({Clue(name): bits for name, bits in link.clues.items()}, link.bits)
    link.status, link.decided_by, link.decided_at = found.verdict or LinkStatus.PROPOSED, None, None
    if was_confirmed:
        _follow(session, accounts, now)
    session.flush()
    return link


def may_undo(status: str, *, decider_id: int | None, decided_at: datetime | None, user_id: int, now: datetime) -> bool:
    """Tell whether what stands of two accounts is this person's decision of the last minutes."""
    is_decided = status in {LinkStatus.CONFIRMED, LinkStatus.REJECTED}
    return is_decided and decider_id == user_id and decided_at is not None and decided_at > now - UNDONE_WITHIN


def is_unusual(sources: Collection[str]) -> bool:
    """Tell whether a person of accounts on these sources, one entry each, needs an admin to confirm."""
    return len(sources) > MOST_ACCOUNTS or any(count > 1 for count in Counter(sources).values())


def _link(session: Session, brand_id: int, link_id: int) -> AccountLink:
    """Return a link of the brand, read under the brand's lock."""
    lock_brand(session, brand_id)
    wanted = select(AccountLink).where(AccountLink.id == link_id, AccountLink.brand_id == brand_id)
    link = session.scalar(wanted.execution_options(populate_existing=True))
    if link is None:
        raise NotFound("There is no such link.")
    return link


def _person(session: Session, link: AccountLink) -> Collection[Author]:
    """Return the accounts that would be one person's with this link."""
    ids = frozenset[int]().union(*linked_accounts(session, {link.one_id, link.other_id}).values())
    return session.scalars(select(Author).where(Author.id.in_(ids))).all()


def _follow(session: Session, author_ids: Collection[int], now: datetime) -> None:
    """Bring the cases of these accounts in step: who the person is weighs in their place."""
    session.flush()
    leads.refresh(session, leads.led_by(session, author_ids), now=now)


def _role(session: Session, brand_id: int, user_id: int) -> str:
    role = session.scalar(select(Membership.role).where(Membership.user_id == user_id, Membership.brand_id == brand_id))
    if role is None:
        raise NotFound("There is no such person in this team.")
    return role
