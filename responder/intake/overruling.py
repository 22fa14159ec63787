"""What people say of an opinion stands over what the model says, on the mention and wherever it is counted.

The columns of a mention hold the opinion that is shown, so that the queue, the rollups and the lists need not know who
formed it. While that is a person's, the model's own is kept in `overruled_opinions`. Writing down what people say is
left to `responder.learning.corrections`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from responder.insights.rollups import Changes, Counted, language_of
from responder.intake import leads
from responder.models import Correction, Mention, OverruledOpinion, WatchMention
from sentiment import LABELS

OPINION = (
    "label",
    "p_negative",
    "p_neutral",
    "p_positive",
    "confidence",
    "abstained",
    "abstain_reason",
    "opinion_language",
    "intent",
    "intent_confidence",
    "intensity",
    "model",
    "scored_at",
)
"""The columns of an opinion, on a mention and beneath a correction alike."""


def said(session: Session, mention_ids: Collection[int]) -> dict[int, list[Correction]]:
    """Return what each person still says of these mentions, the newest last; mentions nobody speaks of are left out.

    Of each person the newest correction counts, and only of the text as it is now.
    """
    if not mention_ids:
        return {}
    rows = session.scalars(
        select(Correction)
        .join(Mention, Mention.id == Correction.mention_id)
        .where(Correction.mention_id.in_(mention_ids), Correction.revision == Mention.revision)
        .order_by(Correction.id)
    )
    newest: dict[tuple[int, int | None], Correction] = {(row.mention_id, row.user_id): row for row in rows}
    by_mention: defaultdict[int, list[Correction]] = defaultdict(list)
    for row in sorted(newest.values(), key=lambda row: row.id):
        if row.label is not None:
            by_mention[row.mention_id].append(row)
    return dict(by_mention)


def prevailing(corrections: Iterable[Correction]) -> Correction | None:
    """Return which of several people's corrections counts: an admin's before the others', then the newest."""
    return max(corrections, key=lambda row: (row.by_admin, row.id), default=None)


def settle(session: Session, mention: Mention, *, now: datetime) -> None:
    """Show what counts now for one live mention, keep what it overrules, and bring figures and case in step.

    Call under the brand's lock. The mention must have been read under it.
    """
    counts = prevailing(said(session, [mention.id]).get(mention.id, ()))
    before = _counted(mention)
    own = model_opinion(session, mention)
    session.execute(delete(OverruledOpinion).where(OverruledOpinion.mention_id == mention.id))
    if counts is not None:
        session.execute(insert(OverruledOpinion), [_kept(mention.id, counts, own)])
    shown = own if counts is None else _overruled(own, counts, language=language_of(mention.language), now=now)
    for name in OPINION:
        setattr(mention, name, shown[name])
    session.flush()
    _recount(session, mention, before)
    if mention.case_id is not None:
        leads.refresh(session, {mention.case_id}, now=now)


def model_opinion(session: Session, mention: Mention) -> dict[str, Any]:
    """Return the model's own opinion of a mention by column, also while a person's is shown. None: not scored."""
    kept = session.scalar(
        select(OverruledOpinion)
        .join(Correction, Correction.id == OverruledOpinion.correction_id)
        .where(OverruledOpinion.mention_id == mention.id, Correction.revision == mention.revision)
        .execution_options(populate_existing=True)
    )
    return {name: getattr(mention if kept is None else kept, name) for name in OPINION}


def overrule(session: Session, scored: Sequence[Mapping[str, Any]], *, key: str) -> list[dict[str, Any]]:
    """Return what to write for mentions that a model has just scored: a person's word stays shown above it.

    `scored` holds the columns of each new opinion and the mention's id under `key`; what is overruled is kept.
    """
    ids = [columns[key] for columns in scored]
    standing = {mention_id: prevailing(theirs) for mention_id, theirs in said(session, ids).items()}
    # Rows of an older text too: their corrections are out of force.
    session.execute(delete(OverruledOpinion).where(OverruledOpinion.mention_id.in_(ids)))
    kept, shown = [], []
    for columns in scored:
        counts = standing.get(columns[key])
        if counts is None:
            shown.append(dict(columns))
            continue
        kept.append(_kept(columns[key], counts, columns))
        shown.append(_overruled(columns, counts, language=columns["opinion_language"], now=columns["scored_at"]))
    if kept:
        session.execute(insert(OverruledOpinion), kept)
    return shown


def _overruled(own: Mapping[str, Any], counts: Correction, *, language: str, now: datetime) -> dict[str, Any]:
    """Return an opinion with a person's label: they are certain, so the probabilities are 0 and 1.

    `confidence` is None: it is the model's alone. Who does not say what the text wants leaves that to the model. A
    mention no model has read yet is scored by this.
    """
    wants = {} if counts.intent is None else {"intent": counts.intent, "intent_confidence": None}
    return {
        **own,
        **wants,
        **{f"p_{label.value}": float(label == counts.label) for label in LABELS},
        "label": counts.label,
        "confidence": None,
        "abstained": False,
        "abstain_reason": None,
        "opinion_language": own["opinion_language"] or language,
        "scored_at": own["scored_at"] or now,
    }


def _kept(mention_id: int, counts: Correction, own: Mapping[str, Any]) -> dict[str, Any]:
    return {"mention_id": mention_id, "correction_id": counts.id, **{name: own[name] for name in OPINION}}


def _recount(session: Session, mention: Mention, before: Counted) -> None:
    watches = session.scalars(select(WatchMention.watch_id).where(WatchMention.mention_id == mention.id)).all()
    changes = Changes()
    changes.remove(before, watches)
    changes.add(_counted(mention), watches)
    changes.write(session)


def _counted(mention: Mention) -> Counted:
    return Counted(**{name: getattr(mention, name) for name in Counted._fields})
