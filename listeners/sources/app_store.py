"""Reviews of one app in Apple's App Store, from the public feed of each country. Reading only: answering needs a key.

The feed shows the newest 500 reviews of a country, 50 a page. It is at times empty, without dates, or down.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from pydantic import BaseModel, Field, field_validator

from listeners.capabilities import Limits
from listeners.errors import Gone, Rejected
from listeners.http import Fetcher, raise_for_status
from listeners.mentions import Author, Kind, Mention
from listeners.pages import Fault, Page
from listeners.registry import source
from listeners.text import clean, instant, storable
from listeners.walks import Batch, Reach, Walk, from_milliseconds, milliseconds, overlap_of, read_back, read_items

FEEDS = "https://itunes.apple.com"
PAGES = 10
OVERLAP = timedelta(days=1)
"""Reviews appear up to a day after their date."""

_REACH = Reach(overlap=overlap_of(OVERLAP), instant=from_milliseconds, depth=PAGES * 50)


@source("app_store", title="App Store reviews")
class AppStore:
    """Reviews of our own app, country after country; each call reads one page of one country."""

    class Credentials(BaseModel):
        """Which app, and where it is sold. Nothing here is secret."""

        app_id: str = Field(pattern=r"^\d{1,15}$", description="The number after id in the app's App Store address")
        countries: list[str] = Field(default=["us"], min_length=1, max_length=175, description="Country codes: us, gb")

        @field_validator("countries", mode="before")
        @classmethod
        def _split(cls, value: object) -> object:
            """Take "us, gb" as people type it."""
            return [part for part in value.replace(",", " ").split() if part] if isinstance(value, str) else value

        @field_validator("countries")
        @classmethod
        def _known_shape(cls, value: list[str]) -> list[str]:
            codes = list(dict.fromkeys(code.strip().lower() for code in value))
            wrong = [code for code in codes if not (len(code) == 2 and code.isascii() and code.isalpha())]
            if wrong:
                raise ValueError(f"{wrong[0]!r} is no country code: write two letters, such as us or gb")
            return codes

    limits = Limits(poll_every=timedelta(minutes=30), calls_per_minute=20)

    def __init__(self, credentials: Credentials, *, http: Fetcher, base_url: str | None = None) -> None:
        self._http = http
        self._app_id = credentials.app_id
        self._countries = credentials.countries
        self._base = (base_url or FEEDS).rstrip("/")

    def reviews(self, *, cursor: str | None = None) -> Page:
        """Read one page of the country whose turn it is; `more` until every country was read."""
        turn, walks = self._place(cursor)
        country = self._countries[turn]
        page = read_back({country: partial(self._page, country)}, walks.get(country), _REACH)
        walks[country] = page.cursor
        turn = turn if page.more else turn + 1
        done = turn == len(self._countries)
        return Page(
            mentions=page.mentions,
            cursor=json.dumps({"turn": 0 if done else turn, "walks": walks}),
            more=not done,
            faults=page.faults,
            gap=page.gap,
        )

    def check(self) -> str:
        """Read the first page of the first country."""
        batch = self._page(self._countries[0], Walk())
        return f"Reads App Store reviews of app {self._app_id}; {len(batch.mentions)} on the first page."

    def _place(self, cursor: str | None) -> tuple[int, dict[str, str | None]]:
        if cursor is None:
            return 0, {}
        try:
            saved = json.loads(cursor)
            turn, walks = int(saved["turn"]), dict(saved["walks"])
        except (ValueError, TypeError, KeyError) as error:
            raise Rejected("the saved place of this watch cannot be read: reset its cursor to start again") from error
        return (turn if 0 <= turn < len(self._countries) else 0), walks

    def _page(self, country: str, walk: Walk) -> Batch:
        number = int(walk.token) if walk.token else 1
        path = f"/{country}/rss/customerreviews/page={number}/id={self._app_id}/sortby=mostrecent/json"
        try:
            found = raise_for_status(self._http.get(self._base + path)).json()
        except Gone:
            if len(self._countries) == 1:
                raise
            # One country where the app is not sold must not hold up the others.
            return Batch(
                faults=[Fault(where=f"country {country}", why="the App Store has no such app there: leave it out")]
            )
        entries = list(_entries(found))
        dates = _dates(entries)
        read = partial(_mention, country=country, dates=dates)
        mentions, faults = read_items(entries, read, name_of=lambda entry: _label(entry, "id"))
        return Batch(
            mentions=mentions,
            positions=[milliseconds(mention.created_at) for mention in mentions],
            next_token=str(number + 1) if entries and number < PAGES else None,
            faults=faults,
        )


def _entries(found: Any) -> Iterator[dict[str, Any]]:
    """Yield the reviews of a feed: a list, one object when there is one only, nothing when there are none."""
    feed = found.get("feed") if isinstance(found, dict) else None
    entries = feed.get("entry", []) if isinstance(feed, dict) else []
    for entry in entries if isinstance(entries, list) else [entries]:
        if isinstance(entry, dict) and "im:rating" in entry:  # the first entry may be the app itself
            yield entry


def _label(entry: Mapping[str, Any], *path: str) -> str | None:
    found: Any = entry
    for name in (*path, "label"):
        found = found.get(name) if isinstance(found, dict) else None
    return clean(found) if isinstance(found, str) and clean(found) else None


def _dates(entries: list[dict[str, Any]]) -> dict[int, datetime]:
    """Return a date for each entry, by its place. One without takes that of the next older one, or else now.

    The feed is in order of date, so an undated review cannot be older than the one below it.
    """
    dates: dict[int, datetime] = {}
    below = datetime.now(UTC)
    for entry in reversed(entries):
        with suppress(ValueError):
            below = instant(_label(entry, "updated"))
        dates[id(entry)] = below
    return dates


def _mention(entry: dict[str, Any], *, country: str, dates: Mapping[int, datetime]) -> Mention:
    external_id, name = _label(entry, "id"), _label(entry, "author", "name")
    if external_id is None:
        raise KeyError("id")
    text = "\n\n".join(filter(None, (_label(entry, "title"), _label(entry, "content"))))
    if not text:
        raise KeyError("content")
    return Mention(
        source="app_store",
        external_id=external_id,
        text=text,
        created_at=dates[id(entry)],
        kind=Kind.REVIEW,
        url=_link(entry),
        author=_author(entry, name),
        rating=_rating(entry),
        addressed=True,
        raw=storable({"country": country, "version": _label(entry, "im:version"), "updated": _label(entry, "updated")}),
    )


def _author(entry: Mapping[str, Any], name: str | None) -> Author | None:
    page = _label(entry, "author", "uri")
    account = page.rpartition("/")[2].removeprefix("id") if page else None
    if not (account or name):
        return None
    return Author(
        external_id=account or name or "", name=name, url=page if page and page.startswith("https://") else None
    )


def _rating(entry: Mapping[str, Any]) -> float | None:
    told = _label(entry, "im:rating")
    return float(told) if told in {"1", "2", "3", "4", "5"} else None


def _link(entry: Mapping[str, Any]) -> str | None:
    link = entry.get("link")
    first = link[0] if isinstance(link, list) and link else link
    href = first.get("attributes", {}).get("href") if isinstance(first, dict) else None
    return href if isinstance(href, str) and href.startswith("https://") else None
