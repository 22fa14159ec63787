"""The order in which to answer a brand's open cases, computed every few seconds and read by pages as it stands.

Ranking all open cases takes a second where there are a hundred thousand; a page must not. So a job writes the whole
order into one row, and a page takes from it what it shows. Cases that opened or came back since are put in their
places by the same rule; those that closed are left out by whoever reads the rows.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from responder.cases.bands import BANDS, NONE, NOW, WHEN_QUIET
from responder.cases.open_cases import Read, as_arrays, read_open
from responder.cases.priority import (
    UNKNOWN,
    Factors,
    OpenCases,
    Ranked,
    Scale,
    factors,
    priority,
    rank,
    scale_of,
    shown,
)
from responder.cases.promises import PROMISES
from responder.cases.scales import Day, over_days
from responder.cases.states import looked_up, open_in
from responder.context import Context
from responder.models import Brand, Case, CaseEvent, RankSnapshot

Array = np.ndarray[Any, Any]

_TURN, _DANGER = 16, 32
"""Added to the number of a band in a snapshot where a case stands by a fair slot, or for somebody's danger."""

EVERY = timedelta(seconds=15)
"""How old an order may become while nothing happens: priorities move with the clock."""

SHARE = 20
"""Ranking takes at most one in so many seconds of a worker."""

_BACK = ("reopened", "woke")
"""Events by which a case comes back into the queue."""

NEWER_AT_ONCE = 500
"""Cases opened, or come back, since the last snapshot that a page puts in their places; the next is seconds away."""


@dataclass(frozen=True)
class Order:
    """Open cases in order, as of an instant: their ids, P, bands (`responder.cases.bands`), who stands by a fair slot.

    Those in danger come first (`is_danger`). `added` is what of P comes of the incident a case belongs to: 0 for those
    of none. `scale` is what P is measured by, and `days` what it was on each of the last days.
    """

    computed_at: datetime
    ids: Array
    priority: Array
    added: Array
    bands: Array
    is_turn: Array
    is_danger: Array
    scale: Scale
    days: tuple[Day, ...]
    last_case_id: int
    last_event_id: int
    picks: int

    @cached_property
    def _by_id(self) -> tuple[Array, Array]:
        places = np.argsort(self.ids, kind="stable")
        return self.ids[places], places

    def places(self, case_ids: Sequence[int] | Array) -> Array:
        """Return the place (from 0) of each of these cases; -1 for those that are not in it."""
        ids, places = self._by_id
        wanted = np.asarray(case_ids, dtype=np.int64)
        spots = np.searchsorted(ids, wanted)
        found = np.zeros(len(wanted), dtype=np.int64) - 1
        inside = spots < len(ids)
        inside[inside] = ids[spots[inside]] == wanted[inside]
        found[inside] = places[spots[inside]]
        return found

    def place_of(self, value: float, *, is_danger: bool = False) -> int:
        """Return where a case of this P would stand: before all others of no larger P, those in danger coming first.

        The fair slot stands above its priority, so what counts is the best that is still to come.
        """
        end = int(np.count_nonzero(self.is_danger))
        first, alike = (0, self.priority[:end]) if is_danger else (end, self.priority[end:])
        to_come = np.maximum.accumulate(alike[::-1])[::-1]
        return first + int(np.searchsorted(-to_come, -value, side="left"))


def take(session: Session, brand_id: int, *, now: datetime, zone: ZoneInfo) -> Order:
    """Rank all open cases of a brand now. Bands follow those of the last order stored, so that few jump."""
    last_event_id = session.scalar(select(func.max(CaseEvent.id))) or 0  # first: what happens meanwhile is read twice
    found = as_arrays(read_open(session, brand_id), now=now, zone=zone)
    before = _stored(session, brand_id)
    picks = session.scalar(select(RankSnapshot.picks).where(RankSnapshot.brand_id == brand_id)) or 0
    scale, days = over_days(
        scale_of(found.cases if len(found.ids) else _USUAL),
        today=now.astimezone(zone).date(),
        before=() if before is None else before.days,
    )
    ranked = rank(
        found.cases,
        picks=picks,
        promise_ends_today=found.ends_today,
        former=None if before is None else _former(before, found.ids),
        held=found.leased,
        scale=scale,
    )
    return Order(
        computed_at=now,
        ids=found.ids[ranked.order],
        priority=ranked.priority[ranked.order],
        added=(ranked.priority - ranked.own)[ranked.order],
        bands=np.array([BANDS.index(ranked.bands[case]) for case in ranked.order.tolist()], dtype=np.uint8),
        is_turn=np.zeros(0, dtype=bool) if ranked.is_turn is None else ranked.is_turn[ranked.order],
        is_danger=found.cases.safety[ranked.order],
        scale=scale,
        days=tuple(days),
        last_case_id=int(found.ids.max(initial=0)),
        last_event_id=last_event_id,
        picks=picks,
    )


def current(session: Session, brand_id: int, *, now: datetime, zone: ZoneInfo) -> Order:
    """Return the order to show: the last one stored with newer cases put in their places, else a new one."""
    stored = _stored(session, brand_id)
    if stored is None:
        return take(session, brand_id, now=now, zone=zone)
    newer = list(read_open(session, brand_id, above=stored.last_case_id, limit=NEWER_AT_ONCE))
    if back := _back(session, brand_id, stored):
        newer += read_open(session, brand_id, among=back)
    return _with(stored, as_arrays(newer, now=stored.computed_at, zone=zone)) if newer else stored


def store(session: Session, brand_id: int, order: Order) -> None:
    """Keep an order for pages to read. The count of picks is left as it is: others add to it meanwhile."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    columns: dict[str, Any] = {
        "computed_at": order.computed_at,
        "last_case_id": order.last_case_id,
        "last_event_id": order.last_event_id,
        "case_ids": order.ids.astype("<i8").tobytes(),
        "priority": order.priority.astype("<f8").tobytes(),
        "added": order.added.astype("<f8").tobytes(),
        "band_marks": (order.bands + _TURN * order.is_turn + _DANGER * order.is_danger).astype("u1").tobytes(),
        "scale": {**_plain(order.scale), "days": order.days},
    }
    statement = insert(RankSnapshot).values(brand_id=brand_id, picks=order.picks, **columns)
    session.execute(statement.on_conflict_do_update(index_elements=["brand_id"], set_=columns))


def count_pick(session: Session, brand_id: int) -> None:
    """Note that somebody took a case up: every fifth time the fair slot comes first."""
    session.execute(update(RankSnapshot).where(RankSnapshot.brand_id == brand_id).values(picks=RankSnapshot.picks + 1))


class Ranker:
    """Ranks every brand's open cases when it is time; one per worker."""

    def __init__(self) -> None:
        self._due: dict[int, float] = {}

    def rank_due(self, context: Context) -> int:
        """Rank what has changed or grown old; return how many brands were ranked.

        A brand is left alone for twenty times as long as ranking it took.
        """
        with context.database.reading() as session:
            brands = session.scalars(select(Brand.id).order_by(Brand.id)).all()
        return sum(self._rank(context, brand_id) for brand_id in brands)

    def _rank(self, context: Context, brand_id: int) -> bool:
        started = time.monotonic()
        if started < self._due.get(brand_id, started):
            return False
        now, zone = context.clock(), ZoneInfo(context.settings.timezone)
        with context.database.reading() as session:
            if not _is_due(session, brand_id, now):
                return False
            order = take(session, brand_id, now=now, zone=zone)
        with context.database.writing() as session:
            store(session, brand_id, order)
        ended = time.monotonic()
        self._due[brand_id] = ended + SHARE * (ended - started)
        return True


def _is_due(session: Session, brand_id: int, now: datetime) -> bool:
    held = _stored(session, brand_id)
    if held is None or not timedelta() <= now - held.computed_at < EVERY:  # a clock may be set back, too
        return True
    newest = session.scalar(select(func.max(Case.id)).where(*open_in(brand_id))) or 0
    return newest > held.last_case_id or len(_back(session, brand_id, held)) > 0


def _back(session: Session, brand_id: int, order: Order) -> Sequence[int]:
    """Return the cases that came back into the queue since an order was computed, and are not in it."""
    happened = CaseEvent.id > order.last_event_id, CaseEvent.kind.in_(_BACK)
    came = select(Case.id).join(CaseEvent, CaseEvent.case_id == Case.id).where(*happened, looked_up(*open_in(brand_id)))
    found = np.array(session.scalars(came.distinct().limit(NEWER_AT_ONCE)).all(), dtype=np.int64)
    back = (order.places(found) < 0) & (found <= order.last_case_id)
    return found[back].tolist()  # type: ignore[no-any-return]


def _former(before: Order, ids: Array) -> Array:
    """Return the band that each of these cases had; NONE for new ones."""
    places = before.places(ids)
    former = np.full(len(ids), NONE, dtype=np.int8)
    former[places >= 0] = before.bands[places[places >= 0]]
    return former


def _with(order: Order, newer: Read) -> Order:
    """Return an order with newer cases in their places: those in danger first, the others by their P."""
    values = priority(factors(newer.cases), order.scale)
    best = np.lexsort((-values, ~newer.cases.safety))
    in_danger = newer.cases.safety[best]
    places = [order.place_of(float(values[case]), is_danger=bool(newer.cases.safety[case])) for case in best]
    follows = np.append(order.bands, WHEN_QUIET)[places]
    entries: dict[str, Any] = {
        "ids": newer.ids[best],
        "priority": values[best],
        "added": 0.0,
        "bands": np.where(in_danger, NOW, follows),
        "is_turn": False,
        "is_danger": in_danger,
    }
    merged: dict[str, Any] = {name: np.insert(getattr(order, name), places, new) for name, new in entries.items()}
    return replace(order, **merged)


_USUAL = OpenCases(
    waited=np.zeros(1),
    promise=np.array([PROMISES["other"]]),
    incident=np.array([-1]),
    safety=np.array([False]),
    **{name: np.array([value]) for name, value in UNKNOWN.items()},
)
"""A case of which nothing is known: what others are measured by while none is open."""

_KEPT: WeakKeyDictionary[Any, dict[int, Order]] = WeakKeyDictionary()
"""The last order read from each database, by brand: a page that finds it unchanged does not read it again."""


def _stored(session: Session, brand_id: int) -> Order | None:
    kept = _KEPT.setdefault(session.get_bind().engine, {})
    known = kept.get(brand_id)
    at = session.execute(
        select(RankSnapshot.computed_at, RankSnapshot.picks).where(RankSnapshot.brand_id == brand_id)
    ).first()
    if at is None:
        return None
    if known is not None and known.computed_at == at.computed_at:
        return known
    row = session.execute(select(RankSnapshot.__table__).where(RankSnapshot.brand_id == brand_id)).one()
    marks = np.frombuffer(row.band_marks, dtype="u1")
    found = Order(
        computed_at=row.computed_at,
        ids=np.frombuffer(row.case_ids, dtype="<i8"),
        priority=np.frombuffer(row.priority, dtype="<f8"),
        added=np.frombuffer(row.added, dtype="<f8"),
        bands=marks % _TURN,
        is_turn=marks & _TURN > 0,
        is_danger=marks & _DANGER > 0,
        scale=_scale({name: value for name, value in row.scale.items() if name != "days"}),
        days=tuple(tuple(day) for day in row.scale["days"]),
        last_case_id=row.last_case_id,
        last_event_id=row.last_event_id,
        picks=row.picks,
    )
    kept[brand_id] = found
    return found


def _plain(scale: Scale) -> dict[str, Any]:
    return {
        **asdict(scale),
        "typical": {each.name: float(getattr(scale.typical, each.name)[0]) for each in fields(Factors)},
    }


def _scale(told: Mapping[str, Any]) -> Scale:
    typical = Factors(**{name: np.array([value]) for name, value in told["typical"].items()})
    return Scale(**{**told, "typical": typical})


def as_ranked(read: Read, order: Order, *, is_joined: Array) -> Ranked:
    """Return these cases as they are now, by the place and the scale of an order, for explaining them.

    A case may have changed since it was ranked: what is shown is its own P as of the order's instant, and beside it
    what the order found that its incident adds, for those that are still one of several (`is_joined`).
    """
    own = priority(factors(read.cases), order.scale)
    places = order.places(read.ids)
    stands = places >= 0
    whole, is_turn = own.copy(), np.zeros(len(own), dtype=bool)
    whole[stands] += np.where(is_joined[stands], order.added[places[stands]], 0.0)
    is_turn[stands] = order.is_turn[places[stands]]
    bands = np.full(len(own), WHEN_QUIET)
    bands[stands] = order.bands[places[stands]]
    return Ranked(
        order=np.arange(len(own)),
        priority=whole,
        own=own,
        shown=shown(whole, order.scale),
        bands=[BANDS[band] for band in bands.tolist()],
        scale=order.scale,
        is_turn=is_turn,
    )
