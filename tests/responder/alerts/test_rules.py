"""Which mentions are announced: very unhappy, fresh, in a case, heard in earnest, and once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from responder.alerts.rules import raise_for
from responder.models import Alert
from tests.factories import make_brand, make_case, make_mention, make_watch


@pytest.fixture
def heard(database, clock):
    """Return a function that stores a mention with an opinion and a case, and its id."""

    def heard(*, demo: bool = False, in_case: bool = True, **columns) -> int:
        with database.writing() as session:
            brand = make_brand(session)
            watch = make_watch(session, brand, is_demo=demo)
            case = make_case(session, brand) if in_case else None
            columns = {"p_negative": 0.97, "abstained": False, "created_at": clock() - timedelta(minutes=5), **columns}
            return make_mention(session, brand, watch=watch, case=case, **columns).id

    return heard


def raised(database, settings, clock, *mention_ids: int) -> int:
    with database.writing() as session:
        return raise_for(session, mention_ids, settings=settings, now=clock())


def test_a_very_unhappy_mention_is_announced_once_however_often_it_is_scored(database, settings, clock, heard):
    mention = heard()
    assert raised(database, settings, clock, mention) == 1
    assert raised(database, settings, clock, mention) == 0
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Alert)) == 1


@pytest.mark.parametrize(
    "columns",
    [
        {"p_negative": 0.5},
        {"abstained": True},
        {"created_at_hours": 25},
        {"in_case": False},
        {"demo": True},
    ],
    ids=["not unhappy enough", "unsure", "old when it came", "of nobody's concern", "only the demo"],
)
def test_what_should_not_wake_people_is_not_announced(database, settings, clock, heard, columns):
    if "created_at_hours" in columns:
        columns = {"created_at": clock() - timedelta(hours=columns["created_at_hours"])}
    assert raised(database, settings, clock, heard(**columns)) == 0


def test_nothing_scored_raises_nothing(database, settings, clock):
    assert raised(database, settings, clock) == 0
