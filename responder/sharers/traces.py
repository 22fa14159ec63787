"""What one text says of its writer's habits: copied or own words, a link, the first person, an offer. Pure functions.

Words and phrases stand in phrases.toml, by language. Nothing of a text is kept but three answers and a number.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from importlib import resources
from typing import NamedTuple

from listeners.folding import word_run

LONGEST_READ = 4_000
"""Characters looked at, so that no text takes long."""

FEWEST_WORDS = 5
"""With fewer words two people may well have said the same."""

PLAIN_LENGTH = 3
"""Words up to this length are changed first where a text is passed on ("boy" to "lad", "won't" to "will not")."""

RUN = 4
RUN_OF_CHARACTERS = 10
"""Longer words in a row, or characters of a writing without spaces, that two texts hardly share unless one is a copy.

Measured on 100,000 public posts and reviews: 1 to 2 in 1,000 share their mark with a text that is no copy of theirs,
and of copies with one word in twenty changed two in three keep it.
"""

HINTS, MANY_HINTS = 2, 4
"""Different words about offers that make an impersonal text an offer, and any text."""

STEM = 2
"""Letters there must be before an ending that shows the first person."""

ALSO_SPOKEN = 0.5
"""A text is also in any language of which it has this share of the common words it has of its first."""

STRANGE = 0.02
"""Share of strange letters from which a text is in a language that phrases.toml does not have."""

_LINK = re.compile(r"(?:https?://|www\.)[^\s<>\"]+", re.IGNORECASE)
_NAME = re.compile(r"(?<![\w.])[@#]\w(?:[\w.\-]*\w)?(?:@\w[\w.\-]*)?")
_QUOTED = re.compile(r"[“„«\"]([^“”„«»\"\n]{12,})[”“»\"]")
_OPENED, _CLOSED, _END = "◖", "◗", "⏎"
_STAND_INS = (
    (
        re.compile(
            r"[$€£₺₹]\s?\d|\d\s?[$€£₺₹]|\b(?:RM|Rp|USD|EUR)\s?\d|\d[.,]\d\d\b(?![.:])"
            r"|\d\s?(?:TL|EUR|euros?|lira|ευρώ|rb|ribu|reais)\b"
        ),
        " 💲 ",
    ),
    (re.compile(r"\b(?:[A-Z]{3,}|(?<=code )[A-Z]{2,})\d{1,3}\b"), " 🏷 "),
    (re.compile(r"\$[A-Z]{2,6}\b"), " 💹 "),
)
_LETTER = re.compile(r"[^\W\d_]")
_STRANGE_LETTER = re.compile(
    r"[^\W\d_a-zA-Z\u00aa-\u024f\u0300-\u03ff\u0600-\u06ff\u0900-\u097f\u1e00-\u1fff\ufb50-\ufdff\ufe70-\ufeff]"
    "|[ąćęłńśźżčďěňřšťůžőűåøāēīūģķļņțșđơưếộạđپچژگکیٹڈڑںےہ]",
    re.IGNORECASE,
)
"""Letters that no language of phrases.toml is written with."""


class Trace(NamedTuple):
    """What a text leaves behind.

    `mark` is one number for near-copies, in 64 bits with a sign: as a rule the same where texts differ in links,
    handles, hashtags, numbers, emoji, short words, in what was put before or behind, or in a word. None: too few words
    to tell a copy. It is a digest of four words in a row and gives none of them away; but whoever guesses the four can
    see that they were said. It goes when the text goes.
    `linked`: carries a link. `personal`: is no offer, and speaks in the first person or of what befell the writer's
    own; also where the text is in a language that phrases.toml lacks, since nobody can say then that it does not.
    `selling`: offers, advertises, gives away, asks to be followed or passed on, gives signals to trade, or speaks as a
    firm to its customers.
    """

    mark: int | None
    linked: bool
    personal: bool
    selling: bool


def trace(text: str, *, links: int | None = None) -> Trace:
    """Return the trace of a text. `links`: how many the platform says it carries; None: look for them in the text."""
    text = text[:LONGEST_READ]
    bare = _LINK.sub(" ", text)
    personal, selling = _spoken(_said(bare))
    return Trace(
        mark=_mark(word_run(_NAME.sub(" ", bare)).split()),
        linked=bare != text if links is None else links > 0,
        personal=not selling and (personal or _is_strange(bare)),
        selling=selling,
    )


def _mark(words: list[str]) -> int | None:
    """Digest one run of words, drawn by its hash, and the likelier the longer its words are.

    Min-wise hashing with weights (Broder 1997; Efraimidis and Spirakis 2006): two texts draw the same run as often as
    they have runs in common, and seldom one that everybody uses.
    """
    words = [word for word in words if any(map(str.isalpha, word)) and not any(map(str.isdigit, word))]
    if len(words) < FEWEST_WORDS:
        return None
    if 2 * sum(len(word) == 1 and not word.isascii() for word in words) > len(words):
        drawn_from, length = words, RUN_OF_CHARACTERS
    else:
        drawn_from, length = [word for word in words if len(word) > PLAIN_LENGTH], RUN
    if len(drawn_from) < length:
        drawn_from = words
    starts = range(max(len(drawn_from) - length, 0) + 1)
    return min(_lot(drawn_from[start : start + length]) for start in starts)[1]


def _lot(run: list[str]) -> tuple[float, int]:
    digest = blake2b(" ".join(run).encode("utf-8", "surrogatepass"), digest_size=16).digest()
    weight = sum(max(len(word) - PLAIN_LENGTH, 0) for word in run) + 1
    drawn = (int.from_bytes(digest[:8], "big") + 1) / 2.0**64
    return -math.log(drawn) / weight, int.from_bytes(digest[8:], "big", signed=True)


def _is_strange(text: str) -> bool:
    letters = len(_LETTER.findall(text))
    return letters > 0 and len(_STRANGE_LETTER.findall(text)) > STRANGE * letters


@dataclass(frozen=True, slots=True)
class _Phrases:
    """What each run of words means, by language and kind, and the most words of a run by its first word."""

    meant: dict[str, list[tuple[str, str]]]
    longest: dict[str, int]
    endings: dict[str, tuple[str, ...]]


@cache
def _phrases() -> _Phrases:
    held = tomllib.loads(resources.files(__package__).joinpath("phrases.toml").read_text(encoding="utf-8"))
    endings = {language: tuple(kinds.pop("endings", ())) for language, kinds in held.items()}
    meant: dict[str, list[tuple[str, str]]] = defaultdict(list)
    longest: dict[str, int] = defaultdict(int)
    for language, kinds in held.items():
        for kind, phrases in kinds.items():
            for phrase in phrases.split() if kind == "common" else phrases:
                words = word_run(phrase).split()
                meant[" ".join(words)].append((language, kind))
                longest[words[0]] = max(longest[words[0]], len(words))
    return _Phrases(dict(meant), dict(longest), endings)


def _said(text: str) -> list[str]:
    """Return the words of a text, with the stand-ins that phrases.toml explains and the bounds of what it quotes."""
    text = _QUOTED.sub(rf" {_OPENED} \1 {_CLOSED} ", text)
    for pattern, stand_in in _STAND_INS:
        text = pattern.sub(stand_in, text)
    return [*word_run(text).split(), _END]


def _spoken(words: list[str]) -> tuple[bool, bool]:
    """Return whether these words are personal, and whether they sell. What is quoted is not the writer's own."""
    phrases = _phrases()
    votes: Counter[str] = Counter()
    personal: list[tuple[int, str]] = []
    covered: set[int] = set()
    hints: dict[int, str] = {}
    selling = quoting = False
    for start, first in enumerate(words):
        quoting = first == _OPENED or (quoting and first != _CLOSED)
        if quoting:
            covered.add(start)
        for length in range(1, phrases.longest.get(first, 0) + 1):
            phrase = " ".join(words[start : start + length])
            for language, kind in phrases.meant.get(phrase, ()):
                if kind == "common":
                    votes[language] += 1
                elif kind == "personal":
                    personal.append((start, language))
                elif kind == "hints":
                    hints[start] = phrase  # the longest run that starts here
                else:  # what sells, or is said of a channel, holds no first person that counts
                    selling = selling or kind == "selling"
                    covered.update(range(start, start + length))
    most = max(votes.values(), default=0)
    spoken = {language for language in phrases.endings if votes[language] >= ALSO_SPOKEN * most}
    endings = [ending for language in spoken for ending in phrases.endings[language]]
    is_personal = any(start not in covered and language in spoken for start, language in personal) or any(
        word.endswith(ending) and len(word) >= len(ending) + STEM
        for start, word in enumerate(words)
        if start not in covered
        for ending in endings
    )
    return is_personal, selling or len(set(hints.values())) >= (MANY_HINTS if is_personal else HINTS)
