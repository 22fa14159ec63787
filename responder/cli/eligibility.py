"""The pure rule of whether a mention may be answered, for programs: mentions in, verdicts out. No database."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Any, BinaryIO

import click

from listeners.text import instant
from responder.cli.ends import FAILED, NOTHING_DONE
from responder.cli.lines import LINES_AT_ONCE, BadLine, read_object, written
from responder.clock import utc_now
from responder.eligibility.verdict import Facts, Verdict, verdict

_NEEDS = "id and source"
_TRUTHS = ("addressed", "locked", "gone", "own", "is_repost", "connected")


class _Instant(click.ParamType[datetime]):
    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        try:
            return instant(value, UTC)
        except ValueError as error:
            self.fail(str(error), param, ctx)


@click.command()
@click.argument("file", type=click.File("rb"), default="-")
@click.option("--now", type=_Instant(), help="The instant to judge at: ISO 8601 or unix seconds. Default: the present.")
def eligibility(*, file: BinaryIO, now: datetime | None) -> None:
    """Say of each mention, JSONL from FILE or standard input, whether and how it may be answered, in order.

    In: a mention as `earshot import` takes it, with source, and where known addressed (its author spoke to us) and
    locked (answers are closed there); also gone, own, is_repost, connected and edited_at. Out: id, eligible (api,
    by_hand, no), reason, automatic (a text approved beforehand may go without a person looking), until (when the right
    to answer through the API ends). A line that cannot be read gives id and error.
    """
    at = now or utc_now()
    good = bad = 0
    answers = (_answer(line, at) for line in file if line.strip())
    while some := list(islice(answers, LINES_AT_ONCE)):
        faulty = sum("error" in answer for answer in some)
        good, bad = good + len(some) - faulty, bad + faulty
        click.echo("\n".join(map(written, some)))
    if not good:
        raise SystemExit(FAILED if bad else NOTHING_DONE)


def _answer(line: bytes, now: datetime) -> dict[str, Any]:
    named: Any = None
    try:
        item = read_object(line, needs=_NEEDS)
        named = _name(item)
        return {"id": named, **_told(verdict(_facts(item, now), now=now))}
    except BadLine as error:
        return {"id": named, "error": str(error)}


def _name(item: Mapping[str, Any]) -> Any:
    """Return what the line calls itself; a number that JSON cannot say again names nothing."""
    named = item.get("id", item.get("external_id"))
    return None if isinstance(named, float) and not math.isfinite(named) else named


def _told(found: Verdict) -> dict[str, Any]:
    return {
        "eligible": found.eligible,
        "reason": found.reason,
        "automatic": found.automatic,
        "until": None if found.until is None else found.until.isoformat(),
    }


def _facts(item: Mapping[str, Any], now: datetime) -> Facts:
    source = item.get("source")
    if not isinstance(source, str) or not source.strip():
        raise BadLine("source is missing: write where it was said, such as x or bluesky")
    truths = dict(_truths(item))
    url = item.get("url")
    return Facts(
        source=source,
        addressed=truths["addressed"],
        is_closed=truths["locked"],
        is_gone=truths["gone"] is True,
        is_own=truths["own"] is True,
        is_repost=truths["is_repost"] is True,
        is_connected=truths["connected"],
        url=url if isinstance(url, str) and url.strip() else None,
        changed_at=_instant(item, "edited_at", now) or _instant(item, "created_at", now),
    )


def _truths(item: Mapping[str, Any]) -> Iterator[tuple[str, bool | None]]:
    for name in _TRUTHS:
        value = item.get(name)
        if value is not None and not isinstance(value, bool):
            raise BadLine(f"{name} is {str(value)[:40]!r}: write true or false, or null when it is not known")
        yield name, value


def _instant(item: Mapping[str, Any], name: str, now: datetime) -> datetime | None:
    value = item.get(name)
    if value in (None, ""):
        return None
    try:
        found = instant(value, UTC)
    except ValueError as error:
        raise BadLine(f"{name}: {error}") from None
    return min(found, now)  # a clock that is ahead gives nobody more time
