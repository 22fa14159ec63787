"""`earshot sharers` for people and for programs."""

from __future__ import annotations

import json

from tests.responder.sharers.habits import habits


def test_the_command_prints_figures_for_people_and_for_programs(run, tmp_path):
    asked = ["sharers", "evaluate", str(habits(tmp_path)), "--at", "1970-04-11", "--past", "100", "--future", "90"]
    told = json.loads(run(*asked, "--json").stdout)
    assert set(told["scores"]) == {"telling_days", "shipped", "followers", "reputation", "random"}
    assert set(told["scores"]["shipped"]["p_at_10"]) == {"value", "low", "high"}
    assert 0 < told["base_rate"] < 0.5
    assert "shipped is ahead of followers by" in run(*asked).stdout


def test_a_file_of_something_else_is_refused_with_what_to_do(run, tmp_path):
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    done = run("sharers", "evaluate", str(tmp_path / "x.csv"), "--at", "2020-01-01", "--past", "9", "--future", "9")
    assert done.exit_code == 2
    assert "needed are author and t" in done.stderr


def test_a_seed_below_zero_is_wrong_usage(run, tmp_path):
    asked = ["sharers", "evaluate", str(habits(tmp_path)), "--at", "1970-04-11", "--past", "100", "--future", "90"]
    assert run(*asked, "--seed", "-1").exit_code == 2
