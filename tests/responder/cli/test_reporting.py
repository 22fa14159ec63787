"""`earshot report`: figures of groups for people and programs, and too early said so."""

from __future__ import annotations

import json

import pytest

from responder.cases.turns import FAIR_AFTER
from responder.cli import reporting
from responder.models import Judgement
from tests.factories import NOW, make_brand, make_case
from tests.responder.cases.answering import cases_of
from tests.responder.sharers.noting import Person, note


def standing(came: int = 12) -> list[Person]:
    """Two hundred people; of twenty frequent sharers some tell most later, of the others twenty nearly as much."""
    frequent = [Person(95.0, "frequent", told=6 if number < came else 0) for number in range(20)]
    possible = [Person(80.0, "possible", told=1)] * 12
    return [*frequent, *possible, *(Person(40.0, told=3 if number < 20 else 0) for number in range(168))]


@pytest.fixture(autouse=True)
def _now(monkeypatch):
    monkeypatch.setattr("responder.runtime.utc_now", lambda: NOW)


@pytest.fixture
def brand(database):
    with database.writing() as session:
        return make_brand(session, name="Halvanto")


def noted(database, brand, *months, **columns):
    with database.writing() as session:
        for month in months:
            note(session, brand, month, columns.get("people", standing()), source="reddit")


def test_the_newest_month_with_thirty_days_behind_it_is_compared(run, database, brand):
    noted(database, brand, 202512, 202601, 202602)
    told = json.loads(run("report", "sharers", "--json").stdout)
    assert told["month"] == "2026-02"
    assert list(told["after"]) == ["30"]
    here = told["after"]["30"]
    assert (here["people"], here["flagged"], here["possible"], here["base_rate"]) == (200, 20, 12, 0.16)
    assert here["in_top"]["value"] == 0.6
    assert here["in_top"]["low"] < 0.6 < here["in_top"]["high"]
    assert here["told"]["value"] == pytest.approx(72 / (72 + 12 + 60))
    assert here["platforms"]["reddit"]["in_top"] == here["in_top"]
    assert told["drift"]["usual"] is None


def test_a_month_can_be_asked_for_and_has_sixty_days_when_they_are_over(run, database, brand):
    noted(database, brand, 202512, 202601)
    told = json.loads(run("report", "sharers", "--month", "2026-01", "--json").stdout)
    assert (told["month"], list(told["after"])) == ("2026-01", ["30", "60"])


def test_people_read_what_is_wrong_and_what_to_do(run, database, brand):
    noted(database, brand, 202510, 202511, 202512)
    noted(database, brand, 202601, people=standing(came=2))
    answer = run("report", "sharers", "--month", "2026-01")
    assert answer.exit_code == 0, answer.output
    assert "20 (10.0%)" in answer.stdout
    assert "Below what is usual" in answer.stdout
    assert "Look whether a source was added" in answer.stdout
    assert "In the top tenth of the 12 possible ones" in answer.stdout


def test_a_sound_month_needs_nothing(run, database, brand):
    noted(database, brand, 202510, 202511, 202512, 202601)
    answer = run("report", "sharers", "--month", "2026-01")
    assert "As usual" in answer.stdout
    assert "There is nothing to see to." in answer.stdout


@pytest.mark.parametrize(
    ("months", "asked", "why"),
    [
        ((), (), "nothing was noted yet"),
        ((202603,), (), "ask again on 2026-03-31"),
        ((202601, 202603), ("--month", "2026-03"), "ask again on 2026-03-31"),
        ((202601,), ("--month", "2025-07"), "Nothing was noted in 2025-07, but in 2026-01"),
        ((202501,), ("--month", "2025-01"), "no longer kept"),
    ],
)
def test_too_early_or_too_late_says_so(run, database, brand, months, asked, why):
    noted(database, brand, *months)
    answer = run("report", "sharers", *asked)
    assert answer.exit_code == 3
    assert why in answer.stderr
    assert answer.stdout == ""


def test_too_few_people_are_too_early(run, database, brand):
    noted(database, brand, 202601, people=standing()[11:])
    answer = run("report", "sharers", "--json")
    assert answer.exit_code == 3
    assert "Too early to tell. 189 people were noted in 2026-01, 9 of them" in answer.stderr
    assert answer.stdout == ""


def test_a_month_is_written_with_its_year(run, brand):
    assert run("report", "sharers", "--month", "March").exit_code == 2


def test_brands_are_reported_apart(run, database, brand):
    noted(database, brand, 202601)
    with database.writing() as session:
        make_brand(session, name="Lumen")
    assert run("report", "sharers", "--brand", "Lumen").exit_code == 3
    assert run("report", "fairness", "--brand", "Lumen").exit_code == 3
    assert run("report", "sharers", "--brand", "Halvanto").exit_code == 0


def test_response_times_are_told_by_group(run, database, brand):
    with database.writing() as session:
        cases_of(session, brand, [10] * 10 + [None] * 2, followers=500)
        cases_of(session, brand, [30] * 9, language="el", followers=500)
    told = json.loads(run("report", "fairness", "--json").stdout)
    assert told["measured"] == "from the opening of a case to its resolution, until replies are seen live"
    assert told["everybody"]["cases"] == 21
    assert told["groups"]["reach"]["under 1,000"]["median"] == 30
    assert list(told["groups"]["language"]) == ["en"]
    assert told["left_out"]["language"] == 1
    printed = run("report", "fairness").stdout
    assert "until replies are seen live" in printed
    assert "language (1 with fewer than ten people not told apart)" in printed
    assert "no longest wait can be guaranteed" in printed
    assert "No group waits much longer than all." in printed


def test_what_the_fair_slot_guarantees_is_said(run, database, brand):
    with database.writing() as session:
        cases_of(session, brand, [10] * 20, picked_at=NOW)
        cases_of(session, brand, [None] * 2, ago_days=0.1)
    printed = run("report", "fairness", "--days", "30").stdout
    assert "At 20.0 cases taken up a day and 2 open" in printed
    newest, last = (f"{FAIR_AFTER / 60 + 6 * fifths:.1f}" for fifths in (3, 2))
    assert f"taken up within {newest} h, and none open now after {last} h" in printed


def test_nobody_to_speak_of_is_too_early(run, database, brand):
    with database.writing() as session:
        cases_of(session, brand, [10] * 9)
    answer = run("report", "fairness", "--json")
    assert answer.exit_code == 3
    assert "Too early to tell. Fewer than 10 people" in answer.stderr


def test_help_needs_no_arrays():
    assert "numpy" not in vars(reporting)


def test_what_the_team_contradicts_is_told_to_people_and_programs_and_too_early_said_so(run, database, brand):
    assert run("report", "judgements").exit_code == 3
    with database.writing() as session:
        for number in range(12):
            case = make_case(session, brand, source="x", opened_at=NOW)
            if number < 3:
                session.add(Judgement(brand_id=brand.id, kind="not_unhappy", case_id=case.id, at=NOW, shown={}))
    told = json.loads(run("report", "judgements", "--json").stdout)["cases"]
    assert told["x"] == told["all"]
    assert (told["all"]["cases"], told["all"]["said"]["not_unhappy"]["value"]) == (12, 0.25)
    assert "25.0% (8.9%–53.2%)" in run("report", "judgements").stdout
