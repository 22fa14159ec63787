"""The cluster runner on a real Redis: a smoke test. What was stored is scored, in a case and has a vector, by Celery."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import redis
from sqlalchemy import Select, func, select

from listeners.mentions import Mention
from listeners.pages import Page
from responder import models
from responder.intake.store import store_page
from tests.factories import make_brand, make_watch

ROOT = Path(__file__).parents[3]
WITHIN_S = 60
SCORED = select(func.count()).where(models.Mention.scored_at.is_not(None), models.Mention.case_id.is_not(None))
EMBEDDED = select(func.count()).where(models.MentionVector.vector.is_not(None))
BROKER = os.environ.get("EARSHOT_TEST_REDIS_URL", "redis://127.0.0.1:6379/14")


@pytest.fixture
def broker() -> Iterator[str]:
    """A Redis database of this test's own, emptied before and after."""
    client = redis.Redis.from_url(BROKER, socket_connect_timeout=2)
    try:
        client.flushdb()
    except redis.exceptions.ConnectionError:
        pytest.skip("no Redis answers: start one (Debian: apt install redis-server) and set EARSHOT_TEST_REDIS_URL")
    yield BROKER
    client.flushdb()
    client.close()


@pytest.fixture
def stored(postgresql_database, clock) -> int:
    """Ten mentions waiting for an opinion."""
    with postgresql_database.writing() as session:
        brand = make_brand(session)
        watch = make_watch(session, brand)
        mentions = tuple(
            Mention(
                source="memory", external_id=secrets.token_hex(4), text=f"It broke, {n}", created_at=datetime.now(UTC)
            )
            for n in range(10)
        )
        store_page(session, brand_id=brand.id, watch_ids=[watch.id], page=Page(mentions=mentions), now=clock())
    return len(mentions)


def test_celery_scores_what_waits_opens_cases_and_makes_vectors(postgresql_database, broker, stored, tmp_path):
    environment = {
        **os.environ,
        "EARSHOT_HOME": str(tmp_path),
        "EARSHOT_DATABASE_URL": postgresql_database.engine.url.render_as_string(hide_password=False),
        "EARSHOT_RUNNER": "cluster",
        "EARSHOT_BROKER_URL": broker,
    }
    worker = subprocess.Popen(
        [sys.executable, "-m", "webapp", "worker"],
        cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert reached_within(postgresql_database, SCORED, stored, WITHIN_S), worker.poll()
        assert reached_within(postgresql_database, EMBEDDED, stored, WITHIN_S), worker.poll()
    finally:
        worker.send_signal(signal.SIGTERM)
        try:
            worker.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            worker.kill()
            worker.communicate()


def reached_within(database, counted: Select, wanted: int, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with database.reading() as session:
            if session.scalar(counted) == wanted:
                return True
        time.sleep(0.2)
    return False
