"""What people say against a case's place is kept, has its consequence, and can be taken back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from responder.errors import Conflict, Invalid, NotFound
from responder.intake.stock import take_stock
from responder.intake.triage import triage
from responder.learning import judgements
from responder.learning.judgements import NOT_A_PERSON, NOT_OURS, NOT_UNHAPPY, WRONG_PERSON
from responder.models import AccountLink, Case, CaseEvent, CaseState, Judgement, Mention, Sharer
from tests.factories import NOW, make_author, make_brand, make_mention, make_user
from tests.responder.intake.test_stock import complaint


class Desk:
    """A person of a team before the case of somebody who tells often."""

    def __init__(self, session):
        self.session = session
        self.brand = make_brand(session)
        self.user = make_user(session, brand=self.brand)
        self.author = make_author(session, self.brand)
        self.mentions = [
            make_mention(
                session,
                self.brand,
                author=self.author,
                text=complaint(number),
                p_negative=0.9,
                created_at=NOW - timedelta(days=number),
            )
            for number in range(9)
        ]

    def _said(self, kind, **over):
        said = {"brand_id": self.brand.id, "case_id": self.case.id, "kind": kind, "user_id": self.user.id, "now": NOW}
        return said | over

    def judge(self, kind, **over):
        return judgements.judge(self.session, **self._said(kind, **over))

    def undo(self, kind, **over):
        judgements.take_back(self.session, **self._said(kind, **over))

    @property
    def case(self):
        return self.session.scalars(select(Case).execution_options(populate_existing=True)).one()

    @property
    def sharer(self):
        return self.session.get(Sharer, self.author.id, populate_existing=True)


@pytest.fixture
def desk(context):
    with context.database.writing() as session:
        desk = Desk(session)
        ids = [mention.id for mention in desk.mentions]
    take_stock(context)
    with context.database.writing() as session:
        triage(session, ids, brand_id=desk.brand.id, now=NOW)
        desk.session = session
        yield desk


def test_who_is_called_no_person_has_no_score_and_no_badge_until_it_is_taken_back(desk):
    before = desk.case.sharer
    assert desk.case.badge == "frequent"
    desk.judge(NOT_A_PERSON)
    assert (desk.sharer.score, desk.sharer.badge, desk.sharer.kind_by) == (None, None, desk.user.id)
    assert (desk.case.badge, desk.case.sharer, desk.case.telling) == (None, None, None)
    desk.undo(NOT_A_PERSON)
    assert (desk.sharer.kind, desk.sharer.kind_by) == ("person", None)
    assert (desk.case.badge, desk.case.sharer) == ("frequent", before)


def test_a_persons_word_outlives_the_next_night(desk, context, clock):
    desk.judge(NOT_A_PERSON)
    desk.session.commit()
    desk.session.close()
    clock.tick(days=2)
    take_stock(context)
    with context.database.reading() as session:
        assert session.get(Sharer, desk.author.id).badge is None


def test_a_promise_already_made_is_not_taken_back_with_the_badge(desk):
    promised = (desk.case.promise_class, desk.case.promised_by)
    assert promised[0] == "unhappy_sharer"
    desk.judge(NOT_A_PERSON)
    assert (desk.case.promise_class, desk.case.promised_by) == promised


def test_not_unhappy_corrects_the_opinion_that_leads(desk):
    lead = desk.case.lead_mention_id
    desk.judge(NOT_UNHAPPY)
    assert desk.session.get(Mention, lead, populate_existing=True).label == "neutral"


def test_not_ours_closes_the_case_and_taking_it_back_opens_it(desk):
    desk.judge(NOT_OURS)
    assert (desk.case.state, desk.case.resolution) == (CaseState.RESOLVED, "not_for_us")
    desk.undo(NOT_OURS)
    assert desk.case.state == CaseState.OPEN


def test_the_wrong_person_is_linked_no_more(desk):
    other = make_author(desk.session, desk.brand, source="reddit")
    one, two = sorted((desk.author.id, other.id))
    link = AccountLink(
        brand_id=desk.brand.id, one_id=one, other_id=two, status="confirmed", clues={}, bits=30.0, proposed_at=NOW
    )
    desk.session.add(link)
    desk.session.flush()
    desk.judge(WRONG_PERSON)
    assert desk.session.get(AccountLink, link.id, populate_existing=True).status == "revoked"


def test_where_nobody_is_linked_nobody_is_the_wrong_person(desk):
    with pytest.raises(Conflict):
        desk.judge(WRONG_PERSON)


def test_what_was_shown_is_kept_beside_what_was_said_without_their_words(desk):
    judgement = desk.judge(NOT_UNHAPPY)
    assert judgement.shown["badge"] == "frequent"
    assert judgement.shown["p_negative"] == 0.9
    assert not any(complaint(0)[:12] in str(value) for value in judgement.shown.values())
    kinds = desk.session.scalars(select(CaseEvent.kind).where(CaseEvent.case_id == desk.case.id)).all()
    assert "judged" in kinds


def test_the_same_is_not_said_twice_and_nothing_is_taken_back_twice(desk):
    desk.judge(NOT_A_PERSON)
    with pytest.raises(Conflict):
        desk.judge(NOT_A_PERSON)
    desk.undo(NOT_A_PERSON)
    with pytest.raises(Conflict):
        desk.undo(NOT_A_PERSON)
    assert len(desk.session.scalars(select(Judgement)).all()) == 1


def test_unknown_kinds_and_other_brands_are_refused(desk):
    with pytest.raises(Invalid):
        desk.judge("ugly")
    with pytest.raises(NotFound):
        desk.judge(NOT_OURS, brand_id=make_brand(desk.session).id)
