"""What the answering part of a case page is drawn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from listeners import registry
from responder.eligibility.storing import answering, standing
from responder.eligibility.verdict import Verdict
from responder.models import Case, Mention, Reply, ReplyState, Way
from responder.replies import reading, rights, writing
from responder.replies.reading import Told
from responder.replies.states import STANDING
from responder.settings import Sending
from webapp import lifecycle
from webapp.access import person

_BEGUN = frozenset({*STANDING, ReplyState.DRAFT, ReplyState.CHECKED, ReplyState.FAILED, ReplyState.REHEARSED})
_MOVING = frozenset({ReplyState.SENDING, ReplyState.UNKNOWN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One reply and what its reader may do with it. `has_news`: the case went on since it was written."""

    reply: Reply
    history: Sequence[Told]
    may_approve: bool
    has_news: bool
    may_edit: bool
    may_retract: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """The replies of a case and how its leading mention may be answered.

    `verdict` None: nothing is left to answer. `is_moving`: draw it again in a moment. `may_write`: the reader writes
    replies. `is_taken`: one stands under the mention or is on its way there; `is_begun`: one could still.
    """

    case_id: int
    mention: Mention | None
    verdict: Verdict | None
    sending: Sending
    replies: Sequence[Shown]
    may_write: bool
    is_taken: bool
    is_begun: bool
    is_moving: bool

    @property
    def may_send(self) -> bool:
        """Whether a reply may leave through the API at all, sending being on or rehearsed."""
        return self.verdict is not None and self.verdict.eligible == "api" and self.sending is not Sending.OFF


def draw(case: Case) -> Answering:
    """Read what answering a case needs. The case must be of the reader's brand."""
    session, me, now = lifecycle.session(), person(), lifecycle.now()
    mention = session.get(Mention, case.lead_mention_id) if case.lead_mention_id is not None else None
    replies = reading.of_case(session, brand_id=me.brand_id, case_id=case.id)
    told = reading.history(session, [reply.id for reply in replies])
    connected = answering(session, me.brand_id)
    return Answering(
        case_id=case.id,
        mention=mention,
        verdict=standing(mention, connected=connected, now=now) if mention is not None else None,
        sending=lifecycle.context().settings.sending,
        replies=[_shown(reply, told[reply.id]) for reply in replies],
        may_write=me.may("reply.write") and mention is not None,
        is_taken=any(reply.state in STANDING for reply in replies if mention and reply.mention_id == mention.id),
        is_begun=any(reply.state in _BEGUN for reply in replies if mention and reply.mention_id == mention.id),
        is_moving=any(_is_moving(reply) for reply in replies),
    )


def _shown(reply: Reply, history: Sequence[Told]) -> Shown:
    session, me = lifecycle.session(), person()
    mode = rights.mode_of(session, brand_id=me.brand_id, user_id=me.user_id, source=reply.source)
    info = registry.load().get(reply.source)
    abilities = info.abilities if info is not None and reply.connection_id is not None else frozenset[str]()
    sends = rights.may_approve(mode, is_own=True)
    return Shown(
        reply=reply,
        history=history,
        may_approve=rights.may_approve(mode, is_own=me.user_id in writing.hands(session, reply)),
        has_news=writing.has_news(session, reply),
        may_edit=sends and "edit" in abilities,
        may_retract=sends and "retract" in abilities,
    )


def _is_moving(reply: Reply) -> bool:
    if reply.state in _MOVING or reply.wish is not None:
        return True
    is_sent_unseen = reply.state == ReplyState.SENT and reply.seen_at is None and reply.look_at is not None
    return is_sent_unseen or (reply.state == ReplyState.APPROVED and reply.way == Way.API)
