"""What the insights figures mean: pure definitions over counts, each naming its denominator.

Reading the counts is left to `responder.insights.queries`. A figure that cannot be known is None, never 0.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from enum import StrEnum
from math import sqrt
from operator import attrgetter

FEWEST_SCORED = 30
"""Below this many scored mentions a net sentiment is "too few to tell" (SCIENCE 3.4)."""

_Z95 = 1.959964


class LabelGroup(StrEnum):
    """The groups a mention is counted in: exactly one each. The first three are sure opinions."""

    NEGATIVE = "negative"
    NEUTRAL = "neutral"
    POSITIVE = "positive"
    UNSURE = "unsure"
    UNSCORED = "unscored"


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts over any set of rollup cells, in mentions; `sum_*` add up the probabilities of all scored ones.

    Built thousands of times for a page, so it holds no more than the figures need. Where a reader has no use for the
    probabilities (a source's bar), they are left 0.
    """

    mentions: int = 0
    negative: int = 0
    neutral: int = 0
    positive: int = 0
    unsure: int = 0
    sum_negative: float = 0.0
    sum_positive: float = 0.0

    @property
    def scored(self) -> int:
        """Mentions with an opinion, sure or unsure."""
        return self.negative + self.neutral + self.positive + self.unsure

    @property
    def unscored(self) -> int:
        """Mentions without an opinion yet."""
        return self.mentions - self.scored

    def count(self, group: LabelGroup) -> int:
        """Return how many mentions are in one group; the five groups add up to `mentions`."""
        return int(getattr(self, group.value))

    def __add__(self, other: Tally) -> Tally:
        return total((self, other))


TALLY_FIELDS = tuple(field.name for field in fields(Tally))
_columns_of = attrgetter(*TALLY_FIELDS)


def total(tallies: Iterable[Tally]) -> Tally:
    """Add tallies up; nothing adds up to nothing."""
    return Tally(*map(sum, zip(*map(_columns_of, tallies), strict=True)))


def share(count: int, of: int) -> float | None:
    """Return `count` ÷ `of`, 0 to 1; None when there is nothing to divide by."""
    return count / of if of else None


def unsure_share(tally: Tally) -> float | None:
    """Return unsure ÷ scored: how often the model would not commit itself. None when nothing is scored."""
    return share(tally.unsure, tally.scored)


@dataclass(frozen=True, slots=True, kw_only=True)
class NetSentiment:
    """(positive − negative) ÷ all scored mentions, neutral and unsure ones included; −1 to 1.

    Positive and negative are *expected* counts: the sums of the calibrated probabilities over every scored mention, so
    an unsure mention weighs as much as the model believes and no label is counted as if it were certain. `value`,
    `low` and `high` are None when nothing is scored; the 95 % interval `low`…`high` is shown only when
    `is_enough`.
    """

    scored: int
    value: float | None
    low: float | None
    high: float | None
    variance: float | None
    """Of the estimate, for comparing two of them."""

    @property
    def is_enough(self) -> bool:
        """Whether enough mentions are scored to show the figure at all."""
        return self.scored >= FEWEST_SCORED


def net_sentiment(tally: Tally) -> NetSentiment:
    """Estimate net sentiment with its 95 % interval.

    The interval is the adjusted Wald one for a difference of two shares of the same sample (Bonett & Price 2012): one
    mention is added to each side, so it never shrinks to nothing and stays within −1…1. With expected counts its
    variance holds both the sampling of mentions and the model's own doubt, for E[x²] of a mention is p₊ + p₋. Mentions
    count as independent: a few people writing much make the true interval wider.
    """
    scored = tally.scored
    if not scored:
        return NetSentiment(scored=0, value=None, low=None, high=None, variance=None)
    positive = (tally.sum_positive + 1) / (scored + 2)
    negative = (tally.sum_negative + 1) / (scored + 2)
    centre = positive - negative
    variance = max(positive + negative - centre**2, 0.0) / (scored + 2)
    margin = _Z95 * sqrt(variance)
    return NetSentiment(
        scored=scored,
        value=(tally.sum_positive - tally.sum_negative) / scored,
        low=max(-1.0, centre - margin),
        high=min(1.0, centre + margin),
        variance=variance,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class NetChange:
    """Net sentiment now minus before, −2 to 2; `is_clear` when its 95 % interval leaves out 0."""

    value: float
    is_clear: bool


def net_change(now: NetSentiment, before: NetSentiment) -> NetChange | None:
    """Compare two periods; None when either has too few scored mentions to tell."""
    if not (now.is_enough and before.is_enough):
        return None
    assert now.value is not None
    assert before.value is not None
    assert now.variance is not None
    assert before.variance is not None
    change = now.value - before.value
    return NetChange(value=change, is_clear=abs(change) > _Z95 * sqrt(now.variance + before.variance))


def relative_change(now: int, before: int | None) -> float | None:
    """Return (now − before) ÷ before; None when before is unknown or 0, for nothing can be compared with nothing."""
    return (now - before) / before if before else None


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Distinct authors heard. A mention without a known author is no person: it is in `without_author`.

    `mentions` counts those with an author, one deleted at the source among them: its author is forgotten, but was one.
    """

    people: int
    mentions: int
    without_author: int

    @property
    def mentions_each(self) -> float | None:
        """Mentions with an author ÷ people; None when nobody is known."""
        return self.mentions / self.people if self.people else None
