"""Reads who told what when from CSV, and turns it into what was known of each person at an instant. Arrays only."""

from __future__ import annotations

import csv
import gzip
import math
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO, cast

import numpy as np

from responder.errors import Invalid

Array = np.ndarray[Any, Any]

DAY = 86_400.0
HALF_LIFE = 60.0
"""Days after which a telling-day counts half. 60 was safe on every platform tried, of 15 to 180 (SCIENCE 1.3a)."""

SIGHTS = 7.0
"""Days of an account's whole life that its posts between two sights are weighed against (SCIENCE 1.3c)."""

FOLLOWERS_POWER = 0.35
"""How expected re-shares grow with followers (SCIENCE 1.3d)."""

CARRY_SHAPE = 2.0
CARRY_BOUNDS = (0.2, 10.0)

NUMBERS = ("followers", "listed", "statuses", "acct_created", "reputation")
_COUNTS = frozenset({"followers", "listed", "statuses"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Tellings:
    """Public tellings, one per row and by rising time: `author` and `original` index `people`, `at` is unix seconds.

    `original` is -1 where a telling is nobody's re-share. `told` holds what the platform said of the author on that
    day by column name (NaN unknown); a column the file lacks is missing there.
    """

    people: tuple[str, ...]
    author: Array
    at: Array
    reshare: Array
    original: Array
    told: dict[str, Array]

    def between(self, start: float, end: float) -> Tellings:
        """Return the tellings from `start` up to before `end`, of the same people."""
        chosen = slice(*np.searchsorted(self.at, [start, end]))
        return Tellings(
            people=self.people,
            author=self.author[chosen],
            at=self.at[chosen],
            reshare=self.reshare[chosen],
            original=self.original[chosen],
            told={name: values[chosen] for name, values in self.told.items()},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What was known at an instant of everybody heard in the time before it, one entry each (NaN unknown).

    `author` indexes `Tellings.people`. `telling`: decayed telling-days; `days`: telling-days; `posts`: tellings;
    `reputation`; `followers`; `rate`: posts a day by what the platform says; `reshared`: how often others re-shared
    them, where the file tells; `carry`: expected re-shares of a next telling; `original`: share of own words;
    `age`: days since the account was made; `recency`: days since the last telling.
    """

    author: Array
    telling: Array
    days: Array
    posts: Array
    reputation: Array
    followers: Array
    rate: Array
    reshared: Array
    carry: Array
    original: Array
    age: Array
    recency: Array


def read_tellings(path: Path) -> Tellings:
    """Read a CSV file (.csv or .csv.gz) of tellings.

    Columns: author and t (unix seconds), and where known followers, listed, statuses, acct_created, reputation, is_rt
    and orig_author. Raises Invalid with the line when the file cannot be read so.
    """
    try:
        with _opened(path) as file:
            reader = csv.DictReader(file)
            columns = set(reader.fieldnames or ())
            if missing := {"author", "t"} - columns:
                raise Invalid(f"{path.name}: no column {', '.join(sorted(missing))}; needed are author and t")
            rows = [_row(raw, f"{path.name}, line {reader.line_num}") for raw in reader]
    except (OSError, UnicodeDecodeError, csv.Error, EOFError, zlib.error) as error:
        raise Invalid(f"{path.name} cannot be read ({error}): give a CSV file, plain or .gz, in UTF-8") from error
    if not rows:
        raise Invalid(f"{path.name} holds no tellings: give rows under its head")
    rows.sort(key=lambda row: row[1])
    people = tuple(sorted({name for row in rows for name in (row[0], row[3]) if name}))
    place = {name: index for index, name in enumerate(people)}
    return Tellings(
        people=people,
        author=np.array([place[row[0]] for row in rows]),
        at=np.array([row[1] for row in rows]),
        reshare=np.array([row[2] for row in rows]),
        original=np.array([place.get(row[3], -1) for row in rows]),
        told={
            name: np.array([row[4][number] for row in rows]) for number, name in enumerate(NUMBERS) if name in columns
        },
    )


def known_at(tellings: Tellings, at: float, *, past_days: float) -> Known:
    """Return what the tellings of the `past_days` before the instant `at` (unix seconds) say of their authors."""
    heard = tellings.between(at - past_days * DAY, at)
    author, place = np.unique(heard.author, return_inverse=True)
    count = len(author)
    posts = np.bincount(place, minlength=count).astype(float)
    telling, days = _telling_days(place, heard.at, at, count)
    last = np.zeros(count, dtype=int)
    last[place] = np.arange(len(place))  # rows come by rising time, so the latest stays
    reputation = _latest(heard, "reputation", last)
    if np.isnan(reputation).all():
        reputation = _latest(heard, "listed", last)
    followers = _latest(heard, "followers", last)
    reshared, carry = _carry(heard, author, place, followers, count)
    return Known(
        author=author,
        telling=telling,
        days=days,
        posts=posts,
        reputation=reputation,
        followers=followers,
        rate=_rate(heard, place, last, count),
        reshared=reshared,
        carry=carry,
        original=1.0 - np.bincount(place, heard.reshare.astype(float), count) / np.maximum(posts, 1),
        age=(at - _latest(heard, "acct_created", last)) / DAY,
        recency=(at - heard.at[last]) / DAY,
    )


def _telling_days(place: Array, at: Array, now: float, count: int) -> tuple[Array, Array]:
    """Return the sum of 2^(-age/60) over distinct days on which each told, and the number of those days."""
    day = np.floor(at / DAY).astype(np.int64)
    distinct = np.unique(np.stack([place, day]), axis=1)
    age = np.maximum(now / DAY - distinct[1] - 0.5, 0.0)
    weighed = np.bincount(distinct[0], 2.0 ** (-age / HALF_LIFE), count)
    return weighed, np.bincount(distinct[0], minlength=count)


def _latest(heard: Tellings, name: str, last: Array) -> Array:
    values = heard.told.get(name)
    return np.full(len(last), np.nan) if values is None else values[last]


def _rate(heard: Tellings, place: Array, last: Array, count: int) -> Array:
    """Return posts a day from two sights of an account: (k·S/A + dS) / (k + dt), SCIENCE 1.3c."""
    statuses, created = heard.told.get("statuses"), heard.told.get("acct_created")
    if statuses is None or created is None:
        return np.full(count, np.nan)
    first = np.zeros(count, dtype=int)
    first[place[::-1]] = np.arange(len(place))[::-1]
    between = (heard.at[last] - heard.at[first]) / DAY
    lived = np.maximum((heard.at[first] - created[first]) / DAY, 1.0)
    fresh = np.maximum(statuses[last] - statuses[first], 0.0)
    return (SIGHTS * statuses[first] / lived + fresh) / (SIGHTS + between)  # type: ignore[no-any-return]


def _carry(heard: Tellings, author: Array, place: Array, followers: Array, count: int) -> tuple[Array, Array]:
    """Return how often each was re-shared, and the expected re-shares of a next telling, SCIENCE 1.3d.

    Expected by reach m(f) = c·(1 + f)^.35, c such that it holds over all; times (2 + R) / (2 + what was expected).
    """
    by_reach = (1.0 + np.nan_to_num(followers, nan=0.0)) ** FOLLOWERS_POWER
    taken = heard.original[heard.reshare & (heard.original >= 0)]
    if not len(taken):
        return np.full(count, np.nan), np.where(np.isnan(followers), np.nan, by_reach)
    spot = np.searchsorted(author, taken)
    ours = (spot < count) & (author[np.minimum(spot, count - 1)] == taken)
    reshared = np.bincount(spot[ours], minlength=count).astype(float)
    own_words = np.bincount(place, (~heard.reshare).astype(float), count)
    scale = reshared.sum() / max((own_words * by_reach).sum(), 1e-9)
    multiplier = (CARRY_SHAPE + reshared) / (CARRY_SHAPE + scale * own_words * by_reach)
    return reshared, np.clip(multiplier, *CARRY_BOUNDS) * scale * by_reach


def _row(raw: dict[str, str | None], place: str) -> tuple[str, float, bool, str, tuple[float, ...]]:
    author = (raw.get("author") or "").strip()
    at = _number(raw.get("t"), place, "t")
    if not author or math.isnan(at):
        raise Invalid(f"{place}: author or t is empty; each telling needs who and when (unix seconds)")
    reshare = (raw.get("is_rt") or "").strip().lower() in {"1", "true", "yes"}
    original = (raw.get("orig_author") or "").strip() if reshare else ""
    numbers = {name: _number(raw.get(name), place, name) for name in NUMBERS}
    for name in _COUNTS & {name for name, value in numbers.items() if value < 0}:
        numbers[name] = math.nan  # nobody has fewer than none: what stands for "unknown" in some files
    return author, at, reshare, original, tuple(numbers.values())


def _number(text: str | None, place: str, name: str) -> float:
    if text is None or not text.strip():
        return math.nan
    try:
        number = float(text)
    except ValueError:
        raise Invalid(f"{place}: {name} is {text[:40]!r}, not a number") from None
    return number if math.isfinite(number) else math.nan


def _opened(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return cast("TextIO", gzip.open(path, "rt", encoding="utf-8-sig", newline=""))
    return path.open(encoding="utf-8-sig", newline="")
