"""Display names, as far as they say that two accounts are one person's."""

from __future__ import annotations

import re
import unicodedata

from responder.people.handles import squeezed

_LETTERS = re.compile(r"[^\W\d_]+")
_SHORTEST = 3


def folded_name(name: str) -> str | None:
    """Return the words of a name in alphabetical order, without accents, capitals, numbers and signs.

    None when fewer than three letters are left: that says nothing.
    """
    words = sorted(_LETTERS.findall(_bare(name)))
    return " ".join(words) if sum(map(len, words)) >= _SHORTEST else None


def is_spelled_by(name: str, handle: str) -> bool:
    """Tell whether a folded name says nothing that the handle does not: both come from the same words."""
    chosen = _bare(squeezed(handle))
    letters = "".join(_LETTERS.findall(chosen))
    words = name.split()
    return all(word in letters for word in words) or (len(letters) >= _SHORTEST and letters in name.replace(" ", ""))


def _bare(text: str) -> str:
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return "".join(sign for sign in folded if not unicodedata.combining(sign))
