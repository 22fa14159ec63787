"""RSS and Atom feeds: news, blogs, forums. Read through feedparser from bytes that were fetched within bounds.

A feed shows its newest entries only. An entry that is no longer shown was not deleted; it just scrolled away.
"""

from __future__ import annotations

import calendar
import hashlib
import io
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urljoin, urlsplit
from xml.sax import SAXException
from xml.sax.handler import ContentHandler

import defusedxml.sax
from defusedxml.common import DefusedXmlException
from pydantic import BaseModel, Field

from listeners.capabilities import Limits
from listeners.errors import Rejected, Unavailable
from listeners.http import Fetcher, Response, raise_for_status
from listeners.mentions import Author, Engagement, Kind, Mention
from listeners.pages import Fault, Page
from listeners.queries import Query
from listeners.registry import source
from listeners.text import SKEW, clean, html_to_text, storable

MAX_ENTRIES = 2_000
EXCERPT = 5_000
"""Characters kept of an article: an excerpt and a link, not a copy."""


_HARMLESS = frozenset({"CharacterEncodingOverride", "NonXMLContentType"})
"""What feedparser remarks about a feed it read in full."""
_LASTING_IDS = ("http://", "https://", "urn:", "tag:")


_CONTENT = ("title", "published", "updated", "summary")
"""What names an entry that has neither id nor link. Read as a plain dict: feedparser's own answers "updated" with
"published", and warns that it does."""


@source("rss", title="RSS or Atom feed")
class Rss:
    """One feed. Its cursor holds what the server needs to say "nothing new", and when undated entries appeared."""

    class Credentials(BaseModel):
        """Which feed."""

        url: str = Field(min_length=1, max_length=2_000, description="Address of the feed itself, https://…")

    limits = Limits(poll_every=timedelta(minutes=15), calls_per_minute=6)

    def __init__(self, credentials: Credentials, *, http: Fetcher, base_url: str | None = None) -> None:
        self._http = http
        self._url = urljoin(base_url, credentials.url) if base_url else credentials.url

    def search(self, query: Query, *, cursor: str | None = None) -> Page:
        """Read the feed and return the entries that match; nothing when the server says it has not changed."""
        before = _State.load(cursor)
        response = self._http.get(self._url, headers=before.conditions())
        if response.status == 304:
            return Page(cursor=cursor)
        raise_for_status(response)
        fingerprint = hashlib.sha256(response.body).hexdigest()[:16]
        if fingerprint == before.fingerprint:
            return Page(cursor=before.renewed(response, fingerprint, before.undated).dump())
        return self._page(response, query, before, fingerprint)

    def check(self) -> str:
        """Read the feed once and say what it is called."""
        parsed = _parse(raise_for_status(self._http.get(self._url)))
        return f"Reads the feed {clean(str(parsed.feed.get('title') or self._host), limit=100)}."

    def _page(self, response: Response, query: Query, before: _State, fingerprint: str) -> Page:
        parsed = _parse(response)
        reading = _Reading(self._url, response.url, clean(str(parsed.feed.get("language") or ""), limit=35), before)
        mentions, faults = reading.all(parsed.entries)
        if parsed.bozo and type(parsed.bozo_exception).__name__ not in _HARMLESS:
            why = f"it is not well-formed ({type(parsed.bozo_exception).__name__}): what could be read is kept"
            faults.append(Fault(where="feed", why=why))
        return Page(
            mentions=tuple(mention for mention in mentions if query.matches(mention)),
            cursor=before.renewed(response, fingerprint, reading.undated).dump(),
            faults=tuple(faults),
        )

    @property
    def _host(self) -> str:
        return urlsplit(self._url).hostname or "without a name"


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    """What the cursor remembers. `undated` maps entries without a date to the unix second they were first seen."""

    etag: str | None = None
    modified: str | None = None
    fingerprint: str | None = None
    undated: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def load(cls, cursor: str | None) -> _State:
        if cursor is None:
            return cls()
        try:
            return cls(**json.loads(cursor))
        except (ValueError, TypeError) as error:
            raise Rejected("the saved place of this watch cannot be read: reset its cursor to start again") from error

    def conditions(self) -> dict[str, str]:
        asked = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in asked.items() if value}

    def renewed(self, response: Response, fingerprint: str, undated: Mapping[str, int]) -> _State:
        headers = {name.lower(): value for name, value in response.headers.items()}
        return _State(
            etag=headers.get("etag", "")[:500] or None,
            modified=headers.get("last-modified", "")[:100] or None,
            fingerprint=fingerprint,
            undated=undated,
        )

    def dump(self) -> str:
        return json.dumps({name: value for name in self.__slots__ if (value := getattr(self, name))})


class _Reading:
    """One reading of a feed: its entries as mentions, once each."""

    def __init__(self, feed_url: str, base: str, language: str, before: _State) -> None:
        self.undated: dict[str, int] = {}
        self._feed = hashlib.sha256(feed_url.encode("utf-8", "replace")).hexdigest()[:8]
        self._base = base
        self._language = language or None
        self._before = before.undated
        self._now = int(time.time())

    def all(self, entries: list[Any]) -> tuple[list[Mention], list[Fault]]:
        mentions: dict[str, Mention] = {}
        faults: list[Fault] = []
        for number, entry in enumerate(entries[:MAX_ENTRIES], start=1):
            try:
                mention = self._mention(entry)
            except (ValueError, TypeError, AttributeError, KeyError, OverflowError) as error:
                faults.append(Fault(where=f"entry {number}", why=str(error) or "it cannot be read"))
            else:
                mentions.setdefault(mention.external_id, mention)
        if len(entries) > MAX_ENTRIES:
            why = f"only the first {MAX_ENTRIES} entries are read: ask for a shorter feed"
            faults.append(Fault(where="feed", why=why))
        return list(mentions.values()), faults

    def _mention(self, entry: Any) -> Mention:
        text = _text(entry)
        if not text:
            raise ValueError("it has neither a title nor words")
        external_id = self._external_id(entry)
        published, updated = _date(entry, "published_parsed"), _date(entry, "updated_parsed")
        created_at = self._created_at(external_id, published or updated)
        edited = updated is not None and published is not None and created_at < updated <= self._latest
        return Mention(
            source="rss",
            external_id=external_id,
            text=text,
            created_at=created_at,
            kind=Kind.ARTICLE,
            url=self._link(entry),
            language=self._language,
            author=_author(entry),
            engagement=Engagement(replies=_comments(entry)),
            edited_at=updated if edited else None,
            raw=storable({"id": entry.get("id"), "tags": [tag.get("term") for tag in entry.get("tags", [])]}),
        )

    def _external_id(self, entry: Any) -> str:
        """Return the entry's own id where it is one for ever and everywhere, else one made unique by its feed."""
        told = clean(str(entry.get("id") or entry.get("link") or ""), limit=2_000)
        if told.startswith(_LASTING_IDS) and len(told) <= 400:
            return told
        content = told or "\n".join(str(dict.get(entry, name) or "") for name in _CONTENT)
        if told and len(told) <= 200:
            return f"{self._feed}:{told}"
        return f"{self._feed}:{hashlib.sha256(content.encode('utf-8', 'replace')).hexdigest()[:32]}"

    def _created_at(self, external_id: str, dated: datetime | None) -> datetime:
        """Return the entry's date; one that names none, or the future, is dated by when we first saw it."""
        if dated is not None and dated <= self._latest:
            return dated
        name = hashlib.sha256(external_id.encode("utf-8", "replace")).hexdigest()[:12]
        self.undated[name] = self._before.get(name, self._now)
        return datetime.fromtimestamp(self.undated[name], tz=UTC)

    @property
    def _latest(self) -> datetime:
        return datetime.fromtimestamp(self._now, tz=UTC) + SKEW

    def _link(self, entry: Any) -> str | None:
        link = clean(str(entry.get("link") or ""), limit=2_000)
        try:
            full = urljoin(self._base, link)
        except ValueError:
            return None
        return full if link and full.startswith(("http://", "https://")) else None


def _text(entry: Any) -> str:
    """Return title and excerpt; a body that only repeats the title is left out."""
    title = html_to_text(str(entry.get("title") or ""), limit=500).replace("\n", " ")
    bodies = [part.get("value") for part in entry.get("content", [])]
    body = html_to_text(str(entry.get("summary") or next(filter(None, bodies), "")), limit=EXCERPT)
    return title if body.startswith(title) and len(body) <= len(title) else "\n\n".join(filter(None, (title, body)))


def _date(entry: Any, name: str) -> datetime | None:
    if name not in entry:  # entry.get would answer "updated" with "published", and warn that it does
        return None
    try:
        return datetime.fromtimestamp(calendar.timegm(entry[name]), tz=UTC)
    except (ValueError, TypeError, OverflowError, OSError):
        return None


def _author(entry: Any) -> Author | None:
    name = clean(str(entry.get("author_detail", {}).get("name") or entry.get("author") or ""), limit=200)
    return Author(external_id=name, name=name) if name else None


def _comments(entry: Any) -> int | None:
    told = str(entry.get("slash_comments") or "").strip()
    return int(told) if told.isascii() and told.isdigit() and len(told) < 10 else None


class _RootReached(SAXException):
    """The declarations are over; what follows is feedparser's to read."""


class _Prolog(ContentHandler):
    def startElement(self, name: str, attrs: Any) -> None:  # noqa: ARG002, N802 — SAX's own name
        raise _RootReached("")


def _refuse_entities(response: Response) -> None:
    """Refuse a feed that declares XML entities of its own, which is how entity bombs begin.

    An outside DTD, as old RSS names one, is neither fetched nor a reason to refuse: `forbid_external` stays off.
    """
    try:
        defusedxml.sax.parse(io.BytesIO(response.body), _Prolog(), forbid_entities=True, forbid_external=False)
    except DefusedXmlException:
        raise Rejected(f"{response.host} sent XML that declares entities of its own, which is not read") from None
    except (SAXException, ValueError, LookupError, RecursionError):
        return  # broken or no XML at all: feedparser is forgiving, and expands nothing


def _parse(response: Response) -> Any:
    """Parse a feed's bytes. Raises Rejected for entity bombs and Unavailable for what is no feed at all."""
    import feedparser

    _refuse_entities(response)
    headers = {"content-location": response.url}
    headers |= {name.lower(): value for name, value in response.headers.items() if name.lower() == "content-type"}
    try:
        # HTML is reduced to words by us; feedparser's own cleaning would only cost time.
        parsed = feedparser.parse(
            io.BytesIO(response.body), response_headers=headers, resolve_relative_uris=False, sanitize_html=False
        )
    except (ValueError, LookupError, AssertionError, RecursionError, TypeError) as error:
        raise Unavailable(f"{response.host} sent a feed that cannot be read ({type(error).__name__})") from error
    if not parsed.get("version") and not parsed.entries:
        raise Unavailable(
            f"{response.host} sent something that is no feed: if this stays, give the address of the feed itself, "
            "not of the page that links to it"
        )
    return parsed
