"""The list of incidents, the page of one, and what people do there. Nothing is sent: answers are copied by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from jinja2_fragments.flask import render_block
from sqlalchemy import select

from responder.errors import NotFound
from responder.incidents import moves, reading, statements
from responder.incidents.prepared import prepared_in
from responder.models import Incident, Mention
from webapp import lifecycle
from webapp.access import permission, person
from webapp.display import source_title
from webapp.errors import status_of
from webapp.incidents import words

blueprint = Blueprint("incidents", __name__)
for _filter in (words.incident_event_words, words.trend_words):
    blueprint.add_app_template_filter(_filter)


@blueprint.get("/incidents")
@permission("queue.read")
def listing() -> str:
    is_closed = request.args.get("closed") == "yes"
    rows = reading.list_incidents(
        lifecycle.session(), brand_id=person().brand_id, now=lifecycle.now(), closed=is_closed
    )
    return render_template("incidents/list.html", rows=rows, is_closed=is_closed)


@blueprint.get("/incidents/<id:incident_id>")
@permission("queue.read")
def page(incident_id: int) -> str:
    if "HX-Request" in request.headers:
        return str(render_block("incidents/page.html", "voices", **_drawing(incident_id)))
    return _drawn(incident_id)


@blueprint.post("/incidents/<id:incident_id>/statement")
@permission("incident.act")
def draft(incident_id: int) -> Any:
    typed = request.form.get("text", "")
    seen = request.form.get("seen", "")
    try:
        statements.draft(lifecycle.session(), text=typed, seen=seen, role=person().role, **_move(incident_id))
    except statements.Overtaken as overtaken:
        drawing = _drawing(incident_id) | {"typed": typed, "overtaken": str(overtaken), "is_saved": True}
        return _whole(drawing), status_of(overtaken)
    return _answer(incident_id, _("Statement saved"), is_saved=True)


@blueprint.post("/incidents/<id:incident_id>/approve")
@permission("incident.approve")
def approve(incident_id: int) -> Any:
    statements.approve(lifecycle.session(), seen=request.form.get("seen", ""), role=person().role, **_move(incident_id))
    return _answer(incident_id, _("Statement approved"))


@blueprint.post("/incidents/<id:incident_id>/rename")
@permission("incident.act")
def rename(incident_id: int) -> Any:
    moves.rename(lifecycle.session(), title=request.form.get("title", ""), **_move(incident_id))
    return _answer(incident_id, _("Renamed"))


@blueprint.post("/incidents/<id:incident_id>/close")
@permission("incident.act")
def close(incident_id: int) -> Any:
    moves.close(lifecycle.session(), **_move(incident_id))
    return _answer(incident_id, _("Closed"), undo=url_for("incidents.reopen", incident_id=incident_id))


@blueprint.post("/incidents/<id:incident_id>/reopen")
@permission("incident.act")
def reopen(incident_id: int) -> Any:
    moves.reopen(lifecycle.session(), **_move(incident_id))
    return _answer(incident_id, _("Open again"))


@blueprint.post("/incidents/<id:incident_id>/cases/<id:case_id>/keep-out")
@permission("incident.act")
def keep_out(incident_id: int, case_id: int) -> Any:
    is_open = moves.keep_out(lifecycle.session(), case_id=case_id, **_move(incident_id)).closed_at is None
    undo = url_for("incidents.put_back", incident_id=incident_id, case_id=case_id) if is_open else None
    return _answer(incident_id, _("Taken out; it stays out"), undo=undo)


@blueprint.post("/incidents/<id:incident_id>/cases/<id:case_id>/put-back")
@permission("incident.act")
def put_back(incident_id: int, case_id: int) -> Any:
    moves.put_back(lifecycle.session(), case_id=case_id, **_move(incident_id))
    return _answer(incident_id, _("Put back"))


@blueprint.get("/incidents/<id:incident_id>/mentions/<id:mention_id>/answer")
@permission("incident.act")
def answer(incident_id: int, mention_id: int) -> str:
    """Return what may be answered to one mention, adapted from the approved statement."""
    session = lifecycle.session()
    incident = _incident(incident_id)
    mention = statements.addressed(session, incident, mention_id)
    suggested = statements.suggest(session, incident, statements.thread_of(session, mention, called=source_title))
    text = "" if suggested is None else suggested.text
    return _shown(incident_id, mention, text=text, suggested=suggested, is_prepared=False)


@blueprint.post("/incidents/<id:incident_id>/mentions/<id:mention_id>/prepare")
@permission("incident.act")
def prepare(incident_id: int, mention_id: int) -> str:
    text = statements.prepare(
        lifecycle.session(),
        mention_id=mention_id,
        text=request.form.get("text", ""),
        seen=_number("seen", request.form),
        called=source_title,
        role=person().role,
        **_move(incident_id),
    )
    lifecycle.session().flush()
    mention = statements.addressed(lifecycle.session(), _incident(incident_id), mention_id)
    return _shown(incident_id, mention, text=text, suggested=None, is_prepared=True)


def _move(incident_id: int) -> dict[str, Any]:
    me = person()
    return {"brand_id": me.brand_id, "incident_id": incident_id, "user_id": me.user_id, "now": lifecycle.now()}


def _number(name: str, given: Mapping[str, str]) -> int | None:
    """Read a whole number from what a browser sent; None for anything else."""
    typed = given.get(name, "")
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) <= 18 else None


def _incident(incident_id: int) -> Incident:
    held = select(Incident).where(Incident.id == incident_id, Incident.brand_id == person().brand_id)
    found = lifecycle.session().scalar(held)
    if found is None:
        raise NotFound("There is no such incident.")
    return found


def _answer(incident_id: int, said: str, *, undo: str | None = None, is_saved: bool = False) -> Any:
    """Draw the page anew where it was acted on, with a way back; without htmx, go back to it.

    `is_saved`: what stands in the field of the statement is what was saved. Else it is left as it was typed.
    """
    if "HX-Request" in request.headers:
        lifecycle.session().flush()
        notice = render_template("incidents/notice.html", said=said, undo=undo)
        return _whole(_drawing(incident_id) | {"is_saved": is_saved}) + notice
    flash(said)
    return redirect(url_for("incidents.page", incident_id=incident_id), 303)


def _whole(drawing: dict[str, Any]) -> str:
    if "HX-Request" in request.headers:
        return str(render_block("incidents/page.html", "incident", **drawing))
    return render_template("incidents/page.html", **drawing)


def _shown(incident_id: int, mention: Mention, **given: Any) -> str:
    """Draw one thread's answer: by itself for htmx, else within the page."""
    case_id = mention.case_id or 0
    opened = {
        "mention": mention,
        "case_id": case_id,
        "incident_id": incident_id,
        "prepared": prepared_in(lifecycle.session(), incident_id, [case_id]).get(case_id),
        **given,
    }
    if "HX-Request" in request.headers:
        return render_template("incidents/answered.html", opened=opened)
    return _drawn(incident_id, opened=opened)


def _drawn(incident_id: int, opened: dict[str, Any] | None = None) -> str:
    return render_template("incidents/page.html", **_drawing(incident_id, opened))


def _drawing(incident_id: int, opened: dict[str, Any] | None = None) -> dict[str, Any]:
    view = reading.get_incident(
        lifecycle.session(),
        brand_id=person().brand_id,
        incident_id=incident_id,
        now=lifecycle.now(),
        skip=min(_number("skip", request.args) or 0, reading.MOST_SKIPPED),
    )
    drawing = {"view": view, "row": view.row, "incident": view.row.incident, "opened": opened}
    return drawing | {"typed": None, "overtaken": None, "is_saved": False}
