"""The charts of the overview: what their bars stand for, what they say, and what each of them opens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from responder.insights.metrics import Tally, share
from responder.insights.periods import Period
from responder.insights.queries import Overview, Slice
from webapp.display import percent
from webapp.insights.addresses import Links
from webapp.insights.shapes import (
    COLUMN_HEIGHT,
    HEAT_ROW,
    ROW_HEIGHT,
    STACK,
    Chart,
    Hit,
    Line,
    Mark,
    Rect,
    column,
    row,
    scale,
    square,
)
from webapp.insights.wording import (
    clock_words,
    day_words,
    label_names,
    mentions_words,
    moment_words,
    number,
    tally_words,
    weekday_names,
)

UNHEARD = "unheard"
"""The group of a stretch in which the watch did not listen yet."""

MOST_ROWS = 8
"""Bars drawn; the rest are in the table."""


def volume_chart(seen: Overview, links: Links) -> Chart:
    """Mentions over time, stacked by opinion: a bar a day, or an hour of a short period."""
    is_hourly = seen.period.is_hourly
    top, grid = scale(max((step.tally.mentions for step in seen.steps), default=0))
    slot = 100 / max(1, len(seen.steps))
    titles = [moment_words(step.period) for step in seen.steps]
    named = list(zip(titles, seen.steps, strict=True))
    unheard = steps_unheard(seen)
    return Chart(
        key="volume",
        title=_("Mentions by hour and opinion") if is_hourly else _("Mentions by day and opinion"),
        description=_volume_description(seen, titles),
        height=COLUMN_HEIGHT,
        rects=(
            *_unheard(unheard, slot),
            *(
                rect
                for place, step in enumerate(seen.steps)
                for rect in column(step.tally, number=place, slot=slot, top=top)
            ),
        ),
        grid=tuple(Mark(at=COLUMN_HEIGHT * (1 - value / top), words=number(value)) for value in (0, *grid)),
        ticks=_time_ticks(seen.period, [step.period for step in seen.steps], slot),
        hits=tuple(
            Hit(
                x=place * slot, y=0, width=slot, height=COLUMN_HEIGHT,
                words=f"{title}: {tally_words(step.tally)}", href=links.mentions(step.period),
            )
            for place, (title, step) in enumerate(named)
            if step.tally.mentions
        ),
        head=(_("Hour") if is_hourly else _("Day"), *_heads()),
        lines=tuple(
            Line(words=title, cells=_cells(step.tally, links, step.period) if place >= unheard else _UNHEARD_CELLS)
            for place, (title, step) in enumerate(named)
        ),
    )  # fmt: skip


def steps_unheard(seen: Overview) -> int:
    """Return how many of the first bars lie wholly before the watch listened."""
    return sum(step.period.end <= seen.listened_since for step in seen.steps)


def slice_chart(key: str, title: str, slices: Sequence[tuple[str, Slice]], links: Links) -> Chart:
    """One bar for each source or language, the longest first; `key` is the parameter that opens one."""
    shown = slices[:MOST_ROWS]
    most = max((part.tally.mentions for _name, part in shown), default=1)
    everything = sum(part.tally.mentions for _name, part in slices)
    shares = [percent(share(part.tally.mentions, everything)) for _name, part in slices]
    heights = [place * ROW_HEIGHT for place in range(len(shown))]
    return Chart(
        key=key,
        title=title,
        description=_slice_description([name for name, _part in slices], shares),
        height=len(shown) * ROW_HEIGHT,
        rects=tuple(
            rect
            for y, (_name, part) in zip(heights, shown, strict=True)
            for rect in row(part.tally, y=y + 21, most=most)
        ),
        names=tuple(Mark(at=y + 14, words=name) for y, (name, _part) in zip(heights, shown, strict=True)),
        values=tuple(
            Mark(at=y + 14, words=f"{number(part.tally.mentions)} · {shares[place]}", anchor="end")
            for place, (y, (_name, part)) in enumerate(zip(heights, shown, strict=True))
        ),
        hits=tuple(
            Hit(
                x=0, y=y, width=100, height=ROW_HEIGHT,
                words=f"{name}: {tally_words(part.tally)}", href=links.mentions(None, **{key: part.name}),
            )
            for y, (name, part) in zip(heights, shown, strict=True)
        ),
        head=(title, *_heads()),
        lines=tuple(
            Line(words=name, cells=_cells(part.tally, links, None, **{key: part.name})) for name, part in slices
        ),
    )  # fmt: skip


def hours_chart(seen: Overview, links: Links) -> Chart:
    """The week: a square for each weekday and hour, larger and darker where more was said."""
    slot = 100 / 24
    days = weekday_names("wide")
    hours = [f"{hour:02}" for hour in range(24)]
    cells = [(day, hour, count) for day, counts in enumerate(seen.hours) for hour, count in enumerate(counts)]
    most = max(count for _day, _hour, count in cells)
    return Chart(
        key="hours",
        title=_("Mentions by weekday and hour"),
        description=_hours_description(cells, days),
        height=7 * HEAT_ROW,
        rects=tuple(square(count, most, x=hour * slot, y=day * HEAT_ROW, slot=slot) for day, hour, count in cells),
        ticks=tuple(
            Mark(at=(hour + 0.5) * slot, words=hours[hour], is_extra=hour % 6 != 0) for hour in range(0, 24, 3)
        ),
        names=tuple(
            Mark(at=(day + 0.5) * HEAT_ROW + 4, words=name, anchor="end")
            for day, name in enumerate(weekday_names("abbreviated"))
        ),
        hits=tuple(
            Hit(
                x=hour * slot, y=day * HEAT_ROW, width=slot, height=HEAT_ROW,
                words=f"{days[day]}, {hours[hour]}:00: {mentions_words(count)}",
                href=links.mentions(weekday=day, hour=hour),
            )
            for day, hour, count in cells
            if count
        ),
        head=(_("Weekday"), *hours),
        lines=tuple(
            Line(
                words=days[day],
                cells=tuple(
                    (count, links.mentions(weekday=day, hour=hour) if count else "")
                    for hour, count in enumerate(counts)
                ),
            )
            for day, counts in enumerate(seen.hours)
        ),
    )  # fmt: skip


_UNHEARD_CELLS: tuple[tuple[int | None, str], ...] = ((None, ""),) * (1 + len(STACK))


def _unheard(steps: int, slot: float) -> tuple[Rect, ...]:
    return (Rect(group=UNHEARD, x=0, y=0, width=steps * slot, height=COLUMN_HEIGHT),) if steps else ()


def _heads() -> tuple[str, ...]:
    names = label_names()
    return (_("all"), *(names[group.value] for group in STACK))


def _cells(
    tally: Tally, links: Links, period: Period | None = None, **where: Any
) -> tuple[tuple[int | None, str], ...]:
    """The sum and every group of a tally, each with the address that opens it."""
    return tuple(
        (count, links.mentions(period, **where, label=label) if count else "")
        for label, count in ((None, tally.mentions), *((group.value, tally.count(group)) for group in STACK))
    )


def _time_ticks(period: Period, steps: Sequence[Period], slot: float) -> tuple[Mark, ...]:
    every = 6 if period.is_hourly else max(1, -(-len(steps) // 7))
    marks: list[Mark] = []
    for place, step in enumerate(steps):
        local = step.start.astimezone(step.zone)
        if (local.hour if period.is_hourly else place) % every:
            continue
        words = clock_words(local) if period.is_hourly and local.hour else day_words(local.date())
        marks.append(_tick(words, place, slot, is_extra=len(marks) % 2 == 1))
    return tuple(marks)


def _tick(words: str, place: int, slot: float, *, is_extra: bool) -> Mark:
    """A mark under the middle of a column, at the ends of the axis turned inwards so that no letter is cut off."""
    middle = (place + 0.5) * slot
    if middle < 4:
        return Mark(at=place * slot, words=words, anchor="start", is_extra=is_extra)
    if middle > 96:
        return Mark(at=(place + 1) * slot, words=words, anchor="end", is_extra=is_extra)
    return Mark(at=middle, words=words, is_extra=is_extra)


def _volume_description(seen: Overview, titles: Sequence[str]) -> str:
    if not seen.total.mentions:
        return str(_("Nothing was heard."))
    peak = max(range(len(titles)), key=lambda place: seen.steps[place].tally.mentions)
    return str(_(
        "In all %(all)s. Most: %(when)s, %(mentions)s.",
        all=tally_words(seen.total), when=titles[peak], mentions=mentions_words(seen.steps[peak].tally.mentions),
    ))  # fmt: skip


def _slice_description(names: Sequence[str], shares: Sequence[str]) -> str:
    parts = [f"{name} {part}" for name, part in zip(names[:4], shares, strict=False)]
    if len(names) > MOST_ROWS:
        parts.append(ngettext("%(num)d more in the table", "%(num)d more in the table", len(names) - MOST_ROWS))
    return f"{', '.join(parts)}." if parts else str(_("Nothing was heard."))


def _hours_description(cells: Sequence[tuple[int, int, int]], days: Sequence[str]) -> str:
    day, hour, count = max(cells, key=lambda cell: cell[2])
    if not count:
        return str(_("Nothing was heard."))
    return str(_(
        "Most was said on %(day)s between %(hour)s:00 and %(next)s:00: %(mentions)s.",
        day=days[day], hour=f"{hour:02}", next=f"{hour + 1:02}", mentions=mentions_words(count),
    ))  # fmt: skip
