"""How insights figures are said: counts, labels, days and hours in the reader's language, times in the team's zone."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Literal

from babel.dates import format_skeleton, get_day_names
from flask_babel import format_decimal, get_locale, ngettext
from flask_babel import gettext as _

from responder.insights.metrics import LabelGroup, Tally
from responder.insights.periods import DAY, HOUR, Period, midnight
from webapp.insights.shapes import STACK


def label_names() -> dict[str, str]:
    """What the groups are called, as everywhere in the interface."""
    return {
        LabelGroup.NEGATIVE.value: _("unhappy"),
        LabelGroup.NEUTRAL.value: _("neutral"),
        LabelGroup.POSITIVE.value: _("happy"),
        LabelGroup.UNSURE.value: _("unsure"),
        LabelGroup.UNSCORED.value: _("not scored yet"),
    }


def number(count: float) -> str:
    """Return a count in the reader's way: 12, 1,204."""
    # A page shows a thousand counts, and most are too small to need a separator.
    return str(count) if isinstance(count, int) and -1000 < count < 1000 else str(format_decimal(count))


def mentions_words(count: int) -> str:
    """Return "1 mention", "1,204 mentions"."""
    return str(ngettext("%(count)s mention", "%(count)s mentions", count, count=number(count)))


def tally_words(tally: Tally) -> str:
    """Say a tally in one line: the sum, then the groups that are not empty."""
    names = label_names()
    groups = [(names[group], tally.count(group)) for group in STACK if tally.count(group)]
    parts = ", ".join(f"{number(count)} {name}" for name, count in groups)
    return f"{mentions_words(tally.mentions)} ({parts})" if parts else mentions_words(tally.mentions)


def day_words(day: date, *, with_weekday: bool = False, with_year: bool = False) -> str:
    """Return "Mar 4", "Wed, Mar 4" or "Mar 4, 2026"."""
    skeleton = f"{'y' if with_year else ''}MMM{'E' if with_weekday else ''}d"
    return str(format_skeleton(skeleton, datetime.combine(day, time()), fuzzy=True, locale=_locale()))


def clock_words(local: datetime | time) -> str:
    """Return "14:00", in every language by the 24-hour clock: columns of hours are easier to read so."""
    return f"{local:%H:%M}"


def moment_words(period: Period) -> str:
    """Name one bar of the volume chart: its day, and its hour when it is one."""
    local = period.start.astimezone(period.zone)
    words = day_words(local.date(), with_weekday=True)
    return f"{words}, {clock_words(local)}" if period.end - period.start <= HOUR else words


def period_words(period: Period) -> str:
    """Name a stretch: its days, and its hours when it does not begin with a day."""
    first, last = period.first_day, period.last_day
    start, end = period.start.astimezone(period.zone), period.end.astimezone(period.zone)
    if period.end - period.start < DAY - 2 * HOUR or start.hour or (period.end - period.start == DAY and end.hour):
        until = clock_words(end) if end.hour or end.minute else "24:00"
        head = f"{day_words(first, with_weekday=True)}, {clock_words(start)}"
        return f"{head} – {until}" if first == last else f"{head} – {day_words(last, with_weekday=True)}, {until}"
    if first == last:
        return day_words(first, with_weekday=True, with_year=True)
    return f"{day_words(first, with_year=first.year != last.year)} – {day_words(last, with_year=True)}"


def before_words(period: Period) -> str:
    """Name the stretch a figure is compared with."""
    is_rolling = period.end - period.start == DAY and period.start != midnight(period.first_day, period.zone)
    return str(_("the 24 hours before")) if is_rolling else period_words(period)


def weekday_names(width: Literal["wide", "abbreviated"]) -> list[str]:
    """Return the days of the week from Monday."""
    names = get_day_names(width, locale=_locale())
    return [names[day] for day in range(7)]


def hours_note(period: Period) -> str:
    """Say what the hours of the week are hours of."""
    zone = period.zone.key
    offset = period.start.astimezone(period.zone).utcoffset()
    if offset and offset % HOUR:
        return str(_("Hours in %(zone)s. An hour is shown under the full hour in which it begins.", zone=zone))
    return str(_("Hours in %(zone)s.", zone=zone))


def scored_name() -> str:
    """What mentions with an opinion are called together."""
    return str(_("scored"))


def sources_name() -> str:
    """The title over the bars of sources."""
    return str(_("Sources"))


def languages_name() -> str:
    """The title over the bars of languages."""
    return str(_("Languages"))


def _locale() -> str:
    return str(get_locale() or "en")
