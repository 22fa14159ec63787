"""Testing a connection from the web: in a child process, so that no platform's client is ever loaded into this one."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from responder.context import Context

PATIENCE_S = 30
_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Checked:
    """What a test said: a sentence for people, and whether the connection works."""

    works: bool
    sentence: str


def check(context: Context, *, name: str, brand: str) -> Checked:
    """Ask the platform by `earshot source check`. Hold no session here: it takes seconds."""
    command = [sys.executable, "-m", "webapp", "source", "check", f"--brand={brand}", "--", name]
    try:
        done = subprocess.run(  # noqa: S603 -- a list, no shell; the name follows "--"
            command,
            cwd=_ROOT,
            env=_environment(context),
            capture_output=True,
            timeout=PATIENCE_S,
            check=False,
            text=True,
        )
    except subprocess.TimeoutExpired:
        return Checked(works=False, sentence=f"No answer within {PATIENCE_S} seconds. Try again later.")
    said = (done.stdout if done.returncode == 0 else done.stderr).strip().splitlines()
    return Checked(works=done.returncode == 0, sentence=said[-1] if said else "It said nothing. Run `earshot doctor`.")


def _environment(context: Context) -> dict[str, str]:
    """Return the child's environment: ours, and what this process was set up with where that came from elsewhere."""
    settings = context.settings
    return os.environ | {
        "EARSHOT_HOME": str(settings.home),
        "EARSHOT_DATABASE_URL": settings.effective_database_url,
        "EARSHOT_SECRET_KEY": context.secret,
        "EARSHOT_ALLOW_PRIVATE_HOSTS": ",".join(settings.allow_private_hosts),
    }
