"""Where a reply goes: the mention it answers, and the connection that may speak there."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from listeners import registry
from responder.errors import Conflict, Invalid, NotFound
from responder.models import Case, Connection, ConnectionState, Mention


def answered(session: Session, *, brand_id: int, case_id: int, mention_id: int | None) -> tuple[Case, Mention]:
    """Return a case, held until the transaction ends, and the mention of it to answer; None: the one that leads it.

    Raises NotFound for a case or mention that is not this brand's or not of this case, Conflict when it was deleted.
    """
    case = session.scalar(
        select(Case)
        .where(Case.id == case_id, Case.brand_id == brand_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if case is None:
        raise NotFound("There is no such case.")
    wanted = case.lead_mention_id if mention_id is None else mention_id
    mention = session.get(Mention, wanted) if wanted is not None else None
    if mention is None and mention_id is None:
        raise Conflict("Everything in this case was deleted at its source; there is nothing left to answer.")
    if mention is None or mention.case_id != case.id:
        raise NotFound("There is no such mention in this case.")
    if mention.gone_at is not None:
        raise Conflict("This post was deleted at its source; there is nothing left to answer.")
    return case, mention


def speaker_on(session: Session, *, brand_id: int, source: str, connection_id: int | None) -> Connection | None:
    """Return the connection that speaks on a source: the one asked for, or the only one there is; None without any.

    Raises Invalid when several could and none was asked for, NotFound when the one asked for cannot.
    """
    info = registry.load().get(source)
    if info is None or "reply" not in info.abilities:
        found = []
    else:
        found = list(
            session.scalars(
                select(Connection)
                .where(Connection.brand_id == brand_id, Connection.source == source)
                .order_by(Connection.state != ConnectionState.ACTIVE, Connection.id)
            )
        )
    if connection_id is not None:
        for connection in found:
            if connection.id == connection_id:
                return connection
        raise NotFound(f"There is no connection here that can answer on {source}.")
    working = [connection for connection in found if connection.state == ConnectionState.ACTIVE]
    if len(working) > 1:
        names = ", ".join(connection.name for connection in working)
        raise Invalid(f"Several connections can answer on {source}: {names}. Say which one speaks.")
    return next(iter(working or found), None)
