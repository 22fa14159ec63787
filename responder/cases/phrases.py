"""Phrases as the files of phrases write them, and a text as words in which they are looked up. Pure.

A line is words in their order: `word` itself, `wor*` whatever begins so, `*ing` whatever ends so,
`one|two` either, `two-words` that belong
together, `word?` with it or without, `..3` up to three words in between, `{thing}` any of that language's list,
`! one two` void where one of these stands in the same sentence. Upper and lower case and accents are alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from listeners.folding import word_run

MARK = "_"
"""The end of a sentence, as a word, which no gap reaches across. ASCII: such texts fold in a third of the time."""

_SENTENCE_ENDS = (". ", "! ", "? ", "; ", "… ", "\n")
START = 4
"""Letters of a word by which phrases are looked up."""

_NAMES = re.compile(r"(?:https?://|www\.)\S+|(?<![\w@./])@[\w.@-]+")
"""Links and handles: names, whatever words are in them."""


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
        """The phrase in words as `words_of` gives them, the blank after it left out."""
        return re.compile("".join(map(_expression, self.parts)) + "(?= )")

    @cached_property
    def _voids(self) -> re.Pattern[str]:
        return re.compile(f" {_any_of(self.unless)}(?= )")

    def stands_in(self, words: str) -> bool:
        """Tell whether the phrase stands in the words of a text, in a sentence that does not void it."""
        return any(True for _ in self.spans(words))

    def spans(self, words: str) -> Iterator[tuple[int, int]]:
        """Yield from where to where the phrase stands in the words of a text, voided places left out."""
        mark = f" {MARK} "
        for match in self.search.finditer(words):
            if self.unless:
                first = words.rfind(mark, 0, match.start() + 1)
                last = words.find(mark, match.end())
                if self._voids.search(words, max(first, 0), last + 1 if last >= 0 else len(words)):
                    continue
            yield match.span()


def read_phrase(kind: str, line: str, lists: Mapping[str, Sequence[str]]) -> Phrase:
    """Return the phrase that a line writes, with the lists of its language.

    Raises ValueError for one of which no word could be looked up (all may be left out, or begin with fewer than four
    letters before their *), and for a list nobody wrote.
    """
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
    folded = tuple(map(_folded, words))
    return (*folded, "") if token.endswith("?") else folded


def _folded(word: str) -> str:
    """Return a choice folded, with its star at the same end."""
    bare = word_run(word.strip("*")).strip()
    return f"*{bare}" if bare and word.startswith("*") else bare + "*" * word.endswith("*")


def _start(word: str) -> str:
    """Return by what a word, or the longest of several, is looked up; empty where it begins with too little to tell."""
    longest = max(reversed(word.split()), key=len, default="")
    if longest.startswith("*"):
        return ""
    if longest.endswith("*"):
        return longest[:START] if len(longest) > START else ""
    return longest[:START]


def _expression(part: tuple[str, ...] | int) -> str:
    if isinstance(part, int):
        return rf"(?: (?!{MARK} )[^ ]+){{0,{part}}}?"
    words = tuple(word for word in part if word)
    return f"(?: {_any_of(words)})?" if len(words) < len(part) else f" {_any_of(words)}"


def _any_of(words: Sequence[str]) -> str:
    return f"(?:{'|'.join(map(_any_end, words))})"


def _any_end(word: str) -> str:
    some = "[^ ]*"
    bare = re.escape(word.strip("*"))
    return some + bare if bare and word.startswith("*") else bare + some * word.endswith("*")


def words_of(text: str) -> str:
    """Return the words and symbols of a text as `word_run` does, with a mark where a sentence ends."""
    if "@" in text or "://" in text or "www." in text:
        text = _NAMES.sub(" ", text)
    for end in _SENTENCE_ENDS:
        text = text.replace(end, f" {MARK} ")
    return f" {' '.join(text.translate(_FOLDS).split())} "


class _Folds(dict[int, str]):
    """What each character becomes in `word_run`; worked out when first met.

    A table of characters folds a Greek text in a third of the time.
    """

    def __missing__(self, code: int) -> str:
        self[code] = folded = word_run(f"a{chr(code)}a")[2:-2]
        return folded


_FOLDS = _Folds()
