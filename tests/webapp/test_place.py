"""Why a case stands where it does, who has it open, and what people say against its place: on the pages."""

from __future__ import annotations

from datetime import timedelta

import pytest

from responder.cases.snapshots import Ranker
from responder.models import AccountLink, Case, Judgement, Role, Sharer, Telling
from tests.factories import NOW, make_author, make_case, make_mention


@pytest.fixture
def me(login_as):
    return login_as(Role.AGENT, name="Mina")


@pytest.fixture
def case(me, context):
    with context.database.writing() as session:
        who = make_author(session, me.brand, name="Ana", handle="ana")
        session.add(
            Sharer(
                author_id=who.id, brand_id=me.brand.id, source=who.source, weight=3.0, days=6, tellings=8, own_words=8,
                copied=0, repeated=0, linked=0, personal=8, selling=0, first_at=NOW - timedelta(days=50), last_at=NOW,
                kind="person", kind_reason="8 of 8 posts speak in the first person.", score=91.0, percentile=97.0,
                carry=None, coverage=1.0, met=0.8, badge="frequent", computed_at=NOW,
            )
        )  # fmt: skip
        lead = make_mention(session, me.brand, author=who, text="The lid burnt my hand", p_negative=0.93)
        session.add(
            Telling(
                mention_id=lead.id, author_id=who.id, brand_id=me.brand.id, day=1, at=NOW, mark=None, copied=False,
                repeated=False, is_reshare=False, linked=False, personal=True, selling=False, reshared=None,
            )
        )  # fmt: skip
        return make_case(
            session,
            lead=lead,
            sharer=97.0,
            badge="frequent",
            telling=4.0,
            promise_class="unhappy_sharer",
            promised_by=NOW + timedelta(minutes=21),
        )


def press(me, case, move, **fields):
    return me.browser.send(f"/cases/{case.id}/{move}", {"shown_as": "case", **fields}, headers={"HX-Request": "true"})


def test_the_queue_shows_the_badge_the_promise_and_the_reasons_of_a_place(me, case):
    page = me.browser.get("/queue").text
    assert "frequent sharer" in page
    assert "21 min left" in page
    assert "heard on 6 days, more than 97 % of people" in page


def test_a_missed_promise_says_since_when(me, case, context):
    with context.database.writing() as session:
        session.get(Case, case.id).promised_by = NOW - timedelta(minutes=9)
    assert "missed 9 min ago" in me.browser.get("/queue").text


def test_a_marketer_sees_nobodys_score(login_as, me, case):
    marketer = login_as(Role.MARKETER, brand=me.brand)
    for page in ("/queue", f"/cases/{case.id}"):
        text = marketer.browser.get(page).text
        assert "frequent sharer" not in text
        assert "97 %" not in text
        assert "how much they tell" in text


def test_danger_is_shown_first_and_can_be_set_and_unset(me, case, context):
    assert "fire, shock or gas" in press(me, case, "danger", danger="fire").text
    with context.database.reading() as session:
        assert session.get(Case, case.id).safety == "fire"
    press(me, case, "danger", danger="")
    with context.database.reading() as session:
        held = session.get(Case, case.id)
        assert (held.safety, held.safety_by) == (None, me.user.id)


def test_opening_a_case_holds_it_and_others_are_told(login_as, me, case):
    assert me.browser.send(f"/cases/{case.id}/lease", {}).json == {"holder": "Mina", "is_mine": True}
    other = login_as(Role.AGENT, brand=me.brand, name="Jon")
    assert other.browser.send(f"/cases/{case.id}/lease", {}).json == {"holder": "Mina", "is_mine": False}
    assert "Mina has it open" in other.browser.get("/queue").text


def test_what_is_said_against_a_place_is_kept_and_can_be_taken_back(me, case, context):
    text = press(me, case, "judge", judgement="not_a_person").text
    assert "Called no person" in text
    assert "frequent sharer" not in text
    with context.database.reading() as session:
        assert session.query(Judgement).one().kind == "not_a_person"
    assert "Not a person" in press(me, case, "undo-judgement", judgement="not_a_person").text


def test_the_case_page_says_how_much_the_author_tells_and_how_sure_that_is(me, case):
    text = me.browser.get(f"/cases/{case.id}").text
    for words in ("6 days", "97 % on", "high", "8 of 8 posts speak in the first person."):
        assert words in text


def test_what_is_said_after_the_ranking_leaves_queue_and_case_standing(me, case, context):
    with context.database.writing() as session:
        for p_negative in (0.2, 0.3, 0.6):
            make_case(session, lead=make_mention(session, me.brand, p_negative=p_negative))
    assert Ranker().rank_due(context) == 1
    assert press(me, case, "judge", judgement="not_unhappy").status_code == 200
    assert [me.browser.get(path).status_code for path in ("/queue", f"/cases/{case.id}")] == [200, 200]


def test_the_wrong_person_is_marked_on_the_case_and_can_be_taken_back(me, case, context):
    with context.database.writing() as session:
        other = make_author(session, me.brand, source="reddit")
        one, two = sorted((case.author_id, other.id))
        session.add(
            AccountLink(
                brand_id=me.brand.id, one_id=one, other_id=two, status="confirmed", clues={}, bits=30.0, proposed_at=NOW
            )
        )
    assert "/undo-judgement" in press(me, case, "judge", judgement="wrong_person").text
    assert "/undo-judgement" not in press(me, case, "undo-judgement", judgement="wrong_person").text
