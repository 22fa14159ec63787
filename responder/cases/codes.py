"""Short codes of cases, such as K7M-2QX: what somebody can say on any channel instead of telling their story again.

A code is computed from the case's id, never stored. Its 29 signs look and sound unlike each other; being a prime
number, they let one check sign catch every single wrong sign and every two that changed places (a weighted sum modulo
29, as ISBN-10 has modulo 11). Ids are shuffled by a keyed permutation first, so that neighbouring cases have unlike
codes and nobody reads from a code how many cases there are. It begins with a letter and a digit, so no word is one.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import count

from responder.accounts.vault import key_for

LETTERS = "ABCDEFGHJKMNPQRTVWXYZ"
"""Without I, L, O, S and U, which are read as 1, 1, 0, 5 and V."""

DIGITS = "23456789"
SIGNS = DIGITS + LETTERS

_PURPOSE = b"earshot case codes 1"
_ROUNDS = 6
_PRIME = len(SIGNS)
_VALUES = {sign: value for value, sign in enumerate(SIGNS)}
_SHORTEST = 6
_BETWEEN = r"(?: ?[-\u2010-\u2015\u2212.·] ?| )?"
_UNSEEN = re.compile("[\u00ad\u200b-\u200d\u2060\ufeff]")
_NO_SIGN = re.compile(rf"[^{SIGNS}]")


def code_of(case_id: int, *, secret: str) -> str:
    """Return a case's code: six signs for the first four million cases of an installation, then eight, and so on.

    Raises ValueError for an id below 0.
    """
    if case_id < 0:
        raise ValueError(f"no case has the id {case_id}")
    length, first, size = next(tier for tier in _tiers() if case_id < tier[1] + tier[2])
    signs = _spelled(_shuffled(_key(secret), case_id - first, size), length)
    signs += SIGNS[_check(signs)]
    return f"{signs[: length // 2]}-{signs[length // 2 :]}"


def find_codes(text: str, *, secret: str) -> list[int]:
    """Return the ids that the codes in a text stand for, each once, in their order.

    Whether there is such a case, and in which brand, is for the caller to look up. Capitals do not matter, and the
    hyphen may be another dash with or without spaces, a point, a space or missing.
    """
    folded = unicodedata.normalize("NFKC", _UNSEEN.sub("", text)).upper()
    found = (_read(_NO_SIGN.sub("", match[0]), secret) for match in _CODES.finditer(folded))
    return list(dict.fromkeys(case_id for case_id in found if case_id is not None))


def _tiers() -> Iterator[tuple[int, int, int]]:
    """Yield the lengths of codes, each with the first id of that length and how many there are."""
    first = 0
    for length in count(_SHORTEST, 2):
        size = len(LETTERS) * len(DIGITS) * _PRIME ** (length - 3)
        yield length, first, size
        first += size


_OF_A_LENGTH = (f"[{LETTERS}][{DIGITS}][{SIGNS}]{{{half - 2}}}{_BETWEEN}[{SIGNS}]{{{half}}}" for half in (3, 4, 5))
_CODES = re.compile(rf"(?<![^\W_])(?<!-)(?:{'|'.join(_OF_A_LENGTH)})(?!-?[^\W_])")
"""Codes of six to ten signs: longer ones would need three million million cases."""


def _read(signs: str, secret: str) -> int | None:
    """Return the id that these signs spell; None when the check sign does not fit."""
    if _weighed(signs) % _PRIME:
        return None
    first, size = next((first, size) for length, first, size in _tiers() if length == len(signs))
    return first + _unshuffled(_key(secret), _number(signs[:-1]), size)


def _weighed(signs: str) -> int:
    return sum(place * _VALUES[sign] for place, sign in enumerate(signs, 1))


def _check(signs: str) -> int:
    """Return the value of the check sign: with it, the weighed sum is a multiple of 29."""
    return -_weighed(signs) * pow(len(signs) + 1, -1, _PRIME) % _PRIME


def _spelled(number: int, length: int) -> str:
    """Write a number as a letter, a digit and signs, without the check sign."""
    signs = ""
    for _ in range(length - 3):
        number, value = divmod(number, _PRIME)
        signs = SIGNS[value] + signs
    letter, digit = divmod(number, len(DIGITS))
    return LETTERS[letter] + DIGITS[digit] + signs


def _number(signs: str) -> int:
    number = LETTERS.index(signs[0]) * len(DIGITS) + DIGITS.index(signs[1])
    for sign in signs[2:]:
        number = number * _PRIME + _VALUES[sign]
    return number


@lru_cache(maxsize=8)
def _key(secret: str) -> bytes:
    return key_for(secret, _PURPOSE)


def _shuffled(key: bytes, number: int, size: int) -> int:
    """Permute the numbers below `size`: a Feistel network over the next power of four, walked until it falls inside.

    Cycle walking after Black & Rogaway, "Ciphers with Arbitrary Finite Domains" (CT-RSA 2002).
    """
    half, mask = _halves(size)
    while True:
        left, right = number >> half, number & mask
        for turn in range(_ROUNDS):
            left, right = right, left ^ _mixed(key, turn, right, size) & mask
        number = left << half | right
        if number < size:
            return number


def _unshuffled(key: bytes, number: int, size: int) -> int:
    half, mask = _halves(size)
    while True:
        left, right = number >> half, number & mask
        for turn in reversed(range(_ROUNDS)):
            left, right = right ^ _mixed(key, turn, left, size) & mask, left
        number = left << half | right
        if number < size:
            return number


def _halves(size: int) -> tuple[int, int]:
    half = ((size - 1).bit_length() + 1) // 2
    return half, (1 << half) - 1


def _mixed(key: bytes, turn: int, half: int, size: int) -> int:
    told = f"{size} {turn} {half}".encode()
    return int.from_bytes(hmac.digest(key, told, hashlib.sha256)[:8], "big")
