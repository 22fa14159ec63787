"""Which texts tell of danger: reached figures on planted texts, and the rules one by one.

`safety/planted.jsonl` was written before any phrase; phrases were chosen on one half of it (by hash of the text) and the
other is judged. `safety/later.jsonl` holds four further rounds, each written to see what the phrases as they stood
missed, and read by whoever wrote the phrases afterwards: it keeps what was reached, it proves no more. All were written
by a language model about invented people and brands; no native speaker has read them.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
import unicodedata
from collections import Counter
from pathlib import Path

import pytest

from listeners.folding import word_run
from responder.cases import safety
from responder.cases.phrases import _FOLDS, words_of
from responder.cases.safety import KINDS, danger, phrases

FOLDER = Path(__file__).parent / "safety"
ROOT = Path(__file__).parents[3]
BOOK = tomllib.loads((ROOT / "responder/cases/safety_phrases.toml").read_text(encoding="utf-8"))
LANGUAGES = {"en", "ms", "id", "el", "tr", "es", "de", "fr", "pt", "it", "nl"}


def rows(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


PLANTED = rows(FOLDER / "planted.jsonl")
LATER = rows(FOLDER / "later.jsonl")
DEMO = rows(ROOT / "responder/demo/mentions.jsonl")


def is_for_judging(row):
    return hashlib.sha256(row["text"].encode()).digest()[-1] % 2 == 1


def figures(among):
    told = [(row["danger"], danger(row["text"])) for row in among]
    found = sum(true is not None and said is not None for true, said in told)
    return {
        "recall": found / sum(true is not None for true, _ in told),
        "precision": found / sum(said is not None for _, said in told),
        "kind": sum(true == said for true, said in told if true is not None and said is not None) / found,
    }


def test_the_planted_texts_are_whole_and_each_its_own():
    everything = PLANTED + LATER
    assert len({row["id"] for row in everything}) == len({row["text"] for row in everything}) == len(everything)
    for row in everything:
        assert row["lang"] in LANGUAGES
        assert {row["danger"], row["alike"]} <= {*KINDS, None}
        assert (row["danger"] is None) != (row["alike"] is None)
    dangers = Counter((row["lang"], row["danger"]) for row in PLANTED)
    assert all(dangers[language, kind] for language in LANGUAGES for kind in KINDS)


def test_danger_is_found_in_the_half_that_no_phrase_was_chosen_on():
    reached = figures([row for row in PLANTED if is_for_judging(row)])
    assert reached["recall"] >= 0.9
    assert reached["precision"] >= 0.9
    assert reached["kind"] >= 0.9


def test_danger_is_found_in_texts_written_later():
    reached = figures(LATER)
    assert reached["recall"] >= 0.9
    assert reached["precision"] >= 0.95


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_danger_is_found_in_every_language(language):
    assert figures([row for row in PLANTED + LATER if row["lang"] == language])["recall"] >= 0.9


@pytest.mark.parametrize("kind", KINDS)
def test_danger_of_every_kind_is_found(kind):
    said = [danger(row["text"]) for row in PLANTED + LATER if row["danger"] == kind]
    assert sum(each is not None for each in said) / len(said) >= 0.9


def test_the_demo_brand_has_few_texts_of_danger():
    told = {row["id"]: danger(row["text"]) for row in DEMO}
    assert 1 <= sum(kind is not None for kind in told.values()) <= 0.02 * len(DEMO)


@pytest.mark.parametrize(
    "text",
    [
        "these shoes are fire",
        "I'm dying of laughter",
        "killing it",
        "on fire today",
        "my kid loves it",
        "sue me",
        "burning question",
        "explosion of flavour",
        "I'll kill my phone battery",
        "I'll die before they answer",
        "stuck at the boss fight again",
        "this should be illegal",
        "Suicide Squad is on tonight",
        "no smoke, no fire, just a loud fan",
        "",
        "🔥🔥🔥",
    ],
)
def test_what_only_sounds_like_danger_is_none(text):
    assert danger(text) is None


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("If the router drops once more I will kill myself", "self_harm"),
        ("I WANT TO DIE", "self_harm"),
        ("The charger caught fire", "fire"),
        ("my daughter swallowed a magnet", "child"),
        ("got food poisoning from your salad", "injury"),
        ("my account got hacked", "data_leak"),
        ("your driver punched my dad", "violence"),
        ("we are suing you", "legal"),
    ],
)
def test_a_plain_telling_is_of_its_kind(text, kind):
    assert danger(text) == kind


def test_a_figurative_threat_of_suicide_is_taken_for_one():
    assert danger("ugh, I'm going to kill myself if this update fails again 😂") == "self_harm"


@pytest.mark.parametrize(
    "text",
    [
        "Ładowarka się zapaliła, straż pożarna w drodze",
        "Роутер загорелся ночью",
        "充電器が爆発した",
        "الشاحن انفجر في يدي",
    ],
)
def test_other_languages_are_none(text):
    assert danger(text) is None


@pytest.mark.parametrize("text", ["το ρούτερ επιασε φωτια", "ΤΟ ΡΟΥΤΕΡ ΈΠΙΑΣΕ ΦΩΤΙΆ", "to router epiase fotia"])
def test_greek_is_read_with_and_without_accents_and_in_latin_letters(text):
    assert danger(text) == "fire"


def test_letters_with_separate_accents_are_read_alike():
    text = "Το ρούτερ έπιασε φωτιά"
    assert danger(unicodedata.normalize("NFD", text)) == danger(text) == "fire"


def test_of_several_dangers_the_gravest_is_told():
    assert next(iter(KINDS)) == "self_harm"
    assert danger("I am suing you. The charger caught fire.") == "fire"
    assert danger("I am suing you. I want to kill myself.") == "self_harm"


def test_a_harmless_phrase_does_not_hide_the_danger_beside_it():
    assert danger("Burning question: why did the charger burst into flames?") == "fire"


def test_no_phrase_reaches_across_the_end_of_a_sentence():
    assert danger("the router has been so quiet and then suddenly caught a fire") == "fire"
    assert danger("Good catch. Fire me a message") is None
    assert danger("My battery. It exploded in popularity") is None


def test_a_word_that_voids_does_so_in_its_own_sentence_only():
    assert danger("my phone exploded with notifications") is None
    assert danger("No notifications today. Then my phone exploded.") == "fire"


def test_what_a_story_tells_is_no_assault_but_a_fire_beside_it_is_one():
    assert danger("the guard punched my dad") == "violence"
    assert danger("in this film the guard punched my dad") is None
    assert danger("watching a film when the charger caught fire") == "fire"


def test_a_quoted_title_is_not_read_but_quoted_words_are():
    assert danger('"I Will Kill You" is on tonight') is None
    assert danger("„Mord und Selbstmord“ läuft heute") is None
    assert danger('he said "i will kill you"') == "violence"
    assert danger('he shouted "I WILL KILL YOU"') == "violence"


def test_handles_and_links_are_names_and_not_read():
    assert danger("@suicide.line is a band, see https://example.com/police-report") is None


@pytest.mark.parametrize("row", PLANTED[::7] + LATER[::7] + DEMO[::9], ids=lambda row: row["id"])
def test_words_are_folded_as_search_folds_them(row):
    assert " ".join(row["text"].translate(_FOLDS).split()) == word_run(row["text"]).strip()


def test_most_texts_cost_no_search():
    looked_up = [len(safety._may_stand_in(words_of(row["text"]))) for row in DEMO]
    assert sum(looked_up) / len(looked_up) < 3


def test_every_phrase_can_be_searched_for():
    book = phrases(BOOK)
    assert len(book) > 2_000
    for phrase in book:
        assert phrase.search.pattern
        assert phrase.stands_in(" ") is False


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_phrases_in_every_language(kind):
    shared_with_malay = {"id"}
    assert LANGUAGES - set(BOOK[kind]) <= shared_with_malay


@pytest.mark.parametrize("kind", [*KINDS, safety.HARMLESS, safety.STORY])
def test_no_phrase_stands_twice(kind):
    lines = [(language, line) for language, found in BOOK[kind].items() for line in found]
    assert len(set(lines)) == len(lines)


def test_the_phrases_name_no_brand():
    everything = json.dumps(BOOK).casefold()
    assert not [
        brand
        for brand in ("halvanto", "brindel", "quillfare", "kestrino", "sorrelbay", "morvella", "pelloria", "tindlewick")
        if brand in everything
    ]


@pytest.mark.parametrize(
    ("book", "wrong"),
    [
        ({"lists": {}, "boredom": {"en": ["so dull"]}}, "no kind of danger"),
        ({"lists": {}, "fire": {"en": ["{thing} burns"]}}, "No list is called"),
        ({"lists": {"de": {"thing": ["ofen"]}}, "fire": {"en": ["{thing} burns"]}}, "No list is called"),
        ({"lists": {}, "fire": {"en": ["..3 go* hot?"]}}, "Nothing to look up by"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(book, wrong):
    with pytest.raises(ValueError, match=wrong):
        phrases(book)


def test_a_phrase_is_read_as_the_file_says():
    (phrase,) = phrases(
        {"lists": {"en": {"thing": ["power bank", "router"]}}, "fire": {"en": ["{thing}|oven ..1 very? hot* ! sale"]}}
    )
    for text in ("the router is hot", "oven very hotter", "my power bank is very hot now", "sale _ oven hot _ sale"):
        assert phrase.stands_in(f" {text} "), text
    for text in ("the router was not very cold", "oven is so so hot", "oven _ hot", "router hot sale", "ovens hot"):
        assert not phrase.stands_in(f" {text} "), text
