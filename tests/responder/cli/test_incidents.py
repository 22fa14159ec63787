"""`earshot incidents` lists what is open, for people and for programs."""

from __future__ import annotations

import json

import pytest

from responder.context import Context
from tests.responder.incidents.complaining import LEAKS, Complaining


@pytest.fixture
def brand(context: Context) -> Complaining:
    made = Complaining(context, name="Lumen")
    made.says(*LEAKS)
    return made


def test_people_get_a_table(run, brand):
    done = run("incidents")
    assert done.exit_code == 0
    assert "kettle leaks" in done.stdout


def test_programs_get_json(run, brand):
    [row] = json.loads(run("incidents", "--json").stdout)
    assert (row["voices"], row["cases"], row["sources"], row["outbreak_at"]) == (4, 4, ["x"], None)
    assert json.loads(run("incidents", "--closed", "--json").stdout) == []


def test_nothing_open_is_nothing_to_do(run, context):
    Complaining(context, name="Quiet")
    assert run("incidents").exit_code == 3
