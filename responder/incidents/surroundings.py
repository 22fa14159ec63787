"""What a brand's new texts are compared with, read in short transactions: loose texts, incidents, what was said."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import select

from responder.context import Context
from responder.incidents.grouping import JOINS, LEAST_VOICES, Likeness, Text, Vectors, words
from responder.incidents.texts import as_texts, loose_rows, members_of, rows_before, share_of_before, texts_of
from responder.incidents.unusual import is_news
from responder.intake.embedding import unpacked
from responder.models import Brand, Incident

NEAR_CENTRE = 0.3
"""Members of an incident are read when a text's cosine to its centre is at least this."""


class Surroundings:
    """Everything one brand's texts of one model meet, as of `now`.

    `revisions` are the versions of the loose texts that were read, by mention; `stale` the open incidents whose centre
    another model made.
    """

    def __init__(self, context: Context, *, brand_id: int, model: str, now: datetime) -> None:
        self._context = context
        self._brand_id, self._model, self._now = brand_id, model, now
        self._before: tuple[Likeness, float] | None = None
        self.revisions: dict[int, int] = {}
        self.stale: list[int] = []
        with context.database.reading() as session:
            name = session.scalar(select(Brand.name).where(Brand.id == brand_id))
        self._brand_words = frozenset(words(name or ""))

    def texts(self, rows: Sequence[Any]) -> list[Text]:
        """Return rows of this brand as texts to compare."""
        return as_texts(rows, self._brand_words)

    def loose(self, new: Collection[int]) -> list[Text]:
        """Return the window's unhappy texts of no incident, those that are `new` left out."""
        with self._context.database.reading() as session:
            found = loose_rows(session, brand_id=self._brand_id, model=self._model, now=self._now)
            rows = [row for row in found if row.mention_id not in new]
        self.revisions = {row.mention_id: row.revision for row in rows}
        return self.texts(rows)

    def incidents(self, fresh: Sequence[Text]) -> dict[int, list[Text]]:
        """Return the members of each open incident that one of these texts may belong to."""
        with self._context.database.reading() as session:
            rows = session.execute(
                select(Incident.id, Incident.model, Incident.vector).where(
                    Incident.brand_id == self._brand_id, Incident.closed_at.is_(None), Incident.vector.is_not(None)
                )
            ).all()
            self.stale = [row.id for row in rows if row.model != self._model]
            near = _near([row for row in rows if row.model == self._model], fresh)
            members = members_of(session, near, near) if near else {}
            return {name: texts_of(session, found, self._brand_words) for name, (_, found) in members.items()}

    def is_news(self, members: list[Text]) -> bool:
        """Tell whether a group is more than what this brand's people said all along."""
        earlier, share = self._earlier()
        alike = sum(likeness >= JOINS for likeness in earlier.means_to(members))
        voices = len({text.voice for text in members})
        return voices >= LEAST_VOICES and is_news(voices, alike_before=alike, share=share)

    def _earlier(self) -> tuple[Likeness, float]:
        if self._before is None:
            with self._context.database.reading() as session:
                rows = rows_before(session, brand_id=self._brand_id, model=self._model, now=self._now)
            self._before = Likeness(self.texts(rows), inside={}), share_of_before(rows, self._now)
        return self._before


def _near(incidents: Sequence[Any], fresh: Sequence[Text]) -> dict[int, Vectors]:
    """Return the centres of the incidents that one of these texts is near."""
    if not incidents:
        return {}
    centres = unpacked(row.vector for row in incidents)
    nearest = (np.array([text.vector for text in fresh]) @ centres.T).max(axis=0)
    return {row.id: centres[at] for at, row in enumerate(incidents) if nearest[at] >= NEAR_CENTRE}
