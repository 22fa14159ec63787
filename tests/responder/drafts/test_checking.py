"""The reply check, rule by rule, and what it does with texts that nobody would write.

The figures on planted replies are those of `bench/reply_check.py`, which prints them; here the bars under them.
"""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.reply_check import judged, planted, tallies
from responder.drafts.checking import check, silent_rules
from responder.drafts.rules import RULES

PARCEL = "Day 6 and my Brindel parcel is still sitting in the Leeds depot. What is going on?"
GOOD = "I'm sorry your parcel is stuck in Leeds. It leaves tonight and you'll have it tomorrow by noon. ^AK"


def found(reply, **known):
    known = {"mention": PARCEL, "source": "x", "lang": "en", "speaker": "AK"} | known
    return {finding.rule for finding in check(reply, **known)}


def why(reply, rule, **known):
    known = {"mention": PARCEL, "source": "x", "lang": "en", "speaker": "AK"} | known
    return next(finding.why for finding in check(reply, **known) if finding.rule == rule)


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_is_right_nine_times_in_ten_on_replies_that_no_phrase_was_chosen_on(rule):
    tally = tallies(judged("judge"))[rule]
    assert tally.precision >= 0.9
    assert tally.recall >= 0.9


def test_what_later_replies_taught_is_kept():
    for rule, tally in tallies(judged("later")).items():
        if tally.found + tally.missed:
            assert (rule, tally.precision >= 0.9, tally.recall >= 0.9) == (rule, True, True)


def test_a_good_reply_has_no_findings():
    assert found(GOOD) == set()


@pytest.mark.parametrize("row", [row for row in planted("tune") if row["rule"] is None], ids=lambda row: row["id"])
def test_replies_that_are_good_in_every_respect_stay_without_findings(row):
    known = {name: row[name] for name in ("mention", "source", "lang", "speaker", "previous")}
    assert check(row["reply"], **known) == ()


def test_a_finding_quotes_the_reply_as_it_was_written():
    assert "“any Inconvenience”" in why("Apologies for any Inconvenience. ^AK", "apology")
    assert "“as soon as”" in why("Sorry about the parcel, we'll reply as soon as we can. ^AK", "next_step")


def test_praise_needs_no_problem_no_apology_and_no_next_step():
    assert (
        found("Asha will be thrilled to read this, thank you! ^AK", mention="Shoutout to Asha, she was brilliant!")
        == set()
    )


def test_what_is_known_of_a_mention_outweighs_its_words():
    reply = "Thank you for the kind words! ^AK"
    assert "apology" not in found(reply, mention="thanks, brilliant", p_negative=0.02)
    assert "apology" in found(reply, mention="thanks, brilliant", p_negative=0.97)
    assert "apology" in found(reply, mention="thanks, brilliant", intent="complaint")
    assert found(reply, mention=PARCEL, intent="praise") == set()


def test_a_promise_needs_a_time_also_where_nobody_complained():
    assert found("Let me ask the depot and get back to you. ^AK", mention="Do you deliver to Orkney?") == {"next_step"}
    assert found("Let me ask, I'm back by 5pm. ^AK", mention="Do you deliver to Orkney?") == set()


@pytest.mark.parametrize(
    ("sign_off", "speaker", "is_signed"),
    [
        ("^AK", "AK", True),
        ("^AK", "Anna Kell", True),
        ("– Anna", "Anna Kell", True),
        ("Anna", "AK", True),
        ("Best, Anna", "Anna Kell", True),
        ("Anna from customer care", "Anna Kell", True),
        ("^JT", "AK", False),
        ("– Barnaby", "Anna Kell", False),
        ("The Brindel team", "Anna Kell", False),
        ("", "Anna Kell", False),
        ("^AK", None, True),
        ("– Anna", None, True),
        ("Your customer care team", None, False),
        ("– Brindel", None, False),
        ("Thanks!", None, False),
        ("", None, False),
    ],
)
def test_a_person_speaks_and_says_who(sign_off, speaker, is_signed):
    body = "I'm sorry your parcel is stuck. It leaves tonight."
    assert ("speaker" not in found(f"{body} {sign_off}".strip(), speaker=speaker)) is is_signed


def test_the_reply_is_in_the_language_of_the_customer():
    turkish = "Kargonuz için özür dilerim, bu gece yola çıkıyor ve yarın sizde olacak. ^AK"
    assert "language" in found(turkish)
    assert "language" not in found(turkish, lang="tr")
    assert "language" not in found(turkish, lang=None, mention="Kargom altı gündür depoda bekliyor, neler oluyor?")
    assert "language" in found(GOOD, lang=None, mention="Kargom altı gündür depoda bekliyor, neler oluyor?")
    assert "language" in found("Το δέμα φεύγει απόψε. ^AK", lang="ru")


def test_malay_and_indonesian_are_one_language_to_a_reader():
    reply = "Mohon maaf paket Anda terlambat karena kendala di gudang, kami akan kirim besok pagi. ^AK"
    assert "language" not in found(reply, lang="ms", mention="bungkusan saya belum sampai lagi")


def test_a_platform_counts_in_its_own_way():
    long_link = "https://help.brindel.example/" + "a" * 300
    assert "length" not in found(f"{GOOD} {long_link}")
    assert "length" in found(f"{GOOD} {long_link}", source="bluesky")
    assert "length" in found("漢" * 150)
    assert "length" not in found("漢" * 150, source="mastodon")
    assert "length" in found("a" * 351, source="google_play")
    assert "of the 350" in why("a" * 351, "length", source="google_play")
    assert "length" not in found("a" * 600, source="reddit")
    assert "length" in found("a" * 601, source="reddit")
    assert "length" in found("a" * 601, source=None)


@pytest.mark.parametrize(
    "reply",
    [
        "Write to support@brindel.example if it stays. ^AK",
        "Our line is 0800 555 010, open until 2am. ^AK",
        "The case is EA-7K2P, on 14/05/2026 at 17:30, version 4.2.1871, 1.899,90 TL. ^AK",
        "Please send the order number by direct message. ^AK",
        "Don't post your card number here. ^AK",
    ],
)
def test_what_is_ours_or_goes_a_private_way_is_no_personal_data(reply):
    assert "personal_data" not in found(reply)


@pytest.mark.parametrize(
    "reply",
    [
        "I wrote to helen.marsh88@postbox.example. ^AK",
        "We'll ring you on 07700 900123. ^AK",
        "Your order 48213377 leaves tonight. ^AK",
        "The card ending in 4412 is charged. ^AK",
        "It goes to 14 Larch Road, Bath. ^AK",
        "What's your order number? ^AK",
        "Your temporary password is Quill-4471. ^AK",
        "See http://jira.brindel.internal/PAY-221. ^AK",
        "Use sk-live-4f9a8b7c6d5e4f3a2b1c. ^AK",
        "IBAN GB33BUKB20201555555555. ^AK",
    ],
)
def test_personal_data_and_secrets_do_not_stand_in_public(reply):
    assert "personal_data" in found(reply)


def test_giving_back_what_was_taken_is_no_compensation():
    assert "compensation" not in found("The second charge is reversed, your refund arrives by Friday. ^AK")
    assert "compensation" in found("Here's a £10 voucher for your next order. ^AK")


def test_only_an_answer_given_lately_counts_as_copied():
    others = [f"Another answer about matter number {letter * 9} altogether. ^JT" for letter in "abcdefghijklmnopqrst"]
    assert "near_copy" in found(GOOD, previous=[GOOD.replace("tonight", "to-night")])
    assert "near_copy" in found(GOOD, previous=[f"Hi Tomasz, {GOOD[:-3]}JT"])
    assert "near_copy" not in found(GOOD, previous=[GOOD, *others])
    assert "near_copy" in found(GOOD, previous=[*others, GOOD])


def test_thanks_in_a_few_words_are_no_copies():
    assert "near_copy" not in found("Thank you! ^AK", previous=["Thank you! ^AK"])


@pytest.mark.parametrize(
    "disguised",
    [
        "Sorry for аny incоnvenience. ^AK",  # Cyrillic а and о
        "Sorry for any incon\u200bvenience. ^AK",
        "Sorry for any incon\u00advenience. ^AK",
        "Ｓｏｒｒｙ for any ｉｎｃｏｎｖｅｎｉｅｎｃｅ. ^AK",
        "SORRY FOR ANY INCONVENIENCE. ^AK",
    ],
)
def test_a_text_is_read_as_people_see_it(disguised):
    assert "for nothing in particular" in why(disguised, "apology")


@pytest.mark.parametrize("reply", ["", "   ", "\u200b\u200b", "\n\n"])
def test_an_empty_reply_is_nothing_to_approve(reply):
    assert [finding.mend for finding in check(reply, mention=None, source=None, lang=None, speaker=None)] == [
        "Write the reply."
    ]


@pytest.mark.parametrize(
    ("reply", "lang"),
    [
        ("Es tut uns leid, dass das Paket noch nicht da ist. Wir schicken es morgen früh auf den Weg. ^AK", "de"),
        ("Przepraszamy, że paczka jeszcze nie dotarła. Wysyłamy ją jutro rano. ^AK", "pl"),
        ("ご不便をおかけして申し訳ございません。明日発送いたします。 ^AK", "ja"),
        ("نعتذر عن التأخير، سنرسل الطرد غدا صباحا. ^AK", "ar"),
    ],
)
def test_rules_of_words_are_silent_in_languages_they_do_not_know_and_say_so(reply, lang):
    assert found(reply, lang=lang, mention=None) == set()
    assert {"apology", "blame", "tone"} <= set(silent_rules(reply, mention=None, lang=lang))
    assert silent_rules(GOOD, mention=PARCEL, lang="en") == ()


def test_what_needs_no_words_is_judged_in_every_language():
    assert found("Schreiben Sie an helen.marsh88@postbox.example, bitte.", lang="de", mention=None, speaker=None) == {
        "speaker",
        "personal_data",
    }


@settings(max_examples=200, deadline=None)
@given(
    reply=st.text(max_size=300),
    mention=st.none() | st.text(max_size=200),
    source=st.none() | st.sampled_from(["x", "bluesky", "mastodon", "google_business", "?"]) | st.text(max_size=5),
    lang=st.none() | st.sampled_from(["en", "el", "xx-YY", ""]) | st.text(max_size=5),
    speaker=st.none() | st.text(max_size=20),
    previous=st.lists(st.text(max_size=100), max_size=3),
)
def test_it_never_fails_whatever_it_is_given(**given_texts):
    for finding in check(**given_texts):
        assert finding.rule in RULES
        assert finding.why
        assert finding.mend


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "sorry ",
        "! ",
        "1",
        "1 ",
        "@a ",
        "😀",
        "ﷺ",
        "А",
        "שלום ",
        "a\u0301",
        "\u200b",
        "- ",
        ".\n",
        "ab@",
        "No. 1 ",
        "http://a ",
        "x-",
        "A B ",
        "A",
        "A1 ",
        "1-",
        "1.",
        "+1 (",
        "**",
        "Jalan ",
        "a.",
        "Ana, ",
        "und ",
        "[(",
        "^",
    ],
)
def test_its_time_grows_with_the_length_of_a_text_and_no_faster(piece):
    text = (piece * 100_000)[:100_000]
    check("Sorry. ^AK", mention="late", source="x", lang="en", speaker="AK")
    begun = time.process_time()
    check(text, mention=text, source="x", lang="en", speaker=text[:100], previous=[text] * 20)
    assert time.process_time() - begun < 3
