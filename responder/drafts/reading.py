"""A reply as the rules read it: sentences and clauses, each as its own tokens and as words to look phrases up in. Pure.

Texts are read as people see them: signs nobody sees are left out, and letters that only look like those around them
(a Cyrillic "а" in an English word) are read as what they look like.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property

from responder.cases.phrases import MARK, START, words_of

MOST_READ = 12_000
"""Characters of a text that are read: more than any platform lets an answer have."""

_SENTENCE_END = re.compile(r"(?<=[.!?;…·\u0387])\s+|\n")
_CLAUSE_END = re.compile(r"(?<=[,:])\s+|\s+[–—-]\s+|\s*[()]\s*|\s+(?:and|but|dan|tetapi|tapi|serta|ve|ama|και|αλλά)\s+")
_WORD = re.compile(r"[^\W\d_]+")
_PAIRS = {
    **dict(zip("аеорсухіјѕһԁԛԝАВЕКМНОРСТХІЈЅ", "aeopcyxijshdqwABEKMHOPCTXIJS", strict=False)),
    **dict(zip("οινυρχκΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "oivupxkABEZHIKMNOPTYX", strict=True)),
}
_TO_LATIN = str.maketrans(_PAIRS)
_TO_GREEK = str.maketrans(dict(zip("oivupxkABEZHIKMNOPTYX", "οινυρχκΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", strict=True)))


@dataclass(frozen=True)
class Sentence:
    """A piece of a text: its tokens as written, and for each of its folded words the token it stands in."""

    tokens: tuple[str, ...]
    folded: tuple[str, ...]
    owners: tuple[int, ...]

    @cached_property
    def words(self) -> str:
        """The folded words with a blank around each, as phrases are looked up in, and a mark where they end."""
        return f" {' '.join((*self.folded, MARK))} "

    @cached_property
    def starts(self) -> frozenset[str]:
        """How its words begin."""
        return frozenset((MARK, *(word[:START] for word in self.folded)))

    @property
    def text(self) -> str:
        return " ".join(self.tokens)

    def quote(self, start: int, end: int) -> str:
        """Return the tokens, as written, that hold what stands in `words` from `start` to `end`."""
        first = self.words.count(" ", 0, start + 1) - 1
        last = min(first + self.words.count(" ", start + 1, end), len(self.owners) - 1)
        return " ".join(self.tokens[self.owners[first] : self.owners[last] + 1]).strip(' ,.;:!?…–—-()"“”')


def seen(text: str | None) -> str:
    """Return a text as people see it, cut where no platform lets an answer go on; empty when there is none."""
    plain = (text or "")[:MOST_READ]
    if plain.isascii():
        return plain
    plain = unicodedata.normalize("NFKC", plain.replace("…", "… "))
    plain = "".join(sign for sign in plain if sign == "\u200d" or unicodedata.category(sign) not in {"Cf", "Cs", "Co"})
    return _WORD.sub(_unmixed, plain[:MOST_READ])


def sentences(text: str) -> tuple[Sentence, ...]:
    """Return the sentences of a text that `seen` gave, those without a word left out."""
    return tuple(each for each in map(_sentence, _SENTENCE_END.split(text)) if each.folded)


def clauses(sentence: Sentence) -> tuple[Sentence, ...]:
    """Return the parts of a sentence between commas, colons, dashes and the commonest conjunctions."""
    pieces = [piece for piece in _CLAUSE_END.split(sentence.text) if piece.strip()]
    return (sentence,) if len(pieces) < 2 else tuple(map(_sentence, pieces))


def folded_words(text: str) -> list[str]:
    """Return the words of a text, folded; links and handles left out."""
    return [word for sentence in sentences(text) for word in sentence.folded]


def _sentence(piece: str) -> Sentence:
    tokens = tuple(piece.split())
    found = [(word, place) for place, token in enumerate(tokens) for word in words_of(token).split()]
    return Sentence(tokens, tuple(word for word, _ in found), tuple(place for _, place in found))


def _unmixed(match: re.Match[str]) -> str:
    word = match[0]
    if word.isascii():
        return word
    latin = sum(sign < "\u0250" for sign in word)
    greek = sum("\u0370" <= sign < "\u0400" or "\u1f00" <= sign < "\u2000" for sign in word)
    if 0 < latin < len(word):
        return word.translate(_TO_GREEK if greek > latin else _TO_LATIN)
    return word
