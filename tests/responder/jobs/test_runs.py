"""Running one job once, and never beside itself in one process."""

from __future__ import annotations

import threading
from datetime import timedelta

from responder.jobs.job import Job, Lane
from responder.jobs.runs import Runs

SOON = 5.0


def test_a_job_that_runs_already_is_not_begun_again_and_holds_nobody_up(context):
    begun, go_on = threading.Event(), threading.Event()

    def wait_for_a_model(_equipment) -> int:
        begun.set()
        go_on.wait(SOON)
        return 1

    slow = Job(name="slow", run=wait_for_a_model, every=timedelta(seconds=1), lane=Lane.SCORE)
    other = Job(name="other", run=lambda _: 2, every=timedelta(seconds=1), lane=Lane.SCORE)
    runs = Runs(context)
    first = threading.Thread(target=runs.run, args=(slow, None))
    first.start()
    assert begun.wait(SOON)
    assert [runs.run(slow, None) for _ in range(3)] == [0, 0, 0]
    assert runs.run(other, None) == 2
    go_on.set()
    first.join(SOON)
    assert runs.run(slow, None) == 1


def test_a_job_that_failed_is_run_again(context):
    def fail(_equipment) -> int:
        raise RuntimeError("planted")

    runs = Runs(context)
    failing = Job(name="j", run=fail, every=timedelta(seconds=1), lane=Lane.SCORE)
    assert runs.run(failing, None) == 0
    mended = Job(name="j", run=lambda _: 1, every=timedelta(seconds=1), lane=Lane.SCORE)
    assert runs.run(mended, None) == 1
