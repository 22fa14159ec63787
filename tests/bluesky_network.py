"""A real Bluesky network on loopback, for tests marked `network`: PLC directory, PDS and AppView in one Node process.

Its ports are fixed, so one network is shared by all workers and runs on a machine: the first one in starts it, the last
one out ends it. Every test makes accounts and words of its own.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Any, TypeVar

import psycopg
import pytest
import requests
from filelock import FileLock

PDS = "http://127.0.0.1:2583"
READY_WITHIN = 120
_STATE = Path(tempfile.gettempdir()) / f"earshot-bluesky-network-{os.getuid()}"
_HOW = (
    "the local Bluesky network is not installed: copy servers/bluesky of the shared folder to ~/.cache/earshot/bluesky "
    "(or name another folder in EARSHOT_BLUESKY_NETWORK), and run `npm install && npm rebuild better-sqlite3` there"
)
Found = TypeVar("Found")


@dataclass(frozen=True, kw_only=True)
class Account:
    """One account on the network, with the token to act for it."""

    did: str
    handle: str
    password: str
    token: str

    def post(
        self, text: str, *, mentions: Account | None = None, reply_to: dict[str, str] | None = None
    ) -> dict[str, str]:
        """Publish; returns the post's uri and cid. `mentions` adds the facet for "@handle" in the text."""
        record: dict[str, Any] = {"$type": "app.bsky.feed.post", "text": text, "createdAt": _now(), "langs": ["en"]}
        if mentions is not None:
            start = text.encode().index(f"@{mentions.handle}".encode())
            index = {"byteStart": start, "byteEnd": start + len(mentions.handle.encode()) + 1}
            feature = {"$type": "app.bsky.richtext.facet#mention", "did": mentions.did}
            record["facets"] = [{"index": index, "features": [feature]}]
        if reply_to is not None:
            record["reply"] = {"root": reply_to, "parent": reply_to}
        return self.create("app.bsky.feed.post", record)

    def create(self, collection: str, record: dict[str, Any]) -> dict[str, str]:
        """Create any record."""
        answer = self.call(
            "com.atproto.repo.createRecord", {"repo": self.did, "collection": collection, "record": record}
        )
        return {"uri": answer["uri"], "cid": answer["cid"]}

    def follow(self, other: Account) -> None:
        """Follow another account."""
        self.create(
            "app.bsky.graph.follow", {"$type": "app.bsky.graph.follow", "subject": other.did, "createdAt": _now()}
        )

    def delete(self, uri: str) -> None:
        """Delete our post."""
        collection, key = uri.split("/")[-2:]
        self.call("com.atproto.repo.deleteRecord", {"repo": self.did, "collection": collection, "rkey": key})

    def call(self, method: str, body: dict[str, Any]) -> Any:
        """Call one procedure as this account."""
        return _call(method, body, headers={"Authorization": f"Bearer {self.token}"})

    def thread(self, uri: str) -> list[dict[str, Any]]:
        """Return the direct replies to a post."""
        answer = requests.get(
            f"{PDS}/xrpc/app.bsky.feed.getPostThread",
            params={"uri": uri},
            headers={"Authorization": f"Bearer {self.token}"},
            timeout=10,
        )
        answer.raise_for_status()
        return [reply["post"] for reply in answer.json()["thread"].get("replies", [])]


class BlueskyNetwork:
    """The running network. `url` is what a source takes as its base URL."""

    url = PDS

    def account(self, name: str) -> Account:
        """Make an account; the handle is the name and a random tail."""
        handle = f"{name}-{uuid.uuid4().hex[:6]}.test"
        password = uuid.uuid4().hex
        made = _call(
            "com.atproto.server.createAccount",
            {"handle": handle, "email": f"{handle}@example.test", "password": password},
        )
        return Account(did=made["did"], handle=handle, password=password, token=made["accessJwt"])

    @staticmethod
    def until(look: Callable[[], Found], *, within: float = 20) -> Found:
        """Look again and again until something is there: posts are indexed about a second after they are made."""
        ends = time.monotonic() + within
        pause = Event()
        while not (found := look()):
            if time.monotonic() > ends:
                raise AssertionError(f"nothing appeared on the network within {within} s")
            pause.wait(0.2)
        return found


@contextmanager
def running_network() -> Iterator[BlueskyNetwork]:
    """The network, started unless somebody on this machine started it already; ended with its last user."""
    folder = _folder()
    _enter(folder)
    try:
        yield BlueskyNetwork()
    finally:
        _leave()


@pytest.fixture(scope="session")
def bluesky_network() -> Iterator[BlueskyNetwork]:
    """The local Bluesky network, started when the first test asks for it."""
    with running_network() as network:
        yield network


def _folder() -> Path:
    folder = Path(os.environ.get("EARSHOT_BLUESKY_NETWORK") or Path.home() / ".cache" / "earshot" / "bluesky")
    if not (folder / "node_modules" / "@atproto" / "dev-env").is_dir():
        pytest.skip(_HOW)
    if shutil.which("node") is None:
        pytest.skip("the local Bluesky network needs Node 20: install the package nodejs")
    try:
        with psycopg.connect(_postgresql(), connect_timeout=3):
            return folder
    except psycopg.OperationalError:
        pytest.skip("the local Bluesky network needs PostgreSQL on 127.0.0.1:5432: install and start it")


def _postgresql() -> str:
    url = os.environ.get("EARSHOT_TEST_POSTGRESQL_URL", "postgresql://postgres@127.0.0.1:5432/postgres")
    return url.replace("postgresql+psycopg://", "postgresql://")


def _enter(folder: Path) -> None:
    _STATE.mkdir(exist_ok=True)
    with FileLock(_STATE / "lock"):
        state = _read_state()
        if not _alive(state.get("pid")):
            _clear(state)
            state = _start(folder)
        state["users"] = [user for user in state["users"] if _alive(user)] + [os.getpid()]
        (_STATE / "state.json").write_text(json.dumps(state))


def _leave() -> None:
    with FileLock(_STATE / "lock"):
        state = _read_state()
        state["users"] = [user for user in state.get("users", []) if _alive(user) and user != os.getpid()]
        if state["users"]:
            (_STATE / "state.json").write_text(json.dumps(state))
            return
        _stop(state.get("pid"))
        _clear(state)


def _start(folder: Path) -> dict[str, Any]:
    database = f"bluesky_{uuid.uuid4().hex[:10]}"
    with psycopg.connect(_postgresql(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {database}")
    log = _STATE / "network.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            ["node", "--require", "./loopback.cjs", "network.cjs"],
            cwd=folder,
            env={**os.environ, "DB_POSTGRES_URL": _postgresql().rpartition("/")[0] + f"/{database}", "RL": "1"},
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # the worker that starts it may end before the others are done with it
        )
    state = {"pid": process.pid, "database": database, "users": []}
    ends = time.monotonic() + READY_WITHIN
    pause = Event()
    while "READY" not in log.read_text(errors="replace"):
        if process.poll() is not None or time.monotonic() > ends:
            _stop(process.pid)
            _clear(state)
            pytest.fail(f"the local Bluesky network did not start:\n{log.read_text(errors='replace')[-2000:]}")
        pause.wait(0.1)
    process.returncode = 0  # ended by process id later, perhaps by another worker; nothing to wait for here
    return state


def _stop(pid: int | None) -> None:
    """End the network by its process id: politely, then for certain."""
    for sign, patience in ((signal.SIGTERM, 15.0), (signal.SIGKILL, 5.0)):
        if not _alive(pid):
            return
        os.kill(int(pid or 0), sign)
        ends = time.monotonic() + patience
        while _alive(pid) and time.monotonic() < ends:
            Event().wait(0.1)


def _clear(state: dict[str, Any]) -> None:
    (_STATE / "state.json").unlink(missing_ok=True)
    if database := state.get("database"):
        with psycopg.connect(_postgresql(), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")


def _read_state() -> dict[str, Any]:
    try:
        return dict(json.loads((_STATE / "state.json").read_text()))
    except (OSError, ValueError):
        return {"users": []}


def _alive(pid: int | None) -> bool:
    if not pid:
        return False
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)  # our own child would stay a zombie otherwise
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _call(method: str, body: dict[str, Any], *, headers: dict[str, str] | None = None) -> Any:
    answer = requests.post(f"{PDS}/xrpc/{method}", json=body, headers=headers, timeout=10)
    answer.raise_for_status()
    return answer.json() if answer.content else {}


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
