"""A brand whose people complain: stored, scored, given a vector and gathered as in earnest, by makers of our own.

A text's vector follows from its topic, the word that begins with #, and a little from the rest of it. Whoever writes
"love" is happy.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import count
from typing import Any

import numpy as np
from sqlalchemy import select

from listeners.mentions import Author, Engagement, Mention
from listeners.pages import Page
from responder.context import Context
from responder.incidents.gathering import gather_due
from responder.intake.embedding import embed_waiting
from responder.intake.scoring import score_waiting
from responder.intake.store import Stored, store_page
from responder.models import Case, Incident, IncidentEvent
from responder.models import Mention as Row
from sentiment import Label, Opinion
from tests import factories
from tests.embedders import vector_of

MODEL = "topics 1"
_numbers = count(1)


class MoodScorer:
    """Unhappy, unless there is love in it."""

    model = "mood 1"

    def score(self, texts: Sequence[str], *, languages: Sequence[str | None] | None = None) -> list[Opinion]:
        return [_opinion("love" in text) for text in texts]


class TopicEmbedder:
    """Near vectors for texts of one topic."""

    def __init__(self, model: str = MODEL) -> None:
        self.model = model

    def embed(self, texts: Sequence[str]) -> tuple[str, Any]:
        return self.model, np.array([direction(text) for text in texts], dtype=np.float32)


def direction(text: str) -> Any:
    topic = next((word for word in text.split() if word.startswith("#")), text)
    mixed = 0.9 * vector_of(topic) + 0.436 * vector_of(text)
    return mixed / np.linalg.norm(mixed)


class Complaining:
    """One brand, heard by one watch. `says` lets people speak; each call ends with everything gathered."""

    def __init__(self, context: Context, **brand: Any) -> None:
        self.context = context
        with context.database.writing() as session:
            made = factories.make_brand(session, **brand)
            self.brand_id, self.watch_id = made.id, factories.make_watch(session, made).id

    def says(self, *texts: str, who: str | None = None, **fields: Any) -> list[int]:
        """Let each text be said, by a person each or all by one; return the ids of the mentions."""
        made = [self._mention(text, who or f"person{next(_numbers)}", **fields) for text in texts]
        return self.hears(*made)

    def hears(self, *mentions: Mention) -> list[int]:
        ids = self.store(*mentions).ids
        self.work()
        return ids

    def store(self, *mentions: Mention, gone: Sequence[str] = ()) -> Stored:
        with self.context.database.writing() as session:
            page = Page(mentions=mentions, gone=tuple(gone))
            return store_page(
                session, brand_id=self.brand_id, watch_ids=(self.watch_id,), page=page, now=self.now, source="x"
            )

    def delete(self, *mention_ids: int) -> None:
        """Delete at the source, and let the next step notice."""
        with self.context.database.reading() as session:
            names = session.scalars(select(Row.external_id).where(Row.id.in_(mention_ids))).all()
        self.store(gone=names)
        gather_due(self.context)

    def edit(self, mention_id: int, text: str) -> None:
        row = self.mention(mention_id)
        self.hears(
            Mention(
                source=row.source, external_id=row.external_id, text=text, created_at=row.created_at, edited_at=self.now
            )
        )

    def work(self) -> None:
        """Score, make vectors and gather until nothing is left to do."""
        while score_waiting(self.context, MoodScorer(), batch=100):
            pass
        while embed_waiting(self.context, TopicEmbedder(), wanted=MODEL):
            pass
        gather_due(self.context)

    @property
    def now(self) -> Any:
        return self.context.clock()

    def mention(self, mention_id: int) -> Row:
        with self.context.database.reading() as session:
            return session.get_one(Row, mention_id)

    def case_of(self, mention_id: int) -> Case:
        with self.context.database.reading() as session:
            found = select(Case).join(Row, Row.case_id == Case.id).where(Row.id == mention_id)
            return session.scalars(found).one()

    def incident_of(self, mention_id: int) -> int | None:
        return self.case_of(mention_id).incident_id

    def incidents(self, *, closed: bool = False) -> list[Incident]:
        with self.context.database.reading() as session:
            wanted = select(Incident).where(Incident.brand_id == self.brand_id).order_by(Incident.id)
            return [row for row in session.scalars(wanted) if (row.closed_at is not None) == closed]

    def events(self, incident_id: int) -> list[str]:
        with self.context.database.reading() as session:
            wanted = select(IncidentEvent.kind).where(IncidentEvent.incident_id == incident_id)
            return list(session.scalars(wanted.order_by(IncidentEvent.id)))

    def _mention(self, text: str, who: str, *, source: str = "x", ago: float = 5, **fields: Any) -> Mention:
        followers = fields.pop("followers", None)
        return Mention(
            source=source,
            external_id=f"m{next(_numbers)}",
            text=text,
            created_at=self.now - timedelta(minutes=ago),
            author=Author(external_id=who, handle=who, followers=followers),
            engagement=Engagement(),
            url=f"https://social.example/{who}",
            **fields,
        )


LEAKS = (
    "#leak the kettle leaks at its base",
    "#leak my kettle leaks and drips all over",
    "#leak kettle leaks, water under the base",
    "#leak this kettle leaks, a puddle every day",
)
"""Four people's words about one thing."""


def _opinion(is_happy: bool) -> Opinion:
    label, negative = (Label.POSITIVE, 0.04) if is_happy else (Label.NEGATIVE, 0.92)
    return Opinion(
        label=label,
        p_negative=negative,
        p_neutral=0.04,
        p_positive=1 - negative - 0.04,
        confidence=0.92,
        abstained=False,
        reason=None,
        language="en",
        model="mood 1",
    )
