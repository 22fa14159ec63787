"""The one way out to the network: plain GETs, and guarded sessions for client libraries.

Every connection, also after a redirect, goes to a public address only: the host is resolved once, the address that was
checked is the address that is dialled. TLS is verified, times and sizes are bounded, environment proxies and .netrc are
not read. Which hosts may be private is the operator's choice; pacing and retries belong to the caller.
"""

from __future__ import annotations

import json
import logging
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Self
from weakref import WeakSet

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import DecodeError, NewConnectionError, ReadTimeoutError
from urllib3.exceptions import HTTPError as TransportError
from urllib3.poolmanager import PoolManager
from urllib3.util import parse_url

from listeners.dialling import Door, deadline, pool_classes, tls_context
from listeners.errors import (
    CredentialsExpired,
    Gone,
    NotPermitted,
    OutcomeUnknown,
    QuotaExhausted,
    RateLimited,
    Rejected,
    SourceError,
    Unavailable,
)

if TYPE_CHECKING:
    import httpx

USER_AGENT = "Earshot/0.1 (reads public posts that mention a brand)"
LONGEST_WAIT = timedelta(days=1)
"""A platform that asks for more patience than this is asked again after it."""

_CHUNK = 64 * 1024
_KEPT_ACROSS_HOSTS = frozenset({"accept", "accept-encoding", "connection", "user-agent"})
_SAFE = frozenset({"GET", "HEAD"})
"""Methods that change nothing; only what is asked by these is ever asked again, at another address."""
_QUERY_STRING = re.compile(r"\?[^\s\"')]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What a server answered: case-insensitive `headers`, the decoded `body`, and the `url` after redirects."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    url: str = field(repr=False)

    @property
    def host(self) -> str:
        """The host that answered: all of the address that may be shown or logged."""
        return _host(self.url)

    def json(self) -> Any:
        """Read the body as JSON. Raises Unavailable when it is something else, such as an HTML error page."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            kind = self.headers.get("content-type", "nothing it names")
            raise Unavailable(f"{self.host} answered {kind[:60]} where JSON was due: try again later") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bounds:
    door: Door
    timeout: tuple[float, float]
    total: float
    max_bytes: int
    max_redirects: int
    user_agent: str


class Fetcher:
    """Fetches from public hosts within bounds.

    `timeout` is (connect, read) in seconds, `total` the seconds one call may take with its redirects, however slowly
    the server drips. `max_bytes` bounds a body after decompression. `allow_private_hosts` are names or addresses,
    compared whole, that may be private.
    """

    def __init__(
        self,
        *,
        allow_private_hosts: frozenset[str] = frozenset(),
        timeout: tuple[float, float] = (5, 20),
        total: float = 60,
        max_bytes: int = 20_000_000,
        max_redirects: int = 5,
        user_agent: str = USER_AGENT,
    ) -> None:
        self._bounds = _Bounds(
            door=Door(allow_private_hosts),
            timeout=timeout,
            total=total,
            max_bytes=max_bytes,
            max_redirects=max_redirects,
            user_agent=user_agent,
        )
        self._handed_out: WeakSet[requests.Session] = WeakSet()
        self._session = self.session()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection, also those of the sessions handed out."""
        for session in list(self._handed_out):
            session.close()

    def get(
        self, url: str, *, params: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None
    ) -> Response:
        """Fetch one page, following redirects; any status is returned, see `raise_for_status`.

        Raises Unavailable (network, TLS, too slow), Rejected (no such address, too large, endless redirects) or
        NotPermitted (a private address). Messages name the host only: paths and queries may hold secrets.
        """
        try:
            answer = self._session.get(url, params=params, headers=dict(headers or {}))
        except (requests.RequestException, TransportError, UnicodeError) as error:
            # The cause is cut off on purpose: its message repeats the address with its query.
            raise transport_error(error, _host(url)) from None
        return Response(status=answer.status_code, headers=answer.headers, body=answer.content, url=answer.url or url)

    def session(self) -> requests.Session:
        """Return a session with the same guard, for client libraries built on requests.

        A timeout given per request is kept, but never exceeds `total`. Nothing is retried. Its own exceptions are
        requests' own, plus NotPermitted for private addresses and Rejected for bodies that are too large.
        """
        session = _GuardedSession(self._bounds)
        self._handed_out.add(session)
        return session

    def httpx_transport(self) -> httpx.BaseTransport:
        """Return a transport with the same guard, for client libraries built on httpx."""
        from listeners.httpx_bridge import SessionTransport

        return SessionTransport(self.session())


class _GuardedSession(requests.Session):
    """A session that reads nothing from the environment, keeps no cookies and ends in time."""

    def __init__(self, bounds: _Bounds) -> None:
        super().__init__()
        self._total = bounds.total
        self.trust_env = False
        self.max_redirects = bounds.max_redirects
        self.headers["User-Agent"] = bounds.user_agent
        self.headers["Accept-Encoding"] = "gzip, deflate"
        self.cookies.set_policy(_no_cookies())
        for scheme in ("http://", "https://"):
            self.mount(scheme, _GuardedAdapter(bounds))

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send within the time of one call. A redirect never sends anything but a read again: who wrote looks first."""
        kwargs["allow_redirects"] = kwargs.get("allow_redirects", True) and request.method in _SAFE
        with deadline(self._total):
            return super().send(request, **kwargs)

    def rebuild_auth(self, prepared_request: requests.PreparedRequest, response: requests.Response) -> None:
        """Drop whatever the caller sent along (keys travel in headers of many names) when another host takes over."""
        super().rebuild_auth(prepared_request, response)  # type: ignore[no-untyped-call]
        before, after = parse_url(response.request.url or ""), parse_url(prepared_request.url or "")
        if (before.scheme, before.host, before.port) != (after.scheme, after.host, after.port):
            for name in [name for name in prepared_request.headers if name.lower() not in _KEPT_ACROSS_HOSTS]:
                del prepared_request.headers[name]


class _GuardedAdapter(HTTPAdapter):
    """Dials through the door, and reads a body within bounds before anyone else can."""

    def __init__(self, bounds: _Bounds) -> None:
        self._bounds = bounds
        super().__init__(max_retries=0)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **kwargs: Any) -> None:
        self.poolmanager = PoolManager(num_pools=connections, maxsize=maxsize, block=block, **kwargs)
        self.poolmanager.pool_classes_by_scheme = pool_classes(self._bounds.door)

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: bool | str, cert: Any = None
    ) -> Any:
        host, tls = super().build_connection_pool_key_attributes(request, verify, cert)
        if host["scheme"] == "https":
            tls["ssl_context"] = tls_context()
        return host, tls

    def send(  # noqa: PLR0917 — requests' own signature
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,  # noqa: ARG002 — never switched off
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,  # noqa: ARG002 — a proxy would dial for us, unguarded
    ) -> requests.Response:
        if parse_url(request.url or "").auth:
            raise Rejected(f"the address of {_host(request.url)} holds a user name or password: take them out of it")
        answer = super().send(request, stream=True, timeout=timeout or self._bounds.timeout, verify=True, cert=cert)
        if not stream or answer.is_redirect:
            answer._content = self._body(answer)  # noqa: SLF001 — requests has no public way to preload a body
            answer._content_consumed = True  # type: ignore[attr-defined]  # noqa: SLF001
        return answer

    def _body(self, answer: requests.Response) -> bytes:
        body = bytearray()
        try:
            for chunk in answer.raw.stream(_CHUNK, decode_content=True):
                body += chunk
                if len(body) > self._bounds.max_bytes:
                    raise self._too_much(answer)
        except ReadTimeoutError as error:
            raise requests.ReadTimeout(error) from error
        except DecodeError as error:
            raise requests.exceptions.ContentDecodingError(error) from error
        except TransportError as error:
            raise requests.exceptions.ChunkedEncodingError(error) from error
        finally:
            answer.close()
        return bytes(body)

    def _too_much(self, answer: requests.Response) -> SourceError:
        host, size = _host(answer.url), self._bounds.max_bytes // 1_000_000
        if answer.request.method in _SAFE:
            return Rejected(f"{host} sent more than {size} MB at once: ask it for a shorter page")
        return OutcomeUnknown(f"{host} answered with more than {size} MB: look there what became of it")


def raise_for_status(response: Response, *, now: datetime | None = None) -> Response:
    """Return the response when it is good news (below 400); otherwise raise the error that says what to do next."""
    status, host = response.status, response.host
    if status < 400:
        return response
    until = retry_at(response.headers, now=now)
    if status == 429 or (status == 503 and until is not None):
        raise RateLimited(f"{host} asks us to slow down", until=until)
    if status == 402:
        raise QuotaExhausted(f"{host} says the paid allowance is used up: raise it there, or wait for it to renew")
    kind, words = _MEANING.get(status, (Rejected, "did not accept the request") if status < 500 else _DOWN)
    raise kind(f"{host} {words} (HTTP {status})")


_DOWN: tuple[type[SourceError], str] = (Unavailable, "is having trouble: we try again later")
_MEANING: dict[int, tuple[type[SourceError], str]] = {
    401: (CredentialsExpired, "no longer accepts our keys: renew them in the connection's settings"),
    403: (NotPermitted, "does not let us do this: check the rights of the connection's account"),
    404: (Gone, "has nothing at this address: check the address and the ids in the settings"),
    408: _DOWN,
    410: (Gone, "says this is gone for good: check the address and the ids in the settings"),
    425: _DOWN,
    451: (NotPermitted, "may not show this for legal reasons"),
}


def retry_at(headers: Mapping[str, str], *, now: datetime | None = None) -> datetime | None:
    """Return the instant a Retry-After header asks us to wait for, in seconds or as a date; None when it says nothing.

    Never in the past and never more than a day away.
    """
    told = next((value for name, value in headers.items() if name.lower() == "retry-after"), "").strip()
    now = now or datetime.now(UTC)
    if re.fullmatch(r"\d{1,9}(\.\d{0,9})?", told, re.ASCII):
        return now + min(timedelta(seconds=float(told)), LONGEST_WAIT)
    try:
        asked = parsedate_to_datetime(told)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if asked.tzinfo is None:
        asked = asked.replace(tzinfo=UTC)
    return min(max(asked, now), now + LONGEST_WAIT)


def transport_error(error: Exception, host: str) -> SourceError:
    """Translate what requests raises when no answer came. `host` is all of the address the message will show."""
    if isinstance(error, SourceError):
        return error
    for kind, meaning, words in _TRANSPORT:
        if isinstance(error, kind):
            return meaning(f"{host} {words}")
    return Unavailable(f"{host} could not be read: we try again later")


def never_sent(error: BaseException) -> bool:
    """Tell whether a failed call ended before a byte left: only then is it sure that nothing was published.

    Of TLS errors only a refused certificate says so: others also come in the middle of an answer.
    """
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        if isinstance(current, NewConnectionError | requests.ConnectTimeout | ssl.SSLCertVerificationError):
            return True
        reason = getattr(current, "reason", None) or next((a for a in current.args if isinstance(a, Exception)), None)
        current = reason if isinstance(reason, BaseException) else current.__cause__ or current.__context__
    return False


def unix_instant(told: Any) -> datetime | None:
    """Return the instant of unix seconds from a rate limit's header, never more than a day away; None if unreadable."""
    try:
        found = datetime.fromtimestamp(float(told), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None
    return min(found, datetime.now(UTC) + LONGEST_WAIT)


_TRANSPORT: tuple[tuple[type[Exception], type[SourceError], str], ...] = (
    (requests.TooManyRedirects, Rejected, "keeps redirecting: give the address it should end at"),
    (requests.exceptions.InvalidURL, Rejected, "is no address we can read: check it for typing errors"),
    (requests.exceptions.MissingSchema, Rejected, "is no full address: begin it with https://"),
    (requests.exceptions.InvalidSchema, Rejected, "leads to something other than http or https: give a web address"),
    (requests.exceptions.SSLError, Unavailable, "has no valid certificate: its owner must renew it"),
    (requests.exceptions.ContentDecodingError, Unavailable, "sent a damaged compressed page: we try again later"),
    (requests.exceptions.ChunkedEncodingError, Unavailable, "broke off in the middle of a page: we try again later"),
    (requests.Timeout, Unavailable, "took too long to answer: we try again later"),
    (requests.ConnectionError, Unavailable, "cannot be reached: we try again later, check the address if this stays"),
    (UnicodeError, Rejected, "is no address we can read: check it for typing errors"),
    (ValueError, Rejected, "is no address we can read: check it for typing errors"),
)


def _host(url: str | None) -> str:
    try:
        return parse_url(url or "").host or "the address"
    except (TransportError, ValueError):
        return "the address"


def _no_cookies() -> Any:
    from http.cookiejar import DefaultCookiePolicy

    return DefaultCookiePolicy(allowed_domains=[])


class _WithoutQueries(logging.Filter):
    """Takes query strings out of urllib3's own lines: they may hold keys."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = _QUERY_STRING.sub("?…", record.getMessage()), ()
        return True


for _name in ("urllib3.connectionpool", "urllib3.util.retry", "urllib3.connection"):
    logging.getLogger(_name).addFilter(_WithoutQueries())
