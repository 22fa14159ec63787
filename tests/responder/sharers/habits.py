"""Invented tellings of people with habits."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from responder.sharers.tellings import DAY


def habits(tmp_path, *, people: int = 60, days: int = 200, seed: int = 1) -> Path:
    """People with habits of their own: a few tell every few days, most hardly ever, and followers say nothing of it."""
    chance = np.random.default_rng(seed)
    pace = chance.gamma(0.4, 0.2, people)
    followers = chance.integers(10, 10_000, people)
    path = tmp_path / "tellings.csv"
    with path.open("w", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow(["author", "t", "followers", "is_rt", "orig_author"])
        for day in range(days):
            for who in np.flatnonzero(chance.random(people) < pace):
                writer.writerow([f"person{who}", day * DAY + 100, followers[who], "", ""])
    return path
