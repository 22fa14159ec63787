"""`earshot promise`: what is promised and when somebody is there, set up without the web app."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from responder.calendars.terms import FIRST_MINUTES
from responder.models import Brand
from tests.factories import make_case


def told(result):
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def office(run, *lines: str):
    return run("promise", "calendar", "set", "Office", *(lines or ("mon-fri 09:00-17:00",)), "--zone", "UTC", "--json")


def test_what_is_promised_is_listed_before_anything_is_set(run):
    listed = told(run("promise", "list", "--json"))
    assert {each["class"]: each["first"] for each in listed} == dict(FIRST_MINUTES)
    assert not any(each["is_set"] for each in listed)
    assert "unhappy_sharer" in run("promise", "list").stdout


def test_a_promise_by_a_calendar_is_set_and_taken_back(run):
    assert told(office(run)) == {"name": "Office", "zone": "UTC", "hours": ["mon-fri 09:00-17:00"]}
    made = told(
        run("promise", "set", "unhappy", "--first", "60", "--resolution", "960", "--calendar", "Office", "--json")
    )
    assert made == {
        "class": "unhappy", "source": None, "first": 60.0, "next": 60.0, "resolution": 960.0, "calendar": "Office",
        "with_duty": False, "is_set": True,
    }  # fmt: skip
    assert told(run("promise", "set", "unhappy", "--source", "x", "--first", "20", "--json"))["source"] == "x"
    assert run("promise", "calendar", "remove", "Office").exit_code == 3
    assert run("promise", "unset", "unhappy").exit_code == 0
    assert run("promise", "calendar", "remove", "Office").exit_code == 0
    listed = told(run("promise", "list", "--json"))
    assert [(each["class"], each["source"]) for each in listed if each["is_set"]] == [("unhappy", "x")]


def test_calendars_are_listed_as_they_were_written(run):
    office(run, "mon-fri 09:00-13:00,14:00-17:00", "sat 10:00-14:00 duty", "2026-12-25 closed")
    (listed,) = told(run("promise", "calendar", "list", "--json"))
    assert listed["hours"] == ["mon-fri 09:00-13:00,14:00-17:00", "sat 10:00-14:00 duty", "2026-12-25 closed"]
    assert "sat 10:00-14:00 duty" in run("promise", "calendar", "list").stdout


def test_faults_are_wrong_usage_and_told_at_once(run):
    refused = run("promise", "calendar", "set", "Office", "mon 9-5", "2026-13-01 closed", "--zone", "Athens")
    assert refused.exit_code == 2
    assert len(refused.stderr.splitlines()) == 3
    assert run("promise", "set", "unhappy", "--first", "-1").exit_code == 2
    assert run("promise", "set", "urgent", "--first", "1").exit_code == 2


def test_nothing_there_is_nothing_done(run):
    assert run("promise", "calendar", "list").exit_code == 3
    assert run("promise", "unset", "unhappy").exit_code == 3
    assert run("promise", "set", "unhappy", "--first", "5", "--calendar", "Nights").exit_code == 3


def test_what_can_be_promised_in_public_is_said_in_four_languages(run, database):
    assert run("promise", "publish").exit_code == 3
    told(office(run, "daily 00:00-24:00"))
    with database.writing() as session:
        brand = session.scalars(select(Brand)).one()
        for number in range(40):
            at = datetime.now(UTC) - timedelta(days=1 + number)
            answered = at + timedelta(minutes=20)
            make_case(session, brand, promise_class="unhappy", opened_at=at, first_reply_at=answered)
    found = told(run("promise", "publish", "--json"))
    assert (found["minutes"], found["cases"], found["kept"]) == (30, 40, 1)
    assert found["sentences"]["en"] == "We answer here within 30 minutes, nine times out of ten."
    assert run("promise", "publish").stdout.splitlines()[3].startswith("tr  ")
    in_hours = told(run("promise", "publish", "--calendar", "Office", "--json"))
    assert in_hours["sentences"]["en"].startswith("During our opening hours")
    assert run("promise", "publish", "--class", "review").exit_code == 3


def test_the_clocks_of_a_case_are_told_on_the_wall_and_in_business_time(run, database):
    told(office(run, "daily 00:00-24:00"))
    told(run("promise", "set", "unhappy", "--first", "60", "--resolution", "600", "--calendar", "Office", "--json"))
    opened = datetime.now(UTC) - timedelta(minutes=90)
    with database.writing() as session:
        brand = session.scalars(select(Brand)).one()
        case_id = make_case(
            session, brand, promise_class="unhappy", opened_at=opened, promised_by=opened + timedelta(minutes=60)
        ).id
    first, end = told(run("promise", "clocks", str(case_id), "--json"))
    assert (first["clock"], first["until"], first["is_missed"]) == ("first", None, True)
    assert round(first["wall_minutes"]) == round(first["business_minutes"]) == 90
    assert (end["clock"], end["is_missed"]) == ("resolution", False)
    assert datetime.fromisoformat(end["due"]) == opened + timedelta(minutes=600)
    shown = run("promise", "clocks", str(case_id)).stdout.splitlines()
    assert shown[0].startswith("first      missed  90 minutes, 90 of them in business hours, promised by")
    assert run("promise", "clocks", "999999").exit_code == 3
