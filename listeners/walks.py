"""Reading listings that show the newest first: page by page back to where the last poll ended, without holes.

Owns the cursor of such sources. The mark (everything up to here was returned) moves only when a walk has arrived, so a
crash in the middle resumes the walk; every walk goes a stated overlap further back than the mark, for items that the
platform showed late. Asking the platform, and turning its items into mentions, is left to the source.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from listeners.errors import Rejected
from listeners.mentions import Mention
from listeners.pages import Fault, Gap, Page

FROM_THE_BEGINNING = 0
"""The mark after a first poll that found nothing: whatever appears later is new."""

UNREADABLE = (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError, OverflowError)
"""What code raises when an answer does not have the shape it was written for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """Where one listing stands. Positions are whole numbers that grow with time (milliseconds, snowflake ids).

    `mark` None: never polled. `top` and `low` are the ends of the walk under way, `seen` the items it has met, `token`
    the platform's own word for the next page; all unset between walks.
    """

    mark: int | None = None
    top: int | None = None
    low: int | None = None
    seen: int = 0
    token: str | None = None

    def floor(self, overlap: int) -> int | None:
        """Return the position this walk goes back to; None on the first poll, which reads one page."""
        return None if self.mark is None else max(self.mark - overlap, FROM_THE_BEGINNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one request to one listing returned.

    `positions` are those of all items met, also of the ones we do not want. `next_token` None: the listing ended.
    `missed` is set by a source that knows the platform no longer shows a stretch we still needed.
    """

    mentions: Sequence[Mention] = ()
    positions: Sequence[int] = ()
    next_token: str | None = None
    faults: Sequence[Fault] = ()
    gone: Sequence[str] = ()
    missed: Gap | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How far walks on one source go.

    `overlap` is re-read on every poll, in positions. `depth` is the number of items after which the platform cuts a
    listing off (None: it does not). `instant` turns a position into an aware UTC time.
    """

    overlap: int
    instant: Callable[[int], datetime]
    depth: int | None = None


def milliseconds(instant: datetime) -> int:
    """Return an aware instant as unix milliseconds, the position of sources that page by time."""
    return int(instant.timestamp() * 1000)


def from_milliseconds(position: int) -> datetime:
    """Return the aware UTC instant of `milliseconds`."""
    return datetime.fromtimestamp(position / 1000, tz=UTC)


def overlap_of(window: timedelta) -> int:
    """Return a window of time as positions in milliseconds."""
    return int(window.total_seconds() * 1000)


def read_back(listings: Mapping[str, Callable[[Walk], Batch]], cursor: str | None, reach: Reach) -> Page:
    """Ask every listing that has a page waiting, once, and return what came with the new cursor.

    While walks are under way only those go on; otherwise each listing is polled from the top. An item that stands in
    several listings is returned once. Raises whatever a listing raises, and Rejected for a cursor that is not ours.
    """
    walks = load_walks(cursor)
    under_way = [name for name in listings if name in walks and walks[name].token]
    mentions: dict[str, Mention] = {}
    faults: list[Fault] = []
    gone: list[str] = []
    gaps: list[Gap] = []
    for name in under_way or listings:
        walk = walks.get(name, Walk())
        batch = listings[name](walk)
        for mention in batch.mentions:
            mentions.setdefault(mention.external_id, mention)
        faults += batch.faults
        gone += batch.gone
        walks[name], missed = step(walk, batch, reach)
        gaps += [gap for gap in (batch.missed, missed) if gap is not None]
    kept = {name: walks[name] for name in listings if name in walks}
    return Page(
        mentions=tuple(mentions.values()),
        cursor=dump_walks(kept),
        more=any(walk.token for walk in kept.values()),
        gone=tuple(gone),
        faults=tuple(faults),
        gap=_widest(gaps),
    )


def step(walk: Walk, batch: Batch, reach: Reach) -> tuple[Walk, Gap | None]:
    """Return the walk after one more page, and the stretch that can no longer be read, if any.

    The walk has arrived when half of a page or more lies at or below the floor: one backdated or pinned item in
    between does not end it.
    """
    positions = sorted(batch.positions)
    first_page = walk.token is None
    top = (positions[-1] if positions else None) if first_page else walk.top
    low = min([*positions[:1], *([] if walk.low is None else [walk.low])], default=None)
    seen = walk.seen + len(positions)
    floor = walk.floor(reach.overlap)
    next_token = batch.next_token if batch.next_token != walk.token else None
    arrived = floor is None or bool(positions and positions[(len(positions) - 1) // 2] <= floor)
    if next_token and not arrived:
        return replace(walk, top=top, low=low, seen=seen, token=next_token), None
    ended = Walk(mark=max(walk.mark or FROM_THE_BEGINNING, top or FROM_THE_BEGINNING))
    cut_off = not arrived and reach.depth is not None and seen >= reach.depth * 0.9
    return ended, unreachable(replace(walk, low=low), reach) if cut_off else None


def unreachable(walk: Walk, reach: Reach) -> Gap | None:
    """Return the stretch between the mark and the oldest item the walk met; None when they meet."""
    if walk.low is None or walk.mark is None or walk.low <= walk.mark:
        return None
    return Gap(
        after=reach.instant(walk.mark) if walk.mark != FROM_THE_BEGINNING else None,
        before=reach.instant(walk.low),
        why="the platform shows only its newest items and these are no longer among them: poll this watch more often",
    )


def read_items(
    items: Iterable[Any], mention_of: Callable[[Any], Mention | None], *, name_of: Callable[[Any], Any]
) -> tuple[list[Mention], list[Fault]]:
    """Turn a platform's items into mentions; one that cannot be read becomes a fault and the others are kept.

    `mention_of` returns None for an item that is no mention. `name_of` finds the item's own id for the fault.
    """
    mentions: list[Mention] = []
    faults: list[Fault] = []
    for number, item in enumerate(items, start=1):
        try:
            mention = mention_of(item)
        except UNREADABLE as error:
            faults.append(Fault(where=_name(item, name_of, number), why=_reason(error)))
        else:
            if mention is not None:
                mentions.append(mention)
    return mentions, faults


def positions_of(items: Iterable[Any], position_of: Callable[[Any], int]) -> list[int]:
    """Return the positions of the items that have a readable one."""
    positions = []
    for item in items:
        try:
            positions.append(position_of(item))
        except UNREADABLE:
            continue
    return positions


def load_walks(cursor: str | None) -> dict[str, Walk]:
    """Read a cursor. Raises Rejected when it was not written by `dump_walks`."""
    if not cursor:
        return {}
    try:
        saved = json.loads(cursor)
        return {str(name): Walk(**state) for name, state in saved.items()}
    except UNREADABLE as error:
        raise Rejected("the saved place of this watch cannot be read: reset its cursor to start again") from error


def dump_walks(walks: Mapping[str, Walk]) -> str:
    """Write walks as a cursor, leaving out what is not set."""
    return json.dumps({name: {k: v for k, v in asdict(walk).items() if v is not None} for name, walk in walks.items()})


def _widest(gaps: Sequence[Gap]) -> Gap | None:
    if not gaps:
        return None
    starts = [gap.after for gap in gaps if gap.after is not None]
    after = min(starts) if len(starts) == len(gaps) else None
    return Gap(after=after, before=max(gap.before for gap in gaps), why=gaps[0].why)


def _name(item: Any, name_of: Callable[[Any], Any], number: int) -> str:
    try:
        return str(name_of(item))[:200]
    except UNREADABLE:
        return f"item {number} of the page"


def _reason(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"the platform left out {error.args[0]!r}"
    return f"the platform sent it in a shape that cannot be read ({type(error).__name__})"
