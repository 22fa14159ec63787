"""Commands that answer questions: count, queue, score."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO
from zoneinfo import ZoneInfo

import click
from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from responder.cli.ends import FAILED, NOTHING_DONE
from responder.cli.installation import brand_id_of, brand_option, installed, json_option, print_json
from responder.cli.lines import LINES_AT_ONCE, read_item, written
from responder.context import Context
from responder.intake.scorers import scorer_of
from responder.models import Alert, Case, Mention, Reply
from responder.settings import Settings
from sentiment import Opinion, Scorer
from sentiment.opinions import INTENTS

if TYPE_CHECKING:  # ranking takes numpy, which asking for help can do without
    from responder.cases.rows import QueueRow

_PAGE = 200
_SHOWN_FIELDS = (
    "rank", "case_id", "band", "priority", "reasons", "source", "external_id", "text", "label", "p_negative",
    "sharer", "promised_by", "eligible", "abstained", "confidence", "language", "url", "created_at", "opened_at",
    "mention_count", "followers", "intent", "intent_confidence", "intensity", "badge", "promise_class", "danger",
    "incident_id", "telling_confidence", "telling_as_of",
)  # fmt: skip
_TABLE = "{:>4}  {:>3}  {:<10}  {:<12}  {:<9}  {}"
_INDENT = " " * 11
_DECIDING = ("safety", "turn")
"""Parts that decide a place whatever the priority."""

_LARGEST = 3
"""Parts told of under each line."""


@click.command()
@json_option
@installed
def count(context: Context, *, as_json: bool) -> None:
    """Count what is stored: mentions, how many are scored, what they want, cases, replies and alerts by state."""
    with context.database.reading() as session:
        # Revision 0 only remembers that something we never met was deleted.
        by_intent = (func.count().filter(Mention.intent == intent.value) for intent in INTENTS)
        mentions, scored, *wanting = session.execute(
            select(func.count(), func.count(Mention.scored_at), *by_intent).where(Mention.revision > 0)
        ).one()
        cases, replies, alerts = (_by_state(session, column) for column in (Case.state, Reply.state, Alert.state))
    intents = {intent.value: number for intent, number in zip(INTENTS, wanting, strict=True) if number}
    counted = {
        "mentions": mentions,
        "scored": scored,
        "intents": intents,
        "cases": cases,
        "replies": replies,
        "alerts": alerts,
    }
    if as_json:
        print_json(counted)
        return
    for name, value in counted.items():
        by_state = (
            ", ".join(f"{n:,} {state}" for state, n in value.items()) if isinstance(value, dict) else f"{value:,}"
        )
        click.echo(f"{name:<9} {by_state or 'none'}")


def _by_state(session: Session, state: InstrumentedAttribute[str]) -> dict[str, int]:
    found = session.execute(select(state, func.count()).group_by(state))
    return {row[0]: row[1] for row in found}


@click.command()
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="How many cases.")
@click.option("--format", "form", type=click.Choice(["table", "jsonl"]), default="table", show_default=True)
@click.option("--missed", is_flag=True, help="Only those to whom a promise was not kept: they are owed an apology.")
@brand_option
@installed
def queue(context: Context, *, limit: int, form: str, missed: bool, brand: str | None) -> None:
    """Print the open cases in the order they should be answered, with the reasons."""
    brand_id = brand_id_of(context, brand)
    shown = 0
    if form == "table":
        click.echo(_TABLE.format("rank", "pts", "band", "source", "opinion", "text"))
    for row in islice(_rows(context, brand_id, missed=missed or None), limit):
        shown += 1
        click.echo(_lines(row) if form == "table" else json.dumps(_plain(row), ensure_ascii=False))
    if not shown:
        click.echo("No case is open.", err=True)
        raise SystemExit(NOTHING_DONE)


def _rows(context: Context, brand_id: int, *, missed: bool | None) -> Iterator[QueueRow]:
    from responder.cases.queue import Filters, list_open

    filters = Filters(missed=missed)
    now, zone = context.clock(), ZoneInfo(context.settings.timezone)
    after: str | None = None
    while True:
        with context.database.reading() as session:
            page = list_open(
                session,
                brand_id=brand_id,
                filters=filters,
                after=after,
                limit=_PAGE,
                now=now,
                zone=zone,
                is_live=True,
            )
        yield from page.rows
        after = page.next
        if after is None:
            return


def _lines(row: QueueRow) -> str:
    """Return a case's line, and under it what weighs most in its place."""
    opinion = "unsure" if row.abstained else row.label or "–"
    text = " ".join((row.text or "(deleted at the source)").split())
    band = row.band.replace("_", " ")
    line = _TABLE.format(row.rank, row.priority, band, row.source[:12], opinion, text[:90])
    return f"{line}\n{_INDENT}{_why(row)}"


def _why(row: QueueRow) -> str:
    """Say what decides the place, if the priority does not, and the largest parts of the priority with their points."""
    decides = [reason.words for reason in row.reasons if reason.part in _DECIDING]
    others = [reason for reason in row.reasons if reason.part not in (*_DECIDING, "typical") and reason.points]
    largest = sorted(others, key=lambda reason: -abs(reason.points))[:_LARGEST]
    return " · ".join((*decides, *(f"{reason.points:+} {reason.words}" for reason in largest))) or "as usual in all"


def _plain(row: QueueRow) -> dict[str, Any]:
    values = {name: value for name, value in asdict(row).items() if name in _SHOWN_FIELDS}
    return {
        name: values[name].isoformat() if isinstance(values[name], datetime) else values[name] for name in _SHOWN_FIELDS
    }


@click.command()
@click.argument("file", type=click.File("rb"), default="-")
@click.option(
    "--model",
    help="Folder, or owner/name@<40-digit commit> on the hub. Default: EARSHOT_SENTIMENT_MODEL, or the shipped.",
)
@click.pass_obj
def score(settings: Settings, *, file: BinaryIO, model: str | None) -> None:
    """Score JSONL (id, text, lang?) from FILE or standard input; print one JSON opinion per line, in order."""
    scorer = scorer_of(settings, model)
    good = bad = 0
    while lines := list(islice(file, LINES_AT_ONCE)):
        for answer in _scored(scorer, [line for line in lines if line.strip()]):
            good, bad = (good, bad + 1) if "error" in answer else (good + 1, bad)
            click.echo(written(answer))
    if not good:
        raise SystemExit(FAILED if bad else NOTHING_DONE)


def _scored(scorer: Scorer, lines: list[bytes]) -> Iterator[dict[str, Any]]:
    items = [read_item(line) for line in lines]
    good = [item for item in items if "error" not in item]
    opinions = iter(scorer.score([item["text"] for item in good], languages=[item["lang"] for item in good]))
    for item in items:
        yield item if "error" in item else {"id": item["id"], **_told(next(opinions))}


def _told(opinion: Opinion) -> dict[str, Any]:
    told = asdict(opinion)
    if not opinion.abstained:
        del told["reason"]
    told["intents"] = dict(zip(INTENTS, opinion.intents, strict=True)) if opinion.intents else None
    return told
