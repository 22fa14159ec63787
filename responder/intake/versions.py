"""Which of two versions of one mention holds, and what reading a mention again changes. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from responder.intake.cleaning import CleanMention

COUNTS = ("likes", "reposts", "replies", "views")
DETAILS = ("url", "language", "thread_id", "parent_id", "rating", "addressed")
CONTENT = ("text", "edited_at", "version_at", "author_id", *DETAILS, *COUNTS)
"""The columns that reading a mention again may change; `raw` follows the version."""


def is_newer(held: Mapping[str, Any], mention: CleanMention) -> bool:
    """Tell whether a mention just read replaces the version held.

    Where the platform never told an edit of this item, a different text can only be an edit it does not tell, and what
    was read later holds. So it does between two edits of one instant (platforms tell whole seconds), but what was never
    edited is older than any edit.
    """
    if mention.version_at > held["version_at"]:
        return True
    if mention.text == held["text"] or (mention.edited_at is None and held["edited_at"] is not None):
        return False
    return mention.version_at == held["version_at"] or (mention.edited_at is None and held["edited_at"] is None)


def merged(held: Mapping[str, Any], mention: CleanMention, author_id: int | None, *, now: datetime) -> dict[str, Any]:
    """Return the `CONTENT` of a mention we hold after it was read again at `now`.

    An older version only fills in what nobody told yet. None never wipes what was told. The author stays who it was.
    """
    after = {name: held[name] for name in CONTENT}
    newer = is_newer(held, mention)
    for name in DETAILS:
        told = getattr(mention, name)
        if told is not None and (newer or held[name] is None):
            after[name] = told
    if newer or mention.version_at >= held["version_at"] or mention.text == held["text"]:
        after.update({name: told for name in COUNTS if (told := getattr(mention, name)) is not None})
    if held["author_id"] is None:
        after["author_id"] = author_id
    if newer:
        after["text"] = mention.text
        after["edited_at"] = mention.edited_at or held["edited_at"]
        is_told = mention.version_at > held["version_at"] or mention.edited_at is not None
        after["version_at"] = mention.version_at if is_told else now
    return after
