"""The pages of incidents: who sees them, what they say, and what is copied by hand."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import render_template_string
from sqlalchemy import select

from responder.incidents.reading import outbreak_of
from responder.models import Case, Incident, Mention, Role
from tests.factories import make_watch
from tests.webapp.incidents.scenes import STATEMENT, leaking, make_incident
from tests.webapp.scene import say


@pytest.fixture
def me(login_as):
    return login_as(Role.ADMIN, name="Mina")


@pytest.fixture
def incident(me, context) -> Incident:
    with context.database.writing() as session:
        watch = make_watch(session, me.brand, name="Lumen")
        return leaking(session, me.brand, watch, now=context.clock())


@pytest.fixture
def cases(incident, context) -> list[Case]:
    with context.database.reading() as session:
        return list(session.scalars(select(Case).where(Case.incident_id == incident.id).order_by(Case.id)))


@pytest.fixture
def held(incident, context):
    def read() -> Incident:
        with context.database.reading() as session:
            return session.get_one(Incident, incident.id)

    return read


@pytest.fixture
def approved(me, incident, held):
    me.browser.send(f"/incidents/{incident.id}/statement", {"text": STATEMENT})
    me.browser.send(f"/incidents/{incident.id}/approve", {"seen": STATEMENT})
    assert held().approved_at is not None


def test_the_list_shows_outbreaks_first_and_what_is_over_elsewhere(me, incident, context):
    with context.database.writing() as session:
        watch = make_watch(session, me.brand)
        now = context.clock()
        many = [say(session, me.brand, watch, now=now, p=0.9, text=f"Bill {number}") for number in range(7)]
        make_incident(session, me.brand, many, now=now, title="Bills twice")
        over = [say(session, me.brand, watch, now=now, p=0.9, text=f"Post {number}") for number in range(3)]
        make_incident(session, me.brand, over, now=now, title="Parcels", closed_at=now - timedelta(days=1))
    page = me.browser.get("/incidents").text
    assert page.index("The Lumen kettle leaks at its base") < page.index("Bills twice"), "an outbreak comes first"
    assert "Parcels" not in page
    closed = me.browser.get("/incidents?closed=yes").text
    assert "Parcels" in closed
    assert "Bills twice" not in closed


def test_an_empty_list_says_when_something_will_stand_there(me):
    assert "Nothing in common" in me.browser.get("/incidents").text
    assert "Nothing is over yet" in me.browser.get("/incidents?closed=yes").text


def test_the_page_shows_voices_their_words_and_why_they_stand_together(me, incident, cases):
    page = me.browser.get(f"/incidents/{incident.id}").text
    assert "5 voices" in page
    assert "Leaks at the base. Batch 12. One star, and &lt;b&gt;half&lt;/b&gt; a star" in page
    assert "Joined at a likeness of 1.30" in page
    assert "says too: <bdi>12, batch, base" in page
    assert all(f'href="/cases/{case.id}"' in page for case in cases)
    assert "5 in the last 24 h, 0 in the 24 before" in page


def test_nothing_is_answered_before_somebody_approved_it(me, incident, cases):
    me.browser.send(f"/incidents/{incident.id}/statement", {"text": STATEMENT})
    page = me.browser.get(f"/incidents/{incident.id}").text
    assert "Not approved" in page
    assert f"/cases/{cases[0].id}/answer" not in page
    answer = me.browser.send(f"/incidents/{incident.id}/cases/{cases[0].id}/prepare", {"text": "Hello"})
    assert answer.status_code == 409


def test_an_agent_writes_and_an_admin_approves(me, incident, held, login_as):
    agent = login_as(Role.AGENT, brand=me.brand).browser
    agent.send(f"/incidents/{incident.id}/statement", {"text": STATEMENT})
    assert held().statement == STATEMENT
    assert agent.send(f"/incidents/{incident.id}/approve", {"seen": STATEMENT}).status_code == 403
    assert "An admin has to approve it" in agent.get(f"/incidents/{incident.id}").text
    answer = me.browser.send(f"/incidents/{incident.id}/approve", {"seen": STATEMENT}, htmx=True)
    assert answer.text.lstrip().startswith('<article id="incident"')
    assert "Approved by Mina" in answer.text


def test_a_change_takes_the_approval_away(me, incident, approved, held):
    me.browser.send(f"/incidents/{incident.id}/statement", {"text": STATEMENT + "\n\nSorry."}, htmx=True)
    assert held().approved_at is None
    assert "Changed, so no longer approved" in me.browser.get(f"/incidents/{incident.id}").text


def test_a_statement_that_cannot_be_used_is_refused_in_words(me, incident, held):
    answer = me.browser.send(f"/incidents/{incident.id}/statement", {"text": "Dear {nmae}"}, htmx=True)
    assert answer.status_code == 422
    assert "{nmae} is not known here" in answer.text
    assert held().statement is None


def test_what_was_approved_is_adapted_to_the_thread_and_copied_by_hand(me, incident, approved, cases):
    asked = me.browser.get(f"/incidents/{incident.id}/cases/{cases[0].id}/answer", headers={"HX-Request": "true"}).text
    assert "Rosalind Achterberg" in asked
    assert "<html" not in asked
    text = re.search(r"<textarea[^>]*>(.*?)</textarea>", asked, re.DOTALL)[1]
    checked = me.browser.send(f"/incidents/{incident.id}/cases/{cases[0].id}/prepare", {"text": text}, htmx=True).text
    assert "data-copy-from" in checked
    assert "Copy and open bluesky.example" in checked
    again = me.browser.send(f"/incidents/{incident.id}/cases/{cases[1].id}/prepare", {"text": text}, htmx=True)
    assert again.status_code == 422
    assert "people would read it as copied" in again.text


def test_it_works_without_scripts(me, incident, approved, cases):
    page = me.browser.get(f"/incidents/{incident.id}/cases/{cases[1].id}/answer").text
    assert "<html" in page
    assert "Check it" in page
    assert "Hazim" in page
    done = me.browser.send(
        f"/incidents/{incident.id}/cases/{cases[1].id}/prepare", {"text": "Thanks, we take it back."}
    )
    assert "Checked. Copy it" in done.text


def test_a_thread_in_another_language_gets_its_own_words_or_a_warning(me, incident, approved, cases, context):
    turkish = me.browser.get(f"/incidents/{incident.id}/cases/{cases[3].id}/answer").text
    assert "Merhaba Derya K., haber verdiğiniz" in turkish
    assert "They write in another language" not in turkish
    with context.database.writing() as session:
        session.get_one(Case, cases[3].id).language = "el"
    assert (
        "They write in another language" in me.browser.get(f"/incidents/{incident.id}/cases/{cases[3].id}/answer").text
    )


def test_a_case_taken_out_is_gone_from_the_page(me, incident, cases, held, context):
    answer = me.browser.send(f"/incidents/{incident.id}/cases/{cases[4].id}/keep-out")
    assert answer.headers["Location"] == f"/incidents/{incident.id}"
    assert held().voices == 4
    page = me.browser.get(f"/incidents/{incident.id}").text
    assert "Leaks at the base. Batch 12." not in page
    assert "A case was taken out" in page


def test_a_name_replaces_the_leads_words_and_closing_ends_it(me, incident, held):
    me.browser.send(f"/incidents/{incident.id}/rename", {"title": "Batch <12>"})
    assert "Batch &lt;12&gt;" in me.browser.get("/incidents").text
    me.browser.send(f"/incidents/{incident.id}/close")
    assert held().closed_at is not None
    assert "Save" not in me.browser.get(f"/incidents/{incident.id}").text
    assert me.browser.send(f"/incidents/{incident.id}/close").status_code == 409


def test_who_only_reads_sees_no_buttons(me, incident, approved, cases, login_as):
    reader = login_as(Role.MARKETER, brand=me.brand).browser
    page = reader.get(f"/incidents/{incident.id}").text
    assert "The Lumen kettle leaks" in page
    assert "Not the same" not in page
    assert "Check it" not in page
    assert reader.get(f"/incidents/{incident.id}/cases/{cases[0].id}/answer").status_code == 403


def test_what_was_deleted_at_its_source_is_not_told(me, incident, cases, context):
    with context.database.writing() as session:
        for row in session.scalars(select(Mention).where(Mention.case_id == cases[0].id)):
            row.text, row.url, row.author_id, row.gone_at = "", None, None, context.clock()
    for path in ("/incidents", f"/incidents/{incident.id}"):
        page = me.browser.get(path).text
        assert "puddle" not in page
        assert f"Incident {incident.id}" in page
    assert "Rosalind" not in me.browser.get(f"/incidents/{incident.id}").text


def test_nothing_of_another_brand_is_reached(incident, cases, login_as):
    stranger = login_as(Role.ADMIN).browser
    assert "kettle" not in stranger.get("/incidents").text
    for path in (f"/incidents/{incident.id}", f"/incidents/{incident.id}/cases/{cases[0].id}/answer"):
        assert stranger.get(path).status_code == 404
    for path in (
        "statement",
        "approve",
        "rename",
        "close",
        f"cases/{cases[0].id}/keep-out",
        f"cases/{cases[0].id}/prepare",
    ):
        assert stranger.send(f"/incidents/{incident.id}/{path}", {"text": "x", "seen": "x"}).status_code == 404


def test_the_banner_tells_of_an_outbreak_and_of_nothing_else(app, me, incident, context):
    macro = '{% from "incidents/banner.html" import outbreak_banner %}{{ outbreak_banner(outbreak) }}'
    with app.test_request_context(), context.database.reading() as session:
        shown = render_template_string(macro, outbreak=outbreak_of(session, me.brand.id))
        assert "5 people say the same" in shown
        assert f'href="/incidents/{incident.id}"' in shown
        assert render_template_string(macro, outbreak=None).strip() == ""


def test_the_menu_leads_to_incidents(me):
    assert '<a class="menu__link" href="/incidents" aria-current="page">' in me.browser.get("/incidents").text
