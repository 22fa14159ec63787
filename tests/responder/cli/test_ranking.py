"""`earshot rank -` is a pure filter: open cases in, ranked cases out."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

NOW = "2026-03-02T12:00:00Z"
OPENED = datetime(2026, 3, 2, 11, tzinfo=UTC)


def lines(*cases: dict[str, object]) -> str:
    return "".join(json.dumps({"opened_at": OPENED.isoformat(), **case}) + "\n" for case in cases)


def answers(run, typed: str, *arguments: str):
    done = run("rank", "-", "--now", NOW, *arguments, stdin=typed)
    return done, [json.loads(line) for line in done.stdout.splitlines()]


def test_the_most_urgent_comes_first_with_reasons_that_add_up(run):
    done, ranked = answers(
        run,
        lines(
            {"case_id": 1, "p_negative": 0.1},
            {"case_id": "b", "p_negative": 0.95, "telling_rate": 4, "hearers": 900, "answerability": 1},
            {"case_id": 3},
        ),
    )
    assert done.exit_code == 0
    assert ranked[0]["case_id"] == "b"
    assert [each["rank"] for each in ranked] == [1, 2, 3]
    assert set(ranked[0]) == {"case_id", "rank", "priority", "band", "reasons"}
    for each in ranked:
        assert sum(reason["points"] for reason in each["reasons"]) == pytest.approx(each["priority"], abs=1e-6)
        assert all(reason["words"] for reason in each["reasons"])


def test_anything_but_its_name_and_opening_may_be_unknown(run):
    names = "promised_by promise_min p_negative p_question intensity telling_rate hearers velocity tau_min answerability minutes cluster safety"
    _, ranked = answers(run, lines({"case_id": 1, **dict.fromkeys(names.split())}))
    said = {reason["part"]: reason["words"] for reason in ranked[0]["reasons"]}
    assert said["unhappiness"] == "not scored yet"
    assert "unknown" in said["reach"]


def test_safety_stands_above_everything_and_an_incident_together(run):
    _, ranked = answers(
        run,
        lines(
            {"case_id": 1, "p_negative": 0.9, "cluster": "x"},
            {"case_id": 2, "p_negative": 0.99, "telling_rate": 8},
            {"case_id": 3, "safety": True},
            {"case_id": 4, "p_negative": 0.2, "cluster": "x"},
        ),
    )
    order = [each["case_id"] for each in ranked]
    assert order[0] == 3
    assert abs(order.index(1) - order.index(4)) == 1


def test_every_fifth_pick_is_the_one_who_waited_longest(run):
    fresh = [{"case_id": number, "p_negative": 0.9} for number in range(6)]
    old = {"case_id": "old", "p_negative": 0.02, "opened_at": "2026-02-27T12:00:00Z"}
    _, ranked = answers(run, lines(*fresh, old), "--picks", "4")
    assert ranked[0]["case_id"] == "old"
    _, ranked = answers(run, lines(*fresh, old), "--picks", "0")
    assert ranked[4]["case_id"] == "old"


def test_times_may_be_unix_seconds(run):
    typed = json.dumps({"case_id": 1, "opened_at": OPENED.timestamp()}) + "\n"
    done = run("rank", "-", "--now", str(OPENED.timestamp() + 600), stdin=typed)
    promise = next(each for each in json.loads(done.stdout)["reasons"] if each["part"] == "promise")
    assert promise["words"].startswith("waiting 10 minutes of")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("no json", "not JSON"),
        ("[1]", "case_id is missing"),
        ('{"opened_at": 1}', "case_id is missing"),
        ('{"case_id": 1}', "is no time"),
        ('{"case_id": 1, "opened_at": "soon"}', "is no time"),
        ('{"case_id": 1, "opened_at": 1e300}', "is no time"),
        ('{"case_id": 1, "opened_at": 5, "p_negative": 2}', "between 0 and 1"),
        ('{"case_id": 1, "opened_at": 5, "hearers": -1}', "not negative"),
        ('{"case_id": 1, "opened_at": 5, "hearers": "many"}', "not negative"),
        ('{"case_id": 1, "opened_at": 5, "minutes": 0}', "above 0"),
        ('{"case_id": 1, "opened_at": 5, "hearers": NaN}', "not negative"),
        ('{"case_id": 1, "opened_at": 5, "hearers": 1' + "0" * 400 + "}", "not negative"),
        ('{"case_id": 1, "opened_at": 5, "minutes": 1e-320}', "above 0"),
        ('{"case_id": 1, "opened_at": 5, "promise_min": 1e300}', "a hundred years"),
        ('{"case_id": 1, "opened_at": "9999-12-31T23:59:00Z"}', "is no time"),
        ('{"case_id": 1, "opened_at": 5, "promised_by": "0001-01-01T00:00:00+14:00"}', "is no time"),
        ('{"case_id": NaN, "opened_at": 5}', "case_id is missing"),
    ],
)
def test_a_bad_line_is_answered_with_what_to_write_and_loses_no_good_one(run, line, says):
    done, told = answers(run, f"{line}\n" + lines({"case_id": "good"}))
    assert done.exit_code == 0
    assert says in told[0]["error"]
    assert told[1]["case_id"] == "good"


def test_nothing_to_rank_is_nothing_done_and_bad_lines_alone_have_failed(run):
    assert answers(run, "")[0].exit_code == 3
    assert answers(run, "x\n")[0].exit_code == 1


@pytest.mark.parametrize("now", ["tomorrow", "²"])
def test_a_time_nobody_can_read_is_wrong_usage(run, now):
    assert run("rank", "-", "--now", now, stdin="").exit_code == 2
