"""An alert as a Slack message: why, whose words, and where to go. Sending it is `responder.alerts.delivery`'s work.

Everything from outside is text. People's words stand in a plain block, which Slack never reads as formatting, mentions
or links; what stands beside our own formatting is escaped. All is cut before Slack's limit of 3,000 characters.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit

from listeners import registry
from responder.cases.feelings import feeling
from responder.cases.reasons import lasting

MAX_WORDS = 2900
_MAX_NAME = 80
_MAX_FALLBACK = 200
_MAX_URL = 1000
_TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What an alert tells. None is unknown; `text` is what the person wrote."""

    case_id: int
    source: str
    text: str
    url: str | None
    author_handle: str | None
    author_name: str | None
    followers: int | None
    label: str | None
    abstained: bool | None
    p_negative: float | None
    created_at: datetime


def message(told: Told, *, public_url: str, now: datetime) -> dict[str, Any]:
    """Return the arguments of the webhook call: blocks, and a fallback text for notifications."""
    source = escaped(_title(told.source), _MAX_NAME)
    why = _why(told, now)
    heading = f"*{why[0].upper()}{why[1:]}* on {source}"
    links = [f"<{public_url}/cases/{told.case_id}|Open the case>"]
    post = _link(told.url)
    if post is not None:
        links.append(f"<{post}|Open the post>")
    return {
        "text": f"{heading.replace('*', '')}: {escaped(told.text, _MAX_FALLBACK)}",
        "blocks": [
            _section(heading),
            {"type": "section", "text": _plain(told.text)},
            {"type": "context", "elements": [_mrkdwn(_who(told, source))]},
            _section(" · ".join(links)),
        ],
        "unfurl_links": False,
        "unfurl_media": False,
    }


def escaped(text: str, limit: int) -> str:
    """Return text as Slack shows it literally, at most `limit` characters long, never cut inside an escape."""
    parts: list[str] = []
    length = 0
    for letter in _shown(text[: 2 * limit]):
        part = _ESCAPES.get(letter, letter)
        length += len(part)
        if length > limit - 1:
            return "".join(parts).rstrip() + "…"
        parts.append(part)
    return "".join(parts)


def _shown(text: str) -> str:
    """Leave out controls, lone surrogates, and marks that turn the direction of what follows: they only disguise."""
    return "".join(
        letter
        for letter in text.strip()
        if letter == "\n" or (unicodedata.category(letter) not in {"Cc", "Cs"} and letter not in _TURNS)
    )


def _why(told: Told, now: datetime) -> str:
    waited = lasting(max((now - told.created_at).total_seconds() / 60, 0.0))
    return f"{feeling(told.p_negative, label=told.label, abstained=told.abstained)}, waiting {waited}"


def _who(told: Told, source: str) -> str:
    name = escaped(told.author_name or "", _MAX_NAME)
    handle = escaped(f"@{told.author_handle.lstrip('@')}", _MAX_NAME) if told.author_handle else ""
    who = " ".join(part for part in (name, handle) if part) or "author unknown"
    reach = "followers unknown" if told.followers is None else f"{told.followers:,} followers"
    return f"{who} · {source} · {reach}"


def _title(source: str) -> str:
    info = registry.load().get(source)
    return info.title if info is not None else source


def _link(url: str | None) -> str | None:
    """Return a post's address as it may stand inside a Slack link; None for anything but a web address."""
    if not url or len(url) > _MAX_URL or not url.isprintable():
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        return None
    return quote(url, safe=":/?#[]@!$&'()*+,;=%~-._").replace("&", "&amp;")


def _section(words: str) -> dict[str, Any]:
    return {"type": "section", "text": _mrkdwn(words)}


def _plain(text: str) -> dict[str, Any]:
    words = _shown(text[: 2 * MAX_WORDS])
    if len(words) > MAX_WORDS:
        words = words[: MAX_WORDS - 1].rstrip() + "…"
    return {"type": "plain_text", "text": words or "(no words)", "emoji": False}


def _mrkdwn(words: str) -> dict[str, Any]:
    # Verbatim: Slack must not turn @here, #channel or an address in somebody's name into something that acts.
    return {"type": "mrkdwn", "text": words, "verbatim": True}
