"""The one shape of an answer: a page of mentions, what could not be read, and where to go on."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from itertools import dropwhile

from listeners.mentions import Mention


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One item of a page that could not be read. `where` names it (row 7, entry 3, an id); `why` says what to mend."""

    where: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A stretch of time the platform can no longer show us. Recorded and shown; never silently skipped.

    `after` None means the start is not known.
    """

    after: datetime | None
    before: datetime
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What one call returned.

    `cursor` is opaque text to be stored in the same transaction as the mentions; handing it back continues after this
    page, and a crash before it is stored re-reads the page. None keeps the cursor that was passed in. `more` is True
    when another page is waiting now. `gone` holds external ids the platform says were deleted. `faults` are items that
    could not be read; the good ones are kept.
    """

    mentions: tuple[Mention, ...] = ()
    cursor: str | None = None
    more: bool = False
    gone: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()
    gap: Gap | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A text of ours that stands in public: the platform's id and link for it. `url` None when it has no page."""

    external_id: str
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnReply:
    """A public answer of ours as the platform shows it now.

    `text` is what stands there, with what the platform put into it (a leading handle) and links in full where it tells
    them. `created_at` is aware UTC, None where the platform does not tell. `under_key` is True when it carries the key
    that was asked for, False when it does not, and None when the platform cannot tell or no key was asked for.
    """

    external_id: str
    url: str | None
    text: str = field(repr=False)
    created_at: datetime | None
    under_key: bool | None

    def says(self, text: str) -> bool:
        """Tell whether this is that text, whatever a platform does to one: leading handles, spaces, forms of links."""
        return _bare(self.text) == _bare(text)


def _bare(text: str) -> str:
    words = unicodedata.normalize("NFC", text).split()
    spoken = dropwhile(lambda word: word.startswith("@"), words)
    return " ".join("link" if "://" in word else word for word in spoken).casefold()
