"""`make prove ISSUE=nn`: runs the full-size proofs of one issue and prints the table of its bars. Nothing may skip."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench import bars

PYTHON = sys.executable
PYTEST = [PYTHON, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--dist", "loadgroup"]
POSTGRESQL = os.environ.get("EARSHOT_TEST_POSTGRESQL_URL", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres")

DATA = Path(os.environ.get("EARSHOT_SHARED", Path(__file__).resolve().parents[2] / "shared")) / "data"

PROOFS: dict[int, dict[str, list[str]]] = {
    1: {
        "killed at 200 points, nothing lost or doubled": [*PYTEST, "-m", "prove", "tests/responder/intake"],
        "bad input, every parser with ten times the examples": [
            *PYTEST, "-n", "2", "-m", "hypothesis and not prove", "--hypothesis-profile", "prove",
        ],
        "access, doctor, bad input": [
            *PYTEST, "-n", "2", "tests/webapp/test_access.py", "tests/webapp/test_hooks.py",
            "tests/responder/cli/test_doctor.py", "tests/listeners/test_contract.py",
        ],
        "from post to queue": [PYTHON, "-m", "bench.post_to_queue"],
        "ingest": [PYTHON, "-m", "bench.ingest"],
        "queue and search at a million mentions": [PYTHON, "-m", "bench.pages"],
        "the same on PostgreSQL": [PYTHON, "-m", "bench.pages", "--database", POSTGRESQL],
        "start and memory": [PYTHON, "-m", "bench.start"],
        "first opinion": [PYTHON, "-m", "bench.score", "--only", "first"],
        "two commands from a clean clone": [PYTHON, "-m", "bench.clean_clone"],
    },
    2: {
        "no worse than TF-IDF anywhere, better in every language": [
            PYTHON, "-m", "responder", "model", "evaluate", str(DATA / "sentiment" / "dev.csv.gz"),
            "--half", "reporting", "--train", str(DATA / "sentiment" / "train.csv.gz"), "--require-better",
        ],
        "how good the labels and intents are": [PYTHON, "-m", "bench.model"],
        "telling languages": [PYTHON, "-m", "bench.language"],
        "speed, first opinion, int8 against fp32": [PYTHON, "-m", "bench.score"],
        "text vectors": [PYTHON, "-m", "bench.vectors"],
        "bad input, checkpoints, no shared text": [*PYTEST, "-n", "2", "-m", "not prove", "tests/sentiment"],
    },
    3: {
        "who tells, who is re-shared, how sure that is": [PYTHON, "-m", "bench.sharers"],
        "what ranking averts": [PYTHON, "-m", "bench.simulation"],
        "a hundred thousand cases ranked": [PYTHON, "-m", "bench.rank"],
        "a hundred thousand cases ranked, PostgreSQL": [PYTHON, "-m", "bench.rank", "--database", POSTGRESQL],
        "an author brought up to date": [PYTHON, "-m", "bench.habits"],
        "the same on PostgreSQL": [PYTHON, "-m", "bench.habits", "--database", POSTGRESQL],
        "incidents": [PYTHON, "-m", "bench.incidents"],
        "the queue page, ranked": [PYTHON, "-m", "bench.pages"],
        "points that sum, gaming, danger, people": [
            *PYTEST, "-n", "2", "-m", "not prove", "tests/responder/sharers", "tests/responder/cases",
            "tests/responder/incidents", "tests/responder/people", "tests/responder/learning/test_judgements.py",
        ],
    },
    4: {
        "killed at 500 points, no reply twice, none lost": [*PYTEST, "-m", "prove", "tests/responder/replies"],
        "at most once, never lost, always known": [
            *PYTEST, "--hypothesis-profile", "prove", "tests/responder/replies/test_once.py",
        ],
        "the business clock against a minute-by-minute one": [*PYTEST, "-m", "prove", "tests/responder/calendars"],
        "the reply check": [PYTHON, "-m", "bench.reply_check"],
        "client traps, eligibility, pages": [
            *PYTEST, "-n", "2", "-m", "not prove", "tests/listeners", "tests/responder/eligibility",
            "tests/responder/replies", "tests/webapp/replies",
        ],
    },
}  # fmt: skip


def main(issue: int) -> int:
    """Run the proofs of `issue`; return 0 when every one ended well and every bar holds."""
    collected = Path(tempfile.mkdtemp()) / "bars.jsonl"
    environment = {**os.environ, "EARSHOT_BARS": str(collected), "EARSHOT_FORBID_SKIPS": "1"}
    failed = []
    for title, command in PROOFS[issue].items():
        print(f"\n== {title}: {' '.join(command[1:])}", flush=True)
        started = time.monotonic()
        if subprocess.run(command, env=environment, check=False).returncode != 0:
            failed.append(title)
        print(f"== {time.monotonic() - started:.0f} s", flush=True)
    found = bars.read(collected)
    print(f"\n{bars.table(found)}\n")
    for title in failed:
        print(f"FAILED: {title}")
    return 1 if failed or any(not bar.holds for bar in found) else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
