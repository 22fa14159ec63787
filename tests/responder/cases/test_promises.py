"""What a case is promised: the class from what is known, and never later than was promised before."""

from __future__ import annotations

from datetime import timedelta

import pytest

from responder.cases.promises import PROMISES, promise_class, promised
from tests.factories import NOW


@pytest.mark.parametrize(
    ("found", "known"),
    [
        ("safety", {"p_negative": 0.1, "p_question": 0.0, "is_safety": True, "is_review": True}),
        ("unhappy_sharer", {"p_negative": 0.9, "p_question": 0.0, "is_frequent_sharer": True, "is_review": True}),
        ("unhappy", {"p_negative": 0.5, "p_question": 0.9}),
        ("review", {"p_negative": 0.9, "p_question": 0.0, "is_review": True}),
        ("question", {"p_negative": 0.49, "p_question": 0.5, "is_frequent_sharer": True}),
        ("other", {"p_negative": 0.1, "p_question": 0.1}),
    ],
)
def test_the_class_follows_from_danger_unhappiness_sharing_and_channel(found, known):
    assert promise_class(**known) == found


def test_the_first_promise_counts_from_opening():
    assert promised("unhappy", NOW) == ("unhappy", NOW + timedelta(minutes=PROMISES["unhappy"]))


def test_a_promise_is_shortened_by_a_worse_look():
    later = NOW + timedelta(minutes=PROMISES["other"])
    assert promised("unhappy", NOW, held="other", held_until=later) == ("unhappy", NOW + timedelta(minutes=60))


def test_a_promise_is_never_lengthened_by_a_better_look():
    soon = NOW + timedelta(minutes=15)
    assert promised("other", NOW, held="safety", held_until=soon) == ("safety", soon)
