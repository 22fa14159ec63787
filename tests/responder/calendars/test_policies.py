"""A brand's promises and calendars: set, read as one book, taken back; what could not be kept is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from responder.calendars import policies
from responder.calendars.terms import FIRST_MINUTES, USUAL, Clock
from responder.errors import Conflict, Invalid, NotFound
from responder.intake import leads
from responder.models import Case
from tests.factories import NOW, make_brand, make_case, make_mention

FRIDAY_EVENING = datetime(2026, 3, 6, 18, tzinfo=UTC)


@pytest.fixture
def session(database):
    with database.writing() as session:
        yield session


@pytest.fixture
def brand_id(session) -> int:
    return make_brand(session).id


def put(session, brand_id: int, promise_class: str = "unhappy", **told) -> policies.Policy:
    told = {"first": 60, "next_minutes": 60, "resolution": None, "user_id": None, "now": NOW, **told}
    return policies.set_policy(session, brand_id=brand_id, promise_class=promise_class, **told)


def office(session, brand_id: int, *lines: str, name: str = "Office") -> None:
    lines = lines or ("mon-fri 09:00-17:00", "sat 10:00-14:00 duty")
    policies.set_calendar(session, brand_id=brand_id, name=name, zone="UTC", lines=lines, now=NOW)


def test_while_nothing_is_set_the_usual_holds(session, brand_id):
    listed = policies.list_policies(session, brand_id=brand_id)
    assert {one.promise_class: one.first for one in listed} == dict(FIRST_MINUTES)
    assert not any(one.is_set for one in listed)
    assert policies.book_of(session, brand_id) == USUAL


def test_what_is_set_replaces_what_was_and_can_be_taken_back(session, brand_id):
    put(session, brand_id, first=45)
    put(session, brand_id, first=30, source="x")
    put(session, brand_id, first=40)
    book = policies.book_of(session, brand_id)
    assert (book.of("unhappy").first, book.of("unhappy", "x").first) == (40, 30)
    listed = policies.list_policies(session, brand_id=brand_id)
    assert [(one.promise_class, one.source, one.first) for one in listed if one.is_set] == [
        ("unhappy", None, 40), ("unhappy", "x", 30),
    ]  # fmt: skip
    policies.unset_policy(session, brand_id=brand_id, promise_class="unhappy")
    assert policies.book_of(session, brand_id).of("unhappy", "reddit") == USUAL.of("unhappy")
    with pytest.raises(NotFound):
        policies.unset_policy(session, brand_id=brand_id, promise_class="unhappy")


def test_a_promise_goes_by_its_calendar_with_those_on_duty_or_without(session, brand_id):
    office(session, brand_id)
    put(session, brand_id, calendar="Office")
    put(session, brand_id, "safety", first=15, calendar="office".title(), with_duty=True)
    book = policies.book_of(session, brand_id)
    assert book.of("unhappy").due(Clock.FIRST, FRIDAY_EVENING) == datetime(2026, 3, 9, 10, tzinfo=UTC)
    assert book.of("safety").due(Clock.FIRST, FRIDAY_EVENING) == datetime(2026, 3, 7, 10, 15, tzinfo=UTC)


def test_brands_share_neither_promises_nor_calendars(session, brand_id):
    office(session, brand_id)
    put(session, brand_id, calendar="Office")
    other = make_brand(session).id
    assert policies.book_of(session, other) == USUAL
    with pytest.raises(NotFound, match="Known are: none yet"):
        put(session, other, calendar="Office")


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ({"promise_class": "urgent"}, "choose one of safety"),
        ({"first": 0}, "first: write minutes"),
        ({"first": float("nan")}, "first: write minutes"),
        ({"next_minutes": -5}, "next: write minutes"),
        ({"resolution": 1e9}, "resolution: write minutes"),
        ({"source": " "}, "name the source"),
    ],
)
def test_what_nobody_could_keep_is_refused(session, brand_id, told, says):
    with pytest.raises(Invalid, match=says):
        put(session, brand_id, **told)


def test_a_promise_by_a_calendar_that_never_opens_is_refused_from_either_side(session, brand_id):
    office(session, brand_id, "sat 10:00-14:00 duty", "2026-12-24 09:00-12:00")
    with pytest.raises(Invalid, match="never end"):
        put(session, brand_id, calendar="Office")
    put(session, brand_id, calendar="Office", with_duty=True)
    with pytest.raises(Invalid, match="never end"):
        office(session, brand_id, "2026-12-24 09:00-12:00")


def test_a_calendar_that_promises_go_by_is_kept(session, brand_id):
    office(session, brand_id)
    put(session, brand_id, calendar="Office")
    with pytest.raises(Conflict, match="unhappy"):
        policies.remove_calendar(session, brand_id=brand_id, name="Office")
    policies.unset_policy(session, brand_id=brand_id, promise_class="unhappy")
    policies.remove_calendar(session, brand_id=brand_id, name="Office")
    assert policies.list_calendars(session, brand_id=brand_id) == []


@pytest.mark.parametrize("name", ["", "   ", "n" * 61])
def test_a_calendar_has_a_name_people_can_read(session, brand_id, name):
    with pytest.raises(Invalid, match="name"):
        office(session, brand_id, name=name)


def test_a_case_is_promised_what_the_brand_promises_its_channel(session, brand_id):
    office(session, brand_id)
    put(session, brand_id, first=60, calendar="Office", source="memory")
    lead = make_mention(session, brand_id=brand_id, p_negative=0.95, created_at=FRIDAY_EVENING)
    case = make_case(session, lead=lead, opened_at=FRIDAY_EVENING)
    leads.refresh(session, [case.id], now=FRIDAY_EVENING)
    assert promise(session, case) == ("unhappy", datetime(2026, 3, 9, 10, tzinfo=UTC))


def test_a_new_policy_only_brings_a_promise_nearer(session, brand_id):
    case = make_case(session, lead=make_mention(session, brand_id=brand_id, p_negative=0.95))
    for first, minutes in ((60, 60), (20, 20), (600, 20)):
        put(session, brand_id, first=first)
        leads.refresh(session, [case.id], now=NOW)
        assert promise(session, case) == ("unhappy", NOW + timedelta(minutes=minutes))


def promise(session, case: Case) -> tuple[str | None, datetime | None]:
    session.refresh(case)
    return case.promise_class, case.promised_by
