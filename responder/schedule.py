"""Every periodic job and its interval, in one table. Both runners carry it out; nothing else starts work by time."""

from __future__ import annotations

from datetime import timedelta

from responder.alerts.delivery import deliver_due
from responder.cases.breaches import note_promises
from responder.cases.lifecycle import wake_snoozed
from responder.incidents.gathering import gather_due
from responder.intake.collect import collect_due
from responder.intake.embedding import embed_waiting
from responder.intake.recheck import recheck_due
from responder.intake.scoring import is_anything_waiting, score_waiting
from responder.intake.stock import take_stock
from responder.jobs.job import Job, Lane
from responder.people.proposing import propose_due
from responder.replies.correcting import correct_due
from responder.replies.looking import look_due
from responder.replies.sending import send_due
from responder.runtime import Equipment
from sentiment import SHIPPED_MODEL, ModelUnusable
from sentiment.vectors import vectors_model


def _collect(equipment: Equipment) -> int:
    return collect_due(equipment.context, equipment.sources)


def _recheck(equipment: Equipment) -> int:
    return recheck_due(equipment.context, equipment.sources)


def _score(equipment: Equipment) -> int:
    return score_waiting(equipment.context, equipment.scorer, batch=equipment.context.settings.scoring_batch)


def _embed(equipment: Equipment) -> int:
    # One process makes opinions and vectors, and people wait for opinions.
    if is_anything_waiting(equipment.context):
        return 0
    try:
        wanted = vectors_model(SHIPPED_MODEL)
    except ModelUnusable:
        return 0  # everything else goes on without vectors; `earshot doctor` says what is missing
    return embed_waiting(equipment.context, equipment.scorer, wanted=wanted)


def _rank(equipment: Equipment) -> int:
    return equipment.ranker.rank_due(equipment.context)


def _gather(equipment: Equipment) -> int:
    return gather_due(equipment.context)


def _propose(equipment: Equipment) -> int:
    return propose_due(equipment.context)


def _take_stock(equipment: Equipment) -> int:
    return take_stock(equipment.context)


def _deliver(equipment: Equipment) -> int:
    return deliver_due(equipment.context)


def _send(equipment: Equipment) -> int:
    return send_due(equipment.context, equipment.sources)


def _look(equipment: Equipment) -> int:
    return look_due(equipment.context, equipment.sources)


def _correct(equipment: Equipment) -> int:
    return correct_due(equipment.context, equipment.sources)


def _note_promises(equipment: Equipment) -> int:
    with equipment.context.database.writing() as session:
        return note_promises(session, now=equipment.now)


def _wake_snoozed(equipment: Equipment) -> int:
    with equipment.context.database.writing() as session:
        return wake_snoozed(session, equipment.now)


JOBS: tuple[Job[Equipment], ...] = (
    Job(name="collect", run=_collect, every=timedelta(seconds=1), lane=Lane.COLLECT, wakes=("score",)),
    Job(
        name="score", run=_score, every=timedelta(seconds=1), lane=Lane.SCORE, wakes=("deliver_alerts", "rank", "embed")
    ),
    Job(name="embed", run=_embed, every=timedelta(seconds=1), lane=Lane.SCORE, wakes=("gather_incidents",)),
    Job(name="gather_incidents", run=_gather, every=timedelta(seconds=5), lane=Lane.SCORE, wakes=("rank",)),
    Job(name="rank", run=_rank, every=timedelta(seconds=1), lane=Lane.SCORE),
    Job(name="propose_links", run=_propose, every=timedelta(seconds=30), lane=Lane.MAINTAIN),
    Job(name="take_stock", run=_take_stock, every=timedelta(minutes=5), lane=Lane.MAINTAIN),
    Job(name="send_replies", run=_send, every=timedelta(seconds=1), lane=Lane.SEND, wakes=("look_for_replies",)),
    Job(name="look_for_replies", run=_look, every=timedelta(seconds=1), lane=Lane.SEND, wakes=("rank",)),
    Job(name="correct_replies", run=_correct, every=timedelta(seconds=1), lane=Lane.SEND),
    Job(name="deliver_alerts", run=_deliver, every=timedelta(seconds=1), lane=Lane.NOTIFY),
    Job(name="note_promises", run=_note_promises, every=timedelta(seconds=30), lane=Lane.MAINTAIN),
    Job(name="wake_snoozed", run=_wake_snoozed, every=timedelta(seconds=30), lane=Lane.MAINTAIN),
    Job(name="recheck", run=_recheck, every=timedelta(minutes=5), lane=Lane.MAINTAIN, wakes=("score",)),
)
