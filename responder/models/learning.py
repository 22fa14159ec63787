"""What people say of opinions, and which model may form them: corrections, what they overrule, decisions, permits.

None of these rows holds a text. A correction refers to its mention, so whatever empties or removes the mention takes
the words from the gold too.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from responder.db import Base, Id


class Correction(Base):
    """What one person says a mention feels, and what the model had said. Append-only: the newest of a person counts.

    `label` None: they take back what they said. `revision` is the version of the text they judged: after an edit at the
    source the row stays and is used no more. (A number and no hash: a short text can be guessed back from its hash,
    which would outlive its deletion.) `by_admin` is their role at that time. `user_id` None: a person who was removed.
    `intent` None: not said. The columns `was_*` are the model's opinion then; all None when it had none.
    """

    __tablename__ = "corrections"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    brand_id: Mapped[int] = mapped_column(ForeignKey("brands.id", ondelete="CASCADE"))
    mention_id: Mapped[int] = mapped_column(ForeignKey("mentions.id", ondelete="CASCADE"))
    revision: Mapped[int]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    by_admin: Mapped[bool]
    label: Mapped[str | None]
    intent: Mapped[str | None]
    at: Mapped[datetime]
    was_label: Mapped[str | None]
    was_p_negative: Mapped[float | None]
    was_p_neutral: Mapped[float | None]
    was_p_positive: Mapped[float | None]
    was_abstained: Mapped[bool | None]
    was_model: Mapped[str | None]

    __table_args__ = (Index(None, "mention_id"), Index(None, "brand_id"))


class OverruledOpinion(Base):
    """The model's newest opinion on a mention that shows a person's instead. None throughout: not scored, so far.

    It comes back when the correction is undone. A row whose correction judged an older text is out of force.
    """

    __tablename__ = "overruled_opinions"

    mention_id: Mapped[int] = mapped_column(ForeignKey("mentions.id", ondelete="CASCADE"), primary_key=True)
    correction_id: Mapped[int] = mapped_column(ForeignKey("corrections.id", ondelete="CASCADE"))
    label: Mapped[str | None]
    p_negative: Mapped[float | None]
    p_neutral: Mapped[float | None]
    p_positive: Mapped[float | None]
    confidence: Mapped[float | None]
    abstained: Mapped[bool | None]
    abstain_reason: Mapped[str | None]
    opinion_language: Mapped[str | None]
    intent: Mapped[str | None]
    intent_confidence: Mapped[float | None]
    intensity: Mapped[float | None]
    model: Mapped[str | None]
    scored_at: Mapped[datetime | None]

    __table_args__ = (Index(None, "correction_id"),)


class ModelDecision(Base):
    """Whether a model may score, and why; append-only. The newest one that was not refused names the model that may.

    `setting` is what EARSHOT_SENTIMENT_MODEL named it by; None: the shipped model. `replaced` None: there was none
    before. `by` says who or what decided. `figures` are the verdicts on gold at that time, by brand id.
    """

    __tablename__ = "model_decisions"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    at: Mapped[datetime]
    by: Mapped[str]
    model: Mapped[str]
    setting: Mapped[str | None]
    replaced: Mapped[str | None]
    outcome: Mapped[str]
    figures: Mapped[dict[str, Any]]


class TrainingPermit(Base):
    """That somebody read a source's terms, of which Earshot knows nothing, and states that they allow training."""

    __tablename__ = "training_permits"

    brand_id: Mapped[int] = mapped_column(ForeignKey("brands.id", ondelete="CASCADE"), primary_key=True)
    source: Mapped[str] = mapped_column(primary_key=True)
    by: Mapped[str]
    at: Mapped[datetime]
