"""What a drawn list is made of: rows in bands, and the marks by which a browser knows that something changed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter

from responder.cases.queue import QueuePage
from responder.cases.rows import QueueRow
from responder.models import Incident
from sentiment.opinions import Intent

TAGGED_FROM = 0.5
"""How likely an intent must be for a row to say it in one word."""

Bands = Sequence[tuple[str, Sequence[QueueRow]]]


def in_bands(rows: Sequence[QueueRow], *, by_rank: bool) -> Bands:
    """Group rows under their bands, in order; one group without a name where the list is not in order of rank."""
    if not by_rank:
        return [("", rows)] if rows else []
    return [(band, list(group)) for band, group in groupby(rows, key=attrgetter("band"))]


def tag(row: QueueRow) -> str | None:
    """Return the intent a row is tagged with; None for noise, what is unknown and what is not likely or sure enough."""
    is_likely = row.intent_confidence is None or row.intent_confidence >= TAGGED_FROM
    return row.intent if row.intent != Intent.NOISE and is_likely and not row.abstained else None


def version(row: QueueRow) -> str:
    """Return a mark that changes when what a row shows does; ages and points are left out, they follow the clock."""
    shown = (
        row.text,
        row.author_name,
        row.author_handle,
        row.followers,
        row.label,
        row.abstained,
        row.confidence,
        row.intent,
        row.intent_confidence,
        row.mention_count,
        row.assignee_name,
        row.state,
        row.url,
        row.badge,
        row.promised_by,
        row.danger,
        row.incident_cases,
        row.held_by,
    )
    return hashlib.sha1(repr(shown).encode("utf-8", "replace"), usedforsecurity=False).hexdigest()[:12]


def etag(page: QueuePage, outbreak: Incident | None) -> str:
    """Return a mark for a whole list and its banner: the same as long as both would be drawn the same."""
    marks = [f"{row.case_id}:{row.band}:{version(row)}" for row in page.rows]
    alarm = (
        ""
        if outbreak is None
        else repr((outbreak.id, outbreak.title, outbreak.voices, outbreak.statement_at, outbreak.approved_at))
    )
    drawn = "|".join([page.count, str(page.next is None), alarm, *marks])
    return hashlib.sha1(drawn.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()[:20]
