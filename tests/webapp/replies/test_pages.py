"""Answering on the page of a case: what is offered depends on what may be done, and nothing leaves from here."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from responder.models import Case, Reply, ReplyState, Role
from responder.replies import writing
from responder.settings import Sending
from tests.factories import make_case, make_connection, make_mention

WORDS = "Sorry that your lamp flickers, Ada. A new one leaves today and is with you by Friday. ^Mina"


@pytest.fixture
def me(app, context, login_as):
    app.extensions["earshot"] = with_sending(context, Sending.ON)
    return login_as(Role.ADMIN, name="Mina Osei")


def with_sending(context, sending):
    return replace(context, settings=context.settings.model_copy(update={"sending": sending}))


@pytest.fixture
def case(context, me):
    with context.database.writing() as session:
        make_connection(session, me.brand)
        case = make_case(session, me.brand)
        mention = make_mention(
            session, me.brand, case=case, p_negative=0.9, text="My Lumen lamp flickers since Monday.",
            url="https://social.example/p/7",
        )  # fmt: skip
        case.lead_mention_id = mention.id
    return case


def page(me, case):
    return me.browser.get(f"/cases/{case.id}").text


def write(me, case, text=WORDS, **more):
    return me.browser.send(f"/cases/{case.id}/replies", {"text": text}, htmx=True, **more)


def only_reply(context):
    with context.database.reading() as session:
        return session.scalars(select(Reply)).one()


def do(me, reply, move, **form):
    return me.browser.send(f"/replies/{reply.id}/{move}", form, htmx=True)


def test_a_reply_is_written_checked_approved_and_called_back(me, case, context):
    drawn = write(me, case).text
    assert "waits for approval" in drawn
    assert WORDS in drawn
    reply = only_reply(context)
    approved = do(me, reply, "approve", way="api", anyway="yes").text
    assert "about to leave" in approved
    assert "Call it back" in approved
    assert 'hx-trigger="every 3s"' in approved
    back = do(me, reply, "withdraw").text
    assert "waits for approval" in back
    assert only_reply(context).send_at is None


def test_what_the_check_found_is_shown_and_asks_for_a_second_thought(me, case, context):
    drawn = write(me, case, "Unfortunately our policy does not cover that.").text
    assert "findings" in drawn
    assert "Send anyway" in drawn
    assert "Approve and send" not in drawn


def test_a_mention_that_may_not_be_answered_by_us_is_never_offered_a_send_button(me, context):
    with context.database.writing() as session:
        make_connection(session, me.brand, source="x")
        case = make_case(session, me.brand, source="x")
        mention = make_mention(
            session, me.brand, case=case, source="x", addressed=False, url="https://x.example/1", p_negative=0.9
        )
        case.lead_mention_id = mention.id
    drawn = write(me, case).text
    assert "mention or quote us" in drawn
    assert 'value="api"' not in drawn
    assert "I post it by hand" in drawn
    refused = do(me, only_reply(context), "approve", way="api", anyway="yes")
    assert refused.status_code == 409
    assert only_reply(context).state == ReplyState.CHECKED


def test_with_sending_off_answers_are_posted_by_hand_and_the_page_says_so(app, me, case, context):
    app.extensions["earshot"] = with_sending(context, Sending.OFF)
    drawn = write(me, case).text
    assert "Sending is off" in drawn
    assert 'value="api"' not in drawn
    assert "posted by hand" in do(me, only_reply(context), "approve", way="by_hand", anyway="yes").text


def test_a_dry_run_is_named_before_anything_is_approved(app, me, case, context):
    app.extensions["earshot"] = with_sending(context, Sending.DRY_RUN)
    assert "dry run" in page(me, case)


def test_an_agents_reply_waits_for_a_colleague(me, case, login_as, context):
    agent = login_as(Role.AGENT, brand=me.brand, name="Noor")
    drawn = write(agent, case).text
    assert "A colleague who may has to approve it" in drawn
    assert do(agent, only_reply(context), "approve", way="api", anyway="yes").status_code == 403
    assert "Approve and send" in page(me, case) or "Send anyway" in page(me, case)


def test_a_double_click_approves_once(me, case, context):
    write(me, case)
    reply = only_reply(context)
    first, second = (do(me, reply, "approve", way="api", anyway="yes") for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 409)


def test_a_second_reply_to_the_same_post_is_not_offered(me, case, context):
    write(me, case)
    do(me, only_reply(context), "approve", way="api", anyway="yes")
    drawn = page(me, case)
    assert 'id="answer-text"' not in drawn


@pytest.mark.parametrize("text", ["", "   ", "x" * 10_001])
def test_a_text_nobody_could_post_is_refused_with_the_reason(me, case, text, context):
    answer = write(me, case, text)
    assert answer.status_code == 422
    with context.database.reading() as session:
        assert session.scalar(select(func.count(Reply.id))) == 0


def test_changing_a_reply_has_it_checked_again(me, case, context):
    write(me, case)
    assert "leaves tomorrow" in do(me, only_reply(context), "change", text="Sorry, Ada: it leaves tomorrow. ^Mina").text
    assert only_reply(context).state == ReplyState.CHECKED


def test_where_nobody_can_look_a_person_says_what_they_see(me, case, context):
    write(me, case)
    with context.database.writing() as session:
        reply = session.scalars(select(Reply)).one()
        reply.state, reply.look_at = ReplyState.UNKNOWN, None
    assert "I see it there" in page(me, case)
    assert "live" in do(me, only_reply(context), "stands").text


def test_what_was_posted_by_hand_where_no_account_is_connected_is_said_by_a_person(me, context):
    with context.database.writing() as session:
        case = make_case(session, me.brand, source="x")
        mention = make_mention(session, me.brand, case=case, source="x", url="https://x.example/1", p_negative=0.9)
        case.lead_mention_id = mention.id
    write(me, case)
    do(me, only_reply(context), "approve", way="by_hand", anyway="yes")
    assert "I see it there" in page(me, case)
    assert "live" in do(me, only_reply(context), "stands").text
    with context.database.reading() as session:
        assert session.get(Case, case.id).first_reply_at is not None


def test_everything_works_without_scripts(me, case, context):
    answer = me.browser.send(f"/cases/{case.id}/replies", {"text": WORDS})
    assert answer.headers["Location"] == f"/cases/{case.id}"
    reply = only_reply(context)
    me.browser.send(f"/replies/{reply.id}/approve", {"way": "api", "anyway": "yes"})
    assert only_reply(context).state == ReplyState.APPROVED


def test_who_wrote_and_approved_it_is_told(me, case, context):
    write(me, case)
    drawn = do(me, only_reply(context), "approve", way="api", anyway="yes").text
    for told in ("Written", "Checked", "Approved", "Mina Osei"):
        assert told in drawn


def test_a_readers_page_shows_replies_and_no_buttons(me, case, login_as, context):
    write(me, case)
    reader = login_as(Role.MARKETER, brand=me.brand)
    drawn = page(reader, case)
    assert WORDS in drawn
    assert "Approve" not in drawn
    assert reader.browser.send(f"/cases/{case.id}/replies", {"text": "Hi"}, htmx=True).status_code == 403


def test_words_from_a_machine_are_named(me, case, context):
    with context.database.writing() as session:
        writing.draft(
            session, brand_id=me.brand.id, case_id=case.id, text=WORDS, user_id=me.user.id, now=context.clock(),
            machine="a model",
        )  # fmt: skip
    assert "drafted by a model" in page(me, case)


def test_a_reply_holds_no_markup(me, case):
    drawn = write(me, case, "<script>alert(1)</script> Sorry, Ada.").text
    assert "<script>alert" not in drawn
