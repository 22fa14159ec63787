"""The embedded runner: lanes do not wait for each other, faults end nothing, work wakes work."""

from __future__ import annotations

import threading
from datetime import timedelta

from sqlalchemy import select

from responder.jobs.embedded import EmbeddedRunner
from responder.jobs.job import Job, Lane
from responder.jobs.runs import Runs, is_silent, last_seen
from responder.models import JobRun

SOON = 5.0
NEVER = timedelta(hours=1)


def run_until(context, jobs, done: threading.Event) -> None:
    runner = EmbeddedRunner(context, jobs, None)
    runner.start()
    try:
        assert done.wait(SOON), "the jobs did not do what they should within five seconds"
    finally:
        runner.stop()


def test_a_job_that_raises_is_run_again_and_does_not_stop_the_others(ticking_context):
    failed, done = threading.Event(), threading.Event()

    def fail(_equipment) -> int:
        if failed.is_set():
            done.set()
        failed.set()
        raise RuntimeError("planted")

    jobs = [Job(name="fails", run=fail, every=timedelta(seconds=0.1), lane=Lane.COLLECT)]
    run_until(ticking_context, jobs, done)


def test_a_busy_lane_does_not_hold_up_another(ticking_context):
    done = threading.Event()
    jobs = [
        Job(name="slow", run=lambda _: done.wait(SOON) and 0, every=NEVER, lane=Lane.COLLECT),
        Job(name="quick", run=lambda _: done.set() or 0, every=NEVER, lane=Lane.NOTIFY),
    ]
    run_until(ticking_context, jobs, done)


def test_work_done_wakes_the_job_it_feeds_before_its_interval(ticking_context):
    left, done = [1], threading.Event()
    scored_once = threading.Event()

    def collect(_equipment) -> int:
        scored_once.wait(SOON)
        return left.pop() if left else 0

    def score(_equipment) -> int:
        if scored_once.is_set():
            done.set()
        scored_once.set()
        return 0

    jobs = [
        Job(name="collect", run=collect, every=NEVER, lane=Lane.COLLECT, wakes=("score",)),
        Job(name="score", run=score, every=NEVER, lane=Lane.SCORE),
    ]
    run_until(ticking_context, jobs, done)


def test_a_job_is_run_again_at_once_while_it_finds_work(ticking_context):
    left, done = [3, 2, 1], threading.Event()

    def drain(_equipment) -> int:
        if not left:
            done.set()
            return 0
        return left.pop()

    run_until(ticking_context, [Job(name="drain", run=drain, every=NEVER, lane=Lane.SCORE)], done)


def test_a_job_that_ends_its_work_while_the_runner_stops_holds_it_up_for_nothing(ticking_context):
    begun, go_on = threading.Event(), threading.Event()

    def collect(_equipment) -> int:
        begun.set()
        go_on.wait(SOON)
        return 1

    jobs = [
        Job(name="collect", run=collect, every=NEVER, lane=Lane.COLLECT, wakes=("score",)),
        Job(name="score", run=lambda _: 0, every=NEVER, lane=Lane.SCORE),
    ]
    runner = EmbeddedRunner(ticking_context, jobs, None)
    runner.start()
    assert begun.wait(SOON)
    stopping = threading.Thread(target=runner.stop, daemon=True)
    stopping.start()
    threading.Timer(0.2, go_on.set).start()
    stopping.join(SOON)
    assert not stopping.is_alive(), "the runner and its job wait for each other"


def test_a_heartbeat_tells_a_live_worker_from_a_silent_one(context):
    assert is_silent(context)
    Runs(context).run(Job(name="j", run=lambda _: 0, every=NEVER, lane=Lane.MAINTAIN), None)
    assert last_seen(context) == context.clock()
    assert not is_silent(context)


def test_a_fault_is_noted_without_its_message(context):
    def fail(_equipment) -> int:
        raise ValueError("a customer's words")

    assert Runs(context).run(Job(name="j", run=fail, every=NEVER, lane=Lane.MAINTAIN), None) == 0
    with context.database.reading() as session:
        assert session.scalar(select(JobRun.last_fault)) == "ValueError, see the log"
