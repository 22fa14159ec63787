"""At most once, never lost, always known, with workers killed in the middle and a platform that drops its answers."""

from __future__ import annotations

import multiprocessing
import random
import signal
import time
from datetime import timedelta
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess

import pytest
from sqlalchemy import func, or_, select, text

from bench import bars
from responder.clock import utc_now
from responder.db import Database
from responder.models import Reply, ReplyState
from tests.platform_stub import Platform, running_platform
from tests.responder.replies import killing
from tests.responder.replies.killing import Plan

LONGEST_S = 1_500
WORKERS = 2
JUMP_S = 150.0
REPLIES_AT_ONCE = 12


class Killing:
    """Keeps two racing workers alive until they were killed often enough, then lets everything come to rest."""

    def __init__(self, database: Database, platform: Platform, *, kills: int, seed: int) -> None:
        self.database, self.platform, self.kills = database, platform, kills
        self.rng = random.Random(seed)
        self.killed = 0
        self.running: list[tuple[BaseProcess, Plan | None]] = []
        # Processes are forked from a server that has imported everything: a life starts in milliseconds.
        self.processes = multiprocessing.get_context("forkserver")
        self.processes.set_forkserver_preload(["tests.responder.replies.killing"])
        self.jumped = self.processes.Value("d", 0.0)
        self.context = killing.context_of(database, lambda: utc_now() + timedelta(seconds=self.jumped.value))
        self.desk = killing.set_desk(self.context, platform)

    def run(self) -> None:
        until = time.monotonic() + LONGEST_S
        try:
            while self.killed < self.kills or self.unsettled():
                assert time.monotonic() < until, "the work does not end"
                if self.killed < self.kills and self.unsettled() < REPLIES_AT_ONCE // 2:
                    killing.approve_many(self.context, self.platform, self.desk, REPLIES_AT_ONCE)
                self.misbehave()
                while len(self.running) < WORKERS:
                    self.start()
                wait([process.sentinel for process, _ in self.running], timeout=0.05)
                self.bury()
        finally:
            for process, _ in self.running:
                process.kill()
                process.join()

    def misbehave(self) -> None:
        self.jump(seconds=10)  # else workers that only wait for the next look would never come to where they die
        if self.killed >= self.kills:
            self.jump(seconds=1_800)
        elif self.rng.random() < 0.5:
            self.platform.order(self.rng.choice(killing.FAULTS), call="reply", seconds=1)
        elif self.rng.random() < 0.2:
            self.platform.hide(reads=1)
        elif not self.database.is_sqlite and self.rng.random() < 0.05:
            self.restart_database()

    def restart_database(self) -> None:
        """As a restart looks to whoever is connected: every connection but ours is cut."""
        with self.database.writing() as session:
            session.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )

    def jump(self, *, seconds: float = JUMP_S) -> None:
        with self.jumped.get_lock():
            self.jumped.value += seconds

    def start(self) -> None:
        plan = killing.draw_plan(self.rng) if self.killed < self.kills else None
        url = self.database.engine.url.render_as_string(hide_password=False)
        process = self.processes.Process(target=killing.work, args=(url, plan, self.jumped), daemon=True)
        process.start()
        self.running.append((process, plan))

    def bury(self) -> None:
        for process, plan in list(self.running):
            if process.is_alive():
                if plan is not None and self.killed >= self.kills:
                    process.kill()  # enough: its plan is called off by starting it anew
                    process.join()
                    self.running.remove((process, plan))
                continue
            assert process.exitcode == -signal.SIGKILL, f"a worker failed by itself: {process.exitcode}"
            self.running.remove((process, plan))
            self.killed += 1
            self.jump()

    def unsettled(self) -> int:
        moving = or_(
            Reply.state.in_((ReplyState.APPROVED, ReplyState.SENDING, ReplyState.UNKNOWN)),
            Reply.look_at.is_not(None),
        )
        with self.database.reading() as session:
            return session.scalar(select(func.count(Reply.id)).where(moving)) or 0


def kill(database: Database, *, kills: int, seed: int) -> tuple[list[Reply], list[str]]:
    with running_platform() as platform:
        made = Killing(database, platform, kills=kills, seed=seed)
        made.run()
        with database.reading() as session:
            replies = list(session.scalars(select(Reply)))
        return replies, killing.verdict(replies, platform)


@pytest.mark.prove
def test_killed_around_claim_call_and_record_nothing_is_lost_or_doubled(database):
    replies, wrong = kill(database, kills=10, seed=5)
    assert wrong == []
    assert any(reply.state == ReplyState.SENT for reply in replies)


@pytest.mark.prove
@pytest.mark.parametrize("seed", [1])
def test_killed_five_hundred_times_nothing_is_lost_or_doubled(database, seed):
    replies, wrong = kill(database, kills=500, seed=seed)
    sent = sum(reply.state == ReplyState.SENT for reply in replies)
    bars.record(
        bars.Bar(
            f"killed at 500 points, {'SQLite' if database.is_sqlite else 'PostgreSQL'}",
            "no reply posted twice, none lost, none unknown",
            f"{len(replies)} replies: {sent} live, {len(replies) - sent} known not to be; {len(wrong)} wrong",
            not wrong,
        )
    )
    assert wrong == []
