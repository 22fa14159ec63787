"""`earshot simulate` for people and for programs."""

from __future__ import annotations

import json

import pytest


def test_it_prints_a_line_for_each_policy_asked_for(run):
    done = run("simulate", "--policy", "fifo", "--policy", "oracle", "--runs", "1", "--load", "0.6")
    assert done.exit_code == 0
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["policy", "fifo", "oracle"]


def test_programs_get_shares_minutes_and_hours(run):
    asked = ["simulate", "--policy", "negative", "--runs", "1", "--load", "0.6", "--json"]
    told = json.loads(run(*asked, "--seed", "3").stdout)["policies"]
    assert set(told) == {"negative"}
    assert set(told["negative"]) == {"harm_averted", "p90_wait_sharers_min", "max_wait_h"}
    assert 0 < told["negative"]["harm_averted"] <= 1
    assert json.loads(run(*asked, "--seed", "3").stdout)["policies"] == told
    assert json.loads(run(*asked, "--seed", "4").stdout)["policies"] != told


def test_a_policy_nobody_knows_is_wrong_usage(run):
    assert run("simulate", "--policy", "mood").exit_code == 2


@pytest.mark.parametrize("load", ["0.00001", "0.001"])
def test_a_load_that_brings_nobody_to_wait_for_is_refused_with_what_to_do(run, load):
    done = run("simulate", "--policy", "fifo", "--runs", "1", "--load", load)
    assert done.exit_code == 2
    assert "give a larger --load" in done.stderr


def test_a_seed_below_zero_is_wrong_usage(run):
    assert run("simulate", "--policy", "fifo", "--runs", "1", "--seed", "-1").exit_code == 2
