"""X (Twitter) posts and mentions, through tweepy and API v2, which is paid for by the post read.

Search reaches back seven days, mentions the newest 800. Since 2026 a reply through the API is let through only where
the author mentioned or quoted us; deciding that beforehand is left to the eligibility rules. What X answers, and what
that means here:

    400                             Rejected; a search whose since_id is too old is asked again from seven days back
    401                             CredentialsExpired
    402, 429 UsageCapExceeded       QuotaExhausted until a person raises the limit
    403                             AccountSuspended, or NotPermitted; TooLong or Gone when it says so
    403 duplicate, when publishing  OutcomeUnknown: our first attempt may be what it duplicates
    404                             Gone
    429                             RateLimited until x-rate-limit-reset
    5xx, not JSON, no answer        reading: Unavailable; publishing: OutcomeUnknown
    no connection made              Unavailable, also when publishing
"""

from __future__ import annotations

import html
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import requests
from pydantic import BaseModel, Field, SecretStr

from listeners.capabilities import Limits, Training
from listeners.dialects import Dialect, translate
from listeners.errors import (
    AccountSuspended,
    CredentialsExpired,
    Gone,
    NotPermitted,
    OutcomeUnknown,
    QuotaExhausted,
    RateLimited,
    Rejected,
    SourceError,
    TooLong,
    Unavailable,
)
from listeners.http import Fetcher, never_sent, retry_at, transport_error, unix_instant
from listeners.lengths import x_weight
from listeners.mentions import Author, Engagement, Mention
from listeners.pages import Gap, OwnReply, Page, Posted
from listeners.queries import Handle, Leaf, Query
from listeners.quiet import never_below
from listeners.registry import source
from listeners.text import clean, instant, storable
from listeners.walks import UNREADABLE, Batch, Reach, Walk, positions_of, read_back, read_items

API = "https://api.twitter.com"
"""The host tweepy has built in."""
OVERLAP = timedelta(minutes=2)
"""Posts turn up in search up to half a minute late; X does not charge twice for one post on one day."""
SEARCH_WINDOW = timedelta(days=7)
QUERY_LENGTH = 512
_PAGE = 100
_MENTIONS_SHOWN = 800
_TIMELINE_SHOWN = 3200
_EPOCH_MS = 1_288_834_974_657  # snowflake ids count milliseconds from here, shifted by 22 bits
_FIELDS: dict[str, Any] = {
    "tweet_fields": [
        "author_id",
        "conversation_id",
        "created_at",
        "edit_history_tweet_ids",
        "entities",
        "in_reply_to_user_id",
        "lang",
        "note_tweet",
        "public_metrics",
        "referenced_tweets",
    ],
    "user_fields": ["created_at", "name", "public_metrics", "username"],
    "expansions": ["author_id"],
}
_BY_STATUS: dict[int, type[SourceError]] = {
    400: Rejected,
    401: CredentialsExpired,
    402: QuotaExhausted,
    403: NotPermitted,
    404: Gone,
}
_WORDS: dict[type[SourceError], str] = {
    CredentialsExpired: "X refused our keys: make new ones in the developer portal",
    AccountSuspended: "X has suspended or locked our account: see the notice there",
    QuotaExhausted: "the X credits or the monthly cap are used up: raise the limit in the developer portal",
    NotPermitted: "X does not allow this: through the API one may answer only posts that mention or quote us",
    Gone: "the post is no longer on X, or no longer shown to us",
    TooLong: "the text is over X's limit: shorten it",
    Rejected: "X did not accept the request",
}
_GONE = frozenset({"Not Found Error", "Authorization Error"})  # deleted; protected, suspended or withheld
_UNSURE = "X {} while we were publishing: look at our timeline before doing anything else"


@source("x", title="X (Twitter)")
class X:
    """X posts. There is no idempotency on X: a reply is sent once, and an unclear answer is OutcomeUnknown."""

    class Credentials(BaseModel):
        """Keys of an X app; the four user keys are needed for mentions and replies."""

        bearer_token: SecretStr = Field(description="Bearer token of the app, for searching")
        consumer_key: SecretStr | None = Field(default=None, description="API key, for mentions and replies")
        consumer_secret: SecretStr | None = Field(default=None, description="API key secret, for mentions and replies")
        access_token: SecretStr | None = Field(default=None, description="Access token of the brand's account")
        access_token_secret: SecretStr | None = Field(default=None, description="Access token secret of that account")

    limits = Limits(
        poll_every=timedelta(seconds=60),
        calls_per_minute=20,
        reply_length=280,
        # The Developer Agreement (June 2025) bars training "foundation or frontier" models; we take that for any model.
        training=Training.FORBIDDEN,
    )

    def __init__(self, credentials: Credentials, *, http: Fetcher, base_url: str | None = None) -> None:
        import tweepy

        never_below(logging.INFO, "tweepy", "requests_oauthlib", "oauthlib")  # they log our keys at DEBUG
        keys = {
            name: key.get_secret_value() for name, key in credentials if isinstance(key, SecretStr)
        }  # tweepy takes them under the names we use
        self._client = tweepy.Client(**keys, return_type=dict, wait_on_rate_limit=False)
        self._client.session = _session(http, base_url)
        self._speaks = credentials.access_token is not None
        self._our_id = keys.get("access_token", "").partition("-")[0]

    def search(self, query: Query, *, cursor: str | None = None) -> Page:
        """Find posts of the last seven days."""
        words = translate(query, DIALECT) + ("" if query.include_reposts else " -is:retweet")
        if len(words) > QUERY_LENGTH:
            raise Rejected(
                f"X takes searches of {QUERY_LENGTH} characters and this one has {len(words)}: split the watch"
            )
        listing = partial(self._search_page, words, wanted=query.matches)
        return read_back({"search": listing}, cursor, Reach(overlap=_OVERLAP, instant=written_at))

    def inbox(self, *, cursor: str | None = None) -> Page:
        """Read posts that mention our account."""
        self._needs_user_keys("reading mentions")
        reach = Reach(overlap=_OVERLAP, instant=written_at, depth=_MENTIONS_SHOWN)
        return read_back({"mentions": self._mentions_page}, cursor, reach)

    def recheck(self, external_ids: Sequence[str]) -> Page:
        """Look posts up again, 100 at a time, in their latest edit; what X no longer shows us is gone."""
        mentions: dict[str, Mention] = {}
        gone: list[str] = []
        faults = []
        for some in _chunks(external_ids):
            answer = self._looked_up(some)
            found, bad = _read(answer, self._our_id)
            mentions |= {mention.external_id: mention for mention in found}
            faults += bad
            gone += [
                str(error.get("resource_id")) for error in answer.get("errors") or () if error.get("title") in _GONE
            ]
        return Page(mentions=tuple(mentions.values()), gone=tuple(gone), faults=tuple(faults))

    def reply(self, to: str, text: str, *, key: str) -> Posted:  # noqa: ARG002 — X has no place for a key
        """Answer a post. X may refuse the same text twice even where the first one never appeared.

        What stands: the text, links in it shortened by X, shown below the post with its author's handle in front. X
        keeps no key: every call that it takes makes a post.
        """
        self._needs_user_keys("replying")
        length = x_weight(text)
        if length > (self.limits.reply_length or 0):
            raise TooLong(f"{_WORDS[TooLong]} ({length} of {self.limits.reply_length}, as X counts)")
        made = self._translated(
            lambda: int(self._client.create_tweet(text=text, in_reply_to_tweet_id=to)["data"]["id"]), publishing=True
        )
        return Posted(external_id=str(made), url=_link(str(made)))

    def own_replies(self, to: str, *, key: str | None) -> tuple[OwnReply, ...]:  # noqa: ARG002 — X has no place for one
        """Find our replies to a post in our own timeline, read back to that post.

        X shows the newest 3,200 posts of it: Unavailable where nearly as many are newer than the post. A reply turns up
        there seconds after it was made.
        """
        self._needs_user_keys("looking for our replies")
        ask = partial(
            self._client.get_users_tweets,
            self._our_id,
            since_id=to,
            max_results=_PAGE,
            tweet_fields=["created_at", "entities", "note_tweet", "referenced_tweets"],
            user_auth=True,
        )
        posts: list[Any] = []
        token: str | None = None
        for _ in range(_TIMELINE_SHOWN // _PAGE - 1):
            page = self._translated(partial(_asked_page, ask, token))
            posts += page.get("data") or []
            token = page["meta"].get("next_token")
            if token is None:
                return self._translated(partial(_replies_to, to, posts))  # type: ignore[no-any-return]
        raise Unavailable("X shows too many posts of ours to find our replies among them: look there")

    def retract(self, posted: str) -> None:
        """Delete our post."""
        self._needs_user_keys("taking a reply back")
        try:
            deleted = self._translated(lambda: self._client.delete_tweet(posted)["data"]["deleted"], publishing=True)
        except Gone:
            return
        if deleted is not True:
            raise Rejected("X did not delete our post: look at our timeline")

    def check(self) -> str:
        """Say as whom we are connected."""
        if not self._speaks:
            self._translated(lambda: self._client.get_recent_tweets_count("x"))
            return "Connected to X as an app: searching works; add the user keys for mentions and replies"
        account = self._translated(lambda: self._client.get_me()["data"])
        return f"Connected to X as @{account['username']}"

    def _search_page(self, words: str, walk: Walk, *, wanted: Callable[[Mention], bool]) -> Batch:
        ask = partial(self._client.search_recent_tweets, words, max_results=_PAGE, **_FIELDS)
        floor = walk.floor(_OVERLAP)
        token, _, start = (walk.token or "").partition(" since ")
        missed = None
        if not start:
            try:
                answer = self._translated(
                    lambda: _page(ask(since_id=floor or None, next_token=token or None)), searching=True
                )
            except _TooOld:
                start = _oldest_searched()
                missed = Gap(
                    after=written_at(walk.mark) if walk.mark else None,
                    before=instant(start),
                    why="X searches only the last seven days: poll this watch more often",
                )
        if start:
            answer = self._translated(lambda: _page(ask(start_time=start, next_token=token or None)))
        batch = self._batch(answer)
        return replace(
            batch,
            mentions=[mention for mention in batch.mentions if wanted(mention)],
            next_token=f"{batch.next_token} since {start}" if batch.next_token and start else batch.next_token,
            missed=missed,
        )

    def _mentions_page(self, walk: Walk) -> Batch:
        ask = partial(self._client.get_users_mentions, self._our_id, max_results=_PAGE, user_auth=True, **_FIELDS)
        floor = walk.floor(_OVERLAP)
        answer = self._translated(lambda: _page(ask(since_id=floor or None, pagination_token=walk.token)))
        batch = self._batch(answer)
        return replace(batch, mentions=[replace(mention, addressed=True) for mention in batch.mentions])

    def _batch(self, answer: Any) -> Batch:
        mentions, faults = _read(answer, self._our_id)
        return Batch(
            mentions=mentions,
            positions=positions_of(answer.get("data") or (), lambda post: int(post["id"])),
            next_token=(answer.get("meta") or {}).get("next_token"),
            faults=faults,
        )

    def _looked_up(self, ids: Sequence[str]) -> dict[str, Any]:
        """Look ids up, and again under the id of their last edit where they were edited."""
        answer: dict[str, Any] = self._translated(lambda: dict(self._client.get_tweets(list(ids), **_FIELDS)))
        posts = answer.get("data") or []
        histories = [(post.get("id"), (post.get("edit_history_tweet_ids") or [post.get("id")])[-1]) for post in posts]
        edited = [last for read, last in histories if last != read]
        if not edited:
            return answer
        newer: dict[str, Any] = self._translated(lambda: dict(self._client.get_tweets(edited, **_FIELDS)))
        users = [*_users(answer).values(), *_users(newer).values()]
        return {**answer, "data": [*posts, *(newer.get("data") or [])], "includes": {"users": users}}

    def _needs_user_keys(self, what: str) -> None:
        if not self._speaks:
            raise NotPermitted(f"{what} on X needs the four user keys: add them to the connection")

    def _translated(self, call: Callable[[], Any], *, publishing: bool = False, searching: bool = False) -> Any:
        """Make one call, its failures in our words. Raises _TooOld for a search that names a since_id X has left."""
        import tweepy

        try:
            return call()
        except tweepy.HTTPException as error:
            if searching and error.response.status_code == 400 and "since_id" in str(error):
                raise _TooOld from error
            raise _refusal(error, publishing=publishing) from error
        except requests.RequestException as error:
            if isinstance(error, requests.JSONDecodeError):
                raise _unreadable(publishing) from error
            if publishing and not never_sent(error):
                raise OutcomeUnknown(_UNSURE.format("did not answer")) from error
            raise transport_error(error, "X") from error
        except (tweepy.TweepyException, *UNREADABLE) as error:
            raise _unreadable(publishing) from error


def _asked_page(ask: Callable[..., Any], token: str | None) -> dict[str, Any]:
    return _page(ask(pagination_token=token))


def _replies_to(to: str, posts: Sequence[Mapping[str, Any]]) -> tuple[OwnReply, ...]:
    """Return which of our posts answer a post, the newest last."""
    answering = [
        post
        for post in posts
        if any(one["type"] == "replied_to" and str(one["id"]) == to for one in post.get("referenced_tweets") or ())
    ]
    return tuple(own_reply_of(post) for post in sorted(answering, key=lambda post: int(post["id"])))


def own_reply_of(post: Mapping[str, Any]) -> OwnReply:
    """Turn a post of ours into an own reply, its links as they were before X shortened them."""
    long = post.get("note_tweet") or {}
    text = html.unescape(long.get("text") or post["text"])
    for link in ((long.get("entities") or post.get("entities") or {}).get("urls")) or ():
        text = text.replace(str(link["url"]), str(link.get("expanded_url") or link["url"]))
    return OwnReply(
        external_id=str(post["id"]),
        url=_link(str(post["id"])),
        text=clean(text),
        created_at=instant(post["created_at"], UTC) if post.get("created_at") else written_at(post["id"]),
        under_key=None,
    )


class _TooOld(Exception):
    """The since_id lies before what X searches."""


def mention_of(
    post: Mapping[str, Any], users: Mapping[str, Mapping[str, Any]], *, our_id: str | None = None
) -> Mention:
    """Turn a post into a mention. An edited post keeps its first id for ever; counts are None when not asked for."""
    history = [str(one) for one in post.get("edit_history_tweet_ids") or [post["id"]]]
    first, last = history[0], history[-1]
    related = {one["type"]: str(one["id"]) for one in post.get("referenced_tweets") or ()}
    counts = post.get("public_metrics") or {}
    thread = post.get("conversation_id")
    author = str(post["author_id"]) if post.get("author_id") else None
    text = (post.get("note_tweet") or {}).get("text") or post["text"]
    return Mention(
        source="x",
        external_id=first,
        text=clean(html.unescape(text)),
        created_at=instant(post["created_at"], UTC) if first == last and post.get("created_at") else written_at(first),
        edited_at=written_at(last) if first != last else None,
        url=_link(last),
        language=_language(post.get("lang")),
        author=author_of(author, users.get(author)) if author else None,
        engagement=Engagement(
            likes=counts.get("like_count"),
            reposts=_sum(counts, "retweet_count", "quote_count"),
            replies=counts.get("reply_count"),
            views=counts.get("impression_count"),
        ),
        thread_id=str(thread) if thread and str(thread) != first else None,
        parent_id=related.get("replied_to"),
        addressed=True if our_id and our_id in _spoken_to(post) else None,
        is_repost="retweeted" in related,
        raw=storable(post),
    )


def _spoken_to(post: Mapping[str, Any]) -> set[str]:
    mentioned = (post.get("entities") or {}).get("mentions") or ()
    return {str(one.get("id")) for one in mentioned} | {str(post.get("in_reply_to_user_id"))}


def author_of(user_id: str, user: Mapping[str, Any] | None) -> Author:
    """Turn a user into an author; only the id is known where X sent no more."""
    if user is None:
        return Author(external_id=user_id)
    counts = user.get("public_metrics") or {}
    created = user.get("created_at")
    return Author(
        external_id=user_id,
        handle=user.get("username"),
        name=user.get("name"),
        url=f"https://x.com/{user['username']}" if user.get("username") else None,
        followers=counts.get("followers_count"),
        following=counts.get("following_count"),
        posts=counts.get("tweet_count"),
        listed=counts.get("listed_count"),
        created_at=instant(created, UTC) if created else None,
    )


def written_at(post_id: str | int) -> datetime:
    """Return the time that is part of a post's id."""
    return datetime.fromtimestamp(((int(post_id) >> 22) + _EPOCH_MS) / 1000, tz=UTC)


def _searched(leaf: Leaf) -> str:
    if isinstance(leaf, Handle):
        return f"@{leaf.name.partition('@')[0]}"
    return leaf.text if re.fullmatch(r"#?\w+", leaf.text) else f'"{leaf.text}"'


DIALECT = Dialect(leaf=_searched)
_OVERLAP = int(OVERLAP.total_seconds() * 1000) << 22


def _read(answer: Mapping[str, Any], our_id: str) -> tuple[list[Mention], list[Any]]:
    users = _users(answer)
    return read_items(
        answer.get("data") or (), lambda post: mention_of(post, users, our_id=our_id), name_of=lambda post: post["id"]
    )


def _page(answer: Any) -> dict[str, Any]:
    if not isinstance(answer["meta"], dict):
        raise TypeError("a page says how many results it has")
    return dict(answer)


def _oldest_searched() -> str:
    return (datetime.now(UTC) - SEARCH_WINDOW + timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _users(answer: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    users = (answer.get("includes") or {}).get("users") or ()
    return {str(user["id"]): user for user in users if isinstance(user, Mapping) and user.get("id")}


def _language(told: str | None) -> str | None:
    """Return X's language code; its own codes for "no words" and "unsure" (und, zxx, qme…) are no languages."""
    return None if not told or told in {"und", "zxx"} or told.startswith("q") else told


def _sum(counts: Mapping[str, Any], *names: str) -> int | None:
    told = [counts[name] for name in names if counts.get(name) is not None]
    return sum(told) if told else None


def _link(post_id: str) -> str:
    return f"https://x.com/i/web/status/{post_id}"


def _chunks(items: Sequence[str]) -> list[list[str]]:
    return [list(items[start : start + _PAGE]) for start in range(0, len(items), _PAGE)]


def _session(http: Fetcher, base_url: str | None) -> requests.Session:
    """Return a guarded session; with a base URL, what tweepy sends to its built-in host goes there instead."""
    session = http.session()
    if base_url:
        send, target = session.send, base_url.rstrip("/")

        def redirected(request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
            request.url = (request.url or "").replace(API, target, 1)
            return send(request, **kwargs)

        session.send = redirected  # type: ignore[method-assign]
    return session


def _unreadable(publishing: bool) -> SourceError:
    if publishing:
        return OutcomeUnknown(_UNSURE.format("answered in a shape we cannot read"))
    return Unavailable("X answered in a shape we cannot read: we try again later")


def _refusal(error: Any, *, publishing: bool) -> SourceError:
    status, said = error.response.status_code, str(error).casefold()
    if status == 429 and "usagecap" in error.response.text.casefold().replace(" ", ""):
        return QuotaExhausted(_WORDS[QuotaExhausted])
    if status == 429:
        return RateLimited("X asks us to slow down", until=_allowed_again(error.response.headers))
    if status == 403 and publishing and "duplicate" in said:
        return OutcomeUnknown(_UNSURE.format("says the same text was posted before"))
    kind = _BY_STATUS.get(status)
    if kind in {NotPermitted, Rejected} and "too long" in said:
        kind = TooLong
    if kind is NotPermitted and "deleted or not visible" in said:
        kind = Gone
    if kind is NotPermitted and ("suspended" in said or "locked" in said):
        kind = AccountSuspended
    if kind is not None:
        return kind(_WORDS[kind])
    if publishing:
        return OutcomeUnknown(_UNSURE.format(f"answered {status}"))
    return Unavailable(f"X answered {status}: we try again later")


def _allowed_again(headers: Mapping[str, str]) -> datetime | None:
    """Return when to ask again: when the day's allowance renews where that is used up, else that of a quarter-hour."""
    for name in ("x-user-limit-24hour", "x-app-limit-24hour"):
        if headers.get(f"{name}-remaining") == "0":
            return unix_instant(headers.get(f"{name}-reset"))
    return unix_instant(headers.get("x-rate-limit-reset")) or retry_at(headers)
