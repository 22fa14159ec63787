"""From what went wrong to an answer: the only module that knows status codes.

A page for people, a notice inside the page for htmx, an RFC 9457 problem for programs.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from flask import Flask, Response, g, jsonify, make_response, render_template, request
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from listeners.errors import NotPermitted, Refused, SourceError
from responder.errors import Conflict, Invalid, NotAllowed, NotFound, ResponderError

STATUS: dict[type[Exception], int] = {
    Invalid: 422,
    NotFound: 404,
    NotAllowed: 403,
    Conflict: 409,
    NotPermitted: 401,  # a push with a bad signature
    Refused: 422,
    SourceError: 503,
}
"""By the first class that fits."""

_FOR_PROGRAMS = ("/hooks/", "/healthz", "/readyz", "/metrics", "/api/")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What went wrong, for people: a title and what to do next."""

    status: int
    title: str
    advice: str


def init_app(app: Flask) -> None:
    """Answer every failure in one voice."""
    app.register_error_handler(ResponderError, _refused)
    app.register_error_handler(SourceError, _refused)
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _crash)


def status_of(error: Exception) -> int:
    """Return the status code of a refusal."""
    return next(status for kind, status in STATUS.items() if isinstance(error, kind))


def _refused(error: Exception) -> Response:
    return _answer(Problem(status=status_of(error), title=_title(status_of(error)), advice=str(error)))


def _stale_form(_error: CSRFError) -> Response:
    advice = _("This page belongs to an older session. Go back, reload it and try again; nothing was changed.")
    return _answer(Problem(status=400, title=_("Please try once more"), advice=advice))


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    if error.response is not None or status < 400:
        return make_response(error.get_response())
    return _answer(Problem(status=status, title=_title(status), advice=_advice(status)), headers=error)


def log_crash(error: BaseException | None) -> None:
    """Log what no view expected. By endpoint: a path may hold a sign-in link."""
    _log.error("request_failed", exc_info=error, extra={"endpoint": request.endpoint, "error": type(error).__name__})


def _crash(error: Exception) -> Response:
    log_crash(error)
    return _answer(Problem(status=500, title=_title(500), advice=_advice(500)))


def _title(status: int) -> str:
    titles: dict[int, str] = {
        400: _("That request could not be read"),
        401: _("Please sign in"),
        403: _("That is not yours to do"),
        404: _("There is nothing here"),
        405: _("That cannot be done here"),
        409: _("Not as it stands now"),
        413: _("That is too large"),
        422: _("That cannot be used as it is"),
        429: _("Too many tries"),
        503: _("Not possible just now"),
    }
    return titles.get(status, str(_("Something broke on our side")))


def _advice(status: int) -> str:
    advice: dict[int, str] = {
        400: _("Go back, reload the page and try again."),
        401: _("You were signed out. Sign in to go on."),
        403: _("An admin of your team can give you the right."),
        404: _("It may have been deleted, or it belongs to another brand."),
        413: _("One request may hold one megabyte; split it."),
        429: _("Wait a minute, then try again."),
        500: _("Nothing was changed. Try again; if it happens again, give an admin the number below."),
    }
    return advice.get(status, str(_("Go back and try again.")))


def _answer(problem: Problem, *, headers: HTTPException | None = None) -> Response:
    if request.path.startswith(_FOR_PROGRAMS):
        response = jsonify(status=problem.status, title=problem.title, detail=problem.advice)
        response.mimetype = "application/problem+json"
    elif "HX-Request" in request.headers:
        response = make_response(render_template("fragments/problem.html", problem=problem))
    else:
        request_id = g.get("request_id", "")
        response = make_response(render_template("error.html", problem=problem, request_id=request_id))
    response.status_code = problem.status
    if headers is not None:
        response.headers.extend(
            {name: value for name, value in headers.get_headers() if name.lower() in {"allow", "retry-after"}}
        )
    return response
