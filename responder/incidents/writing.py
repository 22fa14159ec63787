"""Writing down which cases joined an incident and which incidents opened, as far as that still stands.

Call under the brand's lock: between reading the texts and this, people and platforms may have changed any of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from responder.incidents import upkeep
from responder.incidents.events import note
from responder.incidents.grouping import LEAST_VOICES, Grouped
from responder.incidents.texts import ANSWERABLE, voice_of
from responder.intake import leads
from responder.models import Case, Incident, KeptOut, Mention


def write(session: Session, brand_id: int, found: Grouped, revisions: Mapping[int, int], *, now: datetime) -> None:
    """Put cases into the incidents their texts were found to tell of, and open the new ones.

    `revisions` are the versions of the texts that were compared; one that was edited or deleted since is left out.
    """
    keys = [joined.key for joined in found.joined] + [key for members in found.opened for key in members]
    if not keys:
        return
    standing = _standing(session, brand_id, keys, revisions)
    open_ones = set(
        session.scalars(select(Incident.id).where(Incident.brand_id == brand_id, Incident.closed_at.is_(None)))
    )
    placed: dict[int, tuple[int, float]] = {}
    for joined in found.joined:
        if joined.key in standing and joined.incident in open_ones:
            placed.setdefault(standing[joined.key].case_id, (joined.incident, joined.likeness))
    for members in found.opened:
        still = {key: alike for key, alike in members.items() if key in standing}
        free = [key for key in still if standing[key].case_id not in placed]
        if len({voice_of(standing[key].author_id, standing[key].case_id) for key in free}) >= LEAST_VOICES:
            name = _open(session, brand_id, [standing[key] for key in free], now)
            for key in free:
                placed.setdefault(standing[key].case_id, (name, still[key]))
    _place(session, placed, now)


def _standing(session: Session, brand_id: int, keys: list[int], revisions: Mapping[int, int]) -> dict[int, Any]:
    rows = session.execute(
        select(Mention.id, Mention.revision, Mention.author_id, Mention.case_id, Mention.created_at, Mention.source)
        .join(Case, Case.id == Mention.case_id)
        .outerjoin(KeptOut, KeptOut.case_id == Case.id)
        .where(
            Mention.id.in_(keys),
            Mention.brand_id == brand_id,
            Mention.gone_at.is_(None),
            Mention.p_negative >= upkeep.UNHAPPY_FROM,
            Case.state.in_(ANSWERABLE),
            Case.incident_id.is_(None),
            KeptOut.case_id.is_(None),
        )
    )
    return {row.id: row for row in rows if row.revision == revisions.get(row.id)}


def _open(session: Session, brand_id: int, members: list[Any], now: datetime) -> int:
    """Add an incident with its first counts; the rest is filled in when it is refreshed."""
    cases = {row.case_id for row in members}
    columns = {
        "brand_id": brand_id,
        "lead_mention_id": members[0].id,
        "voices": len({voice_of(row.author_id, row.case_id) for row in members}),
        "case_count": len(cases),
        "sources": sorted({row.source for row in members}),
        "opened_at": now,
        "last_at": max(row.created_at for row in members),
    }
    name: int = session.scalars(insert(Incident).returning(Incident.id), [columns]).one()
    note(session, "opened", [(name, {"cases": sorted(cases)})], now=now)
    return name


def _place(session: Session, placed: Mapping[int, tuple[int, float]], now: datetime) -> None:
    if not placed:
        return
    for name in {incident for incident, _ in placed.values()}:
        theirs = [case_id for case_id, (incident, _) in placed.items() if incident == name]
        session.execute(
            update(Case)
            .where(Case.id.in_(theirs))
            .values(incident_id=name)
            .execution_options(synchronize_session=False)
        )
    leads.note(
        session, "joined_incident", ((case, {"incident_id": name}) for case, (name, _) in placed.items()), now=now
    )
    told = [(name, {"case_id": case, "likeness": round(alike, 2)}) for case, (name, alike) in placed.items()]
    note(session, "joined", told, now=now)
    upkeep.refresh(session, {incident for incident, _ in placed.values()}, now=now)
