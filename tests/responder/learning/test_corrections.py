"""A person's word is shown, counted and ranked instead of the model's, can be taken back, and all of it is kept."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from sqlalchemy import select, update

from responder.cases.queue import get_case
from responder.errors import Conflict, Invalid, NotFound
from responder.learning.corrections import correct, corrected
from responder.models import Correction, HourCell, Mention, OverruledOpinion
from tests import factories
from tests.factories import NOW
from tests.responder.learning.knowing import Knowing, Team
from tests.scorers import WordScorer, opinion_of


def said(team: Team) -> list[tuple]:
    with team.database.reading() as session:
        rows = session.scalars(select(Correction).order_by(Correction.id)).all()
    return [(row.user_id, row.label, row.intent) for row in rows]


def test_a_correction_is_kept_with_who_when_and_what_it_corrected(team):
    (heard,) = team.hear("negative 1", scorer=Knowing(wrong=[1]))
    team.correct(heard, "negative", intent="complaint")
    with team.database.reading() as session:
        row = session.scalars(select(Correction)).one()
    assert (row.mention_id, row.user_id, row.at, row.by_admin) == (heard, team.mina, NOW, False)
    assert (row.label, row.intent, row.revision) == ("negative", "complaint", 1)
    assert (row.was_label, row.was_p_positive, row.was_abstained, row.was_model) == (
        "positive",
        0.8,
        False,
        "knowing 1",
    )


def test_the_corrected_label_is_shown_counted_and_ranked(team):
    (heard,) = team.hear("negative 1", scorer=Knowing(wrong=[1]))
    before = team.case("negative 1").rank_key
    team.correct(heard, "negative")
    shown, case = team.mention(heard), team.case("negative 1")
    assert (shown.label, shown.p_negative, shown.p_neutral, shown.p_positive) == ("negative", 1.0, 0.0, 0.0)
    assert (shown.abstained, shown.confidence, shown.model) == (False, None, "knowing 1")
    assert (case.label, case.p_negative) == ("negative", 1.0)
    assert case.rank_key > before
    with team.database.reading() as session:
        cell = session.scalars(select(HourCell)).one()
        view = get_case(session, brand_id=team.brand_id, case_id=case.id, now=NOW)
    assert (cell.negative, cell.positive, cell.p9) == (1, 0, 1)
    assert "unhappy, a person of the team says" in [reason.words for reason in view.row.reasons]
    assert team.events(case.id)[-1] == "opinion_corrected"
    team.check()


def test_undo_brings_the_models_opinion_back(team):
    (heard,) = team.hear("negative 1", scorer=Knowing(wrong=[1]))
    before, case = team.mention(heard), team.case("negative 1")
    team.correct(heard, "negative")
    team.take_back(heard)
    after = team.mention(heard)
    for name in ("label", "p_negative", "p_neutral", "p_positive", "confidence", "abstained", "model", "scored_at"):
        assert getattr(after, name) == getattr(before, name), name
    assert team.case("negative 1").rank_key == case.rank_key
    assert said(team) == [(team.mina, "negative", None), (team.mina, None, None)], "nothing said is ever removed"
    team.check()


def test_an_opinion_that_was_unsure_is_unsure_again_after_undo(team):
    unsure = next(text for number in range(99) if opinion_of(text := f"negative {number}").abstained)
    (heard,) = team.hear(unsure, scorer=WordScorer())
    team.correct(heard, "neutral")
    assert (team.mention(heard).abstained, team.mention(heard).abstain_reason) == (False, None)
    team.check()
    team.take_back(heard)
    assert (team.mention(heard).abstained, team.mention(heard).abstain_reason) == (True, "test")
    team.check()


def test_saying_what_the_model_says_confirms_it(team):
    (heard,) = team.hear("positive 1")
    team.correct(heard, "positive")
    assert said(team) == [(team.mina, "positive", None)]
    assert team.mention(heard).p_positive == 1.0


def test_saying_the_same_twice_changes_nothing(team):
    (heard,) = team.hear("positive 1")
    for intent in ("praise", "praise", None):
        team.correct(heard, "neutral", intent=intent)
    assert said(team) == [(team.mina, "neutral", "praise")]


def test_the_newest_of_each_person_counts_and_of_several_people_the_newest(team):
    (heard,) = team.hear("positive 1")
    team.correct(heard, "negative", by=team.mina)
    team.correct(heard, "neutral", by=team.theo)
    assert team.label(heard) == "neutral"
    team.correct(heard, "positive", by=team.mina)
    assert team.label(heard) == "positive"
    team.take_back(heard, by=team.mina)
    assert team.label(heard) == "neutral"
    assert len(said(team)) == 4
    team.check()


def test_an_admins_word_counts_before_the_others(team):
    (heard,) = team.hear("positive 1")
    team.correct(heard, "negative", by=team.admin)
    team.correct(heard, "neutral", by=team.mina)
    assert team.label(heard) == "negative"
    team.take_back(heard, by=team.admin)
    assert team.label(heard) == "neutral"


def test_a_correction_survives_scoring_anew_and_undo_shows_the_newer_opinion(team):
    (heard,) = team.hear("negative 1", scorer=Knowing(wrong=[1]))
    team.correct(heard, "neutral")
    forget_scoring(team, heard)
    assert team.score(Knowing("knowing 2")) == 1
    assert (team.label(heard), team.mention(heard).model) == ("neutral", "knowing 2")
    team.check()
    team.take_back(heard)
    assert (team.label(heard), team.mention(heard).model) == ("negative", "knowing 2")
    team.check()


def wishes(team: Team, mention_id: int) -> tuple:
    row = team.mention(mention_id)
    return row.intent, row.intent_confidence, row.intensity


def test_what_a_person_says_a_text_wants_is_shown_and_undo_brings_the_models_back(team):
    asking = next(text for number in range(99) if opinion_of(text := f"negative {number}").intent == "question")
    (heard,) = team.hear(asking, scorer=WordScorer())
    before = wishes(team, heard)
    team.correct(heard, "negative", intent="complaint")
    assert wishes(team, heard) == ("complaint", None, before[2])
    assert team.case(asking).intent == "complaint"
    team.check()
    forget_scoring(team, heard)
    team.score(WordScorer())
    assert wishes(team, heard) == ("complaint", None, before[2]), "it survives scoring anew"
    team.take_back(heard)
    assert wishes(team, heard) == before
    assert team.case(asking).intent == "question"


def test_who_does_not_say_what_a_text_wants_leaves_that_to_the_model(team):
    asking = next(text for number in range(99) if opinion_of(text := f"negative {number}").intent == "question")
    (heard,) = team.hear(asking, scorer=WordScorer())
    before = wishes(team, heard)
    team.correct(heard, "positive")
    assert wishes(team, heard) == before


def test_what_a_deleted_text_wanted_goes_with_it_also_beneath_a_correction(team):
    asking = next(text for number in range(99) if opinion_of(text := f"negative {number}").intent == "question")
    (heard,) = team.hear(asking, scorer=WordScorer())
    team.correct(heard, "negative", intent="complaint")
    team(gone=(asking,))
    assert wishes(team, heard) == (None, None, None)
    assert team.count(OverruledOpinion) == 0


def forget_scoring(team: Team, mention_id: int) -> None:
    """Let a text wait for another opinion, as a command that scores everything anew would."""
    with team.database.writing() as session:
        session.execute(update(Mention).where(Mention.id == mention_id).values(scored_at=None))


def test_an_edit_at_the_source_leaves_the_correction_behind(team):
    (heard,) = team.hear("negative 1")
    team.correct(heard, "positive")
    team.edit("negative 1", to="neutral 1")
    assert team.label(heard) is None
    team.check()
    team.score(Knowing())
    assert team.label(heard) == "neutral"
    team.check()
    with pytest.raises(Conflict, match="no correction of this text"):
        team.take_back(heard)
    team.correct(heard, "negative")
    assert team.label(heard) == "negative"
    team.take_back(heard)
    assert team.label(heard) == "neutral"
    team.check()


def test_a_text_the_model_could_not_read_shows_what_people_say(team):
    scorer = WordScorer(poison="negative")
    team.hear("negative 1", scorer=scorer)
    for _ in range(3):
        team.score(scorer)
    heard = team.row("negative 1").id
    assert team.mention(heard).score_fault
    team.correct(heard, "negative")
    assert (team.label(heard), team.mention(heard).model) == ("negative", None)
    team.check()
    team.take_back(heard)
    assert (team.label(heard), team.mention(heard).scored_at) == (None, None)
    team.check()


def test_what_was_deleted_cannot_be_judged_and_its_counts_stay(team):
    first, second = team.hear("negative 1", "negative 2")
    team.correct(first, "positive")
    team(gone=("negative 1", "negative 2"))
    team.check()
    for mention_id in (first, second):
        with pytest.raises(Conflict, match="deleted"):
            team.correct(mention_id, "neutral")
    with pytest.raises(Conflict, match="deleted"):
        team.take_back(first)
    assert team.label(first) == "positive"


def test_nothing_of_another_brand_can_be_corrected_nor_by_its_people(team):
    (heard,) = team.hear("negative 1")
    with team.database.writing() as session:
        stranger = factories.make_user(session, brand=factories.make_brand(session)).id
    with pytest.raises(NotFound):
        team.correct(heard, "neutral", by=stranger)
    with team.database.writing() as session, pytest.raises(NotFound):
        other = factories.make_mention(session, p_negative=0.9)
        correct(session, brand_id=team.brand_id, mention_id=other.id, label="neutral", user_id=team.mina, now=NOW)
    assert said(team) == []


@pytest.mark.parametrize(("label", "intent"), [("angry", None), ("", None), ("neutral", "chatter"), ("NEGATIVE", None)])
def test_unknown_labels_and_intents_are_refused_with_those_there_are(team, label, intent):
    (heard,) = team.hear("negative 1")
    with pytest.raises(Invalid, match="choose one of"):
        team.correct(heard, label, intent=intent)


def test_whose_word_is_shown_is_told_with_whether_the_reader_can_take_theirs_back(team):
    first, second = team.hear("negative 1", "negative 2")
    team.correct(first, "neutral", by=team.theo)
    with team.database.reading() as session:
        told = corrected(session, [first, second], reader_id=team.mina)
        mine = corrected(session, [first], reader_id=team.theo)
    assert told.keys() == {first}
    assert (told[first].name, told[first].at, told[first].is_mine) == ("Theo", NOW, False)
    assert mine[first] == replace(told[first], is_mine=True)


@pytest.mark.parametrize("seed", range(3))
def test_figures_and_cases_equal_a_recount_after_any_sequence(team, seed):
    rng = random.Random(seed)
    names = [f"{label} {number}" for number in range(6) for label in ("negative", "positive")]
    ids = team.hear(*names, scorer=WordScorer())
    for _ in range(40):
        mention_id, name = rng.choice(list(zip(ids, names, strict=True)))
        by = rng.choice([team.admin, team.mina, team.theo])
        try:
            match rng.randrange(12):
                case 0:
                    team.edit(name, to=f"neutral {rng.randrange(9)}")
                case 1:
                    team.score(WordScorer())
                case 2:
                    forget_scoring(team, mention_id) if team.mention(mention_id).gone_at is None else None
                    team.score(Knowing("knowing 2") if rng.random() < 0.5 else WordScorer())
                case 3 if rng.random() < 0.3:
                    team(gone=(name,))
                case 3 | 4 | 5:
                    team.take_back(mention_id, by=by)
                case _:
                    team.correct(mention_id, rng.choice(["negative", "neutral", "positive"]), by=by)
        except Conflict:
            pass  # nothing to take back, or gone: both leave everything as it was
        team.check()
