"""What the fair slot costs and whom it helps: `python -m bench.fair_slot`.

Six simulated months of a team at critical load (`earshot simulate`), answered by the rule with different fair slots.
The cost of one is how much longer unhappy frequent sharers wait at P90 than without any.
"""

from __future__ import annotations

import argparse
import math
from statistics import fmean

from bench import bars
from responder.cases.simulation import CRITICAL, POLICIES, Outcome, Pick, arriving, by_the_rule, simulate
from responder.cases.turns import FAIR, FairSlot

HOUR = 60.0
NONE = FairSlot(after=math.inf)
SLOTS = {
    "none": NONE,
    **{f"every fifth, after {hours} h": FairSlot(after=hours * HOUR) for hours in (2, 6, 12, 16, 20, 24)},
    "every fourth, after 16 h": FairSlot(every=4, after=16 * HOUR),
}
POINTS_ABOVE_FIFO, SHARE_OF_FOLLOWERS, LONGEST_H, COST_MIN = 18, 5, 36, 15


def outcomes(pick: Pick, runs: int, load: float) -> list[Outcome]:
    """Return what each of the months of the seeds from 1 on came to."""
    return [simulate(arriving(seed, load=load), pick) for seed in range(1, runs + 1)]


def p90(found: list[Outcome]) -> float:
    """Return the mean P90 of the minutes that unhappy frequent sharers wait."""
    return fmean(each.p90_wait_sharers_min for each in found)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=int, default=6)
    options.add_argument("--load", type=float, default=CRITICAL)
    given = options.parse_args()
    found = {name: outcomes(by_the_rule(fair=slot), given.runs, given.load) for name, slot in SLOTS.items()}
    print(f"{'fair slot':<26} harm averted  P90 of sharers  longest waits of the months")
    for name, months in found.items():
        longest = " ".join(f"{each.max_wait_h:5.1f}" for each in months)
        harm = fmean(each.harm_averted for each in months)
        print(f"{name:<26} {harm:12.1%}  {p90(months):10.1f} min  {longest} h")
    shipped = next(found[name] for name, slot in SLOTS.items() if slot == FAIR)
    fifo, followers = (outcomes(POLICIES[name], given.runs, given.load) for name in ("fifo", "followers"))
    above = 100 * (fmean(each.harm_averted for each in shipped) - fmean(each.harm_averted for each in fifo))
    share, longest_h = p90(followers) / p90(shipped), fmean(each.max_wait_h for each in shipped)
    cost = p90(shipped) - p90(found["none"])
    worst = max(each.max_wait_h for each in shipped)
    bars.record(
        bars.Bar(
            "harm averted at critical load", f"≥ {POINTS_ABOVE_FIFO} points above FIFO", f"{above:.1f} points",
            above >= POINTS_ABOVE_FIFO,
        ),
        bars.Bar(
            "P90 wait of unhappy frequent sharers", f"≤ 1/{SHARE_OF_FOLLOWERS} of followers first",
            f"{p90(shipped):.0f} against {p90(followers):.0f} min: 1/{share:.0f}", share >= SHARE_OF_FOLLOWERS,
        ),
        bars.Bar(
            "longest wait", f"≤ {LONGEST_H} h on average",
            f"{longest_h:.1f} h; in the worst month {worst:.1f} h",
            longest_h <= LONGEST_H,
        ),
        bars.Bar("what the fair slot costs that P90", f"≤ {COST_MIN} min", f"{cost:.1f} min", cost <= COST_MIN),
    )  # fmt: skip


if __name__ == "__main__":
    main()
