"""Who may not be scored: accounts whose owner objected, known by a keyed hash alone.

The hash outlives every row about the account, and without the installation's secret it names nobody. Objecting and
taking it back, with all that follows, is `responder.people.objections`'s.
"""

from __future__ import annotations

from collections.abc import Iterable

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
    marks = account_marks(secret, brand_id, accounts)
    if not marks:
        return set()
    found = select(Objection.account).where(Objection.brand_id == brand_id, Objection.account.in_(marks))
    return {marks[mark] for mark in session.scalars(found)}
