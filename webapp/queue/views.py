"""The queue page, its further pages, and the fragment that open pages ask for again and again."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from jinja2_fragments.flask import render_block
from sqlalchemy import exists, select

from responder import demo
from responder.cases import queue
from responder.errors import Conflict, Invalid, NotFound
from responder.incidents.reading import outbreak_of
from responder.models import Connection, Incident, Mention, Watch
from webapp import lifecycle
from webapp.access import permission, person
from webapp.errors import status_of
from webapp.queue import filters, menus, rows
from webapp.queue.drawn_rows import row_drawer

blueprint = Blueprint("queue", __name__)

PAGE_SIZE = 30
"""Rows drawn at once: what the bands Now and Next hold, and ten more."""


_WAITING = (Mention.scored_at.is_(None), Mention.gone_at.is_(None), Mention.score_fault.is_(None))
"""Mentions whose opinion, and with it their case, is still to come."""


@blueprint.get("/")
@permission("queue.read")
def front() -> Any:
    return redirect(url_for("queue.page"), 303)


@blueprint.get("/queue")
@permission("queue.read")
def page() -> str | tuple[str, int]:
    try:
        asked = _asked()
        drawn = _drawn(asked, after=request.args.get("after"))
    except Invalid as refusal:
        return _page(_drawn(_nothing_asked()), faults=refusal.faults), status_of(refusal)
    return _page(drawn)


@blueprint.get("/queue/more")
@permission("queue.read")
def more() -> str:
    drawn = _drawn(_asked(), after=request.args.get("after"))
    return str(render_block("queue/page.html", "rows", **drawn))


@blueprint.get("/queue/live")
@permission("queue.read")
def live() -> Response:
    """Answer 304 as long as the list would be drawn the same: an idle tab costs one indexed read."""
    asked = _asked()
    found = _found(asked, None)
    mark = rows.etag(found, _outbreak())
    if request.if_none_match.contains(mark):
        response = make_response("", 304)
    else:
        response = make_response(render_block("queue/page.html", "list", **_drawing(asked, found)))
    response.set_etag(mark)
    return response


@blueprint.post("/demo")
@permission("demo.change")
def load_demo() -> Any:
    with suppress(Conflict):  # somebody else pressed first: it is there, which is what was asked for
        demo.load(lifecycle.context(), brand_id=person().brand_id)
    menus.forget(person().brand_id)
    return redirect(url_for("queue.page"), 303)


@blueprint.post("/demo/remove")
@permission("demo.change")
def remove_demo() -> Any:
    with suppress(NotFound):  # gone already
        demo.remove(lifecycle.context(), brand_id=person().brand_id)
    menus.forget(person().brand_id)
    return redirect(url_for("queue.page"), 303)


def _asked() -> filters.Asked:
    return filters.read(lifecycle.session(), request.args, brand_id=person().brand_id, user_id=person().user_id)


def _nothing_asked() -> filters.Asked:
    return filters.Asked({}, queue.Filters())


def _found(asked: filters.Asked, after: str | None) -> queue.QueuePage:
    return queue.list_open(
        lifecycle.session(),
        brand_id=person().brand_id,
        filters=asked.filters,
        after=after or None,
        limit=PAGE_SIZE,
        now=lifecycle.now(),
        zone=ZoneInfo(lifecycle.context().settings.timezone),
    )


def _drawn(asked: filters.Asked, *, after: str | None = None) -> dict[str, Any]:
    return _drawing(asked, _found(asked, after), is_top=not after)


def _drawing(asked: filters.Asked, found: queue.QueuePage, *, is_top: bool = True) -> dict[str, Any]:
    """Return what the blocks of the page are drawn from."""
    return {
        "asked": asked,
        "found": found,
        "bands": rows.in_bands(found.rows, by_rank=asked.filters.text is None and asked.filters.state == "open"),
        "names_bands": is_top,
        "draw": row_drawer(person()),
        "outbreak": _outbreak(),
        "etag": rows.etag(found, _outbreak()),
        "nothing": None if found.rows else _why_empty(asked),
    }


def _outbreak() -> Incident | None:
    return outbreak_of(lifecycle.session(), person().brand_id)


def _why_empty(asked: filters.Asked) -> dict[str, Any]:
    """Return what an empty list says: which of the three reasons it has, and what is there already."""
    session, brand_id = lifecycle.session(), person().brand_id
    has_heard = session.scalar(select(exists().where(Mention.brand_id == brand_id)))
    return {
        "reason": "filtered" if asked.is_narrowed else "all_done" if has_heard else "nothing_heard",
        "has_sources": session.scalar(select(exists().where(Connection.brand_id == brand_id))),
        "has_watches": session.scalar(
            select(exists().where(Watch.brand_id == brand_id, Watch.is_demo.is_(False), Watch.query.is_not(None)))
        ),
        "is_reading": session.scalar(select(exists().where(Mention.brand_id == brand_id, *_WAITING))),
    }


def _page(drawn: dict[str, Any], *, faults: tuple[str, ...] = ()) -> str:
    offered = menus.menus(lifecycle.session(), brand_id=person().brand_id)
    return render_template(
        "queue/page.html",
        **drawn,
        choices=offered.choices,
        watches=offered.watches,
        has_demo=offered.has_demo,
        faults_found=faults,
        title=_("Queue"),
    )
