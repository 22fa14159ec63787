"""Who may not be scored: accounts whose owner objected, known by a keyed hash alone.

The hash outlives every row about the account, and without the installation's secret it names nobody. Objecting and
taking it back, with all that follows, is `responder.people.objections`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from responder.accounts.vault import key_for, marked
from responder.models import Objection

_PURPOSE = b"earshot objections 1"

Account = tuple[str, str]
"""A source and the id an author has there."""


def account_marks(secret: str, brand_id: int, accounts: Iterable[Account]) -> dict[str, Account]:
    """Return these accounts by the mark each is known under. One account has another mark in each brand."""
    key = key_for(secret, _PURPOSE)
    return {marked(key, str(brand_id), *account): account for account in accounts}


def objected(session: Session, brand_id: int, secret: str, accounts: Iterable[Account]) -> set[Account]:
    """Return those of these accounts that may not be scored."""
    return {account for account, since in _told(session, brand_id, secret, accounts).items() if since is None}


def may_be_counted(
    session: Session, brand_id: int, secret: str, accounts: Iterable[Account]
) -> Callable[[Account, datetime], bool]:
    """Return what says whether something that one of these accounts said at an instant may be counted."""
    told = _told(session, brand_id, secret, accounts)

    def may(account: Account, said_at: datetime) -> bool:
        since = told.get(account)
        return account not in told or (since is not None and said_at >= since)

    return may


def _told(session: Session, brand_id: int, secret: str, accounts: Iterable[Account]) -> dict[Account, datetime | None]:
    """Return since when each of these accounts that ever objected may be scored again; None: it may not."""
    marks = account_marks(secret, brand_id, accounts)
    if not marks:
        return {}
    found = select(Objection.account, Objection.withdrawn_at).where(
        Objection.brand_id == brand_id, Objection.account.in_(marks)
    )
    return {marks[row.account]: row.withdrawn_at for row in session.execute(found)}
