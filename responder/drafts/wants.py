"""What somebody wants who wrote a mention: to be heard with a complaint, an answer to a question, or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from responder.cases.promises import UNHAPPY
from responder.drafts.phrasebook import said
from responder.drafts.reading import Sentence
from sentiment.opinions import Intent

_MARKS = frozenset("?;؟？")


class Want(StrEnum):
    """What a mention asks of an answer."""

    UNHAPPY = "unhappy"
    ASKING = "asking"
    PLEASED = "pleased"


_BY_INTENT: Mapping[str | None, Want] = MappingProxyType(
    {Intent.PRAISE: Want.PLEASED, Intent.COMPLAINT: Want.UNHAPPY, Intent.QUESTION: Want.ASKING}
)


def want(
    mention: tuple[Sentence, ...],
    reply: tuple[Sentence, ...],
    *,
    p_negative: float | None,
    intent: str | None,
    is_readable: bool,
) -> Want | None:
    """Return what a mention wants; None where nothing tells.

    What is known of it (`p_negative`, `intent`) decides. Otherwise its words do, in the languages that the phrases
    know; where those leave it open, what the reply takes it for does: who apologises answers a complaint.
    """
    if intent in _BY_INTENT:
        return _BY_INTENT[intent]
    if p_negative is not None:
        return Want.UNHAPPY if p_negative >= UNHAPPY else None
    return _told(mention, reply) if mention and is_readable else None


def _told(mention: tuple[Sentence, ...], reply: tuple[Sentence, ...]) -> Want:
    unhappy, pleased = (sum(len(said(kind, each)) for each in mention) for kind in ("unhappy", "pleased"))
    if unhappy or pleased:
        # A compliment beside a complaint is meant the other way round, or stands beside it.
        return Want.UNHAPPY if unhappy >= pleased else Want.PLEASED
    if any(said("apology", each) for each in reply):
        return Want.UNHAPPY
    if any(each.tokens[-1][-1] in _MARKS or said("asking", each) for each in mention):
        return Want.ASKING
    return Want.PLEASED if any(said("pleased", each) for each in reply) else Want.UNHAPPY
