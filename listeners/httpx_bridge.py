"""Lets a client library built on httpx go out through a guarded requests session, so there is one guard, not two."""

from __future__ import annotations

import httpx
import requests

from listeners.http import never_sent

_DECODED = frozenset({"content-encoding", "content-length", "transfer-encoding"})


class SessionTransport(httpx.BaseTransport):
    """Sends httpx requests through a requests session; bodies arrive whole and decoded.

    Redirects stay httpx's own, but it never learns where one of anything but a read leads: nothing is sent twice.
    """

    def __init__(self, session: requests.Session) -> None:
        self._session = session

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request. Raises httpx's own transport errors."""
        timeout = request.extensions.get("timeout", {})
        prepared = requests.Request(
            request.method, str(request.url), headers=dict(request.headers), data=request.read() or None
        ).prepare()
        try:
            answer = self._session.send(
                prepared,
                allow_redirects=False,
                timeout=(timeout.get("connect"), timeout.get("read")) if any(timeout.values()) else None,
            )
        except requests.RequestException as error:
            raise _translated(error, request) from error
        dropped = _DECODED if request.method in {"GET", "HEAD"} else _DECODED | {"location"}
        headers = [(name, value) for name, value in answer.raw.headers.items() if name.lower() not in dropped]
        return httpx.Response(answer.status_code, headers=headers, content=answer.content, request=request)

    def close(self) -> None:
        """Close the session and its connections."""
        self._session.close()


def _translated(error: requests.RequestException, request: httpx.Request) -> httpx.TransportError:
    message = type(error).__name__
    if isinstance(error, requests.ConnectTimeout):
        return httpx.ConnectTimeout(message, request=request)
    if isinstance(error, requests.Timeout):
        return httpx.ReadTimeout(message, request=request)
    if never_sent(error):
        return httpx.ConnectError(message, request=request)
    return httpx.RemoteProtocolError(message, request=request)
