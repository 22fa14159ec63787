"""Writes Greek in Latin letters as people type it, for training and checking in memory. Serving never needs it."""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Mapping

Scheme = Mapping[str, str]
"""What one writer types for a Greek letter or for a pair of letters; pairs win over letters."""

_LETTERS = dict(zip("αβγδεζηικλμνοπρσςτυφω", "avgdeziiklmnoprsstyfo", strict=True)) | {
    "θ": "th",
    "ξ": "x",
    "χ": "ch",
    "ψ": "ps",
}

SCHEMES: Mapping[str, Scheme] = {
    # ELOT 743, as on road signs and in passports.
    "standard": _LETTERS | {"ου": "ou", "γγ": "ng", "γξ": "nx", "γχ": "nch", "αυ": "av", "ευ": "ev", "ηυ": "iv"},
    # As it sounds.
    "phonetic": _LETTERS
    | {"υ": "i", "χ": "h", "ξ": "ks", "ου": "ou", "αι": "e", "ει": "i", "οι": "i", "μπ": "b", "γκ": "g", "γγ": "g"}
    | {"αυ": "af", "ευ": "ef"},
    # As the letters look.
    "visual": _LETTERS | {"η": "h", "ω": "w", "θ": "8", "ξ": "3", "χ": "x", "υ": "u", "β": "b", "ψ": "4"},
    # As the keys lie on a Greek keyboard.
    "keyboard": _LETTERS | {"η": "h", "ω": "v", "θ": "u", "ξ": "j", "χ": "x", "υ": "y", "β": "b", "ψ": "c", "ς": "w"},
}
"""Whole schemes by name. Most people mix them: `mixed`."""

_HABITS: Mapping[str, tuple[str, ...]] = {
    "β": ("v", "v", "b"),
    "η": ("i", "i", "h"),
    "θ": ("th", "th", "8", "8", "9"),
    "ξ": ("ks", "x", "3", "j"),
    "υ": ("y", "u", "i"),
    "φ": ("f", "f", "ph"),
    "χ": ("x", "x", "h", "ch"),
    "ψ": ("ps", "ps", "4"),
    "ω": ("o", "w", "w"),
    "ου": ("ou", "ou", "u", "oy"),
    "αι": ("ai", "ai", "e"),
    "ει": ("ei", "ei", "i"),
    "οι": ("oi", "oi", "i"),
    "αυ": ("au", "av", "af"),
    "ευ": ("eu", "ev", "ef"),
    "μπ": ("mp", "mp", "b"),
    "ντ": ("nt", "nt", "d"),
    "γγ": ("gg", "ng"),
    "γκ": ("gk", "gk", "g"),
}
"""What people type where they differ; a habit named twice is met twice as often."""

_GREEK = re.compile(r"[\u0370-\u03ff\u1f00-\u1fff]")
_LATIN = re.compile(r"[A-Za-z]")
_ACCENT = re.compile(r"[\u0300-\u036f]")
_SOUND = re.compile("ου|αι|ει|οι|αυ|ευ|ηυ|μπ|ντ|γ[γκξχ]|[α-ω]", re.IGNORECASE)


def mixed(chance: random.Random) -> Scheme:
    """Return the scheme of one invented writer, who keeps to one habit per sound."""
    return _LETTERS | {letters: chance.choice(habits) for letters, habits in _HABITS.items()}


def mostly_greek(text: str) -> bool:
    """Return whether more than three quarters of the Greek and Latin letters are Greek, and there are four at least."""
    greek = len(_GREEK.findall(text))
    return greek >= 4 and greek > 3 * len(_LATIN.findall(text))


def transliterate(text: str, scheme: Scheme) -> str:
    """Return `text` with its Greek in Latin letters. Accents go, capitals stay, other scripts are left alone."""
    plain = _ACCENT.sub("", unicodedata.normalize("NFD", text))
    return unicodedata.normalize("NFC", _SOUND.sub(lambda sound: _typed(sound[0], scheme), plain))


def _typed(sound: str, scheme: Scheme) -> str:
    plain = sound.lower()
    typed = scheme.get(plain) or "".join(scheme.get(letter, letter) for letter in plain)
    if sound == plain:
        return typed
    return typed.upper() if len(sound) > 1 and sound.isupper() else typed.capitalize()
