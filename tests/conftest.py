"""What every test gets. Sockets beyond loopback are refused by pytest-socket (see addopts in pyproject.toml)."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("seeded", max_examples=50, deadline=None, derandomize=True)
settings.register_profile("prove", max_examples=2000, deadline=None)
settings.load_profile("seeded")
