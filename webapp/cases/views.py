"""The page of one case, and the moves a person makes from it or from the queue."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from jinja2_fragments.flask import render_block
from sqlalchemy import select

from responder.cases import leases, queue
from responder.cases import lifecycle as moving
from responder.cases.safety import KINDS
from responder.errors import NotFound
from responder.incidents.prepared import Prepared, prepared_in
from responder.learning import corrections, dangers, judgements
from responder.models import Case, Mention, Sharer
from responder.people import on_case
from responder.sharers.chances import chance_of, in_words
from responder.sharers.profiles import references
from webapp import lifecycle
from webapp.access import permission, person, safe_next
from webapp.cases.moves import assignee, snooze_until
from webapp.replies.drawing import draw

blueprint = Blueprint("cases", __name__)

_LEAVES_QUEUE = frozenset({"snooze", "resolve", "not_for_us"})


@blueprint.get("/cases/<id:case_id>")
@permission("queue.read")
def page(case_id: int) -> str:
    return render_template("cases/page.html", **_drawing(case_id))


@blueprint.post("/cases/<id:case_id>/assign")
@permission("case.act")
def assign(case_id: int) -> Any:
    chosen = assignee(request.form.get("assignee", ""))
    moving.assign(lifecycle.session(), assignee_id=chosen, **_move(case_id))
    return _answer(case_id, "assign", _("Assigned") if chosen else _("Given back"))


@blueprint.post("/cases/<id:case_id>/snooze")
@permission("case.act")
def snooze(case_id: int) -> Any:
    zone = lifecycle.context().settings.timezone
    until = snooze_until(request.form.get("for", ""), now=lifecycle.now(), zone=zone)
    moving.snooze(lifecycle.session(), until=until, **_move(case_id))
    return _answer(case_id, "snooze", _("Snoozed"))


@blueprint.post("/cases/<id:case_id>/resolve")
@permission("case.act")
def resolve(case_id: int) -> Any:
    moving.resolve(lifecycle.session(), **_move(case_id))
    return _answer(case_id, "resolve", _("Resolved"))


@blueprint.post("/cases/<id:case_id>/not-for-us")
@permission("case.act")
def not_for_us(case_id: int) -> Any:
    moving.not_for_us(lifecycle.session(), **_move(case_id))
    return _answer(case_id, "not_for_us", _("Not for us"))


@blueprint.post("/cases/<id:case_id>/reopen")
@permission("case.act")
def reopen(case_id: int) -> Any:
    moving.reopen(lifecycle.session(), **_move(case_id))
    return _answer(case_id, "reopen", _("Back in the queue"))


@blueprint.post("/cases/<id:case_id>/mentions/<id:mention_id>/correct")
@permission("case.act")
def correct(case_id: int, mention_id: int) -> Any:
    corrections.correct(
        lifecycle.session(),
        label=request.form.get("label", ""),
        intent=request.form.get("intent") or None,
        **_judgement(case_id, mention_id),
    )
    return _answer(case_id, "correct", _("Corrected"))


@blueprint.post("/cases/<id:case_id>/mentions/<id:mention_id>/undo-correction")
@permission("case.act")
def undo_correction(case_id: int, mention_id: int) -> Any:
    corrections.take_back(lifecycle.session(), **_judgement(case_id, mention_id))
    return _answer(case_id, "undo_correction", _("Correction undone"))


@blueprint.post("/cases/<id:case_id>/judge")
@permission("case.act")
def judge(case_id: int) -> Any:
    """Keep what a person says against the case's place; what follows is drawn at once."""
    judgements.judge(lifecycle.session(), kind=request.form.get("judgement", ""), **_move(case_id))
    return _answer(case_id, "judge", _("Noted"))


@blueprint.post("/cases/<id:case_id>/undo-judgement")
@permission("case.act")
def undo_judgement(case_id: int) -> Any:
    kind, secret = request.form.get("judgement", ""), lifecycle.context().secret
    judgements.take_back(lifecycle.session(), secret=secret, kind=kind, **_move(case_id))
    return _answer(case_id, "undo_judgement", _("Taken back"))


@blueprint.post("/cases/<id:case_id>/danger")
@permission("case.act")
def set_danger(case_id: int) -> Any:
    """Put the case above all others, or say that nobody is in danger."""
    kind = request.form.get("danger") or None
    dangers.set_danger(lifecycle.session(), kind=kind, **_move(case_id))
    return _answer(case_id, "danger", _("Put first") if kind else _("No danger"))


@blueprint.post("/cases/<id:case_id>/lease")
@permission("case.act")
def lease(case_id: int) -> Any:
    """Hold the case for whoever has its page open, and tell who else does. Asked again while the page is looked at."""
    held = leases.take(lifecycle.session(), **_move(case_id))
    return {"holder": held.holder, "is_mine": held.is_mine}


@blueprint.post("/cases/<id:case_id>/lease/release")
@permission("case.act")
def release_lease(case_id: int) -> Any:
    """Let go of the case: whoever held it has left its page."""
    me = person()
    leases.release(lifecycle.session(), brand_id=me.brand_id, case_id=case_id, user_id=me.user_id)
    return "", 204


def _judgement(case_id: int, mention_id: int) -> dict[str, Any]:
    """Return what every correction needs. Raises NotFound for a mention that is not of this case."""
    me = person()
    found = select(Mention.id).where(
        Mention.id == mention_id, Mention.case_id == case_id, Mention.brand_id == me.brand_id
    )
    if lifecycle.session().scalar(found) is None:
        raise NotFound("There is no such mention in this case.")
    return {"brand_id": me.brand_id, "mention_id": mention_id, "user_id": me.user_id, "now": lifecycle.now()}


def _move(case_id: int) -> dict[str, Any]:
    """Return what every move needs: the case, the wall around it, who makes it and when."""
    me = person()
    return {"brand_id": me.brand_id, "case_id": case_id, "user_id": me.user_id, "now": lifecycle.now()}


def _answer(case_id: int, move: str, said: str) -> Any:
    """Draw the case anew where it was acted on; without htmx, go back to where the person came from."""
    shown_as = request.form.get("shown_as")
    if "HX-Request" not in request.headers:
        back = url_for("cases.page", case_id=case_id) if shown_as == "case" else safe_next(request.form.get("next"))
        return redirect(back, 303)
    if shown_as == "case":
        return render_block("cases/page.html", "case", **_drawing(case_id))
    row = _view(case_id).row
    return render_template("queue/answer.html", row=row, said=said, is_done=move in _LEAVES_QUEUE)


def _view(case_id: int) -> queue.CaseView:
    return queue.get_case(
        lifecycle.session(),
        brand_id=person().brand_id,
        case_id=case_id,
        now=lifecycle.now(),
        zone=ZoneInfo(lifecycle.context().settings.timezone),
    )


def _drawing(case_id: int) -> dict[str, Any]:
    view = _view(case_id)
    ids = [one.mention.id for one in view.mentions]
    sharer = lifecycle.session().get(Sharer, view.case.author_id) if view.case.author_id else None
    return {
        "view": view,
        "marks": corrections.corrected(lifecycle.session(), ids, reader_id=person().user_id),
        "row": view.row,
        "answered": _answered([one.mention for one in view.mentions]),
        "author": next((one.author for one in reversed(view.mentions) if one.author is not None), None),
        "sharer": sharer,
        "chance": _chance(sharer),
        "dangers": tuple(KINDS),
        "said": judgements.said_of(lifecycle.session(), view.case),
        "prepared": _prepared(view.case),
        "answering": draw(view.case),
        "about": on_case.about(
            lifecycle.session(), secret=lifecycle.context().secret, brand_id=person().brand_id, case=view.case
        ),
    }


def _prepared(case: Case) -> Prepared | None:
    """Return the answer somebody prepared for the case as one of an incident; None while nobody did."""
    if case.incident_id is None:
        return None
    return prepared_in(lifecycle.session(), case.incident_id, [case.id]).get(case.id)


def _chance(sharer: Sharer | None) -> str | None:
    """Return how often people who stand there went on telling, in words; None until that could be checked."""
    if sharer is None or sharer.percentile is None:
        return None
    chance = chance_of(references(lifecycle.session(), sharer.brand_id)[sharer.source], sharer.percentile)
    return None if chance is None else in_words(chance)


def _answered(mentions: Sequence[Mention]) -> dict[tuple[str, str], Mention]:
    """Return what these mentions answer, as far as we heard it too, by source and the platform's id."""
    asked = {(mention.source, mention.parent_id) for mention in mentions if mention.parent_id is not None}
    if not asked:
        return {}
    found = lifecycle.session().scalars(
        select(Mention).where(
            Mention.brand_id == person().brand_id,
            Mention.source.in_({source for source, _parent in asked}),
            Mention.external_id.in_({parent for _source, parent in asked}),
        )
    )
    return {(mention.source, mention.external_id): mention for mention in found}
