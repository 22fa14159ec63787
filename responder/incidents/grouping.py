"""Which unhappy texts tell of one incident. Pure: vectors and letters in, groups out.

Two texts are as alike as their vectors' cosine, what all texts around have in common taken out first, plus four times
the share of four-letter pieces they have in common. Vectors see one meaning in other words; pieces see what vectors
blur: a flight's number, a street, a part. A text belongs to a group when it is alike enough to its members on average,
never to one of them alone, so a group cannot drift along a chain. The figures here were chosen on planted incidents and
judged on others (docs/incidents.md, `python -m bench.incidents`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import sqrt
from typing import Any

import numpy as np

from sentiment.normalise import HANDLE, LINK, folded, normalise

OPENS = 1.2
"""How alike texts must be to each other, on average, to be an incident of their own."""

JOINS = 1.0
"""How alike a text must be to an incident, on average over its members, to join it."""

LEAST_VOICES = 3
"""Distinct people before a group is an incident."""

PIECES_WEIGH = 4.0
PIECE = 4
_SHORT_COUNTS_LESS = 12
"""Added to the size of two texts: short ones share half their letters by chance."""

_WORTH_READING = 0.3
"""Of texts with a lower cosine no pieces are compared: they are then as alike as their cosine says."""

_FEW = 20
"""With about as few texts around, only half is taken out as common to all."""

_WORD = re.compile(r"\w+")
_PLACEHOLDERS = frozenset({HANDLE.removeprefix("@"), LINK})

Vectors = np.ndarray[Any, np.dtype[np.float32]]


@dataclass(eq=False)  # not frozen: thousands are made in a step, and that takes three times as long
class Text:
    """One unhappy text: its id, whose it is, its vector of length 1, its words, and those that say nothing here."""

    key: int
    voice: Hashable
    vector: Vectors
    said: str
    without: frozenset[str] = frozenset()

    @cached_property
    def pieces(self) -> frozenset[str]:
        """The pieces it is compared by; made only for texts whose vectors are near."""
        return pieces(self.said, self.without)


@dataclass(frozen=True, slots=True)
class Joined:
    """A text and the incident it joins, with how alike it is to that incident's members."""

    key: int
    incident: int
    likeness: float


@dataclass(frozen=True, slots=True)
class Grouped:
    """What became of new texts. Each of `opened` is a new incident: its texts by key, and how alike each is to it."""

    joined: list[Joined]
    opened: list[dict[int, float]]


IsNews = Callable[[list[Text]], bool]
"""Says whether a group is more than what is always said."""


def pieces(text: str, without: Collection[str] = ()) -> frozenset[str]:
    """Return the four-letter pieces of a text's words, shorter words whole; links, handles and `without` left out.

    `without` holds folded words that say nothing of what happened: the brand's own name.
    """
    return frozenset().union(*map(_of_word, words(text) - set(without)))


def words(text: str) -> set[str]:
    """Return a text's folded words without links and handles."""
    return set(_WORD.findall(folded(normalise(text)))) - _PLACEHOLDERS


def shared_pieces(one: frozenset[str], other: frozenset[str]) -> float:
    """Return the share of pieces two texts have in common, 0 to nearly 1."""
    return len(one & other) / (sqrt(len(one) * len(other)) + _SHORT_COUNTS_LESS)


def centre(vectors: Iterable[Vectors]) -> Vectors:
    """Return the direction in the middle of some vectors; zeros when they cancel out."""
    middle = np.sum(list(vectors), axis=0)
    length = float(np.linalg.norm(middle))
    return middle / length if length else middle  # type: ignore[no-any-return]


def common(around: Collection[Vectors]) -> Vectors | float:
    """Return what these vectors have in common: their mean, less of it where they are few, 0 for none."""
    return np.sum(list(around), axis=0) / (len(around) + _FEW) if around else 0.0


def group(
    fresh: Sequence[Text],
    loose: Sequence[Text],
    incidents: Mapping[int, Sequence[Text]],
    *,
    is_news: IsNews = lambda _group: True,
    opens: float = OPENS,
    joins: float = JOINS,
) -> Grouped:
    """Give each fresh text the incident it belongs to, or open one with the loose texts around it.

    `fresh` in the order of time; `loose` are earlier texts of no incident; `incidents` the members of each that may
    be joined. A text joins the incident it is most alike to, if `joins` is reached. A new incident needs `LEAST_VOICES`
    people whose texts reach `opens`, and to be news; loose texts that belong to it come along. Equal input gives equal
    groups.
    """
    near = Likeness(_outside(loose, fresh, incidents), inside=incidents, later=fresh)
    groups = dict(near.groups)
    unplaced = near.places_of(loose)
    grouped = Grouped([], [])
    for new in near.places_of(fresh):
        name, likeness = near.nearest(new, groups)
        if name is not None and likeness >= joins:
            groups[name].append(new)
            _note(grouped, near.texts[new].key, name, likeness)
            continue
        found = near.around(new, unplaced, opens)
        members = [near.texts[place] for place in found]
        if len({text.voice for text in members}) < LEAST_VOICES or not is_news(members):
            unplaced.append(new)
            continue
        name = -1 - len(grouped.opened)  # no stored incident has such an id
        groups[name] = found
        grouped.opened.append({near.texts[place].key: near.mean(place, found) for place in found})
        rest = [place for place in unplaced if place not in found]
        for place, likeness in zip(rest, near.means(rest, found), strict=True):
            if likeness >= joins:
                found.append(place)
                _note(grouped, near.texts[place].key, name, likeness)
        unplaced = [place for place in rest if place not in found]
    return grouped


class Likeness:
    """Likenesses among some texts, by their places in `texts`."""

    def __init__(
        self, outside: Sequence[Text], *, inside: Mapping[int, Sequence[Text]], later: Sequence[Text] = ()
    ) -> None:
        self.texts = [*(text for members in inside.values() for text in members), *outside, *later]
        self._places = {id(text): place for place, text in enumerate(self.texts)}
        self.groups = {name: self.places_of(members) for name, members in inside.items()}
        # An incident counts once among what all have in common: a large one would take itself out.
        middles = [centre(text.vector for text in members) for members in inside.values() if members]
        self._taken_out = common([*(text.vector for text in outside), *(text.vector for text in later), *middles])
        self._centred = self._without_common(self.texts)
        self._first_later = len(self.texts) - len(later)
        self._later = self._centred[self._first_later :] @ self._centred.T
        self._row = lru_cache(maxsize=256)(self._cosines)

    def places_of(self, texts: Sequence[Text]) -> list[int]:
        """Return where these texts stand in `texts`."""
        return [self._places[id(text)] for text in texts]

    def nearest(self, new: int, groups: Mapping[int, Sequence[int]]) -> tuple[int | None, float]:
        """Return the group a text is most alike to and how alike; None without groups."""
        found = [(self.mean(new, members), name) for name, members in groups.items() if members]
        likeness, name = max(found, default=(0.0, None))
        return name, likeness

    def mean(self, new: int, members: Sequence[int]) -> float:
        """Return how alike a text is to others on average, itself left out; 1 when it stands alone."""
        others = [member for member in members if member != new]
        if not others:
            return 1.0
        cosines = self._row(new)[others]
        near = np.flatnonzero(cosines >= _WORTH_READING)
        own = self.texts[new].pieces
        shared = sum(shared_pieces(own, self.texts[others[at]].pieces) for at in near)
        return float((cosines.sum() + PIECES_WEIGH * shared) / len(others))

    def means(self, places: Sequence[int], members: Sequence[int]) -> list[float]:
        """Return how alike each of many texts is to a few, none of which are among them, on average."""
        cosines = np.array([self._row(member)[places] for member in members])
        return _means(cosines, [self.texts[member] for member in members], [self.texts[place] for place in places])

    def means_to(self, strangers: Sequence[Text]) -> list[float]:
        """Return how alike each text is to a few that are not among them, on average."""
        if not self.texts:
            return []
        return _means(self._without_common(strangers) @ self._centred.T, strangers, self.texts)

    def around(self, new: int, loose: Sequence[int], least: float) -> list[int]:
        """Return a text and the loose ones alike to it that are also, on average, alike to each other."""
        near = np.array(loose, dtype=np.int64)
        near = near[self._row(new)[near] >= _WORTH_READING]
        found = [new]
        alike = zip(self.means(near.tolist(), found), near.tolist(), strict=True)
        for likeness, place in sorted(alike, key=lambda pair: (-pair[0], self.texts[pair[1]].key)):
            if likeness >= least and self.means([place], found)[0] >= least:
                found.append(place)
        return found

    def _cosines(self, place: int) -> Vectors:
        later = place - self._first_later
        cosines: Vectors = self._later[later] if later >= 0 else self._centred @ self._centred[place]
        return cosines

    def _without_common(self, texts: Sequence[Text]) -> Vectors:
        if not texts:
            return np.zeros((0, 1), dtype=np.float32)
        rest = np.array([text.vector for text in texts], dtype=np.float32)
        rest -= self._taken_out
        lengths = np.linalg.norm(rest, axis=1, keepdims=True)
        rest /= np.where(lengths == 0, 1, lengths)
        return rest


def _means(cosines: Vectors, members: Sequence[Text], texts: Sequence[Text]) -> list[float]:
    """Add what pieces tell to cosines (members, texts), and return each text's mean."""
    sums = cosines.sum(axis=0, dtype=np.float64)
    for row, column in np.argwhere(cosines >= _WORTH_READING).tolist():
        sums[column] += PIECES_WEIGH * shared_pieces(members[row].pieces, texts[column].pieces)
    return (sums / len(members)).tolist()  # type: ignore[no-any-return]


def _outside(loose: Sequence[Text], fresh: Sequence[Text], incidents: Mapping[int, Sequence[Text]]) -> list[Text]:
    taken = {text.key for text in fresh}.union(*({text.key for text in members} for members in incidents.values()))
    return [text for text in loose if text.key not in taken]


def _note(grouped: Grouped, key: int, name: int, likeness: float) -> None:
    if name >= 0:
        grouped.joined.append(Joined(key, name, likeness))
    else:
        grouped.opened[-1 - name][key] = likeness


def _of_word(word: str) -> frozenset[str]:
    edged = f" {word} "
    return frozenset(edged[start : start + PIECE] for start in range(max(1, len(edged) - PIECE + 1)))
