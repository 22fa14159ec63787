"""`earshot doctor`: the values in effect, and every fault with its fix."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from urllib.parse import urlsplit

import click
from pydantic import SecretStr
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from listeners.errors import SourceError
from responder.accounts import connections
from responder.cli.ends import FAILED
from responder.cli.installation import json_option, print_json
from responder.context import Context
from responder.db import newest_revision, schema_revision
from responder.intake.embedding import count_waiting
from responder.jobs.runs import is_silent, last_seen
from responder.learning.activation import active, mend, refusal
from responder.models import Connection, ConnectionState, JobRun, Mention, Poll
from responder.runtime import build
from responder.settings import Runner, Settings
from sentiment import SHIPPED_MODEL, Export, ModelUnusable, export_of
from sentiment.vectors import vectors_model

_REACH_WITHIN_S = 3.0
_EXPORTERS = ("torch", "transformers", "onnx")
_BEFORE_HOST = re.compile(r"(://[^:@/]*:).*(@)", re.DOTALL)
_IN_PARAMETERS = re.compile(r"([?&;][^=&;]*pass[^=&;]*=)[^&;]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `fix` None: it is as it should be; otherwise what to do."""

    subject: str
    found: str
    fix: str | None = None


Check = Callable[[Context], Iterator[Finding]]


@click.command()
@json_option
@click.pass_obj
def doctor(settings: Settings, *, as_json: bool) -> None:
    """Print the settings in effect, test every connection, and name each fault with its fix."""
    values = effective(settings)
    context = build(settings)
    findings = list(examine(context))
    context.database.close()
    faulty = any(finding.fix for finding in findings)
    if as_json:
        rows = [{"subject": f.subject, "found": f.found, "fix": f.fix, "ok": f.fix is None} for f in findings]
        print_json({"settings": values, "findings": rows, "ok": not faulty})
    else:
        for name, value in values.items():
            click.echo(f"{name:<32} {value}")
        click.echo()
        for finding in findings:
            click.echo(f"{'ok  ' if finding.fix is None else 'FIX '} {finding.subject}: {finding.found}")
            if finding.fix:
                click.echo(f"     {finding.fix}")
    if faulty:
        raise SystemExit(FAILED)


def effective(settings: Settings) -> dict[str, str]:
    """Return every setting as it is in effect, by its environment name, secrets masked."""
    shown = {}
    for name in Settings.model_fields:
        value = getattr(settings, name)
        if isinstance(value, SecretStr):
            value = connections.MASK
        elif name == "database_url":
            value = _without_password(settings.effective_database_url)
        elif name == "broker_url":
            value = _without_password(value)
        elif name == "public_url":
            value = settings.effective_public_url
        elif isinstance(value, tuple):
            value = ",".join(value)
        shown[f"EARSHOT_{name.upper()}"] = "" if value is None else str(value)
    return shown


def examine(context: Context) -> Iterator[Finding]:
    """Look at everything, one check after the other; a check that cannot go on says so and the next begins."""
    yield from _home(context)
    database_is_there = True
    for finding in _database(context):
        database_is_there = database_is_there and finding.fix is None
        yield finding
    for check in (_worker, _sources, _readings, _scoring, _vectors, _let_in) if database_is_there else ():
        yield from check(context)
    for check in (_model, _broker, _slack):
        yield from check(context)


def _home(context: Context) -> Iterator[Finding]:
    home = context.settings.home
    if os.access(home, os.W_OK):
        yield Finding("home", f"{home} can be written")
    else:
        yield Finding("home", f"{home} cannot be written", f"Give this user the folder: chown -R $USER {home}")


def _database(context: Context) -> Iterator[Finding]:
    try:
        stands_at, newest = schema_revision(context.database), newest_revision()
    except SQLAlchemyError as error:
        cause = str(getattr(error, "orig", error)).strip().splitlines()[0]
        yield Finding("database", f"does not answer ({cause})", "Start it, or correct EARSHOT_DATABASE_URL")
        return
    kind = "SQLite" if context.database.is_sqlite else "PostgreSQL"
    if stands_at == newest:
        yield Finding("database", f"{kind}, schema {newest}")
    elif stands_at is not None and stands_at > newest:
        yield Finding(
            "database", f"schema {stands_at} is newer than this Earshot", "Start the newer Earshot it came from"
        )
    else:
        yield Finding("database", f"schema {stands_at or 'empty'}, newest is {newest}", "Run: earshot migrate")


def _worker(context: Context) -> Iterator[Finding]:
    seen = last_seen(context)
    if is_silent(context):
        since = "never seen" if seen is None else f"last seen {seen:%Y-%m-%d %H:%M:%S} UTC"
        yield Finding(
            "worker", f"silent, {since}", "Start `earshot serve`, or `earshot worker` beside `serve --no-worker`"
        )
    else:
        yield Finding("worker", f"seen {seen:%H:%M:%S} UTC")
    with context.database.reading() as session:
        failing = session.execute(select(JobRun.name, JobRun.last_fault).where(JobRun.last_fault.is_not(None))).all()
    for name, fault in failing:
        yield Finding(f"job {name}", str(fault), "The worker's log holds the traceback under job_failed")


def _sources(context: Context) -> Iterator[Finding]:
    with context.database.reading() as session:
        found = session.scalars(select(Connection).order_by(Connection.name)).all()
    if not found:
        yield Finding("sources", "none connected yet; `earshot source add`, or Settings, connects one")
    for connection in found:
        subject = f"source {connection.name}"
        if connection.state == ConnectionState.BROKEN:
            yield Finding(
                subject, f"broken: {connection.state_reason}", "Remove it and add it again with new credentials"
            )
            continue
        try:
            yield Finding(subject, connections.check(context, connection))
        except SourceError as error:
            yield Finding(subject, str(error), "Correct its credentials or address, then `earshot source check` it")


def _readings(context: Context) -> Iterator[Finding]:
    with context.database.reading() as session:
        faulty = session.execute(
            select(Connection.name, Poll.ability, Poll.last_fault)
            .join(Connection, Connection.id == Poll.connection_id)
            .where(Poll.last_fault.is_not(None))
        ).all()
    for name, ability, fault in faulty:
        yield Finding(f"reading {name} ({ability})", str(fault), "It is tried again by itself; else check the source")


def _scoring(context: Context) -> Iterator[Finding]:
    with context.database.reading() as session:
        waiting = session.scalar(
            select(func.count()).where(
                Mention.scored_at.is_(None), Mention.score_fault.is_(None), Mention.gone_at.is_(None)
            )
        )
        parked = session.scalar(select(func.count()).where(Mention.score_fault.is_not(None)))
    yield Finding("scoring", f"{waiting or 0} mentions wait for an opinion")
    if parked:
        yield Finding(
            "scoring", f"{parked} mentions made the model fail and were set aside", "Report them with the model's name"
        )


def _vectors(context: Context) -> Iterator[Finding]:
    with context.database.reading() as session:
        waiting = count_waiting(session)
    try:
        vectors_model(SHIPPED_MODEL)
    except ModelUnusable as error:
        fix = "Restore sentiment/model as it was installed; until then mentions get no text vector"
        yield Finding("vectors", str(error), fix)
    else:
        yield Finding("vectors", f"{waiting} mentions wait for a text vector")


def _let_in(context: Context) -> Iterator[Finding]:
    """Tell when the model that the settings name was refused, and which one scores instead."""
    try:
        if _export(context) is not Export.DONE:
            return
        wanted = context.make_scorer().model
    except (ModelUnusable, ImportError):
        return  # told by the check of the model itself
    with context.database.reading() as session:
        refused, before = refusal(session, wanted), active(session)
    if refused is None:
        return
    kept = f"{before.model} goes on scoring if it is still there" if before else "nothing scores"
    yield Finding("model in use", f"{wanted} was refused: worse on gold than {refused.replaced}; {kept}", mend(wanted))


def _model(context: Context) -> Iterator[Finding]:
    try:
        export = _export(context)
        if export is Export.DONE:
            scorer = context.make_scorer()
            scorer.score(["Thank you."])
            yield Finding("model", scorer.model)
        else:
            yield _not_exported(context.settings.sentiment_model, export)
    except ModelUnusable as error:
        yield Finding("model", str(error), "Correct EARSHOT_SENTIMENT_MODEL, or leave it unset for the shipped model")


def _export(context: Context) -> Export:
    return export_of(context.settings.sentiment_model, exports=context.settings.exports)


def _not_exported(name: str | None, export: Export) -> Finding:
    """Tell of a checkpoint without a copy. Making one takes minutes, and is left to whoever scores."""
    if export is Export.RUNNING:
        return Finding("model", f"{name} is being exported at this moment; mentions wait until it is done")
    missing = [package for package in _EXPORTERS if not find_spec(package)]
    if missing:
        found = f"{name} must be exported once, which needs {' and '.join(missing)}"
        return Finding("model", found, "Run: pip install -r requirements.txt")
    return Finding(
        "model",
        f"{name} is not exported yet: the first text it scores does that, and waits for it up to some minutes; "
        "`earshot model activate` does it now. If this does not change, the log says why under checkpoint_not_exported",
    )


def _broker(context: Context) -> Iterator[Finding]:
    if context.settings.runner is not Runner.CLUSTER:
        return
    address = urlsplit(context.settings.broker_url)
    default_port = 5672 if address.scheme.startswith("amqp") else 6379
    try:
        with socket.create_connection((address.hostname or "", address.port or default_port), _REACH_WITHIN_S):
            yield Finding("broker", f"{address.hostname} answers")
    except OSError as error:
        yield Finding("broker", f"does not answer ({error})", "Start it, or correct EARSHOT_BROKER_URL")


def _slack(context: Context) -> Iterator[Finding]:
    secret = context.settings.slack_webhook_url
    if secret is None:
        yield Finding("slack", "no webhook set: alerts wait, then expire; set EARSHOT_SLACK_WEBHOOK_URL to get them")
        return
    address = urlsplit(secret.get_secret_value())
    if address.scheme in {"http", "https"} and address.hostname:
        yield Finding("slack", f"webhook on {address.hostname}")
    else:
        yield Finding(
            "slack", "the webhook is not a URL", "Copy it whole from Slack: https://hooks.slack.com/services/…"
        )


def _without_password(url: str) -> str:
    """Mask a password before the host, whatever signs it holds, and one among the parameters."""
    return _IN_PARAMETERS.sub(rf"\1{connections.MASK}", _BEFORE_HOST.sub(rf"\1{connections.MASK}\2", url))
