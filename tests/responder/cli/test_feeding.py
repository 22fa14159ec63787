"""`earshot import`: good rows are kept, bad ones are named, and doing it again changes nothing."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from responder.cli.feeding import score_everything
from responder.intake.scoring import score_waiting
from tests.scorers import WordScorer

ROWS = """external_id,text,created_at,author_handle,author_followers
r1,"Broken again, third time this month. I want my money back.",2026-03-01T10:00:00Z,tova,120
r2,Lovely lamp and quick delivery,2026-03-01T11:00:00Z,miro,
r3,Do you deliver on Sundays?,2026-03-01T12:00:00Z,ines,40
"""


@pytest.fixture
def rows(tmp_path):
    path = tmp_path / "reviews.csv"
    path.write_text(ROWS, encoding="utf-8")
    return path


def counted(run) -> dict:
    return json.loads(run("count", "--json").stdout)


def test_import_returns_when_rows_are_stored_scored_and_in_cases(run, rows):
    done = run("import", str(rows), "--source", "reviews")
    assert (done.exit_code, done.stderr) == (0, "")
    told = counted(run)
    assert 0 < sum(told.pop("intents").values()) <= 3
    assert told == {"mentions": 3, "scored": 3, "cases": {"open": 3}, "replies": {}, "alerts": {}}


def test_importing_again_changes_nothing(run, rows):
    run("import", str(rows), "--source", "reviews")
    again = json.loads(run("import", str(rows), "--source", "reviews", "--json").stdout)
    assert (again["new"], again["changed"], again["repeated"]) == (0, 0, 3)
    assert counted(run)["mentions"] == 3


@pytest.mark.parametrize("name", ["my  reviews.csv", "r" * 200 + ".csv", "a\tb\u200b.csv", " .csv"])
def test_a_file_of_any_name_is_imported_again_into_its_own_watch(run, rows, name):
    path = rows.rename(rows.with_name(name))
    for _ in range(2):
        assert run("import", str(path), "--source", "reviews", "--format", "csv").exit_code == 0
    assert len(json.loads(run("watch", "list", "--json").stdout)) == 1
    assert counted(run)["mentions"] == 3


def test_everything_is_scored_also_when_a_worker_takes_part_of_it(run, rows, context):
    run("import", str(rows), "--source", "reviews", "--no-score")

    class Slow(WordScorer):
        """While it scores, a worker does."""

        def score(self, texts, *, languages=None):
            score_waiting(context, WordScorer(), batch=1)
            return super().score(texts, languages=languages)

    settings = context.settings.model_copy(update={"scoring_batch": 1})
    score_everything(replace(context, settings=settings, make_scorer=Slow))
    assert counted(run)["scored"] == 3


def test_a_bad_row_is_named_and_the_good_ones_are_kept(run, rows):
    rows.write_text(ROWS + "r4,,2026-03-01T12:00:00Z,x,1\nr5,fine,yesterday,x,1\n", encoding="utf-8")
    told = json.loads(run("import", str(rows), "--source", "reviews", "--json").stdout)
    assert (told["new"], told["faulty"]) == (3, 2)
    assert ["5" in fault["where"] or "6" in fault["where"] for fault in told["faults"]] == [True, True]


def test_a_dry_run_stores_nothing(run, rows):
    told = json.loads(run("import", str(rows), "--source", "reviews", "--dry-run", "--json").stdout)
    assert (told["new"], told["dry_run"]) == (3, True)
    assert counted(run)["mentions"] == 0


def test_no_score_only_stores(run, rows):
    assert run("import", str(rows), "--source", "reviews", "--no-score").exit_code == 0
    assert (counted(run)["mentions"], counted(run)["scored"]) == (3, 0)


def test_a_naive_time_needs_a_zone(run, tmp_path):
    path = tmp_path / "naive.csv"
    path.write_text("external_id,text,created_at\na,It leaks,2026-03-01 10:00\n", encoding="utf-8")
    refused = run("import", str(path), "--source", "reviews")
    assert refused.exit_code == 1
    assert "timezone" in refused.stderr
    assert run("import", str(path), "--source", "reviews", "--timezone", "Europe/Athens").exit_code == 0


def test_columns_of_other_names_are_mapped(run, tmp_path):
    path = tmp_path / "theirs.csv"
    path.write_text("id,body,when\na,It leaks,2026-03-01T10:00:00Z\n", encoding="utf-8")
    done = run(
        "import", str(path), "--source", "reviews",
        "--map", "id=external_id", "--map", "body=text", "--map", "when=created_at",
    )  # fmt: skip
    assert done.exit_code == 0, done.stderr
    (line,) = run("queue", "--format", "jsonl").stdout.splitlines()
    assert (json.loads(line)["external_id"], json.loads(line)["text"]) == ("a", "It leaks")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--source", "reviews", "--map", "no-equals-sign"), 2),
        (("--source", "reviews", "--timezone", "Mars/Base"), 2),
        (("--source", "reviews", "--watch", "not there"), 3),
        ((), 2),
    ],
)
def test_wrong_usage_and_refusals_have_codes_of_their_own(run, rows, arguments, code):
    assert run("import", str(rows), *arguments).exit_code == code


def test_the_demo_comes_and_goes_by_command(run):
    assert run("demo").exit_code == 0
    assert counted(run)["scored"] >= 400
    assert run("demo").exit_code == 3
    assert run("demo", "--remove").exit_code == 0
    nothing = {"mentions": 0, "scored": 0, "intents": {}, "cases": {}, "replies": {}, "alerts": {}}
    assert counted(run) == nothing
