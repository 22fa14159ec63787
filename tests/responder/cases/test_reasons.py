from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from responder.cases.points import PARTS
from responder.cases.priority import UNKNOWN, OpenCases
from responder.cases.reasons import lasting, sizes, words


def cases(*each: dict[str, Any]) -> OpenCases:
    """Cases of which nothing is known but what is said."""
    usual = {**UNKNOWN, "waited": 41.0, "promise": 60.0, "incident": -1, "safety": False}
    return OpenCases(**{name: np.array([{**usual, **one}[name] for one in each]) for name in usual})


def said(part: str, unknown: tuple[str, ...] = (), **known: Any) -> str:
    return words(part, cases(known), 0, unknown=frozenset(unknown))


@pytest.mark.parametrize(
    ("sentence", "part", "known"),
    [
        ("where a typical open case stands", "typical", {}),
        ("very unhappy (92 % sure)", "unhappiness", {"p_negative": 0.92}),
        ("very unhappy (99 % sure) and upset", "unhappiness", {"p_negative": 1.0, "intensity": 0.9}),
        ("unhappy (60 % sure), but calm", "unhappiness", {"p_negative": 0.6, "intensity": 0.1}),
        ("asks something (99 % sure)", "unhappiness", {"p_negative": 0.2, "p_question": 1.0}),
        ("1 % likely unhappy", "unhappiness", {"p_negative": 0.0}),
        ("tells as often as people here do on average", "telling", {"telling": 1.0}),
        ("tells 2.3 times as often as people here do on average", "telling", {"telling": 2.3}),
        ("tells 40 % as often as people here do on average", "telling", {"telling": 0.4}),
        ("hardly ever tells", "telling", {"telling": 0.0}),
        ("about 1,200 people hear each of their posts", "reach", {"hearers": 1_200.0}),
        ("about 1 person hears each of their posts", "reach", {"hearers": 1.0}),
        ("spreads 3.0 times as fast as posts of its age usually do", "velocity", {"velocity": 3.0}),
        ("with us for 41 minutes of the 60 minutes promised", "promise", {}),
        ("the answer promised within 60 minutes is 3 hours late", "promise", {"waited": 260.0}),
        ("the answer promised within 60 minutes is less than a minute late", "promise", {"waited": 60.0}),
        ("speaks to us, or clearly complains or asks", "answerability", {"answerability": 1.0}),
        ("talks about us, but not to us", "answerability", {"answerability": 0.6}),
        ("talks among friends: an answer may intrude", "answerability", {"answerability": 0.2}),
        ("not to be answered in public", "answerability", {"answerability": 0.0}),
        ("takes about 8 minutes of work", "minutes", {"minutes": 8.0}),
        ("somebody may be in danger: before everything else", "safety", {"safety": True}),
        ("waits longest: every fifth turn, whatever the priority", "turn", {}),
    ],
)
def test_every_part_is_said_in_a_sentence(sentence, part, known):
    assert said(part, **known) == sentence


@pytest.mark.parametrize(
    ("sentence", "part", "unknown", "known"),
    [
        ("not scored yet", "unhappiness", ("p_negative", "p_question"), {}),
        ("not scored yet", "unhappiness", ("p_negative",), {"p_question": 0.1}),
        ("asks something (90 % sure)", "unhappiness", ("p_negative",), {"p_question": 0.9}),
        ("unhappy (70 % sure)", "unhappiness", ("intensity",), {"p_negative": 0.7}),
        ("how often they tell is unknown", "telling", ("telling",), {}),
        ("how many people hear them is unknown", "reach", ("hearers",), {}),
        ("how fast it spreads is unknown", "velocity", ("velocity",), {}),
        ("whether they speak to us is unknown", "answerability", ("answerability",), {}),
        ("takes 6 minutes of work, as most do", "minutes", ("minutes",), {}),
    ],
)
def test_what_is_not_known_is_said_to_be_unknown(sentence, part, unknown, known):
    assert said(part, unknown, **known) == sentence


def test_an_incident_says_how_many_more_there_are_counted_here_or_before():
    several = cases({"incident": 4}, {"incident": 4}, {"incident": 4}, {})
    assert sizes(several) == {4: 3}
    assert words("incident", several, 0) == "2 more cases about the same thing"
    assert words("incident", several, 0, together=2) == "1 more case about the same thing"


def test_every_part_of_a_priority_has_words():
    assert all(said(part) for part in ("typical", *PARTS, "safety", "turn"))


@pytest.mark.parametrize(
    ("minutes", "span"),
    [(0.4, "less than a minute"), (1, "1 minute"), (119, "119 minutes"), (120, "2 hours"), (2_880, "2 days")],
)
def test_a_span_is_said_in_the_one_unit_people_would_use(minutes, span):
    assert lasting(minutes) == span
