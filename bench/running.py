"""A running Earshot for benches: the real programs on loopback, in their own folder, ended by process id."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import requests

ROOT = Path(__file__).parent.parent
_START_WITHIN_S = 60


@dataclass
class Running:
    """One Earshot that serves. `sign_in` is the one-time link it printed, None when it printed none."""

    home: Path
    port: int
    process: subprocess.Popen[str]
    environment: dict[str, str]
    lines: list[str] = field(default_factory=list)
    first_answer_s: float = 0.0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def sign_in(self) -> str | None:
        found = [match[1] for line in self.lines if (match := re.match(r"Sign in: (\S+)", line))]
        return found[0] if found else None

    def command(self, *arguments: str, stdin: str | None = None) -> str:
        """Run one `earshot` command on the same installation and return what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "webapp", *arguments],
            env=self.environment, cwd=ROOT, input=stdin, text=True, capture_output=True, check=False, timeout=600,
        )  # fmt: skip
        if done.returncode != 0:
            raise RuntimeError(f"earshot {' '.join(arguments)} ended with {done.returncode}: {done.stderr}")
        return done.stdout

    def web_processes(self) -> list[int]:
        """Return the process ids of the web part: the one that listens and the one that answers."""
        masters = [pid for pid in children(self.process.pid) if "web" in command_line(pid)]
        return [pid for master in masters for pid in (master, *children(master))]


def children(process: int) -> list[int]:
    """Return the process ids of the direct children of `process`."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, IndexError):
                continue
            if parent == process:
                found.append(int(entry.name))
    return found


def command_line(process: int) -> list[str]:
    """Return the arguments a process was started with; empty when it is gone."""
    try:
        return (Path("/proc") / str(process) / "cmdline").read_text().rstrip("\0").split("\0")
    except OSError:
        return []


def resident_mb(process: int) -> float:
    """Return the resident memory of a process in MB, shared pages counted in full."""
    status = (Path("/proc") / str(process) / "status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) / 1024  # type: ignore[index]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def earshot(home: Path, *arguments: str, **settings: str) -> Iterator[Running]:
    """Serve Earshot from `home` until the block ends. `settings` are environment variables without their prefix."""
    port = free_port()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("EARSHOT_")},
        "EARSHOT_HOME": str(home),
        "EARSHOT_PORT": str(port),
        "EARSHOT_ALLOW_PRIVATE_HOSTS": "127.0.0.1,localhost",
        "EARSHOT_LOG_LEVEL": "WARNING",
        **{f"EARSHOT_{name.upper()}": value for name, value in settings.items()},
    }
    started = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "webapp", "serve", *arguments],
        env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    running = Running(home, port, process, environment)
    reader = threading.Thread(target=lambda: running.lines.extend(line for line in process.stdout or ()), daemon=True)
    reader.start()
    try:
        _wait_until_it_answers(running, started)
        yield running
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        # Whatever outlived it holds its output open: reading that to its end would wait forever.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        reader.join(5)
        if process.stdout is not None:
            process.stdout.close()


def _wait_until_it_answers(running: Running, started: float) -> None:
    while time.monotonic() - started < _START_WITHIN_S:
        if running.process.poll() is not None:
            raise RuntimeError("earshot serve ended at once: " + "".join(running.lines))
        try:
            requests.get(f"{running.url}/healthz", timeout=1).raise_for_status()
        except requests.RequestException:
            time.sleep(0.02)
            continue
        running.first_answer_s = time.monotonic() - started
        return
    raise RuntimeError("earshot serve did not answer within a minute")


def signed_in(running: Running, link: str | None = None) -> requests.Session:
    """Return an HTTP session signed in by the one-time link."""
    session = requests.Session()
    page = session.get(link or running.sign_in, timeout=10)
    page.raise_for_status()
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
    answer = session.post(page.url, data={"csrf_token": token[1] if token else ""}, timeout=10)
    answer.raise_for_status()
    return session
