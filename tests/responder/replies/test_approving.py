"""Who lets a reply leave, and what makes one think twice."""

from __future__ import annotations

from datetime import timedelta

import pytest

from responder.errors import Conflict, Invalid, NotAllowed, NotFound
from responder.models import Connection, ConnectionState, Mention, ReplyMode, ReplyState, Role, Way
from responder.replies import approving, rights, writing
from responder.settings import Sending
from tests.factories import make_brand, make_connection, make_mention, make_user
from tests.responder.replies.scene import ANSWER


def rule(scene, mode, **of):
    with scene.context.database.writing() as session:
        rights.set_rule(
            session, brand_id=scene.brand.id, mode=ReplyMode(mode), set_by=scene.mina.id, now=scene.now(), **of
        )


def test_an_agents_words_need_a_colleague_and_a_colleague_is_enough(scene):
    reply = scene.check(scene.draft(by=scene.noor), by=scene.noor)
    with pytest.raises(NotAllowed, match="colleague"):
        scene.approve(reply, by=scene.noor)
    assert scene.approve(reply, by=scene.mina).state == ReplyState.APPROVED


def test_four_eyes_look_also_at_what_an_admin_changed_last(scene):
    rule(scene, "approval", role=Role.ADMIN)
    reply = scene.draft(by=scene.noor)
    with scene.context.database.writing() as session:
        writing.change(
            session, brand_id=scene.brand.id, reply_id=reply.id, text="Sorry, Ada. ^Mina", user_id=scene.mina.id,
            now=scene.now(),
        )  # fmt: skip
    scene.check(reply)
    for person in (scene.mina, scene.noor):
        with pytest.raises(NotAllowed):
            scene.approve(reply, by=person)


@pytest.mark.parametrize(
    ("mode", "is_own", "may"),
    [
        ("send", True, True), ("send", False, True), ("approval", True, False), ("approval", False, True),
        ("draft", True, False), ("draft", False, False), (None, False, False),
    ],
)  # fmt: skip
def test_who_may_let_a_reply_leave(mode, is_own, may):
    assert rights.may_approve(ReplyMode(mode) if mode else None, is_own=is_own) is may


def test_a_rule_for_a_person_stands_above_one_for_their_role_and_a_source_above_all(scene):
    def mode(source="memory"):
        with scene.context.database.reading() as session:
            return rights.mode_of(session, brand_id=scene.brand.id, user_id=scene.noor.id, source=source)

    assert mode() == ReplyMode.APPROVAL
    rule(scene, "draft", role=Role.AGENT)
    assert mode() == ReplyMode.DRAFT
    rule(scene, "send", role=Role.AGENT, source="memory")
    assert (mode(), mode("x")) == (ReplyMode.SEND, ReplyMode.DRAFT)
    rule(scene, "approval", user_id=scene.noor.id)
    assert mode() == ReplyMode.APPROVAL
    rule(scene, "draft", user_id=scene.noor.id)
    assert mode() == ReplyMode.DRAFT


def test_rules_are_for_one_person_or_one_role_that_writes(scene):
    with pytest.raises(Invalid, match="one person"):
        rule(scene, "send")
    with pytest.raises(Invalid, match="write no replies"):
        rule(scene, "send", role=Role.MARKETER)
    with scene.context.database.writing() as session:
        stranger = make_user(session)
    with pytest.raises(NotFound):
        rule(scene, "send", user_id=stranger.id)


def test_marketers_and_strangers_write_nothing(scene):
    with scene.context.database.writing() as session:
        marketer = make_user(session, brand=scene.brand, role=Role.MARKETER)
        stranger = make_user(session, brand=make_brand(session))
    for person in (marketer, stranger):
        with pytest.raises(NotAllowed):
            scene.draft(by=person)


def test_what_was_not_checked_is_not_approved(scene):
    with pytest.raises(Conflict, match="checked first"):
        scene.approve(scene.draft())


def test_a_text_changed_after_the_check_must_be_checked_anew(scene):
    reply = scene.check(scene.draft())
    with scene.context.database.writing() as session:
        writing.change(
            session, brand_id=scene.brand.id, reply_id=reply.id, text="Something else", user_id=scene.mina.id,
            now=scene.now(),
        )  # fmt: skip
    with pytest.raises(Conflict, match="checked first"):
        scene.approve(reply)


def test_two_replies_never_leave_for_one_mention(scene):
    first, second = scene.check(scene.draft()), scene.check(scene.draft("Sorry, Ada, a new one is on its way. ^MO"))
    scene.approve(first)
    with pytest.raises(Conflict, match="Another reply"):
        scene.approve(second)
    scene.tick(seconds=30)
    scene.send()
    with pytest.raises(Conflict, match="Another reply"):
        scene.approve(second, by_hand=True)


def test_news_in_the_case_makes_one_think_twice(scene):
    reply = scene.check(scene.draft())
    with scene.context.database.writing() as session:
        make_mention(session, scene.brand, case=scene.case, text="Now it smells of smoke!")
    with pytest.raises(Conflict, match="Something new"):
        scene.approve(reply)
    assert scene.approve(reply, anyway=True).state == ReplyState.APPROVED


def test_findings_make_one_think_twice(scene):
    reply = scene.check(scene.draft(), findings=({"rule": "speaker", "why": "w", "mend": "m"},))
    with pytest.raises(Conflict, match="1 thing to mend"):
        scene.approve(reply)
    assert scene.approve(reply, anyway=True).state == ReplyState.APPROVED


def test_with_sending_off_a_reply_is_approved_for_posting_by_hand_only(scene):
    off = scene.with_sending(Sending.OFF)
    reply = off.check(off.draft())
    with pytest.raises(Conflict, match="Sending is off"):
        off.approve(reply)
    assert off.approve(reply, by_hand=True).way == Way.BY_HAND


def test_what_may_not_be_answered_by_us_is_answered_by_hand(scene):
    with scene.context.database.writing() as session:
        session.get_one(Connection, scene.connection.id).state = ConnectionState.BROKEN
    reply = scene.check(scene.draft())
    with pytest.raises(Conflict, match="by hand"):
        scene.approve(reply)
    assert scene.approve(reply, by_hand=True).send_at is None


def test_a_deleted_post_is_not_answered_at_all(scene):
    reply = scene.check(scene.draft())
    with scene.context.database.writing() as session:
        session.get_one(Mention, scene.mention.id).gone_at = scene.now()
    for by_hand in (False, True):
        with pytest.raises(Conflict, match="nothing left to answer"):
            scene.approve(reply, by_hand=by_hand)
    with pytest.raises(Conflict, match="nothing left to answer"):
        scene.draft()


def test_a_replayed_approval_changes_nothing(scene):
    reply = scene.approved()
    scene.tick(seconds=20)
    with pytest.raises(Conflict, match="about to leave"):
        scene.approve(reply)
    assert scene.reply(reply).send_at == reply.send_at


def test_a_reply_that_leaves_cannot_be_called_back(scene):
    reply = scene.due()
    scene.send()
    with scene.context.database.writing() as session, pytest.raises(Conflict, match="stands in public"):
        approving.withdraw(session, brand_id=scene.brand.id, reply_id=reply.id, user_id=scene.mina.id, now=scene.now())


def test_what_belongs_to_another_brand_is_not_there(scene):
    reply = scene.check(scene.draft())
    with scene.context.database.writing() as session:
        other = make_brand(session)
        with pytest.raises(NotFound):
            approving.approve(
                session, brand_id=other.id, reply_id=reply.id, user_id=scene.mina.id, sending=Sending.ON,
                now=scene.now(),
            )  # fmt: skip


def test_of_several_connections_one_must_be_named(scene):
    with scene.context.database.writing() as session:
        second = make_connection(session, scene.brand)
    with pytest.raises(Invalid, match="Say which one speaks"):
        scene.draft()
    assert scene.draft(connection_id=second.id).connection_id == second.id


@pytest.mark.parametrize("text", ["", "   \n", "a\x00b", "half \ud83d", "x" * 10_001])
def test_a_text_nobody_could_post_is_refused_and_nothing_is_kept(scene, text):
    with pytest.raises(Invalid):
        scene.draft(text)


def test_an_approval_names_when_it_leaves_and_when_it_lapses(scene):
    reply = scene.approved(ANSWER)
    assert reply.send_at - scene.now() == timedelta(seconds=30)
    assert reply.expires_at - scene.now() == timedelta(hours=12)
