"""The wording of a holding statement: what its author may write, and how it is adapted to one thread. Pure.

A statement has blocks, parted by blank lines; the lines of a block say the same in other words, and one of them is
taken. A line like [tr] or [pt-BR] begins the statement in another language. {name} and {source} stand for facts of the
thread. Every word of an adapted text was approved, or is such a fact: nothing is invented.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from math import prod
from zlib import crc32

from responder.errors import Invalid
from responder.incidents.grouping import words

LONGEST = 5_000
CEILING = 0.9
"""Two answers may not be more alike than this (SCIENCE 4)."""

LAST = 20
"""Answers a new one is compared with: the latest."""

LONGEST_NAME = 40
_COMBINATIONS = 240

_LANGUAGE = re.compile(r"\[([a-z]{2,3}(?:[-_][a-z0-9]{2,8})*)\]", re.IGNORECASE)
_BRACKETED = re.compile(r"\[.*\]")
_UNTOLD = "und"
_FACT = re.compile(r"\{([^{}]*)\}")
_FACTS = ("name", "source")
_NAMELESS = re.compile(r"[\s,]*\{name\}")

Sketch = frozenset[int]
"""What an answer is compared by: checksums of its words, names left out. The words cannot be read from it."""

Blocks = list[list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """The facts of one thread: its language, what its writer is called (None unknown), and where it stands."""

    case_id: int
    language: str
    name: str | None
    source: str


@dataclass(frozen=True, slots=True)
class Adapted:
    """A statement as it may stand in one thread. `language` None: the statement names none.

    `is_theirs`: in the thread's language; None when the statement or the thread does not tell its own. `likeness` is
    the highest to an answer given before.
    """

    text: str
    language: str | None
    is_theirs: bool | None
    likeness: float


def check(statement: str) -> str:
    """Return a statement as it is kept. Raises Invalid, with what to write instead."""
    kept = tidy(statement)
    if not kept:
        raise Invalid("Write the statement first.")
    if len(kept) > LONGEST:
        raise Invalid(f"Keep the statement below {LONGEST:,} characters.")
    for fact in _FACT.findall(kept):
        if fact not in _FACTS:
            raise Invalid(f"{{{fact}}} is not known here: write {{name}} or {{source}}.")
    for line in map(str.strip, kept.split("\n")):
        if _BRACKETED.fullmatch(line) and not _LANGUAGE.fullmatch(line):
            raise Invalid(f"{line} is no language: write its code, such as [en] or [pt-BR].")
    if not all(blocks for blocks in read(kept).values()):
        raise Invalid("Write something under every language.")
    return kept


def tidy(statement: str) -> str:
    """Return a statement without blanks at the ends of its lines, and with one kind of line end."""
    return "\n".join(line.rstrip() for line in statement.replace("\r\n", "\n").strip().split("\n"))


def read(statement: str) -> dict[str | None, Blocks]:
    """Return a statement's blocks of equivalent lines by language, the first one first; None where none is named."""
    language: str | None = None
    found: dict[str | None, Blocks] = {}
    block: list[str] = []
    for line in [*statement.split("\n"), ""]:
        named = _LANGUAGE.fullmatch(line.strip())
        if line.strip() and not named:
            block.append(line.strip())
            continue
        if block:
            found.setdefault(language, []).append(block)
            block = []
        if named:
            language = named[1].lower().replace("_", "-")
            found.setdefault(language, [])
    return found


def adapted(statement: str, thread: Thread, others: Sequence[Sketch] = ()) -> Adapted:
    """Return the wording for a thread that is least like the answers given before, in its language where there is one.

    Which wording is tried first follows from the case, so that neighbours differ even before anything was answered.
    """
    by_language = read(statement)
    language = _nearest(list(by_language), thread.language)
    fillings = {"name": proper_name(thread.name), "source": thread.source}
    told = [_told(block, fillings) for block in by_language[language]]
    names = (fillings["name"] or "",)
    tried = ((_likeness(sketch(text, names), others), text) for text in _combinations(told, thread.case_id))
    likeness, text = min(tried, key=lambda pair: pair[0])
    return Adapted(text, language, is_theirs=_is_theirs(language, thread.language), likeness=likeness)


def sketch(text: str, names: Collection[str] = ()) -> Sketch:
    """Return what a text is compared by, the words of `names` left out."""
    left_out = set().union(*map(words, names)) if names else set()
    return frozenset(crc32(word.encode()) for word in words(text) - left_out)


def too_alike(text: Sketch, others: Iterable[Sketch], *, ceiling: float = CEILING) -> float | None:
    """Return how alike a text is to the nearest of others when that is above the ceiling; None when it may be used."""
    likeness = _likeness(text, others)
    return likeness if likeness > ceiling else None


def proper_name(name: str | None) -> str | None:
    """Return a name as one may address somebody; None for what is no name: long, with a link, or unprintable."""
    plain = " ".join((name or "").split())
    is_name = plain and plain.isprintable() and len(plain) <= LONGEST_NAME and not set(plain) & set("{}<>/@:")
    return plain if is_name else None


def _nearest(languages: Sequence[str | None], theirs: str) -> str | None:
    """Return the language a thread is answered in: its own, another country's form of it, else the first."""
    akin = [language for language in languages if language is not None and _is_theirs(language, theirs)]
    return theirs if theirs in languages else next(iter(akin or languages))


def _is_theirs(language: str | None, theirs: str) -> bool | None:
    if language is None or theirs == _UNTOLD:
        return None
    return language.partition("-")[0] == theirs.partition("-")[0]


def _told(block: Sequence[str], fillings: Mapping[str, str | None]) -> list[str]:
    """Return the lines of a block with their facts; one that needs a name nobody knows is left out, or does without."""
    told = [line for line in block if fillings["name"] is not None or "{name}" not in line]
    if told:
        return [_FACT.sub(lambda fact: fillings.get(fact[1]) or "", line) for line in told]
    nameless = (_NAMELESS.sub("", line).lstrip(" ,") for line in block)
    return [_FACT.sub(lambda fact: fillings.get(fact[1]) or "", line[:1].upper() + line[1:]) for line in nameless]


def _combinations(told: Sequence[Sequence[str]], first: int) -> Iterable[str]:
    """Yield different wordings, beginning with the one that a number picks."""
    # Spread by a number that shares no factor with usual counts of lines, so that neighbours differ in several blocks.
    count = prod(len(block) for block in told)
    for number in islice(range(count), _COMBINATIONS):
        at = (first * 7919 + number) % count
        lines = []
        for block in told:
            at, line = divmod(at, len(block))
            lines.append(block[line])
        yield " ".join(line for line in lines if line)


def _likeness(one: Sketch, others: Iterable[Sketch]) -> float:
    return max((2 * len(one & other) / ((len(one) + len(other)) or 1) for other in others), default=0.0)
