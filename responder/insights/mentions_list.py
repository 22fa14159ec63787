"""The mentions behind a figure: one filter that means in SQL exactly what the rollups counted, read newest first.

Which opinion, language and hour a mention is counted under is decided in `responder.insights.rollups`; the conditions
here say the same of stored rows, and a test holds the two together.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, or_, select
from sqlalchemy.orm import Session, aliased, defer

from responder.insights.metrics import LabelGroup
from responder.insights.people import has_author
from responder.insights.periods import HOUR, Period
from responder.insights.rollups import UNKNOWN_LANGUAGE
from responder.models import Author, HourCell, Mention, WatchMention
from responder.search import matching

PAGE = 50
COUNTED_TO = 1000
"""Counts that no rollup holds stop here and are shown as "1,000+"."""

_LANGUAGE_CLAIM = "^[a-z]{2,3}($|[-_])"

SCORED = "scored"
LABELS = (*(group.value for group in LabelGroup), SCORED)
"""The groups a list can be limited to; "scored" is all but the unscored."""


class Authorship(StrEnum):
    """Which mentions by who wrote them: the two groups of the people figure, or the newest one of each person."""

    KNOWN = "known"
    UNKNOWN = "unknown"
    EACH = "each"


@dataclass(frozen=True, slots=True, kw_only=True)
class MentionFilter:
    """Which mentions of a brand; None leaves a condition out.

    Without a `watch_id` every mention of the brand is listed once. `weekday` (Monday 0) and `hour` are local ones and
    come together. `words` is what the person typed into the search field.
    """

    brand_id: int
    period: Period
    watch_id: int | None = None
    source: str | None = None
    language: str | None = None
    label: str | None = None
    weekday: int | None = None
    hour: int | None = None
    author: Authorship | None = None
    words: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ends: the last mention shown."""

    created_at: datetime
    id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardMention:
    """One row: the stored mention and who wrote it, None when unknown or deleted at the source."""

    mention: Mention
    author: Author | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MentionPage:
    """One page, newest first; `next` None at the end."""

    rows: tuple[HeardMention, ...]
    next: Place | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How many mentions a filter holds; when not `is_exact` there are more than `number`."""

    number: int
    is_exact: bool


def mentions_page(
    session: Session, wanted: MentionFilter, *, after: Place | None = None, size: int = PAGE
) -> MentionPage:
    """Return the page that follows `after`, the newest when None."""
    query = _rows().where(*_conditions(wanted))
    if after is not None:
        query = query.where(_follows(after))
    found = session.execute(query.order_by(Mention.created_at.desc(), Mention.id.desc()).limit(size + 1)).all()
    rows = tuple(HeardMention(mention=mention, author=author) for mention, author in found[:size])
    last = rows[-1].mention if len(found) > size else None
    return MentionPage(rows=rows, next=Place(last.created_at, last.id) if last else None)


def _rows() -> Select[Mention, Author]:
    # `raw` is what the platform sent, for repair only: it can be long, and no list shows it.
    return select(Mention, Author).outerjoin(Author, Author.id == Mention.author_id).options(defer(Mention.raw))


def _follows(place: Place) -> ColumnElement[bool]:
    same_instant = and_(Mention.created_at == place.created_at, Mention.id < place.id)
    return and_(Mention.created_at <= place.created_at, or_(Mention.created_at < place.created_at, same_instant))


def count_mentions(session: Session, wanted: MentionFilter) -> Count:
    """Return the figure itself where a rollup holds it, else a count that stops at `COUNTED_TO`."""
    if wanted.watch_id is not None and wanted.author is None and wanted.words is None:
        return Count(number=_figure(session, wanted, wanted.watch_id), is_exact=True)
    ids: Select[Any] = select(Mention.id).where(*_conditions(wanted)).limit(COUNTED_TO + 1)
    number = session.scalar(select(func.count()).select_from(ids.subquery())) or 0
    return Count(number=min(number, COUNTED_TO), is_exact=number <= COUNTED_TO)


def _figure(session: Session, wanted: MentionFilter, watch_id: int) -> int:
    query = select(HourCell.hour, func.sum(_column(wanted.label))).where(
        HourCell.watch_id == watch_id, HourCell.hour >= wanted.period.start, HourCell.hour < wanted.period.end
    )
    for name in ("source", "language"):
        if getattr(wanted, name) is not None:
            query = query.where(getattr(HourCell, name) == getattr(wanted, name))
    by_hour = session.execute(query.group_by(HourCell.hour)).all()
    return sum(int(count) for hour, count in by_hour if _is_wanted_hour(hour, wanted))


def _column(label: str | None) -> ColumnElement[int]:
    if label is None:
        return HourCell.mentions.expression
    if label == LabelGroup.UNSCORED:
        return HourCell.mentions - HourCell.scored
    column: ColumnElement[int] = getattr(HourCell, label).expression
    return column


def _conditions(wanted: MentionFilter) -> list[ColumnElement[bool]]:
    conditions = _facts(Mention, wanted)
    if wanted.author is Authorship.EACH:
        conditions += [Mention.author_id.is_not(None), ~_later_one(wanted)]
    if wanted.words is not None:
        conditions.append(matching(wanted.words))
    return conditions


def _facts(mention: type[Mention], wanted: MentionFilter) -> list[ColumnElement[bool]]:
    """What must hold of a row, whatever its words are."""
    conditions = [mention.brand_id == wanted.brand_id, *_within(mention, wanted)]
    if wanted.watch_id is not None:
        # Not a join: mentions must lead, in the order of time, whatever the planner knows of the table sizes.
        heard = (WatchMention.watch_id == wanted.watch_id, WatchMention.mention_id == mention.id)
        conditions.append(exists().where(*heard).correlate(mention))
    if wanted.source is not None:
        conditions.append(mention.source == wanted.source)
    if wanted.language is not None:
        conditions.append(_is_in_language(mention, wanted.language))
    if wanted.label is not None:
        conditions.append(_is_labelled(mention, wanted.label))
    if wanted.author is Authorship.KNOWN:
        conditions.append(has_author(mention))
    if wanted.author is Authorship.UNKNOWN:
        conditions.append(~has_author(mention))
    return conditions


def _later_one(wanted: MentionFilter) -> ColumnElement[bool]:
    """Whether the same person has a newer mention that the filter holds; the search words do not count for this."""
    later = aliased(Mention)
    is_later = or_(
        later.created_at > Mention.created_at, and_(later.created_at == Mention.created_at, later.id > Mention.id)
    )
    return exists().where(later.author_id == Mention.author_id, is_later, *_facts(later, wanted)).correlate(Mention)


def _within(mention: type[Mention], wanted: MentionFilter) -> list[ColumnElement[bool]]:
    whole = [mention.created_at >= wanted.period.start, mention.created_at < wanted.period.end]
    if wanted.hour is None:
        return whole
    hours = [hour for hour in wanted.period.hours() if _is_wanted_hour(hour, wanted)]
    return [
        *whole,
        or_(false(), *(and_(mention.created_at >= hour, mention.created_at < hour + HOUR) for hour in hours)),
    ]


def _is_wanted_hour(hour: datetime, wanted: MentionFilter) -> bool:
    local = hour.astimezone(wanted.period.zone)
    return wanted.hour is None or (local.weekday(), local.hour) == (wanted.weekday, wanted.hour)


def _is_scored(mention: type[Mention]) -> ColumnElement[bool]:
    return and_(mention.label.is_not(None), mention.p_negative.is_not(None))


def _is_labelled(mention: type[Mention], label: str) -> ColumnElement[bool]:
    if label == LabelGroup.UNSCORED:
        return ~_is_scored(mention)
    if label == LabelGroup.UNSURE:
        return and_(_is_scored(mention), mention.abstained.is_(True))
    if label == SCORED:
        return _is_scored(mention)
    return and_(_is_scored(mention), mention.label == label, mention.abstained.is_not(True))


def _is_in_language(mention: type[Mention], language: str) -> ColumnElement[bool]:
    """The detected language once scored, else the platform's claim without its region."""
    is_detected = and_(_is_scored(mention), func.coalesce(mention.opinion_language, "") != "")
    claim = func.lower(func.coalesce(mention.language, ""))
    is_claimed = or_(claim == language, *(claim.startswith(f"{language}{mark}", autoescape=True) for mark in "-_"))
    if language == UNKNOWN_LANGUAGE:
        is_claimed = or_(is_claimed, ~claim.regexp_match(_LANGUAGE_CLAIM))
    return or_(and_(is_detected, mention.opinion_language == language), and_(~is_detected, is_claimed))
