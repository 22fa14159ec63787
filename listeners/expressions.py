"""The search expression itself: words, phrases and handles joined by AND, OR and NOT.

Owns the shape, what it means for a text, and how it is written. Reading one from text is `query_parser`, the filters
around one are `queries`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

from listeners.folding import Folded, word_run

MAX_LENGTH = 10_000
"""Characters of one search string: far more than any platform takes, little enough to parse in a moment."""
MAX_DEPTH = 40
"""Parentheses and NOTs inside each other."""

_OPERATORS = frozenset({"AND", "OR", "NOT"})
QUOTES = '"“”„‟«»＂'
_NOT_IN_A_WORD = re.compile(rf"[\s(){QUOTES}*]")
_HANDLE = re.compile(r"\w(?:[\w.\-]*\w)?(?:@\w(?:[\w.\-]*\w)?)?")
_FOREIGN_FIELDS = {
    "lang": "choose languages in the filters",
    "from": "exclude or follow accounts in the filters",
    "to": "write the account as @name",
    "is": "choose reposts in the filters",
    "has": "leave it out; links and pictures are not searched",
    "url": "write the site's name as a word",
    "since": "every search starts where the last one ended",
    "until": "every search starts where the last one ended",
    "subreddit": "name the subreddits in the source's settings",
}


class QuerySyntaxError(ValueError):
    """A search string that cannot be understood.

    `reason` says what to mend, `column` is the 1-based character it is about, and `drawn()` shows both under the text.
    """

    def __init__(self, message: str, column: int, text: str = "") -> None:
        super().__init__(f"column {column}: {message}")
        self.reason = message
        self.column = column
        self.text = text

    def drawn(self) -> str:
        """Return the search string with a caret under the column, for a terminal."""
        start = max(0, self.column - 60)
        line = self.text[start : start + 100].replace("\n", " ").replace("\t", " ")
        return f"{line}\n{' ' * (self.column - 1 - start)}^ {self.reason}"


@dataclass(frozen=True, slots=True)
class Term:
    """One word or #tag. Raises ValueError for what the parser could not read back (spaces, quotes, operators)."""

    text: str

    def __post_init__(self) -> None:
        if _NOT_IN_A_WORD.search(self.text) or self.text[:1] in {"-", "@"} or self.text in _OPERATORS:
            raise ValueError(f"{self.text!r} is not one plain word: make it a Phrase")
        if not word_run(self.text):
            raise ValueError(f"{self.text!r} has no letter, digit or symbol to look for")
        if (name := self.text.partition(":")[0].lower()) in _FOREIGN_FIELDS and ":" in self.text:
            raise ValueError(f"{name}: is not an operator here: {_FOREIGN_FIELDS[name]}, or quote the words")


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that stand beside each other, in this order."""

    words: tuple[str, ...]

    def __post_init__(self) -> None:
        if any(not word or re.search(rf"[\s{QUOTES}]", word) for word in self.words):
            raise ValueError("the words of a phrase hold no spaces and no quotes")
        if not word_run(self.text):
            raise ValueError(f"{self.text!r} has no letter, digit or symbol to look for")

    @property
    def text(self) -> str:
        """The words as typed, joined by single spaces."""
        return " ".join(self.words)


@dataclass(frozen=True, slots=True)
class Handle:
    """An account somebody speaks to: @name, @name@server, u/name. `name` has no leading @."""

    name: str

    def __post_init__(self) -> None:
        if not _HANDLE.fullmatch(self.name):
            raise ValueError(f"{self.name!r} is not an account name: write letters, digits, dots or - after the @")


@dataclass(frozen=True, slots=True)
class And:
    """All parts match. An And inside an And is drawn up into it."""

    parts: tuple[Node, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "parts", _flat(And, self.parts))


@dataclass(frozen=True, slots=True)
class Or:
    """At least one part matches. An Or inside an Or is drawn up into it."""

    parts: tuple[Node, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "parts", _flat(Or, self.parts))


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not match."""

    part: Node


Leaf = Term | Phrase | Handle
Node = Leaf | And | Or | Not


def _flat(kind: type[And | Or], parts: Iterable[Node]) -> tuple[Node, ...]:
    flat: list[Node] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, kind) else (part,))
    if len(flat) < 2:
        raise ValueError(f"{kind.__name__} joins at least two parts")
    return tuple(flat)


ONLY_NEGATIVE = (
    "this only says what must be absent and would match nearly everything: "
    "add a word that must appear (on each side of an OR)"
)


def leaf(text: str) -> Leaf:
    """Make the leaf a person means by one entry of a list: @handle, one word, or a phrase. Raises ValueError."""
    entry = re.sub(rf"[{QUOTES}]", " ", text).strip()
    if entry.startswith("@") and _HANDLE.fullmatch(entry[1:]):
        return Handle(entry[1:])
    try:
        return Term(entry)
    except ValueError:
        return Phrase(tuple(entry.split()))


def unanchored(node: Node, *, wanted: bool = True) -> Node | None:
    """Return the part that would match texts holding none of the words asked for; None when there is no such part.

    `wanted` is False inside an odd number of NOTs, where AND and OR change places.
    """
    match node:
        case Not(part):
            return None if unanchored(part, wanted=not wanted) is None else node
        case And(parts) | Or(parts):
            loose = [found for part in parts if (found := unanchored(part, wanted=wanted)) is not None]
            every_part_must_hold = isinstance(node, And) == wanted
            if every_part_must_hold:
                return node if len(loose) == len(parts) else None
            return loose[0] if loose else None
        case _:
            return None if wanted else node


def is_too_deep(node: Node) -> bool:
    """Tell whether an expression nests deeper than MAX_DEPTH. Never recurses, so it may be asked of anything."""
    level: list[Node] = [node]
    for _ in range(MAX_DEPTH):
        level = [part for inner in level for part in _parts(inner)]
        if not level:
            return False
    return True


def _parts(node: Node) -> tuple[Node, ...]:
    if isinstance(node, And | Or):
        return node.parts
    return (node.part,) if isinstance(node, Not) else ()


def holds(node: Node, text: Folded) -> bool:
    """Tell whether the expression is true of a text."""
    match node:
        case Term() | Phrase():
            return text.holds(_run(node.text))
        case Handle(name):
            return text.speaks_to(name)
        case And(parts):
            return all(holds(part, text) for part in parts)
        case Or(parts):
            return any(holds(part, text) for part in parts)
        case Not(part):
            return not holds(part, text)


@lru_cache(maxsize=10_000)
def _run(text: str) -> str:
    return word_run(text)


def written(node: Node) -> str:
    """Return the expression as a search string."""
    match node:
        case Term(text):
            return text
        case Phrase():
            return f'"{node.text}"'
        case Handle(name):
            return f"@{name}"
        case And(parts):
            return " AND ".join(_bracketed(part) if isinstance(part, Or) else written(part) for part in parts)
        case Or(parts):
            return " OR ".join(written(part) for part in parts)
        case Not(part):
            return f"NOT {_bracketed(part) if isinstance(part, And | Or) else written(part)}"


def _bracketed(node: Node) -> str:
    return f"({written(node)})"


def leaves(node: Node, *, wanted: bool) -> Iterator[Leaf]:
    """Yield the leaves that must or may appear; `wanted` is False inside an odd number of NOTs."""
    match node:
        case Not(part):
            yield from leaves(part, wanted=not wanted)
        case And(parts) | Or(parts):
            for part in parts:
                yield from leaves(part, wanted=wanted)
        case _:
            if wanted:
                yield node


_Groups = tuple[tuple[Leaf, ...], ...]


def groups(node: Node, limit: int, *, wanted: bool) -> _Groups | None:
    """Return the groups of `Query.alternatives`; None when the part asks for no leaf at all."""
    match node:
        case Not(part):
            return groups(part, limit, wanted=not wanted)
        case And(parts) | Or(parts):
            each = [groups(part, limit, wanted=wanted) for part in parts]
            if isinstance(node, And) == wanted:
                return _every(each, limit)
            sure = [found for found in each if found is not None]
            return None if len(sure) < len(each) else tuple(dict.fromkeys(group for found in sure for group in found))
        case _:
            return ((node,),) if wanted else None


def _every(each: list[_Groups | None], limit: int) -> _Groups | None:
    found: _Groups | None = None
    for more in sorted((groups for groups in each if groups is not None), key=len):
        if found is None:
            found = more
        elif len(found) * len(more) <= limit:
            found = tuple(tuple(dict.fromkeys(a + b)) for a, b in product(found, more))
    return found
