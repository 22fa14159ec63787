"""Whether one mention may be answered, and how. A pure rule: what is not known is never a right.

api      Earshot may publish an answer there
by_hand  a person may, with the text copied and the link followed; the collector then sees it
no       nobody can, or should
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Literal

from responder.eligibility.rules import Rule, Who, rule_of

Eligible = Literal["api", "by_hand", "no"]

_COPY = "copy the text and post it there by hand"
_SPOKEN_TO = "On {platform} programs may answer only people who mention or quote us"
_IN_DAYS = "On {platform} programs may answer for {days} days after the last change"

REASONS: Mapping[str, tuple[Eligible, str]] = MappingProxyType(
    {
        "gone": ("no", "It was deleted: there is nothing left to answer."),
        "own": ("no", "It is a post of our own."),
        "repost": ("no", "It only passes on somebody else's post: answer that one."),
        "closed": ("no", "Answers are closed there: {platform} takes none under it."),
        "no_link": ("no", "Earshot cannot post to {platform}, and no link leads a person there."),
        "no_api": ("by_hand", f"Earshot cannot post to {{platform}}: {_COPY}."),
        "not_addressed": ("by_hand", f"{_SPOKEN_TO}, and this author did not: {_COPY}."),
        "addressed_unknown": ("by_hand", f"{_SPOKEN_TO}, and whether this author did is not known: {_COPY}."),
        "too_late": ("by_hand", f"{_IN_DAYS}, and those are over: {_COPY}."),
        "age_unknown": ("by_hand", f"{_IN_DAYS}, and how old this is is not known: {_COPY}."),
        "not_connected": (
            "by_hand",
            f"No account that may answer on {{platform}} is connected: connect one, or {_COPY}.",
        ),
        "in_time": ("api", "We may answer on {platform} until {until}."),
        "one_place": ("api", "We may answer on {platform}: there is one place for it, and a later answer replaces it."),
        "unless_closed": ("api", "We may answer on {platform}, unless answers were closed there: that is not known."),
        "open": ("api", "We may answer on {platform}."),
    }
)
"""Every reason by its name: what it comes to, and the sentence for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of a mention. None is unknown, everywhere.

    `addressed`: its author mentioned, quoted or answered us. `is_closed`: its thread is locked. `changed_at` is its
    last change, else its creation. `is_connected`: an account of ours that can answer there is connected; None: not
    asked, and then the verdict is the platform's alone.
    """

    source: str
    addressed: bool | None = None
    is_closed: bool | None = None
    is_gone: bool = False
    is_own: bool = False
    is_repost: bool = False
    url: str | None = None
    changed_at: datetime | None = None
    is_connected: bool | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a mention may be answered and why, in a sentence for people; `key` names the reason in `REASONS`.

    `automatic`: a text that somebody approved beforehand may go without a person looking. `until` is when the right to
    answer through the API ends; None: no end is known.
    """

    eligible: Eligible
    reason: str
    automatic: bool
    until: datetime | None
    key: str


def verdict(facts: Facts, *, now: datetime) -> Verdict:
    """Return how a mention may be answered at `now`."""
    rule = rule_of(facts.source)
    until = _until(rule, facts.changed_at)
    return verdict_for(_key(rule, facts, until, now), source=facts.source, addressed=facts.addressed, until=until)


def verdict_for(key: str, *, source: str, addressed: bool | None, until: datetime | None) -> Verdict:
    """Return the verdict a reason in `REASONS` comes to for a mention of this source."""
    rule = rule_of(source)
    eligible, sentence = REASONS[key]
    is_api = eligible == "api"
    return Verdict(
        eligible=eligible,
        reason=_sentence(sentence, rule, until),
        automatic=is_api and _is_allowed(rule.automatic, addressed),
        until=until if is_api else None,
        key=key,
    )


def _key(rule: Rule, facts: Facts, until: datetime | None, now: datetime) -> str:
    """Return the first reason that holds: what forbids it to everybody, what forbids it to programs, what allows it."""
    is_late = until is not None and now >= until
    found = (
        ("gone", facts.is_gone),
        ("own", facts.is_own),
        ("repost", facts.is_repost),
        ("closed", facts.is_closed is True),
        ("no_link", rule.by_hand == "with_link" and not facts.url),
        ("no_api", rule.api == "nobody"),
        ("addressed_unknown", rule.api == "addressed" and facts.addressed is None),
        ("not_addressed", not _is_allowed(rule.api, facts.addressed)),
        ("age_unknown", rule.window_days is not None and until is None),
        ("too_late", is_late),
        ("not_connected", facts.is_connected is False),
        ("in_time", until is not None),
        ("one_place", rule.one_place),
        ("unless_closed", bool(rule.closed_by) and facts.is_closed is None),
    )
    return next((key for key, holds in found if holds), "open")


def _is_allowed(who: Who, addressed: bool | None) -> bool:
    return who == "anyone" or (who == "addressed" and addressed is True)


def _until(rule: Rule, changed_at: datetime | None) -> datetime | None:
    if rule.window_days is None or changed_at is None:
        return None
    return changed_at + timedelta(days=rule.window_days)


def _sentence(sentence: str, rule: Rule, until: datetime | None) -> str:
    end = "" if until is None else f"{until.astimezone(UTC):%-d %B %Y, %H:%M} UTC"
    said = sentence.format(platform=rule.title, days=rule.window_days, until=end)
    return said[0].upper() + said[1:]
