"""How surely two accounts are one person's: clues in bits, added up. Pure.

A clue's bits are the log2 of how much likelier it is with one person than with two; independent ones add up (Fellegi &
Sunter 1969). Before any clue stand -log2(N) bits against it, N being the people of the other platform. Handles are
weighed by how rare they are (Perito et al. 2011, arXiv 1101.5578); the table is SCIENCE 5. Pictures are never compared.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import product

from responder.models import LinkStatus
from responder.people.handles import HandleModel, likeness, squeezed
from responder.people.names import is_spelled_by


class Clue(StrEnum):
    """What can speak for one person, or against."""

    LINKED_BOTH_WAYS = "linked_both_ways"
    LINKED_ONE_WAY = "linked_one_way"
    SAME_ORDER = "same_order"
    SAME_EMAIL = "same_email"
    SAME_CODE = "same_code"
    SAME_HANDLE = "same_handle"
    SIMILAR_HANDLE = "similar_handle"
    SAME_NAME = "same_name"
    SAME_INCIDENT = "same_incident"
    OTHER_LANGUAGES = "other_languages"
    OTHER_HOURS = "other_hours"
    ONE_IS_AUTOMATIC = "one_is_automatic"
    AT_ONCE = "at_once"


BITS: Mapping[Clue, float] = {
    Clue.LINKED_BOTH_WAYS: 30.0,
    Clue.LINKED_ONE_WAY: 12.0,
    Clue.SAME_ORDER: 25.0,
    Clue.SAME_EMAIL: 25.0,
    Clue.SAME_CODE: 25.0,
    Clue.SAME_INCIDENT: 6.0,
    Clue.OTHER_LANGUAGES: -3.0,
    Clue.OTHER_HOURS: -3.0,
    Clue.ONE_IS_AUTOMATIC: -10.0,
    Clue.AT_ONCE: -6.0,
}
"""Bits of the clues that always weigh the same."""

HANDLE_LESS, HANDLE_MOST = 4.0, 20.0
SIMILAR_FROM, SIMILAR_MOST = 0.92, 6.0
NAME_LEAST, NAME_MOST = 1.0, 6.0

PROPOSED_FROM, MAYBE_FROM = 0.99, 0.90
INDEPENDENT_CLUES = 2
"""Clues needed for a proposal; a link both ways is two, since each account states it by itself."""

FEWEST_PEOPLE = 1_000
"""A platform has more people than those we have met: with a handful of authors everybody would seem alike."""

_ENOUGH_TO_TELL_LANGUAGES = 3
_ENOUGH_TO_TELL_HOURS = 20
_HOURS_APART = 6.0
_REGULAR_FROM = 0.4
_AT_ONCE = timedelta(seconds=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What is known of one account to compare it by. Whatever nobody told is None or empty, and is no clue.

    `own` are marks of the names and addresses it goes by, `stated` of those it says are its owner's elsewhere,
    `verified` of those its platform checked, and `told` of order numbers, e-mail addresses and case codes, by the clue
    they make. `languages` counts its texts by language, `hours` are the UTC hours it spoke at (0–24), `spoken` when it
    said what, newest first.
    """

    id: int
    source: str
    handle: str | None = None
    name: str | None = None
    is_automatic: bool | None = None
    own: frozenset[str] = frozenset()
    stated: frozenset[str] = frozenset()
    verified: frozenset[str] = frozenset()
    told: Mapping[Clue, frozenset[str]] = field(default_factory=dict)
    languages: Mapping[str, int] = field(default_factory=dict)
    hours: Sequence[float] = ()
    spoken: Sequence[tuple[datetime, str]] = ()


@dataclass(frozen=True, slots=True)
class Rarity:
    """How rare names are: a model of handles, and of `authors` people how many bear a folded name (`named`)."""

    handles: HandleModel
    named: Mapping[str, int]
    authors: int


@dataclass(frozen=True, slots=True)
class Assessment:
    """What the clues come to. `bits` is their sum and the prior's: log2 of the odds for one person."""

    clues: Mapping[Clue, float]
    bits: float

    @property
    def probability(self) -> float:
        """How sure it is, 0 to 1."""
        return 1 / (1 + math.exp2(-max(self.bits, -1000.0)))

    @property
    def verdict(self) -> LinkStatus | None:
        """Whether a person should be asked, only be told "maybe", or neither (None)."""
        speaking = sum(2 if clue == Clue.LINKED_BOTH_WAYS else 1 for clue, bits in self.clues.items() if bits > 0)
        if self.probability >= PROPOSED_FROM and speaking >= INDEPENDENT_CLUES:
            return LinkStatus.PROPOSED
        return LinkStatus.MAYBE if self.probability >= MAYBE_FROM else None


def assess(one: Account, other: Account, *, rarity: Rarity, people: int, same_incident: bool) -> Assessment:
    """Weigh all clues. `people` is the number of authors of the other platform, of the larger one of the two.

    `same_incident`: both told of the same thing within two days, in near-same words.
    """
    found: dict[Clue, float] = {}
    for clue in (_linked(one, other), *_told_alike(one, other), *_against(one, other)):
        if clue is not None:
            found[clue] = BITS[clue]
    if same_incident:
        found[Clue.SAME_INCIDENT] = BITS[Clue.SAME_INCIDENT]
    found |= _handles(one, other, rarity.handles)
    found |= _names(one, other, rarity, is_handle_counted=bool({Clue.SAME_HANDLE, Clue.SIMILAR_HANDLE} & found.keys()))
    prior = -math.log2(max(people, FEWEST_PEOPLE))
    return Assessment(found, prior + sum(found.values()))


def _linked(one: Account, other: Account) -> Clue | None:
    there, back = bool(one.stated & other.own), bool(other.stated & one.own)
    proven = one.own & other.own or one.verified & other.own or other.verified & one.own
    if proven or (there and back):
        return Clue.LINKED_BOTH_WAYS
    return Clue.LINKED_ONE_WAY if there or back else None


def _told_alike(one: Account, other: Account) -> list[Clue]:
    return [clue for clue, marks in one.told.items() if marks & other.told.get(clue, frozenset())]


def _handles(one: Account, other: Account, model: HandleModel) -> dict[Clue, float]:
    mine, theirs = squeezed(one.handle or ""), squeezed(other.handle or "")
    if not mine or not theirs or likeness(mine, theirs) < SIMILAR_FROM:
        return {}
    surprise = min(model.surprisal(mine, beside=theirs), model.surprisal(theirs, beside=mine))
    bits = min(HANDLE_MOST, surprise - HANDLE_LESS)
    if bits <= 0:
        return {}
    return {Clue.SAME_HANDLE: bits} if mine == theirs else {Clue.SIMILAR_HANDLE: min(SIMILAR_MOST, bits / 2)}


def _names(one: Account, other: Account, rarity: Rarity, *, is_handle_counted: bool) -> dict[Clue, float]:
    if one.name is None or one.name != other.name:
        return {}
    if is_handle_counted and is_spelled_by(one.name, one.handle or ""):
        return {}  # "John Smith" tells nothing more beside "johnsmith": the two are not independent
    bearers = max(rarity.named.get(one.name, 0), 2)
    bits = math.log2(max(rarity.authors, bearers) / bearers)
    return {Clue.SAME_NAME: min(NAME_MOST, max(NAME_LEAST, bits))}


def _against(one: Account, other: Account) -> list[Clue]:
    known = min(sum(each.languages.values()) for each in (one, other))
    checks = {
        Clue.OTHER_LANGUAGES: known >= _ENOUGH_TO_TELL_LANGUAGES and not one.languages.keys() & other.languages.keys(),
        Clue.OTHER_HOURS: _live_apart(one.hours, other.hours),
        Clue.ONE_IS_AUTOMATIC: {one.is_automatic, other.is_automatic} == {True, False},
        Clue.AT_ONCE: _spoke_at_once(one, other),
    }
    return [clue for clue, speaks in checks.items() if speaks]


def _live_apart(one: Sequence[float], other: Sequence[float]) -> bool:
    """Tell whether both speak at regular hours, and six or more hours apart: as in two time zones."""
    if min(len(one), len(other)) < _ENOUGH_TO_TELL_HOURS:
        return False
    (mine, regular), (theirs, as_regular) = _middle(one), _middle(other)
    apart = abs(mine - theirs) % 24
    return min(regular, as_regular) >= _REGULAR_FROM and min(apart, 24 - apart) >= _HOURS_APART


def _middle(hours: Sequence[float]) -> tuple[float, float]:
    """Return the circular mean of hours of the day, and how regular they are, 0 to 1 (length of the mean vector)."""
    turns = [hour * math.tau / 24 for hour in hours]
    x, y = (sum(map(part, turns)) / len(turns) for part in (math.cos, math.sin))
    return math.atan2(y, x) * 24 / math.tau % 24, math.hypot(x, y)


def _spoke_at_once(one: Account, other: Account) -> bool:
    """Tell whether they wrote different things within five seconds; the same words may have been sent to both."""
    return any(
        abs(at - then) <= _AT_ONCE and words != said for (at, words), (then, said) in product(one.spoken, other.spoken)
    )
