"""Counting from the mentions what rollups and cases should say, by other means than the code under test."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from responder.cases.ranking import UNSCORED, rank_key
from responder.models import Author, AuthorDay, Case, CaseState, CaseWatch, HourCell, Mention, WatchMention

_WHOLE = ("mentions", "scored", "negative", "neutral", "positive", "unsure", *(f"p{n}" for n in range(10)))
_SUMS = ("negative", "neutral", "positive")


def assert_rollups_equal_a_recount(session: Session) -> None:
    cells: defaultdict[Any, Counter[str]] = defaultdict(Counter)
    sums: defaultdict[Any, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    days: Counter[Any] = Counter()
    rows = session.execute(select(WatchMention.watch_id, Mention).join(Mention, Mention.id == WatchMention.mention_id))
    for watch_id, mention in rows:
        hour = mention.created_at.replace(minute=0, second=0, microsecond=0)
        claim = (mention.language or "und").split("-")[0].split("_")[0].lower()
        claim = claim if claim.isalpha() and len(claim) in {2, 3} else "und"
        language = mention.opinion_language if mention.scored_at else claim
        key = (watch_id, hour, mention.source, language)
        cells[key]["mentions"] += 1
        if mention.author_id is not None:
            days[watch_id, mention.created_at.date(), mention.author_id] += 1
        if mention.scored_at is None:
            continue
        cells[key]["scored"] += 1
        cells[key]["unsure" if mention.abstained else mention.label] += 1
        cells[key][f"p{min(9, int(mention.p_negative * 10))}"] += 1
        for place, name in enumerate(_SUMS):
            sums[key][place] += getattr(mention, f"p_{name}")
    stored = {(c.watch_id, c.hour, c.source, c.language): c for c in session.scalars(select(HourCell))}
    assert stored.keys() == cells.keys()
    for key, cell in stored.items():
        assert {name: getattr(cell, name) for name in _WHOLE} == {name: cells[key][name] for name in _WHOLE}
        assert [getattr(cell, f"sum_{name}") for name in _SUMS] == pytest.approx(sums[key], abs=1e-9)
    held = {(day.watch_id, day.day, day.author_id): day.mentions for day in session.scalars(select(AuthorDay))}
    assert held == dict(days)


def _unhappiness(mention: Mention) -> float:
    if mention.p_negative is None:
        return -1.0
    return (mention.p_negative + UNSCORED) / 2 if mention.abstained else mention.p_negative


def assert_cases_fit_their_mentions(session: Session) -> None:
    live: defaultdict[int, list[Mention]] = defaultdict(list)
    heard: defaultdict[int, set[int]] = defaultdict(set)
    for mention in session.scalars(select(Mention).where(Mention.case_id.is_not(None))):
        if mention.gone_at is None:
            live[mention.case_id].append(mention)
    for watch_id, case_id in session.execute(
        select(WatchMention.watch_id, Mention.case_id)
        .join(Mention, Mention.id == WatchMention.mention_id)
        .where(Mention.gone_at.is_(None), Mention.case_id.is_not(None))
    ):
        heard[case_id].add(watch_id)
    noted: defaultdict[int, set[int]] = defaultdict(set)
    for row in session.scalars(select(CaseWatch)):
        noted[row.case_id].add(row.watch_id)
    active: Counter[int] = Counter()
    for case in session.scalars(select(Case)):
        mentions = live[case.id]
        assert case.mention_count == len(mentions)
        if not mentions:
            assert (case.state, case.lead_mention_id) == (CaseState.RESOLVED, None)
            continue
        lead = max(mentions, key=lambda m: (_unhappiness(m), -m.created_at.timestamp()))
        found = next(mention for mention in mentions if mention.id == case.lead_mention_id)
        assert (_unhappiness(found), found.created_at) == (_unhappiness(lead), lead.created_at)
        assert (case.p_negative, case.label, case.lead_at) == (found.p_negative, found.label, found.created_at)
        assert case.intent == found.intent
        assert heard[case.id] <= noted[case.id]
        if case.state != CaseState.RESOLVED and case.author_id is not None:
            assert case.followers == session.get_one(Author, case.author_id).followers
        assert case.rank_key == rank_key(
            p_negative=case.p_negative, followers=case.followers, lead_at=case.lead_at, abstained=case.abstained
        )
        if case.author_id is not None and case.state != CaseState.RESOLVED:
            active[case.author_id] += 1
    assert all(count == 1 for count in active.values()), "an author has two active cases"
