"""What a Slack message says, and what it never lets through."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from responder.alerts.messages import MAX_WORDS, Told, escaped, message
from tests.factories import NOW


def said(**over):
    told = {
        "case_id": 7,
        "source": "bluesky",
        "text": "The kettle leaks & nobody answers",
        "url": "https://social.example/posts/1?a=1&b=2",
        "author_handle": "tova",
        "author_name": "Tova",
        "followers": 1234,
        "label": "negative",
        "abstained": False,
        "p_negative": 0.97,
        "created_at": NOW - timedelta(minutes=5),
    }
    return message(Told(**told | over), public_url="https://earshot.example", now=NOW)


def formatted(body):
    """Every string that Slack reads as formatting."""
    parts = [part for block in body["blocks"] for part in (block.get("text"), *block.get("elements", ())) if part]
    return [body["text"], *(part["text"] for part in parts if part["type"] == "mrkdwn")]


def test_why_stands_on_top_then_words_then_who_then_links():
    why, words, who, links = said()["blocks"]
    assert why["text"]["text"] == "*Very unhappy (97 % sure), waiting 5 minutes* on Bluesky"
    assert words["text"] == {"type": "plain_text", "text": "The kettle leaks & nobody answers", "emoji": False}
    assert who["elements"][0]["text"] == "Tova @tova · Bluesky · 1,234 followers"
    assert links["text"]["text"] == (
        "<https://earshot.example/cases/7|Open the case> · <https://social.example/posts/1?a=1&amp;b=2|Open the post>"
    )


def test_what_is_unknown_is_said_to_be():
    body = said(author_handle=None, author_name=None, followers=None, url=None, source="pigeon")
    assert body["blocks"][2]["elements"][0]["text"] == "author unknown · pigeon · followers unknown"
    assert body["blocks"][3]["text"]["text"] == "<https://earshot.example/cases/7|Open the case>"


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "ftp://a.example/x",
        "https://",
        "not an address",
        "https://a.example/" + "x" * 2000,
        "http://[broken",
        "https://a.example/\u202epmoc",
    ],
)
def test_only_a_web_address_becomes_a_link(url):
    assert "Open the post" not in said(url=url)["blocks"][3]["text"]["text"]


def test_an_address_cannot_break_out_of_its_link():
    link = said(url="https://a.example/x|y><!channel>")["blocks"][3]["text"]["text"]
    assert link.endswith("<https://a.example/x%7Cy%3E%3C!channel%3E|Open the post>")


hostile = st.text(alphabet=st.sampled_from("<>!|&@#* \n\u202eaé😀\x00\ud800"), max_size=300) | st.text(max_size=300)


@given(text=hostile, name=hostile, handle=hostile)
@settings(max_examples=80, deadline=None)
def test_nothing_from_outside_is_formatting(text, name, handle):
    body = said(text=text, author_name=name, author_handle=handle, url=None)
    ours = "<https://earshot.example/cases/7|Open the case>"
    for part in formatted(body):
        assert "<" not in part.replace(ours, "")
        assert ">" not in part.replace(ours, "")
    assert not any(mark in repr(body) for mark in ("\\x00", "\\ud800", "\\u202e"))


@given(st.text(max_size=500), st.integers(2, 100))
@settings(max_examples=60, deadline=None)
def test_an_escape_is_never_cut_in_half(text, limit):
    shown = escaped(text, limit)
    assert len(shown) <= limit
    assert "&" not in shown.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "")


def test_long_words_are_cut_and_say_so():
    words = said(text="kettle " * 2000)["blocks"][1]["text"]["text"]
    assert len(words) <= MAX_WORDS
    assert words.endswith("…")


def test_a_post_without_words_is_still_told():
    assert said(text="")["blocks"][1]["text"]["text"] == "(no words)"
