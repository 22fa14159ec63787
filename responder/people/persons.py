"""Reading people: the accounts of one, what links them, what they do, and their cases across channels."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session, aliased

from responder.cases.codes import code_of
from responder.errors import NotFound
from responder.models import AccountLink, AccountTrace, Author, Case, LinkStatus, Mention, Sharer, User
from responder.people.clues import Assessment, Clue
from responder.people.handles import stem
from responder.people.links import is_unusual, may_undo
from responder.people.names import folded_name
from responder.people.objections import is_objected
from responder.people.traces import Marker, Trace
from responder.sharers.linked import across_channels, linked_accounts

PAGE = 30
MOST_CASES = 200
MOST_FOUND = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkView:
    """Two accounts and what is said of them. `clues` go from the strongest on; `bits` is their sum and the prior's.

    `takes_lead`: confirming it needs an admin. The names are of who decided and who revoked, `decider_id` of the
    former; None: nobody did, or they were removed.
    """

    link_id: int
    one: Author
    other: Author
    status: str
    clues: tuple[tuple[str, float], ...]
    bits: float
    proposed_at: datetime
    decided_at: datetime | None
    decided_by: str | None
    decider_id: int | None
    revoked_at: datetime | None
    revoked_by: str | None
    takes_lead: bool

    @property
    def prior(self) -> float:
        """The bits against it before any clue: how many people might be meant."""
        return self.bits - sum(bits for _, bits in self.clues)

    @property
    def probability(self) -> float:
        """How sure the clues are, 0 to 1."""
        return Assessment({Clue(name): bits for name, bits in self.clues}, self.bits).probability

    def may_undo(self, user_id: int, now: datetime) -> bool:
        """Whether what stands is this person's decision of the last minutes."""
        return may_undo(self.status, decider_id=self.decider_id, decided_at=self.decided_at, user_id=user_id, now=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountView:
    """One account; `habits` None: nothing is counted of it (yet). `is_objected`: it may not be scored."""

    author: Author
    habits: Sharer | None
    is_objected: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseLine:
    """One case of a person, with its short code; `text` is its lead's, None when nothing of it is left."""

    case: Case
    code: str
    text: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonView:
    """The person behind an account: the account asked for first, then the others by source.

    `score` counts all channels (`responder.sharers.linked.across_channels`), None unknown. `links` are confirmed,
    `open_links` wait for a person to decide, `decided` were rejected or revoked. `cases` go from the newest on.
    """

    accounts: tuple[AccountView, ...]
    score: float | None
    links: tuple[LinkView, ...]
    open_links: tuple[LinkView, ...]
    decided: tuple[LinkView, ...]
    cases: tuple[CaseLine, ...]

    @property
    def channels(self) -> int:
        """On how many sources they are."""
        return len({account.author.source for account in self.accounts})


def get_person(session: Session, *, secret: str, brand_id: int, author_id: int) -> PersonView:
    """Return the person behind an account of the brand. Raises NotFound, also across brands."""
    asked = session.scalar(select(Author).where(Author.id == author_id, Author.brand_id == brand_id))
    if asked is None:
        raise NotFound("There is no such account.")
    ids = linked_accounts(session, {author_id})[author_id]
    rows = session.execute(
        select(Author, Sharer).outerjoin(Sharer, Sharer.author_id == Author.id).where(Author.id.in_(ids))
    )
    refused = is_objected(session, secret=secret, brand_id=brand_id, author_ids=ids)
    accounts = [AccountView(author=row.Author, habits=row.Sharer, is_objected=row.Author.id in refused) for row in rows]
    accounts.sort(key=lambda account: (account.author.id != author_id, account.author.source, account.author.id))
    views = links_of(session, brand_id=brand_id, author_ids=ids)
    return PersonView(
        accounts=tuple(accounts),
        score=across_channels((each.author.source, each.habits.score) for each in accounts if each.habits is not None),
        links=tuple(view for view in views if view.status == LinkStatus.CONFIRMED),
        open_links=tuple(view for view in views if view.status in {LinkStatus.PROPOSED, LinkStatus.MAYBE}),
        decided=tuple(view for view in views if view.status in {LinkStatus.REJECTED, LinkStatus.REVOKED}),
        cases=_cases(session, secret, brand_id, ids),
    )


def list_proposed(session: Session, *, brand_id: int, before: int | None = None) -> Sequence[LinkView]:
    """Return a page of proposed links, the newest first, older than the link `before`."""
    older = [] if before is None else [AccountLink.id < before]
    return _links(session, brand_id, [AccountLink.status == LinkStatus.PROPOSED, *older], limit=PAGE)


def get_link(session: Session, *, brand_id: int, link_id: int) -> LinkView:
    """Return one link of the brand. Raises NotFound, also across brands."""
    found = _links(session, brand_id, [AccountLink.id == link_id], limit=1)
    if not found:
        raise NotFound("There is no such link.")
    return found[0]


def links_of(session: Session, *, brand_id: int, author_ids: Collection[int]) -> Sequence[LinkView]:
    """Return every link of these accounts, whatever was said of it, the newest first."""
    theirs = or_(AccountLink.one_id.in_(author_ids), AccountLink.other_id.in_(author_ids))
    return _links(session, brand_id, [theirs], limit=MOST_CASES)


def find_accounts(session: Session, *, secret: str, brand_id: int, words: str) -> Sequence[Author]:
    """Return accounts whose handle or name holds these words, or is the same but for spelling; the newest first."""
    typed = words.strip().removeprefix("@")
    if not typed:
        return ()
    pattern = "%" + typed.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    held = or_(*(column.ilike(pattern, escape="\\") for column in (Author.handle, Author.name, Author.external_id)))
    found = select(Author).where(Author.brand_id == brand_id, held).order_by(Author.id.desc()).limit(MOST_FOUND)
    alike = (
        select(Author)
        .where(Author.id.in_(_spelled_alike(secret, brand_id, typed)))
        .order_by(Author.id.desc())
        .limit(MOST_FOUND)
    )
    by_id = {author.id: author for author in chain(session.scalars(alike), session.scalars(found))}
    return sorted(by_id.values(), key=lambda author: -author.id)[:MOST_FOUND]


def _spelled_alike(secret: str, brand_id: int, typed: str) -> Select[int]:
    """Select the authors whose folded name or handle is this: other capitals, accents and orders, in every script."""
    marker = Marker.of(secret, brand_id)
    marks = [marker.mark(Trace.HANDLE, stem(typed)), marker.mark(Trace.NAME, folded_name(typed) or "")]
    return select(AccountTrace.author_id).where(AccountTrace.brand_id == brand_id, AccountTrace.mark.in_(marks))


def _links(
    session: Session, brand_id: int, conditions: Collection[ColumnElement[bool]], *, limit: int
) -> list[LinkView]:
    one, other, decider, revoker = aliased(Author), aliased(Author), aliased(User), aliased(User)
    rows = session.execute(
        select(AccountLink, one, other, decider.name, revoker.name)
        .join(one, one.id == AccountLink.one_id)
        .join(other, other.id == AccountLink.other_id)
        .outerjoin(decider, decider.id == AccountLink.decided_by)
        .outerjoin(revoker, revoker.id == AccountLink.revoked_by)
        .where(AccountLink.brand_id == brand_id, *conditions)
        .order_by(AccountLink.id.desc())
        .limit(limit)
    ).all()
    unusual = _unusual(session, [row[0] for row in rows])
    return [
        LinkView(
            link_id=link.id,
            one=first,
            other=second,
            status=link.status,
            clues=tuple(sorted(link.clues.items(), key=lambda clue: -clue[1])),
            bits=link.bits,
            proposed_at=link.proposed_at,
            decided_at=link.decided_at,
            decided_by=decided_by,
            decider_id=link.decided_by,
            revoked_at=link.revoked_at,
            revoked_by=revoked_by,
            takes_lead=unusual[link.id],
        )
        for link, first, second, decided_by, revoked_by in rows
    ]


def _unusual(session: Session, links: Sequence[AccountLink]) -> Mapping[int, bool]:
    """Tell of each link whether the person it would make takes an admin."""
    people = linked_accounts(session, {author_id for link in links for author_id in (link.one_id, link.other_id)})
    everybody = frozenset[int]().union(*people.values())
    rows = session.execute(select(Author.id, Author.source).where(Author.id.in_(everybody)))
    sources = {row.id: row.source for row in rows}
    return {
        link.id: is_unusual([sources[author_id] for author_id in people[link.one_id] | people[link.other_id]])
        for link in links
    }


def _cases(session: Session, secret: str, brand_id: int, author_ids: Collection[int]) -> tuple[CaseLine, ...]:
    """Return the cases of these accounts, and those something they said was joined to."""
    about = select(Case.id).where(Case.author_id.in_(author_ids))
    spoken_in = select(Mention.case_id).where(Mention.author_id.in_(author_ids), Mention.case_id.is_not(None))
    rows = session.execute(
        select(Case, Mention.text)
        .outerjoin(Mention, Mention.id == Case.lead_mention_id)
        .where(Case.brand_id == brand_id, Case.id.in_(about.union(spoken_in)))
        .order_by(Case.opened_at.desc(), Case.id.desc())
        .limit(MOST_CASES)
    )
    return tuple(
        CaseLine(case=row.Case, code=code_of(row.Case.id, secret=secret), text=row.text or None) for row in rows
    )
