"""Reads a search string into the expression of a `Query`. Recursive descent: NOT before AND before OR.

Every fault names the column and what to write instead.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from listeners.expressions import (
    MAX_DEPTH,
    MAX_LENGTH,
    ONLY_NEGATIVE,
    QUOTES,
    And,
    Handle,
    Node,
    Not,
    Or,
    Phrase,
    QuerySyntaxError,
    Term,
    is_too_deep,
    unanchored,
)

_TOKEN = re.compile(
    rf"""\s*(?:
        (?P<open>\() | (?P<close>\)) |
        (?P<phrase>[{QUOTES}](?P<inside>[^{QUOTES}]*)(?P<end>[{QUOTES}]?)) |
        (?P<minus>-(?=[^\s()])) |
        (?P<word>[^\s(){QUOTES}]+)
    )""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    column: int


def parse_expression(text: str) -> Node:
    """Return the expression a search string stands for. Raises QuerySyntaxError."""
    return _Reader(text).read()


class _Reader:
    def __init__(self, text: str) -> None:
        if len(text) > MAX_LENGTH:
            raise QuerySyntaxError(f"over {MAX_LENGTH} characters: split it into two watches", MAX_LENGTH + 1, text)
        self._text = text
        self._tokens = self._cut()
        self._at = 0
        self._columns: dict[int, int] = {}

    def read(self) -> Node:
        if not self._tokens:
            raise self._fault('nothing to look for: write a word, a "phrase" or an @account', 1)
        node = self._or(depth=0)
        if (extra := self._next()) is not None:
            raise self._fault("this ) closes nothing: take it out, or add a ( before it", extra.column)
        if is_too_deep(node):
            raise self._too_deep(1)
        loose = unanchored(node)
        if loose is not None:
            raise self._fault(ONLY_NEGATIVE, self._columns.get(id(loose), 1))
        return node

    def _or(self, depth: int) -> Node:
        start = self._at
        parts = [self._and(depth)]
        while self._takes("OR"):
            parts.append(self._and(depth))
        return parts[0] if len(parts) == 1 else self._made(Or(tuple(parts)), start)

    def _and(self, depth: int) -> Node:
        start = self._at
        parts = [self._not(depth)]
        while (token := self._next()) is not None and token.kind != "close" and not _is(token, "OR"):
            self._takes("AND")
            parts.append(self._not(depth))
        return parts[0] if len(parts) == 1 else self._made(And(tuple(parts)), start)

    def _not(self, depth: int) -> Node:
        start = self._at
        token = self._next()
        if token is not None and (_is(token, "NOT") or token.kind == "minus"):
            self._deeper(depth, token)
            self._at += 1
            return self._made(Not(self._not(depth + 1)), start)
        return self._leaf(depth)

    def _leaf(self, depth: int) -> Node:
        start = self._at
        token = self._next()
        if token is None or token.kind == "close" or (token.kind == "word" and token.text in {"AND", "OR"}):
            raise self._missing(token)
        self._at += 1
        if token.kind == "open":
            return self._group(token, depth)
        try:
            return self._made(_leaf_of(token), start)
        except ValueError as error:
            raise self._fault(str(error), token.column) from error

    def _group(self, opened: _Token, depth: int) -> Node:
        self._deeper(depth, opened)
        node = self._or(depth + 1)
        closing = self._next()
        if closing is None:
            raise self._fault("this ( is never closed: add a ) where the group ends", opened.column)
        self._at += 1
        return node

    def _deeper(self, depth: int, token: _Token) -> None:
        if depth >= MAX_DEPTH - 1:
            raise self._too_deep(token.column)

    def _too_deep(self, column: int) -> QuerySyntaxError:
        return self._fault(f"more than {MAX_DEPTH} levels of parentheses and NOT: write it flatter", column)

    def _missing(self, token: _Token | None) -> QuerySyntaxError:
        before = self._tokens[self._at - 1] if self._at else None
        if token is None and before is not None:
            return self._fault(
                f"a word is missing after {before.text}: add one, or take {before.text} out", before.column
            )
        column = token.column if token is not None else 1
        if before is not None and before.kind == "open":
            return self._fault("a word is missing after this (: add one, or take the ( out", before.column)
        found = token.text if token is not None else ""
        return self._fault(f"a word is missing before {found}: add one, or take {found} out", column)

    def _takes(self, operator: str) -> bool:
        token = self._next()
        if token is not None and _is(token, operator):
            self._at += 1
            return True
        return False

    def _next(self) -> _Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _made(self, node: Node, start: int) -> Node:
        self._columns[id(node)] = self._tokens[start].column
        return node

    def _cut(self) -> list[_Token]:
        tokens, at, end = [], 0, len(self._text.rstrip())
        while at < end:
            found = _TOKEN.match(self._text, at)
            if found is None:  # pragma: no cover — every character belongs to some kind of token
                raise self._fault("this character cannot be read", at + 1)
            kind = next(name for name in ("open", "close", "phrase", "minus", "word") if found[name] is not None)
            column = found.start(kind) + 1
            if kind == "phrase" and not found["end"]:
                raise self._fault('this quote is never closed: add a " where the phrase ends', column)
            tokens.append(_Token(kind, found["inside"] if kind == "phrase" else found[kind], column))
            at = found.end()
        return tokens

    def _fault(self, reason: str, column: int) -> QuerySyntaxError:
        return QuerySyntaxError(reason, column, self._text)


def _is(token: _Token, operator: str) -> bool:
    return token.kind == "word" and token.text == operator


def _leaf_of(token: _Token) -> Node:
    if token.kind == "phrase":
        return Phrase(tuple(token.text.split()))
    if "*" in token.text:
        raise ValueError(
            "* is not understood, words match whole: write the forms you want, as in (late OR later), or quote it"
        )
    if token.text.startswith("@"):
        return Handle(token.text[1:].rstrip(".,;:!?"))
    return Term(token.text)
