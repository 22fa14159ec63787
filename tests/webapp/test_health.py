"""Alive, ready, busy."""

from __future__ import annotations

from dataclasses import replace

from responder.db import Database
from responder.models import JobRun, Role
from tests.webapp.conftest import make_app


def seen(context, **ago):
    with context.database.writing() as session:
        session.add(JobRun(name="score", last_ran_at=context.clock(), last_fault=None))


def test_the_process_says_that_it_lives(client):
    assert client.get("/healthz").get_json() == {"status": "alive"}


def test_it_is_ready_once_a_worker_was_seen(client, context):
    assert client.get("/readyz").status_code == 503
    seen(context)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.get_json()["status"]) == (200, "ready")


def test_a_silent_worker_makes_it_unready(client, context, clock):
    seen(context)
    clock.tick(minutes=5)
    assert "worker" in client.get("/readyz").get_json()["checks"]["worker"]


def test_an_older_schema_makes_it_unready(context, tmp_path):
    empty = Database(f"sqlite:///{tmp_path}/old.sqlite3")
    answer = make_app(replace(context, database=empty)).test_client().get("/readyz")
    assert answer.status_code == 503
    empty.close()


def test_an_unreachable_database_makes_it_unready_without_its_address(context):
    away = Database("postgresql+psycopg://secretuser:secretpassword@127.0.0.1:1/none")
    answer = make_app(replace(context, database=away)).test_client().get("/readyz")
    assert answer.status_code == 503
    assert "secret" not in answer.text
    away.close()


def test_figures_are_for_this_machine_only(client):
    client.get("/sign-in")
    answer = client.get("/metrics")
    assert 'earshot_requests_total{endpoint="sign_in.form",method="GET",status="200"}' in answer.text
    assert client.get("/metrics", environ_base={"REMOTE_ADDR": "192.0.2.1"}).status_code == 403


def test_behind_a_proxy_nobody_seems_to_sit_on_this_machine(client):
    assert client.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 403


def test_figures_hold_no_ids_and_no_words(login_as):
    browser = login_as(Role.ADMIN).browser
    browser.get("/cases/424242")
    browser.get("/queue?q=grievance")
    told = browser.get("/metrics").text
    assert "424242" not in told
    assert "grievance" not in told
