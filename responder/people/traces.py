"""What accounts can be found by on other platforms: names, addresses and numbers, as keyed hashes in `account_traces`.

Two accounts that share a mark meet (`meetings`), which costs an index look-up each and never a comparison of everybody
with everybody. Whether a meeting means one person is `responder.people.clues`'s to weigh. Call under the brand's lock.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from typing import Any

from sqlalchemy import Row, and_, delete, func, insert, select
from sqlalchemy.orm import Session

from responder.accounts.vault import key_for, marked
from responder.cases.codes import find_codes
from responder.intake.store import forget_traces
from responder.models import AccountTrace, Author, Mention
from responder.people.claims import account_at, address, profile_links, stated_accounts
from responder.people.handles import names_at, stem
from responder.people.names import folded_name
from responder.people.references import Reference, find_references
from responder.sharers.objections import objected

_PURPOSE = b"earshot account traces 1"
_ACCOUNT, _ADDRESS = "account", "address"

MEETING_MOST = 20
"""A mark that more accounts bear brings nobody together: everybody is called that."""


class Trace(StrEnum):
    """What a row of `account_traces` is. The references people give are `references.Reference`."""

    OWN = "own"
    STATED = "stated"
    VERIFIED = "verified"
    HANDLE = "handle"
    NAME = "name"


Found = tuple[str, str]
"""The kind of a trace, and its mark."""


@dataclass(frozen=True, slots=True)
class Marker:
    """Turns what an account is found by into marks, for one brand of one installation."""

    key: bytes
    brand_id: int
    secret: str

    @classmethod
    def of(cls, secret: str, brand_id: int) -> Marker:
        """Return the marker of a brand."""
        return cls(key_for(secret, _PURPOSE), brand_id, secret)

    def mark(self, kind: str, *parts: str) -> str:
        """Return the mark of one thing: the same for the same thing of the same kind."""
        return marked(self.key, str(self.brand_id), kind, *parts)

    def of_profile(self, author: Any) -> set[Found]:
        """Return the traces of an author's profile, as far as the source tells it."""
        found: set[Found] = {(Trace.OWN, self.mark(_ACCOUNT, author.source, name)) for name in _names(author)}
        if author.handle and (shared := stem(author.handle)):
            found.add((Trace.HANDLE, self.mark(Trace.HANDLE, shared)))
        if author.name and (folded := folded_name(author.name)):
            found.add((Trace.NAME, self.mark(Trace.NAME, folded)))
        for url in _addresses(author):
            found |= {(Trace.OWN, mark) for mark in self._of_address(url)}
        elsewhere = account_at(author.url) if author.url else None
        if elsewhere is not None and elsewhere[0] != author.source:
            found |= {(Trace.STATED, self.mark(_ACCOUNT, elsewhere[0], name)) for name in names_at(*elsewhere)}
        return found

    def of_mention(self, mention: Any) -> set[Found]:
        """Return the traces of what an author said, and of the profile that came with it."""
        found = {(str(kind), self.mark(kind, value)) for kind, value in find_references(mention.text)}
        found |= {
            (Reference.CODE, self.mark(Reference.CODE, str(case_id)))
            for case_id in find_codes(mention.text, secret=self.secret)
        }
        for source, handle in stated_accounts(mention.text):
            names = names_at(source, handle) if handle else _names(mention)
            found |= {(Trace.STATED, self.mark(_ACCOUNT, source, name)) for name in names}
        links = profile_links(mention.source, mention.raw)
        for kind, urls in ((Trace.STATED, links.stated), (Trace.VERIFIED, links.verified)):
            found |= {(kind, mark) for url in urls for mark in self._of_link(url)}
        return found

    def _of_address(self, url: str) -> Iterator[str]:
        where = address(url)
        if where is not None:
            yield self.mark(_ADDRESS, where)

    def _of_link(self, url: str) -> Iterator[str]:
        yield from self._of_address(url)
        elsewhere = account_at(url)
        if elsewhere is not None:
            yield from (self.mark(_ACCOUNT, elsewhere[0], name) for name in names_at(*elsewhere))


def retrace(
    session: Session, marker: Marker, *, mention_ids: Collection[int], author_ids: Collection[int]
) -> Collection[int]:
    """Bring the traces of these mentions and authors up to date; return the authors that may be linked.

    Who objected to being scored is left out and leaves no trace.
    """
    authors: Mapping[int, Any] = {
        row.id: row
        for row in session.execute(
            select(Author.id, Author.source, Author.external_id, Author.handle, Author.name, Author.url).where(
                Author.id.in_(author_ids), Author.brand_id == marker.brand_id
            )
        )
    }
    refused = objected(session, marker.brand_id, marker.secret, {_account(row) for row in authors.values()})
    allowed = {author_id: row for author_id, row in authors.items() if _account(row) not in refused}
    profiles = {author_id: marker.of_profile(row) for author_id, row in allowed.items()}
    changed = {author_id for author_id, held in _profiles(session, authors).items() if held != profiles.get(author_id)}
    of_these = and_(AccountTrace.author_id.in_(changed), AccountTrace.mention_id.is_(None))
    session.execute(delete(AccountTrace).where(of_these))
    forget_traces(session, mention_ids)
    rows = [_row(marker, author_id, None, found) for author_id in changed for found in profiles.get(author_id, ())]
    for mention in _said(session, mention_ids, allowed):
        rows += [_row(marker, mention.author_id, mention.id, found) for found in marker.of_mention(mention)]
    if rows:
        session.connection().execute(insert(AccountTrace), rows)
    return allowed.keys()


def meetings(session: Session, brand_id: int, author_ids: Collection[int]) -> set[tuple[int, int]]:
    """Return the pairs, the smaller id first, of these authors and others of another source that share a mark."""
    marks = session.scalars(select(AccountTrace.mark).where(AccountTrace.author_id.in_(author_ids)).distinct()).all()
    few = [mark for mark, bearers in bearers_of(session, brand_id, marks).items() if 1 < bearers <= MEETING_MOST]
    bearing = session.execute(
        select(AccountTrace.mark, Author.id, Author.source)
        .join(Author, Author.id == AccountTrace.author_id)
        .where(AccountTrace.brand_id == brand_id, AccountTrace.mark.in_(few))
        .distinct()
    )
    by_mark: defaultdict[str, dict[int, str]] = defaultdict(dict)
    for mark, author_id, source in bearing:
        by_mark[mark][author_id] = source
    return {
        (min(one, other), max(one, other))
        for sources in by_mark.values()
        for one, other in combinations(sources, 2)
        if sources[one] != sources[other] and (one in author_ids or other in author_ids)
    }


def bearers_of(session: Session, brand_id: int, marks: Collection[str]) -> dict[str, int]:
    """Return how many accounts bear each of these marks; a mark nobody bears is missing."""
    counted = (
        select(AccountTrace.mark, func.count(AccountTrace.author_id.distinct()).label("bearers"))
        .where(AccountTrace.brand_id == brand_id, AccountTrace.mark.in_(marks))
        .group_by(AccountTrace.mark)
    )
    return {row.mark: row.bearers for row in session.execute(counted)} if marks else {}


def _profiles(session: Session, author_ids: Collection[int]) -> dict[int, set[Found]]:
    """Return the traces of the profiles of these authors as they stand."""
    held: dict[int, set[Found]] = {author_id: set() for author_id in author_ids}
    rows = select(AccountTrace.author_id, AccountTrace.kind, AccountTrace.mark).where(
        AccountTrace.author_id.in_(author_ids), AccountTrace.mention_id.is_(None)
    )
    for author_id, kind, mark in session.execute(rows):
        held[author_id].add((kind, mark))
    return held


def _said(session: Session, mention_ids: Collection[int], authors: Collection[int]) -> Iterable[Row[Any]]:
    return session.execute(
        select(Mention.id, Mention.author_id, Mention.source, Mention.text, Mention.raw, Author.handle)
        .join(Author, Author.id == Mention.author_id)
        .where(Mention.id.in_(mention_ids), Mention.author_id.in_(authors), Mention.gone_at.is_(None))
    )


def _row(marker: Marker, author_id: int, mention_id: int | None, found: Found) -> dict[str, Any]:
    kind, mark = found
    return {
        "brand_id": marker.brand_id,
        "author_id": author_id,
        "mention_id": mention_id,
        "kind": str(kind),
        "mark": mark,
    }


def _account(row: Any) -> tuple[str, str]:
    return row.source, row.external_id


def _names(row: Any) -> frozenset[str]:
    return names_at(row.source, row.handle) if row.handle else frozenset()


def _addresses(author: Any) -> Iterator[str]:
    if author.url:
        yield author.url
    if author.source == "bluesky" and author.handle and not author.handle.endswith(".bsky.social"):
        yield f"https://{author.handle}"  # a domain as a handle is proven to Bluesky to be their own
