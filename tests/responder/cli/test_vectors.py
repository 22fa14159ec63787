"""`earshot embed` answers every line, in order, as programs were promised."""

from __future__ import annotations

import json

import pytest

from responder.cli import vectors
from sentiment.vectors import WIDTH, Embedder, vectors_model
from tests.sentiment.tiny_vectors import KNOWN, write_tiny_encoder

TYPED = """\
{"id": "a", "text": "the kettle leaks"}
no json
{"id": 2, "text": 7}

{"id": 3, "text": ""}
{"id": 4, "text": "parcel late"}
"""


@pytest.fixture(autouse=True)
def tiny_encoder(tmp_path, monkeypatch):
    folder = write_tiny_encoder(tmp_path / "encoder")
    monkeypatch.setattr(vectors, "Embedder", lambda _folder: Embedder(folder, pieces=len(KNOWN)))
    return folder


def lines(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_every_line_is_answered_in_order_and_bad_ones_are_named(run, tiny_encoder):
    done = run("embed", "-", stdin=TYPED)
    answers = lines(done)
    assert done.exit_code == 0
    assert [answer["id"] for answer in answers] == ["a", None, 2, 3, 4]
    assert ["error" in answer for answer in answers] == [False, True, True, False, False]
    assert [set(answer) for answer in answers if "error" not in answer] == [{"id", "vector", "model"}] * 3
    assert {answer["model"] for answer in answers if "model" in answer} == {vectors_model(tiny_encoder)}
    assert len(answers[0]["vector"]) == WIDTH
    assert sum(number**2 for number in answers[0]["vector"]) == pytest.approx(1, abs=1e-3)
    assert answers[3]["vector"] is None, "nothing in it is readable"


def test_a_file_is_read_as_well(run, tmp_path):
    (tmp_path / "texts.jsonl").write_text('{"id": 1, "text": "the kettle"}\n')
    assert [answer["id"] for answer in lines(run("embed", str(tmp_path / "texts.jsonl")))] == [1]


def test_with_nothing_to_do_it_says_so(run):
    assert run("embed", stdin="").exit_code == 3


def test_with_bad_lines_only_it_failed(run):
    assert run("embed", stdin="no json\n").exit_code == 1


def test_missing_files_are_told_with_what_to_do(run, tiny_encoder):
    (tiny_encoder / "vectors.onnx").unlink()
    done = run("embed", stdin='{"id": 1, "text": "the kettle"}\n')
    assert done.exit_code == 1
    assert "restore the model's folder" in done.stderr
