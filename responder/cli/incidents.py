"""The command that lists incidents."""

from __future__ import annotations

from typing import Any

import click

from responder.cli.ends import NOTHING_DONE
from responder.cli.installation import brand_id_of, brand_option, installed, json_option, print_json
from responder.context import Context
from responder.incidents.reading import IncidentRow, list_incidents

_TABLE = "{:>5}  {:>6}  {:>6}  {:<9}  {:<20}  {}"


@click.command()
@click.option("--closed", is_flag=True, help="Those that are over instead.")
@brand_option
@json_option
@installed
def incidents(context: Context, *, closed: bool, brand: str | None, as_json: bool) -> None:
    """List the open incidents: alike complaints of several people, outbreaks first, then the largest."""
    brand_id = brand_id_of(context, brand)
    with context.database.reading() as session:
        rows = list_incidents(session, brand_id=brand_id, now=context.clock(), closed=closed)
    if as_json:
        print_json([_plain(row) for row in rows])
        return
    if not rows:
        click.echo("No incident is over yet." if closed else "No incident is open.", err=True)
        raise SystemExit(NOTHING_DONE)
    click.echo(_TABLE.format("id", "voices", "24 h", "outbreak", "sources", "what"))
    for row in rows:
        click.echo(_line(row))


def _line(row: IncidentRow) -> str:
    held = row.incident
    what = " ".join((held.title or row.words or "(deleted at the source)").split())
    outbreak = "yes" if held.outbreak_at else "no"
    return _TABLE.format(held.id, held.voices, row.last_day, outbreak, ", ".join(held.sources)[:20], what[:90])


def _plain(row: IncidentRow) -> dict[str, Any]:
    held = row.incident
    instants = ("opened_at", "last_at", "closed_at", "outbreak_at", "approved_at")
    return {
        "id": held.id,
        "title": held.title,
        "words": row.words,
        "voices": held.voices,
        "cases": held.case_count,
        "open_cases": row.open_cases,
        "last_day": row.last_day,
        "day_before": row.day_before,
        "sources": held.sources,
        "lead_mention_id": held.lead_mention_id,
        **{name: None if (at := getattr(held, name)) is None else at.isoformat() for name in instants},
    }
