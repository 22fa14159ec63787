"""How ids stand in addresses."""

from __future__ import annotations

from flask import Flask
from werkzeug.routing import IntegerConverter

LARGEST_ID = 2**63 - 1


class IdConverter(IntegerConverter):
    """One of our ids: a whole number a database can hold, so that a longer one is simply not there."""

    def __init__(self, map_: object) -> None:
        super().__init__(map_, min=1, max=LARGEST_ID)  # type: ignore[arg-type]


def init_app(app: Flask) -> None:
    """Let routes say `<id:case_id>`."""
    app.url_map.converters["id"] = IdConverter
