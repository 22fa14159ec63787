"""How well scores of people foretell who will tell: features before an instant against what followed. Arrays only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from responder.errors import Invalid
from responder.sharers.learned import learn
from responder.sharers.score import Standing, tell
from responder.sharers.tellings import DAY, Known, Tellings, known_at

Array = np.ndarray[Any, Any]
Outcome = Literal["telling", "reshared"]

TENTH = 0.1
RESAMPLES = 500
FEWEST = 20
"""With fewer people a tenth of them is one or two, and no figure says anything."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with its 95 % bootstrap interval over people."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Foretold:
    """What was found. `people`: heard in the past period; `base_rate`: the share of them in the future's top tenth.

    `scores` gives per score p_at_10 (of the tenth it puts first, how many are in the future's top tenth), auc, and
    share_of_future (how much of all that followed the tenth wrote, or had re-shared). `ahead` is how far the shipped
    score's p_at_10 is above each other's, on the same people. `learned` is None, or why no carry model was learned.
    """

    people: int
    base_rate: float
    scores: dict[str, dict[str, Figure]]
    ahead: dict[str, Figure]
    not_learned: str | None


def foretell(
    tellings: Tellings, *, at: float, past_days: float, future_days: float, outcome: Outcome, seed: int
) -> Foretold:
    """Score everybody heard in the `past_days` before `at` (unix seconds), and compare with the `future_days` after.

    Being in the future's top tenth is having told (or been re-shared) as often as whoever is last in it, and at least
    once. Ties in a score are broken by chance, from `seed`. Raises Invalid when too few people were heard, nothing
    followed, or all did as much.
    """
    known = known_at(tellings, at, past_days=past_days)
    if len(known.author) < FEWEST:
        raise Invalid(f"Only {len(known.author)} people were heard in those days: choose another --at, or more --past")
    followed = _followed(tellings, known, at, future_days, outcome)
    if not followed.any():
        raise Invalid("Nothing followed in those days: choose an earlier --at, or more --future")
    shipped, reason = telling_scores(known), None
    if outcome == "reshared":
        shipped, reason = _carry_scores(tellings, known, at=at, past_days=past_days, future_days=future_days)
    chance = np.random.default_rng(seed)
    rated = {
        "telling_days": known.telling,
        "shipped": shipped,
        "followers": np.nan_to_num(known.followers, nan=-1.0),
        "reputation": np.nan_to_num(known.reputation, nan=-1.0),
        "random": chance.random(len(known.author)),
    }
    # Ties in chance order for good: each resample then breaks them the same way, and differences stay paired.
    ranks = {name: _rank(score, chance) for name, score in rated.items()}
    positive = in_top_tenth(followed)
    if positive.all():
        raise Invalid("All did as much in those days, so nobody stands out: choose another --at, or more --future")
    drawn = [chance.integers(0, len(positive), len(positive)) for _ in range(RESAMPLES)]
    found = {name: _figures(rank, rated[name], positive, followed, drawn) for name, rank in ranks.items()}
    return Foretold(
        people=len(positive),
        base_rate=float(positive.mean()),
        scores={name: {key: summed(values) for key, values in each.items()} for name, each in found.items()},
        ahead={
            name: summed(found["shipped"]["p_at_10"] - each["p_at_10"])
            for name, each in found.items()
            if name != "shipped"
        },
        not_learned=reason,
    )


def telling_scores(known: Known) -> Array:
    """Return the frequent-sharer score (0–100) of everybody known, from their percentiles among one another."""
    parts = {name: _percentiles(getattr(known, name)) for name in ("telling", "reputation", "carry", "rate")}
    own_words = 100.0 * known.original
    return np.array(
        [
            tell(
                Standing(
                    telling=parts["telling"][place],
                    reputation=_or_none(parts["reputation"][place]),
                    carry=_or_none(parts["carry"][place]),
                    rate=_or_none(parts["rate"][place]),
                    originality=own_words[place],
                    days=int(known.days[place]),
                )
            ).score
            for place in range(len(known.author))
        ]
    )


def in_top_tenth(followed: Array) -> Array:
    """Return who is in the top tenth of what followed: those tied with its last one too, those with nothing never."""
    last = np.sort(followed)[-max(round(TENTH * len(followed)), 1)]
    return followed >= max(last, 1)  # type: ignore[no-any-return]


def _followed(tellings: Tellings, known: Known, at: float, days: float, outcome: Outcome) -> Array:
    future = tellings.between(at, at + days * DAY)
    whose = future.author if outcome == "telling" else future.original[future.reshare & (future.original >= 0)]
    return np.bincount(whose, minlength=len(tellings.people))[known.author]


def _carry_scores(
    tellings: Tellings, known: Known, *, at: float, past_days: float, future_days: float
) -> tuple[Array, str | None]:
    """Return the chance of being re-shared most, learned on the period before; None is learned: the plain carry."""
    before = at - future_days * DAY
    earlier = known_at(tellings, before, past_days=past_days)
    plain = np.nan_to_num(known.carry, nan=-1.0)
    if len(earlier.author) < FEWEST:
        return plain, "too few people were heard before the period before"
    positive = in_top_tenth(_followed(tellings, earlier, before, future_days, "reshared"))
    if not positive.any():
        return plain, "nobody was re-shared in the period before"
    return learn(earlier, positive)(known), None


def _figures(rank: Array, score: Array, positive: Array, followed: Array, drawn: list[Array]) -> dict[str, Array]:
    """Return each figure on all people first, then on each resample."""
    samples = [np.arange(len(positive)), *drawn]
    measures: dict[str, Callable[[Array], float]] = {
        "p_at_10": lambda who: float(positive[_first_tenth(rank, who)].mean()),
        "auc": lambda who: area_under_curve(score[who], positive[who]),
        "share_of_future": lambda who: float(followed[_first_tenth(rank, who)].sum() / max(followed[who].sum(), 1)),
    }
    return {name: np.array([measure(who) for who in samples]) for name, measure in measures.items()}


def area_under_curve(score: Array, positive: Array) -> float:
    """Return the chance that somebody positive scores above somebody who is not; a tie counts half (Mann–Whitney)."""
    _, place, counts = np.unique(score, return_inverse=True, return_counts=True)
    mid_rank = (np.cumsum(counts) - (counts - 1) / 2)[place]
    ours, others = int(positive.sum()), int((~positive).sum())
    if not ours or not others:
        return float("nan")
    return float((mid_rank[positive].sum() - ours * (ours + 1) / 2) / (ours * others))


def _first_tenth(rank: Array, who: Array) -> Array:
    """Return the people of `who` in the tenth that a score puts first."""
    size = max(round(TENTH * len(who)), 1)
    return who[np.argpartition(rank[who], -size)[-size:]]


def _rank(score: Array, chance: np.random.Generator) -> Array:
    """Return ranks 0, 1, 2… from the lowest score up, ties in chance order."""
    order = np.lexsort((chance.random(len(score)), score))
    ranks = np.empty(len(score), dtype=int)
    ranks[order] = np.arange(len(score))
    return ranks


def _percentiles(values: Array) -> Array:
    """Return mid-rank percentiles (0–100) among what is known, NaN where it is not."""
    known = ~np.isnan(values)
    found = np.full(len(values), np.nan)
    _, place, counts = np.unique(values[known], return_inverse=True, return_counts=True)
    found[known] = 100.0 * (np.cumsum(counts) - counts / 2)[place] / max(known.sum(), 1)
    return found


def summed(values: Array) -> Figure:
    """Return a figure from its value on all people, which comes first, and those on the resamples."""
    return Figure(float(values[0]), *(float(edge) for edge in np.nanpercentile(values[1:], [2.5, 97.5])))


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
