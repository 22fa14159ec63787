"""One unit of work per request: opened on first use, committed when the answer is good, rolled back otherwise.

Requests that change nothing (GET, HEAD) get a reading session. The only commit of the web process stands here.
"""

from __future__ import annotations

import secrets
from contextlib import ExitStack
from datetime import datetime

from flask import Flask, Response, current_app, g, request
from sqlalchemy.orm import Session

from responder import logs
from responder.context import Context

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def init_app(app: Flask) -> None:
    """Open and end the unit of work around every request, and name the request in its logs."""
    app.before_request(_begin)
    app.after_request(_end)
    app.teardown_request(_close)


def context() -> Context:
    """Return what the business needs: settings, database, clock."""
    found: Context = current_app.extensions["earshot"]
    return found


def now() -> datetime:
    """Return the instant of this request: the same wherever it is asked for, so that a page agrees with itself."""
    if "now" not in g:
        g.now = context().clock()
    instant: datetime = g.now
    return instant


def session() -> Session:
    """Return this request's session, opening it on first use. Never commit it: the request's end does."""
    if "session" not in g:
        g.session = context().database.session(writes=request.method not in _SAFE_METHODS)
    opened: Session = g.session
    return opened


def finish_before_network() -> None:
    """Commit and close what was done so far, because a call to another machine comes next."""
    opened = g.pop("session", None)
    if opened is not None:
        opened.commit()
        opened.close()


def _begin() -> None:
    g.request_id = secrets.token_hex(8)
    g.logs = ExitStack()
    g.logs.enter_context(logs.bound(request_id=g.request_id))


def _end(response: Response) -> Response:
    opened = g.get("session")
    if opened is not None:
        if response.status_code < 400:
            opened.commit()
        else:
            opened.rollback()
    response.headers["X-Request-Id"] = g.get("request_id", "")
    return response


def _close(_error: BaseException | None) -> None:
    opened = g.pop("session", None)
    if opened is not None:
        opened.close()
    bound = g.pop("logs", None)
    if bound is not None:
        bound.close()
