"""Which texts belong together: by meaning and by letters, on average over a group, from several people, and as news."""

from __future__ import annotations

import numpy as np
import pytest

from responder.incidents.grouping import JOINS, OPENS, Likeness, Text, centre, common, group, pieces, shared_pieces
from tests.embedders import vector_of
from tests.responder.incidents.complaining import LEAKS, direction


def text(key: int, said: str, who: str | None = None) -> Text:
    return Text(key, who or f"person{key}", direction(said).astype(np.float32), said)


def leaks(count: int, first: int = 0) -> list[Text]:
    return [text(first + number, f"{LEAKS[number % 4]} {number}") for number in range(count)]


def test_three_people_open_and_two_do_not():
    assert group(leaks(2), [], {}).opened == []
    [opened] = group(leaks(3), [], {}).opened
    assert set(opened) == {0, 1, 2}
    assert min(opened.values()) >= JOINS


def test_a_group_that_is_no_news_stays_loose():
    asked = []
    found = group(leaks(4), [], {}, is_news=lambda members: bool(asked.append(len(members))))
    assert found.opened == []
    assert asked == [3, 4]


def test_a_text_joins_the_incident_it_is_most_alike_to_and_none_it_is_not():
    bills = [text(50 + number, f"#bill charged twice for march {number}") for number in range(3)]
    fresh = [text(1, "#leak leaking badly"), text(2, "#bill charged me twice"), text(3, "#post the parcel is lost")]
    found = group(fresh, [], {7: leaks(4, first=20), 8: bills})
    assert {joined.key: joined.incident for joined in found.joined} == {1: 7, 2: 8}
    assert all(joined.likeness >= JOINS for joined in found.joined)
    assert found.opened == []


def test_what_opened_can_be_joined_by_the_next_text_of_the_same_step():
    [opened] = group(leaks(6), [], {}).opened
    assert len(opened) == 6


def test_loose_texts_come_along_when_their_incident_opens():
    loose = leaks(2)
    [opened] = group([text(9, "#leak and mine leaks as well")], loose, {}).opened
    assert set(opened) == {0, 1, 9}


def test_a_chain_of_likenesses_does_not_drift_into_another_topic():
    """Each step is close to the one before, the ends have nothing in common: they are not one incident."""
    start, end = vector_of("start"), vector_of("end")
    chain = []
    for number, share in enumerate(np.linspace(0, 1, 12)):
        mixed = np.cos(share * np.pi / 2) * start + np.sin(share * np.pi / 2) * end
        said = " ".join(f"word{number + step}" for step in range(6))
        chain.append(Text(number, f"p{number}", (mixed / np.linalg.norm(mixed)).astype(np.float32), said))
    near = Likeness(chain, inside={})
    assert near.mean(0, [1]) >= JOINS, "neighbours are alike"
    found = group(chain, [], {})
    assert not any({0, 11} <= set(opened) for opened in found.opened)


def test_one_person_counts_once():
    assert group([text(key, f"{said} {key}", who="ann") for key, said in enumerate(LEAKS)], [], {}).opened == []


def test_the_order_of_loose_texts_changes_nothing():
    loose = [*leaks(5), *(text(40 + key, f"#bill number {key}") for key in range(5))]
    new = [text(90, "#leak leaks")]
    one, other = group(new, loose, {}), group(new, loose[::-1], {})
    assert [set(opened) for opened in one.opened] == [set(opened) for opened in other.opened]


def test_letters_tell_apart_what_vectors_blur():
    same = direction("#flight")
    known = [
        Text(key, f"p{key}", same.astype(np.float32), f"flight QF318 {said} porto verrano")
        for key, said in enumerate(("cancelled", "gone cancelled", "cancelled again"))
    ]
    here = Text(10, "x", same.astype(np.float32), "QF318 cancelled in porto verrano")
    there = Text(11, "y", same.astype(np.float32), "lounge lemonade tastes odd")
    near = Likeness([here, there], inside={1: known})
    assert near.mean(near.places_of([here])[0], near.groups[1]) > near.mean(near.places_of([there])[0], near.groups[1])


def test_pieces_are_of_words_and_leave_out_links_handles_and_the_brand():
    assert pieces("@halvanto Halvanto https://example.com/x down", {"halvanto"}) == {" dow", "down", "own "}
    assert pieces("TV") == {" tv "}
    assert pieces("") == frozenset()
    assert pieces("ΔΙΑΚΟΠΉ") == pieces("διακοπη")


def test_shared_pieces_are_symmetric_and_short_texts_share_less():
    long = pieces("the router restarts every hour since the update")
    assert shared_pieces(long, long) > shared_pieces(pieces("router"), pieces("router"))
    assert shared_pieces(long, pieces("router")) == shared_pieces(pieces("router"), long)
    assert shared_pieces(frozenset(), long) == 0


def test_what_all_have_in_common_is_taken_out_less_where_few_are():
    one = vector_of("a")
    assert common([]) == 0.0
    assert np.linalg.norm(common([one])) == pytest.approx(1 / 21)
    assert np.linalg.norm(common([one] * 980)) == pytest.approx(0.98)


def test_the_centre_is_a_direction_and_none_when_vectors_cancel_out():
    one = vector_of("a")
    assert np.linalg.norm(centre([one, vector_of("b")])) == pytest.approx(1)
    assert not centre([one, -one]).any()


def test_opening_asks_for_more_than_joining():
    assert OPENS > JOINS
