"""What a job, a command or a request is handed: settings, database, clock, and the means to reach platforms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from listeners.http import Fetcher
from responder.clock import Clock
from responder.db import Database
from responder.settings import Settings
from sentiment import Scorer


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Everything the business needs, built once per process by `responder.runtime.build`.

    `make_scorer` loads the model: call it where scoring happens, never in the web process. `fetcher` is the SSRF-safe
    HTTP of every source. `secret` signs and encrypts.
    """

    settings: Settings
    database: Database
    clock: Clock
    fetcher: Fetcher
    secret: str
    make_scorer: Callable[[], Scorer]
