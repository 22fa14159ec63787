"""What one mention adds to a cell, and that sums of changes leave nothing behind."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import select

from responder.db import Database
from responder.insights.rollups import COUNTS, Changes, Counted, contribution, language_of
from responder.models import AuthorDay, HourCell
from tests import factories

AT = datetime(2026, 3, 4, 12, 34, 56, tzinfo=UTC)
HOUR = datetime(2026, 3, 4, 12, tzinfo=UTC)


def counted(**fields: Any) -> Counted:
    unscored = dict.fromkeys(("label", "abstained", "p_negative", "p_neutral", "p_positive", "opinion_language"))
    return Counted(**({"created_at": AT, "source": "x", "language": "en-GB", "author_id": 5} | unscored | fields))


def scored(p_negative: float, label: str, *, abstained: bool = False) -> Counted:
    rest = 1 - p_negative
    return counted(
        label=label,
        abstained=abstained,
        p_negative=p_negative,
        p_neutral=rest / 4,
        p_positive=rest * 3 / 4,
        opinion_language="ms",
    )


def told(mention: Counted) -> tuple[Any, dict[str, float]]:
    cell, counts = contribution(mention)
    return cell, {name: count for name, count in zip(COUNTS, counts, strict=True) if count}


def test_before_it_is_scored_a_mention_counts_under_the_platforms_language() -> None:
    assert told(counted()) == ((HOUR, "x", "en"), {"mentions": 1})


@pytest.mark.parametrize(
    ("mention", "counts"),
    [
        (scored(0.9, "negative"), {"negative": 1, "p9": 1}),
        (scored(1.0, "negative"), {"negative": 1, "p9": 1}),
        (scored(0.0, "positive"), {"positive": 1, "p0": 1}),
        (scored(0.35, "neutral"), {"neutral": 1, "p3": 1}),
        (scored(0.5, "negative", abstained=True), {"unsure": 1, "p5": 1}),
    ],
)
def test_a_scored_mention_counts_under_the_language_detected(mention: Counted, counts: dict[str, float]) -> None:
    cell, found = told(mention)
    sums = {
        "sum_negative": mention.p_negative,
        "sum_neutral": mention.p_neutral,
        "sum_positive": mention.p_positive,
    }
    assert cell == (HOUR, "x", "ms")
    assert found == {"mentions": 1, "scored": 1} | counts | {name: total for name, total in sums.items() if total}


@pytest.mark.parametrize(
    ("claim", "language"),
    [("en", "en"), ("EN-gb", "en"), ("pt_BR", "pt"), ("fil", "fil"), (None, "und"), ("", "und"), ("english", "und")],
)
def test_a_language_claim_counts_by_its_first_part(claim: str | None, language: str) -> None:
    assert language_of(claim) == language


@pytest.fixture
def watch_ids(database: Database) -> tuple[int, int]:
    with database.writing() as session:
        watch = factories.make_watch(session)
        return watch.id, factories.make_watch(session, brand_id=watch.brand_id).id


def write(database: Database, changes: Changes) -> None:
    with database.writing() as session:
        changes.write(session)


def test_changes_add_up_over_transactions(database: Database, watch_ids: tuple[int, int]) -> None:
    for _ in range(2):
        changes = Changes()
        changes.add(counted(), watch_ids)
        changes.add(counted(author_id=None), watch_ids[:1])
        write(database, changes)
    with database.reading() as session:
        cells = session.execute(select(HourCell.watch_id, HourCell.hour, HourCell.language, HourCell.mentions)).all()
        days = session.execute(select(AuthorDay.watch_id, AuthorDay.day, AuthorDay.author_id, AuthorDay.mentions)).all()
    assert sorted(cells) == [(watch_ids[0], HOUR, "en", 4), (watch_ids[1], HOUR, "en", 2)]
    assert sorted(days) == [(watch_id, date(2026, 3, 4), 5, 2) for watch_id in watch_ids]


def test_a_cell_that_nothing_is_left_of_is_removed(database: Database, watch_ids: tuple[int, int]) -> None:
    changes = Changes()
    changes.add(scored(0.1, "positive"), watch_ids)
    write(database, changes)
    changes.remove(scored(0.1, "positive"), watch_ids)
    changes.add(counted(author_id=None), watch_ids)
    write(database, changes)
    with database.reading() as session:
        assert session.scalars(select(HourCell.language)).all() == ["en", "en"]
        assert session.scalars(select(AuthorDay)).all() == []


def test_changes_that_cancel_out_write_nothing(database: Database, watch_ids: tuple[int, int]) -> None:
    changes = Changes()
    changes.add(counted(), watch_ids)
    changes.remove(counted(), watch_ids)
    write(database, changes)
    with database.reading() as session:
        assert session.scalars(select(HourCell)).all() == []
