"""`POST /hooks/in/<connection name>`: what other systems push to us, checked by the source, stored by intake."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request
from sqlalchemy import select

from listeners import registry
from listeners.capabilities import Receives
from responder.accounts.connections import open_source
from responder.errors import Conflict, NotFound
from responder.intake import collect
from responder.models import Connection, ConnectionState
from webapp.access import public
from webapp.lifecycle import context
from webapp.security import csrf, limiter

blueprint = Blueprint("hooks", __name__)
csrf.exempt(blueprint)  # senders are programs without cookies; every push is signed instead

RATE = "600 per minute"
FAULTS_TOLD = 100
"""Faults named in one answer, the others are counted: rubbish would be answered at thirty times its size."""


@blueprint.post("/hooks/in/<string:name>")
@public
@limiter.limit(RATE)
def receive(name: str) -> tuple[dict[str, Any], int]:
    """Check and store one push. The answer counts what was stored and names each item that could not be read."""
    connection = _connection(name)
    source: Receives = open_source(context(), connection)
    body = request.get_data(cache=False)
    request.stream.read(1)  # a body of no told length is cut at the limit in silence; reading on raises 413
    page = source.receive(body, dict(request.headers), now=context().clock().timestamp())
    if connection.state == ConnectionState.PAUSED:
        raise Conflict("This connection is paused; send again once it is resumed.")
    stored = collect.receive(context(), connection_id=connection.id, page=page)
    return {
        "stored": stored.new + stored.changed,
        "repeated": stored.repeated,
        "faulty": len(page.faults),
        "faults": [{"where": fault.where, "why": fault.why} for fault in page.faults[:FAULTS_TOLD]],
    }, 202


def _connection(name: str) -> Connection:
    """Return the connection of this name if it takes pushes.

    Asked by anybody, so it opens no source whose platform client would be loaded here, and does not tell which other
    connections there are. Raises NotFound.
    """
    # Its own short session: intake opens its own to store, and none may be open around it.
    with context().database.reading() as session:
        connection = session.scalar(select(Connection).where(Connection.name == name))
    info = registry.load().get(connection.source) if connection is not None else None
    if connection is None or info is None or "receive" not in info.abilities:
        raise NotFound("Nothing can be pushed here: no connection of the source Inbound webhook has this name.")
    return connection
