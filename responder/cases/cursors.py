"""Cursors of the queue: where a page ended, written so that it can stand in a URL and be checked when it comes back.

A cursor holds no rights: whatever it says, only rows of the reader's brand are read.
"""

from __future__ import annotations

import base64
import hashlib
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

from responder.errors import Invalid

_FORM = re.compile(r"(?P<of>[0-9a-f]{8})\.(?P<shown>\d{1,9})\.(?P<id>\d{1,18})\.(?P<rank_key>-|[-+0-9a-fx.p]{1,40})")
_MAX_LENGTH = 150


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a page ended: the last row's rank key and id, and how many rows were shown by then.

    `rank_key` None: the list is ordered by when things were heard, and `id` is a mention's.
    """

    rank_key: float | None
    id: int
    shown: int


def write_cursor(place: Place, *, of: Iterable[object]) -> str:
    """Write the place as a cursor that fits only the list described by `of` (the values of its filters)."""
    rank_key = "-" if place.rank_key is None else place.rank_key.hex()
    plain = f"{_fingerprint(of)}.{place.shown}.{place.id}.{rank_key}"
    return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")


def read_cursor(cursor: str, *, of: Iterable[object], by_rank: bool) -> Place:
    """Read what `write_cursor` wrote. Raises Invalid for anything else, also a cursor of another list.

    `by_rank` tells how the list is ordered, and so whether the place must have a rank key.
    """
    found = _FORM.fullmatch(_decoded(cursor))
    rank_key = _number(found["rank_key"]) if found is not None else None
    if found is None or found["of"] != _fingerprint(of) or by_rank != (rank_key is not None):
        raise Invalid("This page link is damaged or belongs to another list. Go back to the top of the queue.")
    return Place(rank_key=rank_key, id=int(found["id"]), shown=int(found["shown"]))


def _decoded(cursor: str) -> str:
    if len(cursor) > _MAX_LENGTH:
        return ""
    try:
        return base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode("ascii")
    except ValueError:
        return ""


def _number(written: str) -> float | None:
    try:
        number = float.fromhex(written)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _fingerprint(of: Iterable[object]) -> str:
    plain = repr([None if value is None else str(value) for value in of])
    return hashlib.sha256(plain.encode("utf-8", "replace")).hexdigest()[:8]
