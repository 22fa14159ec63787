"""What follows from an author's counters: what they are taken for, and where they stand. Pure, over rows."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from responder.models import Author
from responder.sharers import habits
from responder.sharers.assessment import assess
from responder.sharers.habits import Account
from responder.sharers.kinds import Habits, Kind, judge
from responder.sharers.reference import Reference, borrowed_for
from responder.sharers.tally import Tally

PROFILE = ("followers", "listed", "reputation", "posts", "account_created_at")
"""Columns of an author that an account is placed by."""

AUTHOR = (
    Author.source,
    Author.external_id,
    Author.handle,
    Author.is_bot,
    Author.updated_at,
    *(getattr(Author, name) for name in PROFILE),
)
"""What is read of an author to judge and place them."""

SETTLED_AFTER = timedelta(days=7)
"""Age of an account from which its posts a day say what it is."""

MADE = ("kind", "kind_reason", "score", "percentile", "carry", "coverage", "met", "badge", "flagged_at", "computed_at")
"""Columns of a sharer that follow from the others."""


_COUNTERS = Tally.__dataclass_fields__.keys()
_OF_ACCOUNT, _OF_HABITS = (tuple(_COUNTERS & kind.__dataclass_fields__.keys()) for kind in (Account, Habits))


def made_of(tally: Tally, author: Any, held: Any | None, *, own: Reference, now: datetime) -> dict[str, Any]:
    """Return the columns of `sharers` that follow from the counters; `held` is the row there is, None: a new one."""
    account = account_of(tally, author, held, now=now)
    if held is not None and held.kind_by is not None:
        kind, reason = held.kind, held.kind_reason
    else:
        verdict = judge(_habits(tally, author, _steady_rate(account, now)))
        kind, reason = verdict.kind, verdict.reason
    made: dict[str, Any] = {
        **dict.fromkeys(MADE),
        "kind": kind,
        "kind_reason": reason,
        "flagged_at": held.flagged_at if held is not None else None,
        "computed_at": now,
    }
    if kind == Kind.PERSON:
        found = assess(
            account,
            source=author.source,
            own=own,
            borrowed=borrowed_for(author.source),
            as_of=now,
        )
        made |= {name: getattr(found, name) for name in ("score", "percentile", "carry", "coverage", "met", "badge")}
        if found.badge is not None and made["flagged_at"] is None:
            made["flagged_at"] = now
    return made


def account_of(tally: Tally, author: Any, held: Any | None, *, now: datetime) -> Account:
    """Return an account by its counters, and by what the platform says of it now and said when we met it."""
    return Account(
        **{name: getattr(tally, name) for name in _OF_ACCOUNT},
        **{name: getattr(author, name) for name in PROFILE},
        posts_at=max(author.updated_at, tally.last_at),
        first_posts=author.posts if held is None else held.first_posts,
        first_posts_at=now if held is None else held.first_posts_at,
    )


def _steady_rate(account: Account, now: datetime) -> float | None:
    """Return posts a day; None where it is not told, or of an account so new that its first day decides."""
    made = account.account_created_at
    return None if made is None or now - made < SETTLED_AFTER else habits.rate_of(account)


def _habits(tally: Tally, author: Any, posts_per_day: float | None) -> Habits:
    return Habits(
        **{name: getattr(tally, name) for name in _OF_HABITS},
        posts_per_day=posts_per_day,
        is_bot=author.is_bot,
    )
