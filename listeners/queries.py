"""What a watch looks for: a search expression plus filters on language, author and reposts.

Translating a query into one platform's own search language is left to that platform's source, which always filters
again with `Query.matches`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from listeners.expressions import (
    MAX_DEPTH,
    MAX_LENGTH,
    ONLY_NEGATIVE,
    And,
    Handle,
    Leaf,
    Node,
    Not,
    Or,
    Phrase,
    QuerySyntaxError,
    Term,
    groups,
    holds,
    is_too_deep,
    leaf,
    leaves,
    unanchored,
    written,
)
from listeners.folding import fold
from listeners.mentions import Mention
from listeners.query_parser import parse_expression

__all__ = ["And", "Handle", "Leaf", "Node", "Not", "Or", "Phrase", "Query", "QuerySyntaxError", "Term"]


@dataclass(frozen=True)
class Query:
    """What a watch looks for.

    `languages` are BCP 47 codes, empty for all; a mention whose platform names no language passes, it is detected
    later. `exclude_authors` holds handles (with or without @) or platform ids of our own accounts and staff. `text` is
    the search string as typed, and no part of equality. Raises ValueError for an expression that is too deep, too long,
    or names only what must be absent.
    """

    expression: Node
    languages: frozenset[str] = frozenset()
    exclude_authors: frozenset[str] = frozenset()
    include_reposts: bool = False
    text: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        if is_too_deep(self.expression):
            raise ValueError(f"more than {MAX_DEPTH} levels of parentheses and NOT: write it flatter")
        if unanchored(self.expression) is not None:
            raise ValueError(ONLY_NEGATIVE)
        text = self.text or self.to_text()
        if len(text) > MAX_LENGTH:
            raise ValueError(f"over {MAX_LENGTH} characters: split it into two watches")
        object.__setattr__(self, "text", text)
        object.__setattr__(self, "languages", frozenset(code.lower().replace("_", "-") for code in self.languages))
        object.__setattr__(self, "exclude_authors", frozenset(_account(name) for name in self.exclude_authors))

    @classmethod
    def parse(cls, text: str, **filters: Any) -> Query:
        """Read a search string: AND OR NOT (or -), quotes, parentheses, @handle, #tag; words side by side mean AND.

        NOT binds tighter than AND, AND tighter than OR. Operators are upper case; "and" is a word. `filters` are the
        other fields of Query. Raises QuerySyntaxError.
        """
        return cls(parse_expression(text), text=text, **filters)

    @classmethod
    def build(
        cls,
        any: Iterable[str] = (),  # noqa: A002 — the words of the form people fill in
        all: Iterable[str] = (),  # noqa: A002
        none: Iterable[str] = (),
        handles: Iterable[str] = (),
        **filters: Any,
    ) -> Query:
        """Make a query from lists of words or phrases: any of `any` or `handles`, and all of `all`, but none of `none`.

        Raises ValueError when nothing positive is asked for, or an entry has no word in it.
        """
        wanted: list[Node] = [leaf(text) for text in any]
        wanted += [Handle(name.strip().removeprefix("@")) for name in handles]
        parts: list[Node] = [_joined(Or, wanted)] if wanted else []
        parts += [leaf(text) for text in all]
        parts += [Not(leaf(text)) for text in none]
        if not parts:
            raise ValueError(ONLY_NEGATIVE)
        return cls(_joined(And, parts), **filters)

    def matches(self, mention: Mention) -> bool:
        """Tell whether the watch wants this mention: words, language, author and repost filters together."""
        if mention.is_repost and not self.include_reposts:
            return False
        if self.languages and mention.language and not self._speaks(mention.language):
            return False
        if self.exclude_authors and mention.author is not None:
            names = {_account(name) for name in (mention.author.external_id, mention.author.handle) if name}
            if names & self.exclude_authors:
                return False
        return self.matches_text(mention.text)

    def matches_text(self, text: str) -> bool:
        """Tell whether the expression alone holds for a text."""
        return holds(self.expression, fold(text))

    def to_text(self) -> str:
        """Write the expression as a search string; `parse` of it gives the same expression."""
        return written(self.expression)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON data for storing; `from_dict` reads it back."""
        return {
            "text": self.text,
            "languages": sorted(self.languages),
            "exclude_authors": sorted(self.exclude_authors),
            "include_reposts": self.include_reposts,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Query:
        """Read what `to_dict` wrote. Raises QuerySyntaxError or ValueError for damaged data."""
        return cls.parse(
            str(data.get("text", "")),
            languages=frozenset(data.get("languages", ())),
            exclude_authors=frozenset(data.get("exclude_authors", ())),
            include_reposts=bool(data.get("include_reposts", False)),
        )

    def terms(self) -> tuple[Leaf, ...]:
        """Return the positive leaves in order, once each: what a platform without boolean search may be asked for."""
        return tuple(dict.fromkeys(leaves(self.expression, wanted=True)))

    def alternatives(self, limit: int = 16) -> tuple[tuple[Leaf, ...], ...]:
        """Return groups of leaves such that whatever matches the query holds all leaves of at least one group.

        For platforms that know AND but no OR: ask once for each group, then filter with `matches`. Groups get shorter
        (and so less exact) rather than more than `limit`, unless the query itself is a longer list of OR.
        """
        return groups(self.expression, limit, wanted=True) or ()

    def _speaks(self, language: str) -> bool:
        told = language.lower().replace("_", "-")
        return told in self.languages or told.partition("-")[0] in self.languages


def _joined(kind: type[And | Or], parts: list[Node]) -> Node:
    return parts[0] if len(parts) == 1 else kind(tuple(parts))


def _account(name: str) -> str:
    return name.strip().removeprefix("@").casefold()
