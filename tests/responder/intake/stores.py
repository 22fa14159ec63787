"""A brand with two watches, and short ways to store, score and look, for the tests of intake."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from listeners.mentions import Author, Mention
from listeners.pages import Page
from responder.db import Database
from responder.intake.store import Stored, store_page
from responder.models import Case, CaseEvent
from responder.models import Mention as Row
from tests import factories
from tests.factories import NOW
from tests.responder.recounting import assert_cases_fit_their_mentions, assert_rollups_equal_a_recount

CREATED = NOW - timedelta(hours=2)


def a_mention(external_id: str = "1", text: str = "The kettle leaks.", **fields: Any) -> Mention:
    fields.setdefault("created_at", CREATED)
    fields.setdefault("author", Author(external_id="ann", handle="ann"))
    return Mention(source="memory", external_id=external_id, text=text, **fields)


class Store:
    """Stores pages for one watch, in a transaction each."""

    def __init__(self, database: Database) -> None:
        self.database = database
        with database.writing() as session:
            watch = factories.make_watch(session)
            self.brand_id, self.watch_id = watch.brand_id, watch.id
            self.other_watch_id = factories.make_watch(session, brand_id=watch.brand_id).id

    def __call__(
        self,
        *mentions: Mention,
        gone: tuple[str, ...] = (),
        now: datetime = NOW,
        watch_ids: tuple[int, ...] | None = None,
    ) -> Stored:
        with self.database.writing() as session:
            return store_page(
                session,
                brand_id=self.brand_id,
                watch_ids=(self.watch_id,) if watch_ids is None else watch_ids,
                page=Page(mentions=mentions, gone=gone),
                now=now,
                source="memory",
            )

    def row(self, external_id: str = "1") -> Row:
        with self.database.reading() as session:
            return session.scalars(select(Row).where(Row.external_id == external_id)).one()

    def case(self, external_id: str = "1") -> Case:
        with self.database.reading() as session:
            return session.scalars(
                select(Case).join(Row, Row.case_id == Case.id).where(Row.external_id == external_id)
            ).one()

    def events(self, case_id: int) -> list[str]:
        with self.database.reading() as session:
            kinds = select(CaseEvent.kind).where(CaseEvent.case_id == case_id).order_by(CaseEvent.id)
            return list(session.scalars(kinds))

    def count(self, table: Any) -> int:
        with self.database.reading() as session:
            return session.scalar(select(func.count()).select_from(table)) or 0

    def check(self) -> None:
        with self.database.reading() as session:
            assert_rollups_equal_a_recount(session)
            assert_cases_fit_their_mentions(session)
