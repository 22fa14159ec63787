"""What the page of a case says of people: its code, their other accounts, and mentions that belong together."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from responder.cases.codes import code_of
from responder.models import Author, Case, JoinProposal, JoinStatus, LinkStatus, Mention
from responder.people.joining import JOINED
from responder.people.persons import LinkView, links_of
from responder.sharers.linked import linked_accounts


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinView:
    """A mention and the case it names. `is_here`: the mention stands in the case looked at, and names the other.

    `other_case_id` and `other_code` are of the other case: of the two, the one that is not looked at. `author` wrote
    the mention; None when nobody knows.
    """

    proposal_id: int
    status: str
    is_here: bool
    other_case_id: int
    other_code: str
    author: Author | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OnCase:
    """What is said of people on a case. `author_id` None: nobody knows who wrote.

    `accounts` are the person's other accounts, `proposals` the links to be decided. `joins` are proposed or joined;
    `joined_to` is where the mentions of a case went that was emptied by joining.
    """

    case_id: int
    code: str
    author_id: int | None
    accounts: tuple[Author, ...]
    proposals: tuple[LinkView, ...]
    joins: tuple[JoinView, ...]
    joined_to: tuple[tuple[int, str], ...]


def about(session: Session, *, secret: str, brand_id: int, case: Case) -> OnCase:
    """Return what the page of a case of the brand says of people."""
    person = frozenset[int]() if case.author_id is None else linked_accounts(session, {case.author_id})[case.author_id]
    links = links_of(session, brand_id=brand_id, author_ids=person) if person else ()
    others = select(Author).where(Author.id.in_(person - {case.author_id}), Author.brand_id == brand_id)
    return OnCase(
        case_id=case.id,
        code=code_of(case.id, secret=secret),
        author_id=case.author_id,
        accounts=tuple(session.scalars(others.order_by(Author.source, Author.id))),
        proposals=tuple(link for link in links if link.status == LinkStatus.PROPOSED),
        joins=_joins(session, secret, brand_id, case),
        joined_to=_joined_to(session, secret, brand_id, case),
    )


def _joins(session: Session, secret: str, brand_id: int, case: Case) -> tuple[JoinView, ...]:
    """Return the live mentions here that name another case, and those elsewhere that name this one or joined it."""
    here = select(Mention.id).where(Mention.case_id == case.id)
    rows = session.execute(
        select(JoinProposal, Mention, Author)
        .join(Mention, Mention.id == JoinProposal.mention_id)
        .outerjoin(Author, Author.id == Mention.author_id)
        .where(
            JoinProposal.brand_id == brand_id,
            JoinProposal.status.in_((JoinStatus.PROPOSED, JoinStatus.JOINED)),
            or_(JoinProposal.case_id == case.id, JoinProposal.mention_id.in_(here)),
            Mention.gone_at.is_(None),
        )
        .order_by(JoinProposal.id)
    )
    views = []
    for proposal, mention, author in rows:
        is_here = proposal.case_id != case.id
        other = proposal.case_id if is_here else _elsewhere(proposal, mention)
        if other is None or (is_here and proposal.status == JoinStatus.JOINED):
            continue
        views.append(
            JoinView(
                proposal_id=proposal.id,
                status=proposal.status,
                is_here=is_here,
                other_case_id=other,
                other_code=code_of(other, secret=secret),
                author=author,
                text=mention.text,
            )
        )
    return tuple(views)


def _elsewhere(proposal: JoinProposal, mention: Mention) -> int | None:
    """Return the case a mention stands in that names this one, or came from when it was joined."""
    return mention.case_id if proposal.status == JoinStatus.PROPOSED else proposal.from_case_id


def _joined_to(session: Session, secret: str, brand_id: int, case: Case) -> tuple[tuple[int, str], ...]:
    if case.resolution != JOINED:
        return ()
    went = select(JoinProposal.case_id).where(
        JoinProposal.brand_id == brand_id,
        JoinProposal.from_case_id == case.id,
        JoinProposal.status == JoinStatus.JOINED,
    )
    ids: Collection[int] = session.scalars(went.distinct().order_by(JoinProposal.case_id)).all()
    return tuple((case_id, code_of(case_id, secret=secret)) for case_id in ids)
