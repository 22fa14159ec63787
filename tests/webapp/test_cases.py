"""The page of one case."""

from __future__ import annotations

import pytest

from responder.models import Case, Role
from tests.factories import NOW, make_author, make_case, make_mention
from webapp.cases.moves import snooze_until


@pytest.fixture
def me(login_as):
    return login_as(Role.AGENT, name="Mina")


@pytest.fixture
def case(me, context):
    with context.database.writing() as session:
        who = make_author(session, me.brand, name="Ana", handle="ana", followers=77, url="https://social.example/ana")
        question = make_mention(session, me.brand, external_id="q", text="Does anybody else's kettle leak?")
        lead = make_mention(
            session,
            me.brand,
            author=who,
            text="Mine leaks <b>badly</b>",
            parent_id="q",
            url="https://social.example/p/2",
            p_negative=0.9,
            likes=3,
            rating=2.0,
        )
        case = make_case(session, lead=lead, followers=77, mention_count=3)
        make_mention(session, me.brand, author=who, case=case, text="Still leaking", created_at=NOW)
        make_mention(session, me.brand, case=case, text="", gone_at=NOW, parent_id="elsewhere")
    assert question.id
    return case


def test_everything_said_stands_in_the_order_of_time(me, case):
    page = me.browser.get(f"/cases/{case.id}").text
    assert "Mine leaks &lt;b&gt;badly&lt;/b&gt;" in page
    assert page.index("Mine leaks") < page.index("Still leaking")


def test_what_a_mention_answers_is_shown_as_far_as_it_was_heard(me, case):
    page = me.browser.get(f"/cases/{case.id}").text
    assert "Does anybody else&#39;s kettle leak?" in page
    assert "something we did not hear" in page


def test_what_another_brand_heard_is_not_quoted_as_what_a_mention_answers(me, login_as, context):
    with context.database.writing() as session:
        make_mention(session, login_as(Role.AGENT).brand, external_id="q", text="Only the other team may read this")
        case = make_case(session, lead=make_mention(session, me.brand, parent_id="q", p_negative=0.9))
    page = me.browser.get(f"/cases/{case.id}").text
    assert "something we did not hear" in page
    assert "Only the other team" not in page


def test_what_was_deleted_at_its_source_is_gone_here(me, case):
    assert "Deleted where it was said" in me.browser.get(f"/cases/{case.id}").text


def test_unknown_figures_are_left_out_and_known_ones_shown(me, case):
    page = me.browser.get(f"/cases/{case.id}").text
    assert "3 likes" in page
    assert " views" not in page
    assert "2 of 5 stars" in page


@pytest.fixture
def saying(me, context):
    """Make a case of one mention: `saying(intent="praise")` returns the text of its page."""

    def make(**columns):
        with context.database.writing() as session:
            lead = make_mention(session, me.brand, **{"p_negative": 0.6, **columns})
            case = make_case(session, lead=lead)
        return me.browser.get(f"/cases/{case.id}").text

    return make


@pytest.mark.parametrize(
    ("intent", "words"),
    [
        ("complaint", "Looks like a complaint"),
        ("question", "Looks like a question"),
        ("praise", "Looks like praise"),
        ("suggestion", "Looks like a suggestion"),
        ("noise", "Looks like noise, nothing to answer"),
    ],
)
def test_what_a_post_looks_like_stands_in_plain_words_beside_the_feeling(saying, intent, words):
    page = saying(intent=intent, intent_confidence=0.83)
    assert page.count(f'{words} <span class="chip__figure">83 %</span>') == 2  # of the case, and of the mention
    assert "not judged" not in page


def test_what_nobody_told_is_shown_as_not_judged_and_never_as_noise(saying):
    page = saying()
    assert page.count("What it wants: not judged") == 2
    assert "Looks like" not in page


def test_what_is_not_scored_yet_says_only_that(saying):
    page = saying(p_negative=None)
    assert "not scored yet" in page
    assert "not judged" not in page


def test_answering_by_hand_copies_and_opens_the_mention(me, case):
    page = me.browser.get(f"/cases/{case.id}").text
    assert 'data-copy="answer-text"' in page
    assert 'href="https://social.example/p/2"' in page
    assert "Copy and open social.example" in page


def test_a_move_on_the_page_draws_the_case_anew(me, case, context):
    answer = me.browser.send(f"/cases/{case.id}/assign", {"shown_as": "case", "assignee": me.user.id}, htmx=True)
    assert answer.text.lstrip().startswith('<article id="case"')
    assert "Assigned" in answer.text
    assert answer.text.count("Mina") >= 2  # in the head, and in what happened
    answer = me.browser.send(f"/cases/{case.id}/snooze", {"shown_as": "case", "for": "1h"}, htmx=True)
    assert "Wake up" in answer.text
    with context.database.reading() as session:
        assert session.get(Case, case.id).state == "snoozed"


def test_a_move_without_scripts_returns_to_the_case(me, case):
    answer = me.browser.send(f"/cases/{case.id}/resolve", {"shown_as": "case"})
    assert answer.headers["Location"] == f"/cases/{case.id}"
    assert "Reopen" in me.browser.get(f"/cases/{case.id}").text


def test_who_only_reads_sees_no_buttons_and_no_composer(me, case, login_as):
    reader = login_as(Role.MARKETER, brand=me.brand).browser
    page = reader.get(f"/cases/{case.id}").text
    assert "Mine leaks" in page
    assert "Check it" not in page
    assert "Resolve" not in page


@pytest.mark.parametrize(
    ("now", "zone", "ends"),
    [
        ("2026-03-04T12:00:00+00:00", "UTC", "2026-03-05T09:00:00+00:00"),
        ("2026-03-04T23:30:00+00:00", "Europe/Athens", "2026-03-06T07:00:00+00:00"),  # it is the 5th there already
        ("2026-03-28T12:00:00+00:00", "Europe/Athens", "2026-03-29T06:00:00+00:00"),  # clocks go forward overnight
        ("2026-03-04T01:00:00+00:00", "America/Los_Angeles", "2026-03-04T17:00:00+00:00"),  # still the 3rd there
    ],
)
def test_tomorrow_morning_is_the_teams(now, zone, ends):
    from datetime import datetime

    assert snooze_until("tomorrow", now=datetime.fromisoformat(now), zone=zone) == datetime.fromisoformat(ends)


def test_leaving_a_page_lets_go_of_the_case_and_of_nobody_elses(login_as, context):
    me = login_as(Role.AGENT, name="Mina")
    jon = login_as(Role.AGENT, brand=me.brand, name="Jon")
    with context.database.writing() as session:
        case = make_case(session, lead=make_mention(session, me.brand, author=make_author(session, me.brand)))
    me.browser.send(f"/cases/{case.id}/lease")
    assert jon.browser.send(f"/cases/{case.id}/lease/release").status_code == 204
    assert jon.browser.send(f"/cases/{case.id}/lease").json["holder"] == "Mina"
    me.browser.send(f"/cases/{case.id}/lease/release")
    assert jon.browser.send(f"/cases/{case.id}/lease").json == {"holder": "Jon", "is_mine": True}
    assert login_as(Role.AGENT).browser.send(f"/cases/{case.id}/lease/release").status_code == 404
