"""Reports on ourselves: did frequent sharers go on telling, is everybody answered alike soon, what is contradicted.

Figures of groups only: nobody is named, and no group of fewer than ten people is told of.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click

from responder.cli.installation import brand_id_of, brand_option, installed, json_option, print_json
from responder.context import Context
from responder.errors import NotFound, ResponderError

if TYPE_CHECKING:  # reading these takes numpy, which asking for help can do without
    from collections.abc import Sequence

    from responder.cases.fairness import Fairness, Waits
    from responder.cases.longest_wait import LongestWait
    from responder.sharers.followed import Noted
    from responder.sharers.foretelling import Figure
    from responder.sharers.outcomes import Drift, Outcome

_SPANS = (30, 60)
"""Days after a month's first night in which it is looked what people told; the first decides on drift."""

_SHARED = "{:<12} {:>7} {:>15} {:>6} {:>19} {:>19}"
_JUDGED = "{:<12} {:>7}" + " {:>20}" * 4
_WAITED = "{:<22} {:>6} {:>7} {:>7} {:>9} {:>12} {:>11}"


class TooEarly(ResponderError):
    """There is not enough behind us to say anything."""

    def __init__(self, why: str) -> None:
        super().__init__(f"Too early to tell. {why}")


@click.group()
def report() -> None:
    """How well we do: what frequent sharers then did, who waits how long, and what the team contradicts."""


@report.command()
@click.option("--month", type=click.DateTime(["%Y-%m"]), help="Default: the newest with 30 days behind it.")
@brand_option
@json_option
@installed
def sharers(context: Context, *, month: datetime | None, brand: str | None, as_json: bool) -> None:
    """Compare who was called a frequent sharer in a month with what they then did, and with earlier months.

    The next top tenth are the people of a platform who then told on most days. Exits with 3 while it is too early to
    tell.
    """
    from responder.sharers.followed import followed, noted_months
    from responder.sharers.outcomes import by_platform, drift_of, outcome_of, warnings

    brand_id, now = brand_id_of(context, brand), context.clock()
    first, *later = _SPANS
    with context.database.reading() as session:
        months = noted_months(session, brand_id)
        noted = _chosen(months, month, days=first, now=now)
        spans = [first, *(days for days in later if noted.is_over(days, now))]
        people = {days: followed(session, brand_id, noted, days=days) for days in spans}
        before = [each for each in months if each.month < noted.month and each.is_over(first, now)]
        people_before = [followed(session, brand_id, each, days=first) for each in before]
    outcomes = {days: outcome_of(everybody) for days, everybody in people.items()}
    here = outcomes[first]
    if here.in_top is None:
        raise TooEarly(
            f"{here.people:,} people were noted in {noted.name}, {here.flagged:,} of them frequent sharers; it takes "
            "ten of these to say what they did."
        )
    earlier = [outcome_of(everybody).in_top for everybody in people_before]
    drift = drift_of(here.in_top, [figure for figure in earlier if figure is not None])
    platforms = {days: by_platform(everybody) for days, everybody in people.items()}
    found = warnings(here, drift)
    if as_json:
        told = {
            str(days): {**asdict(outcomes[days]), "platforms": {name: asdict(one) for name, one in named.items()}}
            for days, named in platforms.items()
        }
        print_json(
            {
                "month": noted.name,
                "since": noted.since.isoformat(),
                "after": told,
                "drift": asdict(drift),
                "warnings": found,
            }
        )
        return
    for days in spans:
        _print_outcome(noted, days, outcomes[days], platforms[days])
    click.echo(_drift(drift))
    for sentence in found or ("There is nothing to see to.",):
        click.echo(sentence)


def _chosen(months: Sequence[Noted], wanted: datetime | None, *, days: int, now: datetime) -> Noted:
    """Return the month asked for, or the newest with so many days behind it. Raises NotFound and TooEarly."""
    if not months:
        raise TooEarly("Who stands where is noted once a month, by the worker at night; nothing was noted yet.")
    over = [each for each in months if each.is_over(days, now)]
    if wanted is None:
        chosen = over[0] if over else months[0]
    else:
        named = [each for each in months if each.name == f"{wanted:%Y-%m}"]
        if not named:
            raise NotFound(f"Nothing was noted in {wanted:%Y-%m}, but in {', '.join(each.name for each in months)}.")
        chosen = named[0]
    if chosen in over:
        return chosen
    until = chosen.since + timedelta(days=days)
    if until <= now:
        raise NotFound(f"{chosen.name} is over thirteen months ago: what was told then is no longer kept.")
    raise TooEarly(f"{days} days have to go by after {chosen.name} was noted: ask again on {until:%Y-%m-%d}.")


def _print_outcome(noted: Noted, days: int, outcome: Outcome, platforms: dict[str, Outcome]) -> None:
    click.echo(f"Noted in {noted.name}; who came to the top tenth of the {days} days after, with 95 % intervals:")
    click.echo(_SHARED.format("", "people", "frequent", "of all", "of the frequent", "of all told by them"))
    for name, one in {"all": outcome, **platforms}.items():
        click.echo(
            _SHARED.format(
                name[:12],
                f"{one.people:,}",
                f"{one.flagged:,} ({one.flagged_share:.1%})",
                f"{one.base_rate:.0%}",
                _share(one.in_top),
                _share(one.told),
            )
        )
    click.echo(
        f"In the top tenth of the {outcome.possible:,} possible ones (half badge): {_share(outcome.possible_in_top)}; "
        f"of those without a badge: {_share(outcome.others_in_top)}."
    )
    if outcome.contradicted_share is not None:
        click.echo(
            f"Of {outcome.contradicted:,} frequent sharers ({outcome.contradicted_share:.1%}) the team said “not a "
            "person” or “wrong person”."
        )


def _drift(drift: Drift) -> str:
    if drift.usual is None:
        return f"Too early to tell whether that is less than usual: {drift.months} earlier months, of 3 needed."
    expected = f"{drift.usual.low:.0%}–{drift.usual.high:.0%} was to be expected from {drift.months} earlier months"
    return f"{'Below what is usual' if drift.is_below else 'As usual'}: {expected}."


def _share(figure: Figure | None) -> str:
    return "too few" if figure is None else f"{figure.value:.0%} ({figure.low:.0%}–{figure.high:.0%})"


@report.command()
@click.option(
    "--days", type=click.IntRange(1, 396), default=90, show_default=True, help="Cases opened in so many days."
)
@brand_option
@json_option
@installed
def fairness(context: Context, *, days: int, brand: str | None, as_json: bool) -> None:
    """Compare how soon people are answered, by reach, badge, language and platform, and name who waits much longer.

    Open cases count as waiting on. Exits with 3 while it is too early to tell.
    """
    from responder.cases.fairness import LEAST_AUTHORS, MEASURED
    from responder.cases.fairness import fairness as measured

    brand_id = brand_id_of(context, brand)
    with context.database.reading() as session:
        found = measured(session, brand_id=brand_id, days=days, now=context.clock())
    if found is None:
        raise TooEarly(f"Fewer than {LEAST_AUTHORS} people had a case in {days} days.")
    if as_json:
        print_json({"measured": MEASURED, **asdict(found)})
        return
    click.echo(f"Cases opened in {days} days, {MEASURED}; open ones count as waiting on:")
    click.echo(_WAITED.format("", "cases", "authors", "waiting", "half by", "nine in ten", "in promise"))
    _print_waits("all", found.everybody)
    for dimension, named in found.groups.items():
        click.echo(dimension + _left_out(found, dimension))
        for name, waits in named.items():
            _print_waits(f"  {name}", waits)
    click.echo(_longest(found.longest))
    for sentence in found.warnings or ("No group waits much longer than all.",):
        click.echo(sentence)


@report.command()
@click.option(
    "--days", type=click.IntRange(1, 396), default=90, show_default=True, help="Cases opened in so many days."
)
@brand_option
@json_option
@installed
def judgements(context: Context, *, days: int, brand: str | None, as_json: bool) -> None:
    """Tell of how many cases the team said: not ours, not unhappy, not a person, wrong person.

    The fewer, the better the watches, the opinions and the badges. Exits with 3 while there are fewer than ten cases.
    """
    from responder.learning.contradicted import contradicted

    brand_id = brand_id_of(context, brand)
    with context.database.reading() as session:
        found = contradicted(session, brand_id=brand_id, since=context.clock() - timedelta(days=days))
    if not found:
        raise TooEarly(f"Fewer than ten cases were opened in the last {days} days.")
    if as_json:
        print_json({"days": days, "cases": {name: asdict(each) for name, each in found.items()}})
        return
    click.echo(f"Of the cases opened in the last {days} days the team said, with 95 % intervals:")
    click.echo(_JUDGED.format("", "cases", *(kind.replace("_", " ") for kind in found["all"].said)))
    for name, each in found.items():
        shares = (f"{share.value:.1%} ({share.low:.1%}–{share.high:.1%})" for share in each.said.values())
        click.echo(_JUDGED.format(name[:12], f"{each.cases:,}", *shares))


def _print_waits(name: str, waits: Waits) -> None:
    kept = "–" if waits.within_promise is None else f"{waits.within_promise:.0%}"
    spans = (_lasting(waits.median), _lasting(waits.ninetieth))
    click.echo(_WAITED.format(name[:22], f"{waits.cases:,}", f"{waits.authors:,}", f"{waits.waiting:,}", *spans, kept))


def _left_out(found: Fairness, dimension: str) -> str:
    number = found.left_out[dimension]
    return f" ({number} with fewer than ten people not told apart)" if number else ""


def _longest(longest: LongestWait) -> str:
    seen = f"The longest wait seen is {_lasting(longest.seen)}. "
    if longest.guaranteed is None:
        return seen + "Nobody took up a case in 28 days, so no longest wait can be guaranteed."
    return seen + (
        f"At {longest.picks_a_day:.1f} cases taken up a day and {longest.open:,} open, the fair slot guarantees that a "
        f"case opened now is taken up within {_lasting(longest.guaranteed.newest)}"
        + ("" if longest.guaranteed.open is None else f", and none open now after {_lasting(longest.guaranteed.open)}")
        + "."
    )


def _lasting(minutes: float | None) -> str:
    from responder.cases.waiting import in_words

    return "not yet" if minutes is None else in_words(minutes)
