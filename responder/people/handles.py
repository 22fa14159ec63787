"""Handles: how alike two are, and how surprising it would be that two people chose the same.

The surprise is measured in bits under a model of three letters at a time, after Perito, Castelluccia, Kaafar & Manils
2011 (arXiv 1101.5578): the rarer a handle, the more it says that it appears on two platforms.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property

from rapidfuzz.distance import JaroWinkler

from responder.people.common_handles import COMMON_HANDLES, COMMON_NUMBERS

_SEPARATORS = re.compile(r"[\s._\-]+")
_NUMBER_AT_END = re.compile(r"(?<=\D\D\D)\d+$")
_FREE_SERVERS = (".bsky.social",)
_EARLY, _START, _END = "^^", "^", "$"
_FEWEST_SIGNS = 40
"""Letters, digits and what else handles are written with, at least: an unseen sign is never free."""

_MOST_FREQUENT = 40
"""How often the first of `COMMON_HANDLES` counts; the n-th counts an n-th of it (Zipf), once at least."""


def squeezed(handle: str) -> str:
    """Return what somebody chose as their name: without server, capitals and separators, which platforms dictate.

    "@Melih_1987@social.example" and "melih.1987.bsky.social" both become "melih1987". A handle that is a domain of
    one's own keeps all its labels.
    """
    name = unicodedata.normalize("NFKC", handle).casefold().strip().removeprefix("@")
    name = name.partition("@")[0]
    for server in _FREE_SERVERS:
        name = name.removesuffix(server)
    return _SEPARATORS.sub("", name)


def stem(handle: str) -> str:
    """Return what handles of one person are found by: squeezed, and without a number at its end."""
    return _NUMBER_AT_END.sub("", squeezed(handle))


def names_at(source: str, handle: str) -> frozenset[str]:
    """Return the names an account of a source is called by: whole, and without the server when it has one."""
    whole = unicodedata.normalize("NFKC", handle).casefold().strip().removeprefix("@")
    short = whole.partition("@")[0] if source == "mastodon" else whole
    for server in _FREE_SERVERS:
        short = short.removesuffix(server)
    return frozenset((whole, short)) - {""}


def likeness(one: str, other: str) -> float:
    """Return the Jaro-Winkler similarity of two squeezed handles, 0 to 1."""
    return float(JaroWinkler.similarity(one, other))


class HandleModel:
    """How likely a handle is, three letters at a time, learned from handles and from what handles are often made of.

    Unseen letters are smoothed by interpolation with two letters and one (Witten & Bell 1991, method C).
    """

    def __init__(self, handles: Iterable[str]) -> None:
        self._learned = {squeezed(handle) for handle in handles} - {""}

    def surprisal(self, handle: str, *, beside: str | None = None) -> float:
        """Return the bits of a handle: about 6 for "john", over 20 for a rare one.

        It is left out of what was learned, as is the one it is compared with (`beside`): that it occurs here is what is
        to be explained, not how common it is.
        """
        name = squeezed(handle)
        own: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for left_out in {name, squeezed(beside or "")} & self._learned:
            for context, sign in _grams(left_out):
                for length in (0, 1, 2):
                    own[context[2 - length :]][sign] += 1
        return -sum(math.log2(self._chance(context, sign, own)) for context, sign in _grams(name))

    @cached_property
    def _counts(self) -> dict[str, Counter[str]]:
        """How often each sign follows no, one and two signs. Counted when it is first asked for: mostly it is not."""
        counts: defaultdict[str, Counter[str]] = defaultdict(Counter)

        def learn(handle: str, times: int) -> None:
            for context, sign in _grams(handle):
                for length in (0, 1, 2):
                    counts[context[2 - length :]][sign] += times

        for handle in self._learned:
            learn(handle, 1)
        for place, handle in enumerate(COMMON_HANDLES, 1):
            learn(handle, max(1, _MOST_FREQUENT // place))
            learn(handle + COMMON_NUMBERS[place % len(COMMON_NUMBERS)], 1)
        return dict(counts)

    def _chance(self, context: str, sign: str, own: dict[str, Counter[str]]) -> float:
        chance = 1 / (1 + max(_FEWEST_SIGNS, len(self._counts[""])))
        for length in (0, 1, 2):
            before = context[2 - length :]
            seen, less = self._counts.get(before), own.get(before, _NOTHING)
            if seen is None:
                break
            total = seen.total() - less.total()
            kinds = len(seen) - sum(seen[each] <= times for each, times in less.items())
            if total > 0:
                chance = (seen[sign] - less[sign] + kinds * chance) / (total + kinds)
        return chance


_NOTHING: Counter[str] = Counter()


def _grams(handle: str) -> Iterator[tuple[str, str]]:
    """Yield each sign of a handle, and its end, with the two signs before it."""
    context = _EARLY
    for sign in handle + _END:
        yield context, sign
        context = context[1:] + sign
