"""What the queue's filter menus offer, read once in a few seconds for everybody of a brand."""

from __future__ import annotations

import time
from dataclasses import dataclass

from flask import Flask, current_app
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from responder import demo
from responder.cases import queue
from responder.models import Watch

LIFE_S = 5.0
"""Seconds a menu may be behind: a new source or watch shows that much later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Menus:
    """The choices of a brand's open cases, its watches (also those without cases), and whether the demo is there."""

    choices: queue.Choices
    watches: tuple[Row[int, str], ...]
    has_demo: bool
    read_at: float


def init_app(app: Flask) -> None:
    """Give the application its store of menus."""
    app.extensions["queue_menus"] = {}


def menus(session: Session, *, brand_id: int) -> Menus:
    """Return a brand's menus, at most `LIFE_S` seconds old."""
    kept: dict[int, Menus] = current_app.extensions["queue_menus"]
    found = kept.get(brand_id)
    if found is None or time.monotonic() - found.read_at > LIFE_S:
        found = kept[brand_id] = _read(session, brand_id)
    return found


def forget(brand_id: int) -> None:
    """Read a brand's menus anew next time: what they offer was just changed from here."""
    current_app.extensions["queue_menus"].pop(brand_id, None)


def _read(session: Session, brand_id: int) -> Menus:
    watches = select(Watch.id, Watch.name).where(Watch.brand_id == brand_id).order_by(Watch.name)
    return Menus(
        choices=queue.choices(session, brand_id=brand_id),
        watches=tuple(session.execute(watches)),
        has_demo=demo.is_loaded(session, brand_id=brand_id),
        read_at=time.monotonic(),
    )
