"""Which language a reply is in, told by its writing and its short words: no model, so that a page may ask, too.

It says nothing where it is not sure. `sentiment.language` tells more languages and shorter texts, and takes its time.
"""

from __future__ import annotations

import tomllib
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from responder.drafts.reading import folded_words
from sentiment.language import SISTERS, iso_code

_FILE = Path(__file__).with_name("languages.toml")

_LEAST_WORDS = 2
_LEAST_SHARE = 0.15
_AHEAD = 1.5
"""How many times more short words of its own than of any other language a text must hold."""

_SCRIPTS = {"KATAKANA": "HIRAGANA"}
_WRITE_ALIKE = {
    "CYRILLIC": {"ru", "uk", "bg", "sr", "mk", "be", "kk", "mn"},
    "ARABIC": {"ar", "fa", "ur", "ps"},
    "DEVANAGARI": {"hi", "mr", "ne"},
    "CJK": {"zh", "ja"},
    "HEBREW": {"he", "yi"},
}


def told(text: str) -> str | None:
    """Return the language of a text that `seen` gave; None where that is not sure. Greek in Latin letters is "el"."""
    script = _script(text)
    if script not in {None, "LATIN"}:
        return _by_script().get(str(script))
    words = folded_words(text)
    marked = Counter(language for token in text.casefold().split() for language in _by_letter(token))
    counts = {
        language: sum(word in known for word in words) + marked[language] for language, known in _short_words().items()
    }
    best = max(counts, key=counts.__getitem__)
    others = max(count for language, count in counts.items() if not is_same(language, best))
    sure = counts[best] >= max(_LEAST_WORDS, _LEAST_SHARE * len(words)) and counts[best] >= _AHEAD * others
    return _base(best) if sure else None


def is_same(one: str | None, other: str | None) -> bool:
    """Tell whether two languages are one to a reader: Malay and Indonesian are, and all that share a rare writing."""
    first, second = _base(one), _base(other)
    if first == second:
        return True
    return any({first, second} <= alike for alike in (*SISTERS, *_WRITE_ALIKE.values()))


def _base(language: str | None) -> str | None:
    return iso_code(language)


def _script(text: str) -> str | None:
    """Return the writing of most letters of a text, None when it has none."""
    letters = Counter(_script_of(sign) for sign in text if sign.isalpha())
    return letters.most_common(1)[0][0] if letters else None


@cache
def _script_of(sign: str) -> str:
    first = unicodedata.name(sign, "LATIN").split(" ", 1)[0].split("-", 1)[0]
    return _SCRIPTS.get(first, first)


@cache
def _book() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


@cache
def _by_script() -> Mapping[str, str]:
    return {lines["script"]: language for language, lines in _book().items() if "script" in lines}


@cache
def _short_words() -> Mapping[str, frozenset[str]]:
    return {
        language: frozenset(folded_words(lines["words"])) for language, lines in _book().items() if "words" in lines
    }


@cache
def _letters() -> Mapping[str, frozenset[str]]:
    return {language: frozenset(lines["letters"]) for language, lines in _book().items() if "letters" in lines}


def _by_letter(token: str) -> Iterator[str]:
    """Yield the languages that a word is in by its letters."""
    if not token.isascii():
        yield from (language for language, letters in _letters().items() if not letters.isdisjoint(token))


def short_words(languages: Sequence[str]) -> frozenset[str]:
    """Return the short words of some languages, folded: those that tell nothing of what a text is about."""
    return frozenset().union(*(_short_words().get(language, frozenset()) for language in languages))
