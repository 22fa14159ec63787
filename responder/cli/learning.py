"""Commands about gold: how much there is, how good the model is on it, and letting a new model in.

`gold` and `activate` belong to the group `model`; `evaluate_gold` is what `model evaluate --gold` calls.
"""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from listeners.capabilities import Training
from responder.cli.ends import NOTHING_DONE
from responder.cli.installation import brand_id_of, brand_option, installed, json_option, print_json, progress
from responder.context import Context
from responder.errors import Invalid, NotAllowed
from responder.learning import terms
from responder.learning.activation import Outcome, decide, mend
from responder.learning.active_scorer import Before, close, opener
from responder.learning.gold import GoldCount, GoldRow, count_gold, gold_rows, judged_by
from sentiment import LABELS

if TYPE_CHECKING:
    from sentiment.judging.tally import Interval
    from sentiment.training.rows import Row

_FIGURES = {
    "accuracy": "accuracy",
    "macro_recall": "macro-recall",
    "macro_f1": "macro-F1",
    "coverage": "coverage",
    "accuracy_at_floor": "right when sure",
}
_MEASURED = "{:<5} {:<16} {:>6}" + "  {:<17}" * len(_FIGURES)


@click.command()
@click.option("--force", metavar="NAME", help="Let in the model of this name, as printed, although it is worse.")
@json_option
@installed
def activate(context: Context, *, force: str | None, as_json: bool) -> None:
    """Compare the model EARSHOT_SENTIMENT_MODEL names with the one before on gold, and let it score if it is not worse.

    A worker does the same with the first text it scores; this shows the figures before, and --force overrides them.
    """
    setting, open_model = context.settings.sentiment_model, opener(context)
    candidate = open_model(setting)
    if force is not None and force != candidate.model:
        raise Invalid(f"--force {force}: EARSHOT_SENTIMENT_MODEL names {candidate.model!r}; write exactly that name.")
    before = Before(open_model, setting)
    decision = decide(context, candidate, setting=setting, open_before=before.open, by=_who(), force=force is not None)
    close(before.opened)
    close(candidate)
    if as_json:
        verdicts = {name: {**asdict(verdict), "words": verdict.words} for name, verdict in decision.verdicts.items()}
        print_json(
            {
                "model": decision.model,
                "replaced": decision.replaced,
                "outcome": decision.outcome,
                "may_score": decision.may_score,
                "verdicts": verdicts,
            }
        )
    else:
        click.echo(decision.words)
    if not decision.may_score:
        raise NotAllowed(mend(decision.model))
    if decision.outcome is Outcome.ACTIVE:
        raise SystemExit(NOTHING_DONE)


@click.command()
@click.option("--allow", metavar="SOURCE", help="State that the terms of this source allow training on its posts.")
@click.option("--forbid", metavar="SOURCE", help="Take such a statement back.")
@brand_option
@json_option
@installed
def gold(context: Context, *, allow: str | None, forbid: str | None, brand: str | None, as_json: bool) -> None:
    """Count the corrections a model may learn from, and those left out, with the reason."""
    brand_id = brand_id_of(context, brand)
    with context.database.writing() as session:
        if allow is not None:
            terms.permit(session, brand_id=brand_id, source=allow, by=_who(), now=context.clock())
        if forbid is not None:
            terms.revoke(session, brand_id=brand_id, source=forbid)
        count = count_gold(session, brand_id)
    if as_json:
        print_json(asdict(count))
    else:
        _tell_count(count)


@installed
def evaluate_gold(context: Context, *, brand: str | None, as_json: bool) -> None:
    """Print how good the model that the settings name is on a brand's gold. Ends with 3 when there is none.

    To be called inside a command, without the context: that is made from the settings the command was given.
    """
    # Imported here: it takes numpy, which the other commands can do without.
    from sentiment.judging.report import evaluate

    brand_id = brand_id_of(context, brand)
    with context.database.reading() as session:
        all_rows, count = gold_rows(session, brand_id), count_gold(session, brand_id)
    scorer = context.make_scorer()
    rows = judged_by(all_rows, scorer.model)
    if not rows:
        click.echo("There is no gold yet: correct or confirm opinions on the page of a case.", err=True)
        _tell_count(count, err=True)
        raise SystemExit(NOTHING_DONE)
    with progress("Scoring", unit="text") as advance:
        evaluation = evaluate(_labelled(rows), scorer, claims=True, on_scored=advance)
    if as_json:
        print_json({"gold": asdict(count), **asdict(evaluation), "labels": LABELS})
        return
    click.echo(f"{evaluation.model} on gold, with 95 % intervals")
    click.echo(_MEASURED.format("lang", "source", "rows", *_FIGURES.values()).rstrip())
    for group in evaluation.groups:
        told = (_shown(group.model.figures[name]) for name in _FIGURES)
        click.echo(_MEASURED.format(group.language, group.set, group.rows, *told).rstrip())
    if len(rows) < len(all_rows):
        click.echo("This model was taught by gold: it is judged by the third that it was not shown.")
    _tell_count(count)


def _labelled(rows: Sequence[GoldRow]) -> list[Row]:
    """Return gold as labelled rows are read from files; the set is the source."""
    from sentiment.training.rows import Row

    return [
        Row(
            id=str(row.mention_id),
            text=row.text,
            label=LABELS.index(row.label),
            language=row.language,
            set=row.source,
            classes=len(LABELS),
            licence="gold",
        )
        for row in rows
    ]


def _shown(figure: Interval) -> str:
    return "–" if figure.value is None else f"{figure.value:.3f} {figure.low:.3f}–{figure.high:.3f}"


def _tell_count(count: GoldCount, *, err: bool = False) -> None:
    click.echo(f"{count.rows} gold rows, {count.confirmed} of them confirm what the model said.", err=err)
    for source, number in sorted(count.forbidden.items()):
        why = "its terms forbid training"
        if terms.declared(source) is not Training.FORBIDDEN:
            why = f"nobody has stated that its terms allow training: earshot model gold --allow {source}"
        click.echo(f"{number} from {source} left out: {why}.", err=err)
    for number, why in ((count.edited, "edited"), (count.deleted, "deleted")):
        if number:
            click.echo(f"{number} left out: {why} at the source since.", err=err)


def _who() -> str:
    try:
        return f"{getpass.getuser()} (command line)"
    except (KeyError, OSError):  # a container may run as a user without a name
        return "the command line"
