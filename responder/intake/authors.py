"""Storing who wrote mentions: read what is known, write the difference."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any

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


def store_authors(session: Session, authors: Iterable[CleanAuthor], *, brand_id: int, now: datetime) -> dict[Key, int]:
    """Add authors we do not know, bring the others up to date, and return their ids.

    What the platform does not tell (None) never wipes what it told earlier. Call under the brand's lock.
    """
    wanted = {author.key: author for author in authors}
    known = {(row.source, row.external_id): row for row in _known(session, wanted, brand_id)}
    ids: dict[Key, int] = {key: row.id for key, row in known.items()}
    changes = []
    for key, row in known.items():
        before = _told(row)
        after = tuple(new if new is not None else old for new, old in zip(_told(wanted[key]), before, strict=True))
        if after != before:
            changes.append({"known_id": row.id, "updated_at": now, **dict(zip(_TOLD, after, strict=True))})
    if changes:
        session.connection().execute(_UPDATE, changes)
    new = [_row(author, brand_id, now) for key, author in wanted.items() if key not in known]
    if new:
        added = session.execute(insert(_TABLE).returning(_TABLE.c.source, _TABLE.c.external_id, _TABLE.c.id), new)
        ids.update({(source, external_id): author_id for source, external_id, author_id in added})
    return ids


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


def _row(author: CleanAuthor, brand_id: int, now: datetime) -> dict[str, Any]:
    return {
        "brand_id": brand_id,
        "source": author.source,
        "external_id": author.external_id,
        "first_seen_at": now,
        "updated_at": now,
        **dict(zip(_TOLD, _told(author), strict=True)),
    }
