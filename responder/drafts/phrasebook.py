"""The phrases of the rules, read once from phrases.toml, and where they stand in a sentence."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from listeners.folding import word_run
from responder.cases.phrases import Phrase, read_phrase
from responder.drafts.reading import Sentence

_FILE = Path(__file__).with_name("phrases.toml")

SPOKEN = frozenset({"en", "ms", "el", "tr"})
"""Languages that every rule has phrases in. Indonesian is read as Malay."""

KINDS = frozenset(
    {
        *("unhappy", "pleased", "asking", "apology", "generic", "time", "other_time", "done", "vague", "promise"),
        *(
            "opener",
            "sharp",
            "data",
            "ask",
            "private",
            "public",
            "forbidden",
            "ours",
            "secret",
            "compensation",
            "blame",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Said:
    """A phrase that stands in a sentence: where in its words, and the reply's own words for it."""

    start: int
    end: int
    quote: str


def said(kind: str, sentence: Sentence, languages: Collection[str] = SPOKEN) -> list[Said]:
    """Return where phrases of a kind stand in a sentence, by place, those that overlap joined."""
    spans: list[tuple[int, int]] = []
    for language in languages:
        by_start = _by_start().get((kind, language), {})
        for start in sentence.starts & by_start.keys():
            for phrase in by_start[start]:
                if not any(need.isdisjoint(sentence.starts) for need in phrase.needs):
                    spans += phrase.spans(sentence.words)
    return [Said(start, end, sentence.quote(start, end)) for start, end in _joined(spans)]


def holds(kind: str, sentence: Sentence, languages: Collection[str] = SPOKEN) -> bool:
    """Tell whether a phrase of a kind stands in a sentence."""
    return bool(said(kind, sentence, languages))


@cache
def listed(name: str) -> frozenset[str]:
    """Return the words, folded, that the lists of this name hold in any language."""
    lists: Mapping[str, Mapping[str, Sequence[str]]] = _book()["lists"]
    entries = (entry for by_name in lists.values() for entry in by_name.get(name, ()))
    return frozenset(word for entry in entries for word in word_run(entry).split())


def read_book(book: Mapping[str, Any]) -> dict[tuple[str, str], tuple[Phrase, ...]]:
    """Return the phrases of a file as `tomllib` reads it, by kind and language.

    Raises ValueError for a kind that no rule looks for, and for a line that cannot be read.
    """
    strange = set(book) - KINDS - {"lists"}
    if strange:
        raise ValueError(f"{', '.join(sorted(strange))}: no rule looks for that")
    return {
        (kind, language): tuple(read_phrase(kind, line, book["lists"].get(language, {})) for line in lines)
        for kind, languages in book.items()
        if kind != "lists"
        for language, lines in languages.items()
    }


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


@cache
def _book() -> Mapping[str, Any]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


@cache
def _by_start() -> Mapping[tuple[str, str], Mapping[str, Sequence[Phrase]]]:
    """Return the phrases by kind and language, and there by how words begin that a sentence must have one of."""
    found: dict[tuple[str, str], dict[str, list[Phrase]]] = {}
    for key, phrases in read_book(_book()).items():
        by_start = found.setdefault(key, {})
        for phrase in phrases:
            for start in min(phrase.needs, key=len):
                by_start.setdefault(start, []).append(phrase)
    return found
