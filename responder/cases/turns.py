"""Whose turn it is: jobs by priority, and every fifth pick goes to whoever has waited longest. Pure, over arrays.

A job is what one pick settles: a case, or the cases of one incident. Those of an incident that are in danger are a job
apart from its others, who would else come along in front of other people's danger.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

FAIR_EVERY = 5
FAIR_AFTER = 6 * 60.0
"""Minutes a case must have waited for the fair slot (SCIENCE 2.2). What other spans cost: docs/priority.md."""


@dataclass(frozen=True, slots=True)
class FairSlot:
    """Every which pick is the fair slot, and for how many minutes a case must have waited (infinite: there is none)."""

    every: int = FAIR_EVERY
    after: float = FAIR_AFTER


FAIR = FairSlot()


@dataclass(frozen=True, slots=True)
class Jobs:
    """Which cases are answered together.

    `head` says of every case which one of its job is answered first (itself when alone). `further` lists the others,
    and `after` how many of its job stand before each of these.
    """

    head: Array
    further: Array
    after: Array

    def total(self, values: Array) -> Array:
        """Return, for every case, the sum of `values` over its job."""
        return np.bincount(self.head, values, minlength=len(self.head))[self.head]


def jobs_of(incident: Array, *, safety: Array, hearers: Array, waited: Array) -> Jobs:
    """Return the jobs. In each the most heard comes first, as its answer is read by most; then the longest waiting.

    `incident` is a number for the cases of one incident, below 0 for none.
    """
    head = np.arange(len(incident))
    members = np.flatnonzero(incident >= 0)
    if not len(members):
        return Jobs(head=head, further=members, after=members)
    kind = 2 * incident[members] + safety[members]
    order = np.lexsort((-waited[members], -hearers[members], kind))
    members = members[order]
    is_first = np.r_[True, np.diff(kind[order]) != 0]
    begins = np.flatnonzero(is_first)[np.cumsum(is_first) - 1]
    head[members] = members[begins]
    after = np.arange(len(members)) - begins
    return Jobs(head=head, further=members[~is_first], after=after[~is_first])


def in_turn(best: Array, oldest: Array, *, picks: int, limit: int, every: int = FAIR_EVERY) -> tuple[Array, Array]:
    """Return the first `limit` jobs in the order in which they are picked, and of each whether a fair slot took it.

    `best` lists all jobs, of the largest priority first; `oldest` those a fair slot may take, of the longest wait first
    (a job may come again: once for each of its cases). `picks` were made before these; one in `every` is a fair slot.
    """
    first_slot = (every - 1 - picks) % every
    place = np.zeros(int(best.max(initial=0)) + 1, dtype=np.int64)
    place[best] = np.arange(len(best))
    by_slot = bytearray(len(best))
    slots: list[int] = []
    front = first_slot
    for job in place[oldest].tolist():
        if first_slot + every * len(slots) >= limit:
            break
        if job < front or by_slot[job]:
            continue
        by_slot[job] = True
        slots.append(job)
        front = _passed(by_slot, front, every - 1)
    is_slot = np.zeros(len(best), dtype=bool)
    is_slot[first_slot + every * np.arange(len(slots))] = True
    order = np.empty_like(best)
    order[is_slot] = best[slots]
    order[~is_slot] = best[np.frombuffer(by_slot, dtype=np.uint8) == 0]
    return order[:limit], is_slot[:limit]


def _passed(by_slot: bytearray, front: int, wanted: int) -> int:
    """Return the place before which all jobs are taken, once `wanted` more of those from `front` on are."""
    while wanted:
        begin, front = front, front + wanted
        wanted = by_slot.count(True, begin, front)
    return front


def spread(picked: Array, jobs: Jobs) -> Array:
    """Return the cases of the picked jobs in order; those of one job follow one another."""
    size = np.bincount(jobs.head, minlength=len(jobs.head))[picked]
    begins = np.cumsum(size) - size
    order = np.empty(int(size.sum()), dtype=np.int64)
    order[begins] = picked
    place = np.full(len(jobs.head), -1)
    place[picked] = begins
    place = place[jobs.head[jobs.further]]
    is_picked = place >= 0
    order[(place + jobs.after)[is_picked]] = jobs.further[is_picked]
    return order
