"""An invented brand's fortnight, for a first look and for screenshots.

Every text was written for this project (`mentions.jsonl`, `authors.json`); nobody in it exists. The demo is stored like
anything heard, under a watch of its own, is scored by the model of the installation, and leaves without a trace.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from listeners.mentions import Author, Engagement, Kind, Mention
from listeners.pages import Page
from listeners.queries import Query
from responder import models
from responder.context import Context
from responder.errors import Conflict, NotFound
from responder.intake.store import lock_brand, store_page

WATCH = "Demo: Halvanto"
"""Name of the watch that holds the demo."""

_FOLDER = Path(__file__).parent
_PAGE = 200
_ENDS_AT_HOUR = 22


def load(context: Context, *, brand_id: int) -> int:
    """Store the demo as if it had been heard over the last fortnight; return how many mentions it has.

    Scoring and opening cases is left to the worker, or to whoever calls `score_waiting` next. Raises Conflict when the
    demo is there already.
    """
    now = context.clock()
    with context.database.writing() as session:
        lock_brand(session, brand_id)
        if _watch_of(session, brand_id) is not None:
            raise Conflict("the demo is there already; remove it first to start it anew")
        watch = models.Watch(
            brand_id=brand_id, name=WATCH, query=_query().to_dict(), is_demo=True, created_at=now, paused_at=None
        )
        session.add(watch)
        session.flush()
        mentions = list(read(now, ZoneInfo(context.settings.timezone)))
        for start in range(0, len(mentions), _PAGE):
            page = Page(mentions=tuple(mentions[start : start + _PAGE]))
            store_page(session, brand_id=brand_id, watch_ids=[watch.id], page=page, now=now)
        return len(mentions)


def remove(context: Context, *, brand_id: int) -> int:
    """Remove the demo with its cases, authors and figures; return how many mentions went. Raises NotFound if absent."""
    with context.database.writing() as session:
        lock_brand(session, brand_id)  # the scorer may be at work on it
        watch = _watch_of(session, brand_id)
        if watch is None:
            raise NotFound("there is no demo to remove")
        heard = session.execute(
            select(models.Mention.id, models.Mention.case_id, models.Mention.author_id)
            .join(models.WatchMention, models.WatchMention.mention_id == models.Mention.id)
            .where(models.WatchMention.watch_id == watch.id)
        ).all()
        session.delete(watch)
        session.flush()
        for table, ids in (
            (models.Case, {row.case_id for row in heard}),
            (models.Mention, {row.id for row in heard}),
        ):
            session.execute(delete(table).where(table.id.in_(ids - {None})))
        session.execute(
            delete(models.Author).where(
                models.Author.id.in_({row.author_id for row in heard} - {None}),
                ~exists().where(models.Mention.author_id == models.Author.id),
            )
        )
        _forget_what_followed(session, brand_id)
        return len(heard)


def _forget_what_followed(session: Session, brand_id: int) -> None:
    """Remove incidents nobody is left in, and figures that invented people had a part in: they are made anew."""
    in_it = exists().where(models.Case.incident_id == models.Incident.id)
    session.execute(delete(models.Incident).where(models.Incident.brand_id == brand_id, ~in_it))
    session.execute(delete(models.SharerReference).where(models.SharerReference.brand_id == brand_id))


def is_loaded(session: Session, *, brand_id: int) -> bool:
    """Return whether the brand's queue holds the demo."""
    return _watch_of(session, brand_id) is not None


def read(now: datetime, zone: ZoneInfo) -> Iterator[Mention]:
    """Read the demo as mentions up to `now`, an aware UTC instant.

    The fortnight was written to end at ten in the evening: it is laid so that it ends today at ten in `zone`, which
    keeps its evenings evenings, and what would lie ahead is left out (at most a day of it).
    """
    end = now.astimezone(zone).replace(hour=_ENDS_AT_HOUR, minute=0, second=0, microsecond=0)
    if end < now:
        end += timedelta(days=1)
    authors = _authors()
    with (_FOLDER / "mentions.jsonl").open(encoding="utf-8") as lines:
        items = [json.loads(line) for line in lines]
    parents = {item["id"]: item.get("reply_to") for item in items}
    for item in items:
        author = authors[item["author"]] if item.get("author") else None
        mention = _mention(item, author, _thread_of(item["id"], parents), end)
        if mention.created_at <= now:
            yield mention


def _query() -> Query:
    """What the invented brand listens for; its own accounts open no cases."""
    ours = frozenset(_ours(name) for name, author in _authors().items() if author.get("is_ours"))
    return Query.parse("halvanto OR χαλβάντο", exclude_authors=ours)


def _authors() -> dict[str, dict[str, Any]]:
    authors: dict[str, dict[str, Any]] = json.loads((_FOLDER / "authors.json").read_text(encoding="utf-8"))
    return authors


def _thread_of(name: str, parents: dict[str, str | None]) -> str:
    while (parent := parents[name]) is not None:
        name = parent
    return name


def _mention(item: dict[str, Any], author: dict[str, Any] | None, thread: str, end: datetime) -> Mention:
    return Mention(
        source=item["source"],
        external_id=_ours(item["id"]),
        text=item["text"],
        created_at=end.astimezone(UTC) - timedelta(minutes=item["at"]),
        kind=Kind(item.get("kind", "post")),
        url=f"https://{item['source'].replace('_', '-')}.example/{item['id']}",
        language=item.get("lang"),
        author=None if author is None else _author(item, author, end.astimezone(UTC)),
        engagement=Engagement(**{name: item.get(name) for name in ("likes", "reposts", "replies", "views")}),
        thread_id=_ours(thread),
        parent_id=_ours(item["reply_to"]) if item.get("reply_to") else None,
        rating=item.get("rating"),
    )


def _author(item: dict[str, Any], author: dict[str, Any], now: datetime) -> Author:
    days = author.get("created_days_ago")
    counts = {name: author.get(name) for name in ("followers", "following", "posts", "listed", "reputation", "is_bot")}
    return Author(
        external_id=_ours(item["author"]),
        handle=author.get("handle"),
        name=author.get("name"),
        created_at=None if days is None else now - timedelta(days=days),
        **counts,
    )


def _ours(name: str) -> str:
    """Keep the demo's ids apart from anything a platform gives out."""
    return f"demo-{name}"


def _watch_of(session: Session, brand_id: int) -> models.Watch | None:
    return session.scalar(select(models.Watch).where(models.Watch.brand_id == brand_id, models.Watch.is_demo))
