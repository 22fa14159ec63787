"""Commands about people who tell: how well the score of them foretells who will."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from responder.cli.installation import json_option, print_json

if TYPE_CHECKING:  # reading these takes numpy, which asking for help can do without
    from responder.sharers.foretelling import Figure

_SCORED = "{:<14}" + " {:>20}" * 3
_FIGURES = {"p_at_10": "in the top tenth", "auc": "AUC", "share_of_future": "share of what came"}


@click.group()
def sharers() -> None:
    """People who tell everyone: how well the score finds them."""


@sharers.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--at", required=True, type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]), help="The instant, UTC.")
@click.option(
    "--past", type=click.FloatRange(min=0, min_open=True), required=True, help="Days before it to learn from."
)
@click.option("--future", type=click.FloatRange(min=0, min_open=True), required=True, help="Days after it to judge by.")
@click.option(
    "--outcome",
    type=click.Choice(["telling", "reshared"]),
    default="telling",
    show_default=True,
    help="What to foretell: who tells most, or who is re-shared most.",
)
@click.option(
    "--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Breaks ties and draws the intervals."
)
@json_option
def evaluate(*, file: Path, at: datetime, past: float, future: float, outcome: str, seed: int, as_json: bool) -> None:
    """Score the people of FILE by what they told before an instant, and compare with what they told after.

    FILE is CSV (.gz too) with author and t (unix seconds), and where known followers, listed, statuses, acct_created,
    reputation, is_rt and orig_author.
    """
    from responder.sharers.foretelling import foretell
    from responder.sharers.tellings import read_tellings

    found = foretell(
        read_tellings(file),
        at=at.replace(tzinfo=UTC).timestamp(),
        past_days=past,
        future_days=future,
        outcome="reshared" if outcome == "reshared" else "telling",
        seed=seed,
    )
    if as_json:
        print_json(asdict(found))
        return
    click.echo(
        f"{found.people:,} people heard in {past:g} days; {found.base_rate:.1%} of them are in the top tenth of the "
        f"{future:g} days after. Of the tenth that each score puts first, with 95 % intervals:"
    )
    click.echo(_SCORED.format("score", *_FIGURES.values()))
    for name, figures in found.scores.items():
        click.echo(_SCORED.format(name, *(_with_interval(figures[key]) for key in _FIGURES)))
    for name, figure in found.ahead.items():
        click.echo(f"shipped is ahead of {name} by {_with_interval(figure)} in the top tenth")
    if found.not_learned:
        click.echo(f"Nothing was learned of who is re-shared ({found.not_learned}): the plain formula stands in.")


def _with_interval(figure: Figure) -> str:
    return f"{figure.value:.3f} ({figure.low:.3f}–{figure.high:.3f})"


@sharers.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--at", required=True, type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]), help="The instant, UTC.")
@click.option("--past", type=click.FloatRange(min=0, min_open=True), default=365.0, show_default=True)
@click.option("--platform", required=True, help="Whose people they are: the name of a source.")
def reference(*, file: Path, at: datetime, past: float, platform: str) -> None:
    """Print how the people of FILE stood at an instant: the figures that a small team's people are placed by.

    The same columns as for `evaluate`. Kept as JSON in responder/sharers/reference.json; "other" is by telling-days
    alone, for platforms that tell nothing of accounts.
    """
    from responder.sharers.lending import reference_of
    from responder.sharers.tellings import read_tellings

    tellings = read_tellings(file)
    platforms = {
        name: reference_of(
            tellings, at=at.replace(tzinfo=UTC).timestamp(), past_days=past, with_profiles=name == platform
        ).to_dict()
        for name in (platform, "other")
    }
    print_json({"made_of": f"{file.name} as of {at:%Y-%m-%d}, the {past:g} days before", "platforms": platforms})
