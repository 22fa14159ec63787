"""Log lines are one JSON object each, and carry what belongs to the work in hand."""

from __future__ import annotations

import io
import json
import logging

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from responder import logs
from responder.settings import Settings


@pytest.fixture
def stream():
    root = logging.getLogger()
    before = (list(root.handlers), root.level)
    stream = io.StringIO()
    logs.configure(Settings(log_format="json", _env_file=None), stream=stream)
    yield stream
    root.handlers[:], _ = before[0], root.setLevel(before[1])


def test_a_line_is_one_json_object_with_its_fields(stream):
    with logs.bound(job="collect"):
        logging.getLogger("x").info("page_stored", extra={"new": 3})
    line = json.loads(stream.getvalue())
    assert (line["event"], line["new"], line["job"], line["level"]) == ("page_stored", 3, "collect", "info")


def test_what_was_bound_is_gone_after_the_block(stream):
    with logs.bound(job="collect"):
        pass
    logging.getLogger("x").info("later")
    assert "job" not in json.loads(stream.getvalue())


def test_a_traceback_stays_inside_its_line(stream):
    try:
        int("broken")
    except ValueError:
        logging.getLogger("x").exception("job_failed")
    (line,) = stream.getvalue().splitlines()
    assert "ValueError" in json.loads(line)["traceback"]


def test_a_traceback_tells_where_and_of_what_kind_but_never_what_was_said(stream):
    words = "planted words"
    try:
        try:
            int(words)
        except ValueError as error:
            raise RuntimeError(words) from error
    except RuntimeError:
        logging.getLogger("x").exception("job_failed")
    told = json.loads(stream.getvalue())["traceback"]
    assert "test_logs.py" in told
    assert told.index("ValueError") < told.index("RuntimeError")
    assert "planted words" not in told


def test_a_refused_row_is_told_by_the_databases_number_and_not_by_its_words(stream, database):
    statement = text("INSERT INTO brands (id, name, created_at) VALUES (1, :name, NULL)")
    row = {"name": "planted words"}
    try:
        with database.writing() as session:
            session.execute(statement, row)
    except IntegrityError:
        logging.getLogger("x").exception("job_failed")
    told = stream.getvalue()
    assert "planted words" not in told
    assert "SQLITE_CONSTRAINT" in told or "23502" in told


@pytest.mark.parametrize("library", ["tweepy", "httpx", "urllib3", "praw"])
def test_libraries_that_print_tokens_are_kept_quiet(stream, library):
    logging.getLogger(library).debug("Authorization: Bearer planted")
    logging.getLogger(library).info("https://example.com/?token=planted")
    assert stream.getvalue() == ""
