"""What a periodic job is. The jobs themselves stand in `responder.schedule`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Generic, TypeVar

EquipmentT = TypeVar("EquipmentT")


class Lane(StrEnum):
    """Jobs of one lane run one after the other; lanes run beside each other, so that none starves another."""

    COLLECT = "collect"
    SCORE = "score"
    SEND = "send"
    NOTIFY = "notify"
    MAINTAIN = "maintain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job(Generic[EquipmentT]):
    """One periodic job.

    `run` does what is due and returns how much it did; it is idempotent, and finds its work in rows, so a tick that is
    lost or doubled loses and doubles nothing. `wakes` names jobs worth running at once when it did something.
    """

    name: str
    run: Callable[[EquipmentT], int]
    every: timedelta
    lane: Lane
    wakes: tuple[str, ...] = ()
