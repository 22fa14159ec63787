"""One row of an import or of a webhook, read into a mention. Knows the columns; knows nothing of files or HTTP.

Columns: external_id, text, created_at, url, lang, rating, parent_id, author_handle, author_name, author_followers,
author_posts, author_listed, author_created_at, likes, reposts, replies, views. Anything else is kept in `raw`.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from listeners.mentions import Author, Engagement, Kind, Mention
from listeners.text import SKEW, clean, instant, storable

COLUMNS = (
    "external_id",
    "text",
    "created_at",
    "url",
    "lang",
    "rating",
    "parent_id",
    "author_handle",
    "author_name",
    "author_followers",
    "author_posts",
    "author_listed",
    "author_created_at",
    "likes",
    "reposts",
    "replies",
    "views",
)
LONGEST_ID = 500

_CHANGING = frozenset(
    {"author_followers", "author_posts", "author_listed", "likes", "reposts", "replies", "views", "external_id"}
)
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:[-_][A-Za-z0-9]{1,8})*")
_COUNT = re.compile(r"\d{1,18}(?:\.0*)?|\d{1,3}(?:,\d{3}){1,5}")
_WEB = re.compile(r"https?://[^\s]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class RowReader:
    """How rows become mentions of one source.

    `timezone` is for times that name none; None makes them faults, with `zone_hint` added to the words. `now` is the
    aware instant of reading: a row without a created_at column is taken as written then, and a time more than a day
    after it is a fault. `needs_id` refuses rows without external_id; otherwise such a row is named by a hash of what it
    says (all but the counts, which change), so that importing the same file again finds the same mention.
    """

    source: str
    now: datetime
    timezone: tzinfo | None = None
    needs_id: bool = False
    zone_hint: str = ""

    def mention(self, row: Mapping[str, Any]) -> Mention:
        """Read one row. Raises ValueError saying what to mend."""
        text = clean(_text(row, "text") or "")
        if not text:
            raise ValueError("text is missing: every row needs the words that were written")
        rating, parent = _rating(row), _id(row, "parent_id")
        return Mention(
            source=self.source,
            external_id=self._external_id(row),
            text=text,
            created_at=self._created_at(row),
            kind=Kind.REVIEW if rating is not None else Kind.COMMENT if parent else Kind.POST,
            url=_url(row),
            language=_language(row),
            author=self._author(row),
            engagement=Engagement(**{name: _count(row, name) for name in ("likes", "reposts", "replies", "views")}),
            parent_id=parent,
            rating=rating,
            raw=_rest(row),
        )

    def _external_id(self, row: Mapping[str, Any]) -> str:
        found = _id(row, "external_id")
        if found:
            return found
        if self.needs_id:
            raise ValueError("external_id is missing: send the platform's own id, so that a repeat is recognised")
        said = {str(name): value for name, value in row.items() if name not in _CHANGING and value not in (None, "")}
        content = json.dumps(storable(said), sort_keys=True, ensure_ascii=True, default=str)
        return f"row-{hashlib.sha256(content.encode()).hexdigest()[:32]}"

    def _created_at(self, row: Mapping[str, Any]) -> datetime:
        if "created_at" not in row:
            return self.now
        if row["created_at"] in (None, ""):
            raise ValueError("created_at is empty: write when it was written, or leave the whole column out")
        return self._instant(row, "created_at")

    def _instant(self, row: Mapping[str, Any], name: str) -> datetime:
        try:
            found = instant(row[name], self.timezone)
        except ValueError as error:
            hint = self.zone_hint if "no time zone" in str(error) else ""
            raise ValueError(f"{name}: {error}{hint}") from error
        if found > self.now + SKEW:
            ahead = found.isoformat(timespec="minutes")
            raise ValueError(f"{name} lies in the future ({ahead}): check the sender's clock, or the time zone")
        return found

    def _author(self, row: Mapping[str, Any]) -> Author | None:
        handle, name = _id(row, "author_handle"), _text(row, "author_name")
        handle = handle.removeprefix("@") if handle else None
        if not handle and not name:
            return None
        return Author(
            external_id=handle or clean(name or "", limit=LONGEST_ID),
            handle=handle,
            name=clean(name, limit=LONGEST_ID) if name else None,
            followers=_count(row, "author_followers"),
            posts=_count(row, "author_posts"),
            listed=_count(row, "author_listed"),
            created_at=self._instant(row, "author_created_at") if _text(row, "author_created_at") else None,
        )


def _text(row: Mapping[str, Any], name: str) -> str | None:
    value = row.get(name)
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, Mapping | list | tuple):
        raise ValueError(f"{name} holds a list or an object: write plain text")  # noqa: TRY004 — every bad row is one kind
    return clean(str(value), limit=len(str(value))) or None


def _id(row: Mapping[str, Any], name: str) -> str | None:
    found = _text(row, name)
    if found is None:
        return None
    if len(found) > LONGEST_ID:
        raise ValueError(f"{name} is longer than {LONGEST_ID} characters: that is no id")
    return found.replace("\n", " ")


def _url(row: Mapping[str, Any]) -> str | None:
    """Return a web address; anything else (javascript:, bare host names) is no link to offer and stays in raw."""
    found = _text(row, "url")
    return found if found and len(found) <= 2_000 and _WEB.fullmatch(found) else None


def _language(row: Mapping[str, Any]) -> str | None:
    found = _text(row, "lang")
    if found is None or found.lower() == "und":
        return None
    if not _LANGUAGE.fullmatch(found) or len(found) > 35:
        raise ValueError(f"lang {found[:20]!r} is no language code: write one such as en or pt-BR, or leave it empty")
    return found


def _rating(row: Mapping[str, Any]) -> float | None:
    found = _text(row, "rating")
    if found is None:
        return None
    try:
        stars = float(found)
    except ValueError:
        stars = math.nan
    if not 1 <= stars <= 5:
        raise ValueError(f"rating {found[:20]!r} is not 1 to 5 stars: convert it, or leave it empty when unknown")
    return stars


def _count(row: Mapping[str, Any], name: str) -> int | None:
    found = _text(row, name)
    if found is None:
        return None
    if not _COUNT.fullmatch(found):
        raise ValueError(f"{name} {found[:20]!r} is not a whole number: write digits, or leave it empty when unknown")
    return int(found.replace(",", "").partition(".")[0])


def _rest(row: Mapping[str, Any]) -> dict[str, Any]:
    rest = {str(name): value for name, value in row.items() if name not in COLUMNS and value not in (None, "")}
    if row.get("url") and _url(row) is None:
        rest["url"] = row["url"]
    kept: dict[str, Any] = storable(rest)
    return kept
