"""Texts that name the right label, scorers that read it off, and people who correct: for the tests of learning."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from listeners.mentions import Author, Mention
from listeners.pages import Page
from responder.context import Context
from responder.db import Database
from responder.intake.scoring import score_waiting
from responder.intake.store import store_page
from responder.learning.corrections import correct, take_back
from responder.models import Brand, Role
from responder.models import Mention as Row
from sentiment import Label, Opinion
from tests import factories
from tests.factories import NOW
from tests.responder.intake.stores import CREATED, Store

OTHER = {Label.NEGATIVE: Label.POSITIVE, Label.NEUTRAL: Label.NEGATIVE, Label.POSITIVE: Label.NEUTRAL}


class Knowing:
    """Is right about "negative 7", whose label is its first word, but for the numbers in `wrong`."""

    def __init__(self, model: str = "knowing 1", *, wrong: Collection[int] = ()) -> None:
        self.model = model
        self.wrong = frozenset(wrong)
        self.scored = 0
        self.is_closed = False

    def score(self, texts: Sequence[str], *, languages: Sequence[str | None] | None = None) -> list[Opinion]:
        self.scored += len(texts)
        return [self._opinion(text) for text in texts]

    def close(self) -> None:
        self.is_closed = True

    def _opinion(self, text: str) -> Opinion:
        found = re.match(r"(\w+) (\d+)", text)
        label = Label(found[1])
        given = OTHER[label] if int(found[2]) in self.wrong else label
        chances = {f"p_{each}": 0.8 if each == given else 0.1 for each in Label}
        return Opinion(
            label=given,
            **chances,
            confidence=0.8,
            abstained=False,
            reason=None,
            language="en",
            model=self.model,
        )


class Team(Store):
    """A brand with a watch, an admin and two agents, whose mentions name their right label."""

    def __init__(self, database: Database, context: Context) -> None:
        super().__init__(database)
        self.context = context
        with database.writing() as session:
            brand = session.get_one(Brand, self.brand_id)
            self.admin = factories.make_user(session, brand=brand, role=Role.ADMIN, name="Ada").id
            self.mina = factories.make_user(session, brand=brand, name="Mina").id
            self.theo = factories.make_user(session, brand=brand, name="Theo").id

    def hear(self, *texts: str, source: str = "memory", scorer: Any = None, **fields: Any) -> list[int]:
        """Store these texts, each by a person of its own, score them, and return the ids of their mentions."""
        mentions = [
            Mention(
                source=source,
                external_id=text,
                text=text,
                **{"created_at": CREATED, "author": Author(external_id=text)} | fields,
            )
            for text in texts
        ]
        with self.database.writing() as session:
            store_page(
                session,
                brand_id=self.brand_id,
                watch_ids=(self.watch_id,),
                page=Page(mentions=tuple(mentions)),
                now=NOW,
            )
        self.score(scorer or Knowing())
        return [self.row(text).id for text in texts]

    def score(self, scorer: Any) -> int:
        return score_waiting(self.context, scorer, batch=500)

    def edit(self, text: str, to: str) -> None:
        edited = Mention(
            source="memory",
            external_id=text,
            text=to,
            created_at=CREATED,
            edited_at=NOW,
            author=Author(external_id=text),
        )
        self(edited)

    def correct(self, mention_id: int, label: str, *, by: int | None = None, intent: str | None = None) -> None:
        with self.database.writing() as session:
            correct(
                session,
                brand_id=self.brand_id,
                mention_id=mention_id,
                label=label,
                intent=intent,
                user_id=by or self.mina,
                now=self.context.clock(),
            )

    def take_back(self, mention_id: int, *, by: int | None = None) -> None:
        with self.database.writing() as session:
            take_back(
                session,
                brand_id=self.brand_id,
                mention_id=mention_id,
                user_id=by or self.mina,
                now=self.context.clock(),
            )

    def mention(self, mention_id: int) -> Row:
        with self.database.reading() as session:
            return session.scalars(select(Row).where(Row.id == mention_id)).one()

    def label(self, mention_id: int) -> str | None:
        return self.mention(mention_id).label

    def learn(self, count: int, *, wrong: Collection[int] = (), source: str = "memory") -> list[int]:
        """Make `count` rows of gold; the model that scored them, "knowing 1", was wrong about those in `wrong`."""
        labels = [list(Label)[number % 3] for number in range(count)]
        ids = self.hear(
            *(f"{label.value} {number}" for number, label in enumerate(labels)),
            source=source,
            scorer=Knowing(wrong=wrong),
        )
        self.correct_all(dict(zip(ids, labels, strict=True)))
        return ids

    def correct_all(self, labels: Mapping[int, str]) -> None:
        """Let Mina give these mentions these labels, in one transaction."""
        with self.database.writing() as session:
            for mention_id, label in labels.items():
                correct(
                    session,
                    brand_id=self.brand_id,
                    mention_id=mention_id,
                    label=str(label),
                    user_id=self.mina,
                    now=self.context.clock(),
                )
