"""An import keeps the good rows, tells the bad ones, and may be run again."""

from __future__ import annotations

from listeners.pages import Fault
from responder.context import Context
from responder.db import Database
from responder.intake.imports import import_mentions
from responder.models import Mention
from tests.responder.intake.stores import Store, a_mention


def test_good_rows_are_kept_and_bad_ones_told(database: Database, context: Context) -> None:
    store = Store(database)
    rows = [Fault(where=f"row {n}", why="no text") if n % 100 == 0 else a_mention(str(n)) for n in range(1, 2201)]
    done: list[int] = []
    how = {"brand_id": store.brand_id, "watch_id": store.watch_id}
    imported = import_mentions(context, rows, **how, progress=done.append)
    assert (imported.stored.new, imported.faulty, imported.faults[0].where) == (2178, 22, "row 100")
    assert done == [1000, 1000, 200]
    again = import_mentions(context, rows, **how)
    assert (again.stored.new, again.stored.repeated, store.count(Mention)) == (0, 2178, 2178)
    store.check()


def test_endless_faults_are_counted_and_the_first_kept(database: Database, context: Context) -> None:
    store = Store(database)
    rows = [Fault(where=f"row {n}", why="no text") for n in range(2500)]
    imported = import_mentions(context, rows, brand_id=store.brand_id, watch_id=store.watch_id)
    assert (imported.faulty, len(imported.faults)) == (2500, 1000)
