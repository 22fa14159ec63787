"""How fast Earshot answers after starting, and what its web process weighs: `python -m bench.start`."""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path

from bench import bars
from bench.running import earshot, resident_mb, signed_in

STARTS = 5


def main() -> None:
    seconds, megabytes = [], []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(STARTS):
            with earshot(Path(folder)) as running:
                seconds.append(running.first_answer_s)
                if running.sign_in:
                    session = signed_in(running)
                    for _ in range(20):
                        session.get(f"{running.url}/queue", timeout=10).raise_for_status()
                megabytes.append(max(resident_mb(process) for process in running.web_processes()))
    bars.record(
        bars.Bar(
            "first request after starting",
            "≤ 4 s",
            f"median {statistics.median(seconds):.2f} s, worst {max(seconds):.2f} s of {STARTS}",
            max(seconds) <= 4,
        ),
        bars.Bar("web process", "≤ 200 MB", f"{max(megabytes):.0f} MB resident", max(megabytes) <= 200),
    )


if __name__ == "__main__":
    main()
