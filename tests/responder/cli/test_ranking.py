"""`earshot rank -` is a pure filter: open cases in, ranked cases out."""

from __future__ import annotations

import json
import warnings
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
    assert promise["words"].startswith("with us for 10 minutes of")


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
        ('{"case_id": 1, "opened_at": 5, "minutes": 1e308}', "a hundred years"),
        ('{"case_id": 1, "opened_at": 5, "tau_min": 1e308}', "a hundred years"),
        ('{"case_id": 1, "opened_at": "9999-12-31T23:59:00Z"}', "is no time"),
        ('{"case_id": 1, "opened_at": 5, "promised_by": "0001-01-01T00:00:00+14:00"}', "is no time"),
        ('{"case_id": NaN, "opened_at": 5}', "case_id is missing"),
        ('{"case_id": 1, "opened_at": 5, "safety": 0.4}', "the kind of danger"),
        ('{"case_id": 1, "opened_at": 5, "safety": ["fire"]}', "the kind of danger"),
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


def test_the_order_does_not_hang_on_the_order_of_the_lines(run):
    alike = [{"case_id": number, "answerability": number % 2} for number in range(12)]
    told = [answers(run, lines(*some))[0].stdout for some in (alike, alike[::-1], alike[5:] + alike[:5])]
    assert told[0] == told[1] == told[2]


@pytest.mark.parametrize("danger", ["true", "1", '"true"', '"self_harm"'])
def test_danger_may_be_told_as_true_or_one_or_by_its_kind(run, danger):
    urgent = lines({"case_id": "urgent", "p_negative": 0.99})
    _, ranked = answers(run, urgent + f'{{"case_id": "danger", "opened_at": 5, "safety": {danger}}}\n')
    assert [each["case_id"] for each in ranked] == ["danger", "urgent"]
    assert ranked[0]["band"] == "now"
    assert "danger" in ranked[0]["reasons"][-1]["words"]


@pytest.mark.parametrize("danger", ["false", "0", '"false"', '""', '"no"', "null"])
def test_what_says_that_there_is_no_danger_is_none(run, danger):
    urgent = lines({"case_id": "urgent", "p_negative": 0.99})
    calm = f'{{"case_id": "calm", "opened_at": "{OPENED.isoformat()}", "p_negative": 0.1, "safety": {danger}}}\n'
    _, ranked = answers(run, calm + urgent)
    assert [each["case_id"] for each in ranked] == ["urgent", "calm"]


def test_the_one_whose_turn_it_is_is_told_so(run):
    fresh = [{"case_id": number, "p_negative": 0.9} for number in range(6)]
    old = {"case_id": "old", "p_negative": 0.02, "opened_at": "2026-02-27T12:00:00Z"}
    _, ranked = answers(run, lines(*fresh, old), "--picks", "4")
    turn = ranked[0]["reasons"][-1]
    assert (turn["part"], turn["points"]) == ("turn", 0)
    assert all(each["reasons"][-1]["part"] != "turn" for each in ranked[1:])


def test_a_promise_missed_on_an_earlier_day_is_for_today(run):
    before, evening = "2026-03-01T20:00:00Z", "2026-03-01T21:00:00Z"
    crowd = [{"case_id": number, "p_negative": 0.9, "opened_at": before, "promise_min": 1200} for number in range(30)]
    missed = {"case_id": "missed", "p_negative": 0.01, "opened_at": evening, "promise_min": 60}
    _, ranked = answers(run, lines(*crowd, missed), "--picks", "0")
    assert {each["case_id"]: each["band"] for each in ranked}["missed"] == "today"


def test_without_a_promise_told_it_is_that_of_its_class(run):
    told = [
        {"case_id": "safety", "safety": True},
        {"case_id": "unhappy", "p_negative": 0.9},
        {"case_id": "question", "p_question": 0.9},
        {"case_id": "other"},
    ]
    _, ranked = answers(run, lines(*[{**each, "opened_at": NOW} for each in told]))
    said = {
        each["case_id"]: reason["words"] for each in ranked for reason in each["reasons"] if reason["part"] == "promise"
    }
    ends = {case: words.removeprefix("with us for less than a minute of the ") for case, words in said.items()}
    assert ends == {
        "safety": "15 minutes promised",
        "unhappy": "60 minutes promised",
        "question": "4 hours promised",
        "other": "2 days promised",
    }


def test_the_largest_numbers_that_may_be_told_are_ranked_without_a_warning(run):
    largest = {"minutes": 5e7, "tau_min": 5e7, "hearers": 1.7e308, "telling_rate": 1.7e308, "velocity": 1.7e308}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        done, ranked = answers(run, lines(*({"case_id": n, "p_negative": 0.9, **largest} for n in range(3))))
    assert done.exit_code == 0
    assert [each["rank"] for each in ranked] == [1, 2, 3]
