"""What a drawn chart is made of, and how long its bars are.

Lengths along the page are percentages and heights are pixels, so a chart fills a desk and a phone alike and its letters
keep their size. What the charts say is `webapp.insights.charts`; drawing is `templates/charts.html`.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from responder.insights.metrics import LabelGroup, NetSentiment, Tally

COLUMN_HEIGHT = 200
ROW_HEIGHT = 38
HEAT_ROW = 24
HEAT_LEVELS = 5

STACK = (LabelGroup.NEGATIVE, LabelGroup.UNSURE, LabelGroup.NEUTRAL, LabelGroup.POSITIVE, LabelGroup.UNSCORED)
"""From the bottom of a bar to its top, or from left to right: unhappy ones stand on the ground, easy to compare."""

_GAP = 0.12
"""Free on either side of a column, as a share of its slot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rect:
    """One piece of a bar; `x` and `width` in per cent of the chart, `y` and `height` in pixels."""

    group: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Words on an axis. `anchor` is SVG's; an `extra` one is left out where the page is narrow."""

    at: float
    words: str
    anchor: str = "middle"
    is_extra: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """The part of a chart that opens mentions: a whole column, row or cell."""

    x: float
    y: float
    width: float
    height: float
    words: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the table beside a chart: what it is about, then by column a count and the address that opens it.

    A count of nothing opens nothing: its address is "". None: nobody listened then.
    """

    words: str
    cells: tuple[tuple[int | None, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A drawn chart with its name, its description and its table.

    `grid`, `names` and `values` are marks at heights in pixels, `ticks` at per cents of the width.
    """

    key: str
    title: str
    description: str
    height: float
    head: tuple[str, ...]
    lines: tuple[Line, ...]
    rects: tuple[Rect, ...]
    hits: tuple[Hit, ...]
    grid: tuple[Mark, ...] = ()
    ticks: tuple[Mark, ...] = ()
    names: tuple[Mark, ...] = ()
    values: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauge:
    """Net sentiment on its scale of −100 to +100: the interval and the value, in per cent of the width."""

    low: float
    width: float
    value: float


def column(tally: Tally, *, number: int, slot: float, top: int) -> list[Rect]:
    """Stack one column of a chart whose axis ends at `top`."""
    rects, ground = [], float(COLUMN_HEIGHT)
    for group in STACK:
        height = COLUMN_HEIGHT * tally.count(group) / top
        if height:
            ground -= height
            rects.append(
                Rect(group=group.value, x=(number + _GAP) * slot, y=ground, width=(1 - 2 * _GAP) * slot, height=height)
            )
    return rects


def row(tally: Tally, *, y: float, most: int, height: float = 10) -> list[Rect]:
    """Lay out one bar from left to right; `most` mentions would fill the width."""
    rects, x = [], 0.0
    for group in STACK:
        width = 100 * tally.count(group) / most
        if width:
            rects.append(Rect(group=group.value, x=x, y=y, width=width, height=height))
            x += width
    return rects


def square(count: int, most: int, *, x: float, y: float, slot: float) -> Rect:
    """Return one cell of the week. Its area follows the count, so that it can be read without its shade."""
    part = count / most if most else 0
    side = 0.25 + 0.67 * sqrt(part) if count else 0.1
    level = f"level{min(HEAT_LEVELS, 1 + int(part * HEAT_LEVELS))}" if count else "none"
    room = (1 - side) / 2
    return Rect(
        group=level, x=x + slot * room, y=y + HEAT_ROW * room, width=slot * side, height=HEAT_ROW * side
    )  # fmt: skip


def scale(most: int) -> tuple[int, tuple[int, ...]]:
    """Return the top of an axis and the figures marked on it: at most four steps, each 1, 2 or 5 of its size."""
    if most <= 4:
        return max(1, most), tuple(range(1, most + 1))
    size = 1
    while most > 20 * size:
        size *= 10
    step = next(base * size for base in (1, 2, 5) if most <= 4 * base * size)
    top = -(-most // step) * step
    return top, tuple(range(step, top + 1, step))


def gauge(net: NetSentiment) -> Gauge | None:
    """Place a net sentiment on its scale; None when there is too little to tell."""
    if not net.is_enough or net.value is None or net.low is None or net.high is None:
        return None
    low, high = 50 + 50 * net.low, 50 + 50 * net.high
    return Gauge(low=low, width=high - low, value=50 + 50 * net.value)
