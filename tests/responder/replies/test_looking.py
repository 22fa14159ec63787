"""A reply counts once it was seen live; until then its clock runs."""

from __future__ import annotations

from datetime import timedelta

import pytest

from listeners.errors import OutcomeUnknown, Unavailable
from responder.models import Case, CaseState, ReplyState
from responder.replies import looking
from tests.responder.replies.scene import ANSWER


def test_the_clock_stops_when_the_reply_is_seen_live_and_not_before(scene):
    reply = scene.due()
    scene.send()
    assert scene.case_now().first_reply_at is None
    sent_at = scene.now()
    scene.tick(seconds=5)
    scene.look()
    assert scene.reply(reply).seen_at == scene.now()
    assert scene.case_now().first_reply_at == sent_at
    assert scene.reply(reply).look_at is None
    assert scene.events(reply)[-2:] == ["sent", "seen"]


def test_a_case_that_was_answered_waits_for_the_customer(scene):
    scene.due()
    scene.send()
    scene.look()
    assert scene.case_now().state == CaseState.PENDING


def test_a_case_whose_author_spoke_after_the_reply_stays_ours(scene):
    scene.due()
    scene.send()
    scene.tick(seconds=5)
    with scene.context.database.writing() as session:
        session.get_one(Case, scene.case.id).said_at = scene.now()
    scene.look()
    assert scene.case_now().state == CaseState.OPEN


def test_a_reply_not_shown_yet_is_looked_for_ever_more_rarely(scene):
    reply = scene.due()
    scene.send()
    scene.feed.hide_replies(reads=3)
    waits = []
    for _ in range(3):
        scene.look()
        waits.append(scene.reply(reply).look_at - scene.now())
    assert waits == [timedelta(seconds=10), timedelta(seconds=30), timedelta(minutes=2)]
    scene.look()
    assert scene.reply(reply).seen_at is not None


def test_a_reply_never_shown_is_told_to_a_person_after_a_day(scene):
    reply = scene.due()
    scene.send()
    scene.feed.hide_replies(reads=1000)
    scene.look(40)
    told = scene.reply(reply)
    assert told.state == ReplyState.SENT
    assert "hidden" in told.fault
    assert told.look_at is None
    assert scene.case_now().first_reply_at is None


def by_hand(scene):
    return scene.approve(scene.check(scene.draft()), by_hand=True)


def test_an_answer_posted_by_hand_stops_the_clock_within_one_poll(scene):
    reply = by_hand(scene)
    scene.look(3)
    assert scene.reply(reply).state == ReplyState.APPROVED
    posted_at = scene.now()
    scene.feed.answer(scene.mention.external_id, "Sorry Ada! We send a new one today. ^Mina", "typed by a person")
    scene.look()
    assert scene.now() - posted_at <= timedelta(seconds=30)
    found = scene.reply(reply)
    assert (found.state, found.external_id) == (ReplyState.SENT, "reply-1")
    assert scene.case_now().first_reply_at == posted_at


def test_an_older_answer_is_not_taken_for_the_one_posted_by_hand(scene):
    scene.feed.answer(scene.mention.external_id, "An answer of last week", "an old key")
    scene.tick(minutes=10)
    reply = by_hand(scene)
    scene.look()
    assert scene.reply(reply).state == ReplyState.APPROVED


def test_an_answer_nobody_posted_by_hand_comes_back_after_a_week(scene):
    reply = by_hand(scene)
    scene.tick(days=7)
    scene.look()
    back = scene.reply(reply)
    assert back.state == ReplyState.CHECKED
    assert "within a week" in back.fault


def test_another_answer_of_ours_under_the_post_stops_a_second(scene):
    reply = scene.due()
    scene.feed.fail_next(OutcomeUnknown("cut"))
    scene.send()
    scene.feed.answer(scene.mention.external_id, "A colleague typed this there", "typed")
    scene.look()
    assert scene.reply(reply).state == ReplyState.FAILED
    assert "Another answer of ours" in scene.reply(reply).fault
    scene.send()
    assert scene.public() == ["A colleague typed this there"]


def test_a_platform_that_cannot_be_asked_says_nothing_about_the_reply(keyless):
    reply = keyless.due()
    keyless.feed.fail_next(OutcomeUnknown("cut"))
    keyless.send()
    for _ in range(8):
        keyless.feed.fail_next(Unavailable("down"))
        keyless.look()
    assert keyless.reply(reply).state == ReplyState.UNKNOWN
    keyless.look(5)
    assert keyless.reply(reply).state == ReplyState.FAILED


def test_where_nobody_can_look_a_person_is_asked(scene):
    class Blind:
        def get(self, _connection):
            return object()

    reply = scene.due()
    scene.feed.fail_next(OutcomeUnknown("cut"))
    scene.send()
    looking.look_due(scene.context, Blind())
    asked = scene.reply(reply)
    assert (asked.state, asked.look_at) == (ReplyState.UNKNOWN, None)
    assert "say whether the reply stands" in asked.fault


def test_a_post_that_is_gone_takes_the_unknown_answer_with_it(keyless):
    reply = keyless.due()
    keyless.feed.fail_next(OutcomeUnknown("cut"), after_acting=True)
    keyless.send()
    keyless.feed.take_back("reply-1")
    keyless.look(5)
    assert keyless.reply(reply).state == ReplyState.FAILED
    assert keyless.public() == []


@pytest.mark.parametrize("late", [False, True])
def test_only_one_of_two_lookers_settles_a_reply(scene, late):
    reply = scene.due()
    scene.send()
    sought = looking._take(scene.context, None)
    assert looking._take(scene.context, None) is None
    if late:
        scene.tick(minutes=2)
        scene.look()
    looking._settle(scene.context, sought, looking._read(scene, sought))
    assert scene.events(reply).count("seen") == 1
    assert scene.public() == [ANSWER]
