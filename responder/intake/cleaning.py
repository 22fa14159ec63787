"""Making a mention storable: bounded, without what a database refuses, and not from the future. Pure functions.

What came is kept as it came where it can be; nothing is refused here, so that one odd item never costs its page.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from listeners import text
from listeners.mentions import Author, Mention

MAX_RAW = 16_384
"""Characters of JSON of the platform's own record that are kept; a larger record is left out whole."""

MAX_KEY = 500
"""Characters of a platform's id that are kept as they are: an index entry may not grow without bound."""

MAX_LINE = 2_000
MAX_LANGUAGE = 35
MAX_SOURCE = 100
MAX_COUNT = 2**63 - 1
_SUSPECT = re.compile(r"\\u(?:00[0189]|007f|d[89a-f]|20[23]|fff)")
"""JSON that may hold what `listeners.text` takes out: control characters, half surrogates, direction overrides."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Key = tuple[str, str]
"""Source and the platform's id."""


class CleanAuthor(NamedTuple):
    """An author as stored; see `listeners.mentions.Author`."""

    source: str
    external_id: str
    handle: str | None
    name: str | None
    url: str | None
    followers: int | None
    following: int | None
    posts: int | None
    listed: int | None
    reputation: int | None
    account_created_at: datetime | None
    is_bot: bool | None

    @property
    def key(self) -> Key:
        """What names this author within a brand."""
        return self.source, self.external_id


class CleanMention(NamedTuple):
    """A mention as stored; see `listeners.mentions.Mention`. `version_at` is its edit, else its creation."""

    source: str
    external_id: str
    kind: str
    text: str
    url: str | None
    language: str | None
    author: CleanAuthor | None
    thread_id: str | None
    parent_id: str | None
    rating: float | None
    likes: int | None
    reposts: int | None
    replies: int | None
    views: int | None
    addressed: bool | None
    is_repost: bool
    raw: dict[str, Any] | None
    created_at: datetime
    edited_at: datetime | None

    @property
    def key(self) -> Key:
        """What names this mention within a brand."""
        return self.source, self.external_id

    @property
    def version_at(self) -> datetime:
        """The instant of this version."""
        return self.edited_at or self.created_at


def clean(mention: Mention, *, now: datetime) -> CleanMention:
    """Return a mention that both databases can store.

    Texts are cleaned and cut by `listeners.text`, counts that no platform can mean become None (unknown), instants
    after `now` (a platform's wrong clock) become `now`.
    """
    source = text.clean(mention.source, limit=MAX_SOURCE)
    engagement = mention.engagement
    return CleanMention(
        source=source,
        external_id=key_of(mention.external_id),
        kind=str(mention.kind),
        text=text.clean(mention.text),
        url=_line(mention.url),
        language=_line(mention.language, MAX_LANGUAGE),
        author=None if mention.author is None else clean_author(mention.author, source, now=now),
        thread_id=key_of(mention.thread_id) if mention.thread_id else None,
        parent_id=key_of(mention.parent_id) if mention.parent_id else None,
        rating=_finite(mention.rating),
        likes=_count(engagement.likes),
        reposts=_count(engagement.reposts),
        replies=_count(engagement.replies),
        views=_count(engagement.views),
        addressed=mention.addressed,
        is_repost=mention.is_repost,
        raw=_record(mention.raw),
        created_at=_past(mention.created_at, now),
        edited_at=None if mention.edited_at is None else _past(mention.edited_at, now),
    )


def clean_author(author: Author, source: str, *, now: datetime) -> CleanAuthor:
    """Return an author that both databases can store."""
    return CleanAuthor(
        source=source,
        external_id=key_of(author.external_id),
        handle=_line(author.handle),
        name=_line(author.name),
        url=_line(author.url),
        followers=_count(author.followers),
        following=_count(author.following),
        posts=_count(author.posts),
        listed=_count(author.listed),
        reputation=_count(author.reputation),
        account_created_at=None if author.created_at is None else _past(author.created_at, now),
        is_bot=author.is_bot,
    )


def newest_versions(mentions: Iterable[CleanMention]) -> list[CleanMention]:
    """Return each mention once, in its newest version; of two versions of one instant the later in order."""
    newest: dict[Key, CleanMention] = {}
    for mention in mentions:
        known = newest.get(mention.key)
        if known is None or mention.version_at >= known.version_at:
            newest[mention.key] = mention
    return list(newest.values())


def key_of(name: str) -> str:
    """Return a platform's id as it came; one that cannot be stored, or is endless, by its SHA-256.

    Two ids that differ never become one.
    """
    encoded = name.encode("utf-8", "surrogatepass")
    if len(name) <= MAX_KEY and "\0" not in name and (name.isascii() or not _has_surrogates(name)):
        return name
    return "sha256:" + hashlib.sha256(encoded).hexdigest()


def _has_surrogates(name: str) -> bool:
    return any("\ud800" <= letter <= "\udfff" for letter in name)


def _line(line: str | None, limit: int = MAX_LINE) -> str | None:
    return (text.clean(line, limit=limit) or None) if line else None


def _count(number: int | None) -> int | None:
    return number if number is not None and -MAX_COUNT <= number <= MAX_COUNT else None


def _finite(number: float | None) -> float | None:
    return number if number is not None and math.isfinite(number) else None


def _past(instant: datetime, now: datetime) -> datetime:
    return max(_EPOCH, min(instant, now)).astimezone(UTC)


def _record(raw: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the platform's record as JSON can hold it; None when there is none, or it is too large."""
    if not raw:
        return None
    try:
        written = json.dumps(raw, allow_nan=False)
        if len(written) <= MAX_RAW and _SUSPECT.search(written) is None:
            return dict(raw)
    except (ValueError, TypeError, RecursionError):
        pass  # mended below
    record: dict[str, Any] = text.storable(raw)
    try:
        return record if len(json.dumps(record)) <= MAX_RAW else None
    except ValueError:  # an integer of thousands of digits
        return None
