"""What each platform's terms say of training is stated beside its other limits, and silence is not consent."""

from __future__ import annotations

from datetime import timedelta

import pytest

from listeners import registry
from listeners.capabilities import Limits, Training


@pytest.mark.parametrize("name", ["x", "reddit"])
def test_platforms_whose_terms_forbid_training_say_so(name):
    assert registry.get(name).limits.training is Training.FORBIDDEN


def test_a_source_that_states_nothing_is_unknown():
    assert Limits(poll_every=timedelta(hours=1), calls_per_minute=1).training is Training.UNKNOWN


def test_no_real_platform_is_allowed_without_a_statement_of_its_terms():
    allowed = {name for name, info in registry.load().items() if info.limits.training is Training.ALLOWED}
    assert allowed == {"memory"}, "read its terms, name them beside the field, and add the source here"
