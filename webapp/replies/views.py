"""Answering on the case page. Nothing here calls a platform: a worker sends what was approved."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from responder.errors import NotFound
from responder.models import Case, Reply
from responder.replies import approving, checks, correcting, seeing, writing
from webapp import lifecycle
from webapp.access import permission, person
from webapp.replies import words
from webapp.replies.drawing import draw

blueprint = Blueprint("replies", __name__)
for _filter in (words.reply_state_words, words.reply_event_words):
    blueprint.add_app_template_filter(_filter)


@blueprint.get("/cases/<id:case_id>/replies")
@permission("queue.read")
def listing(case_id: int) -> str:
    """Draw the answering part anew, as it is asked for while something is on its way."""
    return _drawn(case_id)


@blueprint.post("/cases/<id:case_id>/replies")
@permission("reply.write")
def write(case_id: int) -> Any:
    """Put down a reply and have it checked at once."""
    reply = writing.draft(lifecycle.session(), case_id=case_id, text=request.form.get("text", ""), **_who())
    checks.have_checked(lifecycle.session(), reply_id=reply.id, **_who())
    return _answer(reply, _("Checked"))


@blueprint.post("/replies/<id:reply_id>/change")
@permission("reply.write")
def change(reply_id: int) -> Any:
    writing.change(lifecycle.session(), reply_id=reply_id, text=request.form.get("text", ""), **_who())
    return _answer(checks.have_checked(lifecycle.session(), reply_id=reply_id, **_who()), _("Checked"))


@blueprint.post("/replies/<id:reply_id>/approve")
@permission("reply.write")
def approve(reply_id: int) -> Any:
    by_hand = request.form.get("way") == "by_hand"
    reply = approving.approve(
        lifecycle.session(),
        reply_id=reply_id,
        sending=lifecycle.context().settings.sending,
        by_hand=by_hand,
        anyway=request.form.get("anyway") == "yes",
        **_who(),
    )
    return _answer(reply, _("Post it now; Earshot looks for it") if by_hand else _("Approved: leaves in 30 seconds"))


@blueprint.post("/replies/<id:reply_id>/withdraw")
@permission("reply.write")
def withdraw(reply_id: int) -> Any:
    return _do(approving.withdraw, reply_id, _("Called back: nothing left"))


@blueprint.post("/replies/<id:reply_id>/drop")
@permission("reply.write")
def drop(reply_id: int) -> Any:
    return _do(writing.drop, reply_id, _("Dropped"))


@blueprint.post("/replies/<id:reply_id>/edit")
@permission("reply.write")
def edit(reply_id: int) -> Any:
    wanted = {"text": request.form.get("text", ""), "anyway": request.form.get("anyway") == "yes"}
    return _do(correcting.edit, reply_id, _("It is being edited"), **wanted)


@blueprint.post("/replies/<id:reply_id>/retract")
@permission("reply.write")
def retract(reply_id: int) -> Any:
    return _do(correcting.retract, reply_id, _("It is being taken back"))


@blueprint.post("/replies/<id:reply_id>/stands")
@permission("reply.write")
def stands(reply_id: int) -> Any:
    return _do(seeing.stands, reply_id, _("Noted: it is live"))


@blueprint.post("/replies/<id:reply_id>/not-there")
@permission("reply.write")
def not_there(reply_id: int) -> Any:
    return _do(seeing.is_not_there, reply_id, _("Noted: it is not there"))


def _who() -> dict[str, Any]:
    me = person()
    return {"brand_id": me.brand_id, "user_id": me.user_id, "now": lifecycle.now()}


def _do(what: Callable[..., Reply], reply_id: int, said: str, **more: Any) -> Any:
    return _answer(what(lifecycle.session(), reply_id=reply_id, **more, **_who()), said)


def _answer(reply: Reply, said: str) -> Any:
    """Draw the answering part anew; without htmx, go back to the case."""
    if "HX-Request" in request.headers:
        lifecycle.session().flush()
        return _drawn(reply.case_id)
    flash(said)
    return redirect(url_for("cases.page", case_id=reply.case_id), 303)


def _drawn(case_id: int) -> str:
    case = lifecycle.session().scalar(select(Case).where(Case.id == case_id, Case.brand_id == person().brand_id))
    if case is None:
        raise NotFound("There is no such case.")
    return render_template("replies/answering.html", answering=draw(case), keep=False)
