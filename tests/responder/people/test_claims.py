"""What accounts say of themselves, and what only sounds like it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responder.people.claims import ProfileLinks, account_at, address, profile_links, stated_accounts


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        ("Same name on Mastodon, btw", ("mastodon", None)),
        ("same handle over on Bluesky", ("bluesky", None)),
        ("X'te aynı isim", ("x", None)),
        ("Reddit'te de aynı kullanıcı adı", ("reddit", None)),
        ("ίδιο όνομα και στο Bluesky", ("bluesky", None)),
        ("nama sama di Twitter", ("x", None)),
        ("I'm @ana.b on Bluesky.", ("bluesky", "ana.b")),
        ("find me as @ana@soc.example on Mastodon", ("mastodon", "ana@soc.example")),
        ("my Twitter is @ana_99!", ("x", "ana_99")),
        ("my reddit: u/ana_99", ("reddit", "ana_99")),
        ("My account on X is https://x.com/ana_99.", ("x", "ana_99")),
        ("my profile: https://bsky.app/profile/ana.example)", ("bluesky", "ana.example")),
    ],
)
def test_who_says_where_else_they_are_is_heard(text, stated):
    assert stated_accounts(text) == {stated}


@pytest.mark.parametrize(
    "text",
    [
        "I am furious on Twitter",
        "my twitter account is down",
        "@ana on Bluesky had the same",
        "not the same name on the box",
        "look at https://x.com/ana",
        "the same kettle on Reddit",
    ],
)
def test_naming_somebody_or_a_platform_states_nothing(text):
    assert stated_accounts(text) == set()


@pytest.mark.parametrize(
    ("url", "account"),
    [
        ("https://x.com/Ana_99", ("x", "ana_99")),
        ("https://www.twitter.com/ana_99/", ("x", "ana_99")),
        ("https://bsky.app/profile/ana.example", ("bluesky", "ana.example")),
        ("https://old.reddit.com/user/ana_99/", ("reddit", "ana_99")),
        ("https://news.ycombinator.com/user?id=ana99", ("hacker_news", "ana99")),
        ("https://soc.example/@ana", ("mastodon", "ana@soc.example")),
    ],
)
def test_the_address_of_a_profile_names_an_account(url, account):
    assert account_at(url) == account


@pytest.mark.parametrize(
    "url",
    [
        "https://x.com/home",
        "https://x.com/ana/status/1",
        "https://ana.example",
        "x.com/ana",
        "ftp://x.com/ana",
        "https://[",
        "",
    ],
)
def test_any_other_address_names_none(url):
    assert account_at(url) is None


def test_addresses_are_compared_without_what_does_not_matter():
    assert address("https://www.Ana.example/Me/") == address("http://ana.example/me") == "ana.example/me"
    assert address("mailto:ana@mail.example") is None


def test_the_links_of_a_mastodon_profile_are_read_and_the_verified_ones_kept_apart():
    raw = {
        "account": {
            "note": '<p>kettles. <a href="https://x.com/ana?a=1&amp;b=2">x</a></p>',
            "fields": [
                {
                    "name": "web",
                    "value": '<a href="https://ana.example">ana</a>',
                    "verified_at": "2026-01-01T00:00:00Z",
                },
                {"name": "pet", "value": "cat", "verified_at": None},
            ],
        }
    }
    assert profile_links("mastodon", raw) == ProfileLinks(
        frozenset({"https://x.com/ana?a=1&b=2"}), frozenset({"https://ana.example"})
    )
    assert profile_links("csv", raw) == ProfileLinks()


@pytest.mark.parametrize(
    "raw",
    [None, {}, {"account": "ana"}, {"account": {"fields": "x", "note": 5}}, {"account": {"fields": [1, {"value": 2}]}}],
)
def test_a_record_of_another_shape_has_no_links(raw):
    assert profile_links("mastodon", raw) == ProfileLinks()


@given(st.text())
def test_any_text_can_be_looked_through(text):
    stated_accounts(text)
    account_at(text)
    address(text)
