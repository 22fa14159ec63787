"""One row of the queue: a case with its lead, its author, its band and the reasons for its place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, select
from sqlalchemy.orm import Session, aliased

from listeners import registry
from responder.cases.explaining import Explanation, Noted, Reason, explain
from responder.cases.open_cases import as_arrays, read_open
from responder.cases.snapshots import Order
from responder.cases.states import looked_up
from responder.eligibility.storing import answering, standing
from responder.models import Author, Case, CaseState, Incident, Mention, Sharer, User


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRow:
    """One case as the queue shows it, led by its most unhappy live mention.

    `rank` is the place in this list, from 1; `band` follows from the place among all open cases of the brand. What is
    unknown is None: `label` and the chances until scored, `followers` where the platform does not tell, and `intent`,
    its probability and `intensity` (how upset, 0 to 1) where the model does not. Beside a person's word both
    probabilities are None. `text` and the columns beside it are None once nothing of the case is left at its source.

    `sharer` is the author's place among the platform's people by how much they tell (0–100), `badge` "frequent",
    "possible" or None; `telling_confidence` says how sure that is ("low", "medium", "high") and `telling_as_of` when it
    was worked out, None where nothing is kept. `promised_by` None: nothing is promised yet. `danger` names what puts
    the case above all others. `incident_cases` counts the cases of its incident. `held_by` is who has it open.
    `eligible` is how the lead may be answered: "api", "by_hand" or "no".
    """

    rank: int
    case_id: int
    mention_id: int | None
    source: str
    external_id: str | None
    url: str | None
    text: str | None
    author_id: int | None
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
    sharer: int | None
    badge: str | None
    telling_confidence: str
    telling_as_of: datetime | None
    promise_class: str | None
    promised_by: datetime | None
    danger: str | None
    incident_id: int | None
    incident_cases: int | None
    held_by: str | None
    eligible: str


_HOLDER = aliased(User)
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
    Mention.edited_at,
    Mention.gone_at,
    Mention.source,
    Mention.addressed,
    Mention.is_repost,
    Mention.eligible_reason,
    Mention.eligible_until,
    Author.name.label("author_name"),
    Author.handle,
    Author.url.label("author_url"),
    User.name.label("assignee_name"),
    _HOLDER.name.label("holder_name"),
    Sharer.days,
    Sharer.computed_at.label("telling_as_of"),
    Incident.case_count,
)


def queue_rows(
    session: Session, brand_id: int, case_ids: Iterable[int], *, first: int, order: Order, now: datetime, zone: ZoneInfo
) -> tuple[QueueRow, ...]:
    """Return the rows of these cases in the order given; the first of them has the rank `first`.

    Bands and priorities are those of `order`, as of the instant it was computed at.
    """
    ids = list(case_ids)
    if not ids:
        return ()
    found = session.execute(
        select(*_ROW)
        .outerjoin(Mention, Mention.id == Case.lead_mention_id)
        .outerjoin(Author, Author.id == Case.author_id)
        .outerjoin(User, User.id == Case.assignee_id)
        .outerjoin(_HOLDER, _HOLDER.id == Case.leased_by)
        .outerjoin(Sharer, Sharer.author_id == Case.author_id)
        .outerjoin(Incident, Incident.id == Case.incident_id)
        .where(Case.id.in_(ids), looked_up(Case.brand_id == brand_id))
    )
    by_id = {row.Case.id: row for row in found}
    read = as_arrays(read_open(session, brand_id, among=ids), now=order.computed_at, zone=zone)
    told = explain(read, order, {case_id: _noted(row) for case_id, row in by_id.items()})
    connected = answering(session, brand_id)
    return tuple(
        _row(by_id[case_id], rank, told[case_id], now, connected)
        for rank, case_id in enumerate(ids, first)
        if case_id in told
    )


def _noted(found: Row[*tuple[Any, ...]]) -> Noted:
    case: Case = found.Case
    return Noted(
        label=case.label,
        abstained=case.abstained,
        p_negative=case.p_negative,
        # The model always gives a confidence; an opinion without one is a person's.
        is_corrected=case.label is not None and found.confidence is None,
        platform=_title(case.source),
        percentile=case.sharer,
        days=found.days,
        together=found.case_count,
    )


@cache
def _title(source: str) -> str:
    info = registry.load().get(source)
    return source if info is None else info.title


def _row(
    found: Row[*tuple[Any, ...]], rank: int, told: Explanation, now: datetime, connected: frozenset[str]
) -> QueueRow:
    case: Case = found.Case
    lead: Any = found
    is_held = case.leased_until is not None and case.leased_until > now
    return QueueRow(
        rank=rank,
        case_id=case.id,
        mention_id=case.lead_mention_id,
        source=case.source,
        external_id=found.external_id,
        url=found.url,
        text=found.text,
        author_id=case.author_id,
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
        band=told.band if case.state == CaseState.OPEN else "when_quiet",
        priority=told.priority,
        reasons=told.reasons,
        sharer=None if case.sharer is None else round(case.sharer),
        badge=case.badge,
        telling_confidence=told.confidence,
        telling_as_of=found.telling_as_of,
        promise_class=case.promise_class,
        promised_by=case.promised_by,
        danger=case.safety,
        incident_id=case.incident_id,
        incident_cases=found.case_count,
        held_by=found.holder_name if is_held else None,
        eligible="no" if lead.source is None else standing(lead, connected=connected, now=now).eligible,
    )
