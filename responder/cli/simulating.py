"""The command that shows what an order of answering would avert."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields
from statistics import fmean
from typing import TYPE_CHECKING

import click

from responder.cli.installation import json_option, print_json, progress

if TYPE_CHECKING:  # reading these takes numpy, which asking for help can do without
    from responder.cases.simulation import Outcome

_NAMES = ("fifo", "newest", "edd", "followers", "negative", "earshot", "earshot_without_sharers", "oracle")
_LINE = "{:<24} {:>14} {:>28} {:>16}"


@click.command()
@click.option(
    "--policy", "policies", multiple=True, type=click.Choice(_NAMES), help="May come again. Default: every one."
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=1,
    show_default=True,
    help="Of the first run; each further run has the next.",
)
@click.option("--runs", type=click.IntRange(min=1), default=6, show_default=True)
@click.option(
    "--load",
    type=click.FloatRange(min=0, min_open=True, max=3),
    help="Arriving work over staffed minutes. Default: critical, .99.",
)
@json_option
def simulate(*, policies: Sequence[str], seed: int, runs: int, load: float | None, as_json: bool) -> None:
    """Simulate a busy team for twenty days, and print what each order of answering averts.

    Harm averted is the share of what answering everybody at once would avert. Absolute harm is an assumption, only the
    differences between policies are findings.
    """
    from responder.cases.simulation import CRITICAL, POLICIES, arriving
    from responder.cases.simulation import simulate as run

    found: dict[str, Outcome] = {}
    months = [arriving(seed + number, load=CRITICAL if load is None else load) for number in range(runs)]
    with progress("Simulating", unit="run") as advance:
        for name in policies or POLICIES:
            outcomes = []
            for month in months:
                outcomes.append(run(month, POLICIES[name]))
                advance(1)
            found[name] = _mean(outcomes)
    if as_json:
        print_json({"runs": runs, "policies": {name: asdict(each) for name, each in found.items()}})
        return
    click.echo(_LINE.format("policy", "harm averted", "P90 wait of unhappy sharers", "longest wait"))
    for name, each in found.items():
        wait = f"{each.p90_wait_sharers_min:,.0f} min"
        click.echo(_LINE.format(name, f"{each.harm_averted:.1%}", wait, f"{each.max_wait_h:,.0f} h"))


def _mean(outcomes: Sequence[Outcome]) -> Outcome:
    kind = type(outcomes[0])
    return kind(*(fmean(getattr(each, field.name) for each in outcomes) for field in fields(kind)))
