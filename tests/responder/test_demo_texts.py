"""The demo's texts as data: enough of them, in every language and source, each its own, about nobody who exists."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter, defaultdict
from itertools import combinations, pairwise
from pathlib import Path

import pytest

from listeners.mentions import Kind
from responder import demo

FOLDER = Path(demo.__file__).parent
FORTNIGHT = 14 * 24 * 60
AT_LEAST = {"en": 160, "ms": 55, "el": 50, "tr": 50, "de": 40, "es": 40}
TOLD = {
    "x": {"likes", "reposts", "replies", "views"},
    "bluesky": {"likes", "reposts", "replies"},
    "mastodon": {"likes", "reposts", "replies"},
    "reddit": {"likes", "replies"},
    "hacker_news": {"likes", "replies"},
    "rss": set(),
    "app_store": set(),
    "webhook": set(),
}
"""What each source tells about reactions; the rest is unknown and must be absent."""

TOLD_OF_AUTHORS = {
    "x": {"followers", "following", "posts", "listed", "created_days_ago"},
    "bluesky": {"followers", "following", "posts", "created_days_ago"},
    "mastodon": {"followers", "following", "posts", "created_days_ago", "is_bot"},
    "reddit": {"reputation", "created_days_ago"},
    "hacker_news": {"reputation"},
    "rss": set(),
    "app_store": set(),
    "webhook": {"posts"},
}

NOT_A_TEMPLATE = 0.5
"""Share of three-word runs two texts may have in common before one counts as filled in from the other."""

EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.\w+")
PHONE = re.compile(r"\+?\d(?:[\s().-]?\d){6,}")
LINK = re.compile(r"https?://\S+|\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}\b")


@pytest.fixture(scope="module")
def items():
    return [json.loads(line) for line in (FOLDER / "mentions.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def authors():
    return json.loads((FOLDER / "authors.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def by_id(items):
    return {item["id"]: item for item in items}


def day(item):
    return item["at"] // (24 * 60)


def ancestors(item, by_id):
    while "reply_to" in item:
        item = by_id[item["reply_to"]]
        yield item


def runs_of_three(text):
    words = re.findall(r"\w+", text.casefold())
    return set(zip(words, words[1:], words[2:], strict=False)) if len(words) >= 8 else set()


def too_alike(items):
    """Yield pairs of ids whose texts share more three-word runs than `NOT_A_TEMPLATE`, through an inverted index."""
    runs = {item["id"]: runs_of_three(item["text"]) for item in items}
    holders = defaultdict(list)
    for name, its in runs.items():
        for run in its:
            holders[run].append(name)
    shared = Counter(pair for names in holders.values() for pair in combinations(names, 2))
    for (one, other), count in shared.items():
        if count / len(runs[one] | runs[other]) > NOT_A_TEMPLATE:
            yield one, other


def test_the_demo_has_at_least_420_mentions_and_230_people(items, authors):
    assert len(items) >= 420
    assert len(authors) >= 230


def test_every_language_is_there_often_enough(items):
    counts = Counter(item["lang"] for item in items)
    assert set(counts) == set(AT_LEAST)
    assert {lang: n for lang, n in counts.items() if n < AT_LEAST[lang]} == {}


def test_every_kind_of_source_and_of_mention_is_there(items):
    assert {item["source"] for item in items} == set(TOLD)
    assert {item["kind"] for item in items} == {kind.value for kind in Kind}


def test_ids_are_unique_and_offsets_run_down_to_the_end_of_the_fortnight(items):
    assert len({item["id"] for item in items}) == len(items)
    assert all(0 <= item["at"] <= FORTNIGHT for item in items)
    assert all(earlier["at"] >= later["at"] for earlier, later in pairwise(items))


def test_no_two_texts_are_equal_after_folding_case_and_space(items):
    folded = Counter(" ".join(unicodedata.normalize("NFKC", item["text"]).casefold().split()) for item in items)
    assert [text for text, count in folded.items() if count > 1] == []


def test_no_text_is_a_pattern_of_another_apart_from_the_near_copies(items, by_id):
    family = {item["id"]: item.get("near_copy_of", item["id"]) for item in items}
    assert [pair for pair in too_alike(items) if family[pair[0]] != family[pair[1]]] == []


def test_near_copies_come_from_other_accounts_and_stay_near(items, by_id):
    copies = [item for item in items if "near_copy_of" in item]
    assert 8 <= len(copies) <= 15
    for copy in copies:
        original = by_id[copy["near_copy_of"]]
        assert copy["author"] != original["author"]
        assert len(runs_of_three(copy["text"]) & runs_of_three(original["text"])) >= 12


def test_a_reply_follows_its_parent_on_the_same_source(items, by_id):
    for item in items:
        if "reply_to" in item:
            parent = by_id[item["reply_to"]]
            assert (parent["source"], parent["at"] > item["at"]) == (item["source"], True), item["id"]


def test_threads_are_many_and_some_run_deep(items, by_id):
    depths = {}
    for item in items:
        *_, root = item, *ancestors(item, by_id)
        depths[root["id"]] = max(depths.get(root["id"], 1), 1 + sum(1 for _ in ancestors(item, by_id)))
    assert sum(depth > 1 for depth in depths.values()) >= 30
    assert sum(depth >= 4 for depth in depths.values()) >= 6


def test_told_replies_are_never_fewer_than_the_replies_in_the_file(items, by_id):
    answered = Counter(item["reply_to"] for item in items if "reply_to" in item)
    assert [name for name, n in answered.items() if by_id[name].get("replies", n) < n] == []


def test_what_a_source_does_not_tell_is_absent(items, authors):
    reactions = {"likes", "reposts", "replies", "views"}
    for item in items:
        person = authors[item["author"]]
        assert reactions & item.keys() <= TOLD[item["source"]], item["id"]
        assert person.keys() - {"handle", "name", "is_ours"} <= TOLD_OF_AUTHORS[item["source"]], item["author"]
        assert None not in item.values(), item["id"]


def test_reviews_in_the_app_store_have_one_to_five_stars_and_every_grade_occurs(items):
    rated = [item for item in items if item["source"] == "app_store"]
    assert {item["rating"] for item in rated} == {1, 2, 3, 4, 5}
    assert all(item["kind"] == "review" for item in items if "rating" in item)


def test_each_author_speaks_on_one_source_and_everybody_speaks(items, authors):
    sources = defaultdict(set)
    for item in items:
        sources[item["author"]].add(item["source"])
    assert sources.keys() == authors.keys()
    assert [key for key, names in sources.items() if len(names) > 1] == []


def test_some_people_share_often_and_some_well_known_ones_hardly_ever(items, authors):
    days = defaultdict(list)
    for item in items:
        days[item["author"]].append(day(item))
    assert sum(len(each) >= 4 and len(set(each)) >= 3 for each in days.values()) >= 25
    famous = [key for key, person in authors.items() if person.get("followers", 0) > 400_000]
    assert len(famous) >= 5
    assert all(len(days[key]) <= 2 for key in famous)


def test_one_evening_is_an_outage(items):
    started = max(item["at"] for item in items if item["id"].startswith("out_"))
    burst = [item for item in items if started - 300 <= item["at"] <= started]
    assert len(burst) >= 60
    assert {item["lang"] for item in burst} == set(AT_LEAST)


def test_lengths_and_scripts_vary_as_in_public(items):
    texts = [item["text"] for item in items]
    assert max(map(len, texts)) >= 1500
    assert min(map(len, texts)) <= 16
    assert any(not re.search(r"\w", text) for text in texts), "one is emoji only"
    assert any(unicodedata.bidirectional(sign) == "AL" for text in texts for sign in text), "one quotes right to left"
    limits = {"x": 280, "bluesky": 300, "mastodon": 500}
    assert [item["id"] for item in items if len(item["text"]) > limits.get(item["source"], 10_000)] == []


def test_no_text_holds_an_address_a_phone_number_or_a_link_to_a_real_domain(items, authors):
    texts = [item["text"] for item in items]
    assert [text for text in texts if EMAIL.search(text) or PHONE.search(text)] == []
    named = [link for text in texts for link in LINK.findall(text)]
    assert [link for link in named if not link.endswith(".example")] == []
    handles = [person["handle"] for person in authors.values() if "." in (person.get("handle") or "")]
    assert [handle for handle in handles if not handle.endswith(".example")] == []
