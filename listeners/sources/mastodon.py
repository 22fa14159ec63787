"""Mastodon posts and mentions, through Mastodon.py and one account on one server (or one that speaks the same API).

Full-text search finds something only where the server runs it and the writer agreed; hashtags are always found. Direct
and followers-only messages are not public and are never read. What the server answers, and what that means here:

    401                          CredentialsExpired
    403                          AccountSuspended when the login is disabled, otherwise NotPermitted
    404, 410                     Gone
    422                          TooLong when it speaks of the character limit (we count first), otherwise Rejected
    429                          RateLimited until Retry-After or X-RateLimit-Reset
    5xx, not JSON, no answer     reading: Unavailable; publishing: OutcomeUnknown
    no connection made           Unavailable, also when publishing
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import local
from typing import Any

from pydantic import BaseModel, Field, SecretStr

from listeners.capabilities import Limits
from listeners.errors import (
    AccountSuspended,
    CredentialsExpired,
    Gone,
    NotPermitted,
    OutcomeUnknown,
    RateLimited,
    Refused,
    Rejected,
    SourceError,
    TooLong,
    Unavailable,
)
from listeners.http import USER_AGENT, Fetcher, never_sent, raise_for_status, retry_at, unix_instant
from listeners.lengths import mastodon_length
from listeners.mentions import Author, Engagement, Mention
from listeners.pages import OwnReply, Page, Posted
from listeners.queries import Leaf, Phrase, Query, Term
from listeners.registry import source
from listeners.text import clean, html_to_text, instant, storable
from listeners.walks import (
    UNREADABLE,
    Batch,
    Reach,
    Walk,
    from_milliseconds,
    milliseconds,
    overlap_of,
    positions_of,
    read_back,
    read_items,
)

OVERLAP = timedelta(minutes=15)
"""Posts from other servers arrive late and are filed under the time they were written."""
_PAGE = 40
_AT_ONCE = 20  # GET /api/v1/statuses takes no more
_OWN_PAGES = 10
"""How far back our own posts are looked through for one whose thread is gone: 400 posts."""
_DONE = range(200, 300)
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_PUBLIC = frozenset({"public", "unlisted"})
_BY_STATUS: dict[int, type[SourceError]] = {
    400: Rejected,
    401: CredentialsExpired,
    403: NotPermitted,
    404: Gone,
    410: Gone,
    422: Rejected,
}
_WORDS: dict[type[SourceError], str] = {
    CredentialsExpired: "the Mastodon server refused our access token: make a new one under Preferences, Development",
    AccountSuspended: "the Mastodon server has disabled our account: see the notice there",
    NotPermitted: "our Mastodon token may not do this: give the application the scopes read and write:statuses",
    Gone: "the post is no longer there, or no longer shown to us",
    TooLong: "the text is over this Mastodon server's limit: shorten it",
    Rejected: "the Mastodon server did not accept the request",
}


@source("mastodon", title="Mastodon")
class Mastodon:
    """Mastodon posts. Replying twice with one key makes one post, for as long as the server remembers keys (1 hour)."""

    class Credentials(BaseModel):
        """An application's access token on one server."""

        server: str = Field(default="https://mastodon.social", description="Address of the server the account is on")
        access_token: SecretStr = Field(
            description="Access token: Preferences, Development, New application, with scopes read and write:statuses"
        )

    limits = Limits(
        poll_every=timedelta(seconds=30),
        calls_per_minute=60,
        reply_length=500,
        key_lasts=timedelta(minutes=50),  # servers remember keys for an hour; ten minutes for clocks and slow answers
    )

    def __init__(self, credentials: Credentials, *, http: Fetcher, base_url: str | None = None) -> None:
        from mastodon import Mastodon as Client

        session = http.session()
        session.hooks["response"].append(self._remember_answer)
        self._http = http
        self._server = (base_url or credentials.server).rstrip("/")
        self._client = Client(
            api_base_url=self._server,
            session=session,
            ratelimit_method="throw",
            request_timeout=20,
            user_agent=USER_AGENT,
        )
        # Not as an argument: Mastodon.py takes a token that is the name of a file for permission to read that file.
        self._client.access_token = credentials.access_token.get_secret_value()
        self._library_can_search = True
        self._answered = local()
        self._longest: int | None = None
        self._our_id: str | None = None

    def search(self, query: Query, *, cursor: str | None = None) -> Page:
        """Find posts: full text once for each alternative of the query, and the timeline of each hashtag in it."""
        listings: dict[str, Callable[[Walk], Batch]] = {}
        for words in dict.fromkeys(" ".join(map(_searched, group)) for group in query.alternatives()):
            listings[words] = partial(self._listing, partial(self._found, words), wanted=query.matches)
        for tag in dict.fromkeys(tag for group in query.alternatives() for tag in _hashtags(group)):
            listings[f"timeline of #{tag}"] = partial(self._listing, partial(self._tagged, tag), wanted=query.matches)
        return read_back(listings, cursor, REACH)

    def inbox(self, *, cursor: str | None = None) -> Page:
        """Read public posts that mention our account."""
        return read_back({"mentions": self._mentions_page}, cursor, REACH)

    def recheck(self, external_ids: Sequence[str]) -> Page:
        """Look posts up again, 20 at a time; what the server no longer shows us is gone."""
        statuses = [status for some in _chunks(external_ids) for status in self._statuses(some)]
        mentions, faults = read_items(statuses, mention_of, name_of=_id)
        shown = {str(status.get("id")) for status in statuses}
        gone = tuple(one for one in external_ids if one not in shown)
        return Page(mentions=tuple(mentions), gone=gone, faults=tuple(faults))

    def reply(self, to: str, text: str, *, key: str) -> Posted:
        """Answer a post, addressing its author and no more publicly than it was written. `key` goes along.

        What stands: the text, begun with the author's handle where that is not in it, in the language the post claims.
        Within the hour the server returns the first post of a key for it, whatever text comes along.
        """
        status = self._translated(lambda: self._client.status(to))
        try:
            handle, visibility = f"@{status['account']['acct']}", status["visibility"]
        except UNREADABLE as error:
            raise _silence("showed the post in a shape we cannot answer", unsure=False) from error
        addressed = text if _is_addressed(text, handle) else f"{handle} {text}"
        self._require_short(addressed)
        return self._published(
            lambda: self._client.status_post(
                addressed,
                in_reply_to_id=to,
                visibility=visibility,
                language=status.get("language") or None,
                idempotency_key=key,
            )
        )

    def own_replies(self, to: str, *, key: str | None) -> tuple[OwnReply, ...]:  # noqa: ARG002 — keys are never shown
        """Find our public replies under a post: in its thread, or among our own posts where the thread is gone.

        A server forgets what a deleted post was answered with. None found then is Gone, not an empty answer.
        """
        us = self._account_id()
        try:
            thread = self._translated(lambda: list(self._client.status_context(to)["descendants"]))
        except Gone:
            found = _replies_of(self._own_statuses(us, since=to), us, to)
            if not found:
                raise
            return found
        return _replies_of(thread, us, to)

    def edit(self, posted: str, text: str) -> Posted:
        """Replace the text of our post, all of it: its leading handle stays only where `text` has it."""
        self._require_short(text)
        return self._published(lambda: self._client.status_update(posted, text))

    def retract(self, posted: str) -> None:
        """Delete our post."""
        try:
            self._published(lambda: self._client.status_delete(posted))
        except Gone:
            return

    def check(self) -> str:
        """Say as whom we are connected."""
        account = self._translated(self._client.account_verify_credentials)
        return f"Connected to {self._server} as @{account['acct']}"

    def _listing(
        self, ask: Callable[[str | None], Sequence[Any]], walk: Walk, *, wanted: Callable[[Mention], bool]
    ) -> Batch:
        statuses = ask(walk.token)
        mentions, faults = read_items(statuses, mention_of, name_of=_id)
        return Batch(
            mentions=[mention for mention in mentions if wanted(mention)],
            positions=positions_of(statuses, lambda status: milliseconds(instant(status["created_at"], UTC))),
            next_token=str(statuses[-1]["id"]) if statuses else None,
            faults=faults,
        )

    def _found(self, words: str, before: str | None) -> Sequence[Any]:
        """Search through the library, or past it where it cannot read the server's version."""
        if self._library_can_search:
            found: list[Any] | None = self._translated(lambda: self._search(words, before))
            if found is not None:
                return found
            self._library_can_search = False
        answer = self._http.get(
            f"{self._server}/api/v2/search",
            params={"q": words, "type": "statuses", "limit": _PAGE} | ({"max_id": before} if before else {}),
            headers={"Authorization": f"Bearer {self._client.access_token}"},
        )
        return self._translated(lambda: list(raise_for_status(answer).json()["statuses"]))  # type: ignore[no-any-return]

    def _search(self, words: str, before: str | None) -> list[Any] | None:
        from mastodon.errors import MastodonVersionError

        try:
            found = self._client.search_v2(words, resolve=False, result_type="statuses", max_id=before, limit=_PAGE)
        except (MastodonVersionError, *UNREADABLE):
            return None
        return list(found["statuses"])

    def _tagged(self, tag: str, before: str | None) -> Sequence[Any]:
        return self._translated(lambda: list(self._client.timeline_hashtag(tag, max_id=before, limit=_PAGE)))  # type: ignore[no-any-return]

    def _mentions_page(self, walk: Walk) -> Batch:
        told = self._translated(lambda: self._told(walk.token))
        mentions, faults = read_items(told, lambda item: mention_of(item["status"]), name_of=_id)
        return Batch(
            mentions=[replace(mention, addressed=True) for mention in mentions],
            positions=positions_of(told, lambda item: milliseconds(instant(item["created_at"], UTC))),
            next_token=str(told[-1]["id"]) if told else None,
            faults=faults,
        )

    def _told(self, before: str | None) -> list[Any]:
        told = self._client.notifications(types=["mention"], max_id=before, limit=_PAGE)
        return [item for item in told if item["type"] == "mention"]

    def _statuses(self, ids: Sequence[str]) -> list[Any]:
        try:
            return self._translated(lambda: list(self._client.statuses(list(ids))))  # type: ignore[no-any-return]
        except Gone:  # servers before 4.3 look up one at a time
            return [status for one in ids for status in self._status(one)]

    def _status(self, one: str) -> list[Any]:
        try:
            return [self._translated(lambda: self._client.status(one))]
        except Gone:
            return []

    def _own_statuses(self, us: str, *, since: str) -> list[Any]:
        """Return our posts after one, the newest first."""
        found: list[Any] = []
        before: str | None = None
        for _ in range(_OWN_PAGES):
            asked = {"exclude_reblogs": True, "since_id": since, "max_id": before, "limit": _PAGE}
            page = self._translated(partial(self._client.account_statuses, us, **asked))
            found += page
            if len(page) < _PAGE:
                break
            before = str(page[-1]["id"])
        return found

    def _account_id(self) -> str:
        if self._our_id is None:
            self._our_id = self._translated(lambda: str(self._client.account_verify_credentials()["id"]))
        return self._our_id

    def _require_short(self, text: str) -> None:
        """Refuse a text over what this server takes, asked once; servers that do not say take 500 characters."""
        if self._longest is None:
            self._longest = self._asked_longest()
        length = mastodon_length(text)
        if length > self._longest:
            raise TooLong(f"{_WORDS[TooLong]} ({length} of {self._longest} characters, with the author's handle)")

    def _asked_longest(self) -> int:
        for path in ("/api/v2/instance", "/api/v1/instance"):
            try:
                told = raise_for_status(self._http.get(f"{self._server}{path}")).json()
                return int(told["configuration"]["statuses"]["max_characters"])
            except (Refused, *UNREADABLE):
                continue
        return self.limits.reply_length or 0

    def _published(self, call: Callable[[], Any]) -> Posted:
        status = self._translated(call, publishing=True)
        # Mastodon.py takes a redirect for a success and fills up what an answer lacks with None.
        made = getattr(status, "id", None) if self._answered.status in _DONE else None
        if made is None:
            raise _silence("did not say what became of our post", unsure=True)
        return Posted(external_id=str(made), url=status.get("url"))

    def _remember_answer(self, response: Any, *_args: Any, **_more: Any) -> None:
        """Keep what an answer says, which Mastodon.py passes on for some calls only."""
        self._answered.status = response.status_code
        self._answered.until = retry_at(response.headers)
        self._answered.words = response.text[:1000].casefold() if response.status_code >= 400 else ""

    def _translated(self, call: Callable[[], Any], *, publishing: bool = False) -> Any:
        """Make one call, its failures in our words."""
        from mastodon.errors import MastodonAPIError, MastodonError, MastodonNetworkError, MastodonRatelimitError

        self._answered.status, self._answered.until, self._answered.words = None, None, ""
        try:
            return call()
        except MastodonRatelimitError as error:
            if self._answered.status != 429:  # the library trips like this over a header, also after a success
                raise _silence("answered in a shape we cannot read", publishing) from error
            until = self._answered.until or unix_instant(self._client.ratelimit_reset)
            raise RateLimited("the Mastodon server asks us to slow down", until=until) from error
        except MastodonNetworkError as error:
            if isinstance(error.__context__, SourceError):
                raise error.__context__ from error
            raise _silence("did not answer", publishing and not never_sent(error)) from error
        except MastodonAPIError as error:
            status = error.args[1] if len(error.args) > 2 else None
            raise _refusal(status, self._answered.words, publishing=publishing) from error
        except (MastodonError, *UNREADABLE) as error:
            raise _silence("answered in a shape we cannot read", publishing) from error


REACH = Reach(overlap=overlap_of(OVERLAP), instant=from_milliseconds)


def mention_of(status: Mapping[str, Any]) -> Mention | None:
    """Turn a status into a mention; None for what is not public."""
    if status["visibility"] not in _PUBLIC:
        return None
    shown = status.get("reblog") or status
    parts = [shown.get("spoiler_text") or "", html_to_text(shown["content"])]
    edited, parent = status.get("edited_at"), status.get("in_reply_to_id")
    return Mention(
        source="mastodon",
        external_id=str(status["id"]),
        text=clean("\n\n".join(part for part in parts if part)),
        created_at=instant(status["created_at"], UTC),
        edited_at=instant(edited, UTC) if edited else None,
        url=status.get("url") or status.get("uri"),
        language=status.get("language") or None,
        author=author_of(status["account"]),
        engagement=Engagement(
            likes=status.get("favourites_count"),
            reposts=status.get("reblogs_count"),
            replies=status.get("replies_count"),
        ),
        parent_id=str(parent) if parent else None,
        is_repost=bool(status.get("reblog")),
        raw=storable(status),
    )


def own_reply_of(status: Mapping[str, Any]) -> OwnReply:
    """Turn a status of ours into an own reply; which key it was sent with no server tells."""
    return OwnReply(
        external_id=str(status["id"]),
        url=status.get("url") or status.get("uri"),
        text=html_to_text(status["content"]),
        created_at=instant(status["created_at"], UTC),
        under_key=None,
    )


def author_of(account: Mapping[str, Any]) -> Author:
    """Turn an account into an author. Counts of accounts on other servers are what this server has seen of them."""
    created = account.get("created_at")
    return Author(
        external_id=str(account["id"]),
        handle=account.get("acct"),
        name=account.get("display_name") or None,
        url=account.get("url"),
        followers=account.get("followers_count"),
        following=account.get("following_count"),
        posts=account.get("statuses_count"),
        created_at=instant(created, UTC) if created else None,
        is_bot=account.get("bot"),
    )


def _replies_of(statuses: Iterable[Mapping[str, Any]], us: str, to: str) -> tuple[OwnReply, ...]:
    """Return which of the statuses are public replies of our account to a post, the newest last."""
    try:
        found = [
            own_reply_of(status)
            for status in statuses
            if str(status["account"]["id"]) == us
            and str(status.get("in_reply_to_id")) == to
            and status["visibility"] in _PUBLIC
        ]
    except UNREADABLE as error:
        raise _silence("showed our posts in a shape we cannot read", unsure=False) from error
    return tuple(sorted(found, key=lambda reply: (reply.created_at or _LONG_AGO, reply.external_id)))


def _is_addressed(text: str, handle: str) -> bool:
    """Tell whether a text notifies this very account: not a longer name, and not its namesake on another server."""
    return re.search(rf"(?<![\w@/]){re.escape(handle)}(?![\w@]|[.-]\w)", text, re.IGNORECASE) is not None


def _searched(leaf: Leaf) -> str:
    if isinstance(leaf, Phrase):
        return f'"{leaf.text}"'
    return leaf.text if isinstance(leaf, Term) else leaf.name


def _hashtags(group: Iterable[Leaf]) -> list[str]:
    return [leaf.text[1:] for leaf in group if isinstance(leaf, Term) and leaf.text[:1] == "#" and leaf.text[1:]]


def _id(item: Mapping[str, Any]) -> Any:
    return item["id"]


def _chunks(items: Sequence[str]) -> list[list[str]]:
    return [list(items[start : start + _AT_ONCE]) for start in range(0, len(items), _AT_ONCE)]


def _refusal(status: int | None, said: str, *, publishing: bool) -> SourceError:
    kind = _BY_STATUS.get(status or 0)
    if kind is Rejected and "character" in said:
        kind = TooLong
    if kind is NotPermitted and "login is currently disabled" in said:
        kind = AccountSuspended
    if kind is not None:
        return kind(_WORDS[kind])
    return _silence(f"answered {status}" if status else "answered in a shape we cannot read", publishing)


def _silence(said: str, unsure: bool) -> SourceError:
    if unsure:
        return OutcomeUnknown(f"the Mastodon server {said} while we were publishing: look before doing anything else")
    return Unavailable(f"the Mastodon server {said}: we try again later")
