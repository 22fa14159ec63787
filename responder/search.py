"""Full-text search over mentions: one way to say what is looked for, on FTS5 (SQLite) and tsvector (PostgreSQL) alike.

What people type is words and "phrases", all of which must be there, and -exclusions; nothing of it is ever read as the
database's own search syntax. Case and accents do not count. Both engines split words at the same places.
"""

from __future__ import annotations

import re
import string
import unicodedata
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, String, TextClause, bindparam, text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.functions import FunctionElement

from responder.errors import Invalid

MAX_LENGTH = 200
MAX_TERMS = 12

_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»〝〞＂", '"'))
_SPACED = str.maketrans(dict.fromkeys(string.punctuation, " "))
_SQLITE_LETTERS = str.maketrans("άΆέΈήΉίΊϊΪΐόΌύΎϋΫΰώΏςı", "ααεεηηιιιιιοουυυυυωωσi")
"""As the view `mentions_words` of the first migration does; FTS5 folds all other letters by itself."""
_TERM = re.compile(r'(?P<minus>-*)(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))')


@dataclass(frozen=True, slots=True)
class Words:
    """What is looked for: every one of `wanted`, none of `unwanted`. Each is a word or several in this order."""

    wanted: tuple[str, ...]
    unwanted: tuple[str, ...]

    @property
    def as_fts5(self) -> str:
        """The same for SQLite: quoted strings only, so no word can be an operator, a column or a prefix search."""
        asked = " AND ".join(f'"{_sqlite_letters(term)}"' for term in self.wanted)
        return "".join([f"({asked})", *(f' NOT "{_sqlite_letters(term)}"' for term in self.unwanted)])

    @property
    def as_websearch(self) -> str:
        """The same for PostgreSQL's websearch_to_tsquery: quoted strings only, for the same reason."""
        return " ".join([*(f'"{term}"' for term in self.wanted), *(f'-"{term}"' for term in self.unwanted)])


class Hit(NamedTuple):
    """One mention that was found, and the case it belongs to; None while it is in none."""

    mention_id: int
    case_id: int | None


def read_words(typed: str) -> Words:
    """Read what a person typed. Raises Invalid when there is nothing to look for, or too much."""
    cleaned = "".join(" " if unicodedata.category(letter)[0] == "C" else letter for letter in typed)
    cleaned = unicodedata.normalize("NFC", cleaned).translate(_QUOTES)
    if len(cleaned) > MAX_LENGTH:
        raise Invalid(f"search: write at most {MAX_LENGTH} characters")
    wanted: list[str] = []
    unwanted: list[str] = []
    for found in _TERM.finditer(cleaned):
        term = " ".join((found["phrase"] or found["word"] or "").translate(_SPACED).split())
        if any(letter.isalnum() for letter in term):
            (unwanted if found["minus"] else wanted).append(term)
    if not wanted:
        raise Invalid("search: write at least one word to look for; signs and -excluded words alone find nothing")
    if len(wanted) + len(unwanted) > MAX_TERMS:
        raise Invalid(f"search: write at most {MAX_TERMS} words or phrases")
    return Words(tuple(dict.fromkeys(wanted)), tuple(dict.fromkeys(unwanted)))


def matching(typed: str) -> ColumnElement[bool]:
    """Return the condition that a row of `mentions` (under that name) holds what was typed. Raises Invalid."""
    words = read_words(typed)
    condition: ColumnElement[bool] = _Matches(
        bindparam("fts5", words.as_fts5, String, unique=True),
        bindparam("websearch", words.as_websearch, String, unique=True),
    )
    return condition


def newest(session: Session, *, brand_id: int, words: Words, limit: int, before: int | None = None) -> list[Hit]:
    """Return the mentions of a brand that match, last heard first; those with an id below `before`, or all.

    Reads only as far as `limit` asks: a frequent word costs no more than a rare one.
    """
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    if not on_sqlite:
        session.execute(_PLAN_BY_WORDS)
    values: dict[str, Any] = {"brand_id": brand_id, "before": before or 2**62, "limit": limit}
    found = session.execute(
        _NEWEST_SQLITE if on_sqlite else _NEWEST_POSTGRESQL,
        values | {"words": words.as_fts5 if on_sqlite else words.as_websearch},
    )
    return [Hit(mention_id, case_id) for mention_id, case_id in found]


def having_newer(session: Session, *, words: Words, case_ids: list[int], than: int) -> set[int]:
    """Return those of the cases that hold a matching mention with an id of `than` or above."""
    if not case_ids:
        return set()
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    statement = (_NEWER_SQLITE if on_sqlite else _NEWER_POSTGRESQL).bindparams(
        bindparam("case_ids", case_ids, expanding=True)
    )
    words_ = words.as_fts5 if on_sqlite else words.as_websearch
    return set(session.scalars(statement, {"words": words_, "than": than}))


def _sqlite_letters(term: str) -> str:
    return term.translate(_SQLITE_LETTERS)


class _Matches(FunctionElement[bool]):
    """Compiles to whatever the database calls it; see below."""

    inherit_cache = True
    name = "matches"


@compiles(_Matches, "sqlite")
def _sqlite_matches(element: _Matches, compiler: Any, **kw: Any) -> str:
    fts5, _ = element.clauses
    asked = compiler.process(fts5, **kw)
    return f"mentions.id IN (SELECT rowid FROM mentions_search WHERE mentions_search MATCH {asked})"  # noqa: S608 — a bound parameter


@compiles(_Matches, "postgresql")
def _postgresql_matches(element: _Matches, compiler: Any, **kw: Any) -> str:
    _, websearch = element.clauses
    return f"mentions.search @@ websearch_to_tsquery('simple', earshot_fold({compiler.process(websearch, **kw)}))"


# CROSS JOIN tells SQLite which table leads: FTS5 walks its matches by descending rowid and stops at the limit.
_NEWEST_SQLITE: TextClause = text(
    """
    SELECT m.id, m.case_id FROM mentions_search AS s CROSS JOIN mentions AS m ON m.id = s.rowid
    WHERE s.mentions_search MATCH :words AND s.rowid < :before AND m.brand_id = :brand_id
    ORDER BY s.rowid DESC LIMIT :limit
    """
)
_NEWEST_POSTGRESQL: TextClause = text(
    """
    SELECT id, case_id FROM mentions
    WHERE search @@ websearch_to_tsquery('simple', earshot_fold(:words)) AND id < :before AND brand_id = :brand_id
    ORDER BY id DESC LIMIT :limit
    """
)
# Psycopg prepares what it sees often; a plan made for any words would read every mention to find a rare one.
_PLAN_BY_WORDS: TextClause = text("SET LOCAL plan_cache_mode = force_custom_plan")
_NEWER_SQLITE: TextClause = text(
    """
    SELECT DISTINCT m.case_id FROM mentions AS m CROSS JOIN mentions_search AS s ON s.rowid = m.id
    WHERE m.case_id IN :case_ids AND m.id >= :than AND s.mentions_search MATCH :words
    """
)
_NEWER_POSTGRESQL: TextClause = text(
    """
    SELECT DISTINCT case_id FROM mentions
    WHERE case_id IN :case_ids AND id >= :than AND search @@ websearch_to_tsquery('simple', earshot_fold(:words))
    """
)
