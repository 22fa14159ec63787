"""The harmless twin: a platform inside this process, complete in every ability. For tests, the demo and dry runs.

It publishes nothing anywhere. A `Feed` is the platform, `MemorySource` a connection to it; both live in one process.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial

from pydantic import BaseModel, Field, SecretStr

from listeners.capabilities import Limits, Training
from listeners.errors import Gone, Rejected, SourceError, TooLong
from listeners.http import Fetcher
from listeners.mentions import Kind, Mention
from listeners.pages import OwnReply, Page, Posted
from listeners.queries import Query
from listeners.registry import source
from listeners.signatures import require_signed
from listeners.sources.webhook import read_push

REPLY_LENGTH = 500


@dataclass(frozen=True, slots=True)
class _Event:
    external_id: str
    mention: Mention | None
    """None: the item was deleted."""


@dataclass(frozen=True, slots=True)
class _Sent:
    external_id: str
    key: str
    at: datetime


class Feed:
    """An invented platform: an append-only log of posts, edits and deletions, and the replies it was sent.

    `now` is its clock; tests may set another.
    """

    def __init__(self) -> None:
        self.replies: dict[str, tuple[str, str]] = {}
        """Our texts that stand in public: their id → (the item answered, the text)."""
        self.now: Callable[[], datetime] = partial(datetime.now, UTC)
        self._sent: list[_Sent] = []
        """Every reply that was ever published, oldest first."""
        self._hidden_reads = 0
        self._events: list[_Event] = []
        self._standing: dict[str, Mention] = {}
        self._by_key: dict[str, str] = {}
        self._failures: list[tuple[SourceError, bool]] = []
        self._lock = threading.RLock()

    def post(self, *mentions: Mention) -> None:
        """Publish items, or new versions of items that stand already."""
        with self._lock:
            for mention in mentions:
                self._standing[mention.external_id] = mention
                self._events.append(_Event(mention.external_id, mention))

    def edit(self, external_id: str, text: str, *, at: datetime) -> None:
        """Change an item's text, as its author would. Raises KeyError when it does not stand."""
        with self._lock:
            self.post(replace(self._standing[external_id], text=text, edited_at=at))

    def delete(self, external_id: str) -> None:
        """Take an item away, as its author would. Raises KeyError when it does not stand."""
        with self._lock:
            del self._standing[external_id]
            self._events.append(_Event(external_id, None))

    def fail_next(self, *errors: SourceError, after_acting: bool = False) -> None:
        """Let the next calls raise these errors, one each. `after_acting`: publishing calls do their work first."""
        with self._lock:
            self._failures.extend((error, after_acting) for error in errors)

    def hide_replies(self, *, reads: int) -> None:
        """Leave our replies out of so many looks for them, as a platform does that shows new posts late."""
        with self._lock:
            self._hidden_reads = reads

    def since(self, place: int, size: int) -> tuple[list[_Event], int]:
        """Return up to `size` events after a place in the log, and how many there are in all."""
        with self._lock:
            self.raise_if_failing()
            return self._events[place : place + size], len(self._events)

    def standing(self, external_id: str) -> Mention | None:
        """Return an item as it stands now; None when it was deleted or never there."""
        with self._lock:
            return self._standing.get(external_id)

    def answer(self, to: str, text: str, key: str, *, once: bool = True) -> str:
        """Publish a reply and return its id; `once` per key. Raises Gone when the item answered no longer stands."""
        with self._acting():
            if once and key in self._by_key:
                return self._by_key[key]
            if to not in self._standing:
                raise Gone("the item to answer is no longer there")
            posted = f"reply-{len(self._sent) + 1}"
            self._by_key.setdefault(key, posted)
            self._sent.append(_Sent(posted, key, self.now()))
            self.replies[posted] = (to, text)
            return posted

    def answers(self, to: str, key: str | None) -> tuple[OwnReply, ...]:
        """Return our replies that stand under an item, oldest first."""
        with self._lock:
            self.raise_if_failing()
            if self._hidden_reads:
                self._hidden_reads -= 1
                return ()
            return tuple(
                OwnReply(
                    external_id=sent.external_id,
                    url=None,
                    text=self.replies[sent.external_id][1],
                    created_at=sent.at,
                    under_key=None if key is None else sent.key == key,
                )
                for sent in self._sent
                if self.replies.get(sent.external_id, ("", ""))[0] == to
            )

    def change(self, posted: str, text: str) -> None:
        """Replace the text of a reply of ours. Raises Gone when it does not stand."""
        with self._acting():
            if posted not in self.replies:
                raise Gone("our text is no longer there")
            self.replies[posted] = (self.replies[posted][0], text)

    def take_back(self, posted: str) -> None:
        """Delete a reply of ours; one that is already gone is no error."""
        with self._acting():
            self.replies.pop(posted, None)

    def raise_if_failing(self) -> None:
        """Raise the next error asked for with `fail_next`, if any."""
        with self._lock:
            if self._failures:
                raise self._failures.pop(0)[0]

    @contextmanager
    def _acting(self) -> Iterator[None]:
        """Hold the feed while it acts, failing before or after that as asked for."""
        with self._lock:
            error, after = self._failures.pop(0) if self._failures else (None, False)
            if error is not None and not after:
                raise error
            yield
            if error is not None:
                raise error


_feeds: dict[str, Feed] = {}


def feed(name: str) -> Feed:
    """Return this process's feed of that name, new and empty when first asked for."""
    return _feeds.setdefault(name, Feed())


def forget_feed(name: str) -> None:
    """Drop a feed; connections made before keep it, later ones start with an empty one."""
    _feeds.pop(name, None)


@source("memory", title="Memory (tests and demo)", hidden=True)
class MemorySource:
    """A connection to a `Feed`. Cursors are places in its log; a page holds up to `page_size` events."""

    class Credentials(BaseModel):
        """Which feed to read, and how much at once. Without `keeps_keys` a repeated key posts again, as X would."""

        feed: str = "default"
        keeps_keys: bool = True
        page_size: int = Field(default=50, ge=1, le=1000)
        secret: SecretStr = SecretStr("memory-secret")

    limits = Limits(
        poll_every=timedelta(seconds=30),
        calls_per_minute=6_000,
        reply_length=REPLY_LENGTH,
        training=Training.ALLOWED,  # nobody wrote what stands here
        key_lasts=timedelta.max,
    )

    def __init__(self, credentials: Credentials, *, http: Fetcher | None = None, base_url: str | None = None) -> None:  # noqa: ARG002
        self._credentials = credentials
        self._feed = feed(credentials.feed)
        if not credentials.keeps_keys:
            self.limits = replace(self.limits, key_lasts=None)

    def search(self, query: Query, *, cursor: str | None = None) -> Page:
        """Read one page of the log: matching posts and edits, and the ids of everything deleted."""
        return self._page(cursor, query.matches)

    def inbox(self, *, cursor: str | None = None) -> Page:
        """Read one page of what was addressed to us."""
        return self._page(cursor, lambda mention: mention.addressed is True)

    def reviews(self, *, cursor: str | None = None) -> Page:
        """Read one page of reviews."""
        return self._page(cursor, lambda mention: mention.kind is Kind.REVIEW)

    def receive(self, body: bytes, headers: Mapping[str, str], *, now: float) -> Page:
        """Take a signed push, like the webhook source."""
        require_signed(self._credentials.secret.get_secret_value(), headers, body, now=now)
        return read_push(body, source="memory", now=datetime.fromtimestamp(now, tz=UTC))

    def recheck(self, external_ids: Sequence[str]) -> Page:
        """Look again at items: those standing, and those gone."""
        self._feed.raise_if_failing()
        found = {external_id: self._feed.standing(external_id) for external_id in external_ids}
        return Page(
            mentions=tuple(mention for mention in found.values() if mention is not None),
            gone=tuple(external_id for external_id, mention in found.items() if mention is None),
        )

    def reply(self, to: str, text: str, *, key: str) -> Posted:
        """Answer an item; once per key, unless the connection keeps none."""
        _require_short(text)
        return Posted(external_id=self._feed.answer(to, text, key, once=self._credentials.keeps_keys))

    def own_replies(self, to: str, *, key: str | None) -> tuple[OwnReply, ...]:
        """Return our replies under an item; their keys are told only where the connection keeps them."""
        return self._feed.answers(to, key if self._credentials.keeps_keys else None)

    def edit(self, posted: str, text: str) -> Posted:
        """Replace the text of a reply of ours."""
        _require_short(text)
        self._feed.change(posted, text)
        return Posted(external_id=posted)

    def retract(self, posted: str) -> None:
        """Take a reply of ours back."""
        self._feed.take_back(posted)

    def check(self) -> str:
        """Say which feed this is."""
        self._feed.raise_if_failing()
        return f"Connected to the feed {self._credentials.feed} in this process."

    def _page(self, cursor: str | None, wanted: Callable[[Mention], bool]) -> Page:
        place = _place(cursor)
        events, total = self._feed.since(place, self._credentials.page_size)
        place += len(events)
        latest = {event.external_id: event for event in events}
        return Page(
            mentions=tuple(_posts(latest.values(), wanted)),
            cursor=json.dumps({"after": place}),
            more=place < total,
            gone=tuple(event.external_id for event in latest.values() if event.mention is None),
        )


def _posts(events: Iterable[_Event], wanted: Callable[[Mention], bool]) -> Iterator[Mention]:
    for event in events:
        if event.mention is not None and wanted(event.mention):
            yield event.mention


def _place(cursor: str | None) -> int:
    if cursor is None:
        return 0
    try:
        return int(json.loads(cursor)["after"])
    except (ValueError, TypeError, KeyError) as error:
        raise Rejected("the saved place of this watch cannot be read: reset its cursor to start again") from error


def _require_short(text: str) -> None:
    if len(text) > REPLY_LENGTH:
        raise TooLong(f"the text has {len(text)} characters, {REPLY_LENGTH} are allowed: shorten it")
