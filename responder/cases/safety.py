"""Which texts tell of danger: their cases are answered before all others (SCIENCE 2.2's hard rules). Pure functions.

The phrases are data, in safety_phrases.toml, whose head says how they are written. A text is read as words, case and
accents folded, and phrases are looked up by the beginnings of their words, so that most texts cost no search at all.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

from listeners.folding import word_run

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

_MARK = "_"
"""The end of a sentence, as a word, which no gap reaches across. ASCII: such texts fold in a third of the time."""

_SENTENCE_ENDS = (". ", "! ", "? ", "; ", "… ", "\n")
_START = 4
"""Letters of a word by which phrases are looked up."""

_QUOTED = re.compile(r'["“„«]([^"“”„«»\n]{1,60})["”“»]')
_LONGEST_TITLE = 7
_NAMES = re.compile(r"(?:https?://|www\.)\S+|(?<![\w@./])@[\w.@-]+")
"""Links and handles: names, whatever words are in them."""


def danger(text: str) -> str | None:
    """Return the kind of danger in `KINDS` that a text tells of; None when it tells of none.

    English, Malay, Indonesian, Greek (also in Latin letters), Turkish, Spanish, German, French, Portuguese, Italian and
    Dutch; None in any other language.
    """
    words = _words(_without_titles(text))
    found = _may_stand_in(words)
    if all(phrase.kind in {HARMLESS, STORY} for phrase in found):
        return None
    for phrase in found:
        if phrase.kind == HARMLESS:
            words = phrase.search.sub(f" {_MARK}", words)
    told = {phrase.kind for phrase in found if phrase.kind != HARMLESS and phrase.stands_in(words)}
    if STORY in told:
        told -= IN_STORIES
    return next((kind for kind in KINDS if kind in told), None)


@dataclass(frozen=True)
class Phrase:
    """One line of the file: `parts` in their order, `unless` voids it when it stands in the same sentence.

    A part is the words of which one must stand there, or how many words may stand between (an int); an empty string
    among the words lets it be left out. A word ending in * stands for all that begin so.
    """

    kind: str
    parts: tuple[tuple[str, ...] | int, ...]
    unless: tuple[str, ...]

    @cached_property
    def needs(self) -> tuple[frozenset[str], ...]:
        """Beginnings of words, one of each of which a text must have."""
        needed = [part for part in self.parts if not isinstance(part, int) and all(map(_start, part))]
        return tuple(frozenset(map(_start, part)) for part in needed)

    @cached_property
    def search(self) -> re.Pattern[str]:
        """The phrase in words as `_words` gives them, the blank after it left out."""
        return re.compile("".join(map(_expression, self.parts)) + "(?= )")

    @cached_property
    def _voids(self) -> re.Pattern[str]:
        return re.compile(f" {_any_of(self.unless)}(?= )")

    def stands_in(self, words: str) -> bool:
        """Tell whether the phrase stands in the words of a text, in a sentence that does not void it."""
        return any(not self.unless or not self._voids.search(sentence) for sentence in self._sentences(words))

    def _sentences(self, words: str) -> Iterator[str]:
        mark = f" {_MARK} "
        for match in self.search.finditer(words):
            first = words.rfind(mark, 0, match.start() + 1)
            last = words.find(mark, match.end())
            yield words[max(first, 0) : last + 1 if last >= 0 else len(words)]


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
            found += [_phrase(kind, line, book["lists"].get(language, {})) for line in lines]
    return found


def _phrase(kind: str, line: str, lists: Mapping[str, Sequence[str]]) -> Phrase:
    told, _, unless = line.partition("!")
    parts = tuple(int(token[2:]) if token.startswith("..") else _choices(token, lists) for token in told.split())
    phrase = Phrase(kind, parts, tuple(word for token in unless.split() for word in _choices(token, lists)))
    if not phrase.needs:
        raise ValueError(f"Nothing to look up by in: {line}")
    return phrase


def _choices(token: str, lists: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Return the words one token stands for, folded; with an empty one when it may be left out."""
    words: list[str] = []
    for choice in token.removesuffix("?").split("|"):
        if choice.startswith("{"):
            if choice[1:-1] not in lists:
                raise ValueError(f"No list is called {choice}")
            words += lists[choice[1:-1]]
        else:
            words.append(choice)
    folded = tuple(word_run(word.removesuffix("*")).strip() + "*" * word.endswith("*") for word in words)
    return (*folded, "") if token.endswith("?") else folded


def _start(word: str) -> str:
    """Return by what a word, or the longest of several, is looked up; empty where it begins with too little to tell."""
    longest = max(reversed(word.split()), key=len, default="")
    if longest.endswith("*"):
        return longest[:_START] if len(longest) > _START else ""
    return longest[:_START]


def _expression(part: tuple[str, ...] | int) -> str:
    if isinstance(part, int):
        return rf"(?: (?!{_MARK} )[^ ]+){{0,{part}}}?"
    words = tuple(word for word in part if word)
    return f"(?: {_any_of(words)})?" if len(words) < len(part) else f" {_any_of(words)}"


def _any_of(words: Sequence[str]) -> str:
    return f"(?:{'|'.join(re.escape(word.removesuffix('*')) + '[^ ]*' * word.endswith('*') for word in words)})"


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
    starts = {word[:_START] for word in words.split()}
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
    return not any(word[0].islower() for word in words if len(word) >= _START)


def _words(text: str) -> str:
    """Return the words and symbols of a text as `word_run` does, with a mark where a sentence ends."""
    if "@" in text or "://" in text or "www." in text:
        text = _NAMES.sub(" ", text)
    for end in _SENTENCE_ENDS:
        text = text.replace(end, f" {_MARK} ")
    return f" {' '.join(text.translate(_FOLDS).split())} "


class _Folds(dict[int, str]):
    """What each character becomes in `word_run`; worked out when first met.

    A table of characters folds a Greek text in a third of the time.
    """

    def __missing__(self, code: int) -> str:
        self[code] = folded = word_run(f"a{chr(code)}a")[2:-2]
        return folded


_FOLDS = _Folds()
