"""The web process: gunicorn, configured by our settings and not by files or arguments of its own."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gunicorn.app.base import BaseApplication

from responder.runtime import build
from responder.settings import Settings
from webapp.app import create_app

_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 -- where gunicorn's heartbeat file never waits for a disk


class PagesServer(BaseApplication):  # type: ignore[misc]
    """Serves the web app in processes forked from this one, until a signal or the death of its supervisor."""

    def __init__(self, settings: Settings, supervisor: int) -> None:
        self._settings = settings
        self._supervisor = supervisor
        super().__init__()

    def load_config(self) -> None:
        options: dict[str, Any] = {
            "bind": f"{self._settings.host}:{self._settings.port}",
            "worker_class": "gthread",
            "workers": self._settings.web_processes,
            "preload_app": True,  # made once and shared: it opens no connection before its first request
            "threads": self._settings.web_threads,
            "timeout": 60,
            "graceful_timeout": 10,
            "keepalive": 5,
            "loglevel": "warning",
            "worker_tmp_dir": str(_SHARED_MEMORY) if _SHARED_MEMORY.is_dir() else None,
            "post_worker_init": _end_with(self._supervisor),
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        return create_app(build(self._settings))


def _end_with(supervisor: int) -> Callable[[Any], None]:
    """Return a hook that ends the web process when `earshot serve` is killed without a chance to say so."""

    def watch(_worker: Any) -> None:
        master = os.getppid()

        def look() -> None:
            while os.getppid() == master and _is_alive(supervisor):
                time.sleep(1)
            os.kill(master, signal.SIGTERM)

        threading.Thread(target=look, daemon=True, name="supervisor-watch").start()

    return watch


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
