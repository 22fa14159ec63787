"""`earshot score`, `earshot queue` and `earshot count` keep what programs were promised."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest

from responder.clock import utc_now
from responder.intake.stock import take_stock
from tests.factories import NOW, make_author, make_brand, make_case, make_mention
from tests.responder.intake.test_stock import complaint

PROMISED = {
    "rank", "case_id", "band", "priority", "reasons", "source", "external_id", "text", "label", "p_negative",
    "sharer", "promised_by", "eligible",
}  # fmt: skip


def lines(result) -> list[dict]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_score_answers_every_line_in_order_and_names_bad_ones(run):
    typed = "\n".join(
        [
            json.dumps({"id": 1, "text": "This is the worst service I have ever had"}),
            "not json",
            json.dumps({"id": 3}),
            json.dumps({"id": "four", "text": "I love it, thank you", "lang": "en"}),
            json.dumps([1, 2]),
        ]
    )
    done = run("score", "-", stdin=typed)
    answers = lines(done)
    assert done.exit_code == 0
    assert [answer.get("id") for answer in answers] == [1, None, 3, "four", None]
    assert ["error" in answer for answer in answers] == [False, True, True, False, True]
    for answer in (answers[0], answers[3]):
        chances = {label: answer[f"p_{label}"] for label in ("negative", "neutral", "positive")}
        assert sum(chances.values()) == pytest.approx(1)
        assert answer["label"] == max(chances, key=chances.get)
        assert {"confidence", "abstained", "language", "model"} <= set(answer)
    assert (answers[0]["label"], answers[3]["label"]) == ("negative", "positive")


@pytest.mark.parametrize("line", [b"[" * 100_000, b'{"id": NaN, "text": "fine"}', b'{"id": 1, "text": "fi\xffne"}'])
def test_a_line_that_breaks_readers_is_named_and_the_next_is_scored(run, line):
    done = run("score", stdin=line + b'\n{"id": 2, "text": "It broke"}\n')
    assert done.exit_code == 0
    assert ["error" in answer for answer in lines(done)] == [True, False]


def test_an_id_that_no_encoding_has_comes_back_as_it_was(run):
    (answer,) = lines(run("score", stdin='{"id": "\\ud800", "text": "It broke"}'))
    assert answer["id"] == "\ud800"


def test_a_language_the_model_does_not_support_is_never_sure_and_says_why(run):
    (answer,) = lines(run("score", stdin=json.dumps({"id": 1, "text": "Η σύνδεση έπεσε πάλι, απαράδεκτο"})))
    assert answer["abstained"]
    assert answer["reason"]
    assert answer["language"] == "el"


def test_score_with_nothing_to_do_says_so(run):
    assert run("score", stdin="").exit_code == 3


def test_queue_has_every_promised_field_and_points_that_add_up(run):
    run("demo")
    rows = lines(run("queue", "--limit", "30", "--format", "jsonl"))
    assert [row["rank"] for row in rows] == list(range(1, 31))
    for row in rows:
        assert set(row) >= PROMISED
        assert row["sharer"] is None or 0 <= row["sharer"] <= 100
        assert datetime.fromisoformat(row["promised_by"]).tzinfo is not None
        assert row["eligible"] in {"by_hand", "no"}  # nothing is connected that could answer
        assert sum(reason["points"] for reason in row["reasons"]) == row["priority"]
        assert all(set(reason) == {"part", "points", "words"} for reason in row["reasons"])
    assert {row["band"] for row in rows[:5]} == {"now"}


def test_queue_tells_how_sure_and_how_old_what_it_knows_of_their_telling_is(run, context):
    heard_on = (1, 3, 8, 0)
    with context.database.writing() as session:
        brand = make_brand(session)
        for number, days in enumerate(heard_on):
            author = make_author(session, brand) if days else None
            said = [
                make_mention(
                    session, brand, author=author, p_negative=0.9 - number / 10, text=f"{complaint(10 * number + day)}",
                    created_at=NOW - timedelta(days=day),
                )
                for day in range(days or 1)
            ]  # fmt: skip
            make_case(session, lead=said[0])
    take_stock(context)
    rows = lines(run("queue", "--format", "jsonl"))
    assert [row["telling_confidence"] for row in rows] == ["low", "medium", "high", "low"]
    assert [row["telling_as_of"] for row in rows] == [NOW.isoformat()] * 3 + [None]


def test_queue_as_a_table_tells_under_each_case_what_weighs_most(run, database):
    with database.writing() as session:
        brand = make_brand(session)
        just_now = {"opened_at": utc_now(), "hearers": 9_000.0}
        make_case(session, lead=make_mention(session, brand, p_negative=0.95), **just_now)
        make_case(session, lead=make_mention(session, brand, p_negative=0.2), safety="fire")
        make_case(session, lead=make_mention(session, brand, p_negative=0.3))
    _head, *told = run("queue").stdout.splitlines()
    cases, reasons = told[0::2], told[1::2]
    assert [line.split()[0] for line in cases] == ["1", "2", "3"]
    assert all(line.startswith(" " * 11) for line in reasons)
    assert reasons[0].strip().startswith("somebody may be in danger: before everything else")
    assert "about 9,000 people hear each of their posts" in reasons[1]
    assert reasons[1].strip().startswith("+")


def test_the_queue_falls_in_priority_below_those_in_danger_but_for_fair_slots(run):
    run("demo")
    rows = lines(run("queue", "--limit", "30", "--format", "jsonl"))
    parts = [{reason["part"] for reason in row["reasons"]} for row in rows]
    in_danger = ["safety" in part for part in parts]
    assert in_danger == sorted(in_danger, reverse=True)
    assert 0 < sum(in_danger) < len(rows)
    usual = [
        row["priority"]
        for row, part, danger in zip(rows, parts, in_danger, strict=True)
        if not danger and "turn" not in part
    ]
    assert usual == sorted(usual, reverse=True)
    assert len(usual) >= 20


@pytest.fixture
def four_cases(database):
    """Two questions, one piece of noise, and one mention of which the model does not tell what it wants."""
    told = [
        {"p_negative": 0.6, "intent": "question", "intent_confidence": 0.7, "intensity": 0.2},
        {"p_negative": 0.5, "intent": "question", "intent_confidence": 0.4, "intensity": 0.0},
        {"p_negative": 0.2, "intent": "noise", "intent_confidence": 0.9, "intensity": 0.1},
        {"p_negative": 0.1},
    ]
    with database.writing() as session:
        brand = make_brand(session)
        for columns in told:
            make_case(session, lead=make_mention(session, brand, **columns))


def test_queue_tells_what_is_wanted_and_how_upset_they_are_and_null_for_unknown(run, four_cases):
    rows = lines(run("queue", "--format", "jsonl"))
    assert [(row["intent"], row["intent_confidence"], row["intensity"]) for row in rows] == [
        ("question", 0.7, 0.2),
        ("question", 0.4, 0.0),
        ("noise", 0.9, 0.1),
        (None, None, None),
    ]


def test_the_queue_can_be_narrowed_to_those_who_are_owed_an_apology(run, database):
    with database.writing() as session:
        brand = make_brand(session)
        for text, missed_at in (("waited in vain", NOW), ("waits", None)):
            make_case(session, lead=make_mention(session, brand, text=text), missed_at=missed_at)
    assert [row["text"] for row in lines(run("queue", "--missed", "--format", "jsonl"))] == ["waited in vain"]


def test_count_tells_what_is_wanted_and_leaves_unknown_out(run, four_cases):
    told = json.loads(run("count", "--json").stdout)
    assert (told["mentions"], told["scored"], told["intents"]) == (4, 4, {"question": 2, "noise": 1})
    assert "intents   2 question, 1 noise" in run("count").stdout


def test_the_queue_goes_on_past_one_page(run):
    run("demo")
    everything = lines(run("queue", "--limit", "100000", "--format", "jsonl"))
    assert [row["rank"] for row in everything] == list(range(1, len(everything) + 1))
    assert len({row["case_id"] for row in everything}) == len(everything) > 200


def test_an_empty_queue_says_so(run):
    assert run("queue").exit_code == 3
