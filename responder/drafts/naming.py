"""Whether a reply names what its mention is about: the words the two share, in whatever form. Pure."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import takewhile
from pathlib import Path
from typing import Any

from responder.drafts.languages import short_words
from responder.drafts.reading import Sentence, folded_words

_BEFORE_ROOTS = re.compile(r"(?:meng|meny|mem|men|me|di|ter|ber|peng|pem|pen|pe|ke|se)(?=[a-z]{3})")
"""What Malay puts in front of a root."""

_FILE = Path(__file__).with_name("naming.toml")
_READ = ("en", "ms", "id", "el", "el-latn", "tr")
_SHORTEST = 3
_COMMON = 4


def names_it(mention: tuple[Sentence, ...], reply: tuple[Sentence, ...]) -> bool | None:
    """Tell whether a reply holds a word of what its mention is about; None when the mention holds none to speak of."""
    names = _names(reply) | _names(mention, also_first=False)
    theirs = {word for word in _telling(mention) if word not in names} or set(_telling(mention))
    if not theirs:
        return None
    ours = {word for word in _telling(reply) if word not in names}
    roots = {_root(word) for word in ours}
    return any(_is_named(word, ours, roots) for word in theirs)


def is_bare(sentence: Sentence) -> bool:
    """Tell whether a sentence says nothing of its own: short and general words only."""
    return not set(_telling((sentence,)))


def _telling(text: tuple[Sentence, ...]) -> Iterator[str]:
    short = short_words(_READ)
    for sentence in text:
        for word in sentence.folded:
            if len(word) >= _SHORTEST and word not in short and word not in _general() and not word[0].isdigit():
                yield word


def _names(text: tuple[Sentence, ...], *, also_first: bool = False) -> set[str]:
    """Return the words that are written large inside a sentence: names, of brands mostly, which name no problem."""
    found = set()
    for sentence in text:
        for word, owner in zip(sentence.folded, sentence.owners, strict=True):
            token = sentence.tokens[owner].lstrip("\"'“”‘’«(")
            if (owner or also_first) and token[:1].isupper() and not token.isupper():
                found.add(word)
    return found


def _is_named(word: str, ours: set[str], roots: set[str]) -> bool:
    if word in ours or _root(word) in roots:
        return True
    root = _root(word)
    return any(_is_form(root, other) for other in roots) or any(
        word in group and any(one == other or _is_form(one, other) for one in group for other in ours)
        for group in _alike()
    )


def _root(word: str) -> str:
    return _BEFORE_ROOTS.sub("", word, count=1) if word.isascii() and _BEFORE_ROOTS.match(word) else word


def _is_form(one: str, other: str) -> bool:
    """Tell whether two words are forms of one: they begin alike for most of their length."""
    common = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
    longer, shorter = max(len(one), len(other)), min(len(one), len(other))
    return common >= max(_COMMON, longer / 2, 0.6 * shorter)


@cache
def _book() -> Mapping[str, Any]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


@cache
def _general() -> frozenset[str]:
    return frozenset(word for words in _book()["general"].values() for word in folded_words(words))


@cache
def _alike() -> tuple[frozenset[str], ...]:
    return tuple(frozenset(folded_words(group)) for groups in _book()["alike"].values() for group in groups)
