"""What every test gets. Sockets beyond loopback are refused by pytest-socket (see addopts in pyproject.toml)."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

pytest_plugins = ["tests.fixtures", "tests.bluesky_network", "tests.platform_stub", "tests.webapp.desk"]

settings.register_profile("seeded", max_examples=50, deadline=None, derandomize=True)
settings.register_profile("prove", max_examples=500, deadline=None)
settings.load_profile("seeded")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Where everything is installed (continuous integration, proofs) a skip is a failure: it would hide a missing part."""
    report = yield
    if os.environ.get("EARSHOT_FORBID_SKIPS") and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped where nothing may be: {report.longrepr}"
    return report
