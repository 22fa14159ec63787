"""Importing: mentions that a file or a program hands over, stored in batches for one watch."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import islice

from listeners.mentions import Mention
from listeners.pages import Fault, Page
from responder.context import Context
from responder.intake.store import BATCH, Stored, store_page

MAX_FAULTS = 1000
"""Faults that are kept to be told; further ones are only counted."""


@dataclass(slots=True)
class Imported:
    """What an import did. `faults` are the first of the `faulty` items that could not be read."""

    stored: Stored = field(default_factory=Stored)
    faults: list[Fault] = field(default_factory=list)
    faulty: int = 0


def import_mentions(
    context: Context,
    items: Iterable[Mention | Fault],
    *,
    brand_id: int,
    watch_id: int,
    progress: Callable[[int], None] | None = None,
) -> Imported:
    """Store what an iterator brings, a batch to a transaction; items that cannot be read are told and the others kept.

    `progress` is called with the number of items of each batch when it is stored. An import that was cut off can simply
    be run again: what is stored already is not stored twice. Raises NotFound for an unknown brand.
    """
    imported = Imported()
    arriving = iter(items)
    while batch := list(islice(arriving, BATCH)):
        mentions = tuple(item for item in batch if isinstance(item, Mention))
        faults = [item for item in batch if isinstance(item, Fault)]
        imported.faulty += len(faults)
        imported.faults += faults[: MAX_FAULTS - len(imported.faults)]
        with context.database.writing() as session:
            stored = store_page(
                session,
                brand_id=brand_id,
                watch_ids=(watch_id,),
                page=Page(mentions=mentions),
                now=context.clock(),
            )
        imported.stored.add(stored)
        if progress is not None:
            progress(len(batch))
    return imported
