"""Who speaks in a reply: the name or the initials at its end or its beginning. Pure."""

from __future__ import annotations

import re

from listeners.folding import word_run
from responder.drafts.phrasebook import listed

_TAIL = 80
_HEAD = 60
_MOST_NAMES = 3
_MOST_INITIALS = 3
_NOT_WRITTEN = re.compile(r"[^\w\s.,!?…;:^/~*–—'’()-]+")
_MARKED = re.compile(r"(?:^|(?<=\s))[\^/~*–—-]+\s?([^\W\d_][^\n^/~*–—]{0,50})$")
_PIECES = re.compile(r"(?<=[.!?…;])\s+|\n+|:\s+")
_OPENING = re.compile(
    r"(?:\bI['’]?\s?a?m|\bmy name is|\bthis is|\bsaya|\bben|\bad[ıi]m"
    r"|είμαι(?:\s+[οη])?|με λένε|λέγομαι|εδώ(?:\s+[οη])?)\s+([^\W\d_][\w.'’]*)",
    re.IGNORECASE,
)
_HERE = re.compile(
    r"^(?:\W*\w+\W+){0,3}?([^\W\d_][\w.'’]*)\s+(?:here|di sini|εδώ|burada|from|dari|από)\b", re.IGNORECASE
)


def signers(text: str) -> tuple[str, ...]:
    """Return the names and initials that a text which `seen` gave is signed with, words that name nobody left out."""
    text = _NOT_WRITTEN.sub(" ", text).strip()
    tail, head = text[-_TAIL:].strip(), text[:_HEAD]
    last = _PIECES.split(tail)[-1]
    marked = _MARKED.search(tail)
    at_end = [marked[1]] if marked else [last] if last != text else []
    at_start = [match[1] for match in (_OPENING.search(head), _HERE.search(head)) if match]
    names = [*map(_signature, at_end), *map(_name, at_start)]
    return tuple(dict.fromkeys(name for name in names if name))


def is_signed_by(speaker: str, text: str) -> bool:
    """Tell whether a text is signed by somebody: by a part of the name, or by its initials."""
    names = word_run(speaker).split()
    return any(_is_of(word_run(signer).split(), names, speaker) for signer in signers(text))


def _is_of(signed: list[str], names: list[str], speaker: str) -> bool:
    together, initials = "".join(signed), "".join(name[0] for name in names)
    if set(signed) & set(names) or together in {initials, "".join(names)}:
        return True
    if len(together) <= _MOST_INITIALS:
        return bool(initials) and initials.startswith(together)
    # Somebody known by initials alone may sign with the name that they begin.
    return (
        len(names) == 1 and len(speaker.strip()) <= _MOST_INITIALS and speaker.isupper() and together[0] == names[0][0]
    )


def _signature(piece: str) -> str:
    """Return the name in the last piece of a text: "Lou", "Best, Lou", "Lou from customer care", "Lou, Brand"."""
    before, comma, after = piece.strip().partition(",")
    if comma and not _named_words(before) and _is_nameless(before):
        return _name(after)
    return _name(before)


def _name(piece: str) -> str:
    """Return what names a person in a few words; empty when they are no name."""
    words = piece.split()
    named = _named_words(piece)
    rest = words[len(named) :]
    is_sentence = len(words) > 1 and words[-1][-1:] in ".!?…" and len(words[-1]) > 2
    is_name = 0 < len(named) <= _MOST_NAMES and not is_sentence
    return " ".join(named) if is_name and all(word[:1].isupper() or _is_nameless(word) for word in rest) else ""


def _named_words(piece: str) -> list[str]:
    """Return the words at the beginning of a piece that may be a name: written large, and none of an office."""
    named: list[str] = []
    for word in piece.split():
        if not word[0].isupper() or _is_nameless(word):
            break
        named.append(word.strip(".,!?()"))
    return named


def _is_nameless(words: str) -> bool:
    return set(word_run(words).split()) <= listed("nobody") | listed("day")
