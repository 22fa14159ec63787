"""How somebody feels, in plain words, and whose word that is."""

from __future__ import annotations

import pytest

from responder.cases.feelings import feeling


@pytest.mark.parametrize(
    ("words", "p_negative", "label", "abstained"),
    [
        ("very unhappy (92 % sure)", 0.92, "negative", False),
        ("unhappy (60 % sure)", 0.6, "negative", False),
        ("very unhappy (99 % sure)", 1.0, "negative", False),
        ("unsure, counts half: 55 % likely unhappy", 0.55, "negative", True),
        ("not scored yet", None, None, None),
        ("sounds neutral (10 % likely unhappy)", 0.1, "neutral", False),
        ("sounds happy (1 % likely unhappy)", 0.001, "positive", False),
    ],
)
def test_a_feeling_is_said_with_how_sure_it_is(words, p_negative, label, abstained):
    assert feeling(p_negative, label=label, abstained=abstained) == words


def test_a_persons_word_stands_without_a_percentage():
    said = feeling(0.2, label="negative", abstained=False, is_corrected=True)
    assert said == "unhappy, a person of the team says"
