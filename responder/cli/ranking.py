"""The pure rule of whom to answer first, for programs: open cases in, ranked cases out. No database."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from responder.cli.ends import FAILED, NOTHING_DONE
from responder.cli.lines import LINES_AT_ONCE, written

if TYPE_CHECKING:  # reading these takes numpy, which asking for help can do without
    from responder.cases.priority import OpenCases

_NAMES = {
    "p_negative": "p_negative",
    "p_question": "p_question",
    "intensity": "intensity",
    "telling_rate": "telling",
    "hearers": "hearers",
    "velocity": "velocity",
    "tau_min": "tau",
    "answerability": "answerability",
    "minutes": "minutes",
}
"""What a number is called in a line, and in `OpenCases`."""

_SHARES = frozenset({"p_negative", "p_question", "intensity", "answerability"})
_NO_DANGER = frozenset({"", "false", "0", "no", "none", "null"})
_LEAST_MINUTES = 1e-6
_IN_MINUTES = frozenset({"tau_min", "minutes", "promise_min"})
_LONGEST = 100 * 365 * 1_440.0
_YEARS = range(2, 9_000)
"""Of instants: in any time zone, and with the longest promise added, they are still in the calendar."""

_DIGITS = 1


class BadLine(ValueError):
    """A line cannot be ranked; the message says what to write instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenLine:
    """One line: a case, its numbers (None unknown), its instants, the name of its incident (None: of none)."""

    case_id: Any
    opened_at: datetime
    promised_by: datetime | None
    promise_min: float | None
    numbers: Mapping[str, float | None]
    cluster: str | None
    safety: bool


class _Instant(click.ParamType[datetime]):
    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        try:
            return read_instant(float(value) if str(value).replace(".", "", 1).isdecimal() else value)
        except BadLine as error:
            self.fail(str(error), param, ctx)


@click.command()
@click.argument("file", type=click.File("rb"), default="-")
@click.option("--now", required=True, type=_Instant(), help="The instant to rank at: ISO 8601 or unix seconds.")
@click.option("--picks", type=click.IntRange(min=0), default=0, show_default=True, help="Cases picked so far.")
def rank(*, file: BinaryIO, now: datetime, picks: int) -> None:
    """Rank open cases, JSONL from FILE or standard input, and print them in the order in which to answer them.

    In: case_id, opened_at, and where known promised_by, promise_min, p_negative, p_question, intensity, telling_rate
    (over the platform's mean), hearers, velocity, tau_min, answerability, minutes, cluster, safety (true, or the kind
    of danger). Out: case_id, rank, priority (0–100), band, reasons whose points sum to the priority. A line that cannot
    be read gives case_id and error, before the others.
    """
    read = [_read(line) for line in file if line.strip()]
    for bad in (each for each in read if isinstance(each, dict)):
        click.echo(written(bad))
    # Of equal cases the first given comes first: the order must not hang on that of the lines.
    lines = sorted(
        (each for each in read if isinstance(each, OpenLine)), key=lambda one: (one.opened_at, str(one.case_id))
    )
    if not lines:
        raise SystemExit(FAILED if read else NOTHING_DONE)
    answers = (written(answer) for answer in _ranked(lines, now=now, picks=picks))
    while some := "\n".join(islice(answers, LINES_AT_ONCE)):
        click.echo(some)


def read_instant(value: Any) -> datetime:
    """Read ISO 8601 (UTC when it names no zone) or unix seconds. Raises BadLine."""
    try:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            found = datetime.fromtimestamp(value, UTC)
        else:
            told = datetime.fromisoformat(value)
            found = told if told.tzinfo else told.replace(tzinfo=UTC)
        is_usual = found.astimezone(UTC).year in _YEARS
    except (TypeError, ValueError, OverflowError, OSError):
        is_usual = False
    if not is_usual:
        raise BadLine(f"{str(value)[:40]!r} is no time: write ISO 8601 or unix seconds")
    return found


def _read(line: bytes) -> OpenLine | dict[str, Any]:
    try:
        item = json.loads(line)
    except (ValueError, RecursionError):
        return {"case_id": None, "error": "this line is not JSON: write one object with case_id and opened_at"}
    if not isinstance(item, dict) or not _names(item.get("case_id")):
        return {"case_id": None, "error": "case_id is missing: write one object with case_id and opened_at"}
    try:
        promised_by = item.get("promised_by")
        return OpenLine(
            case_id=item["case_id"],
            opened_at=read_instant(item.get("opened_at")),
            promised_by=None if promised_by is None else read_instant(promised_by),
            promise_min=_number(item, "promise_min"),
            numbers={ours: _number(item, name) for name, ours in _NAMES.items()},
            cluster=None if item.get("cluster") is None else str(item["cluster"]),
            safety=_is_danger(item.get("safety")),
        )
    except BadLine as error:
        return {"case_id": item["case_id"], "error": str(error)}


def _names(case_id: Any) -> bool:
    """Say whether a case can be told apart by this: NaN and infinity cannot even be written as JSON."""
    return case_id is not None and not (isinstance(case_id, float) and not math.isfinite(case_id))


def _is_danger(told: Any) -> bool:
    """Read true, 1 or "true", or the kind of danger in a word."""
    if isinstance(told, str):
        return told.strip().lower() not in _NO_DANGER
    if told not in (None, False, True):
        raise BadLine(f"safety is {str(told)[:40]!r}: write true, false or the kind of danger, or null")
    return bool(told)


def _number(item: Mapping[str, Any], name: str) -> float | None:
    value = item.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= sys.float_info.max:
        raise BadLine(f"{name} is {str(value)[:40]!r}: write a number that is not negative, or null")
    if name in _SHARES and value > 1:
        raise BadLine(f"{name} is {value:g}: write a share between 0 and 1, or null")
    if name in _IN_MINUTES and value < _LEAST_MINUTES:
        raise BadLine(f"{name} is {value:g}: write minutes above 0, or null")
    if name in _IN_MINUTES and value > _LONGEST:
        raise BadLine(f"{name} is {value:g}: write minutes of a hundred years at most, or null")
    return float(value)


def _ranked(lines: Sequence[OpenLine], *, now: datetime, picks: int) -> Iterator[dict[str, Any]]:
    from responder.cases.points import points
    from responder.cases.priority import rank
    from responder.cases.reasons import sizes, words

    cases, ends = _cases(lines, now)
    today = [now.date() == end.astimezone(now.tzinfo).date() for end in ends]
    ranked = rank(cases, picks=picks, promise_ends_today=_array(today))
    order = ranked.order.tolist()
    together, incident = sizes(cases), cases.incident.tolist()
    explained = points(cases, ranked, order, digits=_DIGITS)
    for place, (case, parts) in enumerate(zip(order, explained, strict=True), start=1):
        unknown = _unknown(lines[case])
        of_incident = together.get(incident[case])
        yield {
            "case_id": lines[case].case_id,
            "rank": place,
            "priority": round(sum(parts.values()), _DIGITS),
            "band": ranked.bands[case],
            "reasons": [
                {
                    "part": part,
                    "points": given,
                    "words": words(part, cases, case, unknown=unknown, together=of_incident),
                }
                for part, given in parts.items()
            ],
        }


def _cases(lines: Sequence[OpenLine], now: datetime) -> tuple[OpenCases, list[datetime]]:
    """Return the cases, what is unknown filled in, and when the promise of each ends."""
    from responder.cases.priority import UNKNOWN, OpenCases
    from responder.cases.promises import promise_class, promised

    numbers = {
        name: _array([UNKNOWN[name] if (told := line.numbers[name]) is None else told for line in lines])
        for name in UNKNOWN
    }
    ends = []
    for line, p_negative, p_question in zip(lines, numbers["p_negative"], numbers["p_question"], strict=True):
        if line.promised_by is not None:
            ends.append(line.promised_by)
        elif line.promise_min is not None:
            ends.append(line.opened_at + timedelta(minutes=line.promise_min))
        else:
            usual = promise_class(p_negative, p_question, is_safety=line.safety)
            ends.append(promised(usual, line.opened_at)[1])
    incidents = {name: place for place, name in enumerate(sorted({line.cluster for line in lines if line.cluster}))}
    cases = OpenCases(
        **numbers,
        waited=_array([max((now - line.opened_at).total_seconds() / 60, 0.0) for line in lines]),
        promise=_array(
            [max((end - line.opened_at).total_seconds() / 60, 1.0) for line, end in zip(lines, ends, strict=True)]
        ),
        incident=_array([-1 if line.cluster is None else incidents.get(line.cluster, -1) for line in lines]),
        safety=_array([line.safety for line in lines]),
    )
    return cases, ends


def _unknown(line: OpenLine) -> frozenset[str]:
    return frozenset(name for name, told in line.numbers.items() if told is None)


def _array(values: Sequence[Any]) -> Any:
    import numpy as np

    return np.array(values)
