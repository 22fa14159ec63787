"""Approved replies leave once: not before their time, not against a changed mind, and never twice."""

from __future__ import annotations

from datetime import timedelta

import pytest

from listeners.errors import (
    CredentialsExpired,
    Gone,
    NotPermitted,
    OutcomeUnknown,
    QuotaExhausted,
    RateLimited,
    Unavailable,
)
from responder.accounts import users
from responder.models import Connection, ConnectionState, Mention, Reply, ReplyState, Role
from responder.replies import approving, sending
from responder.settings import Sending
from tests.factories import make_user
from tests.responder.replies.scene import ANSWER


def test_an_approved_reply_leaves_once_when_the_time_to_undo_it_is_over(scene):
    reply = scene.approved()
    scene.tick(seconds=29)
    assert scene.send() == 0
    assert scene.public() == []
    scene.tick(seconds=1)
    assert scene.send() == 1
    assert scene.send() == 0
    assert scene.public() == [ANSWER]
    assert scene.reply(reply).state == ReplyState.SENT
    assert scene.events(reply) == ["written", "checked", "approved", "claimed", "sent"]


def test_a_reply_called_back_in_time_never_leaves(scene):
    reply = scene.approved()
    with scene.context.database.writing() as session:
        approving.withdraw(session, brand_id=scene.brand.id, reply_id=reply.id, user_id=scene.mina.id, now=scene.now())
    scene.tick(hours=1)
    scene.send()
    assert scene.public() == []
    assert scene.reply(reply).state == ReplyState.CHECKED


def test_a_reply_is_not_resent_when_the_outcome_is_unknown(keyless):
    reply = keyless.due()
    keyless.feed.fail_next(OutcomeUnknown("the line was cut"), after_acting=True)
    keyless.send()
    assert keyless.reply(reply).state == ReplyState.UNKNOWN
    for _ in range(5):
        keyless.tick(minutes=10)
        keyless.send()
    assert keyless.public() == [ANSWER]
    keyless.look()
    found = keyless.reply(reply)
    assert (found.state, found.external_id) == (ReplyState.SENT, "reply-1")
    assert keyless.public() == [ANSWER]


def test_where_no_key_is_known_a_reply_that_is_not_there_waits_for_a_person(keyless):
    reply = keyless.due()
    keyless.feed.fail_next(OutcomeUnknown("the line was cut"))
    keyless.send()
    keyless.look(4)
    assert keyless.reply(reply).state == ReplyState.UNKNOWN
    keyless.look()
    lost = keyless.reply(reply)
    assert lost.state == ReplyState.FAILED
    assert "approve it again" in lost.fault
    assert lost.text == ANSWER
    assert keyless.now() - lost.called_at >= timedelta(minutes=7)
    keyless.send()
    assert keyless.public() == []


def test_where_one_key_posts_once_a_reply_that_is_not_there_goes_out_after_all(scene):
    reply = scene.due()
    scene.feed.fail_next(OutcomeUnknown("the line was cut"))
    scene.send()
    scene.look()
    assert scene.send() == 1
    assert scene.public() == [ANSWER]
    assert scene.reply(reply).attempts == 2


def test_a_reply_shown_late_is_found_and_not_sent_again(keyless):
    reply = keyless.due()
    keyless.feed.fail_next(OutcomeUnknown("the line was cut"), after_acting=True)
    keyless.send()
    keyless.feed.hide_replies(reads=3)
    keyless.look(4)
    assert keyless.reply(reply).state == ReplyState.SENT
    assert keyless.public() == [ANSWER]


def test_whoever_finds_a_reply_after_a_crash_makes_it_unknown(keyless):
    reply = keyless.due()
    assert isinstance(sending._claim(keyless.context, None), sending.Claimed)
    keyless.tick(seconds=119)
    keyless.send()
    assert keyless.reply(reply).state == ReplyState.SENDING
    keyless.tick(seconds=1)
    keyless.send()
    assert keyless.reply(reply).state == ReplyState.UNKNOWN
    assert keyless.public() == []


def test_a_holder_thought_dead_may_still_tell_how_its_call_ended(keyless):
    reply = keyless.due()
    claimed = sending._claim(keyless.context, None)
    ended = sending._call(keyless.context, keyless, claimed)
    keyless.tick(minutes=3)
    keyless.send()
    assert keyless.reply(reply).state == ReplyState.UNKNOWN
    sending._record(keyless.context, claimed, ended)
    assert keyless.reply(reply).state == ReplyState.SENT
    assert keyless.public() == [ANSWER]


def test_a_holder_that_slept_past_its_claim_does_not_call(keyless):
    keyless.due()
    claimed = sending._claim(keyless.context, None)
    keyless.tick(minutes=3)
    ended = sending._call(keyless.context, keyless, claimed)
    assert ended.how == "left"
    assert keyless.public() == []


def test_with_sending_off_nothing_leaves_and_what_a_crash_left_is_settled(scene):
    reply = scene.due()
    sending._claim(scene.context, None)
    scene.tick(minutes=3)
    off = scene.with_sending(Sending.OFF)
    off.send()
    assert scene.reply(reply).state == ReplyState.UNKNOWN
    assert scene.public() == []


def test_sending_turned_off_after_the_approval_keeps_a_reply_waiting(scene):
    reply = scene.due()
    assert scene.with_sending(Sending.OFF).send() == 0
    assert scene.reply(reply).state == ReplyState.APPROVED
    assert scene.send() == 1


def test_a_dry_run_sends_nothing_and_says_so(scene):
    dry = scene.with_sending(Sending.DRY_RUN)
    reply = dry.due()
    assert dry.send() == 1
    ended = scene.reply(reply)
    assert ended.state == ReplyState.REHEARSED
    assert "nothing left" in ended.fault
    assert scene.public() == []
    assert scene.case_now().first_reply_at is None


@pytest.mark.parametrize(
    "error",
    [NotPermitted("not here"), Gone("the post is no longer there"), CredentialsExpired("sign in again")],
    ids=lambda error: type(error).__name__,
)
def test_what_the_platform_refused_is_kept_with_the_reason(scene, error):
    reply = scene.due()
    scene.feed.fail_next(error)
    scene.send()
    failed = scene.reply(reply)
    assert (failed.state, failed.fault, failed.text) == (ReplyState.FAILED, str(error), ANSWER)
    assert scene.send() == 0
    assert scene.check(failed).state == ReplyState.CHECKED


def test_what_was_surely_refused_may_be_approved_again_without_a_second_thought(scene):
    reply = scene.due()
    scene.feed.fail_next(NotPermitted("not here"))
    scene.send()
    scene.approve(scene.check(reply))
    scene.tick(seconds=30)
    scene.send()
    assert scene.public() == [ANSWER]


def test_keys_that_were_refused_mark_the_connection_as_broken(scene):
    scene.due()
    scene.feed.fail_next(CredentialsExpired("sign in again"))
    scene.send()
    with scene.context.database.reading() as session:
        connection = session.get_one(Connection, scene.connection.id)
    assert (connection.state, connection.state_reason) == (ConnectionState.BROKEN, "sign in again")


@pytest.mark.parametrize("kind", [RateLimited, QuotaExhausted])
def test_a_platform_that_asks_for_patience_is_asked_again_when_it_said(scene, kind):
    reply = scene.due()
    until = scene.now() + timedelta(minutes=7)
    scene.feed.fail_next(kind("not before seven minutes", until=until))
    scene.send()
    assert scene.reply(reply).send_at == until
    scene.tick(minutes=6)
    assert scene.send() == 0
    scene.tick(minutes=1)
    assert scene.send() == 1
    assert scene.public() == [ANSWER]


def test_a_platform_that_was_never_reached_is_tried_again_ever_more_rarely(scene):
    reply = scene.due()
    waits = []
    for _ in range(3):
        scene.feed.fail_next(Unavailable("no answer"))
        scene.send()
        waits.append(scene.reply(reply).send_at - scene.now())
        scene.tick(seconds=waits[-1].total_seconds())
    assert waits == [timedelta(seconds=15), timedelta(seconds=30), timedelta(seconds=60)]
    scene.send()
    assert scene.public() == [ANSWER]


def test_a_call_that_ends_as_nobody_expected_counts_as_unknown(scene):
    class Broken:
        def get(self, _connection):
            return self

        def reply(self, *_arguments, **_named):
            raise ZeroDivisionError

    reply = scene.due()
    sending.send_due(scene.context, Broken())
    assert scene.reply(reply).state == ReplyState.UNKNOWN


def test_a_source_that_cannot_be_opened_puts_the_reply_off(scene):
    class Closed:
        def get(self, _connection):
            raise Unavailable("install the package it came from")

    reply = scene.due()
    sending.send_due(scene.context, Closed())
    assert (scene.reply(reply).state, scene.reply(reply).fault) == (
        ReplyState.APPROVED,
        "install the package it came from",
    )


def change_mention(scene, **columns):
    with scene.context.database.writing() as session:
        mention = session.get_one(Mention, scene.mention.id)
        for name, value in columns.items():
            setattr(mention, name, value)


def test_a_post_deleted_after_the_approval_is_not_answered(scene):
    reply = scene.due()
    change_mention(scene, gone_at=scene.now())
    scene.send()
    assert scene.reply(reply).state == ReplyState.FAILED
    assert "deleted" in scene.reply(reply).fault
    assert scene.public() == []


def test_a_post_edited_after_the_approval_is_shown_to_a_person_first(scene):
    reply = scene.due()
    change_mention(scene, edited_at=scene.now())
    scene.send()
    assert scene.reply(reply).state == ReplyState.CHECKED
    assert "edited" in scene.reply(reply).fault
    assert scene.public() == []


def test_an_approval_by_somebody_who_lost_the_right_is_none(scene):
    reply = scene.due()
    with scene.context.database.writing() as session:
        make_user(session, brand=scene.brand, role=Role.ADMIN)
        users.remove(session, scene.mina.id, brand_id=scene.brand.id, now=scene.now())
    scene.send()
    assert scene.reply(reply).state == ReplyState.CHECKED
    assert "Somebody else must approve" in scene.reply(reply).fault
    assert scene.public() == []


def test_an_old_approval_lapses(scene):
    reply = scene.due()
    scene.tick(hours=12)
    scene.send()
    assert scene.reply(reply).state == ReplyState.CHECKED
    assert "lapsed" in scene.reply(reply).fault


def test_a_paused_connection_sends_nothing(scene):
    reply = scene.due()
    with scene.context.database.writing() as session:
        session.get_one(Connection, scene.connection.id).state = ConnectionState.PAUSED
    scene.send()
    assert scene.reply(reply).state == ReplyState.FAILED
    assert scene.public() == []


def test_two_workers_at_once_send_one_reply(scene):
    reply = scene.due()
    first = sending._claim(scene.context, None)
    assert sending._claim(scene.context, None) is None
    sending._record(scene.context, first, sending._call(scene.context, scene, first))
    assert scene.public() == [ANSWER]
    assert scene.reply(reply).attempts == 1


def test_no_event_and_no_log_holds_a_customers_words(scene, caplog):
    scene.due()
    with caplog.at_level("INFO"):
        scene.send()
    assert "flickers" not in caplog.text


def test_one_reply_alone_can_be_sent(scene):
    reply = scene.due()
    assert sending.send_due(scene.context, scene, only=reply.id + 1) == 0
    with scene.context.database.reading() as session:
        assert session.get_one(Reply, reply.id).state == ReplyState.APPROVED
