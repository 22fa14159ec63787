"""Which model may score: a new one is compared with the one before on every brand's gold, and refused if it is worse.

The setting EARSHOT_SENTIMENT_MODEL says which model is wanted; the newest decision that was no refusal says which one
has been let in. Opening models is left to the callers, who hold them in a process of their own.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from responder.context import Context
from responder.learning.gold import GoldRow, gold_rows, judged_by, opinions_of
from responder.models import Brand, ModelDecision
from sentiment import Opinion, Scorer

if TYPE_CHECKING:
    from responder.learning.judging import Verdict

logger = logging.getLogger(__name__)


class Outcome(StrEnum):
    """How the question was answered. All but REFUSED let the model score; ACTIVE: it was the one already."""

    ACTIVE = "active"
    FIRST = "first"
    NOT_WORSE = "not_worse"
    TOO_FEW = "too_few"
    FORCED = "forced"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Whether a model may score. `replaced` None: no other was there. `verdicts` are by brand name, where compared."""

    model: str
    outcome: Outcome
    replaced: str | None
    verdicts: Mapping[str, Verdict]

    @property
    def may_score(self) -> bool:
        """Whether the model may score."""
        return self.outcome is not Outcome.REFUSED

    @property
    def words(self) -> str:
        """The decision and its grounds, in sentences for people."""
        how = {
            Outcome.ACTIVE: f"{self.model} is the model that scores already.",
            Outcome.FIRST: f"{self.model} scores from now on; there was no other to compare it with.",
            Outcome.NOT_WORSE: f"{self.model} scores from now on, instead of {self.replaced}.",
            Outcome.TOO_FEW: f"{self.model} scores from now on, instead of {self.replaced}: "
            "there is too little gold to tell whether it is worse.",
            Outcome.FORCED: f"{self.model} scores from now on, instead of {self.replaced}, although it is worse.",
            Outcome.REFUSED: f"{self.model} was refused: on gold it is worse than {self.replaced}.",
        }[self.outcome]
        grounds = [f"{brand}: {verdict.words}" for brand, verdict in self.verdicts.items()]
        return " ".join([how, *grounds])


def active(session: Session) -> ModelDecision | None:
    """Return the decision that let in the model that may score; None before the first."""
    return _newest(session, ModelDecision.outcome != Outcome.REFUSED)


def refusal(session: Session, model: str) -> ModelDecision | None:
    """Return the decision that keeps this model from scoring; None when it may, or nobody has asked yet."""
    newest = _newest(session, ModelDecision.model == model)
    return newest if newest is not None and newest.outcome == Outcome.REFUSED else None


def mend(model: str) -> str:
    """Say what to do about a refused model."""
    return (
        "Set EARSHOT_SENTIMENT_MODEL back to the model before, or accept this one by name: "
        f'earshot model activate --force "{model}"'
    )


def decide(
    context: Context,
    candidate: Scorer,
    *,
    setting: str | None,
    open_before: Callable[[ModelDecision], Scorer | None],
    by: str,
    force: bool = False,
) -> Decision:
    """Decide whether a model may score, and store the decision with the figures it rests on.

    `setting` is how the settings name the candidate. `open_before` opens the model of an earlier decision, None when it
    is no longer there: then the opinions stored beneath the corrections stand for it. `force` lets in a worse one.
    """
    model = candidate.model
    with context.database.reading() as session:
        before = active(session)
    if before is not None and before.model == model:
        return Decision(model=model, outcome=Outcome.ACTIVE, replaced=None, verdicts={})
    verdicts = {} if before is None else _compared(context, candidate, before, open_before(before))
    outcome = _outcome(verdicts, is_first=before is None, force=force)
    decision = Decision(
        model=model, outcome=outcome, replaced=None if before is None else before.model, verdicts=verdicts
    )
    if _store(context, decision, setting=setting, by=by):
        event = "model_activated" if decision.may_score else "model_refused"
        logger.warning(event, extra={"model": model, "replaced": decision.replaced, "outcome": outcome.value})
    return decision


def _outcome(verdicts: Mapping[str, Verdict], *, is_first: bool, force: bool) -> Outcome:
    if is_first:
        return Outcome.FIRST
    if any(verdict.is_worse for verdict in verdicts.values()):
        return Outcome.FORCED if force else Outcome.REFUSED
    return Outcome.NOT_WORSE if any(verdict.is_enough for verdict in verdicts.values()) else Outcome.TOO_FEW


def _compared(
    context: Context, candidate: Scorer, before: ModelDecision, old_scorer: Scorer | None
) -> dict[str, Verdict]:
    """Return a verdict for each brand that has gold. A brand's gold speaks for that brand alone."""
    # Imported here: numpy is wanted only where models are compared, and the web process never does.
    from responder.learning.judging import judge

    with context.database.reading() as session:
        brands = session.execute(select(Brand.id, Brand.name).order_by(Brand.name)).all()
        gold = {row.name: judged_by(gold_rows(session, row.id), before.model, candidate.model) for row in brands}
        stored = {
            name: opinions_of(session, before.model, [row.mention_id for row in rows])
            for name, rows in gold.items()
            if rows and old_scorer is None
        }
    verdicts = {}
    for name, rows in gold.items():
        # What is left of a model that is gone covers only the rows it has scored.
        judged = rows if old_scorer is not None else [row for row in rows if row.mention_id in stored.get(name, {})]
        if old_scorer is not None:
            old = opinions_on(context, old_scorer, judged)
        else:
            old = [stored[name][row.mention_id] for row in judged]
        if judged:
            verdicts[name] = judge(old, opinions_on(context, candidate, judged), judged)
    return verdicts


def opinions_on(context: Context, scorer: Scorer, rows: Sequence[GoldRow]) -> list[Opinion]:
    """Return a model's opinions of gold rows, in their order; no more at once than the worker scores."""
    opinions: list[Opinion] = []
    size = context.settings.scoring_batch
    for start in range(0, len(rows), size):
        part = rows[start : start + size]
        opinions += scorer.score([row.text for row in part], languages=[row.language for row in part])
    return opinions


def _store(context: Context, decision: Decision, *, setting: str | None, by: str) -> bool:
    """Append the decision; return False when a refusal on the same figures stands already."""
    row = ModelDecision(
        at=context.clock(),
        by=by,
        model=decision.model,
        setting=setting,
        replaced=decision.replaced,
        outcome=decision.outcome,
        figures={name: asdict(verdict) for name, verdict in decision.verdicts.items()},
    )
    with context.database.writing() as session:
        standing = refusal(session, decision.model)
        if not decision.may_score and standing is not None and standing.figures == row.figures:
            return False
        session.add(row)
    return True


def _newest(session: Session, *which: ColumnElement[bool]) -> ModelDecision | None:
    return session.scalar(select(ModelDecision).where(*which).order_by(ModelDecision.id.desc()).limit(1))
