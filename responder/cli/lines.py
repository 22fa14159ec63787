"""JSONL in and out, for the commands that are pure filters: one object a line, and a bad line loses no good one."""

from __future__ import annotations

import json
from typing import Any

LINES_AT_ONCE = 1024


class BadLine(ValueError):
    """A line cannot be used; the message says what to write instead."""


def read_object(line: bytes, *, needs: str) -> dict[str, Any]:
    """Read one line as an object; `needs` names what it must hold. Raises BadLine."""
    try:
        item = json.loads(line, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise BadLine(f"this line is not JSON: write one object with {needs}") from None
    if not isinstance(item, dict):
        raise BadLine(f"this line is not an object: write one with {needs}")
    return item


def read_item(line: bytes) -> dict[str, Any]:
    """Read one line; a bad one becomes {id, error}, the id None when even that cannot be read."""
    try:
        item = read_object(line, needs="id and text")
    except BadLine as error:
        return {"id": None, "error": str(error)}
    if not isinstance(item.get("text"), str):
        return {"id": item.get("id"), "error": "text is missing, or is not text"}
    lang = item.get("lang")
    return {"id": item.get("id"), "text": item["text"], "lang": lang if isinstance(lang, str) else None}


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def written(answer: dict[str, Any]) -> str:
    """Write an answer as people can read it; an id that no encoding has (half a surrogate pair) goes out as it came."""
    line = json.dumps(answer, ensure_ascii=False)
    try:
        line.encode()
    except UnicodeEncodeError:
        return json.dumps(answer)
    return line
