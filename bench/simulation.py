"""What the rule averts in a simulated busy team: `python -m bench.simulation`.

Six seeds at critical load (SCIENCE 2.3), as `earshot simulate` runs them. The bars compare policies on the same
arrivals, by the means of the six.
"""

from __future__ import annotations

from statistics import fmean

from bench import bars
from responder.cases.simulation import POLICIES, arriving, simulate

SEEDS = range(1, 7)
SHOWN = ("fifo", "newest", "edd", "followers", "negative", "earshot", "earshot_without_sharers", "oracle")
AHEAD, SHARE_OF_FOLLOWERS, LONGEST_H = 0.18, 1 / 5, 36.0


def main() -> None:
    """Print the table of all policies, and the bars."""
    months = [arriving(seed) for seed in SEEDS]
    found = {name: [simulate(month, POLICIES[name]) for month in months] for name in SHOWN}
    for name, outcomes in found.items():
        averted = fmean(each.harm_averted for each in outcomes)
        wait = fmean(each.p90_wait_sharers_min for each in outcomes)
        longest = ", ".join(f"{each.max_wait_h:.1f}" for each in outcomes)
        print(f"{name:<24} averted {averted:.1%}, sharers' P90 wait {wait:,.0f} min, longest waits {longest} h")
    ours, fifo, followers = found["earshot"], found["fifo"], found["followers"]
    ahead = fmean(a.harm_averted - b.harm_averted for a, b in zip(ours, fifo, strict=True))
    waits = [fmean(each.p90_wait_sharers_min for each in outcomes) for outcomes in (ours, followers)]
    longest = [each.max_wait_h for each in ours]
    bars.record(
        bars.Bar(
            "harm averted above first come, first served",
            f"≥ {AHEAD:.0%} points",
            f"{ahead:.1%} points",
            ahead >= AHEAD,
        ),
        bars.Bar(
            "P90 wait of unhappy frequent sharers",
            "≤ 1/5 of followers-first",
            f"{waits[0]:.0f} min of {waits[1]:.0f}",
            waits[0] <= SHARE_OF_FOLLOWERS * waits[1],
        ),
        bars.Bar(
            "longest wait",
            f"≤ {LONGEST_H:g} h",
            f"{fmean(longest):.1f} h (of the six {min(longest):.1f} to {max(longest):.1f})",
            fmean(longest) <= LONGEST_H,
        ),
    )


if __name__ == "__main__":
    main()
