"""The scene, on both databases: once on a platform that posts one text per key, once on one that knows no keys."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from responder.context import Context
from tests.responder.replies.scene import Scene, forget, set_scene


@pytest.fixture
def scene(context: Context) -> Iterator[Scene]:
    made = set_scene(context)
    yield made
    forget(made)


@pytest.fixture
def keyless(context: Context) -> Iterator[Scene]:
    made = set_scene(context, keeps_keys=False)
    yield made
    forget(made)
