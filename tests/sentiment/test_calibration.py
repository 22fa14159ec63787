from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment.calibration import (
    LANGUAGE_NOT_LEARNED,
    LANGUAGE_UNCLEAR,
    LANGUAGES_NOT_STATED,
    NO_WORDS,
    NOTHING_STANDS_OUT,
    fit_temperature,
    form_opinion,
    probabilities,
    reason_to_abstain,
    temperatures,
)
from sentiment.opinions import LABELS, Label
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


@pytest.mark.parametrize("true_temperature", [0.5, 1.0, 2.5, 8.0])
def test_the_fitted_temperature_is_the_one_the_labels_were_drawn_with(true_temperature):
    chance = np.random.default_rng(4)
    logits = chance.normal(scale=4.0, size=(6000, 3))
    shares = probabilities(logits, true_temperature)
    labels = (shares.cumsum(axis=1) < chance.random((6000, 1))).sum(axis=1).clip(max=2)
    assert fit_temperature(logits, labels) == pytest.approx(true_temperature, rel=0.1)


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
    opinion = form_opinion(np.array([0.3, 0.3, 0.4]), readable=True, language="en", facts=FACTS, floor=0.6)
    assert (opinion.label, opinion.confidence, opinion.abstained) == (Label.POSITIVE, 0.4, True)
    assert opinion.reason == NOTHING_STANDS_OUT
    assert opinion.model == "tiny 1"


def test_a_text_without_anything_to_read_is_never_sure():
    opinion = form_opinion(None, readable=False, language="und", facts=FACTS, floor=0.0)
    assert opinion.abstained
    assert opinion.reason == NO_WORDS
    assert opinion.p_negative + opinion.p_neutral + opinion.p_positive == pytest.approx(1.0)
    assert opinion.label is LABELS[1]
