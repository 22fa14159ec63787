"""The command that teaches the model a team's own corrections."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from responder.cli.installation import brand_id_of, brand_option, installed
from responder.context import Context
from responder.learning.gold import GoldRow, gold_rows
from sentiment import LABELS, SHIPPED_MODEL

if TYPE_CHECKING:  # takes scipy, which asking for help can do without
    from sentiment.training.adapt import Lesson


@click.command()
@click.option(
    "--to", "target", type=click.Path(path_type=Path), required=True, help="Folder to write; must not be there yet."
)
@brand_option
@installed
def adapt(context: Context, *, target: Path, brand: str | None) -> None:
    """Teach the model a brand's corrections: its head and temperatures, not the network. Takes seconds.

    A third of the corrections is left out, so that the new model can be judged by it before it is let in.
    """
    from sentiment.training.adapt import adapt as taught

    with context.database.reading() as session:
        rows = gold_rows(session, brand_id_of(context, brand))
    source = Path(context.settings.sentiment_model or SHIPPED_MODEL)
    made = taught(source, [_lesson(row) for row in rows if not row.is_for_judging], target)
    click.echo(f"{made.title} was taught by {made.lessons:,} corrections and lies in {target}.")
    if made.penalty is None:
        click.echo("No new head was better on corrections held out, so only its temperatures changed.")
    else:
        click.echo(f"Mean log-likelihood on corrections held out: {made.before:.3f} before, {made.after:.3f} after.")
    click.echo(
        f"To let it score if it is not worse: set EARSHOT_SENTIMENT_MODEL={target}, then earshot model activate."
    )


def _lesson(row: GoldRow) -> Lesson:
    from sentiment.training.adapt import Lesson

    return Lesson(text=row.text, label=LABELS.index(row.label), language=row.language)
