"""What an idle Earshot costs: CPU seconds of all its processes over half a minute: `python -m bench.idle`."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

from bench import bars
from bench.running import children, earshot

SECONDS = 30


def cpu_seconds(process: int) -> float:
    """Return user and system time of a process and everything it started."""
    fields = (Path("/proc") / str(process) / "stat").read_text().rpartition(")")[2].split()
    own = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return own + sum(cpu_seconds(child) for child in children(process))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, earshot(Path(folder)) as running:
        time.sleep(5)
        before = cpu_seconds(running.process.pid)
        time.sleep(SECONDS)
        share = (cpu_seconds(running.process.pid) - before) / SECONDS
    bars.record(bars.Bar("idle", "≤ 5 % of one core", f"{100 * share:.1f} %", share <= 0.05))


if __name__ == "__main__":
    main()
