"""`/healthz`: the process answers. `/readyz`: it can do its work. `/metrics`: figures for Prometheus, here only."""

from __future__ import annotations

import ipaddress
import time
from typing import Any

from flask import Blueprint, Flask, Response, abort, current_app, g, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from sqlalchemy.exc import SQLAlchemyError

from responder.db import newest_revision, schema_revision
from responder.jobs.runs import is_silent, last_seen
from webapp.access import public
from webapp.lifecycle import context

blueprint = Blueprint("health", __name__)

_PROXY_HEADERS = ("Forwarded", "X-Forwarded-For", "X-Real-IP")


class Measures:
    """What one web process counts about itself. No label holds a path with an id, nor anything a person wrote."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "earshot_requests", "Requests answered", ("endpoint", "method", "status"), registry=self.registry
        )
        self.seconds = Histogram("earshot_request_seconds", "Time to answer", ("endpoint",), registry=self.registry)
        self.worker_age = Gauge(
            "earshot_worker_seen_seconds", "Seconds since a worker last ran a job", registry=self.registry
        )


@blueprint.record_once
def _measure(state: Any) -> None:
    app: Flask = state.app
    measures = app.extensions["earshot_measures"] = Measures()

    @app.before_request
    def start() -> None:
        g.started = time.perf_counter()

    @app.after_request
    def count(response: Response) -> Response:
        endpoint = request.endpoint or "none"
        measures.requests.labels(endpoint, request.method, str(response.status_code)).inc()
        if "started" in g:
            measures.seconds.labels(endpoint).observe(time.perf_counter() - g.started)
        return response


@blueprint.get("/healthz")
@public
def alive() -> dict[str, str]:
    return {"status": "alive"}


@blueprint.get("/readyz")
@public
def ready() -> tuple[dict[str, Any], int]:
    checks = {"database": "ok", "schema": "ok", "worker": "ok"}
    try:
        if schema_revision(context().database) != newest_revision():
            checks["schema"] = "behind: run `earshot migrate`"
        if is_silent(context()):
            checks["worker"] = "not seen for a minute: is `earshot worker` running?"
    except SQLAlchemyError as error:
        checks = {"database": f"not reachable ({type(error).__name__}): run `earshot doctor`"}
    is_ready = set(checks.values()) == {"ok"}
    return {"status": "ready" if is_ready else "not ready", "checks": checks}, 200 if is_ready else 503


@blueprint.get("/metrics")
@public
def metrics() -> Response:
    if not _is_this_machine():
        abort(403)
    measures: Measures = current_app.extensions["earshot_measures"]
    seen = last_seen(context())
    measures.worker_age.set(float("nan") if seen is None else (context().clock() - seen).total_seconds())
    return Response(generate_latest(measures.registry), mimetype=CONTENT_TYPE_LATEST)


def _is_this_machine() -> bool:
    """Tell whether the caller sits on this machine itself: behind a proxy everybody would seem to."""
    if any(name in request.headers for name in _PROXY_HEADERS):
        return False
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False
