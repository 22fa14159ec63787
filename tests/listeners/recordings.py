"""Responses recorded from real servers. They lie in the shared folder beside the checkout, never in the project."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.listeners.stub import Answer, Hit, Stub

_SHARED = Path(os.environ.get("EARSHOT_SHARED") or Path(__file__).resolve().parents[3] / "shared")


def recording(name: str) -> Any:
    """Return one recording, such as "mastodon/test_status.json"; skips where the shared folder is absent."""
    path = _SHARED / "fixtures" / name
    if not path.is_file():
        pytest.skip(f"no recordings: name the folder that holds fixtures/{name.partition('/')[0]} in EARSHOT_SHARED")
    return json.loads(path.read_text(encoding="utf-8"))


def body_of(name: str, number: int = -1) -> Any:
    """Return the body of one response of a cassette, the last one if no number is given."""
    return recording(name)[number]["response"]["body"]


def answer_of(name: str, number: int = -1) -> Answer:
    """Return one response of a cassette as a stub answers it, whatever it was asked for."""
    return _answer(recording(name)[number]["response"])


def replay(stub: Stub, name: str, *, skip: int = 0) -> None:
    """Let the stub answer as the cassette did: the responses to one method and path come in their recorded order."""
    queues: dict[tuple[str, str], list[Answer]] = {}
    for entry in recording(name)[skip:]:
        request, response = entry["request"], entry["response"]
        path = urlsplit(request["uri"]).path
        queues.setdefault((request["method"], path), []).append(_answer(response))
    for (method, path), answers in queues.items():
        stub.on(method, re.escape(path), _in_turn(answers))


def _in_turn(answers: list[Answer]) -> Any:
    def route(_hit: Hit) -> Answer:
        return answers.pop(0) if len(answers) > 1 else answers[0]

    return route


def _answer(response: dict[str, Any]) -> Answer:
    body, headers = response["body"], dict(response["headers"])
    headers = {name: value for name, value in headers.items() if name.lower() not in {"date", "connection", "location"}}
    if isinstance(body, dict | list):
        return Answer(status=response["status"], json=body, headers=headers)
    return Answer(status=response["status"], body=str(body or "").encode(), headers=headers)
