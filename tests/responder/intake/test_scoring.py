"""Every waiting text is scored once, in the version that stands, and one bad text costs itself alone."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from listeners.mentions import Author
from responder.context import Context
from responder.db import Database
from responder.intake.scoring import MAX_ATTEMPTS, score_waiting
from responder.models import Alert, Case
from responder.models import Mention as Row
from sentiment import Label, ModelUnusable, Opinion
from tests.factories import NOW
from tests.responder.intake.stores import CREATED, Store, a_mention
from tests.scorers import WordScorer, opinion_of


@pytest.fixture
def store(database: Database) -> Store:
    return Store(database)


def test_the_opinion_of_every_text_is_written_and_counted(store: Store, context: Context) -> None:
    store(*(a_mention(str(number), text=f"text {number}", language="en-GB") for number in range(20)))
    assert score_waiting(context, WordScorer(), batch=50) == 20
    opinion, row = opinion_of("text 7"), store.row("7")
    assert (row.label, row.p_negative, row.confidence) == (opinion.label, opinion.p_negative, opinion.confidence)
    assert (row.abstained, row.abstain_reason, row.opinion_language) == (
        opinion.abstained,
        opinion.reason,
        opinion.language,
    )
    assert (row.model, row.scored_at) == ("words 1", NOW)
    store.check()


def text_that(tells_intent: bool) -> str:
    return next(
        text for number in range(99) if (opinion_of(text := f"text {number}").intents is not None) == tells_intent
    )


def test_what_a_text_wants_and_how_upset_its_writer_is_are_written(store: Store, context: Context) -> None:
    text = text_that(tells_intent=True)
    store(a_mention(text=text))
    score_waiting(context, WordScorer(), batch=50)
    opinion, row = opinion_of(text), store.row()
    assert (row.intent, row.intent_confidence, row.intensity) == (
        opinion.intent,
        max(opinion.intents),
        opinion.intensity,
    )
    assert store.case().intent == opinion.intent


def test_where_the_model_does_not_tell_what_a_text_wants_it_is_unknown(store: Store, context: Context) -> None:
    store(a_mention(text=text_that(tells_intent=False)))
    score_waiting(context, WordScorer(), batch=50)
    row = store.row()
    assert row.scored_at is not None
    assert (row.intent, row.intent_confidence, row.intensity, store.case().intent) == (None,) * 4


class Reading(WordScorer):
    """Reads one text, whatever it is given."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def score(self, texts: Sequence[str], *, languages: Sequence[str | None] | None = None) -> list[Opinion]:
        return [opinion_of(self.text) for _ in texts]


@pytest.mark.parametrize("order", [[True, False], [False, True]])
def test_scoring_anew_replaces_what_a_text_wants_also_by_unknown(store: Store, context: Context, order) -> None:
    store(a_mention())
    for tells_intent in order:
        text = text_that(tells_intent)
        score_waiting(context, Reading(text), batch=50)
        row, opinion = store.row(), opinion_of(text)
        assert (row.intent, row.intensity) == (opinion.intent, opinion.intensity)
        assert store.case().intent == row.intent
        with store.database.writing() as session:
            session.get_one(Row, row.id).scored_at = None


def test_the_newest_are_scored_first_and_nothing_twice(store: Store, context: Context) -> None:
    store(*(a_mention(str(number), text=f"text {number}") for number in range(5)))
    scorer = WordScorer()
    assert [score_waiting(context, scorer, batch=2) for _ in range(4)] == [2, 2, 1, 0]
    assert scorer.given == [["text 4", "text 3"], ["text 2", "text 1"], ["text 0"]]


class Meanwhile(WordScorer):
    """Something else happens while it scores."""

    def __init__(self, happen) -> None:
        super().__init__()
        self.happen = happen

    def score(self, texts: Sequence[str], *, languages: Sequence[str | None] | None = None) -> list[Opinion]:
        self.happen()
        return super().score(texts, languages=languages)


def test_an_opinion_on_an_older_text_is_not_written_onto_a_newer_one(store: Store, context: Context) -> None:
    store(a_mention())
    edit = a_mention(text="Mended!", edited_at=CREATED + timedelta(minutes=1))
    assert score_waiting(context, Meanwhile(lambda: store(edit)), batch=10) == 0
    assert store.row().scored_at is None
    assert score_waiting(context, WordScorer(), batch=10) == 1
    assert store.row().p_negative == opinion_of("Mended!").p_negative
    store.check()


def test_what_was_deleted_while_it_was_scored_stays_empty(store: Store, context: Context) -> None:
    store(a_mention(), a_mention("2", text="Another"))
    assert score_waiting(context, Meanwhile(lambda: store(gone=("1",))), batch=10) == 1
    assert (store.row("1").scored_at, store.row("1").case_id) == (None, None)
    store.check()


def test_two_workers_that_score_the_same_texts_count_them_once(store: Store, context: Context) -> None:
    store(a_mention(), a_mention("2", text="Another"))
    other = Meanwhile(lambda: score_waiting(context, WordScorer(), batch=10))
    assert score_waiting(context, other, batch=10) == 0
    store.check()
    assert store.count(Case) == 1


def test_a_poisonous_text_is_set_aside_and_the_others_are_scored(store: Store, context: Context) -> None:
    store(*(a_mention(str(number), text="poison" if number == 5 else f"text {number}") for number in range(16)))
    assert score_waiting(context, WordScorer(), batch=50) == 15
    for _ in range(MAX_ATTEMPTS):
        assert store.row("5").score_fault is None
        score_waiting(context, WordScorer(), batch=50)
        if store.row("5").score_attempts == MAX_ATTEMPTS:
            break
    row = store.row("5")
    assert (row.score_fault, row.scored_at) == ("the model failed on this text 3 times (ValueError)", None)
    assert row.case_id is not None, "a person nobody could score still waits for an answer"
    assert score_waiting(context, WordScorer(), batch=50) == 0
    store.check()


def test_an_edit_gives_a_text_that_was_set_aside_another_chance(store: Store, context: Context) -> None:
    store(a_mention(text="poison"))
    for _ in range(MAX_ATTEMPTS):
        score_waiting(context, WordScorer(), batch=50)
    store(a_mention(text="plain", edited_at=CREATED + timedelta(minutes=1)))
    assert score_waiting(context, WordScorer(), batch=50) == 1
    assert (store.row().score_fault, store.row().scored_at) == (None, NOW)


def test_a_scorer_that_fails_on_everything_is_no_fault_of_the_texts(store: Store, context: Context) -> None:
    store(a_mention())
    with pytest.raises(ValueError, match="breaks"):
        score_waiting(context, WordScorer(poison=""), batch=10)
    assert store.row().score_attempts == 0


def test_a_missing_model_is_told_and_nothing_is_set_aside(store: Store, context: Context) -> None:
    class Missing(WordScorer):
        def score(self, texts, *, languages=None):
            self.given.append(list(texts))
            raise ModelUnusable("no model here: run make setup")

    store(a_mention())
    missing = Missing()
    with pytest.raises(ModelUnusable):
        score_waiting(context, missing, batch=10)
    assert len(missing.given) == 1
    assert (store.row().score_attempts, store.row().score_fault) == (0, None)


class Furious(WordScorer):
    """Finds everything very bad, and is sure."""

    def score(self, texts: Sequence[str], *, languages: Sequence[str | None] | None = None) -> list[Opinion]:
        sure = {"p_negative": 0.97, "p_neutral": 0.02, "p_positive": 0.01, "confidence": 0.97}
        return [replace(opinion_of(text), label=Label.NEGATIVE, abstained=False, **sure) for text in texts]


def test_a_very_unhappy_mention_raises_an_alert_with_its_opinion(store: Store, context: Context) -> None:
    store(a_mention())
    score_waiting(context, Furious(), batch=10)
    with store.database.reading() as session:
        alert = session.scalars(select(Alert)).one()
    assert (alert.mention_id, alert.case_id, alert.state) == (store.row().id, store.case().id, "due")
    store(a_mention(text="Worse!", edited_at=CREATED + timedelta(minutes=1)))
    score_waiting(context, Furious(), batch=10)
    assert store.count(Alert) == 1, "an edit announces nothing twice"


def test_mentions_of_several_brands_are_scored_together(database: Database, context: Context) -> None:
    stores = [Store(database), Store(database)]
    for store in stores:
        store(a_mention())
    assert score_waiting(context, WordScorer(), batch=10) == 2
    with database.reading() as session:
        assert set(session.scalars(select(Case.brand_id))) == {store.brand_id for store in stores}


@pytest.mark.parametrize("seed", range(3))
def test_rollups_and_cases_fit_after_any_sequence_of_storing_and_scoring(
    store: Store, context: Context, clock, seed: int
) -> None:
    rng = random.Random(seed)
    for _ in range(12):
        page = [
            a_mention(
                str(rng.randrange(30)),
                text=rng.choice(["poison", "fine", "bad", "late", "leaks"]) + str(version),
                created_at=CREATED + timedelta(minutes=rng.randrange(3)),
                edited_at=CREATED + timedelta(hours=1, minutes=version) if version else None,
                author=rng.choice([None, Author(external_id=f"a{rng.randrange(5)}")]),
                thread_id=rng.choice([None, "t1", "t2"]),
                is_repost=rng.random() < 0.1,
            )
            for version in rng.choices(range(4), k=rng.randrange(12))
        ]
        store(*page, gone=tuple(str(rng.randrange(30)) for _ in range(rng.randrange(3))), now=clock())
        if rng.random() < 0.7:
            score_waiting(context, WordScorer(), batch=rng.randrange(1, 20))
        clock.tick(minutes=1)
        store.check()
    while score_waiting(context, WordScorer(), batch=50):
        pass
    with store.database.reading() as session:
        live = session.scalars(select(Row).where(Row.gone_at.is_(None), Row.is_repost.is_(False))).all()
    assert all(row.scored_at or row.score_attempts for row in live)
    assert all(row.case_id for row in live if row.scored_at)
