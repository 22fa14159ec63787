"""A seeded fortnight of mentions for tests of insights: stored rows and the rollups that count them, kept in step."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from responder.insights.periods import Period
from responder.insights.rollups import Changes, Counted
from responder.models import Author, Brand, Mention, Watch, WatchMention
from tests.factories import NOW, make_author, make_mention

CLAIMS = (None, "en", "en-GB", "el", "pt_BR", "xx-not-a-claim", "123")


def hear(session: Session, *watches: Watch, author: Author | None = None, **columns: Any) -> Mention:
    """Store one mention that these watches heard, and count it."""
    changes = Changes()
    mention = _store(session, changes, watches, author=author, **columns)
    changes.write(session)
    return mention


def _store(session: Session, changes: Changes, watches: tuple[Watch, ...], **columns: Any) -> Mention:
    mention = make_mention(session, watch=watches[0], **columns)
    session.add_all(WatchMention(watch_id=watch.id, mention_id=mention.id) for watch in watches[1:])
    changes.add(counted(mention), [watch.id for watch in watches])
    return mention


def counted(mention: Mention) -> Counted:
    """What the rollups read of a stored mention."""
    return Counted(**{name: getattr(mention, name) for name in Counted._fields})


def stored(session: Session, watch: Watch, period: Period) -> list[Mention]:
    """The mentions a watch heard in a period, read without any of the code under test."""
    heard = select(Mention).join(WatchMention, WatchMention.mention_id == Mention.id)
    rows = session.scalars(heard.where(WatchMention.watch_id == watch.id)).all()
    return [row for row in rows if period.start <= row.created_at < period.end]


def lose(mention: Mention) -> None:
    """The source deleted it: words and author go, counts stay."""
    mention.gone_at = NOW
    mention.text, mention.url, mention.raw, mention.author_id = "", None, None, None


def hear_fortnight(session: Session, watch: Watch, other: Watch, *, count: int = 160, seed: int = 5) -> None:
    """Sixteen days of everything a figure can be about: some heard by both watches, unsure, unscored, gone, unsigned."""
    draw = random.Random(seed)
    authors = [make_author(session, session.get(Brand, watch.brand_id)) for _ in range(25)]
    changes = Changes()
    for _ in range(count):
        author = draw.choice([*authors, None, None, None])
        mention = _store(
            session,
            changes,
            draw.choice([(watch,), (watch,), (watch, other), (other,)]),
            author=author,
            created_at=moment(draw),
            source=draw.choice(["reddit", "bluesky", "app_store"]),
            language=draw.choice(CLAIMS),
            text=draw.choice(["The kettle leaks again.", "Lovely lid, thank you", "When does the shop open?"]),
            **draw.choice([{}, opinion(draw), opinion(draw), opinion(draw)]),
        )
        if author and draw.random() < 0.05:
            lose(mention)
    changes.write(session)


def moment(draw: random.Random) -> datetime:
    """Some instant of the last sixteen days, often on a full hour or just before one."""
    at = NOW - timedelta(seconds=draw.randrange(16 * 86_400))
    if draw.random() < 0.3:
        at = at.replace(minute=0, second=0) - draw.choice([timedelta(), timedelta(microseconds=1)])
    return at


def opinion(draw: random.Random) -> dict[str, Any]:
    p_negative = round(draw.random(), 3)
    p_neutral = round((1 - p_negative) * draw.random(), 3)
    chances = {"negative": p_negative, "neutral": p_neutral, "positive": 1 - p_negative - p_neutral}
    return {
        **{f"p_{name}": chance for name, chance in chances.items()},
        "label": max(chances, key=chances.__getitem__),
        "confidence": max(chances.values()),
        "abstained": draw.random() < 0.2,
        "opinion_language": draw.choice(["en", "el", "ms", "und"]),
    }
