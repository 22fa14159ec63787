from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from sentiment.language import KNOWN
from sentiment.training.language_samples import Sample
from sentiment.training.romanised import TAGS, Problem, chosen, counted, fit


@pytest.fixture(scope="module")
def table():
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    found = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    found.set_languages(list(KNOWN))
    return found


def sample(text, language):
    return Sample(id=text, text=text, language=language, set="ours")


SAMPLES = [
    sample("late again my parcel", "en"),
    sample("nobody answers my parcel", "en"),
    sample("parcel kab aayega bhai batao mujhe", "hi-en"),
    sample("my parcel late again", "hi-en"),
    sample("wach kayn chi wa7d", "ar-Latn"),
    sample("το δέμα δεν ήρθε", "el"),
]


def test_each_text_gets_its_target_and_hindi_rows_in_english_are_left_out():
    whole = {(each.id, target) for each, target in chosen(SAMPLES) if len(each.text.split()) == len(each.id.split())}
    assert whole == {
        ("late again my parcel", 0),
        ("nobody answers my parcel", 0),
        ("parcel kab aayega bhai batao mujhe", 1),
        ("το δέμα δεν ήρθε", 2),
        ("wach kayn chi wa7d", 3),
        ("το δέμα δεν ήρθε", 0),
    }


def test_pieces_of_texts_are_trained_on_too_so_that_short_posts_are_judged_with_care():
    pieces = [(each, target) for each, target in chosen(SAMPLES * 9) if len(each.text.split()) < len(each.id.split())]
    assert {target for _, target in pieces} == {0, 1, 2, 3}
    assert {len(each.text.split()) for each, _ in pieces} <= {1, 2, 3, 4}
    assert not [each for each, target in pieces if target == 1 and each.text in {"parcel", "parcel kab"}]


def test_features_are_counted_as_py3langid_counts_them(table):
    texts = ["The parcel is late again", "ΠΟΥ ΕΙΝΑΙ ΤΟ ΔΕΜΑ", "😡"]
    counts, roots = counted(texts, table)
    scores = (counts @ table.nb_ptc.astype(np.float32) + table.nb_pc) * roots[:, None]
    for text, row in zip(texts[:2], scores[:2], strict=True):
        shares = np.exp(row - row.max())
        assert table.nb_classes[int(row.argmax())] == table.classify(text)[0]
        assert shares.max() / shares.sum() == pytest.approx(table.classify(text)[1], abs=1e-3)


def made_up(seed=1, each=60):
    """Texts of one n-gram each: the first speaks for the first tag, and so on; the last for the rest."""
    chance = np.random.default_rng(seed)
    targets = np.repeat([1, 2, 3, 0], each)
    counts = chance.poisson(0.2, (len(targets), 4)) + 3 * np.eye(4)[np.repeat(range(4), each)]
    ones = np.ones(len(targets), dtype=np.float32)
    return Problem(
        features=csr_matrix(counts.astype(np.float32)),
        ones=ones,
        base=0 * ones,
        rest=0 * ones,
        targets=targets,
    )


def told(problem, weights, biases):
    own = problem.features @ weights.T + biases
    return np.column_stack([problem.rest, own]).argmax(axis=1)


def test_the_fit_gives_each_language_its_texts_and_the_rest_none():
    problem = made_up()
    weights, biases = fit(problem, np.zeros((len(TAGS), 4)))
    assert (told(problem, weights, biases) == problem.targets).mean() > 0.97


def test_rows_with_a_wrong_label_do_not_move_the_fit():
    clean, spoilt = made_up(), made_up()
    spoilt.targets[-3:] = 1
    weights, _ = fit(clean, np.zeros((len(TAGS), 4)))
    despite, _ = fit(spoilt, np.zeros((len(TAGS), 4)))
    assert np.abs(weights - despite).max() < 0.25
