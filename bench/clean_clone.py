"""`make run` and `make test` from a clean clone in a bare environment, twice: `python -m bench.clean_clone`."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import requests

from bench import bars
from bench.running import ROOT, free_port

TEST_LIMIT_S = 12 * 60


def bare_environment(home: Path) -> dict[str, str]:
    """What `env -i PATH=… HOME=…` leaves."""
    return {"PATH": os.environ["PATH"], "HOME": str(home)}


def size_mb(folder: Path) -> float:
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir()) / 1e6


def run_until_it_answers(clone: Path, home: Path) -> tuple[float, bool]:
    """Run `make run` and return the seconds until its first page, and whether it printed a sign-in line."""
    # Only the port differs from what a newcomer types: another Earshot may be running on this machine.
    port = free_port()
    environment = {**bare_environment(home), "EARSHOT_PORT": str(port)}
    log = home / "run.log"
    started = time.monotonic()
    with log.open("w") as output:
        process = subprocess.Popen(
            ["make", "run"], cwd=clone, env=environment, stdout=output, stderr=output, start_new_session=True
        )
        try:
            while time.monotonic() - started < 900:
                if process.poll() is not None:
                    raise RuntimeError(log.read_text())
                try:
                    requests.get(f"http://127.0.0.1:{port}/", timeout=1).raise_for_status()
                    break
                except requests.RequestException:
                    time.sleep(0.05)
            seconds = time.monotonic() - started
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(30)
    return seconds, "Sign in: " in log.read_text()


def timed_test(clone: Path, home: Path) -> tuple[float, str]:
    """Run `make test` and return its seconds and its closing line. Raises when it fails."""
    started = time.monotonic()
    done = subprocess.run(
        ["make", "test"], cwd=clone, env=bare_environment(home), text=True, capture_output=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(done.stdout[-4000:] + done.stderr[-2000:])
    return time.monotonic() - started, done.stdout.strip().splitlines()[-1].strip("= ")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        clone, home = Path(folder) / "earshot", Path(folder) / "home"
        home.mkdir()
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        first, link = run_until_it_answers(clone, home)
        run_size = size_mb(clone / ".venv")
        second, _ = run_until_it_answers(clone, home)
        bars.record(
            bars.Bar("first make run", "≤ 600 s (aim 120)", f"{first:.0f} s, {run_size:.0f} MB", first <= 600 and link),
            bars.Bar("second make run", "≤ 15 s", f"{second:.1f} s", second <= 15),
        )
        first_test, closing = timed_test(clone, home)
        test_size = size_mb(clone / ".venv")
        again, closing_again = timed_test(clone, home)
        bars.record(
            bars.Bar("first make test", "passes", f"{first_test:.0f} s, {test_size:.0f} MB; {closing}", True),
            bars.Bar("second make test", "≤ 12 min", f"{again:.0f} s; {closing_again}", again <= TEST_LIMIT_S),
        )


if __name__ == "__main__":
    main()
