"""Storing who wrote mentions: read what is known, write the difference."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, exists, insert, select, update
from sqlalchemy.orm import Session

from responder.intake.cleaning import CleanAuthor, Key
from responder.models import Author, Mention

_TOLD = (
    "handle",
    "name",
    "url",
    "followers",
    "following",
    "posts",
    "listed",
    "reputation",
    "account_created_at",
    "is_bot",
)
_TABLE: Any = Author.__table__
_told = attrgetter(*_TOLD)
_UPDATE = (
    update(_TABLE)
    .where(_TABLE.c.id == bindparam("known_id"))
    .values({name: bindparam(name) for name in (*_TOLD, "updated_at")})
)


class StoredAuthors(NamedTuple):
    """The `ids` of authors just stored, and of whom we knew another number of followers before (`refollowed`)."""

    ids: dict[Key, int]
    refollowed: list[int]


def store_authors(session: Session, authors: Iterable[CleanAuthor], *, brand_id: int, now: datetime) -> StoredAuthors:
    """Add authors we do not know, bring the others up to date, and return who they are.

    What the platform does not tell (None) never wipes what it told earlier, on this page or before. Call under the
    brand's lock.
    """
    wanted: dict[Key, CleanAuthor] = {}
    for author in authors:
        earlier = wanted.get(author.key)
        wanted[author.key] = (
            author if earlier is None or earlier == author else author._replace(**_filled(author, earlier))
        )
    known = {(row.source, row.external_id): row for row in _known(session, wanted, brand_id)}
    ids: dict[Key, int] = {key: row.id for key, row in known.items()}
    changes = []
    refollowed = []
    for key, row in known.items():
        after = _filled(wanted[key], row)
        if tuple(after.values()) != _told(row):
            changes.append({"known_id": row.id, "updated_at": now, **after})
        if after["followers"] != row.followers:
            refollowed.append(row.id)
    if changes:
        session.connection().execute(_UPDATE, changes)
    new = [_row(author, brand_id, now) for key, author in wanted.items() if key not in known]
    if new:
        added = session.execute(insert(_TABLE).returning(_TABLE.c.source, _TABLE.c.external_id, _TABLE.c.id), new)
        ids.update({(source, external_id): author_id for source, external_id, author_id in added})
    return StoredAuthors(ids, refollowed)


def forget_unheard(session: Session, author_ids: Sequence[int]) -> None:
    """Delete those of these authors of whom no mention is left: with their words, people go too."""
    if author_ids:
        session.execute(
            delete(Author)
            .where(Author.id.in_(author_ids), ~exists().where(Mention.author_id == Author.id))
            .execution_options(synchronize_session=False)
        )


def _known(session: Session, wanted: Iterable[Key], brand_id: int) -> Iterable[Any]:
    by_source: defaultdict[str, list[str]] = defaultdict(list)
    for source, external_id in wanted:
        by_source[source].append(external_id)
    columns = (Author.id, Author.source, Author.external_id, *(getattr(Author, name) for name in _TOLD))
    for source, external_ids in by_source.items():
        yield from session.execute(
            select(*columns).where(
                Author.brand_id == brand_id, Author.source == source, Author.external_id.in_(external_ids)
            )
        )


def _filled(author: Any, earlier: Any) -> dict[str, Any]:
    """What is told of an author; what is not told now, as it was told earlier."""
    both = zip(_TOLD, _told(author), _told(earlier), strict=True)
    return {name: new if new is not None else old for name, new, old in both}


def _row(author: CleanAuthor, brand_id: int, now: datetime) -> dict[str, Any]:
    return {
        "brand_id": brand_id,
        "source": author.source,
        "external_id": author.external_id,
        "first_seen_at": now,
        "updated_at": now,
        **dict(zip(_TOLD, _told(author), strict=True)),
    }
