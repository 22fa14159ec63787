"""`earshot reply check` answers every line, in order, as programs were promised."""

from __future__ import annotations

import json

GOOD = {
    "id": 1,
    "mention": "Day 6 and my Brindel parcel is still sitting in the Leeds depot",
    "reply": "I'm sorry your parcel is stuck in Leeds. It leaves tonight and you'll have it tomorrow by noon. ^AK",
    "source": "x",
    "lang": "en",
    "speaker": "AK",
    "previous": ["Thank you so much for the kind words, Ana, we will tell Asha today!"],
}


def lines(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


def typed(*items):
    return "".join(item if isinstance(item, str) else json.dumps(item) + "\n" for item in items)


def test_a_good_reply_is_ok_and_a_bad_one_says_what_to_mend(run):
    done = run("reply", "check", "-", stdin=typed(GOOD, GOOD | {"id": 2, "reply": "We're looking into it."}))
    good, bad = lines(done)
    assert done.exit_code == 0
    assert good == {"id": 1, "ok": True, "findings": [], "silent": []}
    assert bad["ok"] is False
    assert {finding["rule"] for finding in bad["findings"]} == {"names_the_problem", "apology", "next_step", "speaker"}
    for finding in bad["findings"]:
        assert set(finding) == {"rule", "why", "mend"}
        assert all(finding[part].endswith(".") for part in ("why", "mend"))


def test_every_line_is_answered_in_order_and_bad_ones_are_named(run):
    done = run(
        "reply",
        "check",
        stdin=typed(
            GOOD | {"id": "a"},
            "no json\n",
            "[]\n",
            "\n",
            {"id": 2},
            {"id": 3, "reply": None},
            {"id": 4, "reply": "Thanks! ^AK", "previous": "text"},
            {"id": 5, "reply": "Thanks! ^AK", "lang": 7},
            {"id": 6, "reply": "Thanks! ^AK", "p_negative": 7},
            {"id": None, "reply": "Thanks! ^AK"},
            {"id": 8, "reply": "Thanks! ^AK"},
        ),
    )
    answers = lines(done)
    assert done.exit_code == 0
    assert [answer["id"] for answer in answers] == ["a", None, None, 2, 3, 4, 5, 6, None, 8]
    assert ["error" in answer for answer in answers] == [False, *[True] * 8, False]


def test_everything_but_the_id_and_the_reply_may_be_unknown(run):
    unknown = dict.fromkeys(("mention", "source", "lang", "speaker", "previous", "p_negative", "intent"))
    done = run("reply", "check", stdin=typed({"id": 1, "reply": GOOD["reply"]} | unknown))
    assert lines(done) == [{"id": 1, "ok": True, "findings": [], "silent": []}]


def test_it_says_which_rules_know_no_phrases_in_a_language(run):
    reply = "Es tut uns leid, dass das Paket noch nicht da ist. Wir schicken es morgen früh auf den Weg. ^AK"
    (answer,) = lines(
        run("reply", "check", stdin=typed(GOOD | {"reply": reply, "lang": "de", "mention": "Wo ist mein Paket?"}))
    )
    assert answer["ok"] is True
    assert "apology" in answer["silent"]


def test_with_nothing_to_do_it_says_so(run):
    assert run("reply", "check", stdin="").exit_code == 3


def test_with_bad_lines_only_it_failed(run):
    assert run("reply", "check", stdin="no json\n").exit_code == 1
