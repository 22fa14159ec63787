"""Whether a reply is a near-copy of one given before: names, handles, links and numbers changed make no other text."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rapidfuzz import fuzz, process

from listeners.folding import word_run
from responder.drafts.reading import seen
from responder.drafts.signing import signers

CEILING = 0.9
"""Two answers may not be more alike than this (SCIENCE 4)."""

LAST = 20
"""Answers a new one is compared with: the latest."""

_MOST_COMPARED = 1_500
_LEAST = 20
"""Letters below which two answers are alike by chance: "Thank you, Ana!"."""

_NAMES = re.compile(r"https?://\S+|www\.\S+|(?<![\w@./])@[\w.@-]+")
_NUMBERS = re.compile(r"\d+")
_GREETED = re.compile(r"^\W*(?:[^\W\d_]+\W+){1,3}?(?:[^\W\d_]+)\s*[,!:–-]\s+")
_MOST_GREETED = 30


def nearest(reply: str, previous: Sequence[str]) -> tuple[float, str] | None:
    """Return how alike (0–1) the nearest of the last answers is, and that answer; None where there is none to compare.

    `previous` are answers given before, the latest last.
    """
    ours = bared(reply)
    known = [(text, bared(text)) for text in previous[-LAST:]]
    theirs = [bare for _, bare in known if len(bare) >= _LEAST]
    if len(ours) < _LEAST or not theirs:
        return None
    found = process.extractOne(ours, theirs, scorer=fuzz.ratio)
    return found[1] / 100, next(text for text, bare in known if bare == found[0])


def bared(text: str) -> str:
    """Return a text without what changes from one person to the next: greeted and signing names, links, numbers."""
    plain = seen(text[: 4 * _MOST_COMPARED])
    signed = [name for name in signers(plain) if plain.rfind(name) >= 0]
    greeting = _GREETED.match(plain[:_MOST_GREETED])
    body = plain[greeting.end() :] if greeting else plain
    for name in signed:
        at = body.rfind(name)
        if at >= 0 and len(body) - at - len(name) < _MOST_GREETED:
            body = body[:at] + body[at + len(name) :]
    return word_run(_NUMBERS.sub("0", _NAMES.sub(" ", body)))[:_MOST_COMPARED].strip()
