from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listeners.errors import Rejected
from listeners.mentions import Mention
from listeners.walks import (
    FROM_THE_BEGINNING,
    Batch,
    Reach,
    Walk,
    dump_walks,
    from_milliseconds,
    load_walks,
    milliseconds,
    positions_of,
    read_back,
    read_items,
    unreachable,
)

REACH = Reach(overlap=10, instant=from_milliseconds)
AT = datetime(2026, 5, 1, tzinfo=UTC)


@dataclass
class Listing:
    """A platform's newest-first listing, `size` items a page, showing `shown` items at most; the token is a position."""

    size: int = 3
    shown: int | None = None
    positions: list[int] = field(default_factory=list)
    pages_asked: int = 0

    def __call__(self, walk: Walk) -> Batch:
        self.pages_asked += 1
        newest_first = sorted(self.positions, reverse=True)[: self.shown]
        older = [at for at in newest_first if walk.token is None or at < int(walk.token)]
        page = older[: self.size]
        more = len(older) > self.size
        mentions = [Mention(source="x", external_id=str(at), text="kettle", created_at=AT) for at in page]
        return Batch(mentions=mentions, positions=page, next_token=str(page[-1]) if more else None)


def poll(listing: Listing, cursor: str | None, reach: Reach = REACH) -> tuple[set[int], str | None]:
    """Read until nothing more is waiting; returns the positions read and the last cursor."""
    read: set[int] = set()
    for _ in range(2_000):
        page = read_back({"listing": listing}, cursor, reach)
        read |= {int(mention.external_id) for mention in page.mentions}
        cursor = page.cursor
        if not page.more:
            return read, cursor
    raise AssertionError("the walk never ends")


def test_the_first_poll_reads_one_page_back_only():
    listing = Listing(positions=list(range(100, 150)))
    read, cursor = poll(listing, None)
    assert read == {147, 148, 149}
    assert load_walks(cursor)["listing"].mark == 149


def test_a_poll_walks_back_to_the_overlap_before_the_last_one():
    listing = Listing(positions=[100])
    _, cursor = poll(listing, None)
    listing.positions += [95, *range(101, 120)]
    read, cursor = poll(listing, cursor)
    assert read >= {95, *range(101, 120)}
    assert load_walks(cursor)["listing"] == Walk(mark=119)


def test_the_mark_stays_while_a_walk_is_under_way():
    listing = Listing(positions=[100])
    _, cursor = poll(listing, None)
    listing.positions += range(101, 130)
    page = read_back({"listing": listing}, cursor, REACH)
    assert page.more
    walk = load_walks(page.cursor)["listing"]
    assert (walk.mark, walk.top, walk.low, walk.token) == (100, 129, 127, "127")


def test_a_first_poll_that_finds_nothing_takes_everything_later():
    listing = Listing()
    _, cursor = poll(listing, None)
    assert load_walks(cursor)["listing"].mark == FROM_THE_BEGINNING
    listing.positions += range(50, 70)
    assert poll(listing, cursor)[0] == set(range(50, 70))


def test_one_backdated_item_does_not_end_a_walk():
    listing = Listing(size=4, positions=[1000])
    _, cursor = poll(listing, None)
    batches = iter(
        [
            Batch(positions=[1900, 1800, 3, 1700], next_token="a"),
            Batch(positions=[1600, 1500, 1400, 1300], next_token="b"),
            Batch(positions=[900, 800, 700, 600], next_token="c"),
        ]
    )
    asked = 0

    def odd(_walk: Walk) -> Batch:
        nonlocal asked
        asked += 1
        return next(batches)

    page = read_back({"listing": odd}, cursor, REACH)
    while page.more:
        page = read_back({"listing": odd}, page.cursor, REACH)
    assert asked == 3
    assert load_walks(page.cursor)["listing"].mark == 1900


def test_a_listing_that_is_cut_off_before_the_mark_leaves_a_gap():
    reach = Reach(overlap=10, instant=from_milliseconds, depth=12)
    listing = Listing(shown=12, positions=[1000])
    _, cursor = poll(listing, None, reach)
    listing.positions += range(2000, 2050)
    pages = [read_back({"listing": listing}, cursor, reach)]
    while pages[-1].more:
        pages.append(read_back({"listing": listing}, pages[-1].cursor, reach))
    gap = pages[-1].gap
    assert gap is not None
    assert (gap.after, gap.before) == (from_milliseconds(1000), from_milliseconds(2038))
    assert "poll this watch more often" in gap.why
    assert load_walks(pages[-1].cursor)["listing"].mark == 2049


def test_a_listing_that_simply_ends_leaves_no_gap():
    listing = Listing(positions=[1000])
    _, cursor = poll(listing, None)
    listing.positions = list(range(2000, 2009))
    page = read_back({"listing": listing}, cursor, REACH)
    while page.more:
        page = read_back({"listing": listing}, page.cursor, REACH)
    assert page.gap is None


def test_a_platform_that_repeats_its_token_does_not_hold_the_walk_for_ever():
    def stuck(_walk: Walk) -> Batch:
        return Batch(positions=[5000], next_token="same")

    page = read_back({"listing": stuck}, dump_walks({"listing": Walk(mark=10)}), REACH)
    assert page.more
    assert not read_back({"listing": stuck}, page.cursor, REACH).more


def test_only_walks_under_way_go_on():
    first, second = Listing(positions=[1]), Listing(positions=[1])
    page = read_back({"a": first, "b": second}, None, REACH)
    first.positions += range(100, 110)
    page = read_back({"a": first, "b": second}, page.cursor, REACH)
    assert page.more
    asked = second.pages_asked
    page = read_back({"a": first, "b": second}, page.cursor, REACH)
    assert second.pages_asked == asked


def test_an_item_in_two_listings_is_returned_once():
    page = read_back({"a": Listing(positions=[7]), "b": Listing(positions=[7])}, None, REACH)
    assert [mention.external_id for mention in page.mentions] == ["7"]


def test_listings_that_left_the_query_leave_the_cursor():
    page = read_back({"old": Listing(positions=[7])}, None, REACH)
    page = read_back({"new": Listing(positions=[9])}, page.cursor, REACH)
    assert set(load_walks(page.cursor)) == {"new"}


@pytest.mark.parametrize("cursor", ["{", "[]", '{"a": 3}', '{"a": {"elsewhere": 1}}', "null and void"])
def test_a_cursor_that_is_not_ours_is_refused_with_the_way_out(cursor):
    with pytest.raises(Rejected, match="reset its cursor"):
        load_walks(cursor)


def test_walks_that_meet_the_mark_have_missed_nothing():
    assert unreachable(Walk(mark=10, low=10), REACH) is None
    assert unreachable(Walk(mark=10), REACH) is None
    assert unreachable(Walk(low=10), REACH) is None
    gap = unreachable(Walk(mark=FROM_THE_BEGINNING, low=5), REACH)
    assert gap is not None
    assert gap.after is None


def test_a_bad_item_becomes_a_fault_and_the_others_are_kept():
    def mention_of(item):
        if item["text"] is None:
            return None
        return Mention(source="x", external_id=item["id"], text=item["text"].strip(), created_at=AT)

    items = [{"id": "1", "text": "good"}, {"id": "2"}, {"id": "3", "text": 4}, None, {"id": "5", "text": None}]
    mentions, faults = read_items(items, mention_of, name_of=lambda item: item["id"])
    assert [mention.external_id for mention in mentions] == ["1"]
    assert [fault.where for fault in faults] == ["2", "3", "item 4 of the page"]
    assert faults[0].why == "the platform left out 'text'"
    assert positions_of(items, lambda item: int(item["id"])) == [1, 2, 3, 5]


def test_milliseconds_are_read_back():
    assert from_milliseconds(milliseconds(AT)) == AT


@given(
    st.lists(
        st.tuples(st.integers(1, 30), st.booleans(), st.booleans()),  # items to arrive, crash, late item
        max_size=25,
    ),
    st.integers(1, 6),
)
def test_no_item_is_lost_whatever_arrives_and_whenever_we_crash(steps, size):
    listing = Listing(size=size, positions=[1000])
    page = read_back({"listing": listing}, None, REACH)
    cursor = page.cursor
    stored = {int(mention.external_id) for mention in page.mentions}
    newest = 1000
    for arriving, crash, late in steps:
        listing.positions += range(newest + 1, newest + 1 + arriving)
        newest += arriving
        if late:  # shown late, within the overlap of the last finished walk
            mark = load_walks(cursor)["listing"].mark or 0
            listing.positions += [mark - 5] * (mark - 5 not in listing.positions)
        page = read_back({"listing": listing}, cursor, REACH)
        if not crash:  # otherwise neither mentions nor cursor are stored
            stored |= {int(mention.external_id) for mention in page.mentions}
            cursor = page.cursor
        mark = load_walks(cursor)["listing"].mark or 0
        assert {at for at in listing.positions if 1000 <= at <= mark - 10} <= stored
    read, cursor = poll(listing, cursor)
    again, _ = poll(listing, cursor)
    assert {at for at in listing.positions if at >= 1000} <= stored | read | again
