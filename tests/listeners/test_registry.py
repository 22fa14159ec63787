"""Which sources exist, and that a missing library takes one source away, not the start."""

from __future__ import annotations

import sys

import pytest

from listeners import registry
from listeners.capabilities import Replies, Searches


def test_the_built_in_sources_are_all_there():
    assert [name for name, info in registry.load().items() if not info.hidden][:8] == [
        "webhook",
        "rss",
        "hacker_news",
        "bluesky",
        "mastodon",
        "x",
        "reddit",
        "app_store",
    ]


def test_the_twin_for_tests_is_hidden():
    assert registry.get("memory").hidden


def test_an_ability_is_a_method():
    info = registry.get("rss")
    assert info.abilities == {"search", "check"}
    assert isinstance(info.factory, type)
    assert issubclass(info.factory, Searches)
    assert not issubclass(info.factory, Replies)


def test_an_unknown_name_is_answered_with_the_known_ones():
    with pytest.raises(KeyError, match="known are: app_store, bluesky"):
        registry.get("friendster")


def test_a_name_is_given_once():
    with pytest.raises(ValueError, match="two sources are called 'rss'"):
        registry.source("rss", title="Another")(type("Other", (), {}))


def test_a_missing_library_leaves_the_source_listed_as_unavailable(monkeypatch):
    monkeypatch.setattr(registry, "_registered", {})
    monkeypatch.setattr(registry, "BUILT_IN", ("listeners.sources.telepathy",))
    info = registry.load()["telepathy"]
    assert info.factory is None
    assert "make setup" in info.why_unavailable


def test_reading_the_list_imports_no_client_library():
    import subprocess

    code = "import sys; from listeners import registry; registry.load(); print([m for m in ('tweepy','praw','mastodon','atproto','feedparser','httpx') if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert found.stdout.strip() == "[]"
