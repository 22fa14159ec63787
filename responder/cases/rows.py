"""One row of the queue: a case with its lead, its author, its band and the reasons for its place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, literal, select
from sqlalchemy.orm import Session

from responder.cases.ranking import NEXT, NOW, Explanation, Reason, explain
from responder.models import Author, Case, CaseState, Mention, User


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRow:
    """One case as the queue shows it, led by its most unhappy live mention.

    `rank` is the place in this list, from 1; `band` follows from the place among all open cases of the brand. What is
    unknown is None: `label` and the chances until scored, `followers` where the platform does not tell, and `intent`,
    its probability and `intensity` (how upset, 0 to 1) where the model does not. Beside a person's word both
    probabilities are None. `text` and the columns beside it are None once nothing of the case is left at its source.
    `sharer`, `promised_by` and `eligible` are fixed until frequent sharers, promises and platform rules exist.
    """

    rank: int
    case_id: int
    mention_id: int | None
    source: str
    external_id: str | None
    url: str | None
    text: str | None
    author_name: str | None
    author_handle: str | None
    author_url: str | None
    followers: int | None
    label: str | None
    abstained: bool | None
    abstain_reason: str | None
    confidence: float | None
    p_negative: float | None
    intent: str | None
    intent_confidence: float | None
    intensity: float | None
    language: str
    created_at: datetime
    opened_at: datetime
    mention_count: int
    assignee_id: int | None
    assignee_name: str | None
    state: str
    band: str
    priority: int
    reasons: tuple[Reason, ...]
    sharer: int | None = None
    promised_by: datetime | None = None
    eligible: str = "by_hand"


_ROW = (
    Case,
    Mention.external_id,
    Mention.url,
    Mention.text,
    Mention.abstain_reason,
    Mention.confidence,
    Mention.intent,
    Mention.intent_confidence,
    Mention.intensity,
    Mention.created_at,
    Author.name.label("author_name"),
    Author.handle,
    Author.url.label("author_url"),
    User.name.label("assignee_name"),
)


def queue_rows(
    session: Session, brand_id: int, case_ids: Iterable[int], *, first: int, now: datetime
) -> tuple[QueueRow, ...]:
    """Return the rows of these cases in the order given; the first of them has the rank `first`."""
    ids = list(case_ids)
    if not ids:
        return ()
    found = session.execute(
        select(*_ROW)
        .outerjoin(Mention, Mention.id == Case.lead_mention_id)
        .outerjoin(Author, Author.id == Case.author_id)
        .outerjoin(User, User.id == Case.assignee_id)
        .where(Case.id.in_(ids))
    )
    by_id = {row.Case.id: row for row in found}
    bands = _bands(session, brand_id)
    return tuple(_row(by_id[case_id], rank, bands, now) for rank, case_id in enumerate(ids, first) if case_id in by_id)


def _row(found: Row[*tuple[Any, ...]], rank: int, bands: _Bands, now: datetime) -> QueueRow:
    case: Case = found.Case
    # The model always gives a confidence; an opinion without one is a person's.
    told = _explained(case, now, is_corrected=case.label is not None and found.confidence is None)
    return QueueRow(
        rank=rank,
        case_id=case.id,
        mention_id=case.lead_mention_id,
        source=case.source,
        external_id=found.external_id,
        url=found.url,
        text=found.text,
        author_name=found.author_name,
        author_handle=found.handle,
        author_url=found.author_url,
        followers=case.followers,
        label=case.label,
        abstained=case.abstained,
        abstain_reason=found.abstain_reason,
        confidence=found.confidence,
        p_negative=case.p_negative,
        intent=found.intent,
        intent_confidence=found.intent_confidence,
        intensity=found.intensity,
        language=case.language,
        created_at=found.created_at or case.lead_at,
        opened_at=case.opened_at,
        mention_count=case.mention_count,
        assignee_id=case.assignee_id,
        assignee_name=found.assignee_name,
        state=case.state,
        band=bands.of(case),
        priority=told.priority,
        reasons=told.reasons,
    )


def _explained(case: Case, now: datetime, *, is_corrected: bool) -> Explanation:
    return explain(
        p_negative=case.p_negative,
        label=case.label,
        abstained=case.abstained,
        followers=case.followers,
        lead_at=case.lead_at,
        now=now,
        is_corrected=is_corrected,
    )


@dataclass(frozen=True, slots=True)
class _Bands:
    """The last places of the bands "now" and "next" among the brand's open cases; None when fewer are open."""

    now: tuple[float, int] | None
    next: tuple[float, int] | None

    def of(self, case: Case) -> str:
        place = (case.rank_key, case.id)
        if case.state != CaseState.OPEN:
            return "when_quiet"
        if self.now is None or place >= self.now:
            return "now"
        return "next" if self.next is None or place >= self.next else "when_quiet"


def _bands(session: Session, brand_id: int) -> _Bands:
    top = session.execute(
        select(Case.rank_key, Case.id)
        .where(*open_in(brand_id))
        .order_by(Case.rank_key.desc(), Case.id.desc())
        .limit(NEXT)
    ).all()
    places = [(row.rank_key, row.id) for row in top]
    return _Bands(
        now=places[NOW - 1] if len(places) >= NOW else None, next=places[NEXT - 1] if len(places) >= NEXT else None
    )


def in_state(brand_id: int, state: str) -> list[ColumnElement[bool]]:
    """The conditions for a brand's cases in one state, which must be one of `CaseState`."""
    # Written out, not bound: only then can an index over open cases serve.
    return [Case.brand_id == brand_id, Case.state == literal(str(state), literal_execute=True)]


def open_in(brand_id: int) -> list[ColumnElement[bool]]:
    """The conditions for a brand's open cases."""
    return in_state(brand_id, CaseState.OPEN)
