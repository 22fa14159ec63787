"""The floors are held by import-linter; here: what a contract cannot see."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("listeners", "sentiment", "responder", "webapp")
FORBIDDEN_IN_WEB = {
    "torch", "transformers", "onnxruntime", "sklearn", "scipy", "statsmodels",
    "tweepy", "praw", "atproto", "mastodon", "feedparser",
}  # fmt: skip


def modules() -> list[Path]:
    return [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_module_says_what_it_owns(path):
    assert ast.get_docstring(ast.parse(path.read_text())), f"{path.name} has no docstring"


def test_only_settings_read_the_environment():
    """One place reads the environment, so that `earshot doctor` can show all of it. Others may hand it on whole."""
    reading = re.compile(r"os\.environ(\[|\.get\()|getenv\(")
    assert [str(path.relative_to(ROOT)) for path in modules() if reading.search(path.read_text())] == []


def test_transactions_are_committed_at_boundaries_only():
    committers = {str(path.relative_to(ROOT)) for path in modules() if ".commit(" in path.read_text()}
    assert committers <= {"responder/db.py", "webapp/lifecycle.py"}


def test_the_web_process_imports_no_model_and_no_platform_client():
    code = (
        "import sys, webapp.app, webapp.serving, responder.runtime\n"
        "from responder.settings import Settings\n"
        "from responder.runtime import build\n"
        "import tempfile, pathlib\n"
        "home = pathlib.Path(tempfile.mkdtemp())\n"
        "from responder.db import migrate\n"
        "context = build(Settings(home=home, _env_file=None))\n"
        "migrate(context.database)\n"
        "app = webapp.app.create_app(context)\n"
        "assert app.test_client().get('/healthz').status_code == 200\n"
        f"print(sorted({FORBIDDEN_IN_WEB!r} & {{name.partition('.')[0] for name in sys.modules}}))\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True, cwd=ROOT, timeout=60
    )
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.strip() == "[]"
