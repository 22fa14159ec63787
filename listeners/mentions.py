"""The nouns of floor 1: a mention, who wrote it, and how people reacted.

Unknown is None, never 0: "no likes" and "not told" are different numbers. Texts are plain text; HTML is reduced before
a mention is made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What sort of public item a mention is."""

    POST = "post"
    COMMENT = "comment"
    REVIEW = "review"
    ARTICLE = "article"


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """An account on one platform, as that platform shows it. Counts are None when the platform does not tell.

    `external_id` is the platform's own, stable id (a DID, a numeric id); where there is none, the handle.
    `reputation` is karma or a like measure the platform keeps; `posts` counts everything the account ever wrote.
    """

    external_id: str
    handle: str | None = None
    name: str | None = None
    url: str | None = None
    followers: int | None = None
    following: int | None = None
    posts: int | None = None
    listed: int | None = None
    reputation: int | None = None
    created_at: datetime | None = None
    is_bot: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Engagement:
    """Reactions as told by the platform when the mention was read; None when it does not tell."""

    likes: int | None = None
    reposts: int | None = None
    replies: int | None = None
    views: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """One public item about what we watch.

    (`source`, `external_id`) names it for ever. `created_at` and `edited_at` are aware UTC; `edited_at` None means
    never edited, or not told. `language` is what the platform claims (BCP 47), not what we detect. `thread_id` is
    the id of the thread's first item, `parent_id` of the item answered; None when it stands alone or the platform
    does not tell. `rating` is in stars, 1–5. `addressed` is True when the author spoke to us (mention, reply, review
    of our app), None when unknown. `raw` is the platform's own record, bounded when stored, kept for repair only.
    """

    source: str
    external_id: str
    text: str
    created_at: datetime
    kind: Kind = Kind.POST
    url: str | None = None
    language: str | None = None
    author: Author | None = None
    engagement: Engagement = field(default_factory=Engagement)
    thread_id: str | None = None
    parent_id: str | None = None
    rating: float | None = None
    edited_at: datetime | None = None
    addressed: bool | None = None
    is_repost: bool = False
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        """Refuse what no later floor could store: nameless items and instants without a zone."""
        if not self.external_id:
            raise ValueError("a mention needs the platform's own id (external_id)")
        for name in ("created_at", "edited_at"):
            instant = getattr(self, name)
            if instant is not None and instant.tzinfo is None:
                raise ValueError(f"{name} has no time zone; give an aware UTC instant")
