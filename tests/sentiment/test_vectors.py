"""Near texts get near vectors, whatever is asked, in the order it was asked."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sentiment import SHIPPED_MODEL, ModelUnusable
from sentiment.vectors import AT_ONCE, VECTORS_FILE, WIDTH, Embedder, vectors_model
from tests.sentiment.tiny_vectors import KNOWN, write_tiny_encoder


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return write_tiny_encoder(tmp_path_factory.mktemp("encoder"))


@pytest.fixture(scope="module")
def embedder(folder) -> Embedder:
    return Embedder(folder, pieces=len(KNOWN))


def test_vectors_have_length_one_and_keep_the_order(embedder):
    texts = ["the kettle leaks", "the parcel", "late", "the kettle leaks late the parcel late"]
    vectors = embedder.vectors(texts)
    assert vectors.shape == (4, WIDTH)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(4), abs=1e-5)
    for text, vector in zip(texts, vectors, strict=True):
        assert embedder.vectors([text])[0] == pytest.approx(vector, abs=1e-5)


def test_a_text_that_shares_words_is_nearer_than_one_that_does_not(embedder):
    kettle, leaking, parcel = embedder.vectors(["the kettle leaks", "kettle leaks", "parcel late"])
    assert kettle @ leaking > 0.5 > kettle @ parcel


def test_case_accents_and_whose_handle_it_is_make_no_difference(embedder):
    vectors = embedder.vectors(["CAFÉ @ann late", "cafe @bob  late"])
    assert vectors[0] == pytest.approx(vectors[1])


@pytest.mark.parametrize("text", ["", "   ", "\x00\u200b"])
def test_a_text_with_nothing_readable_is_near_to_nothing(embedder, text):
    vectors = embedder.vectors(["the kettle", text])
    assert not vectors[1].any()
    assert vectors[0].any()


def test_any_text_gets_a_finite_vector(embedder):
    texts = ["💔", "\ud83d", "kettle " * 200_000, "مرحبا the", "\x00kettle", "a" * 1_000_000]
    vectors = embedder.vectors(texts)
    assert np.isfinite(vectors).all()
    assert vectors.shape == (len(texts), WIDTH)


def test_no_texts_give_no_vectors(embedder):
    assert embedder.vectors([]).shape == (0, WIDTH)


def test_equal_texts_are_run_once(embedder, monkeypatch):
    asked = []
    run = embedder._run_batch
    monkeypatch.setattr(embedder, "_run_batch", lambda ids, mask: asked.append(len(ids)) or run(ids, mask))
    vectors = embedder.vectors(["the kettle leaks"] * 10_000)
    assert asked == [1]
    assert vectors.shape == (10_000, WIDTH)


def test_more_texts_than_run_at_once_keep_their_order(embedder):
    texts = [f"{'the ' * (number % 5)}kettle {number}" for number in range(AT_ONCE + 50)]
    vectors = embedder.vectors(texts)
    assert vectors[-1] == pytest.approx(embedder.vectors(texts[-1:])[0], abs=1e-5)


def test_a_piece_the_graph_does_not_know_is_spelled_with_shorter_ones(embedder):
    embedder.load()
    assert embedder._tokenizer.encode("samovars").tokens == ["[CLS]", "sam", "##o", "##var", "##s", "[SEP]"]
    assert embedder.vectors(["samovar"]).any()


def test_the_model_is_named_by_what_its_files_hold(folder, tmp_path, embedder):
    assert embedder.model == vectors_model(folder)
    assert vectors_model(write_tiny_encoder(tmp_path / "same")) == embedder.model
    assert vectors_model(write_tiny_encoder(tmp_path / "other", seed=2)) != embedder.model


@pytest.mark.parametrize("name", ["vectors.onnx", "tokenizer.json"])
def test_a_missing_or_damaged_file_is_refused_with_what_to_do(tmp_path, name):
    folder = write_tiny_encoder(tmp_path)
    (folder / name).write_bytes(b"{}")
    with pytest.raises(ModelUnusable, match=rf"{name} cannot be .*: restore the model's folder"):
        Embedder(folder, pieces=len(KNOWN)).vectors(["the kettle"])
    (folder / name).unlink()
    with pytest.raises(ModelUnusable, match=rf"{name} cannot be read .*: restore the model's folder"):
        vectors_model(folder)
    with pytest.raises(ModelUnusable, match=rf"{name} cannot be .*: restore the model's folder"):
        Embedder(folder, pieces=len(KNOWN)).load()


def test_making_vectors_loads_no_heavy_library(folder):
    unwanted = ("torch", "transformers", "onnx", "sklearn", "pandas", "scipy", "py3langid")
    program = (
        f"import sys, pathlib; from sentiment.vectors import Embedder;"
        f"Embedder(pathlib.Path({str(folder)!r}), pieces={len(KNOWN)}).vectors(['the kettle']);"
        f"print(sorted(set({unwanted!r}) & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


@pytest.fixture(scope="module")
def shipped() -> Embedder:
    if not (SHIPPED_MODEL / VECTORS_FILE).exists():
        pytest.skip(f"no shipped vectors: {VECTORS_FILE} is not in the model's folder")
    return Embedder(SHIPPED_MODEL)


@pytest.mark.parametrize(
    ("text", "near", "far"),
    [
        ("The kettle leaks all over my kitchen", "my kettle is leaking again", "the train was two hours late"),
        ("Kargom bir haftadır gelmedi", "kargo hala gelmedi bir hafta oldu", "uygulama sürekli çöküyor"),
        ("Το τηλέφωνο χάλασε μετά από μια μέρα", "χαλασε το τηλεφωνο μου σε μια μερα", "η πτήση ακυρώθηκε"),
        ("Bungkusan saya belum sampai", "bungkusan belum sampai lagi", "makanan di sini sedap"),
        ("Der Zug kommt schon wieder zu spät", "zug wieder zu spät", "das Essen war kalt"),
        ("السيارة تعطلت في الطريق", "تعطلت السيارة مرة أخرى في الطريق", "الطعام بارد"),
    ],
)
def test_the_shipped_vectors_put_what_is_about_the_same_nearer(shipped, text, near, far):
    first, second, third = shipped.vectors([text, near, far])
    assert first @ second > first @ third + 0.1


def test_every_piece_kept_has_a_row_in_the_shipped_graph(shipped):
    shipped.load()
    places = shipped._tokenizer.get_vocab().values()
    shipped._run_batch(np.array([[max(places)]]), np.array([[1]]))
    with pytest.raises(Exception, match="out of data bounds"):
        shipped._run_batch(np.array([[max(places) + 1]]), np.array([[1]]))
