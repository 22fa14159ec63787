"""Scoring what waits: texts to the scorer with no session open, opinions to the rows in one transaction.

Writing is conditional on the version that was scored, so no claim is needed and a lost or doubled run loses and doubles
nothing. A text that makes the scorer fail never holds up the others, and is set aside, visibly, after three times.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import Row, bindparam, select, update
from sqlalchemy.orm import Session

from responder.alerts.rules import raise_for
from responder.context import Context
from responder.errors import NotFound
from responder.insights.rollups import Changes, Counted, language_of
from responder.intake.embedding import queue_vectors
from responder.intake.overruling import OPINION, overrule
from responder.intake.store import lock_brand
from responder.intake.triage import triage
from responder.models import Mention, WatchMention
from responder.sharers.profiles import profile
from sentiment import ModelUnusable, Opinion, Scorer

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 3
"""How often a text alone may make the scorer fail before it is set aside."""

HARMLESS = "Thank you."
"""Scored when a batch failed: if this fails too, the scorer is at fault and not the texts."""

_TABLE: Any = Mention.__table__
_WAITING = (Mention.scored_at.is_(None), Mention.score_fault.is_(None), Mention.gone_at.is_(None))
_TOLD = ("label", "p_negative", "p_neutral", "p_positive", "confidence", "abstained", "intensity", "model")
_WRITE = (
    update(_TABLE)
    .where(_TABLE.c.id == bindparam("waiting_id"), _TABLE.c.scored_at.is_(None))
    .values({name: bindparam(name) for name in OPINION})
)
_FAIL = (
    update(_TABLE)
    .where(_TABLE.c.id == bindparam("waiting_id"))
    .values({name: bindparam(name) for name in ("score_attempts", "score_fault")})
)


@dataclass(frozen=True, slots=True)
class Scored:
    """What came of one waiting text; `opinion` None: it made the scorer fail, `fault` names how."""

    mention_id: int
    brand_id: int
    revision: int
    opinion: Opinion | None
    fault: str = ""


def is_anything_waiting(context: Context) -> bool:
    """Tell whether any mention still waits for an opinion."""
    with context.database.reading() as session:
        return session.execute(select(Mention.id).where(*_WAITING).limit(1)).first() is not None


def score_waiting(context: Context, scorer: Scorer, *, batch: int) -> int:
    """Score up to `batch` waiting mentions, newest first, and put them into cases; return how many are done.

    Raises whatever the scorer raises when it fails on a harmless text too.
    """
    with context.database.reading() as session:
        waiting: Sequence[Any] = session.execute(
            select(Mention.id, Mention.brand_id, Mention.revision, Mention.text, Mention.language)
            .where(*_WAITING)
            .order_by(Mention.id.desc())
            .limit(batch)
        ).all()
    if not waiting:
        return 0
    results = sorted(_score(scorer, waiting), key=attrgetter("brand_id", "mention_id"))
    with context.database.writing() as session:
        # Brands are locked in the order of their ids, so that two workers never wait for each other.
        return sum(
            record(session, context, brand_id, list(theirs))
            for brand_id, theirs in groupby(results, key=attrgetter("brand_id"))
        )


def record(session: Session, context: Context, brand_id: int, results: Sequence[Scored]) -> int:
    """Write what came of scoring one brand's mentions, and put those that are done into cases; return their number.

    What was edited, deleted or scored by somebody else meanwhile is left alone.
    """
    try:
        lock_brand(session, brand_id)
    except NotFound:
        return 0
    now = context.clock()
    held = {row.id: row for row in _still_waiting(session, [result.mention_id for result in results])}
    results = [r for r in results if r.mention_id in held and held[r.mention_id].revision == r.revision]
    opinions = [_columns(result.mention_id, result.opinion, now) for result in results if result.opinion is not None]
    failures = [_failure(result, held[result.mention_id]) for result in results if result.opinion is None]
    connection = session.connection()
    if opinions:
        opinions = overrule(session, opinions, key="waiting_id")
        connection.execute(_WRITE, opinions)
        _count(session, held, opinions)
    if failures:
        connection.execute(_FAIL, failures)
    done = [columns["waiting_id"] for columns in (*opinions, *failures) if columns.get("score_fault", True)]
    profile(session, done, brand_id=brand_id, secret=context.secret, now=now)
    triage(session, done, brand_id=brand_id, now=now)
    queue_vectors(session, done)
    raise_for(session, done, settings=context.settings, now=now)
    return len(done)


def _score(scorer: Scorer, waiting: Sequence[Row[Any]]) -> Iterator[Scored]:
    try:
        yield from _scored(scorer, waiting)
    except ModelUnusable:
        raise
    except Exception as error:  # noqa: BLE001 — whatever a model or its process does must cost one text at most
        # Only the kind of error is logged: a library's message may quote the text.
        logger.warning("scoring_failed", extra={"mentions": len(waiting), "error": type(error).__name__})
        scorer.score([HARMLESS], languages=["en"])
        yield from _bisected(scorer, waiting)


def _bisected(scorer: Scorer, waiting: Sequence[Row[Any]]) -> Iterator[Scored]:
    """Score a failing batch in halves, until the texts that make it fail stand alone."""
    half = len(waiting) // 2
    for part in (waiting[:half], waiting[half:]):
        if not part:
            continue
        try:
            yield from _scored(scorer, part)
        except ModelUnusable:
            raise
        except Exception as error:  # noqa: BLE001 — as above
            if len(part) > 1:
                yield from _bisected(scorer, part)
            else:
                row = part[0]
                yield Scored(row.id, row.brand_id, row.revision, None, type(error).__name__)


def _scored(scorer: Scorer, waiting: Sequence[Row[Any]]) -> list[Scored]:
    claims = [None if row.language is None else language_of(row.language) for row in waiting]
    opinions = scorer.score([row.text for row in waiting], languages=claims)
    return [Scored(row.id, row.brand_id, row.revision, opinion) for row, opinion in zip(waiting, opinions, strict=True)]


def _still_waiting(session: Session, mention_ids: Sequence[int]) -> Sequence[Row[Any]]:
    columns = (Mention.id, Mention.revision, Mention.score_attempts, *(getattr(Mention, n) for n in Counted._fields))
    return session.execute(
        select(*columns).where(Mention.id.in_(mention_ids), Mention.scored_at.is_(None), Mention.gone_at.is_(None))
    ).all()


def _columns(mention_id: int, opinion: Opinion, now: datetime) -> dict[str, Any]:
    return {
        "waiting_id": mention_id,
        **{name: getattr(opinion, name) for name in _TOLD},
        "label": opinion.label.value,
        "intent": None if opinion.intent is None else opinion.intent.value,
        "intent_confidence": None if opinion.intents is None else max(opinion.intents),
        "abstain_reason": opinion.reason,
        "opinion_language": opinion.language,
        "scored_at": now,
    }


def _failure(result: Scored, row: Row[Any]) -> dict[str, Any]:
    attempts = row.score_attempts + 1
    fault = f"the model failed on this text {attempts} times ({result.fault})" if attempts >= MAX_ATTEMPTS else None
    logger.warning("text_failed", extra={"mention_id": result.mention_id, "attempts": attempts, "error": result.fault})
    return {"waiting_id": result.mention_id, "score_attempts": attempts, "score_fault": fault}


def _count(session: Session, held: dict[int, Row[Any]], opinions: Sequence[dict[str, Any]]) -> None:
    """Move the scored mentions to where they are counted now."""
    heard_by: dict[int, list[int]] = {}
    heard = select(WatchMention.mention_id, WatchMention.watch_id)
    ids = [columns["waiting_id"] for columns in opinions]
    for mention_id, watch_id in session.execute(heard.where(WatchMention.mention_id.in_(ids))):
        heard_by.setdefault(mention_id, []).append(watch_id)
    changes = Changes()
    for columns in opinions:
        watches = heard_by.get(columns["waiting_id"], ())
        row = held[columns["waiting_id"]]
        before = Counted(**{name: getattr(row, name) for name in Counted._fields})
        changes.remove(before, watches)
        changes.add(before._replace(**{n: columns[n] for n in columns.keys() & set(Counted._fields)}), watches)
    changes.write(session)
