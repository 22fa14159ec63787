"""The queue page and its live fragment."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from webapp.access import permission

blueprint = Blueprint("queue", __name__)


@blueprint.get("/")
@permission("queue.read")
def front() -> Response:
    return redirect(url_for("queue.page"), 303)


@blueprint.get("/queue")
@permission("queue.read")
def page() -> str:
    return render_template("queue/page.html")
