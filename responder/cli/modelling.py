"""Commands about the sentiment model itself: how good it is, and making another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from responder.cli.adapting import adapt
from responder.cli.ends import FAILED
from responder.cli.installation import brand_option, json_option, print_json, progress
from responder.cli.learning import activate, evaluate_gold, gold
from responder.errors import Invalid
from responder.intake.scorers import scorer_of
from responder.settings import Settings
from sentiment import LABELS, ModelUnusable

if TYPE_CHECKING:  # reading these takes numpy, which asking for help can do without
    from sentiment.judging.report import Evaluation, Group
    from sentiment.judging.tally import Interval, Measured

_FILE = click.Path(exists=True, path_type=Path)
_FOLDER = click.Path(file_okay=False, path_type=Path)
_FIGURES = {
    "macro_recall": "macro-recall",
    "macro_f1": "macro-F1",
    "accuracy": "accuracy",
    "calibration_error": "ECE",
    "coverage": "coverage",
    "accuracy_at_floor": "right when sure",
}
_MEASURED = "{:<6} {:<34} {:>7} {:>6}" + "  {:<16}" * len(_FIGURES)
_CONFUSED = "{:>24}" + " {:>12}" * len(LABELS)
_COMPARED = "{:<6} {:<34} {:>6} {:>9} {:>7} {:>11} {:>6} {:>12}  {}"
_TRAINED = "{:<6} {:<34} {:>6} {:>12} {:>8} {:>5}"
_UNKNOWN = "–"


@click.group()
def model() -> None:
    """Judge the sentiment model, or train another."""


@model.command()
@click.argument("file", type=_FILE, required=False)
@click.option("--gold", "on_gold", is_flag=True, help="Judge by the corrections of the team instead of a FILE.")
@brand_option
@click.option("--train", type=_FILE, help="Labelled rows, a file or folder, to train the TF-IDF baseline on.")
@click.option(
    "--half",
    type=click.Choice(["tuning", "reporting", "all"]),
    default="all",
    show_default=True,
    help="Which half of FILE: training tunes on one and never sees the other.",
)
@click.option(
    "--model",
    "name",
    help="Folder, or owner/name@<40-digit commit> on the hub. Default: EARSHOT_SENTIMENT_MODEL, or the shipped.",
)
@click.option("--claims/--no-claims", help="Tell the model each row's language, as platforms do. Default: do not.")
@click.option("--confusion", is_flag=True, help="Print also how often each label was taken for which.")
@click.option("--require-better", is_flag=True, help="End with 1 where the model is not better than TF-IDF.")
@json_option
@click.pass_obj
def evaluate(
    settings: Settings,
    *,
    file: Path | None,
    on_gold: bool,
    brand: str | None,
    train: Path | None,
    half: str,
    name: str | None,
    claims: bool,
    confusion: bool,
    require_better: bool,
    as_json: bool,
) -> None:
    """Score the labelled rows of FILE and print how good the opinions are, with 95 % intervals, beside baselines.

    FILE is a CSV file (.gz too), or a folder of them, with the columns id, text, label, lang, set, classes, licence.
    """
    if on_gold:
        evaluate_gold(brand=brand, as_json=as_json)
        return
    file = _named(file, train, require_better=require_better)
    # Imported here: scoring a text or asking for help should wait neither for these nor for numpy.
    from sentiment.judging import baselines, report
    from sentiment.judging.rows import as_written, judged_half, unseen
    from sentiment.training.rows import UnreadableRows, read_rows

    scorer = scorer_of(settings, name)
    try:
        half_of_them, taught = judged_half(read_rows(file), half), read_rows(train) if train else []
        rows = unseen(half_of_them, taught)
        written = as_written(rows, file)
    except UnreadableRows as error:
        raise Invalid(str(error)) from error
    if len(rows) < len(half_of_them):
        click.echo(f"{len(half_of_them) - len(rows):,} rows left out: their texts stand in {train} too.", err=True)
    if not rows:
        raise Invalid(f"{file}: no row is left to judge by; choose another --half, or rows that --train does not hold")
    tfidf = None
    if taught:
        with progress("Training TF-IDF", unit="text") as advance:
            tfidf = baselines.tfidf(taught, rows, on_done=advance)
    with progress("Scoring", unit="text") as advance:
        evaluation = report.evaluate(written, scorer, claims=claims, tfidf=tfidf, on_scored=advance)
    if as_json:
        print_json({**asdict(evaluation), "labels": LABELS})
    else:
        for line in _lines(evaluation, confusion=confusion):
            click.echo(line)
    if require_better and not evaluation.holds:
        raise SystemExit(FAILED)


def _named(file: Path | None, train: Path | None, *, require_better: bool) -> Path:
    if file is None:
        raise Invalid("name a FILE of labelled rows, or judge by the team's corrections with --gold.")
    if require_better and train is None:
        raise Invalid("--require-better compares with TF-IDF: name the rows to train that on with --train.")
    return file


@model.command()
@click.argument("rows", type=_FILE)
@click.option("--dev", type=_FILE, required=True, help="Rows to calibrate on (half of them) and to measure on.")
@click.option("--to", "folder", type=_FOLDER, required=True, help="Where the model is written.")
@click.option("--complaints", type=_FILE, help="CSV of text and complaint (0 or 1), to tell complaints by.")
@click.option("--licence", help="Train only on rows of this licence, such as stated.")
@click.option("--seed", type=int, help="Another seed makes another model as good. Default: that of the shipped one.")
@click.option("--name", help="Stored beside every opinion. Default: the folder's name.")
@click.option("--version", default="1", show_default=True, help="Stored beside every opinion.")
@click.option("--work", type=_FOLDER, help="Where each stage is kept. Default: FOLDER.work beside the model.")
@click.option(
    "--encoder", type=_FOLDER, help="Encoder to start from, saved by transformers. Default: all-MiniLM-L6-v2."
)
@click.option(
    "--pieces", type=_FILE, help="A tokenizer.json whose pieces to take. Default: they are found in the rows."
)
@json_option
def train(
    *,
    rows: Path,
    dev: Path,
    folder: Path,
    complaints: Path | None,
    licence: str | None,
    seed: int | None,
    name: str | None,
    version: str,
    work: Path | None,
    encoder: Path | None,
    pieces: Path | None,
    as_json: bool,
) -> None:
    """Train a model on the labelled ROWS, a CSV file or a folder of them, as the shipped one was. This takes hours.

    After an interruption the same command goes on from where it stopped.
    """
    try:
        from sentiment.training.recipe import Recipe, train_model
        from sentiment.training.rows import UnreadableRows
    except ImportError as error:
        raise ModelUnusable(f"{error}: training needs more, pip install -r requirements-train.txt") from error
    recipe = Recipe(name=name or folder.name, version=version, licence=licence)
    if seed is not None:
        stages = {stage: replace(getattr(recipe, stage), seed=seed) for stage in ("masked", "mixture", "plan")}
        recipe = replace(recipe, **stages)
    work = work or folder.with_name(f"{folder.name}.work")
    try:
        figures = train_model(
            rows, dev, folder, work=work, complaints=complaints, recipe=recipe, encoder=encoder, pieces=pieces
        )
    except UnreadableRows as error:
        raise Invalid(str(error)) from error
    if as_json:
        print_json({"folder": str(folder), "figures": [asdict(each) for each in figures]})
        return
    click.echo(f"{recipe.name} {recipe.version} is in {folder}, with its card. On the half of {dev.name} kept apart:")
    click.echo(_TRAINED.format("lang", "set", "rows", "macro-recall", "macro-F1", "ECE"))
    for each in figures:
        measured = map(_number, (each.macro_recall, each.macro_f1, each.calibration_error))
        click.echo(_TRAINED.format(each.language, each.set, f"{each.rows:,}", *measured))


def _lines(evaluation: Evaluation, *, confusion: bool) -> Iterator[str]:
    yield f"{evaluation.model} on {evaluation.groups[-1].rows:,} rows, with 95 % intervals"
    yield _MEASURED.format("lang", "set", "classes", "rows", *_FIGURES.values()).rstrip()
    for group in evaluation.groups:
        told = (_with_interval(group.model.figures[name]) for name in _FIGURES)
        yield _MEASURED.format(group.language, group.set, group.classes or "2, 3", f"{group.rows:,}", *told).rstrip()
        if confusion:
            yield from _confusion(group.model)
    yield ""
    yield "Against the baselines, by macro-F1 (English: by macro-recall)"
    yield _COMPARED.format("lang", "set", "model", "majority", "TF-IDF", "difference", "s.e.", "P(better)", "")
    for group in evaluation.groups:
        yield _compared(group).rstrip()
    yield _ENDINGS[evaluation.holds]


_ENDINGS = {
    None: "TF-IDF is not shown: name the rows to train it on with --train.",
    True: "No set is below TF-IDF by more than one standard error, and every language is better.",
    False: "Not everything is better than TF-IDF: see the remarks in the last column.",
}


def _confusion(measured: Measured) -> Iterator[str]:
    yield _CONFUSED.format("true label", *(f"as {label}" for label in LABELS))
    for label, counts in zip(LABELS, measured.confusion, strict=True):
        yield _CONFUSED.format(label, *(f"{count:,}" for count in counts))


def _compared(group: Group) -> str:
    from sentiment.judging.comparison import figure_of

    figure = figure_of(group.language)
    all_three = (group.model, group.majority, group.tfidf)
    told = [_number(each.figures[figure].value) if each else _UNKNOWN for each in all_three]
    found = group.against_tfidf
    if found is None:
        return _COMPARED.format(group.language, group.set, *told, *[_UNKNOWN] * 3, "")
    told += [f"{found.difference:+.3f}", _number(found.standard_error), _number(found.probability)]
    return _COMPARED.format(group.language, group.set, *told, _remark(group))


def _remark(group: Group) -> str:
    """Return what falls short of being better than TF-IDF: sets and languages are held to different rules."""
    found = group.against_tfidf
    if found is None:
        return ""
    if group.set == "all":
        return "" if found.better else "not surely better"
    return "below by more than one s.e." if found.below else ""


def _with_interval(figure: Interval) -> str:
    return (
        _number(figure.value)
        if figure.value is None
        else f"{_number(figure.value)} {_number(figure.low)}–{_number(figure.high)}"
    )


def _number(value: float | None) -> str:
    return _UNKNOWN if value is None else f"{value:.3f}".removeprefix("0")


for _command in (activate, adapt, gold):
    model.add_command(_command)
