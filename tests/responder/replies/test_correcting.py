"""What stands in public can be mended there, or taken back."""

from __future__ import annotations

import pytest

from listeners.errors import NotPermitted, OutcomeUnknown, RateLimited
from responder.errors import Conflict, Invalid, NotAllowed
from responder.models import CaseState, ReplyState
from responder.replies import correcting
from responder.settings import Sending


@pytest.fixture
def sent(scene):
    reply = scene.due()
    scene.send()
    scene.look()
    return reply


def wish(scene, reply, name, *, by=None, **more):
    with scene.context.database.writing() as session:
        return getattr(correcting, name)(
            session,
            brand_id=scene.brand.id,
            reply_id=reply.id,
            user_id=(by or scene.mina).id,
            now=scene.now(),
            **more,
        )


def correct(scene):
    return correcting.correct_due(scene.context, scene)


def test_a_reply_is_taken_back_and_the_case_is_ours_again(scene, sent):
    wish(scene, sent, "retract")
    assert correct(scene) == 1
    assert scene.public() == []
    assert scene.reply(sent).state == ReplyState.RETRACTED
    assert scene.case_now().state == CaseState.OPEN


def test_a_reply_taken_back_makes_room_for_a_better_one(scene, sent):
    wish(scene, sent, "retract")
    correct(scene)
    assert scene.approved("We were wrong, Ada: a new lamp leaves today. ^Mina").state == ReplyState.APPROVED


def test_a_reply_is_edited_where_it_stands(scene, sent):
    wish(scene, sent, "edit", text="Sorry, Ada: it leaves tomorrow. ^Mina", anyway=True)
    correct(scene)
    assert scene.public() == ["Sorry, Ada: it leaves tomorrow. ^Mina"]
    assert scene.reply(sent).text == "Sorry, Ada: it leaves tomorrow. ^Mina"


def test_a_call_without_an_answer_is_repeated_since_it_does_no_harm(scene, sent):
    wish(scene, sent, "retract")
    scene.feed.fail_next(OutcomeUnknown("cut"), after_acting=True)
    correct(scene)
    assert scene.reply(sent).wish == "retract"
    scene.tick(minutes=1)
    correct(scene)
    assert scene.reply(sent).state == ReplyState.RETRACTED


def test_a_platform_that_asks_for_patience_is_asked_again_later(scene, sent):
    wish(scene, sent, "edit", text="Sorry, Ada. ^Mina", anyway=True)
    scene.feed.fail_next(RateLimited("slowly"))
    correct(scene)
    assert correct(scene) == 0
    scene.tick(minutes=1)
    correct(scene)
    assert scene.public() == ["Sorry, Ada. ^Mina"]


def test_what_the_platform_refuses_is_told_and_the_text_stands(scene, sent):
    wish(scene, sent, "edit", text="Sorry, Ada. ^Mina", anyway=True)
    scene.feed.fail_next(NotPermitted("too old to edit"))
    correct(scene)
    kept = scene.reply(sent)
    assert (kept.wish, kept.fault, kept.state) == (None, "too old to edit", ReplyState.SENT)


def test_who_may_not_send_may_not_mend_either(scene, sent):
    for name, more in (("retract", {}), ("edit", {"text": "Hi"})):
        with pytest.raises(NotAllowed):
            wish(scene, sent, name, by=scene.noor, **more)


def test_what_does_not_stand_cannot_be_mended(scene):
    with pytest.raises(Conflict, match="stands in public"):
        wish(scene, scene.due(), "retract")


def test_an_edit_is_checked_like_a_first_text(scene, sent):
    with pytest.raises(Conflict, match="The check has this to mend"):
        wish(scene, sent, "edit", text="Unfortunately our policy does not cover that.")
    assert scene.reply(sent).wish is None


def test_an_empty_text_is_no_edit(scene, sent):
    with pytest.raises(Invalid):
        wish(scene, sent, "edit", text="  ")


def test_with_sending_off_texts_are_taken_back_but_not_edited(scene, sent):
    off = scene.with_sending(Sending.OFF)
    wish(scene, sent, "edit", text="Sorry, Ada. ^Mina", anyway=True)
    assert correct(off) == 0
    wish(scene, sent, "retract")
    assert correct(off) == 1
    assert scene.public() == []
