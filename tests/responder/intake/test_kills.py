"""Nothing lost, nothing doubled: collecting and scoring are killed in the middle, over and over."""

from __future__ import annotations

import multiprocessing
import random
import signal
import time
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess

import pytest
from sqlalchemy import func, select, update

from bench import bars
from listeners.queries import Query
from responder.db import Database
from responder.models import Case, Mention, Poll
from tests import factories
from tests.listeners.stub import serving
from tests.responder.intake import killing
from tests.responder.intake.killing import Event, Plan
from tests.responder.recounting import assert_cases_fit_their_mentions, assert_rollups_equal_a_recount
from tests.scorers import opinion_of

LONGEST_S = 900


class Killing:
    """Keeps one collecting and one scoring process alive until they were killed often enough, then lets them end."""

    def __init__(self, database: Database, url: str, log: list[Event], *, kills: int, seed: int) -> None:
        self.database, self.url, self.log = database, url, log
        self.kills = kills
        self.rng = random.Random(seed)
        self.killed: list[Plan] = []
        self.running: dict[str, tuple[BaseProcess, Plan | None]] = {}
        # Processes are forked from a server that has imported everything: a life starts in milliseconds.
        self.processes = multiprocessing.get_context("forkserver")
        self.processes.set_forkserver_preload(["tests.responder.intake.killing"])

    def run(self) -> None:
        until = time.monotonic() + LONGEST_S
        try:
            while not self.is_over():
                assert time.monotonic() < until, "the work does not end"
                for role in ("collect", "score"):
                    if role not in self.running:
                        self.start(role)
                wait([process.sentinel for process, _ in self.running.values()], timeout=0.05)
                self.bury()
        finally:
            for process, _ in self.running.values():
                process.kill()
                process.join()

    def start(self, role: str) -> None:
        plan = killing.draw_plan(self.rng, role) if len(self.killed) < self.kills else None
        arguments = (role, self.database.engine.url.render_as_string(hide_password=False), self.url, plan)
        process = self.processes.Process(target=killing.work, args=(*arguments, len(self.killed)), daemon=True)
        process.start()
        self.running[role] = (process, plan)

    def bury(self) -> None:
        for role, (process, plan) in list(self.running.items()):
            if process.is_alive():
                # Once there were kills enough, the other one's plan is called off by starting it anew.
                if plan is not None and len(self.killed) >= self.kills:
                    process.kill()
                    process.join()
                    del self.running[role]
                continue
            assert process.exitcode == -signal.SIGKILL, f"{role} failed by itself: {process.exitcode}"
            del self.running[role]
            assert plan is not None
            self.killed.append(plan)
            if role == "collect":
                with self.database.reading() as session:
                    killing.cursor_is_never_ahead(session, session.scalar(select(Poll.cursor)), self.log)

    def is_over(self) -> bool:
        with self.database.reading() as session:
            done = killing.is_done(session, session.scalar(select(Poll.cursor)), self.log)
        if done and len(self.killed) < self.kills:
            # Everything is in before enough kills: read it all over again, which must change nothing.
            with self.database.writing() as session:
                session.execute(update(Poll).values(cursor=None, due_at=Poll.last_read_at))
        return done and len(self.killed) >= self.kills


def kill_over_and_over(database: Database, *, posts: int, kills: int, seed: int) -> Killing:
    log = killing.make_log(posts, random.Random(seed))
    with database.writing() as session:
        watch = factories.make_watch(session, query=Query.parse("kettle").to_dict())
        factories.make_poll(session, watch, factories.make_connection(session, brand_id=watch.brand_id))
    with serving() as stub:
        stub.get("/log", killing.serve_log(log))
        killer = Killing(database, stub.url, log, kills=kills, seed=seed)
        killer.run()
    with database.reading() as session:
        rows = session.scalars(select(Mention)).all()
        assert len(rows) == len({row.external_id for row in rows}) == posts
        stands = killing.final_texts(log)
        assert {row.external_id: row.text if row.gone_at is None else None for row in rows} == stands
        for row in rows:
            if row.gone_at is None:
                assert row.p_negative == opinion_of(row.text).p_negative, "scored in another version"
                assert row.case_id is not None
        live = sum(text is not None for text in stands.values())
        assert session.scalar(select(func.sum(Case.mention_count))) == live
        assert_rollups_equal_a_recount(session)
        assert_cases_fit_their_mentions(session)
    return killer


def test_killed_in_the_middle_nothing_is_lost_or_doubled(database: Database) -> None:
    killer = kill_over_and_over(database, posts=200, kills=10, seed=7)
    assert len(killer.killed) >= 10


@pytest.mark.prove
def test_killed_at_200_points_while_5000_posts_are_served(database: Database) -> None:
    started = time.monotonic()
    killer = kill_over_and_over(database, posts=5000, kills=200, seed=11)
    points = {plan.point for plan in killer.killed}
    bars.record(
        bars.Bar(
            name=f"kills while 5,000 posts are collected and scored ({database.engine.dialect.name})",
            want="200 kills, every post once, scored, in its last edit",
            got=f"{len(killer.killed)} kills at {len(points)} kinds of point, all held, "
            f"{time.monotonic() - started:.0f} s",
            holds=len(killer.killed) >= 200,
        )
    )
