from __future__ import annotations

import pytest

from listeners.lengths import COUNTS, graphemes, has_link, mastodon_length, utf8_bytes, x_weight

FAMILY = "👨‍👩‍👧‍👦"


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("Sorry", 5),
        ("çok üzgünüz", 11),
        ("e\u0301", 1),
        (FAMILY, 1),
        ("🇲🇾🇬🇷", 2),
        ("👍🏽!", 2),
        ("λυπούμαστε", 10),
        ("नमस्ते", 3),
        ("a\r\nb", 3),
    ],
)
def test_graphemes_are_what_people_see_as_one_letter(text, count):
    assert graphemes(text) == count


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("x" * 280, 280),
        ("λ" * 280, 280),
        ("ş" * 280, 280),
        ("日本", 4),
        ("👍", 2),
        (FAMILY, 2),
        ("👍🏽", 2),
        ("🇬🇷", 2),
        ("1️⃣", 2),
        ("e\u0301", 1),
        ("“Sorry”…", 9),
        ("See https://kettlewick.example/" + "a" * 100 + ".", 4 + 23 + 1),
        ("See kettlewick.com/help now", 4 + 23 + 4),
        ("kettlewick.com", 23),
        ("mail me@kettlewick.com", 22),
        ("version 1.2.3 of file.notatld", 29),
    ],
)
def test_x_counts_links_as_23_and_heavy_signs_as_2(text, count):
    assert x_weight(text) == count


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("@mira@elsewhere.test sorry", 5 + 6),
        ("@mira sorry", 11),
        ("https://kettlewick.example/" + "a" * 100, 23),
        ("https://a.test", 23),
        ("kettlewick.com/help", 19),
        (FAMILY, 1),
        ("mail me@elsewhere.test", 22),
    ],
)
def test_mastodon_counts_links_as_23_and_handles_without_their_server(text, count):
    assert mastodon_length(text) == count


def test_bytes_are_those_of_utf8():
    assert utf8_bytes("ş👍") == 6


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("See https://kettlewick.example.", True),
        ("See kettlewick.com", True),
        ("See kettlewick.com/help?a=1", True),
        ("me@kettlewick.com", False),
        ("We are sorry.Please write", False),
        ("e.g. this", False),
        ("#kettlewick.com", False),
    ],
)
def test_a_link_is_what_x_would_charge_as_one(text, found):
    assert has_link(text) is found


def test_every_way_of_counting_counts_plain_words_alike():
    assert {count("We are sorry, Mira") for count in COUNTS.values()} == {18}
