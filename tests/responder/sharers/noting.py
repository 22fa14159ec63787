"""Invented people who stood somewhere in a month, and what they told after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import insert

from responder.models import Author, Mention, SharerFlag, Telling
from responder.sharers.habits import day_of
from tests.factories import make_author, make_mention

BEGAN = datetime(2025, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Person:
    percentile: float = 50.0
    badge: str | None = None
    told: int = 0  # days on which they told something after the month was noted


def first_of(month: int) -> datetime:
    return datetime(month // 100, month % 100, 1, tzinfo=UTC)


def note(session, brand, month: int, people: Sequence[Person], *, source="memory", every=1, noted_at=None) -> list[int]:
    """Note these people in a month, and let each tell on every so many-th day after it; return their ids."""
    pattern = make_author(session, brand)
    columns = {each.name: getattr(pattern, each.name) for each in Author.__table__.columns if each.name != "id"}
    authors = session.scalars(
        insert(Author).returning(Author.id, sort_by_parameter_order=True),
        [
            {**columns, "source": source, "external_id": f"{source}-{month}-{n}", "first_seen_at": BEGAN}
            for n in range(len(people))
        ],
    ).all()
    first = noted_at or first_of(month)
    rows = [
        {
            "author_id": author,
            "month": month,
            "brand_id": brand.id,
            "score": one.percentile,
            "badge": one.badge,
            "noted_at": first,
        }
        for author, one in zip(authors, people, strict=True)
    ]
    session.execute(insert(SharerFlag), rows)
    days = [(author, day) for author, one in zip(authors, people, strict=True) for day in range(one.told)]
    tell(session, brand, [(author, first + timedelta(days=every * day, hours=1)) for author, day in days])
    return list(authors)


def tell(session, brand, told: Sequence[tuple[int, datetime]], **columns) -> None:
    """Let authors tell at these instants."""
    if not told:
        return
    pattern = make_mention(session, brand)
    held = {each.name: getattr(pattern, each.name) for each in Mention.__table__.columns if each.name != "id"}
    mentions = session.scalars(
        insert(Mention).returning(Mention.id, sort_by_parameter_order=True),
        [
            {
                **held,
                "author_id": author,
                "created_at": at,
                "external_id": f"{author}-{at:%j%H%M}-{number}-{pattern.id}",
            }
            for number, (author, at) in enumerate(told)
        ],
    ).all()
    usual = {
        "mark": None, "copied": False, "repeated": False, "is_reshare": False, "linked": False, "personal": True,
        "selling": False, "reshared": None,
    }  # fmt: skip
    session.execute(
        insert(Telling),
        [
            {"mention_id": mention, "author_id": author, "brand_id": brand.id, "day": day_of(at), "at": at}
            | usual
            | columns
            for mention, (author, at) in zip(mentions, told, strict=True)
        ],
    )
