"""Who asks not to be scored is not: at once, wherever it was written down, and when they are heard again."""

from __future__ import annotations

import pytest
from sqlalchemy import func, insert, select

from responder.errors import NotFound
from responder.models import (
    AccountTrace,
    Author,
    Judgement,
    Mention,
    Objection,
    Sharer,
    SharerFlag,
    Telling,
)
from responder.people.objections import id_of_handle, is_objected
from tests.factories import NOW
from tests.responder.people.crowd import RARE, Crowd


def count(crowd, table, **of) -> int:
    with crowd.database.reading() as session:
        return session.scalar(select(func.count()).select_from(table).filter_by(**of)) or 0


def mark_as_frequent(crowd, author_id: int) -> None:
    """Give an author everything a score leaves behind."""
    with crowd.database.writing() as session:
        row = session.get(Sharer, author_id)
        row.score, row.percentile, row.badge = 91.0, 97.0, "frequent"
        session.execute(
            insert(SharerFlag).values(
                author_id=author_id, month=20, brand_id=crowd.brand_id, score=91, badge="frequent", noted_at=NOW
            )
        )
        session.add(
            Judgement(
                brand_id=crowd.brand_id,
                kind="not_a_person",
                author_id=author_id,
                at=NOW,
                shown={"badge": "frequent"},
            )
        )
        case = session.get(type(crowd.case_of(author_id)), crowd.case_of(author_id).id)
        case.sharer, case.badge, case.telling = 97.0, "frequent", 3.0


@pytest.fixture
def ana(crowd) -> int:
    """Somebody with a score, on "x"."""
    author_id = crowd.hear("x", RARE, name="Ana Brook")
    crowd.notice()
    mark_as_frequent(crowd, author_id)
    return author_id


def test_everything_that_was_counted_goes_at_once(crowd, ana):
    assert count(crowd, Telling, author_id=ana) == 1
    assert crowd.objects("x", RARE)
    for table in (Sharer, SharerFlag, Telling, AccountTrace, Judgement):
        assert count(crowd, table, author_id=ana) == 0, table
    with crowd.database.reading() as session:
        assert session.scalars(select(Judgement.shown)).all() == [{}]


def test_the_case_stays_and_loses_what_rests_on_the_score(crowd, ana):
    crowd.objects("x", RARE)
    case = crowd.case_of(ana)
    assert (case.state, case.sharer, case.badge, case.telling, case.mention_count) == ("open", None, None, None, 1)
    assert crowd.events(case.id)[-1] == "not_scored"


def test_a_resolved_case_loses_it_too(crowd, ana):
    case = crowd.case_of(ana)
    crowd.resolve(case.id)
    crowd.objects("x", RARE)
    case = crowd.case(case.id)
    assert (case.state, case.sharer, case.badge, case.telling) == ("resolved", None, None, None)
    assert "not_scored" not in crowd.events(case.id)


def test_nobody_elses_case_is_touched(crowd, ana):
    other = crowd.hear("x", "copperloop")
    mark_as_frequent(crowd, other)
    crowd.objects("x", RARE)
    case = crowd.case_of(other)
    assert (case.sharer, case.badge, case.telling) == (97.0, "frequent", 3.0)
    assert count(crowd, Sharer, author_id=other) == 1


def test_links_of_the_account_are_revoked_and_hold_no_clues(crowd, ana):
    crowd.hear("bluesky", RARE, name="Ana Brook")
    crowd.notice()
    crowd.confirm(crowd.links()[0])
    crowd.objects("x", RARE)
    (link,) = crowd.links()
    assert (link.status, link.clues, link.bits, link.revoked_by, link.revoked_at) == (
        "revoked", {}, 0.0, crowd.agent, NOW,
    )  # fmt: skip
    assert crowd.person(ana) == {ana}


def test_who_objected_is_neither_counted_nor_linked_when_heard_again(crowd, ana):
    crowd.objects("x", RARE)
    crowd.hear("x", RARE, name="Ana Brook", text="It still leaks, and the lid is gone now as well")
    crowd.hear("bluesky", RARE, name="Ana Brook")
    crowd.notice()
    assert [count(crowd, table, author_id=ana) for table in (Sharer, Telling, AccountTrace)] == [0, 0, 0]
    assert crowd.links() == []
    assert crowd.case_of(ana).sharer is None


def test_an_objection_outlives_the_account_and_names_nobody(crowd, ana):
    crowd.objects("x", RARE)
    crowd.store(gone=("said-1",))
    with crowd.database.reading() as session:
        assert session.get(Author, ana) is None
        (mark,) = session.scalars(select(Objection.account))
    assert RARE not in mark
    again = crowd.hear("x", RARE, text="The kettle I bought in spring leaks again")
    assert count(crowd, Sharer, author_id=again) == 0


def test_one_may_object_before_being_heard(crowd):
    assert crowd.objects("x", "never-heard")
    author_id = crowd.hear("x", "never-heard")
    assert count(crowd, Telling, author_id=author_id) == 0


def test_objecting_twice_is_objecting_once(crowd, ana):
    assert crowd.objects("x", RARE)
    assert not crowd.objects("x", RARE)
    assert count(crowd, Objection) == 1
    assert crowd.events(crowd.case_of(ana).id).count("not_scored") == 1


def test_taking_it_back_counts_what_is_heard_from_then_on(crowd, ana):
    crowd.objects("x", RARE)
    assert crowd.takes_back("x", RARE)
    assert not crowd.takes_back("x", RARE)
    crowd.hear("x", RARE, text="It leaks once more, and nobody has written back to me")
    assert count(crowd, Telling, author_id=ana) == 1


def test_what_was_revoked_stays_revoked_when_it_is_taken_back(crowd, ana):
    crowd.hear("bluesky", RARE, name="Ana Brook")
    crowd.notice()
    crowd.objects("x", RARE)
    crowd.takes_back("x", RARE)
    crowd.hear("x", RARE, name="Ana Brook")
    crowd.notice()
    assert [link.status for link in crowd.links()] == ["revoked"]


def test_an_objection_to_one_brand_is_none_to_another(crowd, ana, context, database):
    other = Crowd(database, context, name="Lumen")
    theirs = other.hear("x", RARE)
    crowd.objects("x", RARE)
    assert count(crowd, Telling, author_id=theirs) == 1
    with database.reading() as session:
        for brand, author_id, refused in ((crowd, ana, {ana}), (other, theirs, set()), (other, ana, set())):
            assert (
                is_objected(session, secret=context.secret, brand_id=brand.brand_id, author_ids={author_id}) == refused
            )


def test_an_account_is_found_by_its_handle_within_the_brand(crowd, context, database):
    crowd.hear("x", "4711", handle="Copper_Loop")
    other = Crowd(database, context, name="Lumen")
    with database.reading() as session:
        assert id_of_handle(session, brand_id=crowd.brand_id, source="x", handle="@copper_loop") == "4711"
        for brand_id, source in ((other.brand_id, "x"), (crowd.brand_id, "bluesky")):
            with pytest.raises(NotFound):
                id_of_handle(session, brand_id=brand_id, source=source, handle="@copper_loop")


def test_a_mention_in_somebody_elses_case_counts_as_theirs(crowd, ana):
    """A case that was joined may be led by what the objector said."""
    other = crowd.case_of(crowd.hear("bluesky", "copperloop"))
    with crowd.database.writing() as session:
        mention = session.scalars(select(Mention).where(Mention.author_id == ana)).one()
        case = session.get(type(other), other.id)
        mention.case_id, case.lead_mention_id, case.sharer, case.badge = case.id, mention.id, 97.0, "frequent"
    crowd.objects("x", RARE)
    assert (crowd.case(other.id).badge, crowd.case(other.id).sharer) == (None, None)
