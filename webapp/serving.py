"""`earshot serve`: one web process and one worker process, started together, watched, and ended together."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from types import FrameType

import click

from responder import logs
from responder.accounts.sign_in import first_link
from responder.db import migrate
from responder.runtime import build
from responder.settings import Settings

_LOOK_EVERY_S = 0.2
_END_WITHIN_S = 15.0
_RESTART_AFTER_S = 2.0
_LONGEST_PAUSE_S = 60.0
_WELL_AFTER_S = 60.0

logger = logging.getLogger(__name__)


def serve(settings: Settings, *, with_worker: bool) -> int:
    """Migrate, print the sign-in line, run the processes until a signal; return the exit status.

    A worker that dies is started again; when the web process dies by itself, everything ends with status 1.
    """
    logs.configure(settings)
    context = build(settings)
    migrate(context.database)
    link = first_link(context)
    context.database.close()
    click.echo(f"Earshot is at {settings.effective_public_url}")
    if link is not None:
        click.echo(f"Sign in: {link}")
    environment = {**os.environ, "EARSHOT_HOST": settings.host, "EARSHOT_PORT": str(settings.port)}
    pages = _Child("web", environment)
    worker = _Child("worker", environment) if with_worker else None
    return _supervise(pages, worker)


class _Child:
    """One supervised process of ours, running a command of this same program."""

    def __init__(self, command: str, environment: dict[str, str]) -> None:
        self.command = command
        self._environment = environment
        self._start_again_at = 0.0
        self._early_deaths = 0
        self.start()

    def start(self) -> None:
        self._started_at = time.monotonic()
        # Told and not asked of the system: whoever outlives its parent from the start would never learn who that was.
        command = [sys.executable, "-m", "webapp", self.command, "--supervisor", str(os.getpid())]
        self.process = subprocess.Popen(command, env=self._environment)  # noqa: S603

    def keep_alive(self) -> None:
        """Start the process again when it has died, after longer and longer pauses while it does not live a minute."""
        if self.process.poll() is None:
            return
        now = time.monotonic()
        if not self._start_again_at:
            logger.error("process_died", extra={"command": self.command, "status": self.process.returncode})
            self._early_deaths = 0 if now - self._started_at > _WELL_AFTER_S else self._early_deaths + 1
            self._start_again_at = now + _pause_after(self._early_deaths)
        if now >= self._start_again_at:
            self._start_again_at = 0.0
            self.start()

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()

    def wait(self, until: float) -> None:
        try:
            self.process.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def _pause_after(early_deaths: int) -> float:
    return 0.0 if early_deaths == 0 else min(_RESTART_AFTER_S * 2.0 ** (early_deaths - 1), _LONGEST_PAUSE_S)


def _supervise(pages: _Child, worker: _Child | None) -> int:
    stopping = False

    def _stop(_signal: int, _frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    while not stopping and pages.process.poll() is None:
        if worker is not None:
            worker.keep_alive()
        time.sleep(_LOOK_EVERY_S)
    children = [child for child in (pages, worker) if child is not None]
    for child in children:
        child.end()
    until = time.monotonic() + _END_WITHIN_S
    for child in children:
        child.wait(until)
    if not stopping:
        click.echo("The web process ended by itself; is the port taken? Its last lines above say why.", err=True)
    return 0 if stopping else 1


def serve_pages(settings: Settings, supervisor: int) -> None:
    """Serve the web app by gunicorn, in this and forked processes, until a signal or the death of `supervisor`."""
    from webapp.pages_server import PagesServer

    logs.configure(settings)
    PagesServer(settings, supervisor).run()
