"""The watch form: words in three fields, or a search string, to the query that `responder.accounts.watches` takes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from listeners.queries import Query, QuerySyntaxError
from responder.errors import Invalid

EVERYTHING = "everything"
WORDS = "words"
BOOLEAN = "boolean"

_LANGUAGE = re.compile(r"[a-z]{2,3}")


class WrongColumn(Invalid):
    """A search string with a fault at a known place; `drawn` shows it with a caret under the column."""

    def __init__(self, error: QuerySyntaxError) -> None:
        super().__init__(str(error))
        self.column = error.column
        self.drawn = error.drawn()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A watch as the form asked for it. `query` None takes everything its sources bring."""

    name: str
    query: str | None
    languages: tuple[str, ...]
    exclude_authors: tuple[str, ...]
    include_reposts: bool


def read(form: Mapping[str, str]) -> Wanted:
    """Read the form. Raises WrongColumn for a search string that cannot be understood, Invalid for the rest."""
    languages = tuple(_entries(form.get("languages", "").lower()))
    if wrong := [code for code in languages if not _LANGUAGE.fullmatch(code)]:
        raise Invalid(f"languages: {', '.join(wrong)} is no language code; write codes like en, ms, el")
    return Wanted(
        name=form.get("name", ""),
        query=_query(form),
        languages=languages,
        exclude_authors=tuple(_entries(form.get("exclude_authors", ""))),
        include_reposts=form.get("include_reposts") == "yes",
    )


def _query(form: Mapping[str, str]) -> str | None:
    kind = form.get("kind", WORDS)
    if kind == EVERYTHING:
        return None
    try:
        if kind == BOOLEAN:
            return Query.parse(form.get("boolean", "")).text
        return Query.build(
            any=_entries(form.get("any", "")), all=_entries(form.get("all", "")), none=_entries(form.get("none", ""))
        ).to_text()
    except QuerySyntaxError as error:
        raise WrongColumn(error) from error
    except ValueError as error:
        raise Invalid(f"words: {error}") from error


def _entries(typed: str) -> list[str]:
    """Return the entries of a list typed with commas or on lines."""
    return [entry.strip() for entry in re.split(r"[,\n]", typed) if entry.strip()]
