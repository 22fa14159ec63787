"""Whether so many voices are more than a brand always has. Pure: counts in, a yes or no out.

Two questions with one answer each. Is a group of alike complaints news, or what people say every week? Did an incident
grow beyond what this brand's incidents grow to? Both ask how likely so many voices would be if nothing special were
going on (SCIENCE 3.1).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, lgamma, log

ALWAYS_SAID = 0.001
"""A group whose voices would come together by chance oftener than this is what is always said."""

_HALF_A_TEXT = 0.5
"""Added to what was said before: never having heard it does not make it impossible."""

FEWEST_IN_OUTBREAK = 5
BEYOND_USUAL = 0.01
"""An incident that would grow as large oftener than this is no outbreak."""

_SMALLEST = 3
"""Voices below which nothing is an incident; sizes are counted from there on."""

_USUAL_MORE = 1.0
_COUNTS_AS = 2
"""What is assumed of a brand without history: incidents of four voices, worth two observed ones."""

_LEAST_SPREAD = 0.1
"""Sizes vary at least so much more than chance alone makes them."""


def is_news(voices: int, *, alike_before: int, share: float) -> bool:
    """Tell whether a group is more than what is always said.

    `alike_before` counts earlier texts that would have belonged to it, `share` how long the group took by how long
    those earlier texts took. Poisson tail at the expected number.
    """
    return tail(voices, mean=(alike_before + _HALF_A_TEXT) * share, spread=0.0) < ALWAYS_SAID


def is_outbreak(voices: int, usual_sizes: Sequence[int]) -> bool:
    """Tell whether so many voices within a day go beyond what this brand's incidents usually gather.

    `usual_sizes` are the voices of its other incidents of the last 56 days that were no outbreaks. Negative-binomial
    tail, shrunk towards small incidents where there are few of them.
    """
    if voices < FEWEST_IN_OUTBREAK:
        return False
    more = [max(size - _SMALLEST, 0) for size in usual_sizes]
    mean = (sum(more) + _COUNTS_AS * _USUAL_MORE) / (len(more) + _COUNTS_AS)
    squares = sum((size - mean) ** 2 for size in more) + _COUNTS_AS * mean
    variance = squares / (len(more) + _COUNTS_AS)
    spread = max((variance - mean) / mean**2, _LEAST_SPREAD)
    return tail(voices - _SMALLEST, mean=mean, spread=spread) < BEYOND_USUAL


def tail(count: int, *, mean: float, spread: float) -> float:
    """Return the chance of `count` or more: negative binomial of variance mean + spread·mean²; Poisson at spread 0."""
    if count <= 0:
        return 1.0
    return max(0.0, 1.0 - sum(_chance(number, mean, spread) for number in range(count)))


def _chance(count: int, mean: float, spread: float) -> float:
    if spread == 0.0:
        return exp(count * log(mean) - mean - lgamma(count + 1))
    shape = 1 / spread
    ways = lgamma(count + shape) - lgamma(shape) - lgamma(count + 1)
    return exp(ways + shape * log(shape / (shape + mean)) + count * log(mean / (shape + mean)))
