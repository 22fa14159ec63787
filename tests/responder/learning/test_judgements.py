"""What people say against a case's place is kept, has its consequence, and can be taken back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from responder.cases import lifecycle
from responder.errors import Conflict, Invalid, NotFound
from responder.intake import leads
from responder.intake.stock import take_stock
from responder.intake.triage import triage
from responder.learning import corrections, judgements
from responder.learning.judgements import NOT_A_PERSON, NOT_OURS, NOT_UNHAPPY, WRONG_PERSON
from responder.models import AccountLink, Case, CaseEvent, CaseState, Judgement, Mention, Sharer
from responder.sharers.profiles import forget, profile
from tests.factories import NOW, make_author, make_brand, make_mention, make_user
from tests.responder.intake.test_stock import complaint

SECRET = "a secret of forty characters, more or less"


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
        judgements.take_back(self.session, secret=SECRET, **self._said(kind, **over))

    def said(self):
        return judgements.said_of(self.session, self.case)

    def link(self, source="reddit"):
        """Let somebody of the team have linked another account of theirs, which told once; return both."""
        other = make_author(self.session, self.brand, source=source)
        heard = make_mention(
            self.session, self.brand, author=other, source=source, text=complaint(f"on {source}"), p_negative=0.9
        )
        one, two = sorted((self.author.id, other.id))
        link = AccountLink(
            brand_id=self.brand.id, one_id=one, other_id=two, status="confirmed", clues={}, bits=30.0, proposed_at=NOW
        )
        self.session.add(link)
        self.session.flush()
        profile(self.session, [heard.id], brand_id=self.brand.id, secret=SECRET, now=NOW)
        triage(self.session, [heard.id], brand_id=self.brand.id, now=NOW)
        return other, link

    def case_of(self, author):
        wanted = select(Case).where(Case.author_id == author.id)
        return self.session.scalars(wanted.execution_options(populate_existing=True)).one()

    @property
    def case(self):
        return self.case_of(self.author)

    def leave(self, count):
        """Delete all but so many of the case's texts at their source; return these."""
        kept = [mention.id for mention in self.mentions[:count]]
        self.session.execute(update(Mention).where(Mention.id.not_in(kept)).values(gone_at=NOW))
        leads.refresh(self.session, {self.case.id}, now=NOW)
        return kept

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


def test_the_wrong_person_is_linked_no_more_until_it_is_taken_back(desk):
    _, link = desk.link()
    desk.judge(WRONG_PERSON)
    assert desk.session.get(AccountLink, link.id, populate_existing=True).status == "revoked"
    assert desk.said() == {WRONG_PERSON}
    desk.undo(WRONG_PERSON)
    assert desk.session.get(AccountLink, link.id, populate_existing=True).status == "confirmed"
    assert desk.said() == set()


def test_who_was_linked_anew_may_be_the_wrong_person_again(desk):
    desk.link()
    desk.judge(WRONG_PERSON)
    desk.link("x")
    assert desk.said() == set()
    desk.judge(WRONG_PERSON, now=NOW + timedelta(hours=1))
    first, second = desk.session.scalars(select(Judgement).order_by(Judgement.id))
    assert (first.undone_at is None, second.undone_at) == (False, None)


def test_no_person_is_none_on_linked_accounts_either(desk):
    other, _ = desk.link()
    assert (desk.case.badge, desk.case_of(other).badge) == ("frequent", "frequent")
    alone = desk.session.get(Sharer, other.id).percentile
    desk.judge(NOT_A_PERSON)
    assert (desk.case.badge, desk.case_of(other).badge) == (None, None)
    assert desk.case_of(other).sharer == desk.case.sharer == alone
    desk.undo(NOT_A_PERSON)
    assert (desk.case.badge, desk.case_of(other).badge) == ("frequent", "frequent")


def test_a_judged_case_is_in_step_although_it_is_resolved(desk):
    desk.judge(NOT_OURS)
    desk.judge(NOT_A_PERSON)
    assert (desk.case.badge, desk.case.sharer) == (None, None)


def test_a_case_opened_again_by_hand_may_be_called_not_ours_again(desk):
    desk.judge(NOT_OURS)
    move = {"brand_id": desk.brand.id, "case_id": desk.case.id, "user_id": desk.user.id, "now": NOW}
    lifecycle.reopen(desk.session, **move)
    assert desk.said() == set()
    desk.judge(NOT_OURS)
    assert desk.case.state == CaseState.RESOLVED


def test_taking_back_what_is_gone_already_succeeds(desk):
    desk.judge(NOT_OURS)
    move = {"brand_id": desk.brand.id, "case_id": desk.case.id, "user_id": desk.user.id, "now": NOW}
    lifecycle.reopen(desk.session, **move)
    desk.undo(NOT_OURS)
    desk.judge(NOT_UNHAPPY)
    lead = desk.case.lead_mention_id
    said = desk.session.scalars(select(Judgement).where(Judgement.kind == NOT_UNHAPPY)).one()
    mention = {"brand_id": desk.brand.id, "mention_id": said.mention_id, "user_id": desk.user.id, "now": NOW}
    corrections.take_back(desk.session, **mention)
    assert desk.case.lead_mention_id != lead
    assert desk.said() == set()
    desk.undo(NOT_UNHAPPY)
    assert {row.undone_at for row in desk.session.scalars(select(Judgement))} == {NOW}


def test_anybody_of_the_team_may_take_back_what_another_said(desk):
    (only,) = desk.leave(1)
    desk.judge(NOT_UNHAPPY)
    desk.undo(NOT_UNHAPPY, user_id=make_user(desk.session, brand=desk.brand).id)
    assert desk.session.get(Mention, only, populate_existing=True).label == "negative"
    assert desk.said() == set()


def test_what_they_had_said_of_the_text_before_counts_again(desk):
    (only,) = desk.leave(1)
    mention = {"brand_id": desk.brand.id, "mention_id": only, "user_id": desk.user.id}
    corrections.correct(desk.session, label="negative", intent="complaint", now=NOW - timedelta(days=1), **mention)
    desk.judge(NOT_UNHAPPY)
    desk.undo(NOT_UNHAPPY, now=NOW + timedelta(days=1))
    shown = desk.session.get(Mention, only, populate_existing=True)
    assert (shown.label, shown.intent, shown.model) == ("negative", "complaint", shown.model)
    assert corrections.corrected(desk.session, [only], reader_id=desk.user.id)[only].is_mine


def test_an_admins_word_on_the_opinion_is_not_called_away(desk):
    (only,) = desk.leave(1)
    admin = make_user(desk.session, brand=desk.brand, role="admin")
    mention = {"brand_id": desk.brand.id, "mention_id": only, "user_id": admin.id, "now": NOW}
    corrections.correct(desk.session, label="negative", **mention)
    with pytest.raises(Conflict):
        desk.judge(NOT_UNHAPPY)
    assert desk.said() == set()


def test_who_is_shown_as_happy_is_not_called_not_unhappy(desk):
    (only,) = desk.leave(1)
    mention = {"brand_id": desk.brand.id, "mention_id": only, "user_id": desk.user.id, "now": NOW}
    corrections.correct(desk.session, label="positive", **mention)
    with pytest.raises(Conflict):
        desk.judge(NOT_UNHAPPY)


def test_what_was_said_of_a_person_is_not_lost_with_what_they_told(desk):
    desk.judge(NOT_A_PERSON)
    forget(desk.session, desk.brand.id, [mention.id for mention in desk.mentions], now=NOW)
    heard = make_mention(desk.session, desk.brand, author=desk.author, text=complaint(77), p_negative=0.9)
    profile(desk.session, [heard.id], brand_id=desk.brand.id, secret=SECRET, now=NOW)
    assert (desk.sharer.kind, desk.sharer.score) == ("automated", None)
    assert desk.said() == {NOT_A_PERSON}


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
