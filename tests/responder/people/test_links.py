"""People of the team link accounts and take it back; chains are guarded; a brand is a wall."""

from __future__ import annotations

import threading
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from responder.errors import Conflict, NotAllowed, NotFound
from responder.models import AccountLink, LinkStatus
from responder.people import links
from tests.factories import NOW, make_author, make_user
from tests.responder.people.crowd import RARE, Crowd


@pytest.fixture
def link(crowd) -> AccountLink:
    """A proposed pair, on "x" and "bluesky"."""
    crowd.hear("x", RARE, name="Ana Brook")
    crowd.hear("bluesky", RARE, name="Ana Brook")
    crowd.notice()
    return crowd.links()[0]


def add_account(crowd: Crowd, source: str) -> int:
    with crowd.database.writing() as session:
        return make_author(session, brand_id=crowd.brand_id, source=source).id


def add_link(crowd: Crowd, one: int, other: int, status: LinkStatus = LinkStatus.PROPOSED) -> AccountLink:
    with crowd.database.writing() as session:
        made = AccountLink(
            brand_id=crowd.brand_id,
            one_id=min(one, other),
            other_id=max(one, other),
            status=status,
            clues={"same_name": 6.0},
            bits=7.0,
            proposed_at=NOW,
        )
        session.add(made)
        session.flush()
        return made


def test_a_confirmed_link_makes_one_person_of_two_accounts(crowd, link):
    crowd.confirm(link)
    (held,) = crowd.links()
    assert crowd.person(link.one_id) == crowd.person(link.other_id) == {link.one_id, link.other_id}
    assert (held.status, held.decided_by, held.decided_at) == ("confirmed", crowd.agent, NOW)
    assert (held.revoked_by, held.revoked_at) == (None, None)


def undo(crowd: Crowd, link: AccountLink, *, by: int, after: timedelta = timedelta(minutes=1)) -> None:
    with crowd.database.writing() as session:
        links.undo(session, brand_id=crowd.brand_id, link_id=link.id, user_id=by, now=NOW + after)


@pytest.mark.parametrize("decide", ["confirm", "reject"])
def test_ones_own_decision_is_undone_for_some_minutes(crowd, link, decide):
    getattr(crowd, decide)(link)
    undo(crowd, link, by=crowd.agent)
    (held,) = crowd.links()
    assert (held.status, held.decided_by, held.decided_at) == ("proposed", None, None)
    assert crowd.person(link.one_id) == {link.one_id}
    getattr(crowd, decide)(link)
    with pytest.raises(Conflict):
        undo(crowd, link, by=crowd.admin)
    with pytest.raises(Conflict):
        undo(crowd, link, by=crowd.agent, after=links.UNDONE_WITHIN)
    with pytest.raises(NotAllowed):
        undo(crowd, link, by=crowd.marketer)


def test_what_waits_or_was_revoked_has_nothing_to_undo(crowd, link):
    with pytest.raises(Conflict):
        undo(crowd, link, by=crowd.agent)
    crowd.confirm(link)
    crowd.revoke(link)
    with pytest.raises(Conflict):
        undo(crowd, link, by=crowd.agent)


@pytest.mark.parametrize(
    ("stands", "seen", "is_refused"),
    [
        ("proposed", "proposed", False),
        ("maybe", "proposed", False),
        ("rejected", "proposed", True),
        ("revoked", "rejected", True),
        ("rejected", "rejected", False),
        ("rejected", None, False),
    ],
)
def test_a_decision_holds_for_what_was_seen(crowd, link, stands, seen, is_refused):
    with crowd.database.writing() as session:
        session.get_one(AccountLink, link.id).status = stands

    def confirm() -> None:
        with crowd.database.writing() as session:
            links.confirm(
                session, secret=crowd.context.secret, brand_id=crowd.brand_id, link_id=link.id, user_id=crowd.agent,
                now=NOW, seen=seen,
            )  # fmt: skip

    if is_refused:
        with pytest.raises(Conflict, match="meanwhile"):
            confirm()
    else:
        confirm()
    assert crowd.links()[0].status == (stands if is_refused else "confirmed")


def test_a_rejected_link_makes_nobody_of_anybody(crowd, link):
    crowd.reject(link)
    (held,) = crowd.links()
    assert crowd.person(link.one_id) == {link.one_id}
    assert (held.status, held.decided_by, held.decided_at) == ("rejected", crowd.agent, NOW)


def test_revoking_is_one_row_and_says_who_and_when(crowd, link):
    crowd.confirm(link, by=crowd.admin)
    crowd.revoke(link)
    (held,) = crowd.links()
    assert crowd.person(link.one_id) == {link.one_id}
    assert (held.status, held.decided_by, held.revoked_by, held.revoked_at) == (
        "revoked", crowd.admin, crowd.agent, NOW,
    )  # fmt: skip


@pytest.mark.parametrize("decided", ["reject", "revoke"])
def test_a_person_may_change_their_mind_after_all(crowd, link, decided):
    if decided == "revoke":
        crowd.confirm(link)
    getattr(crowd, decided)(link)
    crowd.confirm(link)
    (held,) = crowd.links()
    assert (held.status, held.revoked_by, held.revoked_at) == ("confirmed", None, None)


def test_what_was_decided_meanwhile_is_said(crowd, link):
    with pytest.raises(Conflict):
        crowd.revoke(link)
    crowd.confirm(link)
    for decide in (crowd.confirm, crowd.reject):
        with pytest.raises(Conflict):
            decide(link)
    crowd.revoke(link)
    for decide in (crowd.revoke, crowd.reject):
        with pytest.raises(Conflict):
            decide(link)


@pytest.mark.parametrize("decide", ["confirm", "reject", "revoke"])
def test_who_only_reads_decides_nothing(crowd, link, decide):
    if decide == "revoke":
        crowd.confirm(link)
    with pytest.raises(NotAllowed):
        getattr(crowd, decide)(link, by=crowd.marketer)
    assert crowd.links()[0].status == ("confirmed" if decide == "revoke" else "proposed")


@pytest.mark.parametrize("decide", ["confirm", "reject", "revoke"])
def test_a_link_of_another_brand_is_not_there(crowd, link, context, database, decide):
    other = Crowd(database, context, name="Lumen")
    with pytest.raises(NotFound):
        getattr(other, decide)(link)
    with pytest.raises(NotFound):
        getattr(crowd, decide)(link, by=other.agent)
    assert crowd.links()[0].status == "proposed"


def test_a_second_account_on_one_platform_needs_somebody_who_leads(crowd, link):
    crowd.confirm(link)
    second = add_account(crowd, "x")
    chained = add_link(crowd, link.other_id, second)
    with pytest.raises(NotAllowed, match="two accounts on one platform"):
        crowd.confirm(chained)
    assert second not in crowd.person(link.one_id)
    crowd.confirm(chained, by=crowd.admin)
    assert second in crowd.person(link.one_id)


def test_a_seventh_account_needs_somebody_who_leads(crowd):
    ids = [add_account(crowd, f"place-{number}") for number in range(links.MOST_ACCOUNTS + 1)]
    chain = [add_link(crowd, one, other) for one, other in pairwise(ids)]
    for each in chain[:-1]:
        crowd.confirm(each)
    with pytest.raises(NotAllowed, match="more than six"):
        crowd.confirm(chain[-1])
    crowd.confirm(chain[-1], by=crowd.admin)


def test_two_chains_are_counted_together(crowd):
    ids = [add_account(crowd, f"place-{number}") for number in range(8)]
    pairs = list(pairwise(ids))
    middle = add_link(crowd, *pairs.pop(3))
    for pair in pairs:
        crowd.confirm(add_link(crowd, *pair))
    with pytest.raises(NotAllowed):
        crowd.confirm(middle)


def test_two_confirmations_together_cannot_build_what_neither_may(crowd):
    """One middle account, one more on each side of the same platform: whoever comes second waits, and is refused."""
    middle = add_account(crowd, "bluesky")
    first, second = (add_link(crowd, middle, add_account(crowd, "x")) for _ in range(2))
    began, outcome = threading.Event(), []

    def confirm_second() -> None:
        began.set()
        try:
            crowd.confirm(second)
        except NotAllowed as refusal:
            outcome.append(refusal)

    thread = threading.Thread(target=confirm_second)
    with crowd.database.writing() as session:
        links.confirm(
            session,
            secret=crowd.context.secret,
            brand_id=crowd.brand_id,
            link_id=first.id,
            user_id=crowd.agent,
            now=NOW,
        )
        thread.start()
        began.wait()
        thread.join(0.5)
        assert thread.is_alive(), "it did not wait for the first one to end"
    thread.join()
    assert len(outcome) == 1
    assert len(crowd.person(middle)) == 2


@given(
    st.lists(st.sampled_from(["x", "bluesky", "reddit", "mastodon"]), min_size=2, max_size=9),
    st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8), st.booleans()), max_size=12),
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_order_of_moves_lets_an_agent_build_an_unusual_person(sqlite_database, context, sources, moves):
    """Whatever an agent confirms and revokes, in whatever order, no person is ever unusual."""
    crowd = Crowd(sqlite_database, context, name=f"Brand {next(_NUMBERS)}")
    with sqlite_database.writing() as session:
        source_of = {make_author(session, brand_id=crowd.brand_id, source=source).id: source for source in sources}
    ids, made = list(source_of), {}
    for one, other, confirms in moves:
        pair = (ids[one % len(ids)], ids[other % len(ids)])
        if pair[0] == pair[1]:
            continue
        key = (min(pair), max(pair))
        made[key] = made.get(key) or add_link(crowd, *key)
        try:
            (crowd.confirm if confirms else crowd.revoke)(made[key])
        except (Conflict, NotAllowed):
            continue
        for author_id in ids:
            assert not links.is_unusual([source_of[each] for each in crowd.person(author_id)])


def _count():
    number = 0
    while True:
        number += 1
        yield number


_NUMBERS = _count()


@pytest.mark.parametrize(
    ("sources", "unusual"),
    [(["x"], False), (["x", "bluesky"], False), (["x", "x"], True), (list("abcdef"), False), (list("abcdefg"), True)],
)
def test_what_is_unusual(sources, unusual):
    assert links.is_unusual(sources) is unusual


def test_nothing_is_linked_to_who_asked_not_to_be_scored(crowd, link):
    crowd.objects("x", RARE)
    with pytest.raises(Conflict, match="asked not to be scored"):
        crowd.confirm(link)


def test_somebody_who_left_the_team_is_forgotten_and_the_link_stays(crowd, link):
    with crowd.database.writing() as session:
        from responder.models import Brand, User

        leaver = make_user(session, brand=session.get(Brand, crowd.brand_id))
    crowd.confirm(link, by=leaver.id)
    with crowd.database.writing() as session:
        session.delete(session.get(User, leaver.id))
    assert [(held.status, held.decided_by) for held in crowd.links()] == [("confirmed", None)]
