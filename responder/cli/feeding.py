"""Commands that bring mentions in: import and the demo."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from sqlalchemy import select

from listeners import files
from listeners.mentions import Mention
from listeners.pages import Fault
from responder import demo as demo_texts
from responder.accounts.watches import MAX_NAME, add_watch, get_watch
from responder.cli.ends import FAILED, NOTHING_DONE
from responder.cli.installation import brand_id_of, brand_option, installed, json_option, print_json, progress
from responder.context import Context
from responder.errors import Invalid
from responder.intake.imports import MAX_FAULTS, Imported, import_mentions
from responder.intake.scoring import is_anything_waiting, score_waiting
from responder.intake.stock import take_stock
from responder.learning.active_scorer import in_this_process
from responder.models import Watch

_FAULTS_TOLD = 20


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--source", required=True, help="Label kept as the rows' source, such as reviews.")
@click.option("--map", "pairs", multiple=True, metavar="THEIRS=OURS", help="Read the file's column THEIRS as OURS.")
@click.option("--format", "kind", type=click.Choice(["csv", "jsonl"]), help="Default: by the file's name.")
@click.option("--watch", help="Watch the rows belong to. Default: one named after the file.")
@click.option("--timezone", "zone", help="IANA zone of times that name none, such as Europe/Athens.")
@click.option("--dry-run", is_flag=True, help="Tell what would happen; store nothing.")
@click.option("--no-score", is_flag=True, help="Only store; the worker scores later.")
@brand_option
@json_option
@installed
def import_file(
    context: Context,
    *,
    file: Path,
    source: str,
    pairs: tuple[str, ...],
    kind: files.Format | None,
    watch: str | None,
    zone: str | None,
    dry_run: bool,
    no_score: bool,
    brand: str | None,
    as_json: bool,
) -> None:
    """Import a CSV or JSONL FILE (.gz too). Returns when its rows are stored, scored and in cases."""
    try:
        items = files.read(
            file,
            source=source,
            format=kind,
            column_map=_column_map(pairs),
            timezone=_zone(zone),
            now=context.clock(),
        )
        first = list(islice(items, 1))
    except ValueError as error:
        raise Invalid(str(error)) from error
    arriving = _chained(first, items)
    if dry_run:
        imported = _looked_at(arriving)
    else:
        brand_id = brand_id_of(context, brand)
        watch_id = _watch_id(context, brand_id, watch, file)
        with progress("Storing") as advance:
            imported = import_mentions(context, arriving, brand_id=brand_id, watch_id=watch_id, progress=advance)
    scored = 0 if dry_run or no_score else score_everything(context)
    _tell(imported, scored, dry_run=dry_run, as_json=as_json)


def score_everything(context: Context) -> int:
    """Score whatever waits, in this process, place its authors, and return how many got an opinion."""
    scorer = in_this_process(context, by="the command line")
    scored = 0
    with progress("Scoring") as advance:
        # A batch may come to nothing because a worker scored it meanwhile, and more may wait behind it.
        while is_anything_waiting(context):
            done = score_waiting(context, scorer, batch=context.settings.scoring_batch)
            scored += done
            advance(done)
    if scored:
        take_stock(context)
    return scored


def _column_map(pairs: Sequence[str]) -> dict[str, str]:
    """Read THEIRS=OURS pairs into ours → theirs."""
    faults = [f"--map {pair}: write THEIRS=OURS, such as --map body=text" for pair in pairs if "=" not in pair]
    if faults:
        raise Invalid(*faults)
    return {ours.strip(): theirs.strip() for theirs, _, ours in (pair.rpartition("=") for pair in pairs)}


def _zone(name: str | None) -> ZoneInfo | None:
    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise Invalid(f"--timezone {name}: not an IANA time zone; example: Europe/Athens") from error


def _chained(first: Sequence[Mention | Fault], rest: Iterator[Mention | Fault]) -> Iterator[Mention | Fault]:
    yield from first
    yield from rest


def _looked_at(items: Iterator[Mention | Fault]) -> Imported:
    """Count what an import would store, as if nothing of it were known yet."""
    imported = Imported()
    for item in items:
        if isinstance(item, Fault):
            imported.faulty += 1
            imported.faults += [item][: MAX_FAULTS - len(imported.faults)]
        else:
            imported.stored.new += 1
    return imported


def _watch_id(context: Context, brand_id: int, name: str | None, file: Path) -> int:
    """Return the named watch, or the one that files of this name belong to, making it the first time."""
    with context.database.writing() as session:
        if name is not None:
            return get_watch(session, brand_id=brand_id, name=name).id
        called = _name_for(file)
        known = session.scalar(select(Watch.id).where(Watch.brand_id == brand_id, Watch.name == called))
        if known is not None:
            return known
        made = add_watch(session, brand_id=brand_id, name=called, query=None, connections=(), now=context.clock())
        return made.id


def _name_for(file: Path) -> str:
    """Return a file's name as a watch can have it: files may be called anything."""
    printable = "".join(letter if letter.isprintable() else " " for letter in file.name)
    return " ".join(printable.split())[:MAX_NAME].rstrip() or "import"


def _tell(imported: Imported, scored: int, *, dry_run: bool, as_json: bool) -> None:
    stored = imported.stored
    faults = [{"where": fault.where, "why": fault.why} for fault in imported.faults]
    if as_json:
        counts = {"new": stored.new, "changed": stored.changed, "repeated": stored.repeated, "scored": scored}
        print_json({**counts, "faulty": imported.faulty, "faults": faults, "dry_run": dry_run})
    else:
        for fault in faults[:_FAULTS_TOLD]:
            click.echo(f"{fault['where']}: {fault['why']}", err=True)
        if imported.faulty > _FAULTS_TOLD:
            click.echo(f"… and {imported.faulty - _FAULTS_TOLD} more rows that could not be read.", err=True)
        would = "would be stored" if dry_run else "stored"
        click.echo(
            f"{stored.new} {would}, {stored.changed} changed, {stored.repeated} known already, "
            f"{imported.faulty} could not be read, {scored} scored."
        )
    kept = stored.new + stored.changed + stored.repeated
    if not kept:
        raise SystemExit(FAILED if imported.faulty else NOTHING_DONE)


@click.command()
@click.option("--remove", is_flag=True, help="Remove the demo again, with its cases and figures.")
@brand_option
@installed
def demo(context: Context, *, remove: bool, brand: str | None) -> None:
    """Fill the queue with an invented brand's fortnight, or remove it."""
    brand_id = brand_id_of(context, brand)
    if remove:
        click.echo(f"{demo_texts.remove(context, brand_id=brand_id)} mentions removed.")
        return
    loaded = demo_texts.load(context, brand_id=brand_id)
    score_everything(context)
    click.echo(f"{loaded} mentions stored and scored. Remove them with: earshot demo --remove")
