"""The destinations everybody sees, in order. What is not built yet is not in the menu."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask
from flask_babel import lazy_gettext as _l


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """One entry of the menu. `blueprints` are those whose pages belong to it."""

    path: str
    icon: str
    title: object
    permission: str
    blueprints: tuple[str, ...]


MENU = (
    Destination(path="/queue", icon="queue", title=_l("Queue"), permission="queue.read", blueprints=("queue", "cases")),
    Destination(
        path="/incidents",
        icon="incidents",
        title=_l("People & incidents"),
        permission="queue.read",
        blueprints=("incidents", "people"),
    ),
    Destination(
        path="/insights", icon="insights", title=_l("Insights"), permission="insights.read", blueprints=("insights",)
    ),
    Destination(
        path="/settings",
        icon="settings",
        title=_l("Settings"),
        permission="settings.read",
        blueprints=("settings",),
    ),
)


def init_app(app: Flask) -> None:
    """Offer the entries whose pages exist to every template."""
    app.context_processor(lambda: {"menu": [entry for entry in MENU if set(entry.blueprints) & set(app.blueprints)]})
