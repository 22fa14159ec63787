from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment import columns
from sentiment.calibration import (
    LANGUAGE_NOT_LEARNED,
    LANGUAGE_UNCLEAR,
    LANGUAGES_NOT_STATED,
    NO_WORDS,
    NOTHING_STANDS_OUT,
    feelings,
    form_opinion,
    probabilities,
    reason_to_abstain,
    temperatures,
)
from sentiment.opinions import LABELS, Intent, Label
from tests.sentiment.tiny_models import FACTS

LOGITS = st.lists(st.lists(st.floats(-1e4, 1e4), min_size=3, max_size=3), min_size=1, max_size=8)


@given(LOGITS, st.floats(0.25, 20))
def test_probabilities_sum_to_one_and_keep_the_order_of_the_logits(logits, temperature):
    shares = probabilities(np.array(logits), temperature)
    assert np.allclose(shares.sum(axis=1), 1.0)
    assert (shares >= 0).all()
    for row, share in zip(logits, shares, strict=True):
        assert share[int(np.argmax(row))] == share.max()


def test_each_language_has_its_temperature_and_the_others_share_one():
    facts = replace(FACTS, temperatures={"en": 1.5, "de": 3.0}, default_temperature=5.0)
    assert temperatures(facts, ["de", "en", "und", "tr"]).tolist() == [3.0, 1.5, 5.0, 5.0]


def test_the_wide_branch_counts_by_the_weight_of_the_language():
    facts = replace(FACTS, temperatures={}, default_temperature=1.0, wide_weights={"tr": 2.0}, default_wide_weight=0.5)
    outputs = np.zeros((2, columns.WIDE.stop))
    outputs[:, columns.FEELING] = (1.0, 0.0, 0.0)
    outputs[:, columns.WIDE] = (0.0, 0.0, 1.0)
    turkish, other = feelings(outputs, facts, ["tr", "und"])
    assert turkish == pytest.approx(probabilities(np.array([[1.0, 0.0, 2.0]]))[0])
    assert other == pytest.approx(probabilities(np.array([[1.0, 0.0, 0.5]]))[0])


def test_a_model_without_a_wide_branch_or_intents_is_judged_by_its_three_logits():
    facts = replace(FACTS, temperatures={}, default_temperature=1.0)
    assert feelings(np.array([[1.0, 0.0, 0.0]]), facts, ["en"])[0].argmax() == 0
    opinion = form_opinion(
        np.array([0.8, 0.1, 0.1]), np.array([1.0, 0.0, 0.0]), readable=True, language="en", facts=FACTS, floor=0.6
    )
    assert (opinion.intents, opinion.intent, opinion.intensity) == (None, None, None)


def test_intents_and_intensity_are_read_from_their_columns():
    row = np.zeros(columns.WIDE.stop)
    row[columns.INTENT] = (0.0, 3.0, 0.0, 0.0, 0.0)
    row[columns.INTENSITY] = -1.0
    opinion = form_opinion(np.array([0.8, 0.1, 0.1]), row, readable=True, language="en", facts=FACTS, floor=0.6)
    assert opinion.intent is Intent.QUESTION
    assert sum(opinion.intents) == pytest.approx(1.0)
    assert opinion.intensity == pytest.approx(1 / (1 + np.e))


@pytest.mark.parametrize(
    ("confidence", "readable", "language", "languages", "reason"),
    [
        (0.9, True, "en", ("en",), None),
        (0.6, True, "en", ("en",), None),
        (0.59, True, "en", ("en",), NOTHING_STANDS_OUT),
        (0.9, True, "tr", ("en",), LANGUAGE_NOT_LEARNED),
        (0.4, True, "tr", ("en",), LANGUAGE_NOT_LEARNED),
        (0.9, True, "und", ("en",), LANGUAGE_UNCLEAR),
        (0.9, False, "und", ("en",), NO_WORDS),
        (0.9, True, "en", None, LANGUAGES_NOT_STATED),
    ],
)
def test_an_opinion_is_unsure_for_the_gravest_reason(confidence, readable, language, languages, reason):
    facts = replace(FACTS, languages=languages)
    assert reason_to_abstain(confidence, readable=readable, language=language, facts=facts, floor=0.6) == reason


def test_the_label_is_the_argmax_also_when_unsure():
    opinion = form_opinion(np.array([0.3, 0.3, 0.4]), None, readable=True, language="en", facts=FACTS, floor=0.6)
    assert (opinion.label, opinion.confidence, opinion.abstained) == (Label.POSITIVE, 0.4, True)
    assert opinion.reason == NOTHING_STANDS_OUT
    assert opinion.model == "tiny 1"


def test_a_text_without_anything_to_read_is_never_sure():
    opinion = form_opinion(None, None, readable=False, language="und", facts=FACTS, floor=0.0)
    assert opinion.abstained
    assert opinion.reason == NO_WORDS
    assert opinion.p_negative + opinion.p_neutral + opinion.p_positive == pytest.approx(1.0)
    assert opinion.label is LABELS[1]
