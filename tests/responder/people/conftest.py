"""The brand that the tests of people listen with."""

from __future__ import annotations

import pytest

from responder.context import Context
from responder.db import Database
from tests.responder.people.crowd import Crowd


@pytest.fixture
def crowd(database: Database, context: Context) -> Crowd:
    return Crowd(database, context)
