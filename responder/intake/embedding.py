"""A vector for every mention, in small steps behind the scoring: new ones within seconds, old ones as time allows.

Work is a row that waits (`MentionVector`), so a lost or doubled step loses and doubles nothing. An edited or deleted
text takes its row along; the edited one gets a new row when it is scored again.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import numpy as np
from sqlalchemy import Row, and_, bindparam, exists, func, insert, literal, or_, select, update
from sqlalchemy.orm import Session

from responder.context import Context
from responder.errors import NotFound
from responder.intake.store import lock_brand
from responder.models import Mention, MentionVector
from sentiment import ModelUnusable

logger = logging.getLogger(__name__)

WAITING = ""
"""Stands for the model while a vector is not made yet."""

STEP = 64
"""Texts in one step: the scorer, which shares a process with this, waits for no more than a fraction of a second."""

HARMLESS = "Thank you."
"""Asked when a batch failed: if this fails too, the embedder is at fault and not the texts."""

_TABLE: Any = MentionVector.__table__
_WRITE = (
    update(_TABLE)
    .where(_TABLE.c.mention_id == bindparam("made_id"))
    .values(model=bindparam("model"), vector=bindparam("vector"))
)

Vectors = np.ndarray[Any, np.dtype[np.float32]]


class Embeds(Protocol):
    """Makes vectors; the scoring process does."""

    def embed(self, texts: Sequence[str]) -> tuple[str, Vectors]:
        """Return the name of the model and a row of length 1 for each text, zeros where nothing is readable."""


def queue_vectors(session: Session, mention_ids: Sequence[int]) -> None:
    """Note that these mentions want a vector; those that have or want one already are left alone."""
    have = exists().where(_TABLE.c.mention_id == Mention.id)
    wanting = select(Mention.id, literal(WAITING)).where(Mention.id.in_(mention_ids), Mention.gone_at.is_(None), ~have)
    session.execute(insert(_TABLE).from_select(["mention_id", "model"], wanting))


def count_waiting(session: Session) -> int:
    """Count the mentions whose vector is not made yet."""
    return session.scalar(select(func.count()).where(_TABLE.c.model == WAITING)) or 0


def embed_waiting(context: Context, embedder: Embeds, *, wanted: str, step: int = STEP) -> int:
    """Make up to `step` vectors, newest mentions first, then those that another model made; return how many.

    `wanted` is the name of the model that vectors should be of. Raises ModelUnusable, or whatever the embedder raises
    when it fails on a harmless text too.
    """
    with context.database.reading() as session:
        waiting = _rows(session, _TABLE.c.model == WAITING, step)
    if not waiting:
        waiting = _outdated(context, embedder, wanted, step)
    if not waiting:
        return 0
    model, vectors = _made(embedder, [row.text for row in waiting])
    return _write(context, waiting, model, vectors)


def packed(vector: Vectors) -> bytes | None:
    """Return a vector as int8, its largest number as 127 or -127; None for zeros. Only its direction is kept."""
    largest = float(np.abs(vector).max(initial=0.0))
    return None if largest == 0.0 else np.rint(vector * (127 / largest)).astype(np.int8).tobytes()


def unpacked(rows: Iterable[bytes]) -> Vectors:
    """Return packed vectors as float32 rows of length 1, so that a product is their cosine."""
    packs = list(rows)
    whole = np.frombuffer(b"".join(packs), dtype=np.int8).reshape(len(packs), -1).astype(np.float32)
    return whole / np.linalg.norm(whole, axis=-1, keepdims=True)  # type: ignore[no-any-return]


def _outdated(context: Context, embedder: Embeds, wanted: str, step: int) -> Sequence[Row[Any]]:
    """Return mentions whose vector is of another model than `wanted`; none while the embedder itself is of another."""
    # Two ranges and no "is not": they are read from the index, in which a million rows are of the wanted model.
    others = or_(and_(_TABLE.c.model > WAITING, _TABLE.c.model < wanted), _TABLE.c.model > wanted)
    with context.database.reading() as session:
        outdated = _rows(session, others, step)
    return outdated if outdated and embedder.embed([])[0] == wanted else []


def _rows(session: Session, which: Any, step: int) -> Sequence[Any]:
    return session.execute(
        select(Mention.id, Mention.brand_id, Mention.revision, Mention.text)
        .join(MentionVector, MentionVector.mention_id == Mention.id)
        .where(which)
        .order_by(_TABLE.c.mention_id.desc())
        .limit(step)
    ).all()


def _made(embedder: Embeds, texts: Sequence[str]) -> tuple[str, list[Vectors | None]]:
    """Return the model and a vector per text; None for a text that alone makes the embedder fail."""
    try:
        model, vectors = embedder.embed(texts)
    except ModelUnusable:
        raise
    except Exception as error:  # noqa: BLE001 — whatever a model or its process does must cost one text at most
        # Only the kind of error is logged: a library's message may quote the text.
        logger.warning("embedding_failed", extra={"mentions": len(texts), "error": type(error).__name__})
        model, _ = embedder.embed([HARMLESS])
        return model, [_alone(embedder, text) for text in texts]
    return model, list(vectors)


def _alone(embedder: Embeds, text: str) -> Vectors | None:
    try:
        return embedder.embed([text])[1][0]  # type: ignore[no-any-return]
    except ModelUnusable:
        raise
    except Exception as error:  # noqa: BLE001 — as above
        logger.warning("text_not_embedded", extra={"error": type(error).__name__})
        return None


def _write(context: Context, rows: Sequence[Row[Any]], model: str, vectors: Sequence[Vectors | None]) -> int:
    """Write what was made of texts that still stand as they were read."""
    made = {row.id: (row, vector) for row, vector in zip(rows, vectors, strict=True)}
    with context.database.writing() as session:
        # Brands are locked in the order of their ids, so that two workers never wait for each other.
        for brand_id in sorted({row.brand_id for row in rows}):
            try:
                lock_brand(session, brand_id)
            except NotFound:
                continue
        standing = session.execute(
            select(Mention.id, Mention.revision).where(Mention.id.in_(made), Mention.gone_at.is_(None))
        )
        columns = [
            {"made_id": held.id, "model": model, "vector": None if vector is None else packed(vector)}
            for held in standing
            for row, vector in [made[held.id]]
            if held.revision == row.revision
        ]
        if columns:
            session.connection().execute(_WRITE, columns)
    return len(columns)
