"""Gold: the corrections a model may learn from and be judged by, with the text they were made on.

Read anew each time, so a text deleted or edited at its source is gold no more from that moment on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from responder.insights.rollups import language_of
from responder.learning.terms import permitted
from responder.models import Correction, Mention, OverruledOpinion
from sentiment import Label, Opinion

_JUDGING_SHARE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldRow:
    """One text and what people say it feels.

    `intent` None: nobody said. `language` is the detected ISO code, else the platform's claim, else "und".
    """

    mention_id: int
    text: str
    label: Label
    intent: str | None
    language: str
    source: str
    corrected_at: datetime

    @property
    def is_for_judging(self) -> bool:
        """Whether a model that is trained on gold must leave this row out, so that it can be judged by it: a third."""
        return self.mention_id % _JUDGING_SHARE == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldCount:
    """What became of a brand's corrected mentions. `forbidden` counts by source those kept out by its terms.

    `confirmed` are those rows whose label the model had got right: without them gold holds mistakes only.
    """

    rows: int
    confirmed: int
    forbidden: Mapping[str, int]
    edited: int
    deleted: int


def gold_rows(session: Session, brand_id: int) -> list[GoldRow]:
    """Return a brand's gold by mention: of each text the correction that counts, and nothing its terms forbid."""
    found = _in_force(session, brand_id)
    allowed = permitted(session, brand_id, {row.source for row in found})
    return [
        GoldRow(
            mention_id=row.id,
            text=row.text,
            label=Label(row.label),
            intent=row.intent,
            language=row.opinion_language or language_of(row.language),
            source=row.source,
            corrected_at=row.at,
        )
        for row in found
        if row.source in allowed
    ]


def judged_by(rows: Sequence[GoldRow], *models: str) -> list[GoldRow]:
    """Return the rows that these models, given by their titles, can be judged by.

    All of them; but where one of the models was taught by gold, only the third that it was not shown. A model knows the
    others by heart, and would beat a better one on them.
    """
    if any(_is_taught(model) for model in models):
        return [row for row in rows if row.is_for_judging]
    return list(rows)


def count_gold(session: Session, brand_id: int) -> GoldCount:
    """Count a brand's gold and what is left out of it, with the reason."""
    found = _in_force(session, brand_id)
    allowed = permitted(session, brand_id, {row.source for row in found})
    usable = [row for row in found if row.source in allowed]
    standing = {row.id for row in found}
    every = session.execute(
        select(Correction.mention_id, Correction.revision, Mention.revision.label("now"), Mention.gone_at)
        .join(Mention, Mention.id == Correction.mention_id)
        .where(Correction.brand_id == brand_id)
    ).all()
    deleted = {row.mention_id for row in every if row.gone_at is not None}
    edited = {row.mention_id for row in every if row.revision != row.now} - deleted - standing
    return GoldCount(
        rows=len(usable),
        confirmed=sum(row.label == row.overruled_label for row in usable),
        forbidden=dict(Counter(row.source for row in found if row.source not in allowed)),
        edited=len(edited),
        deleted=len(deleted),
    )


def opinions_of(session: Session, model: str, mention_ids: Sequence[int]) -> dict[int, Opinion]:
    """Return the opinions a model gave on these corrected mentions, as far as they are kept."""
    kept = session.scalars(
        select(OverruledOpinion).where(
            OverruledOpinion.mention_id.in_(mention_ids),
            OverruledOpinion.model == model,
            OverruledOpinion.label.is_not(None),
        )
    )
    return {row.mention_id: _opinion(row) for row in kept}


def _in_force(session: Session, brand_id: int) -> Sequence[Any]:
    """The correction shown for each live mention, with the model's label beneath it."""
    return session.execute(
        select(
            Mention.id,
            Mention.text,
            Mention.source,
            Mention.language,
            Mention.opinion_language,
            Correction.label,
            Correction.intent,
            Correction.at,
            OverruledOpinion.label.label("overruled_label"),
        )
        .join(Correction, Correction.mention_id == Mention.id)
        .join(OverruledOpinion, OverruledOpinion.correction_id == Correction.id)
        .where(
            Correction.brand_id == brand_id,
            Correction.revision == Mention.revision,
            Mention.gone_at.is_(None),
        )
        .order_by(Mention.id)
    ).all()


def _is_taught(model: str) -> bool:
    """Whether `earshot model adapt` made this model: then its version ends in a plus sign and a digest."""
    return "+" in model.rpartition(" ")[2]


def _opinion(row: OverruledOpinion) -> Opinion:
    return Opinion(
        label=Label(str(row.label)),
        p_negative=row.p_negative or 0.0,
        p_neutral=row.p_neutral or 0.0,
        p_positive=row.p_positive or 0.0,
        confidence=row.confidence or 0.0,
        abstained=bool(row.abstained),
        reason=row.abstain_reason,
        language=row.opinion_language or "und",
        model=row.model or "",
    )
