"""Brings a text from outside into the shape that models read. Pure functions; what language it is, others decide."""

from __future__ import annotations

import html
import re
import unicodedata
from functools import lru_cache

LONGEST_READ = 8_000
"""Characters looked at. No post is longer, and models read only the first hundred-odd pieces anyway."""

LONGEST_KEPT = 2_000
"""Characters kept after links, handles and blanks are folded."""

LINK = "http"
HANDLE = "@user"

_LINK = re.compile(r"(?:https?://|www\.)[^\s<>\"]+", re.IGNORECASE)
_HANDLE = re.compile(r"(?<![\w@./])@\w(?:[\w.-]{0,80}\w)?(?:@[\w.-]{1,80}\w)?")
_BLANK = re.compile(r"\s+")
_FOLDED = re.compile(r"(?<!\S)http(?!\S)|@user\b")
_DRAWN_OUT = re.compile(r"([^\W\d_])\1{2,}")
_EMOJI_RUN = re.compile(
    "([\u2600-\u27bf\u2b00-\u2bff\U0001f300-\U0001faff])(?:[\ufe0f\u200d\U0001f3fb-\U0001f3ff]|\\1)*"
)

# Bidirectional overrides, byte order mark and zero-width space change how a text looks, not what it says. The two
# zero-width joiners stay: Persian and Hindi spell with them, and compound emoji are made with them.
_UNSEEN = {*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200B, 0x200E, 0x200F, 0xFEFF}


def normalise(text: str) -> str:
    """Return `text` as models read it: links as `http`, handles as `@user`, blanks folded, nothing unprintable.

    Never raises. At most `LONGEST_KEPT` characters come back; an empty string when nothing readable is left.
    """
    readable = _without_unprintable(_without_surrogates(text[:LONGEST_READ]))
    readable = unicodedata.normalize("NFC", html.unescape(readable))
    readable = _HANDLE.sub(HANDLE, _LINK.sub(LINK, _without_unprintable(_without_surrogates(readable))))
    return _BLANK.sub(" ", readable).strip()[:LONGEST_KEPT].rstrip()


def without_links_and_handles(normalised: str) -> str:
    """Return a normalised text without the two placeholders, for judging its language."""
    return _BLANK.sub(" ", _FOLDED.sub(" ", normalised)).strip()


def folded(normalised: str) -> str:
    """Return a normalised text in the form the shipped model was trained on.

    Lower case, no accents on Latin and Greek letters (marks of other scripts stay: they are the vowels of Hindi),
    Turkish ı as i, Greek ς as σ, a letter said three times or more said twice, each emoji a word of its own, once.
    """
    plain = normalised.lower()
    if not plain.isascii():
        plain = _EMOJI_RUN.sub(r" \1 ", plain.translate(_FOLDS))
    return _BLANK.sub(" ", _DRAWN_OUT.sub(r"\1\1", plain)).strip()


class _Folds(dict[int, str]):
    """What each character becomes, worked out when first met."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        self[code] = found = _SPECIAL_FOLDS.get(character) or _without_accent(character)
        return found


_FOLDS = _Folds()
_SPECIAL_FOLDS = {"ı": "i", "ς": "σ"}


def _without_accent(character: str) -> str:
    if "\u0300" <= character <= "\u036f":
        return ""
    base = unicodedata.normalize("NFD", character)[0]
    return base if unicodedata.name(base, "").startswith(("LATIN", "GREEK")) else character


def _without_surrogates(text: str) -> str:
    """Join surrogate pairs (half-decoded JSON) and drop lone ones, which no tokenizer or file can hold."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
    return text


def _without_unprintable(text: str) -> str:
    return text if text.isprintable() else "".join(map(_printable, text))


@lru_cache(maxsize=16_384)
def _printable(character: str) -> str:
    if ord(character) in _UNSEEN:
        return ""
    return " " if unicodedata.category(character) == "Cc" else character
