"""Which sources' posts a model may learn from: what the sources themselves declare, and what a team states beside it.

A source whose terms forbid training stays out whatever a team states. One that nobody knows the terms of (a feed, a
webhook, the label of an imported file) stays out until somebody who has read them says that they allow it.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from listeners import registry
from listeners.capabilities import Training
from responder.errors import Conflict, NotFound
from responder.models import Mention, TrainingPermit


def declared(source: str) -> Training:
    """Return what a source declares of its terms; UNKNOWN for a name no source has, such as an imported file's."""
    info = registry.load().get(source)
    return Training.UNKNOWN if info is None else info.limits.training


def permitted(session: Session, brand_id: int, sources: Collection[str]) -> frozenset[str]:
    """Return those of these sources whose posts may become this brand's gold."""
    stated = session.scalars(select(TrainingPermit.source).where(TrainingPermit.brand_id == brand_id)).all()
    by_terms = {source: declared(source) for source in sources}
    return frozenset(
        source
        for source, terms in by_terms.items()
        if terms is Training.ALLOWED or (terms is Training.UNKNOWN and source in stated)
    )


def permit(session: Session, *, brand_id: int, source: str, by: str, now: datetime) -> None:
    """Note that somebody read a source's terms and that they allow training. Stating it again changes nothing.

    Raises Conflict when the terms are known to forbid it, NotFound when the brand has heard nothing of the source.
    """
    if declared(source) is Training.FORBIDDEN:
        raise Conflict(f"The terms of {source} forbid training models on its posts; nobody here can allow it.")
    heard = select(Mention.id).where(Mention.brand_id == brand_id, Mention.source == source).limit(1)
    if session.scalar(heard) is None:
        raise NotFound(f"Nothing from {source!r} was heard so far; write the source as the mentions carry it.")
    if session.get(TrainingPermit, (brand_id, source)) is None:
        session.add(TrainingPermit(brand_id=brand_id, source=source, by=by, at=now))
        session.flush()


def revoke(session: Session, *, brand_id: int, source: str) -> None:
    """Take a permit back: from now on the source's posts are gold no more. Raises NotFound when there is none."""
    gone = session.execute(
        delete(TrainingPermit)
        .where(TrainingPermit.brand_id == brand_id, TrainingPermit.source == source)
        .returning(TrainingPermit.source)
    ).all()
    if not gone:
        raise NotFound(f"Nobody has stated that {source!r} allows training.")
