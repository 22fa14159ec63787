"""The command line as a person meets it: an environment, arguments, what was printed and how it ended."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from responder.cli import cli

Run = Callable[..., Result]


@pytest.fixture
def run(database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Run one command on an empty installation; `env` adds settings, `stdin` is what is typed."""
    for name in list(os.environ):
        if name.startswith("EARSHOT_") and not name.startswith("EARSHOT_TEST"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EARSHOT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("EARSHOT_DATABASE_URL", database.engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("EARSHOT_LOG_LEVEL", "ERROR")

    def run(*arguments: str, stdin: str | bytes | None = None, env: dict[str, str] | None = None) -> Result:
        return CliRunner().invoke(cli, arguments, input=stdin, env=env)

    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield run
    # Every command sets up logging for its process; here that process goes on with other tests.
    root.handlers[:] = handlers
    root.setLevel(level)
