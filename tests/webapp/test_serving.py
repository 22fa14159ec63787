"""`earshot serve` as a person runs it: two commands' worth of processes that come up, and go down, together."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from bench.running import ROOT, children, earshot, free_port
from webapp import serving


@pytest.fixture
def served(tmp_path):
    if not Path("/proc").is_dir():
        pytest.skip("these tests look for processes in /proc: run them on Linux")
    with earshot(tmp_path) as running:
        yield running


def family(process: int) -> list[int]:
    return [process, *(member for child in children(process) for member in family(child))]


def gone_within(processes: list[int], seconds: float) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if all(has_ended(process) for process in processes):
            return True
        time.sleep(0.1)
    return False


def has_ended(process: int) -> bool:
    """Whether a process is gone, or has ended and only waits for its parent to notice."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_nothing_is_left_behind_when_serve_is_killed(served):
    members = family(served.process.pid)
    assert len(members) >= 4
    os.kill(served.process.pid, signal.SIGKILL)
    served.process.wait()
    assert gone_within(members, 20)


@pytest.mark.parametrize("command", ["web", "worker"])
def test_what_was_started_by_a_process_that_is_gone_ends_by_itself(tmp_path, command):
    gone = subprocess.Popen(["true"])
    gone.wait()
    environment = {**os.environ, "EARSHOT_HOME": str(tmp_path), "EARSHOT_PORT": str(free_port())}
    ended = subprocess.run(
        [sys.executable, "-m", "webapp", command, "--supervisor", str(gone.pid)],
        env=environment, cwd=ROOT, timeout=60, check=False,
    )  # fmt: skip
    assert ended.returncode == 0


def test_a_worker_that_dies_is_started_again_and_pages_go_on(served):
    (worker,) = (child for child in children(served.process.pid) if child not in served.web_processes())
    os.kill(worker, signal.SIGKILL)
    until = time.monotonic() + 20
    while time.monotonic() < until:
        others = [child for child in children(served.process.pid) if child not in (worker, *served.web_processes())]
        if others:
            break
        time.sleep(0.1)
    assert others
    assert requests.get(f"{served.url}/healthz", timeout=5).status_code == 200


def test_a_worker_that_keeps_dying_is_started_ever_more_rarely():
    pauses = [serving._pause_after(deaths) for deaths in range(9)]
    assert pauses[:4] == [0, 2, 4, 8]
    assert pauses[-1] == 60
