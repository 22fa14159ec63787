"""Reads the insights overview from the rollups alone, so that its cost follows the period and not the mentions.

Everything is for one watch: cells are kept per watch, and a mention that two watches hear is counted in both, so a sum
over watches would count it twice. `busiest_first` sets them side by side instead and adds nothing up. Counting distinct
people is `responder.insights.people`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, exists, func, select
from sqlalchemy.orm import Session

from responder.errors import NotFound
from responder.insights.metrics import TALLY_FIELDS, Tally, total
from responder.insights.periods import HOUR, Period
from responder.models import HourCell, Watch

_SUMS = tuple(
    # PostgreSQL adds bigints up to a Decimal.
    func.sum(column) if name.startswith("sum_") else func.sum(column).cast(BigInteger)
    for name, column in ((name, getattr(HourCell, name)) for name in TALLY_FIELDS)
)
"""The columns of a tally, in its order."""

_COUNTS = _SUMS[: TALLY_FIELDS.index("unsure") + 1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One bar of the volume chart: a local day, or an hour of a short period."""

    period: Period
    tally: Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """What one source or one language adds: counts only, its probabilities are not read."""

    name: str
    tally: Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchTotal:
    """One watch in the side-by-side table."""

    watch: Watch
    tally: Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """Everything the overview shows of one watch, people excepted.

    `sources` and `languages` are sorted by volume and add up to `total`, as `steps` and `hours` do. `hours` holds the
    mentions by local weekday (Monday first) and hour. `previous` is None when the period before cannot be compared:
    the watch was made later and had heard nothing by then; `first_heard` is its earliest cell, None when it has none.
    """

    watch: Watch
    period: Period
    total: Tally
    steps: tuple[Step, ...]
    sources: tuple[Slice, ...]
    languages: tuple[Slice, ...]
    hours: tuple[tuple[int, ...], ...]
    previous_period: Period
    previous: Tally | None
    first_heard: datetime | None

    @property
    def listened_since(self) -> datetime:
        """Before this nothing could be heard: silence then is unknown, not zero."""
        return _listened_since(self.watch, self.first_heard)


def overview(session: Session, *, brand_id: int, watch_id: int, period: Period) -> Overview:
    """Return the figures of one watch.

    Raises:
        NotFound: the brand has no such watch.

    """
    watch = find_watch(session, brand_id=brand_id, watch_id=watch_id)
    by_hour = _by_hour(session, watch_id, period)
    by_source, by_language = _slices(session, watch_id, period)
    first_heard = session.scalar(select(func.min(HourCell.hour)).where(HourCell.watch_id == watch_id))
    previous_period = period.before()
    return Overview(
        watch=watch,
        period=period,
        total=total(by_hour.values()),
        steps=_steps(by_hour, period),
        sources=by_source,
        languages=by_language,
        hours=_weekday_hours(by_hour, period),
        previous_period=previous_period,
        previous=_previous(session, watch, previous_period, first_heard),
        first_heard=first_heard,
    )


def find_watch(session: Session, *, brand_id: int, watch_id: int) -> Watch:
    """Return a watch of this brand.

    Raises:
        NotFound: there is none with that id, or it is another brand's.

    """
    watch = session.get(Watch, watch_id)
    if watch is None or watch.brand_id != brand_id:
        raise NotFound("There is no such watch. Choose one from the list.")
    return watch


def busiest_first(session: Session, *, brand_id: int, period: Period) -> tuple[WatchTotal, ...]:
    """Return every watch of a brand with its figures, the most heard first; never to be added up."""
    heard = {
        watch_id: Tally(*sums)
        for watch_id, *sums in session.execute(
            select(HourCell.watch_id, *_SUMS)
            .join(Watch, Watch.id == HourCell.watch_id)
            .where(Watch.brand_id == brand_id, HourCell.hour >= period.start, HourCell.hour < period.end)
            .group_by(HourCell.watch_id)
        )
    }
    watches = session.scalars(select(Watch).where(Watch.brand_id == brand_id))
    totals = [WatchTotal(watch=watch, tally=heard.get(watch.id, Tally())) for watch in watches]
    return tuple(sorted(totals, key=lambda each: (-each.tally.mentions, each.watch.name, each.watch.id)))


def watches_of(session: Session, brand_id: int) -> tuple[Watch, ...]:
    """Return the watches of a brand, the oldest first."""
    return tuple(session.scalars(select(Watch).where(Watch.brand_id == brand_id).order_by(Watch.id)))


def first_heard_in(session: Session, watches: Sequence[Watch], period: Period) -> Watch | None:
    """Return the watch to show when none was chosen: the oldest that heard something then, else the oldest."""
    for watch in watches:
        if session.scalar(select(exists().where(*_within(watch.id, period)))):
            return watch
    return watches[0] if watches else None


def _within(watch_id: int, period: Period) -> tuple[Any, ...]:
    return HourCell.watch_id == watch_id, HourCell.hour >= period.start, HourCell.hour < period.end


def _by_hour(session: Session, watch_id: int, period: Period) -> dict[datetime, Tally]:
    rows = session.execute(select(HourCell.hour, *_SUMS).where(*_within(watch_id, period)).group_by(HourCell.hour))
    return {hour: Tally(*sums) for hour, *sums in rows}


def _slices(session: Session, watch_id: int, period: Period) -> tuple[tuple[Slice, ...], tuple[Slice, ...]]:
    rows = session.execute(
        select(HourCell.source, HourCell.language, *_COUNTS)
        .where(*_within(watch_id, period))
        .group_by(HourCell.source, HourCell.language)
    )
    named = [(source, language, Tally(*counts)) for source, language, *counts in rows]
    by_source = _slice_by((source, tally) for source, _, tally in named)
    by_language = _slice_by((language, tally) for _, language, tally in named)
    return by_source, by_language


def _slice_by(named: Iterable[tuple[str, Tally]]) -> tuple[Slice, ...]:
    tallies: defaultdict[str, Tally] = defaultdict(Tally)
    for name, tally in named:
        tallies[name] += tally
    slices = [Slice(name=name, tally=tally) for name, tally in tallies.items() if tally.mentions]
    return tuple(sorted(slices, key=lambda each: (-each.tally.mentions, each.name)))


def _steps(by_hour: dict[datetime, Tally], period: Period) -> tuple[Step, ...]:
    pieces: Sequence[Period]
    if period.is_hourly:
        pieces = [Period(start=hour, end=hour + HOUR, zone=period.zone) for hour in period.hours()]
    else:
        pieces = list(period.days())
    return tuple(
        Step(period=piece, tally=total(by_hour[hour] for hour in piece.hours() if hour in by_hour)) for piece in pieces
    )


def _weekday_hours(by_hour: dict[datetime, Tally], period: Period) -> tuple[tuple[int, ...], ...]:
    counts = [[0] * 24 for _ in range(7)]
    for hour, tally in by_hour.items():
        local = hour.astimezone(period.zone)
        counts[local.weekday()][local.hour] += tally.mentions
    return tuple(tuple(row) for row in counts)


def _previous(session: Session, watch: Watch, period: Period, first_heard: datetime | None) -> Tally | None:
    """Count the period before; None where silence would only mean that nobody listened yet."""
    if _listened_since(watch, first_heard) > period.start:
        return None
    sums = session.execute(select(*_SUMS).where(*_within(watch.id, period))).one()
    return Tally() if sums[0] is None else Tally(*sums)


def _listened_since(watch: Watch, first_heard: datetime | None) -> datetime:
    """When the watch was made, or the time of the first mention it was given where an import reaches further back."""
    return min(watch.created_at, first_heard or watch.created_at)
