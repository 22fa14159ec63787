"""Who may send what they wrote, who needs a colleague's approval, and who only drafts.

The most telling rule holds: one for the person before one for their role, one for the source before one for all.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from responder.errors import Invalid, NotAllowed, NotFound
from responder.models import Membership, ReplyMode, ReplyRule, Role, User

DEFAULTS: Mapping[str, ReplyMode | None] = MappingProxyType(
    {Role.ADMIN: ReplyMode.SEND, Role.AGENT: ReplyMode.APPROVAL, Role.MARKETER: None}
)
"""What holds until an admin says otherwise; None: nothing, and no rule for the role gives it."""

_APPROVES_OWN = frozenset({ReplyMode.SEND})
_APPROVES_OTHERS = frozenset({ReplyMode.SEND, ReplyMode.APPROVAL})


def mode_of(session: Session, *, brand_id: int, user_id: int, source: str) -> ReplyMode | None:
    """Return what a person may do with replies on a source; None: nothing (not of the team, or no role for it)."""
    role = session.scalar(
        select(Membership.role)
        .join(User, User.id == Membership.user_id)
        .where(Membership.brand_id == brand_id, Membership.user_id == user_id, User.disabled_at.is_(None))
    )
    if role is None or DEFAULTS[role] is None:
        return None
    rules = session.scalars(
        select(ReplyRule).where(
            ReplyRule.brand_id == brand_id,
            or_(ReplyRule.user_id == user_id, ReplyRule.user_id.is_(None) & (ReplyRule.role == role)),
            or_(ReplyRule.source == source, ReplyRule.source.is_(None)),
        )
    ).all()
    if not rules:
        return DEFAULTS[role]
    most_telling = max(rules, key=lambda rule: (rule.user_id is not None, rule.source is not None, rule.id))
    return ReplyMode(most_telling.mode)


def may_approve(mode: ReplyMode | None, *, is_own: bool) -> bool:
    """Tell whether somebody with this mode may let a reply leave; `is_own`: they wrote or changed it themselves."""
    return mode in (_APPROVES_OWN if is_own else _APPROVES_OTHERS)


def require_writer(session: Session, *, brand_id: int, user_id: int, source: str) -> None:
    """Raise NotAllowed unless the person may draft replies on the source."""
    if mode_of(session, brand_id=brand_id, user_id=user_id, source=source) is None:
        raise NotAllowed("You may not write replies for this brand. An admin can change your role in Settings.")


def require_approver(session: Session, *, brand_id: int, user_id: int, source: str, is_own: bool) -> None:
    """Raise NotAllowed, saying who can help, unless the person may let this reply leave."""
    mode = mode_of(session, brand_id=brand_id, user_id=user_id, source=source)
    if may_approve(mode, is_own=is_own):
        return
    if is_own and mode is ReplyMode.APPROVAL:
        raise NotAllowed("What you write needs a colleague's approval. It waits in the queue under Approvals.")
    raise NotAllowed("You may draft replies but not approve them. Ask a colleague who may.")


def set_rule(
    session: Session,
    *,
    brand_id: int,
    mode: ReplyMode,
    set_by: int | None,
    now: datetime,
    user_id: int | None = None,
    role: Role | None = None,
    source: str | None = None,
) -> ReplyRule:
    """Say what a person or a role may do; a rule for the same person or role and source is replaced.

    Raises Invalid unless it is for exactly one of person and role (and a role that writes at all), NotFound for a
    person outside the team.
    """
    if (user_id is None) == (role is None):
        raise Invalid("Say for whom: one person, or everybody with one role.")
    if role is not None and DEFAULTS[role] is None:
        raise Invalid(f"People with the role {role} write no replies; give them another role first.")
    if user_id is not None and session.get(Membership, (user_id, brand_id)) is None:
        raise NotFound("There is no such person in this team.")
    same = select(ReplyRule).where(
        ReplyRule.brand_id == brand_id,
        ReplyRule.user_id.is_(None) if user_id is None else ReplyRule.user_id == user_id,
        ReplyRule.role.is_(None) if role is None else ReplyRule.role == role,
        ReplyRule.source.is_(None) if source is None else ReplyRule.source == source,
    )
    rule = session.scalar(same) or ReplyRule(brand_id=brand_id, user_id=user_id, role=role, source=source)
    rule.mode, rule.set_by, rule.set_at = mode, set_by, now
    session.add(rule)
    session.flush()
    return rule
