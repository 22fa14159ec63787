"""Once a night, in small pieces: take stock of everybody who tells, and bring the open cases in step with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from responder.context import Context
from responder.errors import NotFound
from responder.intake import leads
from responder.intake.store import lock_brand
from responder.intake.triage import catch_up, unpromised
from responder.models import Brand
from responder.sharers import nightly
from responder.sharers.profiles import count_again, profile

AT_ONCE = 500
"""Mentions or people in one transaction: what arrives meanwhile waits for no more than a fraction of a second."""

_Piece = Callable[..., Sequence[int]]
_Work = Callable[[Context, Session, int, Sequence[int]], None]


def take_stock(context: Context) -> int:
    """Take stock of each brand whose figures are older than a night; return how many people were placed.

    Cases from before an upgrade, to whom nothing was promised yet, catch up at once.
    """
    with context.database.reading() as session:
        brands = session.scalars(select(Brand.id).order_by(Brand.id)).all()
        behind = [brand_id for brand_id in brands if unpromised(session, brand_id, above=0, limit=1)]
        due = [brand_id for brand_id in brands if nightly.is_due(session, brand_id, now=context.clock())]
    for brand_id in behind:
        _catch_up(context, brand_id)
    return sum(_of_brand(context, brand_id) for brand_id in due)


def _of_brand(context: Context, brand_id: int) -> int:
    try:
        _in_pieces(context, brand_id, partial(nightly.uncounted, now=context.clock()), _count)
        with _locked(context, brand_id) as session:
            nightly.forget_old(session, brand_id, now=context.clock())
        _in_pieces(context, brand_id, nightly.people_of, _look_again)
        with _locked(context, brand_id) as session:
            nightly.take_census(session, brand_id, now=context.clock())
        placed = _in_pieces(context, brand_id, nightly.people_of, _place)
        with _locked(context, brand_id) as session:
            nightly.note_month(session, brand_id, now=context.clock())
    except NotFound:
        return 0  # the brand was removed meanwhile
    return placed


def _catch_up(context: Context, brand_id: int) -> None:
    with suppress(NotFound):  # the brand was removed meanwhile
        _in_pieces(context, brand_id, unpromised, _promise)


@contextmanager
def _locked(context: Context, brand_id: int) -> Iterator[Session]:
    with context.database.writing() as session:
        lock_brand(session, brand_id)
        yield session


def _in_pieces(context: Context, brand_id: int, piece: _Piece, work: _Work) -> int:
    """Do the work on all that `piece` finds, by rising id; return how many there were."""
    above = done = 0
    while True:
        with _locked(context, brand_id) as session:
            ids = piece(session, brand_id, above=above, limit=AT_ONCE)
            if ids:
                work(context, session, brand_id, ids)
        if not ids:
            return done
        above, done = ids[-1], done + len(ids)


def _promise(context: Context, session: Session, _brand_id: int, case_ids: Sequence[int]) -> None:
    catch_up(session, case_ids, now=context.clock())


def _count(context: Context, session: Session, brand_id: int, mention_ids: Sequence[int]) -> None:
    profile(session, mention_ids, brand_id=brand_id, secret=context.secret, now=context.clock())


def _look_again(context: Context, session: Session, brand_id: int, author_ids: Sequence[int]) -> None:
    now = context.clock()
    leads.follow(session, nightly.look_again(session, brand_id, author_ids, now=now), now=now)


def _place(context: Context, session: Session, brand_id: int, author_ids: Sequence[int]) -> None:
    now = context.clock()
    leads.follow(session, count_again(session, brand_id, author_ids, now=now), now=now)
