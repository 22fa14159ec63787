"""How well frequent sharers are foretold on StockNet, and the chance that is said of them: `python -m bench.sharers`.

StockNet's tellings are read from the shared folder (`EARSHOT_SHARED`). The chance is learned as it is by night: from
where people stood at one instant and what they did in the 60 days after, and then said of where they stand when these
are over. Beside it stands what was modelled without looking at what came (SCIENCE 1.3b): the chance that somebody's
rate of telling, by its posterior, lies above the rate that one person in ten exceeds.
"""

from __future__ import annotations

import argparse
import os
from calendar import timegm
from dataclasses import dataclass, fields
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import gammainc, gammaincinv

from bench import bars
from responder.sharers.calibration import DAYS, Reliability, fit, reliability
from responder.sharers.chances import chance_of
from responder.sharers.foretelling import Figure, Foretold, foretell, in_top_tenth, telling_scores
from responder.sharers.habits import LEAST_EXPOSURE
from responder.sharers.lending import SEEN_WITHIN_DAYS, reference_of
from responder.sharers.outcomes import drift_of
from responder.sharers.reference import KNOTS, Reference, percentile
from responder.sharers.tellings import DAY, HALF_LIFE, Known, Tellings, known_at, read_tellings

Array = np.ndarray[Any, Any]

SHARED = Path(os.environ.get("EARSHOT_SHARED", Path(__file__).resolve().parents[2] / "shared"))
STOCKNET = SHARED / "data" / "sharers" / "stocknet_tweets.csv.gz"

HISTORY = 365.0
ROUNDS = 2000
PAIRS = (
    ("2014-10-01", "2014-12-01"), ("2015-01-01", "2015-03-02"), ("2015-05-01", "2015-07-01"),
    ("2015-08-01", "2015-10-01"),
)  # fmt: skip
"""An instant learned at, and one it is said at: when the 60 days that followed the first are over."""


@dataclass(frozen=True)
class People:
    """Everybody seen in the 180 days before an instant: where they stood, and who was in the next top tenth."""

    known: Known
    percentiles: Array
    is_top: Array


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    tellings = read_tellings(STOCKNET)
    bars.record(*_foretold(tellings), *_calibrated(tellings), _alarms())


def _foretold(tellings: Tellings) -> list[bars.Bar]:
    year = _foretell(tellings, "2015-07-01", past_days=365, future_days=180)
    half = _foretell(tellings, "2015-01-01", past_days=180, future_days=180)
    passed_on = _foretell(tellings, "2015-07-01", past_days=180, future_days=180, outcome="reshared")
    ahead, auc = year.ahead["followers"], year.scores["shipped"]["auc"]
    wrote = half.scores["shipped"]["share_of_future"]
    carry, famous = (passed_on.scores[name]["p_at_10"] for name in ("shipped", "followers"))
    return [
        bars.Bar(
            "in the top tenth, score less followers, 2015-07 (365 d, next 180)",
            "≥ .20, interval above .12",
            _words(ahead),
            ahead.value >= 0.20 and ahead.low > 0.12,
        ),
        bars.Bar("AUC of the score, the same", "≥ .82", _words(auc), auc.value >= 0.82),
        bars.Bar(
            "share of what came that the flagged tenth wrote, 2015-01", "≥ .75", _words(wrote), wrote.value >= 0.75
        ),
        bars.Bar(
            "in the top tenth of the re-shared, by carry, 2015-07",
            "≥ .40",
            f"{_words(carry)}; by followers {_words(famous)}",
            carry.value >= 0.40,
        ),
    ]


def _calibrated(tellings: Tellings) -> list[bars.Bar]:
    print("learned → said: mean distance of said and come (ECE) and Brier of the learned | modelled | one for all")
    shown = [said(tellings, *pair) for pair in PAIRS]
    error, modelled_error = (float(np.mean([each[which].error for each in shown])) for which in (0, 1))
    learned, modelled, alike = (float(np.mean([each[which].brier for each in shown])) for which in range(3))
    return [
        bars.Bar(
            f"mean distance of chance and what came, {len(PAIRS)} times",
            "≤ .05, below the modelled",
            f"{error:.3f} against {modelled_error:.3f}",
            error <= min(0.05, modelled_error),
        ),
        bars.Bar(
            "Brier of the chance, the same",
            "below one chance for all",
            f"{learned:.4f} against {alike:.4f}; modelled {modelled:.4f}",
            learned < alike,
        ),
    ]


def said(tellings: Tellings, learned_at: str, said_at: str) -> tuple[Reliability, Reliability, Reliability]:
    """Learn at one instant, say it at another; return how the learned, the modelled and one chance for all held."""
    before, now = _people(tellings, _instant(learned_at)), _people(tellings, _instant(said_at))
    reference = Reference(len(before.percentiles), {}, calibration=fit(before.percentiles, before.is_top))
    learned = np.array([chance_of(reference, place) or 0.0 for place in now.percentiles])
    modelled = _modelled(tellings, now.known, _instant(said_at))
    found = tuple(
        reliability(chances, now.is_top)
        for chances in (learned, modelled, np.full(len(learned), float(before.is_top.mean())))
    )
    flagged = now.percentiles >= 90
    print(
        f"{learned_at} → {said_at}, {len(learned):6,} people: "
        + " | ".join(f"{one.error:.3f} {one.brier:.4f}" for one in found)
        + f"; of the flagged tenth {now.is_top[flagged].mean():.2f} came, said were {learned[flagged].mean():.2f} and "
        f"{modelled[flagged].mean():.2f}",
        flush=True,
    )
    for said, came, people in found[0].bins:
        print(f"    said {said:4.2f}  came {came:4.2f}  of {people:,}")
    return found  # type: ignore[return-value]


def _people(tellings: Tellings, at: float) -> People:
    known = known_at(tellings, at, past_days=HISTORY)
    seen = known.recency <= SEEN_WITHIN_DAYS
    known = Known(**{each.name: getattr(known, each.name)[seen] for each in fields(Known)})
    scores = telling_scores(known)
    knots = np.percentile(scores, np.linspace(0, 100, KNOTS)).tolist()
    after = tellings.between(at, at + DAYS * DAY)
    days = np.unique(np.stack([after.author, np.floor(after.at / DAY).astype(int)]), axis=1)
    told = np.bincount(days[0], minlength=len(tellings.people))[known.author]
    return People(known, np.array([percentile(knots, score) for score in scores]), in_top_tenth(told))


def _modelled(tellings: Tellings, known: Known, at: float) -> Array:
    """Return P(rate above the rate that one in ten exceeds) by the Gamma posterior: shape a + x', rate b + E."""
    shape, rate = reference_of(tellings, at=at, past_days=HISTORY, with_profiles=True).prior
    heard = tellings.between(at - HISTORY * DAY, at)
    first = np.full(len(tellings.people), np.inf)
    np.minimum.at(first, heard.author, heard.at)
    lived = np.maximum((at - first[known.author]) / DAY, LEAST_EXPOSURE)
    later = np.maximum(known.telling - 2.0 ** (-np.floor(lived) / HALF_LIFE), 0.0)
    exposure = HALF_LIFE / np.log(2) * (1.0 - 2.0 ** (-lived / HALF_LIFE))
    often = gammaincinv(shape, 0.9) / rate
    return 1.0 - gammainc(shape + later, (rate + exposure) * often)  # type: ignore[no-any-return]


def _alarms() -> bars.Bar:
    """Simulate months whose true share varies by 3 points: how often the drift alarm rings, and sees a fall to 30 %."""
    print("frequent sharers, months: alarms where nothing fell (by the mean's interval) | a fall from 50 to 30 % seen")
    worst = 0.0
    for flagged, months in product((20, 50, 300), (3, 6, 11)):
        chance = np.random.default_rng(1)
        rung = np.zeros(3)
        for _ in range(ROUNDS):
            rates = np.clip(0.5 + 0.03 * chance.normal(size=months + 1), 0, 1)
            *earlier, last, fallen = [
                _of_a_month(count / flagged, flagged)
                for count in (*chance.binomial(flagged, rates), chance.binomial(flagged, 0.3))
            ]
            mean = np.mean([each.value for each in earlier])
            narrow = np.sqrt(sum(((each.high - each.low) / 2) ** 2 for each in earlier)) / months
            rung += drift_of(last, earlier).is_below, last.value < mean - narrow, drift_of(fallen, earlier).is_below
        ours, naive, seen = rung / ROUNDS
        worst = max(worst, ours)
        print(f"  {flagged:>3}, {months:>2}: {ours:.3f} ({naive:.3f}) | {seen:.2f}", flush=True)
    return bars.Bar("drift alarms where nothing fell", "≤ 6 in 100", f"at most {100 * worst:.1f}", worst <= 0.06)


def _of_a_month(share: float, people: int) -> Figure:
    half = 1.96 * float(np.sqrt(share * (1 - share) / people))
    return Figure(share, share - half, share + half)


def _foretell(tellings: Tellings, date: str, **asked: Any) -> Foretold:
    return foretell(tellings, at=_instant(date), seed=1, **{"outcome": "telling", **asked})


def _instant(date: str) -> float:
    return float(timegm((*map(int, date.split("-")), 0, 0, 0)))


def _words(figure: Figure) -> str:
    return f"{figure.value:.3f} ({figure.low:.3f}–{figure.high:.3f})"


if __name__ == "__main__":
    main()
