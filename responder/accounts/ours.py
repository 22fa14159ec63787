"""Our own accounts and our staff's: those that the brand's watches leave out. Their words are nobody's complaint."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from listeners.queries import Query, QuerySyntaxError
from responder.models import Watch


def our_accounts(session: Session, brand_id: int) -> frozenset[str]:
    """Return the names and ids that the brand's watches leave out, as `is_ours` compares them."""
    queries = session.scalars(select(Watch.query).where(Watch.brand_id == brand_id, Watch.query.is_not(None)))
    ours: set[str] = set()
    for query in queries:
        try:
            ours |= Query.from_dict(query or {}).exclude_authors
        except (QuerySyntaxError, ValueError):
            continue  # a damaged watch is shown where it is read; it must not keep people out of the queue
    return frozenset(ours)


def is_ours(names: Iterable[str | None], ours: frozenset[str]) -> bool:
    """Whether an account with any of these names (its platform's id, its handle; None unknown) is one of ours."""
    return any(name.strip().removeprefix("@").casefold() in ours for name in names if name)
