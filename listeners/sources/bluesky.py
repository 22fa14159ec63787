"""Bluesky posts and notifications, through the atproto client and one account's session.

Owns the way in and out of one Bluesky account. Volume beyond what search is meant for (Jetstream) is not read here.
What the platform answers, and what that means here:

    400 ExpiredToken, InvalidToken     the session is renewed once; refused again → CredentialsExpired
    400 RecordNotFound, NotFound       Gone
    400 anything else                  Rejected; TooLong when it speaks of graphemes (we count before we send)
    401, wrong password                CredentialsExpired
    AccountTakedown and its kin        AccountSuspended
    403                                NotPermitted
    429                                RateLimited until `ratelimit-reset`
    5xx, dropped, timed out            reading: Unavailable; publishing: OutcomeUnknown
    no connection made                 Unavailable, also when publishing
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from threading import Lock
from typing import Any

from pydantic import BaseModel, Field, SecretStr

from listeners.bluesky_records import (
    author_of,
    link_to,
    mention_of,
    named_parts,
    own_reply_of,
    record_key,
    shown_at,
    written_instant,
)
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
from listeners.http import Fetcher, retry_at, unix_instant
from listeners.lengths import graphemes, utf8_bytes
from listeners.mentions import Author, Mention
from listeners.pages import OwnReply, Page, Posted
from listeners.queries import Leaf, Phrase, Query
from listeners.quiet import never_below
from listeners.registry import source
from listeners.text import instant
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

SERVICE = "https://bsky.social"
POST = "app.bsky.feed.post"
MENTION = "app.bsky.richtext.facet#mention"
OVERLAP = timedelta(minutes=10)
"""Posts are sorted by the clock of the writer's device where that is behind; most are within minutes."""
TEXT_BYTES = 3000
"""A post may not be longer than this either, whatever it has in graphemes."""
_PAGE = 100
_AT_ONCE = 25  # getPosts and getProfiles take no more
_AUTHORS_KEPT = 20_000
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_REASONS = ["mention", "reply", "quote"]

_BY_NAME: dict[str, type[SourceError]] = {
    "ExpiredToken": CredentialsExpired,
    "InvalidToken": CredentialsExpired,
    "AuthMissing": CredentialsExpired,
    "AuthenticationRequired": CredentialsExpired,
    "AuthFactorTokenRequired": CredentialsExpired,
    "AccountTakedown": AccountSuspended,
    "AccountDeactivated": AccountSuspended,
    "RepoTakendown": AccountSuspended,
    "RepoDeactivated": AccountSuspended,
    "RecordNotFound": Gone,
    "NotFound": Gone,
}
_BY_STATUS: dict[int, type[SourceError]] = {
    400: Rejected,
    401: CredentialsExpired,
    403: NotPermitted,
    404: Gone,
    413: TooLong,
}
_WORDS: dict[type[SourceError], str] = {
    CredentialsExpired: "Bluesky refused the account: check the handle and make a new app password",
    AccountSuspended: "Bluesky has suspended or deactivated our account: see the notice in the app",
    NotPermitted: "Bluesky does not allow our account to do this",
    Gone: "the post is no longer on Bluesky",
    TooLong: "the text is over Bluesky's 300 characters: shorten it",
    Rejected: "Bluesky did not accept the request",
}


@source("bluesky", title="Bluesky")
class Bluesky:
    """Bluesky posts, through atproto. One session is kept for the life of the instance and renewed, never re-made."""

    class Credentials(BaseModel):
        """An account and an app password for it."""

        handle: str = Field(description="Handle of the account, such as brand.bsky.social", min_length=3)
        app_password: SecretStr = Field(description="App password: Settings, Privacy and security, App passwords")

    limits = Limits(
        poll_every=timedelta(seconds=15),
        calls_per_minute=300,
        reply_length=300,
        key_lasts=timedelta.max,  # we choose the name of the record
    )

    def __init__(self, credentials: Credentials, *, http: Fetcher, base_url: str | None = None) -> None:
        from atproto import Client, Request

        never_below(logging.WARNING, "httpx", "httpcore")  # they log every address at INFO
        self._credentials = credentials
        self._client = Client(
            base_url=base_url or SERVICE,
            request=Request(transport=http.httpx_transport(), timeout=None, trust_env=False),
        )
        self._client.on_session_change(lambda _event, session: setattr(self, "_did", session.did))
        self._did: str | None = None
        self._signing_in = Lock()
        self._authors: dict[str, Author] = {}
        self._authors_of: date | None = None

    def search(self, query: Query, *, cursor: str | None = None) -> Page:
        """Find posts; one search for each alternative of the query, since Bluesky has no OR."""
        listings = {
            words: partial(self._search_page, words, query)
            for words in dict.fromkeys(" ".join(map(_searched, group)) for group in query.alternatives())
        }
        return self._with_authors(read_back(listings, cursor, REACH))

    def inbox(self, *, cursor: str | None = None) -> Page:
        """Read mentions of our account, replies to it and quotes of it."""
        return self._with_authors(read_back({"notifications": self._notifications_page}, cursor, REACH))

    def recheck(self, external_ids: Sequence[str]) -> Page:
        """Look posts up again, 25 at a time. What Bluesky no longer shows us is gone."""
        posts = [post for some in _chunks(external_ids) for post in self._posts(some)]
        mentions, faults = read_items(posts, self._mention, name_of=_uri)
        shown = {str(post.get("uri")) for post in posts if isinstance(post, dict)}
        gone = tuple(uri for uri in external_ids if uri not in shown)
        return self._with_authors(Page(mentions=tuple(mentions), gone=gone, faults=tuple(faults)))

    def reply(self, to: str, text: str, *, key: str) -> Posted:
        """Publish under a post. The record's name is made from `key`, so one key can make one post only.

        What stands: the text as given, with links, tags and handles to click on, in the language the post claims,
        under that post and the first of its thread. A reply under the same key that stands is returned, not changed.
        """
        _require_short(text)
        place = self._place(to, key)
        if self._record(place) is not None:
            return _posted(place)
        parent = self._parent(to)
        record = {
            "$type": POST,
            "text": text,
            "createdAt": written_instant(datetime.now(UTC)),
            "reply": _place_in_thread(parent),
            **_claimed_languages(parent),
            **self._facets(text),
        }
        self._ask("com.atproto.repo.putRecord", data=named_parts(place) | {"record": record}, publishing=True)
        return _posted(place)

    def own_replies(self, to: str, *, key: str | None) -> tuple[OwnReply, ...]:
        """Find our replies under a post: that of `key` in our own repository, which knows it at once, others as shown.

        Without a key a post that is gone is Gone; with one the repository alone answers for that key.
        """
        place = self._place(to, key) if key is not None else None
        record = self._record(place) if place is not None else None
        try:
            shown = self._thread(to)
        except Gone:
            if place is None:
                raise
            shown = []
        try:
            found = [own_reply_of(post["uri"], post["record"], keyed=place) for post in shown]
            if place is not None and record is not None:
                found.append(own_reply_of(place, record, keyed=place))
        except UNREADABLE as error:
            raise Unavailable("Bluesky showed our replies in a shape we cannot read: we try again later") from error
        by_uri = {reply.external_id: reply for reply in found}
        return tuple(sorted(by_uri.values(), key=lambda reply: (reply.created_at or _LONG_AGO, reply.external_id)))

    def retract(self, posted: str) -> None:
        """Delete our post; Bluesky answers the same when it was gone already. The key it had makes a new post then."""
        try:
            named = named_parts(posted)
        except ValueError as error:
            raise Gone("this is no address of a Bluesky post") from error
        self._ask("com.atproto.repo.deleteRecord", data=named, publishing=True)

    def check(self) -> str:
        """Say as whom we are connected."""
        return f"Connected to Bluesky as {self._ask('com.atproto.server.getSession').get('handle')}"

    def _search_page(self, words: str, query: Query, walk: Walk) -> Batch:
        floor = walk.floor(REACH.overlap)
        since = {"since": written_instant(from_milliseconds(floor))} if floor else {}
        asked = {"q": words, "sort": "latest", "limit": _PAGE} | since | _if_set("cursor", walk.token)
        answer = self._ask("app.bsky.feed.searchPosts", asked)
        posts = _listed(answer, "posts")
        mentions, faults = read_items(posts, self._mention, name_of=_uri)
        return Batch(
            mentions=[mention for mention in mentions if query.matches(mention)],
            positions=positions_of(posts, lambda post: milliseconds(shown_at(post))),
            next_token=answer.get("cursor"),
            faults=faults,
        )

    def _notifications_page(self, walk: Walk) -> Batch:
        asked = {"reasons": _REASONS, "limit": _PAGE} | _if_set("cursor", walk.token)
        answer = self._ask("app.bsky.notification.listNotifications", asked)
        told = _listed(answer, "notifications")
        mentions, faults = read_items(told, self._told, name_of=_uri)
        return Batch(
            mentions=mentions,
            positions=positions_of(told, lambda item: milliseconds(instant(item["indexedAt"], UTC))),
            next_token=answer.get("cursor"),
            faults=faults,
        )

    def _mention(self, post: Mapping[str, Any]) -> Mention:
        return mention_of(post, our_did=self._did)

    def _told(self, notification: Mapping[str, Any]) -> Mention | None:
        if notification["reason"] not in _REASONS:
            return None
        return replace(self._mention(notification), addressed=True)

    def _posts(self, uris: Sequence[str]) -> list[dict[str, Any]]:
        return _listed(self._ask("app.bsky.feed.getPosts", {"uris": list(uris)}), "posts")

    def _place(self, to: str, key: str) -> str:
        """Return where the reply to a post under a key stands, or would stand."""
        self._session()
        return f"at://{self._did}/{POST}/{record_key(to, key)}"

    def _parent(self, uri: str) -> Mapping[str, Any]:
        parent = next(iter(self._posts([uri])), None)
        if parent is None:
            raise Gone(_WORDS[Gone])
        return parent

    def _record(self, place: str) -> Mapping[str, Any] | None:
        """Return a record of our own repository, None when there is none of that name."""
        try:
            found = self._ask("com.atproto.repo.getRecord", named_parts(place)).get("value")
        except Gone as error:
            if _error_name(error.__cause__) != "RecordNotFound":  # some other 404 says nothing about our record
                raise Unavailable("Bluesky did not say whether our reply stands: we try again later") from error
            return None
        if not isinstance(found, dict):
            raise Unavailable("Bluesky answered without our record: we try again later")
        return found

    def _thread(self, uri: str) -> list[Any]:
        """Return our direct replies to a post as Bluesky shows them. Raises Gone when it does not show the post."""
        self._session()
        asked = {"uri": uri, "depth": 1, "parentHeight": 0}
        thread = self._ask("app.bsky.feed.getPostThread", asked).get("thread")
        try:
            if "post" not in thread:
                raise Gone(_WORDS[Gone])
            posts = [reply["post"] for reply in thread.get("replies") or () if "post" in reply]
            return [post for post in posts if post["author"]["did"] == self._did]
        except UNREADABLE as error:
            raise Unavailable("Bluesky showed the thread in a shape we cannot read: we try again later") from error

    def _facets(self, text: str) -> dict[str, Any]:
        """Return what can be clicked on in a text; a handle nobody has stays plain."""
        from atproto_client.models.utils import get_model_as_dict
        from atproto_client.utils import facet_detection

        facets = [get_model_as_dict(facet) for facet in facet_detection.detect_facets(text)]
        for found in facet_detection.detect_mentions(text):
            did = self._did_of(found.handle)
            if did is not None:
                index = {"byteStart": found.byte_start, "byteEnd": found.byte_end}
                facets.append({"index": index, "features": [{"$type": MENTION, "did": did}]})
        return {"facets": sorted(facets, key=lambda facet: facet["index"]["byteStart"])} if facets else {}

    def _did_of(self, handle: str) -> str | None:
        try:
            did = self._ask("com.atproto.identity.resolveHandle", {"handle": handle}).get("did")
        except Refused:
            return None
        return str(did) if did else None

    def _with_authors(self, page: Page) -> Page:
        """Give authors their counts, which posts do not carry, asking for each account once a day."""
        today = datetime.now(UTC).date()
        if self._authors_of != today or len(self._authors) > _AUTHORS_KEPT:
            self._authors, self._authors_of = {}, today
        dids = dict.fromkeys(mention.author.external_id for mention in page.mentions if mention.author)
        for some in _chunks([did for did in dids if did not in self._authors]):
            try:
                profiles = self._ask("app.bsky.actor.getProfiles", {"actors": some})["profiles"]
                self._authors |= {profile["did"]: author_of(profile) for profile in profiles}
            except (Refused, *UNREADABLE):  # one odd account must not hold the page back: its counts stay unknown
                continue
        return replace(page, mentions=tuple(self._with_author(mention) for mention in page.mentions))

    def _with_author(self, mention: Mention) -> Mention:
        known = self._authors.get(mention.author.external_id) if mention.author else None
        return mention if known is None else replace(mention, author=known)

    def _session(self) -> Any:
        with self._signing_in:
            if self._did is None:
                self._translated(self._sign_in)
        return self._client

    def _sign_in(self) -> None:
        password = self._credentials.app_password.get_secret_value()
        self._client.login(self._credentials.handle, password, fetch_bsky_profile=False)

    def _renew(self) -> None:
        from atproto.exceptions import AtProtocolError

        with self._signing_in:
            try:
                self._client._refresh_and_set_session()  # noqa: SLF001 — the client refreshes by its own clock only
            except AtProtocolError:
                self._sign_in()

    def _ask(
        self,
        method: str,
        params: Mapping[str, Any] | None = None,
        *,
        data: Mapping[str, Any] | None = None,
        publishing: bool = False,
    ) -> Any:
        from atproto.exceptions import BadRequestError
        from atproto_client.models.dot_dict import DotDict

        client = self._session()

        def once() -> Any:
            if data is not None:
                return client.invoke_procedure(method, data=DotDict(dict(data)), input_encoding="application/json")
            return client.invoke_query(method, params=DotDict(dict(params or {})))

        def renewing() -> Any:
            try:
                return once()
            except BadRequestError as error:
                if _error_name(error) not in {"ExpiredToken", "InvalidToken"}:
                    raise
                # Refused before acting, so asking again is no second attempt at publishing, and signing in none at all.
                self._translated(self._renew)
                return once()

        content = self._translated(renewing, publishing=publishing).content
        if not isinstance(content, dict):
            raise _silence(ValueError("not JSON"), publishing=publishing, said="answered in a shape we cannot read")
        return content

    def _translated(self, call: Callable[[], Any], *, publishing: bool = False) -> Any:
        """Make one call, its failures in our words."""
        import httpx
        from atproto.exceptions import AtProtocolError

        try:
            return call()
        except AtProtocolError as error:
            raise _refusal(error, publishing=publishing) from error
        except (httpx.HTTPError, httpx.InvalidURL, *UNREADABLE) as error:
            raise _silence(error, publishing=publishing) from error


REACH = Reach(overlap=overlap_of(OVERLAP), instant=from_milliseconds)


def _searched(leaf: Leaf) -> str:
    if isinstance(leaf, Phrase):
        return f'"{leaf.text}"'
    return leaf.text if hasattr(leaf, "text") else leaf.name


def _place_in_thread(parent: Mapping[str, Any]) -> dict[str, Any]:
    """Return the strong references a reply needs: the post answered, and the first of its thread."""
    try:
        answered = {"uri": parent["uri"], "cid": parent["cid"]}
        root = (parent["record"].get("reply") or {}).get("root") or answered
        return {"root": {"uri": root["uri"], "cid": root["cid"]}, "parent": answered}
    except UNREADABLE as error:
        raise Unavailable("Bluesky showed the post in a shape we cannot answer: we try again later") from error


def _claimed_languages(parent: Mapping[str, Any]) -> dict[str, Any]:
    """Answer in the languages a post claims, at most the three a record may name."""
    claimed = parent["record"].get("langs")
    known = [one for one in claimed if _LANGUAGE.fullmatch(str(one))] if isinstance(claimed, list) else []
    return {"langs": known[:3]} if known else {}


def _require_short(text: str) -> None:
    if graphemes(text) > 300 or utf8_bytes(text) > TEXT_BYTES:
        raise TooLong(_WORDS[TooLong])


def _posted(uri: str) -> Posted:
    return Posted(external_id=uri, url=link_to(uri))


def _uri(post: Mapping[str, Any]) -> Any:
    return post["uri"]


def _if_set(name: str, value: str | None) -> dict[str, str]:
    return {} if value is None else {name: value}


def _chunks(items: Iterable[str]) -> list[list[str]]:
    kept = list(items)
    return [kept[start : start + _AT_ONCE] for start in range(0, len(kept), _AT_ONCE)]


def _error_name(error: Any) -> str:
    return str(getattr(getattr(getattr(error, "response", None), "content", None), "error", ""))


def _refusal(error: Any, *, publishing: bool) -> SourceError:
    response = getattr(error, "response", None)
    if response is None:
        return _silence(error.__cause__ or error, publishing=publishing)
    if response.status_code == 429:
        until = unix_instant(response.headers.get("ratelimit-reset")) or retry_at(response.headers)
        return RateLimited("Bluesky asks us to slow down", until=until)
    kind = _BY_NAME.get(_error_name(error)) or _BY_STATUS.get(response.status_code)
    if kind is Rejected and "grapheme" in str(getattr(response.content, "message", "")):
        kind = TooLong
    if kind is not None:
        return kind(_WORDS[kind])
    return _silence(error, publishing=publishing, said=f"answered {response.status_code}")


def _silence(error: BaseException, *, publishing: bool, said: str = "did not answer") -> SourceError:
    import httpx

    never_left = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout | httpx.InvalidURL)
    if publishing and not never_left:
        return OutcomeUnknown(f"Bluesky {said} while we were publishing: look before doing anything else")
    return Unavailable(f"Bluesky {said}: we try again later")


def _listed(answer: Mapping[str, Any], name: str) -> list[Any]:
    items = answer.get(name)
    if not isinstance(items, list):
        raise Unavailable(f"Bluesky answered without {name}: we try again later")
    return items
