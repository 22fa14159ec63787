"""The planted authors as data: fifty of each, whole, each its own, about nobody who exists."""

from __future__ import annotations

import json
import re
from collections import Counter
from difflib import SequenceMatcher
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent / "planted"
KINDS = {"pretenders": {"bot": 17, "reseller": 17, "giveaway": 16}, "tellers": {"teller": 50}}
LANGUAGES = {"en", "ms", "el", "tr", "es", "de", "id"}
MAYBE = (bool, type(None))
AUTHOR = {
    "author": str,
    "kind": str,
    "lang": str,
    "bio": (str, type(None)),
    "is_bot": MAYBE,
    "verified_organisation": MAYBE,
    "followers": int,
    "following": int,
    "listed": int,
    "statuses": int,
    "account_age_days": (int, float),
    "posts": list,
}
POST = {"days_ago": float, "text": str, "links": int, "reshare": bool}
FARMS = (
    ("truthwasher_77", "voiceofthe_street__", "justamum_speaks", "karl_h_unfiltered", "everyday_outrages"),
    ("winbig_wednesdays", "freebie_fern_", "lucky_lot_giveaways", "prizepal_dean"),
    ("suara_rakyat_viral", "viralkan_sekarang_id", "emak_emak_bersatu22"),
    ("savvysal_saves", "thriftnest_daily", "dealmama_jo_x"),
    ("velq_ray_signals", "mika_trades_morla", "orbital_calls_hq"),
)
"""Accounts that pass the same texts around."""

NEAR_IDENTICAL = 0.7
"""Share of the words in order that two texts of a farm have in common."""

EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.\w+")
PHONE = re.compile(r"\+?\d(?:[\s()-]?\d){7,}")
LINK = re.compile(r"https?://\S+|\bwww\.\S+|\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}\b", re.IGNORECASE)
OURS = re.compile(r"https://example\.com/\S+")


@pytest.fixture(scope="module")
def planted():
    return {
        name: [json.loads(line) for line in (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]
        for name in KINDS
    }


@pytest.fixture(scope="module")
def everybody(planted):
    return [author for authors in planted.values() for author in authors]


@pytest.mark.parametrize("name", KINDS)
def test_there_are_fifty_of_each_side(planted, name):
    assert Counter(author["kind"] for author in planted[name]) == KINDS[name]


@pytest.mark.parametrize("name", KINDS)
def test_every_language_is_on_both_sides(planted, name):
    assert {author["lang"] for author in planted[name]} == LANGUAGES


def test_every_author_is_whole(everybody):
    for author in everybody:
        assert list(author) == list(AUTHOR), author["author"]
        assert [field for field, kind in AUTHOR.items() if not isinstance(author[field], kind)] == []
        assert min(author[count] for count in ("followers", "following", "listed")) >= 0
        assert author["statuses"] >= len(author["posts"]), author["author"]
        assert 4 <= len(author["posts"]) <= 25, author["author"]


def test_every_post_is_whole_and_within_half_a_year_and_the_age_of_its_account(everybody):
    for author in everybody:
        for post in author["posts"]:
            assert list(post) == list(POST), author["author"]
            assert [field for field, kind in POST.items() if not isinstance(post[field], kind)] == []
            assert 0 <= post["days_ago"] <= min(180, author["account_age_days"]), author["author"]
            assert post["text"].strip() == post["text"] != ""


def test_no_two_authors_have_one_name(everybody):
    assert max(Counter(author["author"].casefold() for author in everybody).values()) == 1


def test_platforms_own_words_are_rare_and_never_against_a_person(planted):
    assert sum(author["is_bot"] is True for author in planted["pretenders"]) == 3
    assert not any(author["is_bot"] or author["verified_organisation"] for author in planted["tellers"])


def test_names_do_not_give_anybody_away(planted):
    telling = re.compile("bot|shop")
    assert any(telling.search(author["author"]) for author in planted["tellers"])
    assert not all(telling.search(author["author"]) for author in planted["pretenders"])


def test_no_text_is_on_both_sides(planted):
    texts = [{_words(post["text"]) for author in planted[name] for post in author["posts"]} for name in KINDS]
    assert texts[0] & texts[1] == set()


def test_farms_share_their_texts(everybody):
    posts = {author["author"]: [_words(post["text"]) for post in author["posts"]] for author in everybody}
    for farm in FARMS:
        for author in farm:
            others = [text for other in farm if other != author for text in posts[other]]
            shared = sum(any(_alike(text, other) >= NEAR_IDENTICAL for other in others) for text in posts[author])
            assert shared >= 3, author


def test_no_link_address_or_number_leads_to_anybody(everybody):
    for author in everybody:
        for text in (author["bio"] or "", *(post["text"] for post in author["posts"])):
            assert LINK.search(OURS.sub("", text)) is None, text
            assert EMAIL.search(text) is None, text
            assert PHONE.search(text) is None, text


def test_links_shown_are_counted(everybody):
    for author in everybody:
        for post in author["posts"]:
            assert post["links"] >= len(OURS.findall(post["text"])), post["text"]


def _words(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"[\w$]+", text.casefold()))


def _alike(one: tuple[str, ...], other: tuple[str, ...]) -> float:
    return SequenceMatcher(None, one, other, autojunk=False).ratio()
