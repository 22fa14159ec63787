"""What clues and kinds of people are called on pages."""

from __future__ import annotations

import math

from flask_babel import gettext as _

from responder.people.clues import Clue
from responder.sharers.kinds import Kind

ALMOST = 99.9


def clue_words(clue: str) -> str:
    """Say what speaks for one person, or against, in plain words."""
    words: dict[str, str] = {
        Clue.LINKED_BOTH_WAYS: _("Each account points to the other"),
        Clue.LINKED_ONE_WAY: _("One says the other account is theirs"),
        Clue.SAME_ORDER: _("Gave the same order number in both places"),
        Clue.SAME_EMAIL: _("Gave the same e-mail address in both places"),
        Clue.SAME_CODE: _("Gave the same case code in both places"),
        Clue.SAME_HANDLE: _("The same handle, the rarer the more it says"),
        Clue.SIMILAR_HANDLE: _("Nearly the same handle"),
        Clue.SAME_NAME: _("The same name, the rarer the more it says"),
        Clue.SAME_INCIDENT: _("Told of the same thing within two days, in near-same words"),
        Clue.OTHER_LANGUAGES: _("They write in different languages"),
        Clue.OTHER_HOURS: _("They are awake at different hours"),
        Clue.ONE_IS_AUTOMATIC: _("One posts automatically, the other does not"),
        Clue.AT_ONCE: _("They wrote different things in the same five seconds"),
    }
    return words.get(clue, clue.replace("_", " "))


def kind_words(kind: str) -> str:
    """Say what an account is taken for."""
    words: dict[str, str] = {
        Kind.PERSON: _("a person"),
        Kind.ORGANISATION: _("an organisation"),
        Kind.AUTOMATED: _("a machine"),
        Kind.SELLER: _("a shop or reseller"),
    }
    return words.get(kind, kind.replace("_", " "))


def sureness(probability: float) -> str:
    """Return a probability as a percentage that never claims to be certain."""
    percent = min(math.floor(probability * 1000) / 10, ALMOST)
    return f"{percent:.1f} %"
