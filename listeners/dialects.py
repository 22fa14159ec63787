"""Writing a query in the boolean search language of one platform.

What a platform cannot express is left out, so that it answers with too much and never too little; the source filters
with `Query.matches` afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from listeners.queries import And, Leaf, Node, Not, Or, Query


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """The words of one platform's search language. `leaf` writes a term, phrase or handle, quoting as needed."""

    leaf: Callable[[Leaf], str]
    both: str = " "
    either: str = " OR "
    without: str = "-"


def translate(query: Query, dialect: Dialect) -> str:
    """Return the query's expression in a platform's words: it finds whatever the query matches, and perhaps more."""
    return _written(query.expression, dialect, wanted=True, outermost=True) or ""


def _written(node: Node, dialect: Dialect, *, wanted: bool, outermost: bool = False) -> str | None:
    """Return one part; None when it has to be left out. Inside an odd number of NOTs, AND and OR change places."""
    if isinstance(node, Not):
        return _written(node.part, dialect, wanted=not wanted, outermost=outermost)
    if isinstance(node, And | Or):
        all_hold = isinstance(node, And) == wanted
        parts = [_written(part, dialect, wanted=asked) for part, asked in _joined(node, wanted, all_hold=all_hold)]
        return (_conjunction if all_hold else _disjunction)(parts, dialect, outermost=outermost)
    return dialect.leaf(node) if wanted else dialect.without + dialect.leaf(node)


def _joined(node: Node, wanted: bool, *, all_hold: bool) -> Iterator[tuple[Node, bool]]:
    """Walk through what is joined in the same way however deep it stands: a AND NOT (b OR c) is a, not b, not c."""
    if isinstance(node, Not):
        yield from _joined(node.part, not wanted, all_hold=all_hold)
    elif isinstance(node, And | Or) and (isinstance(node, And) == wanted) == all_hold:
        for part in node.parts:
            yield from _joined(part, wanted, all_hold=all_hold)
    else:
        yield node, wanted


def _conjunction(parts: list[str | None], dialect: Dialect, *, outermost: bool) -> str | None:
    kept = [part for part in parts if part]
    if not any(not part.startswith(dialect.without) for part in kept):
        return None  # only what must be absent: no platform searches for that
    joined = dialect.both.join(kept)
    return joined if outermost or len(kept) == 1 else f"({joined})"


def _disjunction(parts: list[str | None], dialect: Dialect, *, outermost: bool) -> str | None:
    if any(part is None or part.startswith(dialect.without) for part in parts):
        return None  # "this, or anything without that" is nearly everything
    joined = dialect.either.join(part for part in parts if part)
    return joined if outermost else f"({joined})"
