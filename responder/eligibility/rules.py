"""The rules of the platforms as data: rules.toml, read once and checked. Knows nothing of single mentions."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, get_args, get_type_hints

Who = Literal["anyone", "addressed", "nobody"]
"""Who may be answered: everybody, only who spoke to us (mentioned, quoted or answered us), nobody."""

Counting = Literal["characters", "graphemes", "bytes", "x", "mastodon"]
"""How a platform counts a text: by code points, by what people see as one letter, by bytes of UTF-8, its own way."""

UNKNOWN = "unknown"
"""The rule of every source that has none."""

_FILE = Path(__file__).with_name("rules.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What one platform allows. `title` is how a sentence names it; `also` are further names a source may go by.

    `api` is who may be answered by a program, `automatic` who may be answered without a person looking. `by_hand` is
    whether a person can always answer there, or only where a link leads to the text. `length` is the longest answer in
    the platform's own `counting`, None where it is not known. `window_days` ends the right so many days after the text
    was last changed, None never. `one_place`: one answer to a text, a further one replaces it. `reviewed_first`: the
    platform reads an answer before it shows it. `closed_by` are places in the platform's own record (dotted) that are
    true where answers are closed. `edit` and `retract` are what its API lets us do with a text of ours. `price_usd` is
    what one answer costs, with and without a link in it; None: nothing.
    """

    title: str
    also: tuple[str, ...] = ()
    api: Who = "nobody"
    automatic: Who = "nobody"
    by_hand: Literal["always", "with_link"] = "always"
    length: int | None = None
    counting: Counting = "characters"
    window_days: int | None = None
    one_place: bool = False
    reviewed_first: bool = False
    closed_by: tuple[str, ...] = ()
    edit: bool = False
    retract: bool = False
    price_usd: float | None = None
    price_usd_with_link: float | None = None


def rule_of(source: str) -> Rule:
    """Return the rule of a source, by any of its names; that of unknown sources when it has none."""
    known = _rules()
    return known.get(source.strip().casefold(), known[UNKNOWN])


def read_rules(book: Mapping[str, Mapping[str, Any]]) -> dict[str, Rule]:
    """Return the rules of a file as `tomllib` reads it, by all their names.

    Raises ValueError for a line or a word nobody knows, and for a name that two platforms claim.
    """
    found: dict[str, Rule] = {}
    for name, lines in book.items():
        rule = Rule(**{line: _checked(name, line, value) for line, value in lines.items()})
        for each in (name, *rule.also):
            if each in found:
                raise ValueError(f"{name}: {each} has a rule already")
            found[each] = rule
    return found


@cache
def _rules() -> Mapping[str, Rule]:
    return MappingProxyType(read_rules(tomllib.loads(_FILE.read_text(encoding="utf-8"))))


_LINES = frozenset(line.name for line in fields(Rule))


def _checked(name: str, line: str, value: Any) -> Any:
    if line not in _LINES:
        raise ValueError(f"{name}: {line} is no line of a rule")
    words = get_args(get_type_hints(Rule)[line])
    if all(isinstance(word, str) for word in words) and words and value not in words:
        raise ValueError(f"{name}: {line} is {value!r}: write one of {', '.join(words)}")
    return tuple(value) if isinstance(value, list) else value
