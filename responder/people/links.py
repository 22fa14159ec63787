"""What people of the team say of two accounts: one person's, or not, and taking it back.

Accounts are never fused: a person is what confirmed links connect at the moment it is read (`person_of`), so taking one
link back is one row. All of it happens under the brand's lock, so that two confirmations together cannot build a chain
that neither would have been allowed to.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from responder.accounts import permissions
from responder.errors import Conflict, NotAllowed, NotFound
from responder.intake import leads
from responder.intake.store import lock_brand
from responder.models import AccountLink, Author, LinkStatus, Membership
from responder.sharers.linked import linked_accounts
from responder.sharers.objections import objected

MOST_ACCOUNTS = 6
"""A person with more, or with two on one platform, is so rare that only somebody who may lead can confirm it."""


def person_of(session: Session, author_id: int) -> frozenset[int]:
    """Return the accounts of the person behind one, itself among them."""
    return linked_accounts(session, {author_id})[author_id]


def confirm(session: Session, *, secret: str, brand_id: int, link_id: int, user_id: int, now: datetime) -> AccountLink:
    """Say that two accounts are one person's, also after it was rejected or revoked.

    Raises NotFound, Conflict when they are linked already or one of them objected to being scored, NotAllowed for who
    may not link, or may not make a person of more than six accounts or of two of one platform.
    """
    role = _role(session, brand_id, user_id)
    permissions.require(role, "people.link")
    link = _link(session, brand_id, link_id)
    if link.status == LinkStatus.CONFIRMED:
        raise Conflict("These accounts are linked already.")
    accounts = _person(session, link)
    if objected(session, brand_id, secret, {(row.source, row.external_id) for row in accounts}):
        raise Conflict("One of these accounts asked not to be scored, so nothing is linked to it.")
    if is_unusual([row.source for row in accounts]) and not permissions.may(role, "people.lead"):
        raise NotAllowed(
            "This would be a person with two accounts on one platform, or with more than six. "
            "Somebody who may lead has to confirm it."
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
    if link.status not in {LinkStatus.PROPOSED, LinkStatus.MAYBE}:
        raise Conflict("Somebody decided this meanwhile. Look at it again.")
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


def is_unusual(sources: Collection[str]) -> bool:
    """Tell whether a person of accounts on these sources, one entry each, needs somebody who may lead to confirm."""
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
