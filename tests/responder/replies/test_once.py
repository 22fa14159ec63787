"""At most once, never lost, always known: a model of the world that drives replies in any order, faults included.

Workers claim, call and record in separate steps, and may die between any two; the platform may act and not answer, or
answer and show it late; clocks jump; people write, approve, withdraw, take back. After every step no post has two
answers of ours; once all is quiet, whatever was approved stands in public exactly if it counts as sent.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import delete, select

from listeners.errors import NotPermitted, OutcomeUnknown, RateLimited, Unavailable
from responder.db import Base
from responder.errors import ResponderError
from responder.models import Reply, ReplyState
from responder.replies import approving, correcting, looking, sending
from tests.factories import make_mention
from tests.responder.replies.scene import ANSWER, as_heard, forget, set_scene

FAULTS = {
    "none": None,
    "cut before": (OutcomeUnknown("cut"), False),
    "cut after": (OutcomeUnknown("cut"), True),
    "refused": (NotPermitted("no"), False),
    "slow down": (RateLimited("slowly"), False),
    "away": (Unavailable("away"), False),
}


RUN = settings(
    max_examples=settings().max_examples // 4, stateful_step_count=30, suppress_health_check=list(HealthCheck)
)
"""A quarter of the examples other tests take: one is a whole story, told with a database."""


class World(RuleBasedStateMachine):
    """`begin` gives a scene on an empty database."""

    begin = None
    replies = Bundle("replies")
    claims = Bundle("claims")
    ended = Bundle("ended")

    def __init__(self):
        super().__init__()
        self.scene = type(self).begin()
        self.approved: set[int] = set()
        self.called: set[str] = set()
        with self.scene.context.database.writing() as session:
            second = make_mention(session, self.scene.brand, case=self.scene.case, external_id="complaint-2")
        self.mentions = [self.scene.mention.id, second.id]
        self.posts = {self.scene.mention.external_id, second.external_id}
        self.scene.feed.post(as_heard(second))

    def teardown(self):
        try:
            self.quiet()
        finally:
            forget(self.scene)

    @rule(target=replies, which=st.integers(0, 1))
    def write(self, which):
        reply = self.scene.draft(f"{ANSWER} {len(self.approved)}", mention_id=self.mentions[which])
        return self.scene.check(reply).id

    @rule(reply=replies)
    def approve(self, reply):
        held = self.scene.reply_of(reply)
        # Whoever approves again what may have left looks at the thread first.
        if held.called_at is not None and any(key == held.key for key in self.keys()):
            return
        try:
            self.scene.check(held)
            self.scene.approve(held, anyway=True)
        except ResponderError:
            return
        self.approved.add(reply)

    @rule(reply=replies)
    def withdraw(self, reply):
        with self.scene.context.database.writing() as session:
            try:
                approving.withdraw(
                    session,
                    brand_id=self.scene.brand.id,
                    reply_id=reply,
                    user_id=self.scene.mina.id,
                    now=self.scene.now(),
                )
            except ResponderError:
                return

    @rule(reply=replies)
    def take_back(self, reply):
        with self.scene.context.database.writing() as session:
            try:
                correcting.retract(
                    session,
                    brand_id=self.scene.brand.id,
                    reply_id=reply,
                    user_id=self.scene.mina.id,
                    now=self.scene.now(),
                )
            except ResponderError:
                return
        correcting.correct_due(self.scene.context, self.scene)

    @rule(seconds=st.sampled_from([1, 30, 130, 3_600, -60, -3_600]))
    def time_passes_or_jumps(self, seconds):
        self.scene.tick(seconds=seconds)

    @rule(target=claims)
    def claim(self):
        return sending._claim(self.scene.context, None)

    @rule(target=ended, claimed=claims, fault=st.sampled_from(list(FAULTS)))
    def call(self, claimed, fault):
        if not isinstance(claimed, sending.Claimed) or claimed.claim in self.called:
            return None
        self.called.add(claimed.claim)
        if FAULTS[fault] is not None:
            error, after_acting = FAULTS[fault]
            self.scene.feed.fail_next(error, after_acting=after_acting)
        try:
            return claimed, sending._call(self.scene.context, self.scene, claimed)
        finally:
            self.scene.feed._failures.clear()

    @rule(pair=ended)
    def record(self, pair):
        if pair is not None:
            sending._record(self.scene.context, *pair)

    @rule()
    def somebody_finds_what_a_crash_left(self):
        sending._settle_stale(self.scene.context)

    @rule(shown=st.sampled_from(["at once", "late", "not now"]))
    def look(self, shown):
        if shown == "late":
            self.scene.feed.hide_replies(reads=1)
        if shown == "not now":
            self.scene.feed.fail_next(Unavailable("away"))
        looking.look_due(self.scene.context, self.scene)
        self.scene.feed._failures.clear()
        self.scene.feed.hide_replies(reads=0)

    @invariant()
    def no_post_has_two_answers(self):
        for post in self.posts:
            assert sum(to == post for to, _ in self.scene.feed.replies.values()) <= 1

    @invariant()
    def nothing_was_ever_published_twice(self):
        keys = self.keys()
        assert len(keys) == len(set(keys))

    def keys(self):
        return [sent.key for sent in self.scene.feed._sent]

    def quiet(self):
        """Let everything come to rest, then compare what we say with what stands."""
        for _ in range(12):
            self.scene.tick(minutes=15)
            sending.send_due(self.scene.context, self.scene)
            correcting.correct_due(self.scene.context, self.scene)
            looking.look_due(self.scene.context, self.scene)
        standing = set(self.scene.feed.replies)
        with self.scene.context.database.reading() as session:
            for reply in session.scalars(select(Reply)):
                assert reply.state not in {ReplyState.SENDING, ReplyState.UNKNOWN, ReplyState.APPROVED}
                stands = reply.external_id in standing
                assert stands == (reply.state == ReplyState.SENT), f"{reply.state}: {reply.fault}"
                if reply.state == ReplyState.SENT:
                    assert reply.seen_at is not None
                elif reply.id in self.approved:
                    assert reply.text
                    assert reply.fault or reply.state in {ReplyState.CHECKED, ReplyState.RETRACTED}
        self.no_post_has_two_answers()
        self.nothing_was_ever_published_twice()


@pytest.mark.parametrize("keeps_keys", [True, False], ids=["keys", "no keys"])
def test_at_most_once_never_lost_always_known(context, keeps_keys):
    def make():
        with context.database.writing() as session:
            for table in reversed(Base.metadata.sorted_tables):
                session.execute(delete(table))
        return set_scene(context, keeps_keys=keeps_keys)

    class Here(World):
        begin = staticmethod(make)

    run_state_machine_as_test(Here, settings=RUN)
