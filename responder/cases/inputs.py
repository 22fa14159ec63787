"""What the ranking takes in, from what is known of a case's lead and its author. Pure; None is unknown."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType

from listeners.mentions import Kind
from responder.cases.promises import ASKING, UNHAPPY
from sentiment.opinions import Intent

UNSCORED = 0.3
"""What a mention counts as until it is scored: unknown is neither happy nor unhappy."""

TAU: Mapping[str, float] = MappingProxyType(
    {"x": 180.0, "bluesky": 180.0, "mastodon": 180.0, "reddit": 480.0, "hacker_news": 1_440.0, "rss": 1_440.0}
)
"""Minutes in which the worth of an answer falls to 37 %, by source (SCIENCE 2.2; Bluesky and Mastodon as X)."""

TAU_OF_REVIEWS = 4_320.0
USUAL_TAU = 480.0

ASIDE = 0.2
"""Answerability of people talking among themselves: an answer intrudes."""

UNADDRESSED = 0.6
WANTED = 1.0


def tau(source: str, kind: str | None) -> float:
    """Return the minutes in which the worth of an answer falls to 37 %."""
    return TAU_OF_REVIEWS if kind == Kind.REVIEW else TAU.get(source, USUAL_TAU)


def unhappiness(p_negative: float | None, abstained: bool | None) -> float | None:
    """Return P(negative) as the ranking counts it; None until scored.

    An opinion the model will not be held to (`abstained`) counts half way to unknown: a guess in a language it has not
    learned must not stand above somebody who is surely unhappy.
    """
    if p_negative is None:
        return None
    return (p_negative + UNSCORED) / 2 if abstained else p_negative


def asking(intent: str | None, confidence: float | None) -> float | None:
    """Return P(question); None where the model does not tell. A person's word (no confidence) is certain."""
    if intent is None:
        return None
    if intent == Intent.QUESTION:
        return 1.0 if confidence is None else confidence
    return 0.0


def answerability(
    *, addressed: bool | None, kind: str, is_in_thread: bool, intent: str | None, p_negative: float | None
) -> float:
    """Return how much an answer is wanted: of those who speak to us, or review us, always (SCIENCE 2.2's q).

    Somebody who complains or asks without speaking to us may be answered; in a talk among others, or where nothing is
    wanted, an answer intrudes.
    """
    if addressed or kind == Kind.REVIEW:
        return WANTED
    wants = intent in {Intent.COMPLAINT, Intent.QUESTION} or (p_negative is not None and p_negative >= UNHAPPY)
    if wants:
        return UNADDRESSED
    return ASIDE if is_in_thread or intent in {Intent.NOISE, Intent.PRAISE} else UNADDRESSED


def hearers(*, views: int | None, followers: int | None, carry_factor: float = 1.0) -> float | None:
    """Return how many hear a telling: 30 + its views, or 30 + .15 f^.8 (1 + .5 A) by followers (SCIENCE 2.2's R).

    `carry_factor` is A: how much more often the author is re-shared than accounts of that reach.
    """
    if views is not None:
        return 30.0 + views
    if followers is None:
        return None
    return float(30.0 + 0.15 * max(followers, 0) ** 0.8 * (1.0 + 0.5 * carry_factor))


def velocity(
    *, reposts: int | None, replies: int | None, age: timedelta, tau_minutes: float, spread: float
) -> float | None:
    """Return how fast a post spreads over what is usual at its age: (seen + 1) / (expected + 1) (SCIENCE 1.3d's v).

    `spread` is what a telling gets here in the end, on average; it comes in at the pace at which worth decays.
    """
    if reposts is None and replies is None:
        return None
    expected = spread * (1.0 - math.exp(-max(age.total_seconds() / 60.0, 0.0) / tau_minutes))
    return ((reposts or 0) + (replies or 0) + 1.0) / (expected + 1.0)


def is_question(p_question: float | None) -> bool:
    """Whether somebody is predicted to ask something."""
    return p_question is not None and p_question >= ASKING
