"""Sending and looking as processes that kill themselves around claim, call and record, on a platform that misbehaves.

A plan is a point of the work and how many passes of it are survived: the process takes SIGKILL there. All processes
share one clock that jumps ahead whenever one of them died.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import event
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from listeners.http import Fetcher
from listeners.pages import OwnReply, Posted
from responder.accounts.connections import add_connection, open_source
from responder.clock import utc_now
from responder.context import Context
from responder.db import Database
from responder.models import Brand, Case, Connection, Mention, Reply, ReplyState, Role, User, Way
from responder.replies.looking import look_due
from responder.replies.sending import send_due
from responder.settings import Sending, Settings
from sentiment import build_scorer
from tests.factories import make_brand, make_case, make_mention, make_reply, make_user
from tests.platform_stub import MASTODON_KEYS, X_KEYS, Platform

POINTS = {"statement": 30, "committing": 4, "committed": 4, "calling": 2, "called": 2, "looking": 2, "looked": 2}
"""Where a process may die, and within how many passes."""

FAULTS = ("drop_before", "drop_after", "error_before", "error_after", "half", "html", "limit")
PLATFORMS = {"x": X_KEYS, "mastodon": MASTODON_KEYS}
SECRET = "a secret for tests, 32 characters or more"


@dataclass(frozen=True)
class Plan:
    """Where a process dies: at the `nth` pass of a point. None: it lives."""

    point: str
    nth: int


def draw_plan(rng: random.Random) -> Plan:
    point = rng.choice(list(POINTS))
    return Plan(point, rng.randint(1, POINTS[point]))


def context_of(database: Database, clock: Callable[[], datetime]) -> Context:
    return Context(
        settings=Settings(_env_file=None, sending=Sending.ON),
        database=database,
        clock=clock,
        fetcher=Fetcher(allow_private_hosts=frozenset({"127.0.0.1", "localhost"})),
        secret=SECRET,
        make_scorer=build_scorer,
    )


class Dying:
    """The real adapters, with a point to die at on both sides of every call."""

    def __init__(self, context: Context, at: Callable[[str], None]) -> None:
        self._context, self._at = context, at
        self._source: Any = None

    def get(self, connection: Connection) -> Dying:
        opened = Dying(self._context, self._at)
        opened._source = open_source(self._context, connection)
        return opened

    @property
    def limits(self) -> Any:
        return self._source.limits

    def reply(self, to: str, text: str, *, key: str) -> Posted:
        self._at("calling")
        posted: Posted = self._source.reply(to, text, key=key)
        self._at("called")
        return posted

    def own_replies(self, to: str, *, key: str | None) -> tuple[OwnReply, ...]:
        self._at("looking")
        found: tuple[OwnReply, ...] = self._source.own_replies(to, key=key)
        self._at("looked")
        return found


def work(database_url: str, plan: Plan | None, jumped: Any) -> None:
    """Send and look until killed. `jumped` holds by how many seconds the clock has jumped so far."""
    passed: defaultdict[str, int] = defaultdict(int)

    def at(point: str) -> None:
        passed[point] += 1
        if plan is not None and (point, passed[point]) == (plan.point, plan.nth):
            os.kill(os.getpid(), signal.SIGKILL)

    database = Database(database_url)
    event.listen(database.engine, "after_cursor_execute", lambda *_: at("statement"))
    event.listen(database.engine, "commit", lambda _: at("committing"))
    event.listen(Session, "after_commit", lambda _: at("committed"))
    context = context_of(database, lambda: utc_now() + timedelta(seconds=jumped.value))
    sources = Dying(context, at)
    while True:
        try:
            done = send_due(context, sources) + look_due(context, sources)
        except OperationalError:  # the database was restarted; the job runner tries again too
            done = 0
        if not done:
            time.sleep(0.005)


@dataclass
class Desk:
    """Who writes and where from: what replies are approved with in masses."""

    brand: Brand
    user: User
    connections: dict[str, Connection]


def set_desk(context: Context, platform: Platform) -> Desk:
    with context.database.writing() as session:
        brand = make_brand(session)
        user = make_user(session, brand=brand, role=Role.ADMIN)
        made = {
            name: add_connection(
                session, context, brand_id=brand.id, source=name, name=name, values=keys, base_url=platform.url
            )
            for name, keys in PLATFORMS.items()
        }
    return Desk(brand, user, made)


def approve_many(context: Context, platform: Platform, desk: Desk, count: int) -> None:
    """Put complaints on both platforms and an approved reply under each, due now."""
    now = context.clock()
    with context.database.writing() as session:
        for number in range(count):
            source = list(PLATFORMS)[number % 2]
            post = platform.post(source, f"@us my kettle leaks, number {number}")
            case: Case = make_case(session, desk.brand, source=source, opened_at=now)
            mention: Mention = make_mention(
                session, desk.brand, case=case, source=source, external_id=post, addressed=True, created_at=now,
                url=f"https://social.example/{post}",
            )  # fmt: skip
            case.lead_mention_id = mention.id
            make_reply(
                session, case, mention_id=mention.id, to_external_id=post, connection_id=desk.connections[source].id,
                state=ReplyState.APPROVED, text=f"Sorry about kettle {post}, a new one leaves today. ^Mina",
                written_by=desk.user.id, approved_by=desk.user.id, approved_at=now, send_at=now,
                expires_at=now + timedelta(days=365), way=Way.API,
            )  # fmt: skip


def verdict(replies: list[Reply], platform: Platform) -> list[str]:
    """Return what is wrong: more than one public post for a reply, or one of which we say something else."""
    wrong = []
    public: defaultdict[str | None, int] = defaultdict(int)
    for post in platform.posts():
        public[post.in_reply_to] += post.in_reply_to is not None
    for reply in replies:
        count = public[reply.to_external_id]
        if count > 1:
            wrong.append(f"reply {reply.id} on {reply.source}: {count} public posts")
        if reply.state not in {ReplyState.SENT, ReplyState.FAILED}:
            wrong.append(f"reply {reply.id} on {reply.source} was lost as {reply.state}")
        if (reply.state == ReplyState.SENT) != (count == 1):
            wrong.append(
                f"reply {reply.id} on {reply.source} is {reply.state} with {count} public posts: {reply.fault}"
            )
        if reply.state == ReplyState.FAILED and not reply.fault:
            wrong.append(f"reply {reply.id} failed without a reason")
    return wrong
