"""The reply check: what must be mended before a reply is approved. A pure function of the reply and what it answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from responder.drafts.draft import Draft
from responder.drafts.rules import OF_WORDS, RULES


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend: the rule in `RULES`, and in sentences for people why, and how to mend it."""

    rule: str
    why: str
    mend: str


def check(
    reply: str,
    *,
    mention: str | None,
    source: str | None,
    lang: str | None,
    speaker: str | None,
    previous: Sequence[str] = (),
    p_negative: float | None = None,
    intent: str | None = None,
) -> tuple[Finding, ...]:
    """Return what must be mended in a reply, by rule; nothing when it may be approved. Never raises.

    None is unknown: the mention answered, where it stands, the customer's language (ISO code), who speaks (a name or
    initials). `previous` are answers given before, the latest last; the last twenty count. `p_negative` and `intent`
    are what is known of the mention, told from its words where they are None. A rule is silent where its thing is not
    due, and where it cannot tell: `silent_rules` says which never could.
    """
    draft = Draft(
        reply=reply,
        mention=mention,
        source=source,
        lang=lang,
        speaker=speaker,
        previous=previous,
        p_negative=p_negative,
        intent=intent,
    )
    if not draft.text.strip():
        return (Finding("length", "There is nothing in it.", "Write the reply."),)
    return tuple(Finding(name, why, mend) for name, rule in RULES.items() for why, mend in rule(draft))


def silent_rules(reply: str, *, mention: str | None, lang: str | None) -> tuple[str, ...]:
    """Return the rules that say nothing of a reply because they know no phrases in its language."""
    return () if Draft(reply=reply, mention=mention, lang=lang).spoken else OF_WORDS
