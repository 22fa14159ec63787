"""`earshot do-not-score`: from the command line, for accounts heard and not heard yet."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import func, select

from responder.models import Objection
from tests.factories import make_author, make_brand


@pytest.fixture
def brand(database):
    with database.writing() as session:
        found = make_brand(session, name="Halvanto")
        make_author(session, found, source="x", external_id="4711", handle="Copper_Loop")
    return found


def objections(database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).where(Objection.withdrawn_at.is_(None))) or 0


def test_an_account_is_scored_no_more_and_again(run, brand, database):
    answer = run("do-not-score", "x", "4711", "--json")
    assert answer.exit_code == 0, answer.output
    assert json.loads(answer.output) == {
        "source": "x",
        "external_id": "4711",
        "scored": False,
        "changed": True,
        "heard": True,
    }
    assert objections(database) == 1
    assert run("do-not-score", "x", "4711", "--withdraw").output == "They may be scored again.\n"
    assert objections(database) == 0


def test_doing_it_twice_says_so(run, brand):
    run("do-not-score", "x", "4711")
    assert run("do-not-score", "x", "4711").exit_code == 3
    run("do-not-score", "x", "4711", "--withdraw")
    assert run("do-not-score", "x", "4711", "--withdraw").exit_code == 3


def test_a_handle_stands_for_the_account_that_was_heard(run, brand):
    assert json.loads(run("do-not-score", "x", "@copper_loop", "--json").output)["external_id"] == "4711"
    assert run("do-not-score", "x", "@nobody").exit_code == 3


def test_a_source_that_is_none_is_refused_with_those_there_are(run, brand, database):
    answer = run("do-not-score", "twitter", "4711")
    assert answer.exit_code == 2
    assert "'twitter' is no source" in answer.output
    assert "mastodon" in answer.output
    assert objections(database) == 0


def test_who_was_not_heard_yet_is_told_apart_from_who_was(run, brand, database):
    answer = run("do-not-score", "x", "99")
    assert "Nobody with this id was heard yet; it holds from when they are." in answer.output
    assert "@" not in answer.output
    assert objections(database) == 1
    assert "with the @" in run("do-not-score", "x", "copper_loop").output, "a handle taken for an id"
    assert json.loads(run("do-not-score", "x", "98", "--json").output)["heard"] is False


def test_a_brand_that_is_not_there_is_said(run, brand):
    assert run("do-not-score", "x", "4711", "--brand", "Lumen").exit_code == 3
