"""A small platform on loopback that plays X and Mastodon for the real adapters, and counts what became public.

    with running_platform() as platform:                    # or the fixture `platform`
        post = platform.post("x", "My kettle leaks")        # somebody's public post; returns its id
        platform.order("drop_after", call="reply")          # the next reply is published, its answer is lost
        X(X.Credentials(**X_KEYS), http=Fetcher(…), base_url=platform.url).reply(post, "Sorry", key="k")
        platform.hits("reply"), platform.replies(post)      # 1, and every text that was made public under the post

One address serves both: X below /2, Mastodon below /api. `Platform(url)` works from any process on the machine, since
everything goes over HTTP (below /stub); the server lives in the process that entered `running_platform`. The accounts
are X_KEYS and MASTODON_KEYS; whoever speaks is us. State is kept in memory under one lock: a request acts whole or not
at all, and acting comes before answering.

Calls are named `reply`, `edit`, `retract` (what changes something), `own` (our posts, or those under a post), `look`
(single posts), `find` (search, mentions), `me` and `instance`. An order strikes the next `times` requests of one
call (None: any) and platform (None: both), in the order given:

    drop_before   the connection closes, nothing was done       drop_after   … and it was done
    error_before  `status` (500), nothing was done              error_after  … and it was done
    slow          done, answered after `seconds`                half         done, the answer breaks off in its middle
    html          done, answered with a web page                redirect     307 to the same address, nothing was done
    limit         429 with both platforms' headers, over in `seconds`; nothing was done
    refuse        403 with `detail`; nothing was done           gone         404; nothing was done

`hide(reads=n)` leaves our posts out of the next n answers to `own`, as a platform does that shows new posts late.
Mastodon's Idempotency-Key is honoured until `forget_keys()`, which is the hour passing; X knows no keys.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

X_KEYS = {
    "bearer_token": "made-up-bearer",
    "consumer_key": "made-up-key",
    "consumer_secret": "made-up-key-secret",
    "access_token": "4242-made-up-access",
    "access_token_secret": "made-up-access-secret",
}
MASTODON_KEYS = {"server": "https://home.test", "access_token": "made-up-mastodon-token"}
US = {"x": "4242", "mastodon": "1"}
THEM = "77"
FAULTS = (
    *("drop_before", "drop_after", "error_before", "error_after", "slow", "half", "html", "redirect"),
    *("limit", "refuse", "gone"),
)
ACTS_FIRST = frozenset({"drop_after", "error_after", "slow", "half", "html"})
"""Orders under which the platform does what it was asked, whatever the client learns of it."""
_EPOCH_MS = 1_288_834_974_657
_LONGEST_BODY = 1_000_000
_WORKERS = 32
_DELETED = "You attempted to reply to a Tweet that is deleted or not visible to you."


@dataclass(frozen=True, kw_only=True)
class Made:
    """One public post. `key` and `in_reply_to` are None without; `stands` is False once it was deleted."""

    id: str
    platform: str
    author: str
    text: str
    in_reply_to: str | None = None
    key: str | None = None
    stands: bool = True
    edits: int = 0


class Platform:
    """What a test says to the platform and asks of it; from any process."""

    def __init__(self, url: str) -> None:
        self.url = url

    def post(self, platform: str, text: str, *, in_reply_to: str | None = None) -> str:
        """Publish somebody else's post, and return its id."""
        return self._say(platform=platform, text=text, author=THEM, in_reply_to=in_reply_to)

    def say_by_hand(self, platform: str, text: str, *, in_reply_to: str) -> str:
        """Publish a reply of ours as a person would in the app, and return its id."""
        return self._say(platform=platform, text=text, author=US[platform], in_reply_to=in_reply_to)

    def delete(self, post_id: str) -> None:
        """Take a post away, whoever wrote it."""
        self._control("delete", id=post_id)

    def order(
        self,
        fault: str,
        *,
        call: str | None = "reply",
        platform: str | None = None,
        times: int = 1,
        status: int = 500,
        seconds: float = 30,
        detail: str = "You are not permitted to perform this action.",
    ) -> None:
        """Let the next requests go wrong, see the top of this module."""
        assert fault in FAULTS, fault
        self._control(
            "order",
            fault=fault,
            call=call,
            platform=platform,
            times=times,
            status=status,
            seconds=seconds,
            detail=detail,
        )

    def hide(self, *, reads: int) -> None:
        """Leave our posts out of the next answers to `own`."""
        self._control("hide", reads=reads)

    def forget_keys(self) -> None:
        """Let Mastodon forget every Idempotency-Key, as it does after an hour."""
        self._control("forget_keys")

    def reset(self) -> None:
        """Forget all posts, orders, keys and hits."""
        self._control("reset")

    def hits(self, call: str) -> int:
        """Return how many requests of one call arrived, whatever became of them."""
        return int(self._control("hits").get(call, 0))

    def posts(self) -> list[Made]:
        """Return every post that was ever public, the oldest first."""
        return [Made(**one) for one in self._control("posts")]

    def replies(self, to: str) -> list[Made]:
        """Return every text of ours that was ever public under a post, the oldest first."""
        return [one for one in self.posts() if one.in_reply_to == to and one.author == US[one.platform]]

    def _say(self, **said: Any) -> str:
        return str(self._control("say", **said))

    def _control(self, name: str, **arguments: Any) -> Any:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.post(f"{self.url}/stub/{name}", json=arguments, timeout=30)
        answer.raise_for_status()
        return answer.json()


@contextmanager
def running_platform() -> Iterator[Platform]:
    """Run the platform for the length of a block, on a free port of loopback."""
    server = _Server(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield Platform(f"http://127.0.0.1:{server.server_port}")
    finally:
        server.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()
    if server.mistakes:
        raise server.mistakes[0]


@pytest.fixture
def platform() -> Iterator[Platform]:
    with running_platform() as running:
        yield running


@dataclass(frozen=True)
class _Answer:
    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Asked:
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def data(self) -> dict[str, Any]:
        """The body, as JSON or as a form."""
        if self.headers.get("content-type", "").startswith("application/json"):
            return dict(json.loads(self.body or b"{}"))
        return {name: values[-1] for name, values in parse_qs(self.body.decode(), keep_blank_values=True).items()}


class _World:
    """What is public, and what was ordered. Every method is called with the lock held."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        self.posts: dict[str, Made] = {}
        self.hits: Counter[str] = Counter()
        self.orders: list[dict[str, Any]] = []
        self.keys: dict[str, str] = {}
        self.hidden_reads = 0
        self._last = 0

    def control(self, name: str, **given: Any) -> Any:
        if name == "say":
            return self.add(**given).id
        if name == "delete":
            self.change(given["id"], stands=False)
        elif name == "order":
            self.orders.append(given)
        elif name == "hide":
            self.hidden_reads = given["reads"]
        elif name == "forget_keys":
            self.keys.clear()
        elif name == "reset":
            self.reset()
        elif name == "hits":
            return dict(self.hits)
        elif name == "posts":
            return [asdict(post) for post in self.posts.values()]
        else:
            raise KeyError(name)
        return None

    def next_order(self, call: str, platform: str) -> dict[str, Any] | None:
        """Count a request, and take what was ordered for it."""
        self.hits[call] += 1
        for order in self.orders:
            if order["call"] in {None, call} and order["platform"] in {None, platform}:
                order["times"] -= 1
                if order["times"] <= 0:
                    self.orders.remove(order)
                return order
        return None

    def add(self, **fields: Any) -> Made:
        self._last = max(self._last + 1, (int(time.time() * 1000) - _EPOCH_MS) << 22)
        post = Made(id=str(self._last), **fields)
        self.posts[post.id] = post
        return post

    def change(self, post_id: str, **fields: Any) -> Made:
        self.posts[post_id] = Made(**(asdict(self.posts[post_id]) | fields))
        return self.posts[post_id]

    def standing(self, platform: str, post_id: str | None) -> Made | None:
        post = self.posts.get(post_id or "")
        return post if post is not None and post.stands and post.platform == platform else None

    def newest(self, platform: str, *, own: bool = False) -> list[Made]:
        """Return what stands, the newest first. In an answer to `own` our posts are left out while they are hidden."""
        hidden = own and self.hidden_reads > 0
        if hidden:
            self.hidden_reads -= 1
        ours = US[platform]
        shown = [post for post in self.posts.values() if post.stands and post.platform == platform]
        return [post for post in reversed(shown) if not (hidden and post.author == ours)]


# --- X ---


def _x_create(world: _World, asked: _Asked) -> _Answer:
    said = asked.data
    parent = (said.get("reply") or {}).get("in_reply_to_tweet_id")
    if parent is not None and world.standing("x", parent) is None:
        return _x_problem(403, _DELETED)
    post = world.add(platform="x", author=US["x"], text=said["text"], in_reply_to=parent)
    return _Answer(201, {"data": {"id": post.id, "text": post.text, "edit_history_tweet_ids": [post.id]}})


def _x_delete(world: _World, asked: _Asked) -> _Answer:
    post = world.standing("x", asked.path.rpartition("/")[2])
    if post is None or post.author != US["x"]:
        return _x_problem(404, "Not Found")
    world.change(post.id, stands=False)
    return _Answer(200, {"data": {"deleted": True}})


def _x_timeline(world: _World, asked: _Asked) -> _Answer:
    who = asked.path.split("/")[3]
    return _x_page([post for post in world.newest("x", own=True) if post.author == who], asked)


def _x_find(world: _World, asked: _Asked) -> _Answer:
    return _x_page([post for post in world.newest("x") if post.author == THEM], asked)


def _x_look(world: _World, asked: _Asked) -> _Answer:
    ids = asked.query.get("ids", "").split(",")
    found = [post for post in (world.standing("x", one) for one in ids) if post is not None]
    missing = set(ids) - {post.id for post in found}
    errors = [{"resource_id": one, "title": "Not Found Error", "parameter": "ids"} for one in sorted(missing)]
    return _Answer(200, _x_listed(found) | ({"errors": errors} if errors else {}))


def _x_me(_world: _World, _asked: _Asked) -> _Answer:
    return _Answer(200, {"data": {"id": US["x"], "username": "kettlewick", "name": "Kettlewick"}})


def _x_page(posts: list[Made], asked: _Asked) -> _Answer:
    newer = [post for post in posts if int(post.id) > int(asked.query.get("since_id") or 0)]
    start, size = int(asked.query.get("pagination_token") or asked.query.get("next_token") or 0), 100
    size = min(int(asked.query.get("max_results") or size), size)
    page = newer[start : start + size]
    more = {"next_token": str(start + size)} if start + size < len(newer) else {}
    return _Answer(200, _x_listed(page) | {"meta": {"result_count": len(page)} | more})


def _x_listed(posts: list[Made]) -> dict[str, Any]:
    if not posts:
        return {}
    names = {US["x"]: "kettlewick", THEM: "mira"}
    users = [{"id": one, "username": name, "name": name.title()} for one, name in names.items()]
    return {"data": [_x_shape(post) for post in posts], "includes": {"users": users}}


def _x_shape(post: Made) -> dict[str, Any]:
    lead = "@mira " if post.in_reply_to and post.author == US["x"] else ""
    spoken_to = [{"id": US["x"], "username": "kettlewick"}] if post.author == THEM else []
    answered = [{"type": "replied_to", "id": post.in_reply_to}] if post.in_reply_to else []
    return {
        "id": post.id,
        "edit_history_tweet_ids": [post.id],
        "text": lead + post.text,
        "author_id": post.author,
        "conversation_id": post.in_reply_to or post.id,
        "created_at": _stamp(post),
        "lang": "en",
        "entities": {"mentions": spoken_to},
        "referenced_tweets": answered,
        "public_metrics": {"retweet_count": 0, "reply_count": 0, "like_count": 0, "quote_count": 0},
    }


def _x_problem(status: int, detail: str) -> _Answer:
    return _Answer(status, {"title": "Forbidden" if status == 403 else "Error", "detail": detail, "status": status})


# --- Mastodon ---


def _m_create(world: _World, asked: _Asked) -> _Answer:
    said, key = asked.data, asked.headers.get("idempotency-key")
    known = world.standing("mastodon", world.keys.get(key or ""))
    if known is not None:
        return _Answer(200, _m_shape(known))
    parent = said.get("in_reply_to_id")
    if parent is not None and world.standing("mastodon", parent) is None:
        return _m_problem(404, "The post you are trying to reply to does not appear to exist.")
    if len(said["status"]) > 500:
        return _m_problem(422, "Validation failed: Text character limit of 500 exceeded")
    post = world.add(platform="mastodon", author=US["mastodon"], text=said["status"], in_reply_to=parent, key=key)
    if key:
        world.keys[key] = post.id
    return _Answer(200, _m_shape(post))


def _m_edit(world: _World, asked: _Asked) -> _Answer:
    post = world.standing("mastodon", asked.path.rpartition("/")[2])
    if post is None or post.author != US["mastodon"]:
        return _m_problem(404, "Record not found")
    return _Answer(200, _m_shape(world.change(post.id, text=asked.data["status"], edits=post.edits + 1)))


def _m_delete(world: _World, asked: _Asked) -> _Answer:
    post = world.standing("mastodon", asked.path.rpartition("/")[2])
    if post is None or post.author != US["mastodon"]:
        return _m_problem(404, "Record not found")
    return _Answer(200, _m_shape(world.change(post.id, stands=False)))


def _m_look(world: _World, asked: _Asked) -> _Answer:
    post = world.standing("mastodon", asked.path.rpartition("/")[2])
    return _Answer(200, _m_shape(post)) if post else _m_problem(404, "Record not found")


def _m_look_at_many(world: _World, asked: _Asked) -> _Answer:
    ids = re.findall(r"\d+", asked.query.get("id[]", ""))
    found = [post for post in (world.standing("mastodon", one) for one in ids) if post is not None]
    return _Answer(200, [_m_shape(post) for post in found])


def _m_context(world: _World, asked: _Asked) -> _Answer:
    to = asked.path.split("/")[4]
    if world.standing("mastodon", to) is None:
        return _m_problem(404, "Record not found")
    below = [post for post in reversed(world.newest("mastodon", own=True)) if post.in_reply_to == to]
    return _Answer(200, {"ancestors": [], "descendants": [_m_shape(post) for post in below]})


def _m_statuses(world: _World, asked: _Asked) -> _Answer:
    who = asked.path.split("/")[4]
    return _m_page([post for post in world.newest("mastodon", own=True) if post.author == who], asked)


def _m_search(world: _World, asked: _Asked) -> _Answer:
    found = _m_page([post for post in world.newest("mastodon") if post.author == THEM], asked)
    return _Answer(200, {"statuses": found.body, "accounts": [], "hashtags": []})


def _m_notifications(world: _World, asked: _Asked) -> _Answer:
    found = _m_page([post for post in world.newest("mastodon") if post.author == THEM], asked)
    kind = {"type": "mention"}
    return _Answer(
        200, [kind | {name: one[name] for name in ("id", "created_at")} | {"status": one} for one in found.body]
    )


def _m_me(_world: _World, _asked: _Asked) -> _Answer:
    return _Answer(200, _m_account(US["mastodon"]))


def _m_instance(_world: _World, _asked: _Asked) -> _Answer:
    configured = {"statuses": {"max_characters": 500, "characters_reserved_per_url": 23}}
    told = {"uri": "home.test", "version": "4.5.0", "api_versions": {"mastodon": 6}, "configuration": configured}
    return _Answer(200, told)


def _m_page(posts: list[Made], asked: _Asked) -> _Answer:
    after, before = int(asked.query.get("since_id") or 0), int(asked.query.get("max_id") or 2**80)
    page = [post for post in posts if after < int(post.id) < before][: int(asked.query.get("limit") or 20)]
    return _Answer(200, [_m_shape(post) for post in page])


def _m_shape(post: Made) -> dict[str, Any]:
    return {
        "id": post.id,
        "created_at": _stamp(post),
        "edited_at": _stamp(post) if post.edits else None,
        "in_reply_to_id": post.in_reply_to,
        "visibility": "public",
        "language": "en",
        "content": f"<p>{post.text.replace('&', '&amp;').replace('<', '&lt;')}</p>",
        "spoiler_text": "",
        "url": f"https://home.test/@{_m_account(post.author)['username']}/{post.id}",
        "account": _m_account(post.author),
        "favourites_count": 0,
        "reblogs_count": 0,
        "replies_count": 0,
    }


def _m_account(who: str) -> dict[str, Any]:
    name, acct = ("kettlewick", "kettlewick") if who == US["mastodon"] else ("mira", "mira@elsewhere.test")
    return {
        "id": who,
        "username": name,
        "acct": acct,
        "display_name": name.title(),
        "url": f"https://home.test/@{name}",
    }


def _m_problem(status: int, words: str) -> _Answer:
    return _Answer(status, {"error": words})


_ROUTES: tuple[tuple[str, str, str, str, Callable[[_World, _Asked], _Answer]], ...] = (
    ("POST", r"/2/tweets", "x", "reply", _x_create),
    ("DELETE", r"/2/tweets/\d+", "x", "retract", _x_delete),
    ("GET", r"/2/users/\d+/tweets", "x", "own", _x_timeline),
    ("GET", r"/2/users/\d+/mentions", "x", "find", _x_find),
    ("GET", r"/2/tweets/search/recent", "x", "find", _x_find),
    ("GET", r"/2/tweets", "x", "look", _x_look),
    ("GET", r"/2/users/me", "x", "me", _x_me),
    ("POST", r"/api/v1/statuses", "mastodon", "reply", _m_create),
    ("PUT", r"/api/v1/statuses/\d+", "mastodon", "edit", _m_edit),
    ("DELETE", r"/api/v1/statuses/\d+", "mastodon", "retract", _m_delete),
    ("GET", r"/api/v1/statuses/\d+/context", "mastodon", "own", _m_context),
    ("GET", r"/api/v1/accounts/\d+/statuses", "mastodon", "own", _m_statuses),
    ("GET", r"/api/v1/statuses", "mastodon", "look", _m_look_at_many),
    ("GET", r"/api/v1/statuses/\d+", "mastodon", "look", _m_look),
    ("GET", r"/api/v2/search", "mastodon", "find", _m_search),
    ("GET", r"/api/v1/notifications", "mastodon", "find", _m_notifications),
    ("GET", r"/api/v1/accounts/verify_credentials", "mastodon", "me", _m_me),
    ("GET", r"/api/v[12]/instance/?", "mastodon", "instance", _m_instance),
)


def _stamp(post: Made) -> str:
    at = datetime.fromtimestamp(((int(post.id) >> 22) + _EPOCH_MS) / 1000, UTC)
    return at.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _struck(order: Mapping[str, Any], asked: _Asked, platform: str) -> _Answer:
    """Return what an order answers instead of the truth."""
    problem = _x_problem if platform == "x" else _m_problem
    fault = order["fault"]
    if fault == "limit":
        over = int(time.time() + order["seconds"])
        headers = {
            "x-rate-limit-reset": str(over),
            "x-rate-limit-remaining": "0",
            "X-RateLimit-Limit": "300",
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Reset": datetime.fromtimestamp(over, UTC).isoformat(),
        }
        return _Answer(429, problem(429, "Too many requests").body, headers)
    if fault == "redirect":
        return _Answer(307, {}, {"Location": asked.path})
    if fault == "html":
        return _Answer(200, None)
    status, words = {"refuse": (403, order["detail"]), "gone": (404, "Record not found")}.get(
        fault, (order["status"], "")
    )
    return problem(status, words)


class _Server(HTTPServer):
    """One listener, a bounded number of threads, nothing kept open between requests."""

    request_queue_size = 128

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.world = _World()
        self.closing = threading.Event()
        self.mistakes: list[Exception] = []
        self._workers = ThreadPoolExecutor(_WORKERS, thread_name_prefix="platform")

    def process_request(self, request: Any, client_address: Any) -> None:
        self._workers.submit(self._one, request, client_address)

    def _one(self, request: Any, client_address: Any) -> None:
        try:
            self.finish_request(request, client_address)
        except OSError:
            pass  # a client that hangs up is part of the test
        except Exception as error:  # told when the block ends: a broken stub must not look like a broken platform
            self.mistakes.append(error)
        finally:
            self.shutdown_request(request)

    def server_close(self) -> None:
        super().server_close()
        self._workers.shutdown()


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = 30

    def _serve(self) -> None:
        self.close_connection = True
        split = urlsplit(self.path)
        asked = _Asked(
            method=self.command,
            path=split.path,
            query={name: ",".join(values) for name, values in parse_qs(split.query).items()},
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(min(int(self.headers.get("Content-Length") or 0), _LONGEST_BODY)),
        )
        world = self.server.world
        if asked.path.startswith("/stub/"):
            with world.lock:
                told = world.control(asked.path.removeprefix("/stub/"), **asked.data)
            self._send(_Answer(200, told))
            return
        for method, path, platform, call, act in _ROUTES:
            if method == asked.method and re.fullmatch(path, asked.path):
                self._play(world, asked, platform, call, act)
                return
        self._send(_Answer(404, {"error": f"the platform has no {asked.method} {asked.path}"}))

    def _play(self, world: _World, asked: _Asked, platform: str, call: str, act: Any) -> None:
        with world.lock:
            order = world.next_order(call, platform)
            fault = order["fault"] if order else None
            answer = act(world, asked) if fault is None or fault in ACTS_FIRST else None
        if fault in {"drop_before", "drop_after"}:
            return
        if fault == "slow":
            self.server.closing.wait(order["seconds"])
        if answer is None or fault in {"error_after", "html"}:
            answer = _struck(order, asked, platform)
        self._send(answer, cut=fault == "half")

    def _send(self, answer: _Answer, *, cut: bool = False) -> None:
        is_page = answer.body is None and answer.status == 200 and self.path.startswith(("/2", "/api"))
        body = b"<!doctype html><h1>One moment please</h1>" if is_page else json.dumps(answer.body).encode()
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "text/html" if is_page else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if cut else body)

    do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 — names http.server calls

    def log_message(self, *arguments: Any) -> None:
        """Keep the test output clean."""
