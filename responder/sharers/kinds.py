"""Who is no person: judged from counted habits and from what the platform says of an account. Pure functions.

SCIENCE 1.3f. Organisations, machines, shops and farms are no frequent sharers and stand outside the percentiles. Losing
a person weighs more than missing one of them: a few tellings decide nothing, and speaking in the first person counts
against every doubt.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

FEWEST = 4
"""Tellings in own words below which habits are not judged."""

INHUMAN_RATE = 144.0
"""Posts a day, one every ten minutes day and night, that nobody keeps up."""

LINKED_SHARE = 0.9
LINKED_FEWEST = 7
LINKED_PERSONAL_EVERY = 10
"""Of so many tellings this share carries links, and not one in ten is personal: a feed, which may quote somebody."""

IMPERSONAL_FEWEST = 25
"""So many tellings of which none is personal are a machine's or an organisation's."""

WEIGHTS = {"selling": 3.0, "copied": 3.0, "repeated": 2.0, "linked": 0.6, "pace": 0.6, "personal": -2.0}
"""What a share of 1 adds to the doubt. `pace` is the share of `INHUMAN_RATE`; the others are shares of own words."""

DOUBTFUL = 0.6
"""Sum of doubts from which an account is no person."""

TOLD = 0.2
"""Doubt from which a habit is named among the reasons."""


class Kind(StrEnum):
    """What an account is. Seller: a shop, reseller, affiliate, giver of signals, or a farm of draws and followers."""

    PERSON = "person"
    AUTOMATED = "automated"
    ORGANISATION = "organisation"
    SELLER = "seller"


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """What was counted of an account, and what the platform says of it (None: nothing).

    `own_words`: tellings that are no re-shares. Among those: `linked`, `personal` and `selling` as
    `responder.sharers.traces` tells; `copied`: another account had posted one of the same mark earlier; `repeated`:
    only this account had. `posts_per_day`: everything it posts, as the platform counts over a week or longer; None for
    an account younger than that, since nobody keeps up the pace of a first day.
    """

    own_words: int
    linked: int = 0
    personal: int = 0
    selling: int = 0
    copied: int = 0
    repeated: int = 0
    posts_per_day: float | None = None
    is_bot: bool | None = None
    is_organisation: bool | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an account is taken for, and why, in a sentence that a person can check."""

    kind: Kind
    reason: str


def judge(habits: Habits) -> Verdict:
    """Return what an account is taken for. Never raises; with too little to go by it is a person."""
    return _by_the_platform(habits) or _by_habits(habits)


def _by_the_platform(habits: Habits) -> Verdict | None:
    if habits.is_bot:
        return Verdict(Kind.AUTOMATED, "The platform marks this account as automated.")
    if habits.is_organisation:
        return Verdict(Kind.ORGANISATION, "The platform has verified this account as an organisation.")
    if habits.posts_per_day is not None and habits.posts_per_day > INHUMAN_RATE:
        return Verdict(Kind.AUTOMATED, f"The account posts {habits.posts_per_day:.0f} times a day.")
    return None


def _by_habits(habits: Habits) -> Verdict:
    own = habits.own_words
    if own < FEWEST:
        return Verdict(Kind.PERSON, f"Posts in own words: {own}, too few to doubt a person.")
    doubts = _doubts(habits)
    if sum(doubts.values()) >= DOUBTFUL:
        return Verdict(_kind(doubts), f"{_told(habits, doubts)} and {_personal(habits)}.")
    is_feed = habits.linked >= LINKED_SHARE * own and habits.personal <= own // LINKED_PERSONAL_EVERY
    if own >= LINKED_FEWEST and is_feed:
        return Verdict(Kind.AUTOMATED, f"{habits.linked} of {own} posts carry links and {_personal(habits)}.")
    if own >= IMPERSONAL_FEWEST and not habits.personal:
        return Verdict(Kind.AUTOMATED, f"Of {own} posts {_personal(habits)}.")
    return Verdict(Kind.PERSON, f"Of {own} posts {_personal(habits)}.")


def _doubts(habits: Habits) -> dict[str, float]:
    """Return what each habit adds. One telling without it is counted in, and of the personal one with it and one not.

    So few tellings raise less doubt than many.
    """
    shares = {
        name: getattr(habits, name) / (habits.own_words + 1) for name in ("selling", "copied", "repeated", "linked")
    }
    shares["pace"] = min((habits.posts_per_day or 0.0) / INHUMAN_RATE, 1.0)
    shares["personal"] = (habits.personal + 1) / (habits.own_words + 2)
    return {name: WEIGHTS[name] * share for name, share in shares.items()}


def _kind(doubts: dict[str, float]) -> Kind:
    return Kind.SELLER if doubts["selling"] >= doubts["copied"] + doubts["repeated"] else Kind.AUTOMATED


def _told(habits: Habits, doubts: dict[str, float]) -> str:
    """Name the habits that raise doubt, the worst first."""
    own = habits.own_words
    words = {
        "selling": f"{habits.selling} of {own} posts sell, advertise or ask to be followed or passed on",
        "copied": f"{habits.copied} of {own} posts repeat what other accounts had posted before",
        "repeated": f"{habits.repeated} of {own} posts repeat the account's own",
        "linked": f"{habits.linked} of {own} posts carry links",
        "pace": f"the account posts {habits.posts_per_day or 0:.0f} times a day",
    }
    worst_first = sorted(words, key=lambda name: -doubts[name])
    named = [words[name] for place, name in enumerate(worst_first) if place == 0 or doubts[name] >= TOLD]
    return ", ".join(named)


def _personal(habits: Habits) -> str:
    if habits.personal <= 1:
        return f"{habits.personal or 'none'} speaks in the first person"
    return f"{habits.personal} speak in the first person"
