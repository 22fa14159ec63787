"""On the real local Bluesky network a reply stands exactly once, wherever a worker died."""

from __future__ import annotations

from datetime import timedelta

import pytest

from responder.accounts.connections import SourcePool, add_connection
from responder.clock import utc_now
from responder.models import Reply, ReplyState, Role, Way
from responder.replies import sending
from responder.replies.looking import look_due
from tests.factories import make_brand, make_case, make_mention, make_reply, make_user
from tests.responder.replies.killing import context_of

pytestmark = [pytest.mark.network, pytest.mark.xdist_group("bluesky")]

WORDS = "Sorry that it leaks. A new one leaves today. ^Mina"


class Clock:
    """The machine's time, which tests let jump."""

    jumped = timedelta()

    def __call__(self):
        return utc_now() + self.jumped


@pytest.fixture
def approved(database, bluesky_network):
    """An approved reply to a real post, due now: the context, its sources, the post's thread, and the reply's id."""
    clock = Clock()
    context = context_of(database, clock)
    ours, mira = bluesky_network.account("brand"), bluesky_network.account("mira")
    post = mira.post(f"@{ours.handle} my kettle leaks")
    with context.database.writing() as session:
        brand = make_brand(session)
        user = make_user(session, brand=brand, role=Role.ADMIN)
        connection = add_connection(
            session, context, brand_id=brand.id, source="bluesky", name="ours", base_url=bluesky_network.url,
            values={"handle": ours.handle, "app_password": ours.password},
        )  # fmt: skip
        case = make_case(session, brand, source="bluesky")
        mention = make_mention(session, brand, case=case, source="bluesky", external_id=post["uri"], addressed=True)
        case.lead_mention_id = mention.id
        now = clock()
        reply = make_reply(
            session, case, mention_id=mention.id, to_external_id=post["uri"], connection_id=connection.id, text=WORDS,
            state=ReplyState.APPROVED, way=Way.API, written_by=user.id, approved_by=user.id, approved_at=now,
            send_at=now, expires_at=now + timedelta(days=1),
        )  # fmt: skip
    bluesky_network.until(lambda: SourcePool(context).get(connection).recheck([post["uri"]]).mentions)
    return context, SourcePool(context), lambda: mira.thread(post["uri"]), reply.id


def state(context, reply_id):
    with context.database.reading() as session:
        return session.get_one(Reply, reply_id).state


@pytest.mark.parametrize("died", ["before the call", "after the call"])
def test_a_worker_that_dies_around_the_call_leaves_exactly_one_reply(approved, bluesky_network, died):
    context, sources, thread, reply = approved
    claimed = sending._claim(context, None)
    if died == "after the call":
        sending._call(context, sources, claimed)
    context.clock.jumped += sending.CLAIM_LASTS
    sending.send_due(context, sources)
    assert state(context, reply) == ReplyState.UNKNOWN

    def settled():
        look_due(context, sources)
        sending.send_due(context, sources)
        return state(context, reply) == ReplyState.SENT

    bluesky_network.until(settled)
    assert [each["record"]["text"] for each in bluesky_network.until(thread)] == [WORDS]


def test_an_approved_reply_is_sent_and_seen_live(approved, bluesky_network):
    context, sources, thread, reply = approved
    sending.send_due(context, sources)

    def seen():
        context.clock.jumped += timedelta(minutes=5)
        look_due(context, sources)
        with context.database.reading() as session:
            return session.get_one(Reply, reply).seen_at

    bluesky_network.until(seen)
    assert [each["record"]["text"] for each in bluesky_network.until(thread)] == [WORDS]
