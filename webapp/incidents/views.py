"""The list of incidents, the page of one, and what people do there. Nothing is sent: answers are copied by hand."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from jinja2_fragments.flask import render_block
from sqlalchemy import select

from responder.errors import NotFound
from responder.incidents import moves, reading, statements
from responder.models import Case, Incident, Mention
from webapp import lifecycle
from webapp.access import permission, person
from webapp.display import source_title
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
    return _drawn(incident_id)


@blueprint.post("/incidents/<id:incident_id>/statement")
@permission("incident.act")
def draft(incident_id: int) -> Any:
    statements.draft(lifecycle.session(), text=request.form.get("text", ""), role=person().role, **_move(incident_id))
    return _answer(incident_id, _("Statement saved"))


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
    return _answer(incident_id, _("Closed"))


@blueprint.post("/incidents/<id:incident_id>/cases/<id:case_id>/keep-out")
@permission("incident.act")
def keep_out(incident_id: int, case_id: int) -> Any:
    moves.keep_out(lifecycle.session(), case_id=case_id, **_move(incident_id))
    return _answer(incident_id, _("Taken out; it stays out"))


@blueprint.get("/incidents/<id:incident_id>/cases/<id:case_id>/answer")
@permission("incident.act")
def answer(incident_id: int, case_id: int) -> str:
    """Return what may be answered in one thread, adapted from the approved statement."""
    incident = _incident(incident_id)
    thread = statements.thread_of(lifecycle.session(), incident, case_id, source=_source_of(case_id))
    suggested = statements.suggest(lifecycle.session(), incident, thread)
    text = "" if suggested is None else suggested.text
    return _shown(incident_id, case_id, text=text, suggested=suggested, is_prepared=False)


@blueprint.post("/incidents/<id:incident_id>/cases/<id:case_id>/prepare")
@permission("incident.act")
def prepare(incident_id: int, case_id: int) -> str:
    _incident(incident_id)
    text = statements.prepare(
        lifecycle.session(),
        case_id=case_id,
        text=request.form.get("text", ""),
        source=_source_of(case_id),
        role=person().role,
        **_move(incident_id),
    )
    return _shown(incident_id, case_id, text=text, suggested=None, is_prepared=True)


def _move(incident_id: int) -> dict[str, Any]:
    me = person()
    return {"brand_id": me.brand_id, "incident_id": incident_id, "user_id": me.user_id, "now": lifecycle.now()}


def _incident(incident_id: int) -> Incident:
    held = select(Incident).where(Incident.id == incident_id, Incident.brand_id == person().brand_id)
    found = lifecycle.session().scalar(held)
    if found is None:
        raise NotFound("There is no such incident.")
    return found


def _source_of(case_id: int) -> str:
    """Return what people call the platform of a case. Raises NotFound."""
    held = select(Case.source).where(Case.id == case_id, Case.brand_id == person().brand_id)
    source = lifecycle.session().scalar(held)
    if source is None:
        raise NotFound("There is no such case.")
    return source_title(source)


def _answer(incident_id: int, said: str) -> Any:
    """Draw the page anew where it was acted on; without htmx, go back to it."""
    if "HX-Request" in request.headers:
        lifecycle.session().flush()
        return render_block("incidents/page.html", "incident", **_drawing(incident_id))
    flash(said)
    return redirect(url_for("incidents.page", incident_id=incident_id), 303)


def _shown(incident_id: int, case_id: int, **given: Any) -> str:
    """Draw one thread's answer: by itself for htmx, else within the page."""
    opened = {"case_id": case_id, "incident_id": incident_id, "target": _address_of(case_id), **given}
    if "HX-Request" in request.headers:
        return render_template("incidents/answered.html", opened=opened)
    return _drawn(incident_id, opened=opened)


def _address_of(case_id: int) -> str | None:
    """Return where the case's lead stands, to open it there."""
    lead = select(Mention.url).join(Case, Case.lead_mention_id == Mention.id)
    return lifecycle.session().scalar(lead.where(Case.id == case_id, Case.brand_id == person().brand_id))


def _drawn(incident_id: int, opened: dict[str, Any] | None = None) -> str:
    return render_template("incidents/page.html", **_drawing(incident_id, opened))


def _drawing(incident_id: int, opened: dict[str, Any] | None = None) -> dict[str, Any]:
    view = reading.get_incident(
        lifecycle.session(), brand_id=person().brand_id, incident_id=incident_id, now=lifecycle.now()
    )
    return {"view": view, "row": view.row, "incident": view.row.incident, "opened": opened}
