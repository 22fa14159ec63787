"""What is worth an alert. One rule so far: somebody is very unhappy, surely, and just now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from responder.models import Alert, AlertState, Mention, Watch, WatchMention
from responder.settings import Settings

VERY_UNHAPPY = "very_unhappy"

KEPT_AT_LEAST = timedelta(hours=1)
"""An alert about a mention that is nearly too old still gets this long to reach somebody."""


def raise_for(session: Session, mention_ids: Sequence[int], *, settings: Settings, now: datetime) -> int:
    """Raise an alert for each of these mentions that is worth one, and return how many are new.

    A mention gets one alert for good: neither an edit nor a second scoring raises another. What is in no case, deleted
    at its source or heard by the demo alone raises none. Call after triage, in the transaction of the opinions.
    """
    if not mention_ids:
        return 0
    rows = [
        {
            "brand_id": mention.brand_id,
            "case_id": mention.case_id,
            "mention_id": mention.id,
            "rule": VERY_UNHAPPY,
            "state": AlertState.DUE,
            "created_at": now,
            "expires_at": max(mention.created_at + settings.alert_max_age, now + KEPT_AT_LEAST),
            "due_at": now,
            "attempts": 0,
        }
        for mention in session.execute(_worth_telling(mention_ids, settings, now))
    ]
    return len(session.scalars(_insert(session), rows).all()) if rows else 0


def _worth_telling(mention_ids: Sequence[int], settings: Settings, now: datetime) -> Any:
    is_heard_in_earnest = exists().where(
        WatchMention.mention_id == Mention.id, Watch.id == WatchMention.watch_id, Watch.is_demo.is_(False)
    )
    return select(Mention.id, Mention.brand_id, Mention.case_id, Mention.created_at).where(
        Mention.id.in_(mention_ids),
        Mention.p_negative >= settings.alert_p_negative,
        Mention.abstained.is_(False),
        Mention.created_at >= now - settings.alert_max_age,
        Mention.case_id.is_not(None),
        Mention.gone_at.is_(None),
        is_heard_in_earnest,
    )


def _insert(session: Session) -> Any:
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    return insert(Alert).on_conflict_do_nothing(index_elements=["mention_id", "rule"]).returning(Alert.id)
