"""Reading the queue: one page of cases in the order they should be answered, and one case whole.

The order of the open cases is computed by a job (`responder.cases.snapshots`); a page walks it from where the last one
ended, so it costs the same however long the queue is. Lists of other states are read in the order of `rank_key`. With a
text filter the order is by what was heard last: matches come from the search index in that order, and ranking all of
them would cost as much as there are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, exists, func, select, tuple_
from sqlalchemy.orm import Session

from responder import search
from responder.cases.cursors import Place, read_cursor, write_cursor
from responder.cases.rows import QueueRow, queue_rows
from responder.cases.snapshots import Order, current, take
from responder.cases.states import in_state, looked_up, open_in
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

_SORTED = 2_000
"""Matches of a filter that are read at once and sorted; of more, enough stand among the first to walk the order."""

_WALKED_AT_ONCE = 500

_UTC = ZoneInfo("UTC")

_AnySelect = Select[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What the queue is narrowed to; None leaves a filter out.

    `label` is one of `LABELS`: "unsure" are the abstained ones, the other three hold sure opinions only. `intent` is
    one of `sentiment.opinions.INTENTS`: what the lead most likely wants, however sure. `text` is what a person typed
    (`responder.search`). `missed`: those to whom a promise was not kept, who are owed an apology.
    """

    source: str | None = None
    language: str | None = None
    label: str | None = None
    intent: str | None = None
    watch_id: int | None = None
    assignee_id: int | None = None
    state: str = CaseState.OPEN
    text: str | None = None
    missed: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuePage:
    """One page. `next` None: there is no more. `count` is for people: exact, or "1,000+" where counting stopped.

    `ranked_at` is when the order was computed.
    """

    rows: tuple[QueueRow, ...]
    next: str | None
    count: str
    ranked_at: datetime


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
    zone: ZoneInfo = _UTC,
    is_live: bool = False,
) -> QueuePage:
    """Return the page that follows the cursor `after`, the top one when None. `limit` is 1–200 rows.

    `is_live`: rank now instead of taking the order as last stored. `zone` is the team's, where days end. Raises Invalid
    for an unknown label, intent or state, a search with nothing to look for, and a cursor that this list did not give
    out.
    """
    _check(filters)
    of = astuple(filters)
    start = read_cursor(after, of=of, by_rank=filters.text is None) if after is not None else None
    limit = min(max(limit, 1), MAX_LIMIT)
    order = (take if is_live else current)(session, brand_id, now=now, zone=zone)
    if filters.text is None:
        by = _by_order if filters.state == CaseState.OPEN else _by_rank_key
        found = by(session, brand_id, filters, _Asked(start, limit), order)
        count = _counted(session, brand_id, filters)
    else:
        found = _by_text(session, brand_id, filters, start, limit)
        seen = (start.shown if start else 0) + len(found.case_ids)
        count = f"{seen:,}+" if found.next else f"{seen:,}"
    first = (start.shown if start else 0) + 1
    rows = queue_rows(session, brand_id, found.case_ids, first=first, order=order, now=now, zone=zone)
    return QueuePage(
        rows=rows,
        next=write_cursor(found.next, of=of) if found.next else None,
        count=count,
        ranked_at=order.computed_at,
    )


def get_case(session: Session, *, brand_id: int, case_id: int, now: datetime, zone: ZoneInfo = _UTC) -> CaseView:
    """Return one case with its mentions in time order and its events. Raises NotFound, also across brands."""
    found = session.scalar(select(Case).where(Case.id == case_id, Case.brand_id == brand_id))
    if found is None:
        raise NotFound("There is no such case.")
    order = current(session, brand_id, now=now, zone=zone)
    place = int(order.places([found.id])[0])
    first = place + 1 if place >= 0 else len(order.ids)
    (row,) = queue_rows(session, brand_id, [found.id], first=first, order=order, now=now, zone=zone)
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


@dataclass(frozen=True, slots=True)
class _Asked:
    """Where a page starts (None: at the top) and how many cases it holds."""

    start: Place | None
    limit: int


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
    if filters.missed is not None:
        conditions.append(Case.missed_at.is_not(None) if filters.missed else Case.missed_at.is_(None))
    if filters.label == "unsure":
        conditions.append(Case.abstained.is_(True))
    elif filters.label is not None:
        conditions += [Case.label == filters.label, Case.abstained.is_(False)]
    return conditions


def _by_order(session: Session, brand_id: int, filters: Filters, asked: _Asked, order: Order) -> _Found:
    """Walk the order from where the last page ended, keeping the open cases that fit."""
    start, limit = asked.start, asked.limit
    begin = 0 if start is None else _after(order, start)
    few = _few(session, brand_id, filters)
    fitting: list[int] = []
    if few is not None:
        placed = zip(order.places(few).tolist(), few, strict=True)
        fitting = [case_id for place, case_id in sorted(placed) if place >= begin]
    else:
        for case_ids in _pieces(order, begin, limit):
            kept = _fitting(session, brand_id, filters, set(case_ids))
            fitting += [case_id for case_id in case_ids if case_id in kept]
            if len(fitting) > limit:
                break
    page = fitting[:limit]
    if len(fitting) <= limit:
        return _Found(page, None)
    last = int(order.places(page[-1:])[0])
    shown = (start.shown if start else 0) + limit
    return _Found(page, Place(rank_key=float(order.priority[last]), id=page[-1], shown=shown))


def _few(session: Session, brand_id: int, filters: Filters) -> Sequence[int] | None:
    """Return the cases that fit, if they are so few that sorting them costs less than walking; None else."""
    if filters == Filters():
        return None
    wanted = _heard_by(session, select(Case.id).where(*_conditions(brand_id, filters)), filters.watch_id)
    found = session.scalars(wanted.limit(_SORTED)).all()
    return found if len(found) < _SORTED else None


def _after(order: Order, start: Place) -> int:
    """Return the place that follows a page's last case; where it would stand now if it has left the queue."""
    place = int(order.places([start.id])[0])
    return place + 1 if place >= 0 else order.place_of(start.rank_key or 0.0)


def _pieces(order: Order, begin: int, limit: int) -> Iterator[list[int]]:
    """Cut the order into ever larger pieces: most pages are filled by a first one not much larger than they are."""
    size = min(limit + limit // 4 + 1, _WALKED_AT_ONCE)
    while begin < len(order.ids):
        yield order.ids[begin : begin + size].tolist()
        begin, size = begin + size, min(2 * size, _WALKED_AT_ONCE)


def _by_rank_key(session: Session, brand_id: int, filters: Filters, asked: _Asked, _order: Order) -> _Found:
    start, limit = asked.start, asked.limit
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
    wanted = select(Case.id).where(Case.id.in_(case_ids), looked_up(*_conditions(brand_id, filters)))
    if filters.watch_id is not None:
        wanted = wanted.where(exists().where(CaseWatch.watch_id == filters.watch_id, CaseWatch.case_id == Case.id))
    return set(session.scalars(wanted))


def _counted(session: Session, brand_id: int, filters: Filters) -> str:
    wanted = _heard_by(session, select(Case.id).where(*_conditions(brand_id, filters)), filters.watch_id)
    bounded = wanted.limit(COUNTED_TO + 1).subquery()
    number = session.scalar(select(func.count()).select_from(bounded)) or 0
    return f"{COUNTED_TO:,}+" if number > COUNTED_TO else f"{number:,}"


def _distinct(session: Session, column: Any, brand_id: int) -> tuple[str, ...]:
    """Return the values an indexed column has among open cases: one index probe each, never a scan."""
    smallest = select(func.min(column).label("value")).where(*open_in(brand_id))
    values = smallest.cte("each_value", recursive=True)
    following = smallest.where(column > values.c.value).scalar_subquery()
    values = values.union_all(select(following).where(values.c.value.is_not(None)))
    return tuple(session.scalars(select(values.c.value).where(values.c.value.is_not(None))))
