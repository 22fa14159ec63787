"""Reading the queue: one page of cases in the order they should be answered, and one case whole.

A page is one index read of (rank_key, id) and never counts or skips rows, so it costs the same however long the queue
is. With a text filter the order is by what was heard last instead: matches come from the search index in that order,
and ranking all of them would cost as much as there are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, select, tuple_
from sqlalchemy.orm import Session

from responder import search
from responder.cases.cursors import Place, read_cursor, write_cursor
from responder.cases.rows import QueueRow, in_state, open_in, queue_rows
from responder.errors import Invalid, NotFound
from responder.models import Author, Case, CaseEvent, CaseState, CaseWatch, Membership, Mention, User, Watch
from sentiment.opinions import INTENTS

LABELS = ("negative", "neutral", "positive", "unsure")
COUNTED_TO = 1000
"""Counts stop here and are shown as "1,000+"."""

MAX_LIMIT = 200
MAX_MENTIONS_SHOWN = 500

_HITS_AT_ONCE = 1_000
_HITS_PER_PAGE = 20_000
"""How many matches one page looks through for cases that fit the other filters, before it says there may be more."""

_FEW = 5_000
"""A watch with fewer cases than this is read from its own side."""

_AnySelect = Select[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What the queue is narrowed to; None leaves a filter out.

    `label` is one of `LABELS`: "unsure" are the abstained ones, the other three hold sure opinions only. `intent` is
    one of `sentiment.opinions.INTENTS`: what the lead most likely wants, however sure. `text` is what a person typed
    (`responder.search`).
    """

    source: str | None = None
    language: str | None = None
    label: str | None = None
    intent: str | None = None
    watch_id: int | None = None
    assignee_id: int | None = None
    state: str = CaseState.OPEN
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuePage:
    """One page. `next` None: there is no more. `count` is for people: exact, or "1,000+" where counting stopped."""

    rows: tuple[QueueRow, ...]
    next: str | None
    count: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What the filter menus of a brand offer: what its open cases have, its watches and its people (id, name)."""

    sources: tuple[str, ...]
    languages: tuple[str, ...]
    labels: tuple[str, ...]
    watches: tuple[tuple[int, str], ...]
    people: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseMention:
    """A mention of a case with its author; None when unknown, or deleted at the source."""

    mention: Mention
    author: Author | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HappenedEvent:
    """An event of a case and the name of who did it; None: Earshot itself, or a person who was removed."""

    event: CaseEvent
    user_name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """One case whole: its row, its mentions by time (the last 500 of them), and what happened to it."""

    case: Case
    row: QueueRow
    mentions: tuple[CaseMention, ...]
    events: tuple[HappenedEvent, ...]


def list_open(
    session: Session,
    *,
    brand_id: int,
    filters: Filters = Filters(),
    after: str | None = None,
    limit: int = 50,
    now: datetime,
) -> QueuePage:
    """Return the page that follows the cursor `after`, the top one when None. `limit` is 1–200 rows.

    Raises Invalid for an unknown label, intent or state, a search with nothing to look for, and a cursor that this list
    did not give out.
    """
    _check(filters)
    of = astuple(filters)
    start = read_cursor(after, of=of, by_rank=filters.text is None) if after is not None else None
    limit = min(max(limit, 1), MAX_LIMIT)
    if filters.text is None:
        found = _by_rank(session, brand_id, filters, start, limit)
        count = _counted(session, brand_id, filters)
    else:
        found = _by_text(session, brand_id, filters, start, limit)
        seen = (start.shown if start else 0) + len(found.case_ids)
        count = f"{seen:,}+" if found.next else f"{seen:,}"
    first = (start.shown if start else 0) + 1
    rows = queue_rows(session, brand_id, found.case_ids, first=first, now=now)
    return QueuePage(rows=rows, next=write_cursor(found.next, of=of) if found.next else None, count=count)


def get_case(session: Session, *, brand_id: int, case_id: int, now: datetime) -> CaseView:
    """Return one case with its mentions in time order and its events. Raises NotFound, also across brands."""
    found = session.scalar(select(Case).where(Case.id == case_id, Case.brand_id == brand_id))
    if found is None:
        raise NotFound("There is no such case.")
    place = 1 + (session.scalar(select(func.count()).select_from(_above(found).subquery())) or 0)
    (row,) = queue_rows(session, brand_id, [found.id], first=place, now=now)
    last = (
        select(Mention, Author)
        .outerjoin(Author, Author.id == Mention.author_id)
        .where(Mention.case_id == found.id)
        .order_by(Mention.created_at.desc(), Mention.id.desc())
        .limit(MAX_MENTIONS_SHOWN)
    )
    mentions = [CaseMention(mention=mention, author=author) for mention, author in session.execute(last)]
    happened = session.execute(
        select(CaseEvent, User.name)
        .outerjoin(User, User.id == CaseEvent.user_id)
        .where(CaseEvent.case_id == found.id)
        .order_by(CaseEvent.id)
    )
    return CaseView(
        case=found,
        row=row,
        mentions=tuple(reversed(mentions)),
        events=tuple(HappenedEvent(event=event, user_name=name) for event, name in happened),
    )


def choices(session: Session, *, brand_id: int) -> Choices:
    """Return what the filter menus offer. Reads one index entry per value, however many cases there are."""
    watches = select(Watch.id, Watch.name).where(Watch.brand_id == brand_id).order_by(Watch.name)
    people = (
        select(User.id, User.name)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.brand_id == brand_id, User.disabled_at.is_(None))
        .order_by(User.name, User.id)
    )
    return Choices(
        sources=_distinct(session, Case.source, brand_id),
        languages=_distinct(session, Case.language, brand_id),
        labels=LABELS,
        watches=tuple((row.id, row.name) for row in session.execute(watches)),
        people=tuple((row.id, row.name) for row in session.execute(people)),
    )


@dataclass(frozen=True, slots=True)
class _Found:
    """The cases of a page in order, and where the next one starts; None at the end."""

    case_ids: list[int]
    next: Place | None


def _check(filters: Filters) -> None:
    faults = []
    if filters.label is not None and filters.label not in LABELS:
        faults.append(f"label: choose one of {', '.join(LABELS)}")
    if filters.intent is not None and filters.intent not in INTENTS:
        faults.append(f"intent: choose one of {', '.join(INTENTS)}")
    if filters.state not in set(CaseState):
        faults.append(f"state: choose one of {', '.join(CaseState)}")
    if faults:
        raise Invalid(*faults)


def _conditions(brand_id: int, filters: Filters) -> list[ColumnElement[bool]]:
    conditions = in_state(brand_id, filters.state)
    conditions += [
        column == value
        for column, value in (
            (Case.source, filters.source),
            (Case.language, filters.language),
            (Case.intent, filters.intent),
            (Case.assignee_id, filters.assignee_id),
        )
        if value is not None
    ]
    if filters.label == "unsure":
        conditions.append(Case.abstained.is_(True))
    elif filters.label is not None:
        conditions += [Case.label == filters.label, Case.abstained.is_(False)]
    return conditions


def _by_rank(session: Session, brand_id: int, filters: Filters, start: Place | None, limit: int) -> _Found:
    wanted: _AnySelect = select(Case.id, Case.rank_key).where(*_conditions(brand_id, filters))
    wanted = _heard_by(session, wanted, filters.watch_id)
    if start is not None:
        wanted = wanted.where(tuple_(Case.rank_key, Case.id) < (start.rank_key, start.id))
    found = session.execute(wanted.order_by(Case.rank_key.desc(), Case.id.desc()).limit(limit + 1)).all()
    page = found[:limit]
    if len(found) <= limit:
        return _Found([row.id for row in page], None)
    shown = (start.shown if start else 0) + limit
    return _Found([row.id for row in page], Place(rank_key=page[-1].rank_key, id=page[-1].id, shown=shown))


def _heard_by(session: Session, wanted: _AnySelect, watch_id: int | None) -> _AnySelect:
    """Narrow to the cases of a watch: from the watch's side when it has few, else by asking each case in order."""
    if watch_id is None:
        return wanted
    few = select(CaseWatch.case_id).where(CaseWatch.watch_id == watch_id).limit(_FEW)
    if (session.scalar(select(func.count()).select_from(few.subquery())) or 0) < _FEW:
        return wanted.where(Case.id.in_(select(CaseWatch.case_id).where(CaseWatch.watch_id == watch_id)))
    return wanted.where(exists().where(CaseWatch.watch_id == watch_id, CaseWatch.case_id == Case.id))


def _by_text(session: Session, brand_id: int, filters: Filters, start: Place | None, limit: int) -> _Found:
    """Walk the matches from the last heard on, batch by batch, keeping the cases that fit the other filters."""
    words = search.read_words(filters.text or "")
    kept: dict[int, int] = {}
    looked_at = 0
    before = start.id if start is not None else None
    for hits in _batches(session, brand_id, words, before, limit):
        looked_at += len(hits)
        fitting = _fitting(session, brand_id, filters, {hit.case_id for hit in hits if hit.case_id is not None})
        if start is not None:
            fitting -= search.having_newer(session, words=words, case_ids=sorted(fitting), than=start.id)
        for hit in hits:
            if hit.case_id in fitting and hit.case_id not in kept:
                kept[hit.case_id] = hit.mention_id
            if len(kept) == limit:
                return _Found(list(kept), _place_after(hit.mention_id, kept, start))
        if looked_at >= _HITS_PER_PAGE:
            return _Found(list(kept), _place_after(hits[-1].mention_id, kept, start))
    return _Found(list(kept), None)


def _batches(
    session: Session, brand_id: int, words: search.Words, before: int | None, limit: int
) -> Iterator[Sequence[search.Hit]]:
    """The matches in ever larger batches: most searches fill their page from a first one not much larger than it."""
    size = min(limit + limit // 4 + 1, _HITS_AT_ONCE)
    while True:
        hits = search.newest(session, brand_id=brand_id, words=words, limit=size, before=before)
        if hits:
            yield hits
        if len(hits) < size:
            return
        before = hits[-1].mention_id
        size = min(2 * size, _HITS_AT_ONCE)


def _place_after(mention_id: int, kept: Mapping[int, int], start: Place | None) -> Place:
    return Place(rank_key=None, id=mention_id, shown=(start.shown if start else 0) + len(kept))


def _fitting(session: Session, brand_id: int, filters: Filters, case_ids: set[int]) -> set[int]:
    if not case_ids:
        return set()
    # As one value, not as conditions: SQLite would go through all open cases instead of looking these few up.
    fits = case((and_(*_conditions(brand_id, filters)), 1), else_=0)
    wanted = select(Case.id).where(Case.id.in_(case_ids), fits == 1)
    if filters.watch_id is not None:
        wanted = wanted.where(exists().where(CaseWatch.watch_id == filters.watch_id, CaseWatch.case_id == Case.id))
    return set(session.scalars(wanted))


def _counted(session: Session, brand_id: int, filters: Filters) -> str:
    wanted = _heard_by(session, select(Case.id).where(*_conditions(brand_id, filters)), filters.watch_id)
    bounded = wanted.limit(COUNTED_TO + 1).subquery()
    number = session.scalar(select(func.count()).select_from(bounded)) or 0
    return f"{COUNTED_TO:,}+" if number > COUNTED_TO else f"{number:,}"


def _above(shown: Case) -> _AnySelect:
    """The open cases that come before this one, counted to a thousand: beyond, a place tells nobody anything."""
    before = tuple_(Case.rank_key, Case.id) > (shown.rank_key, shown.id)
    return select(Case.id).where(*open_in(shown.brand_id), before).limit(COUNTED_TO)


def _distinct(session: Session, column: Any, brand_id: int) -> tuple[str, ...]:
    """Return the values an indexed column has among open cases: one index probe each, never a scan."""
    smallest = select(func.min(column).label("value")).where(*open_in(brand_id))
    values = smallest.cte("each_value", recursive=True)
    following = smallest.where(column > values.c.value).scalar_subquery()
    values = values.union_all(select(following).where(values.c.value.is_not(None)))
    return tuple(session.scalars(select(values.c.value).where(values.c.value.is_not(None))))
