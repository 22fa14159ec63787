"""The platforms' rules as data: what is written there is what a rule can say, and every source we ship has one."""

from __future__ import annotations

import pytest

from listeners import registry
from responder.eligibility.rules import Rule, read_rules, rule_of


def test_every_source_we_ship_has_a_rule_of_its_own():
    shipped = [
        info for info in registry.load().values() if getattr(info.factory, "__module__", None) in registry.BUILT_IN
    ]
    assert len(shipped) == len(registry.BUILT_IN)
    for info in shipped:
        assert rule_of(info.name) is not rule_of("nobody ever heard of"), info.name


def test_a_source_goes_by_any_of_its_names():
    assert rule_of("Twitter") is rule_of("x")
    assert rule_of(" google_play ") is rule_of("play")


def test_whoever_cannot_be_described_is_answered_by_hand_where_a_link_leads():
    assert rule_of("a survey") is rule_of("csv")
    assert (rule_of("csv").api, rule_of("csv").by_hand) == ("nobody", "with_link")


def test_what_a_rule_leaves_out_allows_nothing():
    rule = Rule(title="somewhere")
    assert (rule.api, rule.automatic, rule.edit, rule.retract) == ("nobody", "nobody", False, False)


def test_lengths_are_those_the_adapters_hold_to():
    for name, info in registry.load().items():
        if info.limits.reply_length is not None:
            assert rule_of(name).length == info.limits.reply_length, name


def test_only_what_an_adapter_can_do_by_api_is_offered_by_api():
    for name, info in registry.load().items():
        if "reply" in info.abilities:
            assert rule_of(name).api != "nobody", name


def test_what_platforms_count_and_allow_in_their_own_way():
    assert (rule_of("google_play").length, rule_of("google_play").window_days) == (350, 7)
    assert rule_of("google_play").one_place
    assert not rule_of("google_play").retract
    assert rule_of("app_store").one_place
    assert rule_of("google_business").reviewed_first
    assert rule_of("x").price_usd_with_link == pytest.approx(0.2)
    assert not rule_of("x").edit
    assert {rule_of(name).counting for name in ("x", "bluesky", "mastodon", "reddit", "google_business")} == {
        "x", "graphemes", "mastodon", "characters", "bytes",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("book", "says"),
    [
        ({"a": {"title": "A", "lenght": 3}}, "lenght is no line"),
        ({"a": {"title": "A", "api": "everyone"}}, "write one of anyone, addressed, nobody"),
        ({"a": {"title": "A"}, "b": {"title": "B", "also": ["a"]}}, "a has a rule already"),
    ],
)
def test_a_rule_nobody_can_read_is_refused(book, says):
    with pytest.raises(ValueError, match=says):
        read_rules(book)
