"""A brand that hears people on several platforms, its team, and the job that notices who may be one person."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from listeners.mentions import Author, Mention
from listeners.pages import Page
from responder.cases.codes import code_of
from responder.context import Context
from responder.db import Database
from responder.intake.scoring import score_waiting
from responder.intake.store import store_page
from responder.models import AccountLink, Brand, Case, CaseEvent, JoinProposal, Role
from responder.models import Author as AuthorRow
from responder.models import Mention as MentionRow
from responder.people import joining, links
from responder.people.objections import object_to_scoring, withdraw
from responder.people.proposing import propose_due
from tests import factories
from tests.factories import NOW
from tests.scorers import WordScorer

RARE = "qzx_melih_1987"


class Crowd:
    """People heard on "x", "bluesky" and wherever else a test lets them speak."""

    def __init__(self, database: Database, context: Context, *, name: str = "Halvanto") -> None:
        self.database, self.context = database, context
        with database.writing() as session:
            brand = factories.make_brand(session, name=name)
            self.brand_id = brand.id
            self.watch_id = factories.make_watch(session, brand).id
            self.admin = factories.make_user(session, brand=brand, role=Role.ADMIN).id
            self.agent = factories.make_user(session, brand=brand, role=Role.AGENT).id
            self.marketer = factories.make_user(session, brand=brand, role=Role.MARKETER).id
        self._said = 0

    def brand(self) -> Brand:
        with self.database.reading() as session:
            return session.get_one(Brand, self.brand_id)

    def hear(self, source: str, who: str, text: str = "The kettle leaks.", *, raw: Any = None, **author: Any) -> int:
        """Let `who` (the platform's id, and the handle if none is given) say something; return the author's id."""
        self._said += 1
        mention = Mention(
            source=source,
            external_id=f"said-{self._said}",
            text=text,
            created_at=self._said_at(),
            author=Author(**{"external_id": who, "handle": who} | author),
            raw=raw,
        )
        self.store(mention)
        self.last = mention
        with self.database.reading() as session:
            return session.scalars(
                select(AuthorRow.id).where(
                    AuthorRow.brand_id == self.brand_id, AuthorRow.source == source, AuthorRow.external_id == who
                )
            ).one()

    def store(self, *mentions: Mention, gone: tuple[str, ...] = (), source: str = "x") -> None:
        with self.database.writing() as session:
            store_page(
                session,
                brand_id=self.brand_id,
                watch_ids=(self.watch_id,),
                page=Page(mentions=mentions, gone=gone),
                now=NOW,
                source=source if gone else None,
            )
        score_waiting(self.context, WordScorer(), batch=100)

    def edit(self, mention: Mention, text: str) -> None:
        from dataclasses import replace

        self.store(replace(mention, text=text, edited_at=NOW))

    def notice(self, **how: Any) -> int:
        return propose_due(self.context, **how)

    def links(self) -> list[AccountLink]:
        with self.database.reading() as session:
            wanted = select(AccountLink).where(AccountLink.brand_id == self.brand_id).order_by(AccountLink.id)
            return list(session.scalars(wanted))

    def statuses(self) -> dict[tuple[int, int], str]:
        return {(link.one_id, link.other_id): link.status for link in self.links()}

    def confirm(self, link: AccountLink, *, by: int | None = None) -> None:
        with self.database.writing() as session:
            links.confirm(
                session,
                secret=self.context.secret,
                brand_id=self.brand_id,
                link_id=link.id,
                user_id=by or self.agent,
                now=NOW,
            )

    def reject(self, link: AccountLink, *, by: int | None = None) -> None:
        with self.database.writing() as session:
            links.reject(session, brand_id=self.brand_id, link_id=link.id, user_id=by or self.agent, now=NOW)

    def revoke(self, link: AccountLink, *, by: int | None = None) -> None:
        with self.database.writing() as session:
            links.revoke(session, brand_id=self.brand_id, link_id=link.id, user_id=by or self.agent, now=NOW)

    def person(self, author_id: int) -> frozenset[int]:
        with self.database.reading() as session:
            return links.person_of(session, author_id)

    def objects(self, source: str, who: str) -> bool:
        with self.database.writing() as session:
            return object_to_scoring(
                session,
                secret=self.context.secret,
                brand_id=self.brand_id,
                source=source,
                external_id=who,
                user_id=self.agent,
                now=NOW,
            )

    def takes_back(self, source: str, who: str) -> bool:
        with self.database.writing() as session:
            return withdraw(
                session,
                secret=self.context.secret,
                brand_id=self.brand_id,
                source=source,
                external_id=who,
                now=self._said_at() + timedelta(seconds=1),
            )

    def _said_at(self) -> datetime:
        """When the newest thing was said."""
        return NOW - timedelta(hours=2) + timedelta(seconds=30 * self._said)

    def case_of(self, author_id: int) -> Case:
        """The newest case of an author."""
        with self.database.reading() as session:
            wanted = select(Case).where(Case.author_id == author_id).order_by(Case.id.desc()).limit(1)
            return session.scalars(wanted).one()

    def case(self, case_id: int) -> Case:
        with self.database.reading() as session:
            return session.get_one(Case, case_id)

    def resolve(self, case_id: int) -> None:
        with self.database.writing() as session:
            session.execute(
                update(Case).where(Case.id == case_id).values(state="resolved", resolution="answered", resolved_at=NOW)
            )

    def code(self, case: Case) -> str:
        return code_of(case.id, secret=self.context.secret)

    def mention(self, external_id: str) -> MentionRow:
        with self.database.reading() as session:
            wanted = select(MentionRow).where(
                MentionRow.external_id == external_id, MentionRow.brand_id == self.brand_id
            )
            return session.scalars(wanted).one()

    def joins(self) -> list[JoinProposal]:
        with self.database.reading() as session:
            wanted = select(JoinProposal).where(JoinProposal.brand_id == self.brand_id).order_by(JoinProposal.id)
            return list(session.scalars(wanted))

    def decide(self, what: str, proposal: JoinProposal) -> None:
        """`what` is join, refuse or undo."""
        with self.database.writing() as session:
            getattr(joining, what)(
                session, brand_id=self.brand_id, proposal_id=proposal.id, user_id=self.agent, now=NOW
            )

    def events(self, case_id: int) -> list[str]:
        with self.database.reading() as session:
            kinds = select(CaseEvent.kind).where(CaseEvent.case_id == case_id).order_by(CaseEvent.id)
            return list(session.scalars(kinds))
