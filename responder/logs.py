"""Structured logs: one JSON object per line in production, columns on a terminal.

A log line is a constant event name plus `extra` fields: ids and counts, never texts, handles, tokens or URLs that may
hold one; of an error it tells the kinds and the frames, not its message, which may quote them. What belongs to the
work in hand (request, job) is bound once and added to every line.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, TextIO

from responder.settings import Settings

_bound: ContextVar[dict[str, Any]] = ContextVar("bound", default={})  # noqa: B039 -- replaced, never changed

_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
"""What every record has by itself; everything else was given as `extra`."""

_NUMBERS = ("errno", "sqlstate", "sqlite_errorname")
"""Where errors of the operating system and of the databases keep what kind they are."""

QUIET = {
    **dict.fromkeys(
        ("tweepy", "praw", "prawcore", "mastodon", "urllib3", "httpx", "httpcore", "slack_sdk", "atproto", "alembic"),
        "WARNING",
    ),
    **dict.fromkeys(("celery.beat", "celery.worker.strategy", "celery.app.trace"), "WARNING"),  # a line per wake-up
    "apscheduler": "ERROR",  # warns whenever a job is woken while it runs, which is how waking works
}
"""Libraries whose lines hold tokens, URLs or people's words (tweepy prints the Authorization header) or only noise."""


@contextmanager
def bound(**fields: Any) -> Iterator[None]:
    """Add `fields` to every line logged inside the block, by this thread or task."""
    token = _bound.set({**_bound.get(), **fields})
    try:
        yield
    finally:
        _bound.reset(token)


def configure(settings: Settings, *, stream: TextIO | None = None) -> None:
    """Send the logs of this process to `stream` (standard error unless given), in the form the settings name."""
    target = stream or sys.stderr
    as_columns = settings.log_format == "columns" or (settings.log_format == "auto" and target.isatty())
    handler = logging.StreamHandler(target)
    handler.setFormatter(_Columns() if as_columns else _JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level)
    for name, level in QUIET.items():
        logging.getLogger(name).setLevel(level)


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    own = {key: value for key, value in record.__dict__.items() if key not in _STANDARD}
    return {**_bound.get(), **own}


def _traced(error: BaseException | None) -> str:
    """Return the frames and the kind of an error after those of its causes, each with its number where it has one.

    Messages stay out: a database's quotes the row it refused, a parser's the text it could not read.
    """
    told: list[str] = []
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        kind = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
        number = next((found for name in _NUMBERS if (found := getattr(error, name, None)) is not None), None)
        frames = "".join(traceback.format_tb(error.__traceback__))
        told.append(f"{frames}{kind}" if number is None else f"{frames}{kind} {number}")
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\n".join(reversed(told))


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            **_fields(record),
        }
        if record.exc_info:
            line["traceback"] = _traced(record.exc_info[1])
        return json.dumps(line, default=str, ensure_ascii=False)


class _Columns(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created).astimezone().strftime("%H:%M:%S")
        fields = " ".join(f"{key}={value}" for key, value in _fields(record).items())
        line = f"{at} {record.levelname.lower():<7} {record.getMessage()} {fields}".rstrip()
        return f"{line}\n{_traced(record.exc_info[1])}" if record.exc_info else line
