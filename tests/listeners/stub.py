"""A platform on loopback: scripted routes, counted hits, and a switch for every way a server can go wrong."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

FAULTS = (
    "drop",  # takes the request, closes without a word
    "slow",  # takes the request, never answers
    "half",  # breaks off in the middle of the body
    "html",  # 200, but a web page
    "limited",  # 429, Retry-After: 30
    "limited_silently",  # 429, no headers, HTML body
    "broken",  # 500
    "down",  # 503
    "unauthorised",  # 401
    "forbidden",  # 403
    "gone",  # 404
)
_PAGE = b"<!doctype html><html><body><h1>One moment please</h1></body></html>"
_STATUS = {
    "limited": 429,
    "limited_silently": 429,
    "broken": 500,
    "down": 503,
    "unauthorised": 401,
    "forbidden": 403,
    "gone": 404,
}


@dataclass(frozen=True, kw_only=True)
class Hit:
    """One request the stub took. `query` holds the last value of each parameter."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, str]:
        return {name: values[-1] for name, values in parse_qs(self.body.decode(), keep_blank_values=True).items()}


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a route answers. `json` (any JSON data) or `body` (bytes)."""

    status: int = 200
    body: bytes = b""
    json: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def sent(self) -> tuple[bytes, dict[str, str]]:
        if self.json is not None:
            return json.dumps(self.json).encode(), {"Content-Type": "application/json", **self.headers}
        return self.body, dict(self.headers)


Route = Callable[[Hit], Answer]


class Stub:
    """One loopback server. Give it routes, then read `hits`.

    `fault` is one of FAULTS (None: none) and strikes requests whose path matches `fault_on`. `after_acting` lets the
    route run first, so that the platform has acted although the client never learns it.
    """

    def __init__(self) -> None:
        self.hits: list[Hit] = []
        self.fault: str | None = None
        self.fault_on: str = r".*"
        self.fault_body: bytes = _PAGE
        self.after_acting = False
        self.closing = threading.Event()
        self._routes: list[tuple[str, re.Pattern[str], Route]] = []
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.stub = self
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.005}, daemon=True)
        self._thread.start()

    def on(self, method: str, path: str, route: Route | Answer) -> None:
        """Answer `method` on paths that fully match the regular expression `path`. Later routes win."""
        self._routes.insert(0, (method, re.compile(path), route if callable(route) else lambda _hit: route))

    def get(self, path: str, route: Route | Answer) -> None:
        self.on("GET", path, route)

    def post(self, path: str, route: Route | Answer) -> None:
        self.on("POST", path, route)

    def count(self, method: str, path: str) -> int:
        """Return how many requests of this kind came in."""
        return sum(hit.method == method and re.fullmatch(path, hit.path) is not None for hit in self.hits)

    def answer(self, hit: Hit) -> Answer:
        for method, path, route in self._routes:
            if method == hit.method and path.fullmatch(hit.path):
                return route(hit)
        return Answer(status=404, json={"error": f"the stub has no route for {hit.method} {hit.path}"})

    def close(self) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextmanager
def serving() -> Iterator[Stub]:
    """Run a stub for the length of a block."""
    stub = Stub()
    try:
        yield stub
    finally:
        stub.close()


class _Server(ThreadingHTTPServer):
    stub: Stub
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request, client_address):
        """A client that hangs up is part of the test."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def _serve(self) -> None:
        stub = self.server.stub
        split = urlsplit(self.path)
        hit = Hit(
            method=self.command,
            path=split.path,
            query={name: values[-1] for name, values in parse_qs(split.query, keep_blank_values=True).items()},
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(int(self.headers.get("Content-Length") or 0)),
        )
        stub.hits.append(hit)
        fault = stub.fault if re.fullmatch(stub.fault_on, hit.path) else None
        answer = stub.answer(hit) if fault in {None, "half"} or stub.after_acting else Answer()
        self.close_connection = True
        if fault == "drop":
            return
        if fault == "slow":
            stub.closing.wait(30)
            return
        body, headers = answer.sent()
        status = answer.status
        if fault is not None and fault != "half":
            status, body, headers = _STATUS.get(fault, 200), stub.fault_body, {"Content-Type": "text/html"}
            if fault == "limited":
                headers["Retry-After"] = "30"
        self._send(status, headers, body, cut=fault == "half")

    def _send(self, status: int, headers: Mapping[str, str], body: bytes, *, cut: bool) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 304:
            self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD" and status != 304:
            self.wfile.write(body[: len(body) // 2] if cut else body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _serve  # noqa: N815 — names http.server calls

    def log_message(self, *args: Any) -> None:
        """Keep the test output clean."""
