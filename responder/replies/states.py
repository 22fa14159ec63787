"""Where a reply stands and what may happen to it next: one table, asked by everything that changes a reply."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from responder.errors import Conflict
from responder.models import Reply, ReplyState

DRAFT, CHECKED, APPROVED, SENDING = ReplyState.DRAFT, ReplyState.CHECKED, ReplyState.APPROVED, ReplyState.SENDING
SENT, FAILED, UNKNOWN, RETRACTED = ReplyState.SENT, ReplyState.FAILED, ReplyState.UNKNOWN, ReplyState.RETRACTED
REHEARSED, DROPPED = ReplyState.REHEARSED, ReplyState.DROPPED

STANDING = (APPROVED, SENDING, UNKNOWN, SENT)
"""Whoever is here holds the place under its mention: nothing else may be said there (the database holds this too)."""


@dataclass(frozen=True, slots=True)
class Move:
    """From which states, to which."""

    from_states: frozenset[ReplyState]
    to: ReplyState


def _move(to: ReplyState, *from_states: ReplyState) -> Move:
    return Move(frozenset(from_states), to)


MOVES: Mapping[str, Move] = {
    # By people.
    "changed": _move(DRAFT, DRAFT, CHECKED, FAILED, REHEARSED),
    "checked": _move(CHECKED, DRAFT, CHECKED, FAILED, REHEARSED),
    "approved": _move(APPROVED, CHECKED),
    "withdrawn": _move(CHECKED, APPROVED),
    "dropped": _move(DROPPED, DRAFT, CHECKED, FAILED, REHEARSED),
    "not_there": _move(FAILED, UNKNOWN),
    # By the worker, before and after the call.
    "claimed": _move(SENDING, APPROVED),
    "turned_back": _move(CHECKED, APPROVED),
    "sent": _move(SENT, SENDING, UNKNOWN),
    "refused": _move(FAILED, APPROVED, SENDING),
    "put_off": _move(APPROVED, SENDING),
    "rehearsed": _move(REHEARSED, SENDING),
    "lost": _move(UNKNOWN, SENDING),
    # By looking at the platform.
    "found": _move(SENT, UNKNOWN, APPROVED, FAILED, CHECKED, DRAFT, DROPPED),
    "absent": _move(FAILED, UNKNOWN),
    "repeatable": _move(APPROVED, UNKNOWN),
    "retracted": _move(RETRACTED, SENT),
}
"""Every move there is; its name is that of the event it leaves behind."""

_REFUSALS: Mapping[ReplyState, str] = {
    DRAFT: "This reply is a draft. Have it checked first.",
    CHECKED: "This reply waits for approval.",
    APPROVED: "This reply is approved and about to leave. Withdraw it first.",
    SENDING: "This reply is leaving at this moment. Wait some seconds, then look again.",
    SENT: "This reply stands in public. Edit it there, or take it back.",
    FAILED: "This reply did not leave. Change it, or have it checked again.",
    UNKNOWN: "Nobody knows yet whether this reply stands in public; Earshot is looking. Look again in a minute.",
    RETRACTED: "This reply was taken back. Write a new one.",
    REHEARSED: "This reply ended a dry run; nothing left. Have it checked again to send it.",
    DROPPED: "This reply was dropped. Write a new one.",
}


def may(state: str, move: str) -> bool:
    """Tell whether a reply in this state can make this move. Raises KeyError for a move that is not in the table."""
    return state in MOVES[move].from_states


def require(reply: Reply, move: str) -> None:
    """Raise Conflict, saying where the reply stands and what to do, unless it can make this move."""
    if not may(reply.state, move):
        raise Conflict(_REFUSALS[ReplyState(reply.state)])
