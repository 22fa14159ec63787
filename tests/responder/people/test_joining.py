"""A mention that names another case is proposed to join it; a person joins, refuses and undoes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from responder.cases import lifecycle
from responder.errors import Conflict, NotFound
from responder.models import Case, JoinProposal
from tests.factories import NOW
from tests.responder.people.crowd import Crowd
from tests.responder.recounting import assert_rollups_equal_a_recount


@pytest.fixture
def named(crowd) -> Case:
    """The case whose code others name, of somebody on "x"."""
    return crowd.case_of(crowd.hear("x", "copperloop"))


@pytest.fixture
def proposal(crowd, named) -> JoinProposal:
    """Somebody on "bluesky" names it: their only mention, in a case of its own."""
    crowd.hear("bluesky", "gazdunn", text=f"about {crowd.code(named)}: still leaking")
    crowd.notice()
    (found,) = crowd.joins()
    return found


def leaves(crowd, proposal) -> Case:
    """The case the proposed mention stands in."""
    with crowd.database.reading() as session:
        from responder.models import Mention

        return crowd.case(session.get(Mention, proposal.mention_id).case_id)


def test_naming_a_code_proposes_and_moves_nothing(crowd, named, proposal):
    assert (proposal.case_id, proposal.status, proposal.from_case_id) == (named.id, "proposed", None)
    assert leaves(crowd, proposal).id != named.id
    assert crowd.case(named.id).mention_count == 1


def test_joining_moves_the_mention_and_closes_what_it_emptied(crowd, named, proposal):
    left = leaves(crowd, proposal)
    crowd.decide("join", proposal)
    assert leaves(crowd, proposal).id == named.id
    assert crowd.case(named.id).mention_count == 2
    left = crowd.case(left.id)
    assert (left.state, left.resolution, left.mention_count, left.lead_mention_id) == ("resolved", "joined", 0, None)
    assert crowd.events(left.id)[-2:] == ["mention_moved", "resolved"]
    assert crowd.events(named.id)[-1] == "mention_joined"
    (held,) = crowd.joins()
    assert (held.status, held.from_case_id, held.decided_by) == ("joined", left.id, crowd.agent)
    with crowd.database.reading() as session:
        assert_rollups_equal_a_recount(session)


def test_a_case_that_joining_emptied_is_not_called_deleted(crowd, named, proposal):
    left = leaves(crowd, proposal)
    crowd.decide("join", proposal)
    with crowd.database.writing() as session, pytest.raises(Conflict, match="moved to another"):
        lifecycle.reopen(session, brand_id=crowd.brand_id, case_id=left.id, user_id=crowd.agent, now=NOW)


def test_a_case_with_more_in_it_stays_as_it_is(crowd, named, proposal):
    crowd.hear("bluesky", "gazdunn", text="and another thing: the lid")
    left = leaves(crowd, proposal)
    crowd.decide("join", proposal)
    left = crowd.case(left.id)
    assert (left.state, left.resolution, left.mention_count) == ("open", None, 1)


def test_undoing_goes_back_to_where_it_was(crowd, named, proposal):
    left = leaves(crowd, proposal)
    before = crowd.case(named.id)
    crowd.decide("join", proposal)
    crowd.decide("undo", proposal)
    assert leaves(crowd, proposal).id == left.id
    again = crowd.case(left.id)
    assert (again.state, again.resolution, again.resolved_at, again.mention_count) == ("open", None, None, 1)
    assert again.lead_mention_id == proposal.mention_id
    after = crowd.case(named.id)
    assert (after.mention_count, after.lead_mention_id) == (before.mention_count, before.lead_mention_id)
    assert [held.status for held in crowd.joins()] == ["revoked"]


def test_joining_wakes_a_case_that_was_resolved(crowd, named, proposal):
    crowd.resolve(named.id)
    crowd.decide("join", proposal)
    woken = crowd.case(named.id)
    assert (woken.state, woken.resolution, woken.resolved_at) == ("open", None, None)
    assert crowd.events(named.id)[-1] == "reopened"


def test_a_case_that_was_resolved_by_somebody_is_not_called_joined(crowd, named, proposal):
    left = leaves(crowd, proposal)
    crowd.resolve(left.id)
    crowd.decide("join", proposal)
    assert crowd.case(left.id).resolution == "answered"
    crowd.decide("undo", proposal)
    assert (crowd.case(left.id).state, crowd.case(left.id).mention_count) == ("resolved", 1)


def test_refusing_leaves_everything_where_it_is(crowd, named, proposal):
    left = leaves(crowd, proposal)
    crowd.decide("refuse", proposal)
    assert leaves(crowd, proposal).id == left.id
    assert [held.status for held in crowd.joins()] == ["refused"]


@pytest.mark.parametrize("decisions", [["refuse"], ["join"], ["join", "undo"]])
def test_what_was_decided_is_never_proposed_again(crowd, named, proposal, decisions):
    for decision in decisions:
        crowd.decide(decision, proposal)
    decided = [held.status for held in crowd.joins()]
    with crowd.database.writing() as session:
        from responder.people.joining import propose_joins
        from tests.factories import NOW

        found = propose_joins(
            session, {proposal.mention_id}, brand_id=crowd.brand_id, secret=crowd.context.secret, now=NOW
        )
    assert (found, [held.status for held in crowd.joins()]) == (0, decided)


@pytest.mark.parametrize(
    ("first", "then"), [("join", "join"), ("join", "refuse"), ("refuse", "join"), ("refuse", "undo")]
)
def test_what_was_decided_meanwhile_is_said(crowd, proposal, first, then):
    crowd.decide(first, proposal)
    with pytest.raises(Conflict):
        crowd.decide(then, proposal)


def test_what_is_only_proposed_cannot_be_undone(crowd, proposal):
    with pytest.raises(Conflict):
        crowd.decide("undo", proposal)


def test_what_was_deleted_at_its_source_is_not_moved(crowd, named, proposal):
    crowd.store(gone=("said-2",), source="bluesky")
    with pytest.raises(Conflict):
        crowd.decide("join", proposal)


def test_what_was_moved_on_is_not_pulled_back(crowd, named, proposal):
    crowd.decide("join", proposal)
    elsewhere = crowd.case_of(crowd.hear("reddit", "somebody"))
    with crowd.database.writing() as session:
        from responder.models import Mention

        session.get(Mention, proposal.mention_id).case_id = elsewhere.id
    with pytest.raises(Conflict):
        crowd.decide("undo", proposal)


def test_naming_ones_own_case_proposes_nothing(crowd, named):
    crowd.hear("x", "copperloop", text=f"again about {crowd.code(named)}")
    crowd.notice()
    assert crowd.joins() == []


def test_a_code_nobody_has_proposes_nothing(crowd, named):
    from responder.cases.codes import code_of

    crowd.hear("bluesky", "gazdunn", text=f"about {code_of(999_999, secret=crowd.context.secret)}")
    crowd.notice()
    assert crowd.joins() == []


@pytest.mark.parametrize("decide", ["join", "refuse", "undo"])
def test_a_code_of_another_brand_opens_nothing(crowd, named, proposal, context, database, decide):
    other = Crowd(database, context, name="Lumen")
    other.hear("bluesky", "gazdunn", text=f"about {crowd.code(named)}")
    other.notice()
    assert other.joins() == []
    with pytest.raises(NotFound):
        other.decide(decide, proposal)


def test_the_old_code_of_a_joined_case_leads_to_where_it_went(crowd, named, proposal):
    left = leaves(crowd, proposal)
    crowd.decide("join", proposal)
    crowd.hear("mastodon", "somebody", text=f"see {crowd.code(left)} please")
    crowd.notice()
    assert [held.case_id for held in crowd.joins()] == [named.id, named.id]


@pytest.fixture
def chain(crowd) -> list[Case]:
    """Three cases; the second names the third, and the first names both."""
    third = crowd.case_of(crowd.hear("reddit", "cat"))
    second = crowd.case_of(crowd.hear("bluesky", "bob", text=f"about {crowd.code(third)}"))
    first = crowd.case_of(crowd.hear("x", "ann", text=f"{crowd.code(second)} and {crowd.code(third)}"))
    crowd.notice()
    return [first, second, third]


def proposed(crowd, mention: str, target: Case) -> JoinProposal:
    (found,) = [
        held for held in crowd.joins() if (held.mention_id, held.case_id) == (crowd.mention(mention).id, target.id)
    ]
    return found


def test_a_code_is_followed_to_the_end_however_often_its_case_was_joined(crowd, chain):
    first, second, third = chain
    crowd.decide("join", proposed(crowd, "said-3", second))
    crowd.decide("join", proposed(crowd, "said-3", third))
    crowd.decide("join", proposed(crowd, "said-2", third))
    assert [crowd.case(case.id).resolution for case in chain] == ["joined", "joined", None]
    crowd.hear("mastodon", "dan", text=f"code {crowd.code(first)}")
    crowd.notice()
    assert crowd.joins()[-1].case_id == third.id


def test_joining_a_case_that_was_emptied_meanwhile_leads_where_it_went(crowd, chain):
    _, second, third = chain
    crowd.decide("join", proposed(crowd, "said-2", third))
    waits = proposed(crowd, "said-3", second)
    crowd.decide("join", waits)
    assert crowd.mention("said-3").case_id == third.id
    assert (crowd.case(second.id).state, crowd.case(second.id).mention_count) == ("resolved", 0)
    joined = [held for held in crowd.joins() if held.mention_id == waits.mention_id]
    assert [(held.case_id, held.status) for held in joined] == [(third.id, "joined")]
    crowd.decide("undo", joined[0])
    assert crowd.mention("said-3").case_id == chain[0].id


@pytest.mark.parametrize(
    ("state", "columns"),
    [
        ("snoozed", {"snoozed_until": NOW + timedelta(hours=4)}),
        ("pending", {}),
        ("resolved", {"resolution": "answered", "resolved_at": NOW - timedelta(hours=1)}),
    ],
)
@pytest.mark.parametrize("whose", ["left", "named"])
def test_undoing_puts_both_cases_back_as_they_were(crowd, named, proposal, whose, state, columns):
    case_id = named.id if whose == "named" else leaves(crowd, proposal).id
    with crowd.database.writing() as session:
        session.execute(update(Case).where(Case.id == case_id).values(state=state, **columns))
    crowd.decide("join", proposal)
    crowd.decide("undo", proposal)
    case = crowd.case(case_id)
    assert case.state == state
    assert {name: getattr(case, name) for name in columns} == columns


def test_a_snooze_that_ended_meanwhile_is_not_slept_again(crowd, named, proposal):
    left = leaves(crowd, proposal)
    with crowd.database.writing() as session:
        session.execute(update(Case).where(Case.id == left.id).values(state="snoozed", snoozed_until=NOW))
    crowd.decide("join", proposal)
    crowd.decide("undo", proposal)
    assert (crowd.case(left.id).state, crowd.case(left.id).snoozed_until) == ("open", None)


def test_what_was_heard_since_keeps_the_case_open_when_a_join_is_undone(crowd, named, proposal):
    crowd.resolve(named.id)
    crowd.decide("join", proposal)
    crowd.hear("x", "copperloop", text="and it still leaks")
    crowd.decide("undo", proposal)
    assert crowd.case(named.id).state == "open"


def test_who_was_joined_goes_on_in_the_case_it_went_to(crowd, named, proposal):
    crowd.decide("join", proposal)
    crowd.hear("bluesky", "gazdunn", text="still nothing, the kettle leaks")
    assert crowd.mention("said-3").case_id == named.id
    assert crowd.case(named.id).mention_count == 3
    crowd.resolve(named.id)
    crowd.hear("bluesky", "gazdunn", text="a new kettle, and this one leaks too")
    assert crowd.mention("said-4").case_id not in {named.id, None}, "what is over is not opened again by them"


def test_who_was_joined_and_taken_back_goes_on_on_their_own(crowd, named, proposal):
    left = leaves(crowd, proposal)
    crowd.decide("join", proposal)
    crowd.decide("undo", proposal)
    crowd.hear("bluesky", "gazdunn", text="still nothing")
    assert crowd.mention("said-3").case_id == left.id


def test_several_codes_are_several_proposals(crowd, named):
    second = crowd.case_of(crowd.hear("reddit", "somebody"))
    crowd.hear("bluesky", "gazdunn", text=f"{crowd.code(named)} and {crowd.code(second)}")
    crowd.notice()
    assert {held.case_id for held in crowd.joins()} == {named.id, second.id}


def test_an_edit_that_adds_a_code_proposes(crowd, named):
    crowd.hear("bluesky", "gazdunn", text="hello?")
    mention = crowd.last
    crowd.notice()
    crowd.edit(mention, f"hello? {crowd.code(named)}")
    crowd.notice()
    assert [held.case_id for held in crowd.joins()] == [named.id]


def test_events_hold_no_words_of_theirs(crowd, named, proposal):
    crowd.decide("join", proposal)
    with crowd.database.reading() as session:
        from responder.models import CaseEvent

        details = session.scalars(select(CaseEvent.detail)).all()
    assert "leak" not in repr(details)


def test_what_is_pushed_to_us_proposes_as_well(crowd, named):
    from listeners.pages import Page
    from responder.intake.store import store_page
    from tests.responder.intake.stores import a_mention

    with crowd.database.writing() as session:
        store_page(
            session,
            brand_id=crowd.brand_id,
            watch_ids=(),
            page=Page(mentions=(a_mention("pushed", f"It is {crowd.code(named)}"),)),
            now=crowd.context.clock(),
        )
    crowd.store()
    crowd.notice()
    assert [held.case_id for held in crowd.joins()] == [named.id]
