"""Gold is read from the mentions themselves: what was edited, deleted or may not be used is not in it."""

from __future__ import annotations

from sqlalchemy import delete, inspect, text

from responder.learning.gold import GoldCount, count_gold, gold_rows, judged_by, opinions_of
from responder.learning.terms import permit
from responder.models import Mention
from sentiment import Label
from tests import factories
from tests.factories import NOW
from tests.responder.learning.knowing import Knowing, Team


def rows(team: Team):
    with team.database.reading() as session:
        return gold_rows(session, team.brand_id)


def count(team: Team) -> GoldCount:
    with team.database.reading() as session:
        return count_gold(session, team.brand_id)


def test_a_row_holds_the_text_and_what_people_say_of_it(team):
    (heard,) = team.hear("negative 1", scorer=Knowing(wrong=[1]))
    team.correct(heard, "negative", intent="complaint")
    (row,) = rows(team)
    assert (row.mention_id, row.text, row.label, row.intent) == (heard, "negative 1", Label.NEGATIVE, "complaint")
    assert (row.language, row.source, row.corrected_at) == ("en", "memory", NOW)


def test_what_nobody_corrected_is_no_gold_and_undo_takes_it_out(team):
    first, _ = team.hear("negative 1", "negative 2")
    team.correct(first, "positive")
    assert [row.mention_id for row in rows(team)] == [first]
    team.take_back(first)
    assert rows(team) == []


def test_of_two_people_who_disagree_the_one_that_counts_is_gold_and_both_are_kept(team):
    (heard,) = team.hear("negative 1")
    team.correct(heard, "positive", by=team.admin)
    team.correct(heard, "neutral", by=team.mina)
    assert [row.label for row in rows(team)] == [Label.POSITIVE]


def test_an_edited_text_is_gold_no_more_until_it_is_judged_anew(team):
    (heard,) = team.hear("negative 1")
    team.correct(heard, "positive")
    team.edit("negative 1", to="neutral 1")
    assert rows(team) == []
    team.score(Knowing())
    assert rows(team) == []
    assert count(team).edited == 1
    team.correct(heard, "positive")
    assert [row.text for row in rows(team)] == ["neutral 1"]
    assert count(team).edited == 0


def test_a_deleted_text_leaves_nothing_of_its_words_behind(team):
    (heard,) = team.hear("negative 1 planted")
    team.correct(heard, "positive")
    team(gone=("negative 1 planted",))
    assert rows(team) == []
    assert (count(team).rows, count(team).deleted) == (0, 1)
    with team.database.reading() as session:
        for table in inspect(team.database.engine).get_table_names():
            if table in {"mentions", "authors"} or "search" in table:
                continue  # the tombstone keeps the platform's id, which this test made of the words
            found = str(session.execute(text(f"SELECT * FROM {table}")).all())
            assert "planted" not in found, table
        assert session.get_one(Mention, heard).text == ""


def test_removing_a_mention_removes_its_corrections(team):
    (heard,) = team.hear("negative 1")
    team.correct(heard, "positive")
    with team.database.writing() as session:
        session.execute(delete(Mention).where(Mention.id == heard))
        assert session.execute(text("SELECT count(*) FROM corrections")).scalar() == 0
        assert session.execute(text("SELECT count(*) FROM overruled_opinions")).scalar() == 0


def test_posts_whose_platform_forbids_training_are_shown_corrected_and_are_no_gold(team):
    forbidden, unknown, allowed = (
        team.hear(f"negative {number}", source=source)[0] for number, source in enumerate(("x", "reviews", "memory"))
    )
    for mention_id in (forbidden, unknown, allowed):
        team.correct(mention_id, "positive")
    assert team.label(forbidden) == "positive"
    assert [row.mention_id for row in rows(team)] == [allowed]
    assert count(team) == GoldCount(rows=1, confirmed=0, forbidden={"x": 1, "reviews": 1}, edited=0, deleted=0)
    with team.database.writing() as session:
        permit(session, brand_id=team.brand_id, source="reviews", by="Ada", now=NOW)
    assert [row.mention_id for row in rows(team)] == [unknown, allowed]


def test_another_brands_corrections_are_not_in_it(team, context):
    other = Team(team.database, context)
    (heard,) = other.hear("negative 1")
    other.correct(heard, "positive")
    assert rows(team) == []


def test_confirmed_opinions_are_told_apart_from_mistakes(team):
    team.learn(9, wrong=[0, 4])
    assert (count(team).rows, count(team).confirmed) == (9, 7)


def test_the_opinions_of_a_model_that_is_gone_are_kept_beneath_the_corrections(team):
    ids = team.learn(3, wrong=[1])
    with team.database.reading() as session:
        kept = opinions_of(session, "knowing 1", ids)
        assert opinions_of(session, "knowing 2", ids) == {}
    assert [kept[mention_id].label for mention_id in ids] == [Label.NEGATIVE, Label.NEGATIVE, Label.POSITIVE]
    assert kept[ids[0]].p_negative == 0.8


def test_a_third_is_for_judging_and_always_the_same(team):
    team.learn(30)
    judged = [row for row in rows(team) if row.is_for_judging]
    assert len(judged) == 10
    assert [row.mention_id for row in judged] == [row.mention_id for row in rows(team) if row.is_for_judging]


def test_a_model_taught_by_gold_is_judged_by_the_third_it_was_not_shown(team):
    team.learn(30)
    held_out = [row for row in rows(team) if row.is_for_judging]
    assert judged_by(rows(team), "earshot 2", "owner/name 4f2a") == rows(team)
    assert judged_by(rows(team), "earshot 2+1a2b3c4d") == held_out
    assert judged_by(rows(team), "earshot 2", "earshot 2+1a2b3c4d") == held_out


def test_a_person_who_was_removed_leaves_their_corrections(team):
    with team.database.writing() as session:
        gone = factories.make_user(session)
        session.execute(
            text(f"INSERT INTO memberships (user_id, brand_id, role) VALUES ({gone.id}, {team.brand_id}, 'agent')")
        )
    (heard,) = team.hear("negative 1")
    team.correct(heard, "positive", by=gone.id)
    with team.database.writing() as session:
        session.execute(text(f"DELETE FROM users WHERE id = {gone.id}"))
    assert [row.label for row in rows(team)] == [Label.POSITIVE]
