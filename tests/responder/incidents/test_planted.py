"""The planted incidents: what the figures in docs/incidents.md may not fall below."""

from __future__ import annotations

import pytest

from bench.incidents import by_brand, judged, planted
from sentiment import SHIPPED_MODEL
from sentiment.vectors import Embedder


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder(SHIPPED_MODEL)


@pytest.mark.parametrize(("name", "precise", "recalled", "found"), [("tune", 0.9, 0.5, 15), ("judge", 0.9, 0.38, 15)])
def test_what_the_rule_was_chosen_on_is_grouped_precisely(embedder, name, precise, recalled, found):
    said = planted(name, embedder)
    score = judged(said, by_brand(said))
    assert score.precision >= precise
    assert score.recall >= recalled
    assert score.found >= found


def test_sealed_incidents_are_found_and_few_texts_go_wrong(embedder):
    said = planted("sealed", embedder)
    score = judged(said, by_brand(said))
    assert score.found >= 12
    assert score.b_precision >= 0.9


def test_no_two_sealed_incidents_become_one(embedder):
    said = planted("sealed", embedder)
    label = by_brand(said)
    for name in {found for found in label if found is not None}:
        assert len({one.incident for one, found in zip(said, label, strict=True) if found == name} - {None}) == 1


def test_one_author_who_says_one_thing_three_times_opens_nothing(embedder):
    said = planted("tune", embedder)
    label = by_brand(said)
    ivo = [at for at, one in enumerate(said) if sum(o.text.voice == one.text.voice for o in said) == 3]
    assert len(ivo) == 3
    assert {label[at] for at in ivo} == {None}
