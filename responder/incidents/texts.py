"""Reading unhappy texts as `grouping` takes them: those of no incident, those before, and the members of incidents.

Every query is held to one brand and to a number of rows, so a step costs the same however much is stored.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import Row, Select, func, select, text
from sqlalchemy.orm import Session

from responder.incidents.grouping import Text, Vectors
from responder.intake.embedding import unpacked
from responder.models import Case, CaseState, KeptOut, Mention, MentionVector
from responder.models.mentions import UNHAPPY

WINDOW = timedelta(hours=48)
"""Complaints further apart do not open an incident."""

BEFORE = timedelta(days=28)
"""How far back one looks for what is always said."""

MOST_LOOSE, MOST_BEFORE = 1_000, 1_000
"""Loose texts, and texts before, that are compared at most: the newest."""

FIRST_MEMBERS, LAST_MEMBERS = 10, 20
"""Members a text is compared with. The first ones hold an incident in its place, however long it lasts."""

MOST_MEMBERS = 200
"""Cases that an incident's centre is made of at most: the newest, and the first ones."""

ANSWERABLE = (CaseState.OPEN, CaseState.PENDING)

_UNHAPPY = text(f"mentions.{UNHAPPY.replace(' gone_at', ' mentions.gone_at')}")


@dataclass(frozen=True, slots=True)
class Member:
    """One case of an incident, by the text of it that tells of the incident."""

    case_id: int
    mention_id: int
    vector: Vectors


def voice_of(author_id: int | None, case_id: int | None) -> tuple[str, int | None]:
    """Return whose voice a text is: its author's; where nobody knows that, its case's."""
    return ("author", author_id) if author_id is not None else ("case", case_id)


def as_texts(rows: Sequence[Row[Any]], brand_words: frozenset[str]) -> list[Text]:
    """Return rows that have mention_id, author_id, case_id, text and vector as texts, in their order."""
    if not rows:
        return []
    vectors = unpacked(row.vector for row in rows)
    return [
        Text(row.mention_id, voice_of(row.author_id, row.case_id), vector, row.text, brand_words)
        for row, vector in zip(rows, vectors, strict=True)
    ]


def loose_rows(session: Session, *, brand_id: int, model: str, now: datetime) -> Sequence[Row[Any]]:
    """Return the unhappy texts of the window whose case is open and in no incident, the newest first."""
    wanted = (
        _rows(brand_id, model, MOST_LOOSE, Mention.created_at > now - WINDOW)
        .join(Case, Case.id == Mention.case_id)
        .outerjoin(KeptOut, KeptOut.case_id == Case.id)
        .where(Case.state.in_(ANSWERABLE), Case.incident_id.is_(None), KeptOut.case_id.is_(None))
    )
    return session.execute(wanted).all()


def rows_before(session: Session, *, brand_id: int, model: str, now: datetime) -> Sequence[Row[Any]]:
    """Return the unhappy texts from before the window that were of no incident, the newest first."""
    began = now - WINDOW
    wanted = (
        _rows(brand_id, model, MOST_BEFORE, Mention.created_at <= began, Mention.created_at > began - BEFORE)
        .add_columns(Mention.created_at)
        .outerjoin(Case, Case.id == Mention.case_id)
        .where(Case.incident_id.is_(None))
    )
    return session.execute(wanted).all()


def share_of_before(rows: Sequence[Row[Any]], now: datetime) -> float:
    """Return how long the window is by how long the texts before it took."""
    took = now - WINDOW - rows[-1].created_at if len(rows) == MOST_BEFORE else BEFORE
    return WINDOW / max(took, WINDOW)


def members_of(
    session: Session, incident_ids: Collection[int], centres: Mapping[int, Vectors]
) -> dict[int, tuple[str, list[Member]]]:
    """Return each incident's model and members in the order of their cases; those without a vector are left out.

    A case that holds several unhappy texts is there by the one nearest to the incident's centre, without a centre by
    its lead. At most `MOST_MEMBERS` and the first ones are read of an incident.
    """
    by_incident: defaultdict[int, list[Row[Any]]] = defaultdict(list)
    for row in session.execute(_members(incident_ids)):
        by_incident[row.incident_id].append(row)
    return {name: _nearest(rows, centres.get(name)) for name, rows in by_incident.items()}


def texts_of(session: Session, members: Iterable[Member], brand_words: frozenset[str]) -> list[Text]:
    """Return what the first and the last members said, in their order."""
    whole = list(members)
    chosen = [*whole[:FIRST_MEMBERS], *whole[max(FIRST_MEMBERS, len(whole) - LAST_MEMBERS) :]]
    ids = [member.mention_id for member in chosen]
    said = {
        row.id: row
        for row in session.execute(select(Mention.id, Mention.author_id, Mention.text).where(Mention.id.in_(ids)))
    }
    return [
        Text(
            member.mention_id,
            voice_of(said[member.mention_id].author_id, member.case_id),
            member.vector,
            said[member.mention_id].text,
            brand_words,
        )
        for member in chosen
    ]


def _rows(brand_id: int, model: str, most: int, *which: Any) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Mention.id.label("mention_id"), Mention.author_id, Mention.case_id, Mention.text, Mention.revision,
            MentionVector.vector,
        )
        .join(MentionVector, MentionVector.mention_id == Mention.id)
        .where(Mention.brand_id == brand_id, _UNHAPPY, *which, MentionVector.model == model)
        .where(MentionVector.vector.is_not(None))
        .order_by(Mention.created_at.desc())
        .limit(most)
    )  # fmt: skip


def _members(incident_ids: Collection[int]) -> Select[*tuple[Any, ...]]:
    order = func.row_number().over(partition_by=Case.incident_id, order_by=Case.id)
    back = func.row_number().over(partition_by=Case.incident_id, order_by=Case.id.desc())
    numbered = (
        select(Case.id, Case.incident_id, Case.lead_mention_id, order.label("place"), back.label("from_end"))
        .where(Case.incident_id.in_(incident_ids))
        .subquery()
    )
    return (
        select(
            numbered.c.incident_id, numbered.c.id.label("case_id"), numbered.c.lead_mention_id,
            Mention.id.label("mention_id"), MentionVector.model, MentionVector.vector,
        )
        .join(Mention, Mention.case_id == numbered.c.id)
        .join(MentionVector, MentionVector.mention_id == Mention.id)
        .where((numbered.c.place <= FIRST_MEMBERS) | (numbered.c.from_end <= MOST_MEMBERS))
        .where(_UNHAPPY, MentionVector.vector.is_not(None))
        .order_by(numbered.c.id, Mention.id)
    )  # fmt: skip


def _nearest(rows: Sequence[Row[Any]], centre: Vectors | None) -> tuple[str, list[Member]]:
    model = Counter(row.model for row in rows).most_common(1)[0][0]
    alike = [row for row in rows if row.model == model]
    vectors = unpacked(row.vector for row in alike)
    leads = np.array([float(row.mention_id == row.lead_mention_id) for row in alike])
    nearness = leads if centre is None else vectors @ centre
    best: dict[int, int] = {}
    for place, row in enumerate(alike):
        if row.case_id not in best or nearness[place] > nearness[best[row.case_id]]:
            best[row.case_id] = place
    return model, [Member(case_id, alike[place].mention_id, vectors[place]) for case_id, place in best.items()]
