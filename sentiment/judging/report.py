"""Rows in, an evaluation out: the real scorer's opinions, figures per set, language and over all, beside baselines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sentiment.evaluation import masked
from sentiment.judging.baselines import majority
from sentiment.judging.comparison import Comparison, Difference, compare
from sentiment.judging.tally import Measured, measure
from sentiment.opinions import Opinion
from sentiment.scorer import Scorer
from sentiment.training.rows import Row

Array = np.ndarray[Any, Any]

ALL = "all"
RESAMPLES = 1000
_SCORED_AT_ONCE = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The figures on one set of a language, on a language (`set` is "all") or on everything (`language` is too).

    `classes` is 3, or 2 where the set knows no neutral; None where sets of both kinds are pooled. `tfidf` is None when
    there were no rows to train it on, and so is `against_tfidf`, which is of no use on everything either.
    """

    language: str
    set: str
    classes: int | None
    rows: int
    model: Measured
    majority: Measured
    tfidf: Measured | None
    against_tfidf: Difference | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """How good `model` is: sets by language first, then languages, then everything.

    `holds` is whether no set is below TF-IDF by more than one standard error and every language is better; None when
    there is no TF-IDF to compare with.
    """

    model: str
    groups: tuple[Group, ...]
    holds: bool | None


def evaluate(
    rows: Sequence[Row],
    scorer: Scorer,
    *,
    claims: bool = False,
    tfidf: Array | None = None,
    resamples: int = RESAMPLES,
    on_scored: Callable[[int], None] | None = None,
) -> Evaluation:
    """Score `rows`, whose texts are as they were written, and return the figures.

    With `claims` each row's language is told to the scorer as a platform would tell it. `tfidf` are the probabilities
    (rows, 3) of that baseline for the same rows, None when there is none. `on_scored` is told how many were scored.
    Raises ValueError when there are no rows, and ModelUnusable.
    """
    opinions = _opinions(rows, scorer, claims=claims, on_scored=on_scored)
    labels, classes = np.array([row.label for row in rows]), np.array([row.classes for row in rows])
    given = np.array([(each.p_negative, each.p_neutral, each.p_positive) for each in opinions])
    sure = np.array([not each.abstained for each in opinions])
    sets, languages = [row.set for row in rows], [row.language for row in rows]
    comparison = None if tfidf is None else compare(given, tfidf, labels, classes, sets, languages)
    differences = _differences(comparison)

    def group(key: tuple[str, str], places: list[int]) -> Group:
        own, kinds = labels[places], classes[places]

        def measured(probabilities: Array, sure: Array | None = None) -> Measured:
            return measure(masked(probabilities, kinds), own, sure, resamples=resamples)

        return Group(
            language=key[0],
            set=key[1],
            classes=int(kinds[0]) if len(set(kinds)) == 1 else None,
            rows=len(places),
            model=measured(given[places], sure[places]),
            majority=measured(majority(own)),
            tfidf=None if tfidf is None else measured(tfidf[places]),
            against_tfidf=differences.get(key),
        )

    return Evaluation(
        model=scorer.model,
        groups=tuple(group(key, places) for key, places in _groups(rows)),
        holds=None if comparison is None else comparison.holds,
    )


def _differences(comparison: Comparison | None) -> dict[tuple[str, str], Difference]:
    if comparison is None:
        return {}
    return comparison.sets | {(language, ALL): each for language, each in comparison.languages.items()}


def _opinions(
    rows: Sequence[Row], scorer: Scorer, *, claims: bool, on_scored: Callable[[int], None] | None
) -> list[Opinion]:
    if not rows:
        raise ValueError("no rows to judge by")
    opinions: list[Opinion] = []
    for start in range(0, len(rows), _SCORED_AT_ONCE):
        some = rows[start : start + _SCORED_AT_ONCE]
        told = [row.language for row in some] if claims else None
        opinions += scorer.score([row.text for row in some], languages=told)
        if on_scored:
            on_scored(len(some))
    return opinions


def _groups(rows: Sequence[Row]) -> list[tuple[tuple[str, str], list[int]]]:
    sets: dict[tuple[str, str], list[int]] = defaultdict(list)
    languages: dict[tuple[str, str], list[int]] = defaultdict(list)
    for index, row in enumerate(rows):
        sets[row.language, row.set].append(index)
        languages[row.language, ALL].append(index)
    return [*sorted(sets.items()), *sorted(languages.items()), ((ALL, ALL), list(range(len(rows))))]
