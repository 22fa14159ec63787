"""What people of the team say against a case's place: it is done at once, and kept to judge our scores by.

Each kind has one consequence, and can be taken back: "not a person" ends the author's score, "not unhappy" corrects the
opinion, "not ours" closes the case, "wrong person" revokes the author's links to other accounts (a revoked link stays
so).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from responder.cases import lifecycle
from responder.errors import Conflict, Invalid, NotFound
from responder.intake import leads
from responder.intake.store import lock_brand
from responder.learning import corrections
from responder.models import AccountLink, Case, CaseEvent, Judgement, Sharer
from responder.people import links
from responder.sharers.kinds import Kind
from responder.sharers.profiles import count_again

NOT_A_PERSON, NOT_UNHAPPY, NOT_OURS, WRONG_PERSON = "not_a_person", "not_unhappy", "not_ours", "wrong_person"

BY_HAND = "Somebody of the team says this is no person."
"""The reason shown beside an account that was called no person."""


@dataclass(frozen=True, slots=True)
class _Said:
    """A judgement on its way: the case it is about, by whom and when."""

    case: Case
    user_id: int
    now: datetime

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
    if _standing(session, said.case, kind) is not None:
        raise Conflict("This was said already.")
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


def take_back(session: Session, *, brand_id: int, case_id: int, kind: str, user_id: int, now: datetime) -> None:
    """Undo a judgement and what followed from it. Raises as `judge` does, Conflict when nothing of it stands."""
    lock_brand(session, brand_id)
    said = _Said(_case(session, brand_id, case_id), user_id, now)
    consequence = _checked(kind)
    standing = _standing(session, said.case, kind)
    if standing is None:
        raise Conflict("There is nothing of this to take back.")
    consequence.undo(session, said)
    standing.undone_at = now
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
    """Return the kinds that people said of a case (or of its author) and did not take back."""
    return frozenset(kind for kind in KINDS if _standing(session, case, kind) is not None)


def _standing(session: Session, case: Case, kind: str) -> Judgement | None:
    whose = Judgement.case_id == case.id
    if kind == NOT_A_PERSON and case.author_id is not None:
        whose = Judgement.author_id == case.author_id
    wanted = select(Judgement).where(
        Judgement.brand_id == case.brand_id, whose, Judgement.kind == kind, Judgement.undone_at.is_(None)
    )
    if kind == NOT_UNHAPPY:
        wanted = wanted.where(Judgement.mention_id == case.lead_mention_id)
    return session.scalar(wanted.order_by(Judgement.id.desc()).limit(1))


def _case(session: Session, brand_id: int, case_id: int) -> Case:
    wanted = select(Case).where(Case.id == case_id, Case.brand_id == brand_id)
    case = session.scalar(wanted.execution_options(populate_existing=True))
    if case is None:
        raise NotFound("There is no such case.")
    return case


def _call_no_person(session: Session, said: _Said) -> None:
    sharer = _sharer(session, said.case)
    sharer.kind, sharer.kind_reason, sharer.kind_by = Kind.AUTOMATED, BY_HAND, said.user_id
    _follow(session, said, sharer)


def _call_a_person(session: Session, said: _Said) -> None:
    sharer = _sharer(session, said.case)
    sharer.kind_by = None
    _follow(session, said, sharer)


def _sharer(session: Session, case: Case) -> Sharer:
    wanted = select(Sharer).where(Sharer.author_id == case.author_id, Sharer.brand_id == case.brand_id)
    sharer = session.scalar(wanted.execution_options(populate_existing=True))
    if sharer is None:
        raise Conflict("Nothing is kept of how much this author tells, so there is nothing to correct.")
    return sharer


def _follow(session: Session, said: _Said, sharer: Sharer) -> None:
    """Place the author anew, and bring their cases in step."""
    session.flush()
    count_again(session, said.case.brand_id, {sharer.author_id}, now=said.now)
    leads.refresh(session, set(leads.led_by(session, {sharer.author_id})), now=said.now)
    session.expire(said.case)


def _call_not_unhappy(session: Session, said: _Said) -> None:
    if said.case.lead_mention_id is None:
        raise Conflict("Everything in this case was deleted at its source; there is nothing left to judge.")
    corrections.correct(session, label="neutral", **said.about_the_lead)


def _ask_the_model(session: Session, said: _Said) -> None:
    corrections.take_back(session, **said.about_the_lead)


def _close(session: Session, said: _Said) -> None:
    lifecycle.not_for_us(session, **said.move)


def _reopen(session: Session, said: _Said) -> None:
    lifecycle.reopen(session, **said.move)


def _revoke_links(session: Session, said: _Said) -> None:
    author_id = said.case.author_id
    confirmed = session.scalars(
        select(AccountLink.id).where(
            AccountLink.brand_id == said.case.brand_id,
            AccountLink.status == "confirmed",
            or_(AccountLink.one_id == author_id, AccountLink.other_id == author_id),
        )
    ).all()
    if not confirmed:
        raise Conflict("This account is linked to no other, so there is no wrong person to undo.")
    for link_id in confirmed:
        links.revoke(session, brand_id=said.case.brand_id, link_id=link_id, user_id=said.user_id, now=said.now)


def _leave_revoked(_session: Session, _said: _Said) -> None:
    raise Conflict(
        "A revoked link is never proposed again. Link the accounts by hand if they are one person's after all."
    )


@dataclass(frozen=True, slots=True)
class _Kind:
    do: Callable[[Session, _Said], None]
    undo: Callable[[Session, _Said], None]


KINDS: Mapping[str, _Kind] = MappingProxyType(
    {
        NOT_A_PERSON: _Kind(_call_no_person, _call_a_person),
        NOT_UNHAPPY: _Kind(_call_not_unhappy, _ask_the_model),
        NOT_OURS: _Kind(_close, _reopen),
        WRONG_PERSON: _Kind(_revoke_links, _leave_revoked),
    }
)
"""What can be said, by name."""

_SHOWN = ("p_negative", "label", "abstained", "sharer", "badge", "promise_class", "answerability", "intent")
"""What the product had made of a case when it was judged."""
