"""JSONL in and out, for the commands that are pure filters: one object a line, and a bad line loses no good one."""

from __future__ import annotations

import json
from typing import Any

LINES_AT_ONCE = 1024


def read_item(line: bytes) -> dict[str, Any]:
    """Read one line; a bad one becomes {id, error}, the id None when even that cannot be read."""
    try:
        item = json.loads(line, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return {"id": None, "error": "this line is not JSON: write one object with id and text"}
    if not isinstance(item, dict):
        return {"id": None, "error": "this line is not an object: write one with id and text"}
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
