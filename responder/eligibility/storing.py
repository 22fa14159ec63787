"""The verdict as it is kept beside a mention: what the platform allows. Which accounts are connected is asked anew.

A verdict is computed when a mention is stored or read again, and once more before anything is sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any, Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from listeners import registry
from responder.eligibility.rules import rule_of
from responder.eligibility.verdict import REASONS, Facts, Verdict, verdict, verdict_for
from responder.models import Connection, ConnectionState

COLUMNS = ("eligible", "eligible_reason", "eligible_until")

GONE: Mapping[str, Any] = {"eligible": "no", "eligible_reason": "gone", "eligible_until": None}
"""The columns of a mention that was deleted at its source."""


class Heard(Protocol):
    """What is read of a mention, on its way into the tables or out of them."""

    @property
    def source(self) -> str: ...
    @property
    def addressed(self) -> bool | None: ...
    @property
    def is_repost(self) -> bool: ...
    @property
    def url(self) -> str | None: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def edited_at(self) -> datetime | None: ...


class Kept(Heard, Protocol):
    """What is read of a mention that is stored; `eligible_reason` None: no verdict was kept."""

    @property
    def gone_at(self) -> datetime | None: ...
    @property
    def eligible_reason(self) -> str | None: ...
    @property
    def eligible_until(self) -> datetime | None: ...


def columns(
    mention: Heard, raw: Mapping[str, Any] | None, *, is_own: bool | None, before: str | None = None, now: datetime
) -> dict[str, Any]:
    """Return the columns in `COLUMNS` of a mention just read, `raw` being the platform's record of it.

    `before` is the reason kept so far: None in what was read (whose post it is, whether answers are closed) takes
    nothing back that was told earlier.
    """
    closed = is_closed(mention.source, raw)
    found = verdict(
        _facts(
            mention,
            is_own=before == "own" if is_own is None else is_own,
            is_closed=True if closed is None and before == "closed" else closed,
        ),
        now=now,
    )
    return {"eligible": found.eligible, "eligible_reason": found.key, "eligible_until": found.until}


def standing(mention: Kept, *, connected: Iterable[str], now: datetime) -> Verdict:
    """Return the verdict on a stored mention at `now`, its right run out or not. `connected`: see `answering`."""
    key, until = mention.eligible_reason or "", mention.eligible_until
    if mention.gone_at is not None:
        key = "gone"
    elif key not in REASONS or (until is not None and now >= until):
        anew = verdict(_facts(mention), now=now)
        key, until = anew.key, anew.until
    if REASONS[key][0] == "api" and mention.source not in connected:
        key = "not_connected"
    return verdict_for(key, source=mention.source, addressed=mention.addressed, until=until)


def answering(session: Session, brand_id: int) -> frozenset[str]:
    """Return the sources on which an account of the brand is connected, works, and can answer."""
    mine = select(Connection.source).where(Connection.brand_id == brand_id, Connection.state == ConnectionState.ACTIVE)
    return frozenset(filter(_can_answer, session.scalars(mine.distinct())))


@cache
def _can_answer(source: str) -> bool:
    info = registry.load().get(source)
    return info is not None and "reply" in info.abilities


def is_closed(source: str, raw: Mapping[str, Any] | None) -> bool | None:
    """Return whether the platform's record says that answers are closed; None when it does not tell."""
    told = [_at(raw or {}, place) for place in rule_of(source).closed_by]
    if any(each is True for each in told):
        return True
    return False if any(each is False for each in told) else None


def _facts(mention: Heard, *, is_own: bool = False, is_closed: bool | None = None) -> Facts:
    return Facts(
        source=mention.source,
        addressed=mention.addressed,
        is_closed=is_closed,
        is_own=is_own,
        is_repost=mention.is_repost,
        url=mention.url,
        changed_at=mention.edited_at or mention.created_at,
    )


def _at(record: Mapping[str, Any], place: str) -> Any:
    """Return what stands at a dotted place of a record; None where nothing does."""
    found: Any = record
    for name in place.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found
