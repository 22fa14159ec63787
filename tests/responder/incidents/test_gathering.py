"""Alike complaints of several people become one incident, once, inside one brand, and it follows its texts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from listeners.mentions import Mention
from responder.cases import lifecycle
from responder.context import Context
from responder.incidents import upkeep
from responder.incidents.gathering import gather_due
from responder.incidents.texts import loose_rows, rows_before
from responder.intake import embedding
from responder.learning import corrections
from responder.models import Brand, Incident, IncidentEvent, KeptOut, MentionVector
from responder.models import Mention as Row
from tests import factories
from tests.responder.incidents.complaining import LEAKS, MODEL, Complaining, TopicEmbedder


@pytest.fixture
def brand(context: Context) -> Complaining:
    return Complaining(context)


def test_three_people_who_say_the_same_open_an_incident_with_their_voices(brand: Complaining) -> None:
    brand.says(*LEAKS[:2])
    assert brand.incidents() == []
    third = brand.says(LEAKS[2], source="mastodon", followers=900)[0]
    [incident] = brand.incidents()
    assert (incident.voices, incident.case_count, incident.sources) == (3, 3, ["mastodon", "x"])
    assert incident.lead_mention_id == third, "the one most people hear leads"
    assert incident.last_at == brand.mention(third).created_at
    assert incident.outbreak_at is None
    assert brand.incident_of(third) == incident.id


def test_a_text_that_comes_later_joins_and_other_topics_stay_out(brand: Complaining) -> None:
    brand.says(*LEAKS[:3])
    joined, other = brand.says(LEAKS[3], "#bill charged me twice")
    [incident] = brand.incidents()
    assert incident.voices == 4
    assert brand.incident_of(joined) == incident.id
    assert brand.incident_of(other) is None


def test_one_person_who_says_it_again_and_again_is_one_voice(brand: Complaining) -> None:
    brand.says(*LEAKS, who="ann")
    brand.says(LEAKS[0], who="bob")
    assert brand.incidents() == []
    brand.says(LEAKS[1], who="cem")
    [incident] = brand.incidents()
    assert (incident.voices, incident.case_count) == (3, 3)
    brand.says("#leak and again it leaks", who="ann")
    [incident] = brand.incidents()
    assert incident.voices == 3


def test_happy_texts_and_old_ones_open_nothing(brand: Complaining) -> None:
    brand.says(*(f"{text} and I love it" for text in LEAKS))
    brand.says(*LEAKS, ago=60 * 49)
    assert brand.incidents() == []


def test_gathering_again_changes_nothing(brand: Complaining) -> None:
    brand.says(*LEAKS)
    brand.says("#bill charged me twice")
    before = [upkeep._told(row) for row in brand.incidents()]
    events = brand.events(brand.incidents()[0].id)
    assert gather_due(brand.context) == 0
    assert gather_due(brand.context) == 0
    assert [upkeep._told(row) for row in brand.incidents()] == before
    assert brand.events(brand.incidents()[0].id) == events


def test_each_text_is_looked_at_once(brand: Complaining) -> None:
    brand.says(*LEAKS[:2])
    with brand.context.database.reading() as session:
        assert None not in session.scalars(select(MentionVector.grouped_at)).all()
    assert gather_due(brand.context) == 0


def test_more_texts_than_one_step_compares_wait_for_the_next(brand: Complaining) -> None:
    brand.says(*(f"#topic{number} each of its own" for number in range(20)))
    assert gather_due(brand.context) == 4
    assert gather_due(brand.context) == 0


def test_nothing_is_grouped_across_brands(brand: Complaining, context: Context) -> None:
    other = Complaining(context)
    brand.says(*LEAKS[:2])
    other.says(*LEAKS[2:])
    assert brand.incidents() == other.incidents() == []
    mine = brand.says("#leak one more kettle leaks")
    theirs = other.says("#leak and one more kettle leaks")
    assert brand.incident_of(mine[0]) != other.incident_of(theirs[0])
    assert [row.voices for row in (*brand.incidents(), *other.incidents())] == [3, 3]


def test_who_becomes_happy_or_is_gone_leaves_and_the_lead_follows(brand: Complaining) -> None:
    ids = brand.says(*LEAKS, followers=10)
    famous = brand.says("#leak everybody hears that mine leaks", followers=50_000)[0]
    [incident] = brand.incidents()
    assert incident.lead_mention_id == famous
    before = incident.vector
    brand.context.clock.tick(minutes=1)
    brand.delete(famous)
    [incident] = brand.incidents()
    assert incident.voices == 4
    assert incident.lead_mention_id in ids
    assert incident.vector != before, "the middle is made of what is left"
    brand.edit(ids[0], "#leak they mended it, love them")
    [incident] = brand.incidents()
    assert incident.voices == 3
    assert brand.incident_of(ids[0]) is None


def test_who_speaks_of_something_else_after_an_edit_leaves(brand: Complaining) -> None:
    ids = brand.says(*LEAKS)
    brand.edit(ids[1], "#bill on second thoughts the invoice is the worst of it")
    assert brand.incident_of(ids[1]) is None
    assert brand.incidents()[0].voices == 3


def test_an_incident_of_which_one_voice_is_left_is_dissolved_and_nothing_of_it_kept(brand: Complaining) -> None:
    ids = brand.says(*LEAKS[:3])
    brand.delete(*ids[:2])
    [incident] = brand.incidents(closed=True)
    assert brand.incidents() == []
    assert (incident.voices, incident.lead_mention_id, incident.vector, incident.model) == (0, None, None, None)
    assert brand.incident_of(ids[2]) is None
    assert brand.events(incident.id)[-1] == "closed"


def test_an_incident_is_closed_after_72_hours_of_silence_and_keeps_no_middle(brand: Complaining) -> None:
    ids = brand.says(*LEAKS[:3])
    brand.context.clock.tick(hours=71)
    gather_due(brand.context)
    assert len(brand.incidents()) == 1
    brand.context.clock.tick(hours=1)
    gather_due(brand.context)
    [incident] = brand.incidents(closed=True)
    assert incident.vector is None
    assert brand.incident_of(ids[0]) == incident.id, "whose it was is still told"


def test_the_same_again_after_a_closed_one_is_a_new_incident(brand: Complaining) -> None:
    brand.says(*LEAKS[:3])
    brand.context.clock.tick(hours=73)
    brand.says("#leak leaks again", "#leak leaking once more", "#leak mine leaks too")
    assert (len(brand.incidents()), len(brand.incidents(closed=True))) == (1, 1)


def test_what_is_said_every_day_opens_nothing_and_many_more_at_once_do(brand: Complaining) -> None:
    for day in range(2, 30):
        brand.says(f"#order number {day} never came", ago=day * 1440 + 5)
    brand.says("#order where is mine", "#order still waiting", "#order not here yet")
    assert brand.incidents() == []
    brand.says(*(f"#order nothing came today either {number}" for number in range(12)))
    assert len(brand.incidents()) == 1


def test_a_case_a_person_took_out_stays_out(brand: Complaining) -> None:
    ids = brand.says(*LEAKS)
    [incident] = brand.incidents()
    case = brand.case_of(ids[0])
    with brand.context.database.writing() as session:
        upkeep.take_out(session, incident.id, [case.id], now=brand.now)
        session.add(KeptOut(case_id=case.id, incident_id=incident.id, user_id=None, at=brand.now))
    brand.says("#leak it leaks even more", who=None)
    brand.edit(ids[0], "#leak the kettle still leaks")
    assert brand.incident_of(ids[0]) is None


def test_a_text_that_a_person_calls_unhappy_is_looked_at_again(brand: Complaining) -> None:
    brand.says(*LEAKS[:3])
    passed_by = brand.says("#leak you must love a kettle that drips")[0]
    assert brand.incident_of(passed_by) is None
    brand.context.clock.tick(minutes=1)
    with brand.context.database.writing() as session:
        user = factories.make_user(session, brand=session.get_one(Brand, brand.brand_id))
        corrections.correct(
            session,
            brand_id=brand.brand_id,
            mention_id=passed_by,
            label="negative",
            intent=None,
            user_id=user.id,
            now=brand.now,
        )
    brand.context.clock.tick(minutes=1)
    gather_due(brand.context)
    assert brand.incident_of(passed_by) == brand.incidents()[0].id
    brand.context.clock.tick(minutes=5)
    assert gather_due(brand.context) == 0


def test_resolved_cases_are_not_put_into_incidents_and_members_stay_when_they_are_answered(brand: Complaining) -> None:
    ids = brand.says(*LEAKS[:2])
    with brand.context.database.writing() as session:
        user = factories.make_user(session)
        who = {"brand_id": brand.brand_id, "user_id": user.id, "now": brand.now}
        lifecycle.resolve(session, case_id=brand.case_of(ids[0]).id, **who)
    third, fourth = brand.says(*LEAKS[2:])
    [incident] = brand.incidents()
    assert brand.incident_of(ids[0]) is None
    with brand.context.database.writing() as session:
        lifecycle.resolve(session, case_id=brand.case_of(third).id, **who)
    gather_due(brand.context)
    assert brand.incident_of(third) == brand.incident_of(fourth) == incident.id
    assert brand.incidents()[0].voices == 3


def test_a_text_deleted_while_it_was_compared_joins_nothing(brand: Complaining, monkeypatch) -> None:
    ids = brand.says(*LEAKS[:2])
    from responder.incidents import gathering

    def group_late(*given, **named):
        found = whole(*given, **named)
        brand.store(gone=[brand.mention(ids[0]).external_id])
        return found

    whole = gathering.group
    monkeypatch.setattr(gathering, "group", group_late)
    brand.says(LEAKS[2])
    assert brand.incidents() == []


def test_a_text_edited_and_read_again_while_it_was_compared_joins_nothing(brand: Complaining, monkeypatch) -> None:
    ids = brand.says(*LEAKS[:2])
    from responder.incidents import gathering

    def group_late(*given, **named):
        found = whole(*given, **named)
        with brand.context.database.writing() as session:
            session.get_one(Row, ids[0]).revision += 1
        return found

    whole = gathering.group
    monkeypatch.setattr(gathering, "group", group_late)
    brand.says(LEAKS[2])
    assert brand.incidents() == []


def test_only_the_brands_own_texts_are_read_to_compare(brand: Complaining, context: Context) -> None:
    other = Complaining(context)
    mine, _theirs = brand.says(*LEAKS[:2]), other.says(*LEAKS[:2])
    with context.database.reading() as session:
        asked = {"brand_id": brand.brand_id, "model": MODEL}
        loose = loose_rows(session, now=brand.now, **asked)
        before = rows_before(session, now=brand.now + timedelta(hours=50), **asked)
    assert {row.mention_id for row in loose} == {row.mention_id for row in before} == set(mine)


def test_vectors_of_another_model_are_not_compared_and_the_middle_is_made_anew(brand: Complaining) -> None:
    brand.says(*LEAKS[:3])
    while embedding.embed_waiting(brand.context, TopicEmbedder("topics 2"), wanted="topics 2"):
        pass
    brand.store(Mention(source="x", external_id="new", text="#leak leaks anew", created_at=brand.now))
    brand.context.clock.tick(seconds=1)
    from responder.intake.scoring import score_waiting
    from tests.responder.incidents.complaining import MoodScorer

    score_waiting(brand.context, MoodScorer(), batch=10)
    embedding.embed_waiting(brand.context, TopicEmbedder("topics 2"), wanted="topics 2")
    gather_due(brand.context)
    assert brand.incidents()[0].model == "topics 2"


def test_events_say_what_happened_in_nobodys_words(brand: Complaining) -> None:
    brand.says(*LEAKS)
    [incident] = brand.incidents()
    assert set(brand.events(incident.id)) == {"opened", "joined"}
    with brand.context.database.reading() as session:
        details = repr(session.scalars(select(IncidentEvent.detail)).all())
    assert "leak" not in details
    assert "likeness" in details


def test_eight_voices_in_a_day_are_an_outbreak_which_noise_does_not_end(brand: Complaining) -> None:
    ids = brand.says(*(f"#leak number {number} leaks" for number in range(8)))
    [incident] = brand.incidents()
    assert incident.outbreak_at is not None
    began = incident.outbreak_at
    brand.context.clock.tick(hours=30)
    brand.delete(*ids[:4])
    brand.says("#leak one more")
    [incident] = brand.incidents()
    assert (incident.voices, incident.outbreak_at) == (5, began)
    brand.says(*(f"#leak again number {number} leaks" for number in range(8)))
    [incident] = brand.incidents()
    assert (incident.voices, incident.outbreak_at) == (13, began)
    assert brand.events(incident.id).count("outbreak") == 1


@pytest.mark.parametrize("was_outbreak", [False, True])
def test_usual_incidents_that_are_large_ask_for_more_and_outbreaks_are_not_usual(
    brand: Complaining, was_outbreak: bool
) -> None:
    with brand.context.database.writing() as session:
        for number in range(6):
            at = brand.now - timedelta(days=5 + number)
            session.add(
                Incident(
                    brand_id=brand.brand_id, voices=20, case_count=20, sources=["x"], opened_at=at, last_at=at,
                    closed_at=at, outbreak_at=at if was_outbreak else None,
                )
            )  # fmt: skip
    brand.says(*(f"#leak number {number} leaks" for number in range(12)))
    assert brand.incidents()[0].voices == 12
    assert (brand.incidents()[0].outbreak_at is not None) == was_outbreak


def test_a_step_ends_when_the_brand_is_removed_meanwhile(brand: Complaining, monkeypatch) -> None:
    from responder.errors import NotFound
    from responder.incidents import gathering

    def nobody(*_given: object) -> None:
        raise NotFound("There is no such brand.")

    brand.says(*LEAKS[:2])
    with brand.context.database.writing() as session:
        session.execute(update(MentionVector).values(grouped_at=None))
    monkeypatch.setattr(gathering, "lock_brand", nobody)
    assert gather_due(brand.context) == 0
