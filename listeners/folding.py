"""Texts as search compares them: case, accents and punctuation folded away, cut into words.

Words are runs of letters, digits and underscores. Writing without spaces (Chinese, Japanese, Thai, Lao, Khmer, Burmese)
and Korean, whose particles hang on the word, are cut into single characters, so that a word is found inside a longer
run. An apostrophe ends a word: "Brand's" and "l'Oréal" hold "Brand" and "Oreal". Greek and Latin accents, final sigma,
ß and the Turkish ı and İ are folded, so that "ΚΑΛΆ" finds "καλα" and "ISPARTA" finds "ısparta".
"""

from __future__ import annotations

import re
import unicodedata
from functools import cached_property

_NO_SPACES = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Burmese
    (0x1100, 0x11FF),  # Hangul letters
    (0x1780, 0x17FF),  # Khmer
    (0x3005, 0x3007),  # iteration marks
    (0x3040, 0x30FF),  # Hiragana, Katakana
    (0x3130, 0x318F),  # Hangul letters
    (0x31F0, 0x31FF),  # Katakana extensions
    (0x3400, 0x9FFF),  # Han
    (0xAC00, 0xD7AF),  # Hangul syllables
    (0xF900, 0xFAFF),  # Han, compatibility
    (0x20000, 0x3FFFF),  # Han, rare
)
_LETTERS_WITHOUT_ACCENT = {"ı": "i", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "æ": "ae", "œ": "oe"}
_SYMBOLS_WORTH_A_WORD = "#&%"
_SPOKEN_TO = re.compile(r"(?:(?<![\w.@/])@|(?<!\w)/?u/)(\w(?:[\w.\-]*\w)?(?:@\w(?:[\w.\-]*\w)?)?)")


class _Cut(dict[int, str | None]):
    """How `str.translate` cuts one character; worked out when first met, then remembered."""

    def __missing__(self, code: int) -> str | None:
        self[code] = cut = self._cut(code)
        return cut

    @staticmethod
    def _cut(code: int) -> str | None:
        char = chr(code)
        category = unicodedata.category(char)
        if any(first <= code <= last for first, last in _NO_SPACES):
            return f" {char} " if category[0] in "LMN" else " "
        if category == "Cf" or 0xFE00 <= code <= 0xFE0F:
            return None
        if category[0] in "LMN" or char == "_":
            return char
        if (category[0] == "S" and char not in "`´^¨~|<>=") or char in _SYMBOLS_WORTH_A_WORD:
            return f" {char} "
        return " "


_cut = _Cut()


def _plain(text: str) -> str:
    """Fold case and accents, keeping punctuation."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(char for char in decomposed if not "\u0300" <= char <= "\u036f")
    return unicodedata.normalize("NFKC", bare).casefold().translate(_BARE)


_BARE = str.maketrans(_LETTERS_WITHOUT_ACCENT)


def word_run(text: str) -> str:
    """Return the words and symbols of a text with one space around each; empty when it has none."""
    words = _plain(text).translate(_cut).split()
    return f" {' '.join(words)} " if words else ""


class Folded:
    """One text, folded once and asked for many words."""

    def __init__(self, text: str) -> None:
        self._plain = _plain(text)

    def holds(self, run: str) -> bool:
        """Tell whether a `word_run` stands in the text, symbols between its words not counting unless it has some."""
        return run in self._words or run in self._words_and_symbols

    def speaks_to(self, name: str) -> bool:
        """Tell whether the text addresses an account by @name, @name@server or u/name.

        A server named on one side only is not held against the other: Mastodon shows "@name" for "@name@server".
        """
        wanted, _, server = _plain(name).partition("@")
        return any(spoken == wanted and (not server or not at or at == server) for spoken, at in self._spoken_to)

    @cached_property
    def _words_and_symbols(self) -> str:
        return f" {' '.join(self._plain.translate(_cut).split())} "

    @cached_property
    def _words(self) -> str:
        words = self._words_and_symbols.split()
        return f" {' '.join(word for word in words if len(word) > 1 or not _is_symbol(word))} "

    @cached_property
    def _spoken_to(self) -> frozenset[tuple[str, str]]:
        found = (match.group(1).partition("@") for match in _SPOKEN_TO.finditer(self._plain))
        return frozenset((name, server) for name, _, server in found)


def _is_symbol(char: str) -> bool:
    return unicodedata.category(char)[0] not in "LMN" and char != "_"


def fold(text: str) -> Folded:
    """Fold a text for matching."""
    return Folded(text)
