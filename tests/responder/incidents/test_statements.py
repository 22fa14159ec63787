"""A statement is drafted by who may, approved as it was read, loses its approval when changed, and is not copied."""

from __future__ import annotations

import pytest

from responder.context import Context
from responder.errors import Conflict, Invalid, NotAllowed, NotFound
from responder.incidents import moves, statements
from responder.incidents.reading import get_incident, list_incidents, outbreak_of
from responder.models import Brand, Case, Incident, IncidentEvent, Role
from tests.factories import make_user
from tests.responder.incidents.complaining import LEAKS, Complaining

WORDS = (
    "Thank you, {name}.\nWe hear you, {name}.\n\nBatch 12 leaks.\nIt is batch 12.\n\nMore by six.\nBy six we say more."
)


@pytest.fixture
def brand(context: Context) -> Complaining:
    made = Complaining(context)
    made.ids = made.says(*LEAKS)
    return made


@pytest.fixture
def act(brand: Complaining):
    """Call something of the package on the brand's incident, in a transaction of its own."""
    with brand.context.database.writing() as session:
        user_id = make_user(session, brand=session.get_one(Brand, brand.brand_id)).id
    incident_id = brand.incidents()[0].id

    def call(what, **more):
        given = {"brand_id": brand.brand_id, "incident_id": incident_id, "user_id": user_id, "now": brand.now}
        with brand.context.database.writing() as session:
            return what(session, **{**given, **more})

    return call


def draft(act, text: str = WORDS, role: str = Role.AGENT, seen: str = "") -> Incident:
    return act(statements.draft, text=text, seen=seen, role=role)


def approve(act, seen: str = WORDS, role: str = Role.ADMIN) -> Incident:
    return act(statements.approve, seen=seen, role=role)


def prepare(act, brand: Complaining, number: int, text: str, **more) -> str:
    return act(statements.prepare, mention_id=brand.ids[number], text=text, **{"role": Role.AGENT, **more})


def test_a_changed_statement_loses_its_approval_and_an_unchanged_one_keeps_it(act, brand):
    draft(act)
    assert approve(act).approved_at is not None
    assert draft(act, WORDS + "  \r\n").approved_at is not None
    changed = draft(act, WORDS + "\n\nSorry.", seen=WORDS)
    assert (changed.approved_at, changed.approved_by) == (None, None)
    assert brand.events(changed.id)[-4:] == ["drafted", "approved", "approval_lost", "drafted"]


def test_only_who_may_drafts_and_approves(act):
    with pytest.raises(NotAllowed):
        draft(act, role=Role.MARKETER)
    draft(act)
    with pytest.raises(NotAllowed):
        approve(act, role=Role.AGENT)
    with pytest.raises(NotAllowed):
        approve(act, role=Role.MARKETER)


def test_what_was_not_read_is_not_approved(act):
    with pytest.raises(Conflict):
        approve(act)
    draft(act)
    with pytest.raises(Conflict, match="changed meanwhile"):
        approve(act, seen="Something else.")


def test_nothing_is_prepared_before_the_approval(act, brand):
    draft(act)
    with pytest.raises(Conflict, match="approved"):
        prepare(act, brand, 0, "Thank you.")


def test_an_answer_too_like_the_last_ones_is_refused_and_another_wording_is_not(act, brand):
    draft(act)
    approve(act)
    answer = "Thank you, person1. Batch 12 leaks. More by six."
    assert prepare(act, brand, 0, answer) == answer
    with pytest.raises(Invalid, match="100%"):
        prepare(act, brand, 1, answer)
    prepare(act, brand, 1, "We hear you. It is batch 12, and by six we say more.")
    prepare(act, brand, 0, answer)  # the same thread may be prepared again


def test_checking_one_case_again_and_again_does_not_make_the_others_forgotten(act, brand):
    draft(act)
    approve(act)
    prepare(act, brand, 1, "Batch twelve has a leak and we take it back today.")
    for number in range(25):
        prepare(act, brand, 0, f"alpha{number} beta{number} gamma{number}")
    with pytest.raises(Invalid, match="100%"):
        prepare(act, brand, 2, "Batch twelve has a leak and we take it back today.")


def test_a_statement_is_saved_only_over_the_one_it_was_written_from(act):
    draft(act)
    with pytest.raises(statements.Overtaken) as overtaken:
        draft(act, "Another one.", seen="")
    assert overtaken.value.stands == WORDS
    assert draft(act, "Another one.", seen=WORDS + "\r\n").statement == "Another one."


def test_suggestions_for_several_threads_stay_under_the_ceiling(act, brand):
    draft(act)
    approve(act)
    for number in range(3):

        def suggested(session, mention_id=brand.ids[number], incident_id=0, **_given):
            incident = session.get_one(Incident, incident_id)
            mention = statements.addressed(session, incident, mention_id)
            return statements.suggest(session, incident, statements.thread_of(session, mention))

        prepare(act, brand, number, act(suggested).text)
    with brand.context.database.reading() as session:
        told = [row.detail for row in session.query(IncidentEvent).filter_by(kind="prepared")]
    assert [detail["as_approved"] for detail in told] == [True, True, True]


def test_a_text_changed_by_hand_is_noted_as_not_the_approved_one(act, brand):
    draft(act)
    approve(act)
    prepare(act, brand, 0, "We give everybody a car.")
    with brand.context.database.reading() as session:
        detail = session.query(IncidentEvent).filter_by(kind="prepared").one().detail
    assert detail["as_approved"] is False
    assert "car" not in repr(detail), "no words are kept"


def test_nothing_of_another_brand_is_reached(act, brand, context):
    other = Complaining(context)
    theirs = other.says(*LEAKS)
    draft(act)
    approve(act)
    with pytest.raises(NotFound):
        act(statements.prepare, mention_id=theirs[0], text="Hello", role=Role.AGENT)
    for what, more in (
        (statements.draft, {"text": "x", "seen": "", "role": Role.ADMIN}),
        (statements.approve, {"seen": "x", "role": Role.ADMIN}),
        (moves.rename, {"title": "x"}),
        (moves.close, {}),
        (moves.reopen, {}),
        (moves.keep_out, {"case_id": other.case_of(theirs[0]).id}),
        (moves.put_back, {"case_id": other.case_of(theirs[0]).id}),
    ):
        with pytest.raises(NotFound):
            act(what, incident_id=other.incidents()[0].id, **more)
    with brand.context.database.reading() as session:
        with pytest.raises(NotFound):
            get_incident(session, brand_id=brand.brand_id, incident_id=other.incidents()[0].id, now=brand.now)
        assert len(list_incidents(session, brand_id=brand.brand_id, now=brand.now)) == 1


def test_a_case_taken_out_stays_out_and_the_counts_follow(act, brand):
    case_id = brand.case_of(brand.ids[0]).id
    assert act(moves.keep_out, case_id=case_id).voices == 3
    brand.context.clock.tick(minutes=1)
    brand.says("#leak one more kettle leaks at its base")
    assert brand.incident_of(brand.ids[0]) is None
    assert brand.incidents()[0].voices == 4
    with pytest.raises(NotFound):
        act(moves.keep_out, case_id=case_id)


def test_a_closed_incident_cannot_be_changed_and_its_cases_stay(act, brand):
    closed = act(moves.close)
    assert closed.vector is None
    assert brand.events(closed.id)[-1] == "closed"
    with pytest.raises(Conflict):
        act(moves.close)
    with pytest.raises(Conflict):
        draft(act)
    with brand.context.database.reading() as session:
        assert session.query(Case).filter_by(incident_id=closed.id).count() == 4


def test_a_closed_incident_opens_again_unless_it_is_really_over(act, brand):
    act(moves.close)
    again = act(moves.reopen)
    assert (again.closed_at, again.voices, again.vector is not None) == (None, 4, True)
    with pytest.raises(Conflict, match="open already"):
        act(moves.reopen)
    act(moves.close)
    brand.context.clock.tick(hours=73)
    with pytest.raises(Conflict, match="over"):
        act(moves.reopen)
    assert brand.incidents() == []


def test_what_was_taken_out_goes_back_where_it_was(act, brand):
    case_id = brand.case_of(brand.ids[0]).id
    act(moves.keep_out, case_id=case_id)
    with brand.context.database.reading() as session:
        view = get_incident(session, brand_id=brand.brand_id, incident_id=brand.incidents()[0].id, now=brand.now)
    assert [one.case_id for one in view.taken_out] == [case_id]
    assert act(moves.put_back, case_id=case_id).voices == 4
    assert brand.incident_of(brand.ids[0]) == brand.incidents()[0].id
    with pytest.raises(NotFound):
        act(moves.put_back, case_id=case_id)


@pytest.mark.parametrize("title", ["👩‍🚒 fire", "می‌خواهم", "❤️‍🔥"])
def test_a_name_may_hold_what_is_joined_by_unseen_signs(act, title):
    assert act(moves.rename, title=title).title == title


def test_a_name_of_signs_nobody_can_see_is_refused_for_what_it_is(act):
    with pytest.raises(Invalid, match="nobody can see"):
        act(moves.rename, title="a\u202eb")


def test_a_name_stands_for_the_leads_words_until_it_is_taken_away(act, brand):
    assert act(moves.rename, title="  Batch   12 ").title == "Batch 12"
    assert act(moves.rename, title="").title is None
    with pytest.raises(Invalid):
        act(moves.rename, title="x" * 121)


def test_the_page_of_an_incident_tells_why_each_voice_is_there(brand):
    with brand.context.database.reading() as session:
        view = get_incident(session, brand_id=brand.brand_id, incident_id=brand.incidents()[0].id, now=brand.now)
    assert [voice.mention.id for voice in view.voices] == brand.ids
    assert all(voice.likeness is not None and voice.likeness >= 1 for voice in view.voices)
    assert {"kettle", "leaks"} <= set(view.voices[0].shared)
    assert (view.row.last_day, view.row.day_before, view.row.open_cases) == (4, 0, 4)
    assert [happened.event.kind for happened in view.events] == ["opened"]


def test_what_was_deleted_at_its_source_is_not_shown(brand):
    brand.delete(brand.ids[0])
    with brand.context.database.reading() as session:
        view = get_incident(session, brand_id=brand.brand_id, incident_id=brand.incidents()[0].id, now=brand.now)
    assert len(view.voices) == 3
    assert LEAKS[0] not in {voice.mention.text for voice in view.voices}


def test_the_banner_is_the_largest_open_outbreak_of_the_brand(brand, context):
    other = Complaining(context)
    brand.says(*(f"#bill number {number} charged twice" for number in range(9)))
    brand.says(*(f"#post number {number} parcel lost" for number in range(12)))
    with brand.context.database.reading() as session:
        largest = outbreak_of(session, brand.brand_id)
        assert outbreak_of(session, other.brand_id) is None
    assert largest is not None
    assert largest.voices == 12
    rows = sorted(brand.incidents(), key=lambda row: -row.voices)
    assert [row.outbreak_at is not None for row in rows] == [True, True, False]
    with brand.context.database.reading() as session:
        listed = list_incidents(session, brand_id=brand.brand_id, now=brand.now)
    assert [row.incident.voices for row in listed] == [12, 9, 4]
