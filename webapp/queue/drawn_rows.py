"""Drawing a row of the queue once for everybody who would see exactly the same: half of a page's time otherwise.

A drawn row is found again by all that it is drawn from, so it can never be out of date, and everything is forgotten
with the minute, so nobody's words stay in memory after they were deleted.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import Flask, current_app
from flask_babel import get_locale
from markupsafe import Markup

from responder.cases.rows import QueueRow
from webapp import lifecycle
from webapp.access import Person
from webapp.display import ago

_KEPT = 2000
"""Rows kept at most: a page each for sixty people with lists of their own."""


class DrawnRows:
    """The rows drawn in the current minute. Threads share it: at worst two of them draw the same row."""

    def __init__(self) -> None:
        self._minute: datetime | None = None
        self._rows: dict[tuple[object, ...], Markup] = {}

    def get(self, key: tuple[object, ...], draw: Callable[[], Markup]) -> Markup:
        """Return the row drawn from `key`, drawing it when this minute has not seen it."""
        minute = lifecycle.now().replace(second=0, microsecond=0)
        if minute != self._minute or len(self._rows) >= _KEPT:
            self._minute, self._rows = minute, {}
        found = self._rows.get(key)
        if found is None:
            found = self._rows[key] = draw()
        return found


def init_app(app: Flask) -> None:
    """Give the application its store of drawn rows."""
    app.extensions["drawn_rows"] = DrawnRows()


def row_drawer(me: Person) -> Callable[[QueueRow], Markup]:
    """Return what draws a row for this person, in their language."""
    drawn: DrawnRows = current_app.extensions["drawn_rows"]
    case_row: Callable[[QueueRow, Person], Markup] = current_app.jinja_env.get_template(
        "queue/row.html"
    ).module.case_row  # type: ignore[attr-defined]
    reader = (me.user_id, me.role, str(get_locale()))

    def draw(row: QueueRow) -> Markup:
        return drawn.get((row, ago(row.created_at), reader), lambda: case_row(row, me))

    return draw
