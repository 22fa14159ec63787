"""The reply check for programs: replies and what they answer in, what must be mended out. No database."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from itertools import islice
from typing import Any, BinaryIO

import click

from responder.cli.ends import FAILED, NOTHING_DONE
from responder.cli.lines import LINES_AT_ONCE, BadLine, read_object, written
from responder.drafts.checking import check as checked
from responder.drafts.checking import silent_rules

_NEEDS = "id and reply"
_TEXTS = ("mention", "source", "lang", "speaker", "intent")


@click.command()
@click.argument("file", type=click.File("rb"), default="-")
def check(*, file: BinaryIO) -> None:
    """Say of each reply, JSONL from FILE or standard input, what must be mended before it is approved, in order.

    In: id, reply, and where known mention (the text answered), source, lang (the customer's language), speaker (a name
    or initials), previous (texts of answers given before, the latest last), p_negative and intent of the mention. Out:
    id, ok, findings (rule, why, mend), silent (rules that know no phrases in the reply's language). A line that cannot
    be read gives id and error.
    """
    good = bad = 0
    answers = (_answer(line) for line in file if line.strip())
    while some := list(islice(answers, LINES_AT_ONCE)):
        faulty = sum("error" in answer for answer in some)
        good, bad = good + len(some) - faulty, bad + faulty
        click.echo("\n".join(map(written, some)))
    if not good:
        raise SystemExit(FAILED if bad else NOTHING_DONE)


def _answer(line: bytes) -> dict[str, Any]:
    named: Any = None
    try:
        item = read_object(line, needs=_NEEDS)
        named = _name(item)
        return {"id": named, **_judged(item)}
    except BadLine as error:
        return {"id": named, "error": str(error)}


def _name(item: Mapping[str, Any]) -> Any:
    """Return what the line calls itself. Raises BadLine for what JSON cannot say again."""
    named = item.get("id")
    if named is None or (isinstance(named, float) and not math.isfinite(named)):
        raise BadLine(f"id is missing: write one object with {_NEEDS}")
    return named


def _judged(item: Mapping[str, Any]) -> dict[str, Any]:
    reply = item.get("reply")
    if not isinstance(reply, str):
        raise BadLine("reply is missing, or is not text")
    known = {name: _text(item, name) for name in _TEXTS}
    findings = checked(reply, **known, previous=_previous(item), p_negative=_share(item, "p_negative"))
    return {
        "ok": not findings,
        "findings": [asdict(finding) for finding in findings],
        "silent": list(silent_rules(reply, mention=known["mention"], lang=known["lang"])),
    }


def _text(item: Mapping[str, Any], name: str) -> str | None:
    value = item.get(name)
    if value is not None and not isinstance(value, str):
        raise BadLine(f"{name} is {str(value)[:40]!r}: write a text, or null when it is not known")
    return value


def _previous(item: Mapping[str, Any]) -> list[str]:
    value = item.get("previous")
    if value is None:
        return []
    if not isinstance(value, list) or not all(text is None or isinstance(text, str) for text in value):
        raise BadLine("previous is no list of texts: write the answers given before, the latest last, or null")
    return [text for text in value if text is not None]


def _share(item: Mapping[str, Any], name: str) -> float | None:
    value = item.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise BadLine(f"{name} is {str(value)[:40]!r}: write a share between 0 and 1, or null")
    return float(value)
