"""Where a process is put together: settings in, a context out; a worker also gets its equipment.

This is the one place that constructs engines, HTTP and scorers. Everything below takes what it needs as arguments.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from listeners.http import Fetcher
from responder.accounts.connections import SourcePool
from responder.clock import utc_now
from responder.context import Context
from responder.db import Database
from responder.intake.scorers import scorer_of
from responder.learning.active_scorer import ActiveScorer, in_child_processes
from responder.settings import Settings, secret_key

if TYPE_CHECKING:
    from responder.cases.snapshots import Ranker


def build(settings: Settings) -> Context:
    """Build what every process needs. Opens no connection and loads no model."""
    secret = secret_key(settings)  # first: it tells a home that cannot be used
    return Context(
        settings=settings,
        database=Database(settings.effective_database_url),
        clock=utc_now,
        fetcher=Fetcher(allow_private_hosts=frozenset(settings.allow_private_hosts)),
        secret=secret,
        make_scorer=partial(scorer_of, settings),
    )


@dataclass(frozen=True, slots=True)
class Equipment:
    """What a worker's jobs share for as long as it lives: open sources, and the scorer (its model has a process)."""

    context: Context
    sources: SourcePool
    scorer: ActiveScorer
    ranker: Ranker

    @property
    def now(self) -> datetime:
        """The current aware UTC instant, by the context's clock."""
        return self.context.clock()

    def close(self) -> None:
        """End the scoring process and let go of the database."""
        self.scorer.close()
        self.context.database.close()


def equip(context: Context) -> Equipment:
    """Equip a worker. The scoring process starts with the first text, not here."""
    # Imported here: ranking takes numpy, which most commands can do without.
    from responder.cases.snapshots import Ranker

    return Equipment(context=context, sources=SourcePool(context), scorer=in_child_processes(context), ranker=Ranker())
