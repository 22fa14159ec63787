"""Connections: our credentials on a source, checked before they are stored, sealed at rest, opened when needed.

What a source needs is told by its own `Credentials` model; nothing here knows a platform.
"""

from __future__ import annotations

import json
import threading
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, SecretStr, ValidationError
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from listeners import registry
from listeners.capabilities import Checks
from listeners.errors import CredentialsExpired, SourceError, Unavailable
from listeners.registry import SourceInfo
from responder.accounts.vault import SealBroken, seal, unseal
from responder.accounts.watches import READING, add_watch
from responder.context import Context
from responder.errors import Conflict, Invalid, NotFound
from responder.models import Connection, ConnectionState, Poll, Watch

MASK = "••••••"
_MAX_NAME = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionView:
    """A connection as it may be shown: `values` holds masks in place of secrets, and is empty when unreadable."""

    connection_id: int
    name: str
    source: str
    title: str
    base_url: str | None
    values: Mapping[str, Any]
    state: str
    state_reason: str | None
    created_at: datetime


def add_connection(
    session: Session,
    context: Context,
    *,
    brand_id: int,
    source: str,
    name: str,
    values: Mapping[str, str],
    base_url: str | None = None,
) -> Connection:
    """Store credentials for a source, sealed. Nothing is asked of the platform yet (`check` does).

    A source that is only pushed to gets a watch of its own that takes everything: whoever connects one expects to see
    what it sends. Others wait for a watch with a query.

    Raises Invalid listing every fault at once, Conflict when the name is taken.
    """
    info = _source_info(source)
    cleaned = " ".join(name.split())
    faults = _name_faults(cleaned) + _url_faults(base_url)
    credentials, value_faults = _read_values(info, values)
    if credentials is None or faults:
        raise Invalid(*faults, *value_faults)
    if session.scalar(select(Connection.id).where(Connection.name == cleaned)) is not None:
        raise Conflict(f"A connection is called {cleaned!r} already; choose another name.")
    connection = Connection(
        brand_id=brand_id,
        source=info.name,
        name=cleaned,
        base_url=base_url.rstrip("/") if base_url else None,
        credentials=seal(context.secret, _revealed(credentials)),
        state=ConnectionState.ACTIVE,
        state_reason=None,
        created_at=context.clock(),
    )
    session.add(connection)
    session.flush()
    if info.abilities.isdisjoint(READING) and "receive" in info.abilities:
        _add_watch_for_all(session, connection)
    return connection


def _add_watch_for_all(session: Session, connection: Connection) -> None:
    taken = select(Watch.id).where(Watch.brand_id == connection.brand_id, Watch.name == connection.name)
    name = connection.name if session.scalar(taken) is None else f"{connection.name} (pushed)"
    add_watch(
        session,
        brand_id=connection.brand_id,
        name=name,
        query=None,
        connections=[connection],
        now=connection.created_at,
    )


def get_connection(session: Session, *, brand_id: int, name: str) -> Connection:
    """Return a brand's connection by name. Raises NotFound with the names there are."""
    found = session.scalar(select(Connection).where(Connection.brand_id == brand_id, Connection.name == name.strip()))
    if found is None:
        names = session.scalars(
            select(Connection.name).where(Connection.brand_id == brand_id).order_by(Connection.name)
        )
        raise NotFound(f"No connection is called {name.strip()!r}. Known are: {', '.join(names) or 'none yet'}.")
    return found


def list_connections(session: Session, context: Context, *, brand_id: int) -> list[ConnectionView]:
    """Return a brand's connections by name, secrets masked."""
    rows = session.scalars(select(Connection).where(Connection.brand_id == brand_id).order_by(Connection.name))
    return [view(context, row) for row in rows]


def view(context: Context, connection: Connection) -> ConnectionView:
    """Return a connection as it may be shown, secrets masked."""
    info = registry.load().get(connection.source)
    return ConnectionView(
        connection_id=connection.id,
        name=connection.name,
        source=connection.source,
        title=info.title if info else connection.source,
        base_url=connection.base_url,
        values=_masked(context, connection, info),
        state=connection.state,
        state_reason=connection.state_reason,
        created_at=connection.created_at,
    )


def remove_connection(session: Session, connection: Connection) -> None:
    """Forget a connection, its credentials and its polls. What was heard through it stays.

    Waits for whoever settles a reading of it at this moment: like intake, first the polls.
    """
    session.execute(select(Poll.id).where(Poll.connection_id == connection.id).order_by(Poll.id).with_for_update())
    session.execute(delete(Connection).where(Connection.id == connection.id))


def open_source(context: Context, connection: Connection) -> Any:
    """Build the source with its credentials. Asks nothing of the platform, but imports its client library.

    Raises CredentialsExpired when the credentials cannot be read, Unavailable when the source is not installed.
    """
    info = registry.load().get(connection.source)
    if info is None or info.factory is None:
        why = info.why_unavailable if info else None
        raise Unavailable(why or f"no source is called {connection.source!r}: install the package it came from")
    try:
        credentials = info.credentials.model_validate(unseal(context.secret, connection.credentials))
    except SealBroken as error:
        raise CredentialsExpired(str(error)) from error
    except ValidationError as error:
        raise CredentialsExpired(
            f"the stored credentials lack what {info.title} needs now: remove the connection and add it again"
        ) from error
    return info.factory(credentials, http=context.fetcher, base_url=connection.base_url)


def check(context: Context, connection: Connection) -> str:
    """Ask the platform whether the connection works and return its sentence. Hold no session here.

    Raises SourceError saying what to do, also for an answer that the platform's client cannot make sense of: what that
    raises may quote the answer.
    """
    source = open_source(context, connection)
    if isinstance(source, Checks):
        try:
            return source.check()
        except SourceError:
            raise
        except Exception as error:
            raise Unavailable(
                f"the platform answered in a way that cannot be read ({type(error).__name__}): check the connection's "
                "address, then try again later"
            ) from error
    return "set up; this source cannot be checked before it is read"


class SourcePool:
    """Open sources of one process, kept while their credentials stay as they are.

    Each thread has its own: client libraries keep sessions that two threads must not share.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._local = threading.local()

    def get(self, connection: Connection) -> Any:
        """Return the open source of a connection, opening it again when credentials or address changed.

        Raises like `open_source`.
        """
        kept: dict[int, tuple[tuple[str, str | None], Any]] = self._local.__dict__.setdefault("kept", {})
        made_of = (connection.credentials, connection.base_url)
        known = kept.get(connection.id)
        if known is not None and known[0] == made_of:
            return known[1]
        source = open_source(self._context, connection)
        kept[connection.id] = (made_of, source)
        return source


def _source_info(name: str) -> SourceInfo:
    try:
        info = registry.get(name)
    except KeyError as error:
        raise Invalid(str(error.args[0])) from None
    if info.factory is None:
        raise Invalid(f"{info.name} cannot be used: {info.why_unavailable}")
    return info


def _name_faults(name: str) -> list[str]:
    if not name or not name.isprintable() or len(name) > _MAX_NAME or "/" in name:
        return [f"name: give the connection a name of 1–{_MAX_NAME} letters without a slash"]
    return []


def _url_faults(base_url: str | None) -> list[str]:
    if not base_url:
        return []
    try:
        parts = urlsplit(base_url)
        fits = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        fits = False
    if not fits or not base_url.isprintable():
        return ["base URL: write it like https://example.org"]
    if parts.username or parts.password:
        return ["base URL: take the user name and password out of it, credentials have their own fields"]
    return []


def _read_values(info: SourceInfo, values: Mapping[str, str]) -> tuple[BaseModel | None, list[str]]:
    fields = info.credentials.model_fields
    allowed = ", ".join(fields) or "no values at all"
    faults = [f"{name}: {info.title} does not know it; it takes {allowed}" for name in values if name not in fields]
    given = {name: _listed(fields[name].annotation, value) for name, value in values.items() if name in fields}
    try:
        credentials = info.credentials.model_validate(given)
    except ValidationError as error:
        return None, faults + [_fault(info, fault) for fault in error.errors(include_input=False)]
    return (None if faults else credentials), faults


def _listed(annotation: Any, value: str) -> Any:
    """Read "a, b" as two entries where the field holds several."""
    kinds = {typing.get_origin(annotation), *(typing.get_origin(kind) for kind in typing.get_args(annotation))}
    if isinstance(value, str) and kinds & {list, tuple, set, frozenset}:
        return [entry.strip() for entry in value.split(",") if entry.strip()]
    return value


def _fault(info: SourceInfo, fault: Any) -> str:
    name = ".".join(str(part) for part in fault["loc"][:1]) or "values"
    field = info.credentials.model_fields.get(name)
    about = f" ({field.description})" if field is not None and field.description else ""
    message = "is missing" if fault["type"] == "missing" else fault["msg"].removeprefix("Value error, ")
    return f"{name}: {message}{about}"


def _revealed(credentials: BaseModel) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(credentials.model_dump_json())
    for name in values:
        value = getattr(credentials, name)
        if isinstance(value, SecretStr):
            values[name] = value.get_secret_value()
    return values


def _masked(context: Context, connection: Connection, info: SourceInfo | None) -> dict[str, Any]:
    if info is None:
        return {}
    try:
        credentials = info.credentials.model_validate(unseal(context.secret, connection.credentials))
    except (SealBroken, ValidationError):
        return {}
    values: dict[str, Any] = json.loads(credentials.model_dump_json())
    return {
        name: MASK if isinstance(getattr(credentials, name), SecretStr) and value else value
        for name, value in values.items()
    }
