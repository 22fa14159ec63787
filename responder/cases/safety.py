"""Which texts tell of danger: their cases are answered before all others (SCIENCE 2.2's hard rules). Pure functions.

The phrases are data, in safety_phrases.toml, whose head says how they are written. A text is read as words, case and
accents folded, and phrases are looked up by the beginnings of their words, so that most texts cost no search at all.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from responder.cases.phrases import MARK, START, Phrase, read_phrase, words_of

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "self_harm": "self-harm",
        "child": "a child in danger",
        "violence": "a threat or an assault",
        "fire": "fire, smoke, gas or electric shock",
        "injury": "injury, poisoning or an allergic reaction",
        "data_leak": "personal data laid open",
        "legal": "a legal step",
    }
)
"""Kinds of danger and the words for them; a text that tells of several is of the first."""

HARMLESS = "harmless"
"""Phrases that are taken out of a text before it is read for danger: "dying of laughter"."""

STORY = "story"
"""Phrases that say that a text retells a film, a game or a book."""

IN_STORIES = frozenset({"child", "violence", "legal"})
"""Kinds that do not count in such a text. The others do: who watches a film may do so on what is on fire."""

_FILE = Path(__file__).with_name("safety_phrases.toml")

_QUOTED = re.compile(r'["“„«]([^"“”„«»\n]{1,60})["”“»]')
_LONGEST_TITLE = 7


def danger(text: str) -> str | None:
    """Return the kind of danger in `KINDS` that a text tells of; None when it tells of none.

    English, Malay, Indonesian, Greek (also in Latin letters), Turkish, Spanish, German, French, Portuguese, Italian and
    Dutch; None in any other language.
    """
    words = words_of(_without_titles(text))
    found = _may_stand_in(words)
    if all(phrase.kind in {HARMLESS, STORY} for phrase in found):
        return None
    for phrase in found:
        if phrase.kind == HARMLESS:
            words = phrase.search.sub(f" {MARK}", words)
    told = {phrase.kind for phrase in found if phrase.kind != HARMLESS and phrase.stands_in(words)}
    if STORY in told:
        told -= IN_STORIES
    return next((kind for kind in KINDS if kind in told), None)


def phrases(book: Mapping[str, Any]) -> list[Phrase]:
    """Return the phrases of a file as `tomllib` reads it.

    Raises ValueError for one of which no word could be looked up (all may be left out, or begin with fewer than
    four letters before their *), for a list nobody wrote and for a kind nobody knows.
    """
    found = []
    for kind, languages in book.items():
        if kind == "lists":
            continue
        if kind not in {*KINDS, HARMLESS, STORY}:
            raise ValueError(f"{kind} is no kind of danger")
        for language, lines in languages.items():
            found += [read_phrase(kind, line, book["lists"].get(language, {})) for line in lines]
    return found


@cache
def _by_start() -> Mapping[str, list[tuple[tuple[frozenset[str], ...], Phrase]]]:
    """Return the phrases, read once, each with what else it needs, by how one of its words begins.

    That is the word that the fewest phrases need, and so do few texts.
    """
    book = phrases(tomllib.loads(_FILE.read_text(encoding="utf-8")))
    needed = Counter(start for phrase in book for need in phrase.needs for start in need)
    found: dict[str, list[tuple[tuple[frozenset[str], ...], Phrase]]] = {}
    for phrase in book:
        rarest, *others = sorted(phrase.needs, key=lambda need: sum(needed[start] for start in need))
        for start in rarest:
            found.setdefault(start, []).append((tuple(others), phrase))
    return found


def _may_stand_in(words: str) -> list[Phrase]:
    """Return the phrases of which every part has a word in the text that begins like one of its own."""
    starts = {word[:START] for word in words.split()}
    by_start = _by_start()
    found = []
    for start in starts:
        for others, phrase in by_start.get(start, ()):
            for need in others:
                if need.isdisjoint(starts):
                    break
            else:
                found.append(phrase)
    return found


def _without_titles(text: str) -> str:
    """Take out what is quoted and written like a title, which is a film or a song and nobody's news."""
    if not any(quote in text for quote in '"“„«'):
        return text
    return _QUOTED.sub(lambda quoted: " " if _is_title(quoted[1]) else quoted[0], text)


def _is_title(quoted: str) -> bool:
    words = quoted.split()
    if quoted.isupper() or len(words) > _LONGEST_TITLE or not quoted[:1].isupper():
        return False
    return not any(word[0].islower() for word in words if len(word) >= START)
