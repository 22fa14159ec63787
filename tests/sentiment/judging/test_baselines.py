from __future__ import annotations

import sys

import numpy as np
import pytest

from sentiment import ModelUnusable
from sentiment.judging.baselines import majority, tfidf
from sentiment.training.rows import Row

GOOD, PLAIN, BAD = "lovely quick driver", "the office opens", "awful broken parcel"
KIND, COLD = "güzel hızlı kargo", "berbat kırık kargo"


def row(number: int, text: str, label: int, *, language: str = "en", classes: int = 3) -> Row:
    return Row(
        id=f"r{number}", text=text, label=label, language=language, set="ours", classes=classes, licence="stated"
    )


def english(count: int, *, start: int = 0) -> list[Row]:
    return [row(n, f"{(BAD, PLAIN, GOOD)[n % 3]} number {n}", n % 3) for n in range(start, start + count)]


def turkish(count: int) -> list[Row]:
    return [row(n, f"{(COLD, KIND)[n % 2]} numara {n}", (0, 2)[n % 2], language="tr", classes=2) for n in range(count)]


def test_the_majority_says_the_shares_of_the_labels_of_every_text():
    assert majority(np.array([0, 0, 2, 0])).tolist() == [[0.75, 0.0, 0.25]] * 4
    with pytest.raises(ValueError, match="no labels"):
        majority(np.array([], dtype=int))


def test_each_language_is_learned_from_its_own_rows_and_answers_come_in_order():
    asked = [
        row(1, "kırık ve berbat", 0, language="tr"),
        row(2, "What a LOVELY driver", 2),
        row(3, "güzel, çok hızlı", 2, language="tr"),
        row(4, "it came broken, awful", 0),
    ]
    done: list[int] = []
    found = tfidf([*english(60), *turkish(60)], asked, on_done=done.append)
    assert found.argmax(axis=1).tolist() == [0, 2, 2, 0]
    assert found.sum(axis=1) == pytest.approx(1)
    assert found[[0, 2], 1].tolist() == [0, 0]  # no Turkish row was neutral
    assert sum(done) == 4


def test_accents_case_and_the_turkish_i_make_no_difference():
    asked = [
        row(n, text, 0, language="tr")
        for n, text in enumerate(["kırık ve berbat", "KIRIK VE BERBAT", "kirik ve berbat"])
    ]
    found = tfidf(turkish(60), asked)
    assert found[1:] == pytest.approx(found[[0, 0]])


def test_a_language_too_small_to_learn_gets_the_shares_of_all_labels():
    train = [*english(60), row(900, "schön", 2, language="de")]
    found = tfidf(train, [row(1, "schön", 2, language="de"), row(2, "bello", 2, language="it")])
    assert found.tolist() == [majority(np.array([each.label for each in train]))[0].tolist()] * 2


def test_without_scikit_learn_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.linear_model", None)
    with pytest.raises(ModelUnusable, match=r"pip install -r requirements"):
        tfidf(english(60), english(3, start=90))
