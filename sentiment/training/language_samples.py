"""Texts to make and check language identification with: as people wrote them, and Greek ones in Latin letters."""

from __future__ import annotations

import csv
import gzip
import random
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import cycle
from pathlib import Path

from sentiment.normalise import normalise, without_links_and_handles
from sentiment.training.greeklish import SCHEMES, mixed, mostly_greek, transliterate

HINDI = frozenset({"hi", "hi-en"})
"""Labels of the rows with romanised Hindi; many of them are English, or English in part."""

GREEKLISH = "el-Latn"
ARABIZI = "ar-Latn"

# Most people mix.
_TURNS = ("mixed", "mixed", *SCHEMES)

# What collecting left in some sets and not in others: it would give the set away, and with it the language.
_LEFT_OVER = re.compile(r"\bhttps?\b\S*(?:\s*/+\s*t\s?co(?:\s*/\s*\w+)?)?|^RT\b|\[(?:NAME|RELIGION)\]|\w*…$|\.\.\.$")
_LATIN = re.compile("[A-Za-z]")
_ARABIC = re.compile("[\u0621-\u06d3]")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")

# Everyday words of English that are everyday words of romanised Hindi too: they speak for neither.
_OF_BOTH = frozenset(
    """
    a ab all are as bad be do do hai he hi ho hum i in is ka ke ki ko main maine man me na ne no par rt se so the to
    us use ya
    """.split()  # noqa: SIM905  (a line of quoted words each would hide the rest of the page)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A text ready for `LanguageIdentifier.identify`, and the row it came from. `language` is the row's label."""

    id: str
    text: str
    language: str
    set: str


def read_samples(file: Path, *, most: Callable[[str, str], int] | None = None) -> list[Sample]:
    """Read a `.csv.gz` of training rows, less those without a letter.

    Unlike `read_rows`, capitals and accents stay: they tell languages apart. What is not the writer's is taken out.
    Arabic in Latin letters gets a label of its own. `most` says how many rows of a language and set are taken,
    the first by a hash of their ids; None takes all.
    """
    with gzip.open(file, "rt", encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    samples = [_sample(raw) for raw in (rows if most is None else _thinned(rows, most))]
    return [sample for sample in samples if any(map(str.isalpha, sample.text))]


def _thinned(rows: list[dict[str, str]], most: Callable[[str, str], int]) -> list[dict[str, str]]:
    taken: Counter[tuple[str, str]] = Counter()
    kept = []
    for raw in sorted(rows, key=lambda raw: zlib.crc32(raw["id"].encode())):
        key = raw["lang"], raw["set"]
        taken[key] += 1
        if taken[key] <= most(*key):
            kept.append(raw)
    return kept


def own_words(text: str) -> str:
    """Return a text without links, handles, and the marks that collecting and cutting left in it."""
    return " ".join(_LEFT_OVER.sub(" ", without_links_and_handles(normalise(text))).split())


def _sample(raw: Mapping[str, str]) -> Sample:
    text, language = own_words(raw["text"]), raw["lang"]
    if language.startswith("ar") and len(_LATIN.findall(text)) > 3 * len(_ARABIC.findall(text)):
        language = ARABIZI
    return Sample(id=raw["id"], text=text, language=language, set=raw["set"])


def words(text: str) -> list[str]:
    """Return the words of a text in lower case, apostrophes kept."""
    return [word.lower() for word in _WORD.findall(text)]


def english_words(samples: Iterable[Sample], count: int = 3000) -> frozenset[str]:
    """Return the commonest words of the English samples, less those that are romanised Hindi too."""
    met = Counter(word for sample in samples if sample.language == "en" for word in set(words(sample.text)))
    return frozenset(word for word, _ in met.most_common(count) if len(word) > 1) - _OF_BOTH


def mostly_english(text: str, english: frozenset[str]) -> bool:
    """Return whether two in five of its words are common English ones, names and rare words making up the rest."""
    telling = [word for word in words(text) if word not in _OF_BOTH]
    return not telling or sum(word in english for word in telling) >= 0.4 * len(telling)


def in_greeklish(samples: Iterable[Sample], scheme: str | None = None, *, seed: int = 1) -> Iterator[Sample]:
    """Yield the Greek samples in Latin letters: by a scheme of `SCHEMES`, or "mixed"; None takes turns among all."""
    chance = random.Random(seed)  # noqa: S311  (made-up spellings, not secrets)
    greek = (sample for sample in samples if sample.language == "el" and mostly_greek(sample.text))
    for sample, turn in zip(greek, cycle(_TURNS)):
        habits = SCHEMES.get(scheme or turn) or mixed(chance)
        yield replace(sample, text=transliterate(sample.text, habits), language=GREEKLISH)
