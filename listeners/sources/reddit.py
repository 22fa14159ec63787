"""Reddit posts, comments of chosen subreddits, and what people say to our account, through praw.

Reddit has no search over comments, so all new comments of the subreddits named in the connection are read and filtered
here. Listings end after about 1,000 items. Private messages are never read. What Reddit answers, and what that means:

    400, RedditAPIException         Rejected; by its name NotPermitted, Gone or TooLong
    401                             CredentialsExpired; when reading, the access token is renewed first
    invalid_grant                   CredentialsExpired
    403, 451                        NotPermitted
    404                             Gone
    429, 200 with RATELIMIT         RateLimited until Retry-After, or as long as the message says
    reply accepted but not shown    OutcomeUnknown (praw gives None)
    5xx, not JSON, no answer        reading: Unavailable; publishing: OutcomeUnknown
    no connection made              Unavailable, also when publishing
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from pydantic import BaseModel, Field, SecretStr

from listeners.capabilities import Limits, Training
from listeners.dialects import Dialect, translate
from listeners.errors import (
    CredentialsExpired,
    Gone,
    NotPermitted,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    SourceError,
    TooLong,
    Unavailable,
)
from listeners.http import Fetcher, never_sent, retry_at, transport_error
from listeners.mentions import Author, Engagement, Kind, Mention
from listeners.pages import OwnReply, Page, Posted
from listeners.queries import Handle, Leaf, Query
from listeners.quiet import never_below
from listeners.registry import source
from listeners.text import clean, instant, storable
from listeners.walks import (
    UNREADABLE,
    Batch,
    Reach,
    Walk,
    from_milliseconds,
    overlap_of,
    positions_of,
    read_back,
    read_items,
    unreachable,
)

SITE = "https://www.reddit.com"
OVERLAP = timedelta(minutes=10)
"""Posts held by a spam filter appear under the time they were written."""
QUERY_LENGTH = 512
LONGEST_REPLY = 10_000
_PAGE = 100
_LISTING_ENDS = 1000
_INBOXES = ("mentions", "comments", "selfreply")
_REMOVED = frozenset({"[deleted]", "[removed]"})
_BY_STATUS: dict[int, type[SourceError]] = {
    302: Rejected,  # a subreddit that does not exist leads to a search page
    400: Rejected,
    401: CredentialsExpired,
    403: NotPermitted,
    404: Gone,
    413: TooLong,
    414: Rejected,
    415: Rejected,
    451: NotPermitted,
}
_BY_NAME: dict[str, type[SourceError]] = {
    "THREAD_LOCKED": NotPermitted,
    "TOO_OLD": NotPermitted,
    "NOT_AUTHOR": NotPermitted,
    "SUBREDDIT_NOTALLOWED": NotPermitted,
    "USER_BLOCKED": NotPermitted,
    "DELETED_COMMENT": Gone,
    "DELETED_LINK": Gone,
    "DELETED_THING": Gone,
    "NO_THING_ID": Gone,
    "TOO_LONG": TooLong,
    "USER_REQUIRED": CredentialsExpired,
}
_WORDS: dict[type[SourceError], str] = {
    CredentialsExpired: "Reddit refused our keys: authorise the app again (new apps need Reddit's approval first)",
    NotPermitted: "Reddit does not allow this: the thread is locked, old or private, or we may not post there",
    Gone: "the post or comment is no longer on Reddit",
    TooLong: "the text is over Reddit's 10,000 characters: shorten it",
    Rejected: "Reddit did not accept the request: check the search words and the names of the subreddits",
}


@source("reddit", title="Reddit")
class Reddit:
    """Reddit posts and comments. There is no idempotency on Reddit: a reply is sent once, praw's retries are off."""

    class Credentials(BaseModel):
        """An app that Reddit has approved; with a refresh token it also reads our inbox and answers."""

        client_id: str = Field(description="Client id of the app, below its name on reddit.com/prefs/apps")
        client_secret: SecretStr = Field(description="Client secret of the app")
        refresh_token: SecretStr | None = Field(
            default=None,
            description="Refresh token of the brand's account, scopes identity, read, privatemessages, submit, edit; "
            "without it the connection only reads",
        )
        subreddits: str = Field(default="", description="Subreddits whose comments are read too, separated by commas")
        user_agent: str = Field(
            default="python:earshot:v0.1",
            min_length=7,
            description="How we introduce ourselves; Reddit wants app, version and (by /u/account)",
        )

    limits = Limits(
        poll_every=timedelta(seconds=60),
        calls_per_minute=60,
        reply_length=LONGEST_REPLY,
        training=Training.FORBIDDEN,  # Data API Terms 2.4: not without the consent of whoever wrote it
    )

    def __init__(self, credentials: Credentials, *, http: Fetcher, base_url: str | None = None) -> None:
        import praw

        never_below(logging.INFO, "praw", "prawcore")  # they log what we write at DEBUG
        token = credentials.refresh_token
        address = (base_url or "").rstrip("/")
        self._client = praw.Reddit(
            "DEFAULT",
            client_id=credentials.client_id,
            client_secret=credentials.client_secret.get_secret_value(),
            refresh_token=token.get_secret_value() if token else None,
            username=None,
            password=None,
            user_agent=credentials.user_agent,
            oauth_url=address or "https://oauth.reddit.com",
            reddit_url=address or SITE,
            check_for_updates=False,
            check_for_async=False,
            ratelimit_seconds=-1,
            requestor_kwargs={"session": http.session()},
        )
        _leave_waiting_to_us(self._client._core)  # noqa: SLF001
        self._speaks = token is not None
        self._subreddits = "+".join(dict.fromkeys(re.findall(r"(?:r/)?(\w+)", credentials.subreddits)))

    def search(self, query: Query, *, cursor: str | None = None) -> Page:
        """Find posts everywhere, and comments in the subreddits of the connection."""
        words = translate(query, DIALECT)
        if len(words) > QUERY_LENGTH:
            raise Rejected(
                f"Reddit takes searches of {QUERY_LENGTH} characters and this one has {len(words)}: split the watch"
            )
        asked = {"q": words, "sort": "new", "t": "all", "type": "link", "restrict_sr": "False"}
        listings = {"posts": partial(self._listing, "r/all/search/", asked, wanted=query.matches)}
        if self._subreddits:
            path = f"r/{self._subreddits}/comments/"
            listings[path] = partial(self._listing, path, {}, wanted=query.matches)
        return read_back(listings, cursor, REACH)

    def inbox(self, *, cursor: str | None = None) -> Page:
        """Read mentions of our name, and replies to our comments and posts."""
        self._needs_account("reading our inbox")
        listings = {
            name: partial(self._listing, f"message/{name}/", {}, wanted=lambda _mention: True) for name in _INBOXES
        }
        page = read_back(listings, cursor, REACH)
        return replace(page, mentions=tuple(replace(mention, addressed=True) for mention in page.mentions))

    def recheck(self, external_ids: Sequence[str]) -> Page:
        """Look items up again, 100 at a time; what was deleted or removed is gone."""
        things = [thing for some in _chunks(external_ids) for thing in self._things(some)]
        mentions, faults = read_items(things, mention_of, name_of=_name)
        unreadable = {fault.where for fault in faults}
        shown = {mention.external_id for mention in mentions} | unreadable
        gone = tuple(one for one in external_ids if one not in shown)
        return Page(mentions=tuple(mentions), gone=gone, faults=tuple(faults))

    def reply(self, to: str, text: str, *, key: str) -> Posted:  # noqa: ARG002 — Reddit has no place for a key
        """Answer a post or comment.

        What stands: the text, read by Reddit as Markdown. Reddit keeps no key: every call that it takes makes a
        comment, also one that it hides from everybody but us.
        """
        self._needs_account("replying")
        _require_short(text)
        posted: Posted | None = self._translated(lambda: _posted(self._thing(to).reply(text)), publishing=True)
        if posted is None:
            raise OutcomeUnknown("Reddit took the reply but does not show it: look at our comments before going on")
        return posted

    def own_replies(self, to: str, *, key: str | None) -> tuple[OwnReply, ...]:  # noqa: ARG002 — Reddit keeps no keys
        """Find our comments under a post or comment, in the listing of our own comments, read back to its time.

        The listing ends after 1,000 or so: Unavailable where the item is older than 900 comments of ours. A comment
        that a filter hides from others is listed for us all the same.
        """
        self._needs_account("looking for our replies")
        asked_about = self._things([to])
        answered_at = self._translated(lambda: _oldest(asked_about)) or 0.0
        path = f"user/{self._account_name()}/comments/"
        found: list[Any] = []
        after: str | None = None
        for _ in range(_LISTING_ENDS // _PAGE - 1):
            asked = {"sort": "new", "limit": _PAGE} | ({"after": after} if after else {})
            page, after = self._translated(partial(self._page, path, asked))
            found += page
            oldest = self._translated(partial(_oldest, page))
            if after is None or (oldest is not None and oldest < answered_at):
                return self._translated(partial(_replies_to, to, found))  # type: ignore[no-any-return]
        raise Unavailable("Reddit shows too many comments of ours to find our replies among them: look there")

    def edit(self, posted: str, text: str) -> Posted:
        """Replace the text of our comment."""
        self._needs_account("editing")
        _require_short(text)
        made = self._translated(lambda: self._thing(posted).edit(text), publishing=True)
        return Posted(external_id=posted, url=_link(vars(made).get("permalink")))

    def retract(self, posted: str) -> None:
        """Delete our comment; Reddit says nothing when it was gone already."""
        self._needs_account("taking a reply back")
        self._translated(lambda: self._thing(posted).delete(), publishing=True)

    def check(self) -> str:
        """Say as whom we are connected."""
        if not self._speaks:
            self._get("r/all/new/", {"limit": 1})
            return "Connected to Reddit for reading; add a refresh token to read our inbox and to answer"
        return f"Connected to Reddit as u/{self._account_name()}"

    def _listing(self, path: str, asked: Mapping[str, Any], walk: Walk, *, wanted: Callable[[Mention], bool]) -> Batch:
        after = {"after": walk.token} if walk.token else {}
        things, token = self._translated(lambda: self._page(path, {**asked, "limit": _PAGE, **after}))
        mentions, faults = read_items(things, mention_of, name_of=_name)
        return Batch(
            mentions=[mention for mention in mentions if wanted(mention)],
            positions=positions_of(things, lambda thing: int(thing["data"]["created_utc"] * 1000)),
            next_token=token,
            faults=faults,
            # A listing that goes on after an item that was deleted meanwhile comes back empty.
            missed=unreachable(walk, REACH) if walk.token and not things else None,
        )

    def _page(self, path: str, params: Mapping[str, Any]) -> tuple[list[Any], str | None]:
        data = self._client.request(method="GET", path=path, params=dict(params))["data"]
        return list(data["children"]), data.get("after")

    def _things(self, fullnames: Sequence[str]) -> list[Any]:
        found: tuple[list[Any], Any] = self._translated(lambda: self._page("api/info/", {"id": ",".join(fullnames)}))
        return found[0]

    def _get(self, path: str, params: Mapping[str, Any]) -> Any:
        return self._translated(lambda: dict(self._client.request(method="GET", path=path, params=dict(params))))

    def _account_name(self) -> str:
        return self._translated(lambda: str(self._client.request(method="GET", path="api/v1/me", params={})["name"]))  # type: ignore[no-any-return]

    def _thing(self, fullname: str) -> Any:
        kind, _, one = fullname.partition("_")
        return self._client.submission(one) if kind == "t3" else self._client.comment(one)

    def _needs_account(self, what: str) -> None:
        if not self._speaks:
            raise NotPermitted(f"{what} on Reddit needs a refresh token: authorise the brand's account")

    def _translated(self, call: Callable[[], Any], *, publishing: bool = False) -> Any:
        """Make one call, its failures in our words; for reading, a refused access token is renewed first."""
        from praw.exceptions import PRAWException, RedditAPIException
        from prawcore.exceptions import OAuthException, PrawcoreException, RequestException, ResponseException

        try:
            return call() if publishing else _renewing(call)
        except RedditAPIException as error:
            raise _named_refusal(error.items) from error
        except OAuthException as error:
            raise CredentialsExpired(_WORDS[CredentialsExpired]) from error
        except RequestException as error:
            raise _no_answer(error, publishing=publishing) from error
        except ResponseException as error:
            acting = publishing and not _is_sign_in(error.response.url)
            raise _refusal(error.response, publishing=acting) from error
        except (PrawcoreException, PRAWException, *UNREADABLE) as error:
            if _is_401_without_header(error):
                raise CredentialsExpired(_WORDS[CredentialsExpired]) from error
            raise _silence("answered in a shape we cannot read", publishing) from error


REACH = Reach(overlap=overlap_of(OVERLAP), instant=from_milliseconds, depth=_LISTING_ENDS)


def mention_of(thing: Mapping[str, Any]) -> Mention | None:
    """Turn a post, a comment or an inbox entry into a mention; None for what was deleted and for private messages."""
    data = thing["data"]
    if thing["kind"] not in {"t1", "t3"}:
        return None
    is_post = thing["kind"] == "t3"
    body = data.get("selftext", "") if is_post else data["body"]
    if body in _REMOVED or data.get("removed_by_category"):
        return None
    title = data["title"] if is_post else ""
    link, edited, author = data.get("permalink") or data.get("context"), data.get("edited"), data.get("author")
    thread = data.get("link_id") or _thread_of(data.get("context"))
    return Mention(
        source="reddit",
        external_id=data["name"],
        kind=Kind.POST if is_post else Kind.COMMENT,
        text=clean("\n\n".join(part for part in (title, body) if part)),
        created_at=instant(data["created_utc"]),
        edited_at=instant(edited) if edited and edited is not True else None,
        url=_link(link),
        author=author_of(author) if author and author not in _REMOVED else None,
        engagement=Engagement(
            likes=None if data.get("score_hidden") else data.get("score"),
            replies=data.get("num_comments") if is_post else None,
        ),
        thread_id=None if is_post else thread,
        parent_id=None if is_post else data.get("parent_id"),
        raw=storable(data),
    )


def author_of(name: str) -> Author:
    """Return an author by name, which never changes on Reddit. Karma costs a request each and is not asked for."""
    return Author(external_id=name, handle=name, url=f"{SITE}/user/{name}")


def _posted(made: Any) -> Posted | None:
    """Name what praw says was made, without letting it ask Reddit for more; None where it says nothing."""
    if made is None:
        return None
    told = vars(made)
    return Posted(external_id=f"t1_{told['id']}", url=_link(told.get("permalink")))


def own_reply_of(thing: Mapping[str, Any]) -> OwnReply:
    """Turn a comment of ours into an own reply."""
    data = thing["data"]
    return OwnReply(
        external_id=data["name"],
        url=_link(data.get("permalink")),
        text=clean(data["body"]),
        created_at=instant(data["created_utc"]),
        under_key=None,
    )


def _replies_to(to: str, things: Sequence[Mapping[str, Any]]) -> tuple[OwnReply, ...]:
    """Return which of our comments stand under an item, the newest last."""
    standing = [
        thing
        for thing in things
        if thing["kind"] == "t1" and thing["data"].get("parent_id") == to and thing["data"]["body"] not in _REMOVED
    ]
    return tuple(map(own_reply_of, sorted(standing, key=lambda thing: float(thing["data"]["created_utc"]))))


def _oldest(things: Sequence[Mapping[str, Any]]) -> float | None:
    return min((float(thing["data"]["created_utc"]) for thing in things), default=None)


def _require_short(text: str) -> None:
    if len(text) > LONGEST_REPLY:
        raise TooLong(f"{_WORDS[TooLong]} (it has {len(text)})")


def _searched(leaf: Leaf) -> str:
    words = leaf.name if isinstance(leaf, Handle) else leaf.text
    return words if re.fullmatch(r"\w+", words) else f'"{words}"'


DIALECT = Dialect(leaf=_searched, both=" AND ", without="NOT ")


def _renewing(call: Callable[[], Any]) -> Any:
    """Read, and read once more when the access token was refused: prawcore has dropped it and fetches a new one."""
    from prawcore.exceptions import InvalidToken

    try:
        return call()
    except InvalidToken:
        return call()
    except KeyError as error:
        if not _is_401_without_header(error):
            raise
        return call()


def _is_401_without_header(error: Exception) -> bool:
    """Tell whether prawcore tripped over a 401 that lacks the header it reads the reason from."""
    return isinstance(error, KeyError) and error.args == (401,)


def _leave_waiting_to_us(core: Any) -> None:
    """Switch off prawcore's retries, which would publish twice, and its sleeping, which would hold a worker up.

    It has no public switch for either; tests count requests and seconds. FiniteRetryStrategy(retries=0) will not do: it
    sleeps two to four seconds before every first attempt.
    """
    from prawcore.sessions import RetryStrategy

    class OneAttempt(RetryStrategy):
        def _sleep_seconds(self) -> float | None:
            return None

        def consume_available_retry(self) -> RetryStrategy:
            return self

        def should_retry_on_failure(self) -> bool:
            return False

    limiter = core._rate_limiter  # noqa: SLF001
    core._retry_strategy_class = OneAttempt  # noqa: SLF001

    def refuse_instead_of_sleeping() -> None:
        seconds = ((limiter.next_request_timestamp_ns or 0) - time.monotonic_ns()) / 1e9
        if seconds > 0 and limiter.remaining is not None and limiter.remaining <= 0:
            raise RateLimited("Reddit asks us to slow down", until=datetime.now(UTC) + timedelta(seconds=seconds))

    limiter.delay = refuse_instead_of_sleeping


def _thread_of(context: str | None) -> str | None:
    """Read the thread out of the link that inbox entries carry, /r/name/comments/thread/title/comment."""
    found = re.search(r"/comments/(\w+)/", context or "")
    return f"t3_{found[1]}" if found else None


def _link(permalink: str | None) -> str | None:
    return f"{SITE}{permalink.partition('?')[0]}" if permalink and permalink.startswith("/") else None


def _name(thing: Mapping[str, Any]) -> Any:
    return thing["data"]["name"]


def _chunks(items: Sequence[str]) -> list[list[str]]:
    return [list(items[start : start + _PAGE]) for start in range(0, len(items), _PAGE)]


def _is_sign_in(url: Any) -> bool:
    return "/api/v1/access_token" in str(url)


def _named_refusal(items: Sequence[Any]) -> SourceError:
    item = items[0]
    if item.error_type == "RATELIMIT":
        found = re.search(r"(\d+) (millisecond|second|minute|hour)", item.message or "")
        wait = timedelta(**{f"{found[2]}s": int(found[1])}) if found else None
        return RateLimited("Reddit asks us to slow down", until=datetime.now(UTC) + wait if wait else None)
    kind = _BY_NAME.get(item.error_type, Rejected)
    return kind(f"{_WORDS[kind]} ({item.error_type})")


def _no_answer(error: Any, *, publishing: bool) -> SourceError:
    original = error.original_exception
    if isinstance(original, SourceError):
        return original
    if publishing and not never_sent(original) and not _is_sign_in(error.request_args):
        return _silence("did not answer", unsure=True)
    return transport_error(original, "Reddit")


def _refusal(response: Any, *, publishing: bool) -> SourceError:
    status = response.status_code
    if status == 429:
        reset = response.headers.get("x-ratelimit-reset")
        until = retry_at(response.headers) or (retry_at({"retry-after": reset}) if reset else None)
        return RateLimited("Reddit asks us to slow down", until=until)
    kind = None if publishing and status < 400 else _BY_STATUS.get(status)
    if kind is not None:
        return kind(_WORDS[kind])
    return _silence("answered in a shape we cannot read" if status < 400 else f"answered {status}", publishing)


def _silence(said: str, unsure: bool) -> SourceError:
    if unsure:
        return OutcomeUnknown(f"Reddit {said} while we were publishing: look at our comments before going on")
    return Unavailable(f"Reddit {said}: we try again later")
