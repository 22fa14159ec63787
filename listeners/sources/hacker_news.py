"""Hacker News stories and comments: found through Algolia's search, looked at again through the official item API.

Both are public and need no key. There is no way to write, so nobody can answer from here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from pydantic import BaseModel, Field

from listeners.capabilities import Limits
from listeners.errors import RateLimited, Unavailable
from listeners.http import Fetcher, raise_for_status
from listeners.mentions import Author, Engagement, Kind, Mention
from listeners.pages import Fault, Page
from listeners.queries import Handle, Leaf, Phrase, Query
from listeners.registry import source
from listeners.text import html_to_text, storable
from listeners.walks import Batch, Reach, Walk, from_milliseconds, overlap_of, read_back, read_items

SEARCH = "https://hn.algolia.com"
ITEMS = "https://hacker-news.firebaseio.com"
SITE = "https://news.ycombinator.com"
OVERLAP = timedelta(minutes=10)
"""Algolia indexes late; every poll goes this much further back."""

_REACH = Reach(overlap=overlap_of(OVERLAP), instant=from_milliseconds)


@source("hacker_news", title="Hacker News")
class HackerNews:
    """Searches all of Hacker News, newest first, in slices of time: the search shows 1,000 items of one question."""

    class Credentials(BaseModel):
        """Nothing secret: only how much to ask for at once."""

        page_size: int = Field(default=200, ge=2, le=1000, description="Items of one request")

    limits = Limits(poll_every=timedelta(minutes=2), calls_per_minute=60)

    def __init__(self, credentials: Credentials, *, http: Fetcher, base_url: str | None = None) -> None:
        self._http = http
        self._page_size = credentials.page_size
        self._search = (base_url or SEARCH).rstrip("/")
        self._items = (base_url or ITEMS).rstrip("/")

    def search(self, query: Query, *, cursor: str | None = None) -> Page:
        """Read one slice of time for each alternative of the query; only what matches is kept."""
        listings = {_asked(leaves): partial(self._slice, _asked(leaves), query) for leaves in query.alternatives()}
        return read_back(listings, cursor, _REACH)

    def recheck(self, external_ids: Sequence[str]) -> Page:
        """Ask for each item again, one call each; deleted and killed items are gone."""
        found: list[Mention] = []
        gone: list[str] = []
        faults: list[Fault] = []
        for external_id in external_ids:
            if not external_id.isdecimal():
                faults.append(Fault(where=external_id[:100], why="it is no Hacker News id: those are numbers"))
                continue
            item = self._json(f"{self._items}/v0/item/{external_id}.json", {})
            if not isinstance(item, dict) or item.get("deleted") or item.get("dead"):
                gone.append(external_id)
                continue
            mentions, unread = read_items([item], _of_item, name_of=lambda item: item["id"])
            found += mentions
            faults += unread
        return Page(mentions=tuple(found), gone=tuple(gone), faults=tuple(faults))

    def check(self) -> str:
        """Ask the search for one item."""
        self._hits("", {"hitsPerPage": 1})
        return "Reads Hacker News without signing in."

    def _slice(self, asked: str, query: Query, walk: Walk) -> Batch:
        until, seen = _read_token(walk.token)
        filters = [f"created_at_i<={until}"] if until is not None else []
        floor = walk.floor(_REACH.overlap)
        if floor is not None:
            filters.append(f"created_at_i>={floor // 1000}")
        hits = self._hits(asked, {"hitsPerPage": self._page_size, "numericFilters": ",".join(filters) or None})
        new = [hit for hit in hits if str(hit.get("objectID")) not in seen]
        mentions, faults = read_items(new, _of_hit, name_of=lambda hit: hit["objectID"])
        times = [hit["created_at_i"] for hit in hits if isinstance(hit.get("created_at_i"), int)]
        more = len(hits) >= self._page_size and times
        return Batch(
            mentions=[mention for mention in mentions if query.matches(mention)],
            positions=[seconds * 1000 for seconds in times],
            next_token=_next_token(hits, min(times), until) if more else None,
            faults=faults,
        )

    def _hits(self, asked: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
        parameters = {"query": asked, "tags": "(story,comment)", "typoTolerance": "false", **parameters}
        found = self._json(f"{self._search}/api/v1/search_by_date", {**parameters, "advancedSyntax": "true"})
        hits = found.get("hits") if isinstance(found, dict) else None
        if not isinstance(hits, list):
            raise Unavailable("Hacker News search answered without a list of hits: we try again later")
        return [hit for hit in hits if isinstance(hit, dict)]

    def _json(self, url: str, parameters: Mapping[str, Any]) -> Any:
        response = self._http.get(url, params=parameters)
        if response.status in {401, 403}:  # nobody signs in here: it is how too many calls are answered
            raise RateLimited("Hacker News refuses us for now: we ask less often")
        return raise_for_status(response).json()


def _asked(leaves: Sequence[Leaf]) -> str:
    return " ".join(_words(leaf) for leaf in leaves)


def _words(leaf: Leaf) -> str:
    if isinstance(leaf, Phrase):
        return f'"{leaf.text}"'
    return leaf.name if isinstance(leaf, Handle) else leaf.text


def _next_token(hits: Sequence[Mapping[str, Any]], oldest: int, until: int | None) -> str:
    """Return where the next slice begins: the oldest second again, without what was seen of it."""
    if oldest == until:  # a page of one second only: step over it, or the walk never ends
        return json.dumps([oldest - 1, []])
    return json.dumps([oldest, [str(hit.get("objectID")) for hit in hits if hit.get("created_at_i") == oldest]])


def _read_token(token: str | None) -> tuple[int | None, frozenset[str]]:
    if token is None:
        return None, frozenset()
    until, seen = json.loads(token)
    return int(until), frozenset(seen)


def _of_hit(hit: Mapping[str, Any]) -> Mention | None:
    """Read one search hit. Stories carry a title, comments the id of what they answer."""
    comment = hit.get("comment_text")
    external_id = str(int(hit["objectID"]))
    body = html_to_text(comment or hit.get("story_text") or "")
    text = body if comment else "\n\n".join(filter(None, (html_to_text(hit.get("title") or ""), body)))
    if not text:
        return None
    return _mention(
        external_id,
        text,
        created=hit["created_at_i"],
        author=hit.get("author"),
        parent=hit.get("parent_id") if comment else None,
        thread=hit.get("story_id") or external_id,
        likes=hit.get("points"),
        replies=hit.get("num_comments"),
        raw={"url": hit.get("url"), "story_title": hit.get("story_title"), "story_url": hit.get("story_url")},
    )


def _of_item(item: Mapping[str, Any]) -> Mention | None:
    """Read one item of the official API, which does not tell a comment its story."""
    external_id = str(int(item["id"]))
    parts = (html_to_text(item.get("title") or ""), html_to_text(item.get("text") or ""))
    text = "\n\n".join(filter(None, parts))
    if not text:
        return None
    parent = item.get("parent")
    return _mention(
        external_id,
        text,
        created=item["time"],
        author=item.get("by"),
        parent=parent,
        thread=None if parent else external_id,
        likes=item.get("score"),
        replies=item.get("descendants"),
        raw={"url": item.get("url")},
    )


def _mention(
    external_id: str,
    text: str,
    *,
    created: int,
    author: str | None,
    parent: int | None,
    thread: int | str | None,
    likes: int | None,
    replies: int | None,
    raw: Mapping[str, Any],
) -> Mention:
    return Mention(
        source="hacker_news",
        external_id=external_id,
        text=text,
        created_at=datetime.fromtimestamp(int(created), tz=UTC),
        kind=Kind.COMMENT if parent else Kind.POST,
        url=f"{SITE}/item?id={external_id}",
        author=Author(external_id=author, handle=author, url=f"{SITE}/user?id={author}") if author else None,
        engagement=Engagement(likes=likes, replies=replies),
        thread_id=str(thread) if thread else None,
        parent_id=str(parent) if parent else None,
        raw=storable({name: value for name, value in raw.items() if value is not None}),
    )
