"""The team that the tests of learning watch at work."""

from __future__ import annotations

import pytest

from responder.context import Context
from responder.db import Database
from tests.responder.learning.knowing import Team


@pytest.fixture
def team(database: Database, context: Context) -> Team:
    return Team(database, context)
