"""What a statement may say, how it is adapted without inventing, and when two answers are too alike."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responder.errors import Invalid
from responder.incidents.wording import Thread, adapted, check, proper_name, read, sketch, too_alike

STATEMENT = """[en]
Hello {name}, thank you for telling us.
Thank you, {name}, for saying so here.

The kettles of batch 12 leak and we are taking them back.
We have found that batch 12 leaks, and every one of them is taken back.

We write here again by six this evening.

[tr]
Merhaba {name}, haber verdiğiniz için teşekkürler.

12. parti su ısıtıcıları sızdırıyor ve geri alıyoruz."""


def thread(case_id: int = 1, language: str = "en", name: str | None = "Ana", source: str = "Mastodon") -> Thread:
    return Thread(case_id=case_id, language=language, name=name, source=source)


def test_every_word_of_an_adapted_text_was_approved_or_is_a_fact():
    approved = set(re.findall(r"\w+", STATEMENT)) | {"Ana"}
    for case_id in range(40):
        assert set(re.findall(r"\w+", adapted(STATEMENT, thread(case_id)).text)) <= approved


def test_one_line_of_each_block_is_taken_in_the_threads_language():
    english, turkish = adapted(STATEMENT, thread()), adapted(STATEMENT, thread(language="tr"))
    assert english.text.endswith("We write here again by six this evening.")
    assert english.is_theirs
    assert english.language == "en"
    assert (
        turkish.text
        == "Merhaba Ana, haber verdiğiniz için teşekkürler. 12. parti su ısıtıcıları sızdırıyor ve geri alıyoruz."
    )


def test_a_language_nobody_wrote_gets_the_first_and_is_told_so():
    greek = adapted(STATEMENT, thread(language="el"))
    assert greek.language == "en"
    assert not greek.is_theirs


def test_a_statement_that_names_no_language_is_nobodys_for_sure():
    assert adapted("We know.", thread(language="el")).is_theirs is None
    assert adapted(STATEMENT, thread(language="und")).is_theirs is None, "nor is it known of a thread without language"


@pytest.mark.parametrize("mark", ["[EN]", "[en-GB]", "[En_gb]", " [en] "])
def test_a_language_is_named_in_any_case_and_with_its_country(mark):
    said = adapted(check(f"{mark}\nWe know.\n\n[tr]\nBiliyoruz."), thread())
    assert (said.text, said.is_theirs) == ("We know.", True)


def test_a_countrys_form_of_a_language_is_better_than_another_language_and_worse_than_their_own():
    both = "[en]\nWe know.\n\n[pt-br]\nSabemos disso."
    assert adapted(both, thread(language="pt")).text == "Sabemos disso."
    assert adapted(f"{both}\n\n[pt]\nJá sabemos.", thread(language="pt")).text == "Já sabemos."


def test_the_wording_least_like_the_answers_before_is_taken():
    first = adapted(STATEMENT, thread())
    second = adapted(STATEMENT, thread(), [sketch(first.text, ["Ana"])])
    assert second.text != first.text
    assert second.likeness < 0.9
    assert too_alike(sketch(second.text), [sketch(first.text)]) is None


def test_neighbours_begin_with_different_wordings():
    assert len({adapted(STATEMENT, thread(case_id)).text for case_id in range(8)}) == 4


def test_a_statement_of_one_wording_soon_becomes_too_alike():
    only = "We know of the leaking kettles and take every one of them back."
    answer = adapted(only, thread(), [sketch(only)])
    assert answer.likeness == 1.0
    assert too_alike(sketch(answer.text), [sketch(only)]) == 1.0


def test_a_name_nobody_knows_is_left_out_with_what_surrounds_it():
    assert adapted("Hello {name}, we know.", thread(name=None)).text == "Hello, we know."
    assert adapted("{name}, we know.", thread(name=None)).text == "We know."
    assert adapted("Hello {name}, we know.\nWe know.", thread(name=None)).text == "We know."


def test_the_source_is_a_fact_too():
    assert adapted("We read this on {source}.", thread(source="X")).text == "We read this on X."


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("Ana", "Ana"),
        ("  Ana \n María ", "Ana María"),
        ("Νίκη", "Νίκη"),
        (None, None),
        ("", None),
        ("WIN https://win.example", None),
        ("x" * 41, None),
        ("{source}", None),
        ("a\u202eb", None),
    ],
)
def test_what_is_no_name_is_not_used_as_one(told, kept):
    assert proper_name(told) == kept


def test_a_name_does_not_make_two_answers_different():
    one, other = sketch("Hello Ana, the kettle leaks", ["Ana"]), sketch("Hello Bob, the kettle leaks", ["Bob"])
    assert too_alike(one, [other]) == 1.0


def test_the_ceiling_is_at_nine_tenths_and_the_order_of_words_hides_nothing():
    words = [f"word{number}" for number in range(20)]
    nine = [*words[:18], "other1", "other2"]
    assert too_alike(sketch(" ".join(nine)), [sketch(" ".join(words))]) is None
    assert too_alike(sketch(" ".join([*words[:19], "other1"])), [sketch(" ".join(words))]) == pytest.approx(0.95)
    assert too_alike(sketch(" ".join(words[::-1])), [sketch(" ".join(words))]) == 1.0
    assert too_alike(sketch("anything"), []) is None


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("  \n ", "Write the statement"),
        ("Dear {nme}", "is not known"),
        ("x" * 5_001, "below"),
        ("[en]\nWe know.\n\n[tr]\n", "under every language"),
        ("[english]\nWe know.", r"\[english\] is no language"),
        ("We know.\n[Greek version]\nGnorizoume.", "is no language"),
        ("[]\nWe know.", "is no language"),
    ],
)
def test_a_statement_that_cannot_be_used_says_why(statement, why):
    with pytest.raises(Invalid, match=why):
        check(statement)


def test_blocks_are_parted_by_blank_lines_and_languages_by_their_code():
    assert read("a\nb\n\nc") == {None: [["a", "b"], ["c"]]}
    assert read("[en]\na\n\n[tr]\nb") == {"en": [["a"]], "tr": [["b"]]}
    assert check("a  \r\n\r\nb\n") == "a\n\nb"


@given(st.text(max_size=300), st.text(max_size=30), st.sampled_from(["en", "tr", "und"]))
def test_whatever_is_kept_can_be_adapted(statement, name, language):
    try:
        kept = check(statement)
    except Invalid:
        return
    assert check(kept) == kept
    assert isinstance(adapted(kept, thread(language=language, name=name)).text, str)
