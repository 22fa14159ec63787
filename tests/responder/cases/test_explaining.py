"""Why a case stands where it stands is told of the case as it is now, also when it changed after it was ranked."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from responder.cases.queue import get_case, list_open
from responder.cases.snapshots import store, take
from responder.incidents import upkeep
from responder.intake import leads
from responder.intake.triage import triage
from responder.learning import corrections, dangers, judgements
from responder.models import AccountLink, Case, Incident, LinkStatus
from responder.people import links
from tests.factories import NOW, make_author, make_brand, make_case, make_mention, make_user

UTC = ZoneInfo("UTC")
SECRET = "a secret of forty characters, more or less"


class Desk:
    """A team before a ranked queue: one case of an author, one of an incident of three, and two plain ones."""

    def __init__(self, session):
        self.session = session
        self.brand = make_brand(session)
        self.user = make_user(session, brand=self.brand)
        self.author = make_author(session, self.brand)
        self.case = self.opened(0.6, author=self.author)
        self.incident = Incident(
            brand_id=self.brand.id, opened_at=NOW, last_at=NOW, case_count=3, voices=3, sources=["memory"]
        )
        session.add(self.incident)
        session.flush()
        self.alike = [self.opened(0.7, incident_id=self.incident.id) for _ in range(3)]
        self.plain = [self.opened(p) for p in (0.2, 0.3)]
        leads.refresh(session, {self.case.id}, now=NOW)
        store(session, self.brand.id, take(session, self.brand.id, now=NOW, zone=UTC))

    def opened(self, p_negative, *, author=None, **columns):
        lead = make_mention(self.session, self.brand, p_negative=p_negative, author=author)
        known = {"telling": 1.0, "hearers": 50.0, "answerability": 1.0, "opened_at": NOW - timedelta(minutes=5)}
        return make_case(self.session, lead=lead, **(known | columns))

    def move(self, **fields):
        return {"brand_id": self.brand.id, "user_id": self.user.id, "now": NOW, **fields}

    def row(self, case):
        return get_case(self.session, brand_id=self.brand.id, case_id=case.id, now=NOW).row

    def parts(self, case):
        return {reason.part: reason for reason in self.row(case).reasons}


@pytest.fixture
def desk(database):
    with database.writing() as session:
        yield Desk(session)


def judge(desk):
    judgements.judge(desk.session, kind=judgements.NOT_UNHAPPY, **desk.move(case_id=desk.case.id))


def correct(desk):
    corrections.correct(desk.session, label="positive", **desk.move(mention_id=desk.case.lead_mention_id))


def hear_more(desk):
    more = make_mention(desk.session, desk.brand, author=desk.author, p_negative=0.97)
    triage(desk.session, [more.id], brand_id=desk.brand.id, now=NOW)


def keep_out(desk):
    upkeep.take_out(desk.session, desk.incident.id, [desk.alike[0].id], now=NOW)


def join(desk):
    desk.session.execute(update(Case).where(Case.id == desk.case.id).values(incident_id=desk.incident.id))


def warn(desk):
    dangers.set_danger(desk.session, kind="fire", **desk.move(case_id=desk.case.id))


def link(desk):
    other = make_author(desk.session, desk.brand, source="x", followers=90_000)
    one, two = sorted((desk.author.id, other.id))
    found = AccountLink(
        brand_id=desk.brand.id, one_id=one, other_id=two, status=LinkStatus.PROPOSED, clues={}, bits=30.0,
        proposed_at=NOW,
    )  # fmt: skip
    desk.session.add(found)
    desk.session.flush()
    links.confirm(desk.session, secret=SECRET, link_id=found.id, **desk.move())


def be_heard_by_more(desk):
    desk.session.execute(update(Case).where(Case.brand_id == desk.brand.id).values(hearers=90_000.0))


@pytest.mark.parametrize("change", [judge, correct, hear_more, keep_out, join, warn, link, be_heard_by_more])
def test_whatever_happened_since_the_ranking_the_queue_and_each_case_tell_their_reasons(desk, change):
    cases = [desk.case, *desk.alike, *desk.plain]
    change(desk)
    rows = list_open(desk.session, brand_id=desk.brand.id, now=NOW).rows
    assert len(rows) == len(cases)
    for row in [*rows, *(desk.row(case) for case in cases)]:
        assert sum(reason.points for reason in row.reasons) == row.priority
        told = {reason.part for reason in row.reasons}
        assert "incident" not in told or row.incident_id is not None


def test_a_case_that_changed_since_the_ranking_is_told_by_what_it_is_now(desk):
    before = desk.row(desk.case).priority
    judge(desk)
    after = desk.row(desk.case)
    assert after.priority < before
    assert "incident" not in {reason.part for reason in after.reasons}


def test_what_an_incident_adds_stays_what_the_ranking_found_when_a_case_changes(desk):
    before = desk.parts(desk.alike[0])["incident"]
    assert (before.points > 0, before.words) == (True, "2 more cases about the same thing")
    desk.session.execute(update(Case).where(Case.id == desk.alike[0].id).values(p_negative=0.5))
    assert desk.parts(desk.alike[0])["incident"].points == pytest.approx(before.points, abs=6)
    assert desk.parts(desk.alike[0])["unhappiness"].points < 0


def test_the_last_case_of_an_incident_has_no_points_for_others(desk):
    desk.session.execute(update(Incident).values(case_count=1))
    desk.session.expire_all()
    assert "incident" not in desk.parts(desk.alike[0])
