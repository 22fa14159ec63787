"""Opens sockets to public addresses only, and holds a whole call to one deadline.

The guard sits where the connection is made, below redirects, pools and client libraries, so nothing above it can forget
to ask. What the bytes mean is left to `http`.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import certifi
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.util.ssl_ import create_urllib3_context

from listeners.errors import NotPermitted

_call = threading.local()
_EMBEDDING_IPV4 = (
    # Ways to write an IPv4 address inside an IPv6 one, with the bits to shift it out.
    (ipaddress.IPv6Network("::ffff:0:0/96"), 0),  # mapped
    (ipaddress.IPv6Network("::/96"), 0),  # compatible, long retired
    (ipaddress.IPv6Network("64:ff9b::/96"), 0),  # NAT64
    (ipaddress.IPv6Network("2002::/16"), 80),  # 6to4
)
_NEVER = tuple(
    ipaddress.ip_network(network)
    for network in ("64:ff9b:1::/48", "2001::/32", "192.0.0.0/24", "192.88.99.0/24", "fec0::/10", "100.64.0.0/10")
)
"""Local NAT64, Teredo, 6to4 relays, old site-local and carrier-grade NAT: global by number, not by meaning."""


def is_public(address: str) -> bool:
    """Tell whether an address belongs to the open internet: not loopback, private, link-local, multicast, reserved."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        for network, shift in _EMBEDDING_IPV4:
            if ip in network:
                return is_public(str(ipaddress.IPv4Address((int(ip) >> shift) & 0xFFFFFFFF)))
    if any(ip.version == network.version and ip in network for network in _NEVER):
        return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


class Door:
    """Decides which addresses may be dialled. `allow_private_hosts` are compared whole, never by suffix."""

    def __init__(self, allow_private_hosts: frozenset[str] = frozenset()) -> None:
        self._allowed = frozenset(_bare(host) for host in allow_private_hosts)

    def addresses(self, host: str, port: int) -> list[Any]:
        """Resolve a host and return what may be dialled. Raises NotPermitted when every address is private."""
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
        if _bare(host) in self._allowed:
            return found
        public = [entry for entry in found if is_public(str(entry[4][0]))]
        if not public:
            raise NotPermitted(
                f"{_bare(host)} leads to a private address, which is not read: "
                "add it to EARSHOT_ALLOW_PRIVATE_HOSTS if you trust it"
            )
        return public


def _bare(host: str) -> str:
    return host.strip().strip("[]").rstrip(".").casefold()


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Give everything this thread reads from guarded sockets inside the block at most `seconds`.

    Inner blocks may only shorten it.
    """
    before: float | None = getattr(_call, "ends", None)
    ends = time.monotonic() + seconds
    _call.ends = ends if before is None else min(before, ends)
    try:
        yield
    finally:
        _call.ends = before


def _tighten(sock: socket.socket) -> None:
    """Let the next read wait no longer than the call has left."""
    ends: float | None = getattr(_call, "ends", None)
    if ends is None:
        return
    left = ends - time.monotonic()
    if left <= 0:
        raise TimeoutError("the call ran out of time")
    timeout = sock.gettimeout()
    if timeout is None or left < timeout:
        sock.settimeout(left)


class _Socket(socket.socket):
    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        _tighten(self)
        return super().recv_into(*args, **kwargs)


class _TLSSocket(ssl.SSLSocket):
    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        _tighten(self)
        return super().recv_into(*args, **kwargs)


@lru_cache(maxsize=4)
def tls_context(authorities: str = certifi.where()) -> ssl.SSLContext:
    """Return the TLS context for a file of authorities: certificates and host names verified, deadlines held."""
    context = create_urllib3_context()
    context.sslsocket_class = _TLSSocket
    context.load_verify_locations(cafile=authorities)
    return context


def pool_classes(door: Door) -> dict[str, type[HTTPConnectionPool]]:
    """Return urllib3 pools, by scheme, whose connections go through the door."""

    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return _dial(self, door)

    class Secure(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return _dial(self, door)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}


def _dial(connection: HTTPConnection, door: Door) -> socket.socket:
    """Connect to the first allowed address that answers, raising what urllib3's own connection would raise."""
    try:
        addresses = door.addresses(connection._dns_host, connection.port)  # noqa: SLF001
    except (socket.gaierror, UnicodeError) as error:
        raise NameResolutionError(connection.host, connection, socket.gaierror(str(error))) from error
    failure: OSError | None = None
    for family, kind, protocol, _, address in addresses:
        sock = _Socket(family, kind, protocol)
        try:
            for option in connection.socket_options or ():
                sock.setsockopt(*option)
            sock.settimeout(connection.timeout)
            _tighten(sock)
            sock.connect(address)
        except OSError as error:
            failure = error
            sock.close()
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    if isinstance(failure, TimeoutError):
        raise ConnectTimeoutError(connection, "no answer in time") from failure
    raise NewConnectionError(connection, "no address could be reached") from failure
