"""A tiny model on disk and the scorer over it, built once: opening them costs more than most tests here."""

from __future__ import annotations

from pathlib import Path

import pytest

from sentiment import Scorer, build_scorer
from tests.sentiment.tiny_models import write_tiny_model


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory) -> Path:
    return write_tiny_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="session")
def tiny_scorer(tiny_folder) -> Scorer:
    return build_scorer(str(tiny_folder))
