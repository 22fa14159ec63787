"""Adding up what tellings say of one author's habits. Pure, and the same whether one is added or all are again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from responder.sharers.habits import by_reach, weight_of


class Told(Protocol):
    """What is added up of one telling: a `responder.models.Telling`, or a row of its columns."""

    @property
    def day(self) -> int: ...
    @property
    def at(self) -> datetime: ...
    @property
    def copied(self) -> bool: ...
    @property
    def repeated(self) -> bool: ...
    @property
    def is_reshare(self) -> bool: ...
    @property
    def linked(self) -> bool: ...
    @property
    def personal(self) -> bool: ...
    @property
    def selling(self) -> bool: ...
    @property
    def reshared(self) -> int | None: ...


@dataclass(slots=True, kw_only=True)
class Tally:
    """The counters of a `responder.models.Sharer`. `reshared` and `expected` are None until a telling tells."""

    first_at: datetime
    last_at: datetime
    weight: float = 0.0
    days: int = 0
    tellings: int = 0
    own_words: int = 0
    copied: int = 0
    repeated: int = 0
    linked: int = 0
    personal: int = 0
    selling: int = 0
    reshared: int | None = None
    expected: float | None = None

    def columns(self) -> dict[str, Any]:
        """Return the counters by name: `asdict` would copy each value deeply, which costs more than all else."""
        return {name: getattr(self, name) for name in self.__slots__}

    def add(self, told: Told, *, followers: int | None, is_new_day: bool) -> None:
        """Add a telling; `is_new_day`: so far the author told nothing that day, or only what had been told before."""
        self.first_at = min(self.first_at, told.at)
        self.last_at = max(self.last_at, told.at)
        self.tellings += 1
        if is_new_day and is_fresh(told):
            self.days += 1
            self.weight += weight_of(told.day)
        if told.is_reshare:
            return  # somebody else's words say nothing of how this author writes
        self.own_words += 1
        for name in ("copied", "repeated", "linked", "personal", "selling"):
            setattr(self, name, getattr(self, name) + bool(getattr(told, name)))
        if told.reshared is not None and followers is not None:
            self.reshared = (self.reshared or 0) + told.reshared
            self.expected = (self.expected or 0.0) + by_reach(followers)


def is_fresh(told: Told) -> bool:
    """Whether this was told for the first time, or is openly somebody else's passed on: near-copies add no day."""
    return not (told.copied or told.repeated)


def tallied(told: Iterable[Told], *, followers: int | None) -> Tally:
    """Add up all tellings of one author. Raises ValueError where there is none."""
    tally: Tally | None = None
    days: set[int] = set()
    for each in told:
        tally = tally or Tally(first_at=each.at, last_at=each.at)
        tally.add(each, followers=followers, is_new_day=each.day not in days)
        if is_fresh(each):
            days.add(each.day)
    if tally is None:
        raise ValueError("nothing told")
    return tally
