"""Where Earshot cannot look, a person says what they see."""

from __future__ import annotations

import pytest

from listeners.errors import OutcomeUnknown
from responder.errors import Conflict
from responder.models import ReplyState
from responder.replies import seeing
from tests.responder.replies.scene import ANSWER


@pytest.fixture
def unknown(keyless):
    reply = keyless.due()
    keyless.feed.fail_next(OutcomeUnknown("cut"), after_acting=True)
    keyless.send()
    return reply


def say(scene, reply, what):
    with scene.context.database.writing() as session:
        return what(session, brand_id=scene.brand.id, reply_id=reply.id, user_id=scene.mina.id, now=scene.now())


def test_a_reply_a_person_saw_live_stops_its_clock(keyless, unknown):
    assert say(keyless, unknown, seeing.stands).state == ReplyState.SENT
    assert keyless.case_now().first_reply_at is not None
    assert keyless.public() == [ANSWER]


def test_a_reply_a_person_did_not_find_may_be_approved_anew(keyless, unknown):
    keyless.feed.take_back("reply-1")
    say(keyless, unknown, seeing.is_not_there)
    keyless.approve(keyless.check(unknown))
    keyless.tick(seconds=30)
    keyless.send()
    assert keyless.public() == [ANSWER]


def test_what_a_person_saw_settles_only_what_nobody_knew(keyless):
    reply = keyless.due()
    with pytest.raises(Conflict):
        say(keyless, reply, seeing.is_not_there)
    keyless.send()
    for what in (seeing.stands, seeing.is_not_there):
        with pytest.raises(Conflict):
            say(keyless, reply, what)
