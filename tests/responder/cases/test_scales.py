"""What priorities are measured by stays steady over days."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from responder.cases.priority import Factors, Scale
from responder.cases.scales import DAYS, LEAST_FULL, over_days

TODAY = date(2026, 3, 4)


def scale(median=5.0, largest=90.0, full=2.0):
    typical = Factors(**dict.fromkeys(Factors.__dataclass_fields__, np.zeros(1)))
    return Scale(median_harm=median, largest_harm=largest, full=full, typical=typical)


def kept(fulls):
    days = []
    for number, full in enumerate(fulls):
        found, days = over_days(scale(full=full), today=TODAY + timedelta(days=number), before=days)
    return found, days


def test_one_odd_day_changes_nothing():
    assert kept([2.0] * 10 + [90.0])[0].full == 2.0


def test_a_new_level_counts_once_it_lasts():
    assert kept([2.0] * 10 + [6.0] * 11)[0].full == 6.0


def test_thirty_days_are_kept_and_each_once():
    _, days = kept([2.0] * 45)
    assert len(days) == DAYS
    _, again = over_days(scale(full=3.0), today=TODAY + timedelta(days=44), before=days)
    assert (len(again), again[-1][3]) == (DAYS, 3.0)


def test_few_calm_cases_do_not_look_urgent():
    assert kept([0.01])[0].full == LEAST_FULL


@pytest.mark.parametrize("name", ["median_harm", "largest_harm"])
def test_harm_is_measured_over_days_too(name):
    _, days = over_days(scale(), today=TODAY, before=())
    _, days = over_days(scale(), today=TODAY + timedelta(days=1), before=days)
    found, _ = over_days(scale(median=50.0, largest=900.0), today=TODAY + timedelta(days=2), before=days)
    assert getattr(found, name) == getattr(scale(), name)
