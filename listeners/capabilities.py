"""What a source can do, one Protocol per ability. A source has an ability when it has the method: no flags to drift.

`isinstance(source, Replies)` narrows the type for mypy and answers the interface ("no reply button here"). Run-time
checks see names only; behaviour is held by the contract test over every registered source.

Every reading method takes the cursor it last gave out (None: start now, reaching back as far as the platform allows in
one page) and may raise `TryLater`, `Refused`, `ConnectionBroken` or `QuotaExhausted`. None of them sleeps or retries.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Protocol, runtime_checkable

from listeners.pages import OwnReply, Page, Posted
from listeners.queries import Query


class Training(StrEnum):
    """Whether a platform's terms let a model learn from its posts. Unknown counts as forbidden until it is stated."""

    ALLOWED = "allowed"
    FORBIDDEN = "forbidden"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the platform allows.

    `reply_length` is in the platform's own counting, None without replies. `poll_every` is our default interval between
    two reads of one query; `calls_per_minute` the pace of one connection. `training` is what its terms say of models.
    `key_lasts`: for so long after the first a repeated `reply` with the same key cannot post twice (`timedelta.max`:
    for ever); None where it can. Ask the open source for its `limits`, a connection may differ from its class.
    """

    poll_every: timedelta
    calls_per_minute: float
    reply_length: int | None = None
    training: Training = Training.UNKNOWN
    key_lasts: timedelta | None = None


@runtime_checkable
class Searches(Protocol):
    """Finds public items matching a query, whoever they were addressed to."""

    def search(self, query: Query, *, cursor: str | None = None) -> Page:
        """Read one page of matches; the page holds only mentions for which `query.matches` is true."""


@runtime_checkable
class Inbox(Protocol):
    """Reads what was addressed to our own account: mentions, replies, quotes."""

    def inbox(self, *, cursor: str | None = None) -> Page:
        """Read one page of what people said to us."""


@runtime_checkable
class Reviews(Protocol):
    """Reads reviews of our own listing or app."""

    def reviews(self, *, cursor: str | None = None) -> Page:
        """Read one page of reviews."""


@runtime_checkable
class Receives(Protocol):
    """Takes what another system pushes to us over HTTP."""

    def receive(self, body: bytes, headers: Mapping[str, str], *, now: float) -> Page:
        """Check the signature and read the mentions. `now` is unix seconds.

        Raises NotPermitted for a bad, missing or old signature and Rejected for a body that cannot be read at all.
        """


@runtime_checkable
class Rechecks(Protocol):
    """Looks again at items we already hold, to follow edits and deletions."""

    def recheck(self, external_ids: Sequence[str]) -> Page:
        """Read the items again: those still there as mentions, those deleted in `gone`."""


@runtime_checkable
class Replies(Protocol):
    """Publishes an answer under an item."""

    def reply(self, to: str, text: str, *, key: str) -> Posted:
        """Publish `text` under the item with external id `to`, at most once for one `key`.

        Raises OutcomeUnknown when the text may stand. Everything else means that nothing was published: Refused
        (TooLong before anything is sent), ConnectionBroken, QuotaExhausted, RateLimited and Unavailable. Client retries
        are off: one call is one attempt.
        """


@runtime_checkable
class OwnReplies(Protocol):
    """Finds what we said under an item: after an unclear answer, and for what was answered by hand."""

    def own_replies(self, to: str, *, key: str | None) -> tuple[OwnReply, ...]:
        """Return our own public answers that stand directly under the item `to`, as shown now, the newest last.

        An answer made seconds ago may not be shown yet. `key` is that of a reply that is looked for, None: of none.
        Raises like any read, and Gone when the item is gone and the platform then cannot tell what stood under it:
        an empty tuple always means that the platform was asked and shows nothing.
        """


@runtime_checkable
class Edits(Protocol):
    """Changes a text of ours in place."""

    def edit(self, posted: str, text: str) -> Posted:
        """Replace the text of our own item `posted`.

        Raises like `reply`; OutcomeUnknown: the old or the new may stand. Repeating is safe.
        """


@runtime_checkable
class Retracts(Protocol):
    """Takes a text of ours back."""

    def retract(self, posted: str) -> None:
        """Delete our own item `posted`; deleting what is already gone is not an error.

        Raises like `reply`; OutcomeUnknown: it may still stand. Repeating is safe.
        """


@runtime_checkable
class Checks(Protocol):
    """Tests a connection without reading mentions."""

    def check(self) -> str:
        """Return one plain sentence saying as whom we are connected; raises like any read."""


ABILITIES: dict[str, type] = {
    "search": Searches,
    "inbox": Inbox,
    "reviews": Reviews,
    "receive": Receives,
    "recheck": Rechecks,
    "reply": Replies,
    "own_replies": OwnReplies,
    "edit": Edits,
    "retract": Retracts,
    "check": Checks,
}
"""Every ability by its method name, in the order the interface shows them."""
