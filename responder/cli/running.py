"""Commands that run or prepare an installation: worker, collect, migrate."""

from __future__ import annotations

import click

from responder import worker as worker_process
from responder.accounts.watches import get_watch
from responder.cli.ends import NOTHING_DONE
from responder.cli.installation import brand_id_of, brand_option, installed
from responder.context import Context
from responder.db import schema_revision
from responder.intake.collect import collect_due
from responder.intake.scoring import is_anything_waiting, score_waiting
from responder.jobs.job import Lane
from responder.runtime import equip
from responder.settings import Settings

LANES = click.Choice([lane.value for lane in Lane])


@click.command()
@click.option("--lane", "lanes", multiple=True, type=LANES, help="Only these lanes (cluster runner). Default: all.")
@click.option("--beat/--no-beat", default=True, help="Whether this worker wakes the jobs too (cluster: exactly one).")
@click.option("--supervisor", type=int, hidden=True, help="End with this process, which started the worker.")
@click.pass_obj
def worker(settings: Settings, *, lanes: tuple[str, ...], beat: bool, supervisor: int | None) -> None:
    """Collect, score and alert until interrupted. `serve` starts one by itself."""
    chosen = tuple(Lane(lane) for lane in lanes) or tuple(Lane)
    worker_process.run(settings, lanes=chosen, beat=beat, supervisor=supervisor)


@click.command()
@installed
def migrate(context: Context) -> None:
    """Bring the database to the newest schema."""
    click.echo(f"The database is at {schema_revision(context.database)}.")


@click.command()
@click.option("--watch", help="Only the sources of this watch.")
@click.option("--once", is_flag=True, help="Read what is due now and score it, then end. With --watch always.")
@brand_option
@installed
def collect(context: Context, *, watch: str | None, once: bool, brand: str | None) -> None:
    """Read the sources that are due and score what they bring; with --once, one round of it."""
    if not once and watch is None:
        worker_process.run(context.settings)
        return
    watch_id = None if watch is None else _watch_id(context, watch, brand)
    equipment = equip(context)
    try:
        pages = scored = 0
        while found := collect_due(context, equipment.sources, watch_id=watch_id):
            pages += found
        while is_anything_waiting(context):
            scored += score_waiting(context, equipment.scorer, batch=context.settings.scoring_batch)
    finally:
        equipment.close()
    click.echo(f"{pages} pages read, {scored} mentions scored.")
    if not pages and not scored:
        raise SystemExit(NOTHING_DONE)


def _watch_id(context: Context, name: str, brand: str | None) -> int:
    brand_id = brand_id_of(context, brand)
    with context.database.reading() as session:
        return get_watch(session, brand_id=brand_id, name=name).id
