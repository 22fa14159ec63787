"""What people of the team say against a case's place: it is done at once, and kept to judge our scores by.

Each kind has one consequence, and can be taken back: "not a person" ends the author's score, "not unhappy" corrects the
opinion, "not ours" closes the case, "wrong person" revokes the author's links to other accounts. A judgement stands as
long as its consequence does: a case opened again is ours after all, whoever opened it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from responder.cases import lifecycle
from responder.errors import Conflict, Invalid, NotAllowed, NotFound
from responder.intake import leads
from responder.intake.overruling import prevailing
from responder.intake.overruling import said as said_about
from responder.intake.store import lock_brand
from responder.learning import corrections
from responder.models import AccountLink, Case, CaseEvent, CaseState, Judgement, LinkStatus, Sharer
from responder.people import links
from responder.sharers.kinds import Kind
from responder.sharers.profiles import count_again

NOT_A_PERSON, NOT_UNHAPPY, NOT_OURS, WRONG_PERSON = "not_a_person", "not_unhappy", "not_ours", "wrong_person"

_CALM = "neutral"
"""What a text that is not unhappy is corrected to."""

BY_HAND = "Somebody of the team says this is no person."
"""The reason shown beside an account that was called no person."""


@dataclass(frozen=True, slots=True)
class _Said:
    """A judgement on its way, or on its way back: the case it is about, by whom and when."""

    case: Case
    user_id: int
    now: datetime
    secret: str = ""

    @property
    def move(self) -> dict[str, Any]:
        return {
            "brand_id": self.case.brand_id,
            "case_id": self.case.id,
            "user_id": self.user_id,
            "now": self.now,
        }

    @property
    def about_the_lead(self) -> dict[str, Any]:
        return {
            "brand_id": self.case.brand_id,
            "mention_id": self.case.lead_mention_id,
            "user_id": self.user_id,
            "now": self.now,
        }


def judge(session: Session, *, brand_id: int, case_id: int, kind: str, user_id: int, now: datetime) -> Judgement:
    """Keep what a person says of a case, and do what follows.

    Raises Invalid for an unknown kind, NotFound for the case, Conflict where there is nothing to judge or it was said
    already.
    """
    lock_brand(session, brand_id)
    said = _Said(_case(session, brand_id, case_id), user_id, now)
    consequence = _checked(kind)
    for earlier in _open(session, said.case, kind):
        if consequence.stands(session, said.case, earlier):
            raise Conflict("This was said already.")
        earlier.undone_at = now
    judgement = Judgement(
        brand_id=brand_id,
        kind=kind,
        case_id=case_id,
        author_id=said.case.author_id,
        mention_id=said.case.lead_mention_id,
        user_id=user_id,
        at=now,
        undone_at=None,
        shown={name: getattr(said.case, name) for name in _SHOWN},
    )
    consequence.do(session, said)
    session.add(judgement)
    session.add(CaseEvent(case_id=case_id, kind="judged", user_id=user_id, at=now, detail={"judgement": kind}))
    session.flush()
    return judgement


def take_back(
    session: Session, *, secret: str, brand_id: int, case_id: int, kind: str, user_id: int, now: datetime
) -> None:
    """Undo a judgement, whoever made it, and what of its consequence is left.

    Raises as `judge` does, Conflict when nothing of the kind was said.
    """
    lock_brand(session, brand_id)
    said = _Said(_case(session, brand_id, case_id), user_id, now, secret)
    consequence = _checked(kind)
    judgements = _open(session, said.case, kind)
    if not judgements:
        raise Conflict("There is nothing of this to take back.")
    for judgement in judgements:
        if consequence.stands(session, said.case, judgement):
            consequence.undo(session, said, judgement)
        judgement.undone_at = now
    session.add(
        CaseEvent(case_id=case_id, kind="judgement_undone", user_id=user_id, at=now, detail={"judgement": kind})
    )
    session.flush()


def _checked(kind: str) -> _Kind:
    """Return the kind of a judgement. Raises Invalid."""
    if kind not in KINDS:
        raise Invalid(f"Say one of: {', '.join(KINDS)}.")
    return KINDS[kind]


def said_of(session: Session, case: Case) -> frozenset[str]:
    """Return the kinds that people said of a case (or of its author) and that stand."""
    return frozenset(
        name
        for name, kind in KINDS.items()
        if any(kind.stands(session, case, judgement) for judgement in _open(session, case, name))
    )


def _open(session: Session, case: Case, kind: str) -> Sequence[Judgement]:
    """Return what was said of a case as it is led now, and not taken back, the newest first."""
    whose = Judgement.case_id == case.id
    if kind == NOT_A_PERSON and case.author_id is not None:
        whose = Judgement.author_id == case.author_id
    wanted = select(Judgement).where(
        Judgement.brand_id == case.brand_id, whose, Judgement.kind == kind, Judgement.undone_at.is_(None)
    )
    if kind == NOT_UNHAPPY:
        wanted = wanted.where(Judgement.mention_id == case.lead_mention_id)
    return session.scalars(wanted.order_by(Judgement.id.desc())).all()


def _case(session: Session, brand_id: int, case_id: int) -> Case:
    wanted = select(Case).where(Case.id == case_id, Case.brand_id == brand_id)
    case = session.scalar(wanted.execution_options(populate_existing=True))
    if case is None:
        raise NotFound("There is no such case.")
    return case


def _call_no_person(session: Session, said: _Said) -> None:
    sharer = _sharer(session, said.case)
    if sharer is None:
        raise Conflict("Nothing is kept of how much this author tells, so there is nothing to correct.")
    sharer.kind, sharer.kind_reason, sharer.kind_by = Kind.AUTOMATED, BY_HAND, said.user_id
    _follow(session, said, sharer)


def _is_called_no_person(session: Session, case: Case, _judgement: Judgement) -> bool:
    sharer = _sharer(session, case)
    return sharer is not None and sharer.kind_by is not None


def _call_a_person(session: Session, said: _Said, _judgement: Judgement) -> None:
    if sharer := _sharer(session, said.case):
        sharer.kind_by = None
        _follow(session, said, sharer)


def _sharer(session: Session, case: Case) -> Sharer | None:
    wanted = select(Sharer).where(Sharer.author_id == case.author_id, Sharer.brand_id == case.brand_id)
    return session.scalar(wanted.execution_options(populate_existing=True))


def _follow(session: Session, said: _Said, sharer: Sharer) -> None:
    """Place the author anew, and bring the cases in step that rest on it, the judged one in whatever state it is."""
    session.flush()
    count_again(session, said.case.brand_id, {sharer.author_id}, now=said.now)
    leads.refresh(session, {said.case.id, *leads.led_by(session, {sharer.author_id})}, now=said.now)
    session.expire(said.case)


def _call_not_unhappy(session: Session, said: _Said) -> None:
    if said.case.lead_mention_id is None:
        raise Conflict("Everything in this case was deleted at its source; there is nothing left to judge.")
    if said.case.label == "positive" and not said.case.abstained:
        raise Conflict("This is not taken for unhappy: it is shown as positive.")
    who = {"brand_id": said.case.brand_id, "user_id": said.user_id}
    if not corrections.would_prevail(session, mention_id=said.case.lead_mention_id, **who):
        raise Conflict("An admin said what this text feels, and their word counts.")
    corrections.correct(session, label=_CALM, **said.about_the_lead)


def _is_called_not_unhappy(session: Session, case: Case, judgement: Judgement) -> bool:
    if case.lead_mention_id is None:
        return False
    corrected = said_about(session, [case.lead_mention_id]).get(case.lead_mention_id, ())
    shown = prevailing(corrected)
    by_them = any(row.user_id == judgement.user_id and row.label == _CALM for row in corrected)
    return by_them and shown is not None and shown.label == _CALM


def _restore_opinion(session: Session, said: _Said, judgement: Judgement) -> None:
    """Let count again what the judge had said of the text before, or the model."""
    if judgement.user_id is not None:
        about = {**said.about_the_lead, "user_id": judgement.user_id}
        corrections.step_back(session, to_before=judgement.at, **about)


def _close(session: Session, said: _Said) -> None:
    lifecycle.not_for_us(session, **said.move)


def _is_closed(_session: Session, case: Case, _judgement: Judgement) -> bool:
    return case.state == CaseState.RESOLVED and case.resolution == "not_for_us"


def _reopen(session: Session, said: _Said, _judgement: Judgement) -> None:
    if said.case.lead_mention_id is not None:
        lifecycle.reopen(session, **said.move)


def _revoke_links(session: Session, said: _Said) -> None:
    confirmed = _links(session, said.case, AccountLink.status == LinkStatus.CONFIRMED)
    if not confirmed:
        raise Conflict("This account is linked to no other, so there is no wrong person to undo.")
    for link_id in confirmed:
        links.revoke(session, brand_id=said.case.brand_id, link_id=link_id, user_id=said.user_id, now=said.now)


def _is_unlinked(session: Session, case: Case, _judgement: Judgement) -> bool:
    return not _links(session, case, AccountLink.status == LinkStatus.CONFIRMED)


def _link_again(session: Session, said: _Said, judgement: Judgement) -> None:
    """Confirm the links that the judgement revoked; one that may not be any more (somebody objected) stays revoked."""
    revoked = _links(
        session,
        said.case,
        AccountLink.status == LinkStatus.REVOKED,
        AccountLink.revoked_at == judgement.at,
        AccountLink.revoked_by == judgement.user_id,
    )
    brand_id = said.case.brand_id
    for link_id in revoked:
        with suppress(Conflict, NotAllowed):
            links.confirm(
                session, secret=said.secret, brand_id=brand_id, link_id=link_id, user_id=said.user_id, now=said.now
            )


def _links(session: Session, case: Case, *conditions: ColumnElement[bool]) -> Sequence[int]:
    """Return the links of a case's author that fit."""
    theirs = or_(AccountLink.one_id == case.author_id, AccountLink.other_id == case.author_id)
    return session.scalars(
        select(AccountLink.id).where(AccountLink.brand_id == case.brand_id, theirs, *conditions)
    ).all()


@dataclass(frozen=True, slots=True)
class _Kind:
    """What a judgement leads to, whether that still stands, and how to undo it then."""

    do: Callable[[Session, _Said], None]
    stands: Callable[[Session, Case, Judgement], bool]
    undo: Callable[[Session, _Said, Judgement], None]


KINDS: Mapping[str, _Kind] = MappingProxyType(
    {
        NOT_A_PERSON: _Kind(_call_no_person, _is_called_no_person, _call_a_person),
        NOT_UNHAPPY: _Kind(_call_not_unhappy, _is_called_not_unhappy, _restore_opinion),
        NOT_OURS: _Kind(_close, _is_closed, _reopen),
        WRONG_PERSON: _Kind(_revoke_links, _is_unlinked, _link_again),
    }
)
"""What can be said, by name."""

_SHOWN = ("p_negative", "label", "abstained", "sharer", "badge", "promise_class", "answerability", "intent")
"""What the product had made of a case when it was judged."""
