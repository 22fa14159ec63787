"""The pages of incidents: who sees them, what they say, and what is copied by hand."""

from __future__ import annotations

import re
from datetime import timedelta

import numpy as np
import pytest
from flask import render_template_string
from sqlalchemy import select

from responder.incidents.reading import outbreak_of
from responder.intake.embedding import packed
from responder.models import Author, Case, Incident, Mention, MentionVector, Role
from tests.factories import make_mention, make_watch
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
def answering(incident, cases):
    """Where the answer to a case's lead is asked for, or with `to` prepared."""

    def address(number: int, to: str = "answer") -> str:
        return f"/incidents/{incident.id}/mentions/{cases[number].lead_mention_id}/{to}"

    return address


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
    assert "says too: <bdi>12, batch, base" in page
    assert all(f'href="/cases/{case.id}"' in page for case in cases)
    assert "5 people spoke of it in the last 24 h, 0 in the 24 h before" in page


def test_nothing_is_answered_before_somebody_approved_it(me, incident, answering):
    me.browser.send(f"/incidents/{incident.id}/statement", {"text": STATEMENT})
    page = me.browser.get(f"/incidents/{incident.id}").text
    assert "Not approved" in page
    assert answering(0) not in page
    answer = me.browser.send(answering(0, "prepare"), {"text": "Hello"})
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
    me.browser.send(
        f"/incidents/{incident.id}/statement", {"text": STATEMENT + "\n\nSorry.", "seen": STATEMENT}, htmx=True
    )
    assert held().approved_at is None
    assert "Changed, so no longer approved" in me.browser.get(f"/incidents/{incident.id}").text


def test_a_statement_that_cannot_be_used_is_refused_in_words(me, incident, held):
    answer = me.browser.send(f"/incidents/{incident.id}/statement", {"text": "Dear {nmae}"}, htmx=True)
    assert answer.status_code == 422
    assert "{nmae} is not known here" in answer.text
    assert held().statement is None


def test_what_was_approved_is_adapted_to_the_thread_and_copied_by_hand(me, incident, approved, answering):
    asked = me.browser.get(answering(0), headers={"HX-Request": "true"}).text
    assert "Rosalind Achterberg" in asked
    assert "<html" not in asked
    text = re.search(r"<textarea[^>]*>(.*?)</textarea>", asked, re.DOTALL)[1]
    checked = me.browser.send(answering(0, "prepare"), {"text": text}, htmx=True).text
    assert "data-copy-from" in checked
    assert "Copy and open bluesky.example" in checked
    again = me.browser.send(answering(1, "prepare"), {"text": text}, htmx=True)
    assert again.status_code == 422
    assert "people would read it as copied" in again.text


def test_it_works_without_scripts(me, incident, approved, answering):
    page = me.browser.get(answering(1)).text
    assert "<html" in page
    assert "Check it" in page
    assert "Hazim" in page
    done = me.browser.send(answering(1, "prepare"), {"text": "Thanks, we take it back."})
    assert "Checked. Copy it" in done.text


def test_a_thread_in_another_language_gets_its_own_words_or_a_warning(
    me, incident, approved, cases, answering, context
):
    turkish = me.browser.get(answering(3)).text
    assert "Merhaba Derya K., haber verdiğiniz" in turkish
    assert "They write in" not in turkish
    with context.database.writing() as session:
        session.get_one(Mention, cases[3].lead_mention_id).opinion_language = "el"
    assert "They write in Greek, the statement is in English" in me.browser.get(answering(3)).text


def test_a_statement_without_a_language_asks_whether_it_is_theirs(me, incident, answering):
    me.browser.send(f"/incidents/{incident.id}/statement", {"text": "We know."})
    me.browser.send(f"/incidents/{incident.id}/approve", {"seen": "We know."})
    assert "Is it in their language? They write in: Turkish." in me.browser.get(answering(3)).text


def test_the_answer_opens_the_very_mention_that_is_shown(me, context):
    """A case may hold more than what tells of the incident; its lead is then another post."""
    with context.database.writing() as session:
        watch, now = make_watch(session, me.brand), context.clock()
        cases = [
            say(session, me.brand, watch, now=now, p=0.9, text=f"Bill {number}", name=f"N{number}", handle=f"h{number}")
            for number in range(3)
        ]
        author = session.get_one(Author, cases[0].author_id)
        telling = make_mention(
            session, me.brand, author=author, source=cases[0].source, p_negative=0.9, text="Billed twice in June",
            url="https://telling.example/june",
        )  # fmt: skip
        telling.case_id = cases[0].id
        near, far = np.eye(2, 384, dtype=np.float32)
        for mention_id, vector in ((telling.id, near), (cases[0].lead_mention_id, far)):
            session.add(MentionVector(mention_id=mention_id, model="t", vector=packed(vector)))
        incident = make_incident(session, me.brand, cases, now=now, model="t", vector=packed(near))
    me.browser.send(f"/incidents/{incident.id}/statement", {"text": "We know of it."})
    me.browser.send(f"/incidents/{incident.id}/approve", {"seen": "We know of it."})
    page = me.browser.get(f"/incidents/{incident.id}").text
    assert "Billed twice in June" in page
    assert f"/mentions/{telling.id}/answer" in page
    done = me.browser.send(f"/incidents/{incident.id}/mentions/{telling.id}/prepare", {"text": "Hello."}, htmx=True)
    assert 'href="https://telling.example/june"' in done.text


def test_what_was_deleted_or_resolved_meanwhile_is_not_answered(me, incident, approved, cases, answering, context):
    with context.database.writing() as session:
        gone = session.get_one(Mention, cases[0].lead_mention_id)
        gone.text, gone.gone_at = "", context.clock()
    me.browser.send(f"/cases/{cases[1].id}/resolve", {"shown_as": "case"})
    for number, why in ((0, "deleted where it was said"), (1, "was resolved meanwhile")):
        for answer in (me.browser.get(answering(number)), me.browser.send(answering(number, "prepare"), {"text": "x"})):
            assert answer.status_code == 409
            assert why in answer.text


def test_what_is_over_is_not_answered(me, incident, approved, answering):
    me.browser.send(f"/incidents/{incident.id}/close")
    for answer in (me.browser.get(answering(0)), me.browser.send(answering(0, "prepare"), {"text": "x"})):
        assert (answer.status_code, "was closed meanwhile" in answer.text) == (409, True)


def test_who_prepared_an_answer_is_shown_and_a_second_one_takes_knowing_it(
    me, incident, approved, cases, answering, login_as
):
    jon = login_as(Role.AGENT, brand=me.brand, name="Jon").browser
    both = [browser.get(answering(0), headers={"HX-Request": "true"}).text for browser in (me.browser, jon)]
    assert not any("prepared" in text and "already" in text for text in both)
    assert (
        me.browser.send(answering(0, "prepare"), {"text": "We take it back.", "seen": ""}, htmx=True).status_code == 200
    )
    late = jon.send(answering(0, "prepare"), {"text": "Sorry, we swap it.", "seen": ""}, htmx=True)
    assert (late.status_code, "Mina has prepared an answer for this case meanwhile" in late.text) == (409, True)
    assert "prepared by Mina, " in jon.get(f"/incidents/{incident.id}").text
    assert "prepared by Mina, " in jon.get(f"/cases/{cases[0].id}").text
    form = jon.get(answering(0)).text
    assert "Mina has prepared an answer here already" in form
    seen = re.search(r'name="seen" value="(\d+)"', form)[1]
    assert jon.send(answering(0, "prepare"), {"text": "Sorry, we swap it.", "seen": seen}, htmx=True).status_code == 200


def test_what_is_answered_stands_behind_what_nobody_answered(me, incident, approved, cases, answering):
    order = [f'id="voice-{case.id}"' for case in cases]
    page = me.browser.get(f"/incidents/{incident.id}").text
    first = min(order, key=page.index)
    number = order.index(first)
    me.browser.send(answering(number, "prepare"), {"text": "We take it back."}, htmx=True)
    page = me.browser.get(f"/incidents/{incident.id}").text
    assert max(order, key=page.index) == first
    me.browser.send(f"/cases/{cases[(number + 1) % 5].id}/resolve", {"shown_as": "case"})
    page = me.browser.get(f"/incidents/{incident.id}").text
    assert max(order, key=page.index) == order[(number + 1) % 5], "what is resolved comes last of all"


def test_every_voice_is_reached_however_many_there_are(me, context):
    with context.database.writing() as session:
        watch, now = make_watch(session, me.brand), context.clock()
        said = [say(session, me.brand, watch, now=now, p=0.9, text=f"Bill {n}", handle=f"h{n}") for n in range(105)]
        incident = make_incident(session, me.brand, said, now=now)
    first = me.browser.get(f"/incidents/{incident.id}").text
    assert first.count('class="said voice"') == 100
    assert "More voices" in first
    rest = me.browser.get(f"/incidents/{incident.id}?skip=100", headers={"HX-Request": "true"}).text
    assert rest.count('class="said voice"') == 5
    assert "<article" not in rest
    assert "More voices" not in rest
    shown = {case.id for case in said if f'id="voice-{case.id}"' in first + rest}
    assert len(shown) == 105
    assert me.browser.get(f"/incidents/{incident.id}?skip=9{'9' * 17}").status_code == 200


def test_a_statement_written_from_an_older_one_does_not_replace_it_unread(me, incident, held, login_as):
    jon = login_as(Role.AGENT, brand=me.brand, name="Jon").browser
    address = f"/incidents/{incident.id}/statement"
    me.browser.send(address, {"text": "Old.", "seen": ""})
    jon.send(address, {"text": "Better, by Jon.", "seen": "Old."})
    for more in ({"htmx": True}, {}):
        late = me.browser.send(address, {"text": "Old, a typo mended.", "seen": "Old."}, **more)
        assert late.status_code == 409
        assert held().statement == "Better, by Jon."
        assert "Better, by Jon." in late.text
        assert ">Old, a typo mended.</textarea>" in late.text
    seen = re.search(r'name="seen" value="([^"]*)"', late.text)[1]
    assert me.browser.send(address, {"text": "Both.", "seen": seen}, htmx=True).status_code == 200
    assert held().statement == "Both."


def test_what_was_taken_out_or_closed_goes_back_at_a_press(me, incident, cases, held):
    out = me.browser.send(f"/incidents/{incident.id}/cases/{cases[4].id}/keep-out", htmx=True).text
    back = f"/incidents/{incident.id}/cases/{cases[4].id}/put-back"
    assert "Undo" in out.split('hx-target="#notices"')[1]
    assert out.count(f'hx-post="{back}"') == 2, "in the notice, and for later in the list of what was taken out"
    assert me.browser.send(back, htmx=True).status_code == 200
    assert held().voices == 5
    assert "A case was put back" in me.browser.get(f"/incidents/{incident.id}").text
    assert me.browser.send(back, htmx=True).status_code == 404
    closed = me.browser.send(f"/incidents/{incident.id}/close", htmx=True).text
    assert f'hx-post="/incidents/{incident.id}/reopen"' in closed
    assert me.browser.send(f"/incidents/{incident.id}/reopen", htmx=True).status_code == 200
    assert held().closed_at is None
    assert me.browser.send(f"/incidents/{incident.id}/reopen", htmx=True).status_code == 409


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


def test_who_only_reads_sees_no_buttons(me, incident, approved, answering, login_as):
    reader = login_as(Role.MARKETER, brand=me.brand).browser
    page = reader.get(f"/incidents/{incident.id}").text
    assert "The Lumen kettle leaks" in page
    assert "Not the same" not in page
    assert "Check it" not in page
    assert reader.get(answering(0)).status_code == 403


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
    for path in (f"/incidents/{incident.id}", f"/incidents/{incident.id}/mentions/{cases[0].lead_mention_id}/answer"):
        assert stranger.get(path).status_code == 404
    for path in (
        "statement",
        "approve",
        "rename",
        "close",
        "reopen",
        f"cases/{cases[0].id}/keep-out",
        f"cases/{cases[0].id}/put-back",
        f"mentions/{cases[0].lead_mention_id}/prepare",
    ):
        assert stranger.send(f"/incidents/{incident.id}/{path}", {"text": "x", "seen": "x"}).status_code == 404


def test_the_banner_tells_of_an_outbreak_and_of_nothing_else(app, me, incident, context):
    macro = '{% from "incidents/banner.html" import outbreak_banner %}{{ outbreak_banner(outbreak) }}'
    with app.test_request_context(), context.database.reading() as session:
        shown = render_template_string(macro, outbreak=outbreak_of(session, me.brand.id))
        assert "5 people say the same" in shown
        assert f'href="/incidents/{incident.id}"' in shown
        assert render_template_string(macro, outbreak=None).strip() == ""


def test_an_open_queue_hears_of_the_outbreaks_new_name(me, incident):
    mark = me.browser.get("/queue/live").headers["ETag"]
    assert me.browser.get("/queue/live", headers={"If-None-Match": mark}).status_code == 304
    me.browser.send(f"/incidents/{incident.id}/rename", {"title": "Batch 12"})
    again = me.browser.get("/queue/live", headers={"If-None-Match": mark})
    assert (again.status_code, "Batch 12" in again.text) == (200, True)


def test_the_menu_leads_to_incidents(me):
    assert '<a class="menu__link" href="/incidents" aria-current="page">' in me.browser.get("/incidents").text
