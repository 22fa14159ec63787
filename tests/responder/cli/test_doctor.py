"""`earshot doctor` names each fault with its fix; wrong settings are listed all at once."""

from __future__ import annotations

import fcntl
import json
import sys
from importlib.util import find_spec

import pytest

from responder.cli import doctor
from responder.cli.doctor import effective
from responder.clock import utc_now
from responder.db import migrate
from responder.intake.scorers import scorer_of
from responder.models import JobRun
from responder.settings import Settings
from sentiment.checkpoints import Checkpoint, lock_of
from tests.sentiment.tiny_checkpoints import write_checkpoint


def findings(result) -> dict[str, dict]:
    return {finding["subject"]: finding for finding in json.loads(result.stdout)["findings"]}


def test_wrong_settings_are_listed_all_at_once(run):
    refused = run("doctor", env={"EARSHOT_PORT": "0", "EARSHOT_SENDING": "maybe", "EARSHOT_TIMEZONE": "Mars/Base"})
    assert refused.exit_code == 2
    assert all(f"EARSHOT_{name}" in refused.stderr for name in ("PORT", "SENDING", "TIMEZONE"))


def test_a_silent_worker_is_a_fault_with_its_fix(run):
    told = run("doctor", "--json")
    assert told.exit_code == 1
    assert "earshot serve" in findings(told)["worker"]["fix"]


def test_a_healthy_installation_has_nothing_to_fix(run, database):
    with database.writing() as session:
        session.add(JobRun(name="collect", last_ran_at=utc_now(), last_fault=None))
    told = run("doctor", "--json")
    assert told.exit_code == 0, told.output
    assert {finding["subject"] for finding in findings(told).values()} >= {"home", "database", "worker", "model"}


def test_an_old_schema_is_a_fault_with_its_fix(run, database):
    migrate(database, "base")
    try:
        told = findings(run("doctor", "--json"))
    finally:
        migrate(database)
    assert told["database"]["fix"] == "Run: earshot migrate"
    assert "worker" not in told


def test_a_database_that_does_not_answer_is_told_without_its_password(run):
    told = run("doctor", env={"EARSHOT_DATABASE_URL": "postgresql+psycopg://earshot:planted@127.0.0.1:1/none"})
    assert told.exit_code == 1
    assert "EARSHOT_DATABASE_URL" in told.output
    assert "planted" not in told.output


def test_a_source_that_cannot_be_reached_is_named(run, tmp_path):
    run("source", "add", "rss", "--set", "url=http://127.0.0.1:1/feed")
    told = findings(run("doctor", "--json"))
    assert told["source rss"]["fix"]


def test_a_missing_checkpoint_is_a_fault_with_its_fix(run, tmp_path):
    told = findings(run("doctor", "--json", env={"EARSHOT_SENTIMENT_MODEL": str(tmp_path / "nowhere")}))
    assert "EARSHOT_SENTIMENT_MODEL" in told["model"]["fix"]


@pytest.fixture
def checkpoint(tmp_path):
    """Settings that name a checkpoint nobody has exported yet."""
    folder = write_checkpoint(tmp_path / "checkpoint")
    return Settings(_env_file=None, home=tmp_path / "home", sentiment_model=str(folder))


def test_a_checkpoint_that_is_not_exported_yet_is_told_and_left_to_whoever_scores(run, checkpoint, monkeypatch):
    def told():
        return findings(run("doctor", "--json", env={"EARSHOT_SENTIMENT_MODEL": checkpoint.sentiment_model}))["model"]

    assert "not exported yet" in told()["found"]
    assert told()["ok"]
    assert not checkpoint.exports.exists()
    checkpoint.exports.mkdir()
    with lock_of(Checkpoint.parse(checkpoint.sentiment_model).copy_in(checkpoint.exports)).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert "is being exported at this moment" in told()["found"]
    monkeypatch.setattr(doctor, "find_spec", lambda package: None if package == "torch" else find_spec(package))
    assert "needs torch" in told()["found"]
    assert "requirements.txt" in told()["fix"]


def test_a_checkpoint_that_is_exported_needs_no_torch(run, checkpoint, monkeypatch):
    title = scorer_of(checkpoint).model
    monkeypatch.setattr(doctor, "find_spec", lambda _package: None)
    for package in ("torch", "transformers"):
        monkeypatch.setitem(sys.modules, package, None)
    told = findings(run("doctor", "--json", env={"EARSHOT_SENTIMENT_MODEL": checkpoint.sentiment_model}))
    assert (told["model"]["found"], told["model"]["fix"]) == (title, None)


def test_missing_files_of_the_encoder_are_a_fault_with_its_fix(run, tmp_path, monkeypatch):
    assert findings(run("doctor", "--json"))["vectors"]["found"] == "0 mentions wait for a text vector"
    monkeypatch.setattr(doctor, "SHIPPED_MODEL", tmp_path)
    told = findings(run("doctor", "--json"))["vectors"]
    assert "vectors.onnx cannot be read" in told["found"]
    assert not told["ok"]


def test_a_broker_that_does_not_answer_is_named(run):
    told = findings(
        run("doctor", "--json", env={"EARSHOT_RUNNER": "cluster", "EARSHOT_BROKER_URL": "redis://127.0.0.1:1/0"})
    )
    assert "EARSHOT_BROKER_URL" in told["broker"]["fix"]


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://earshot:planted@127.0.0.1/none",
        "postgresql+psycopg://earshot:plan@ted/planted#planted?@127.0.0.1/none",
        "postgresql+psycopg:///none?host=/run&user=earshot&password=planted",
        "postgresql+psycopg:///none?sslpassword=planted&host=/run",
        "redis://:planted@127.0.0.1/0",
        "amqp://a:planted@one//;amqp://a:planted@two//",
    ],
)
def test_a_password_is_masked_wherever_an_address_holds_it(tmp_path, url):
    settings = Settings(_env_file=None, home=tmp_path, broker_url=url)
    told = effective(settings)["EARSHOT_BROKER_URL"]
    assert "planted" not in told
    assert "ted" not in told.partition("@")[0]
    assert told.startswith(url.partition(":")[0])


def test_an_address_without_a_password_is_shown_whole(tmp_path):
    settings = Settings(_env_file=None, home=tmp_path, broker_url="redis://127.0.0.1:6379/0")
    assert effective(settings)["EARSHOT_BROKER_URL"] == "redis://127.0.0.1:6379/0"
