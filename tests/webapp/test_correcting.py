"""Correcting an opinion on the page of a case."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from responder.models import Correction, Mention, Role
from tests.factories import make_author, make_case, make_mention


@pytest.fixture
def me(login_as):
    return login_as(Role.AGENT, name="Mina")


@pytest.fixture
def case(me, context):
    with context.database.writing() as session:
        lead = make_mention(session, me.brand, author=make_author(session, me.brand), p_negative=0.9)
        return make_case(session, lead=lead)


def correct(signed_in, case, label, *, htmx=True, **more):
    form = {"shown_as": "case", "label": label} | more
    return signed_in.browser.send(f"/cases/{case.id}/mentions/{case.lead_mention_id}/correct", form, htmx=htmx)


def undo(signed_in, case):
    path = f"/cases/{case.id}/mentions/{case.lead_mention_id}/undo-correction"
    return signed_in.browser.send(path, {"shown_as": "case"}, htmx=True)


def label_of(context, case):
    with context.database.reading() as session:
        return session.scalar(select(Mention.label).where(Mention.id == case.lead_mention_id))


def test_each_mention_has_three_labelled_buttons(me, case):
    page = me.browser.get(f"/cases/{case.id}").text
    address = f"/cases/{case.id}/mentions/{case.lead_mention_id}/correct"
    assert page.count(f'formaction="{address}"') == 3
    for label in ("negative", "neutral", "positive"):
        assert f'name="label" value="{label}"' in page
    assert "Undo my correction" not in page


def test_a_correction_draws_the_case_anew_with_who_corrected_it(me, case, context):
    answer = correct(me, case, "positive")
    assert answer.status_code == 200
    assert answer.text.lstrip().startswith('<article id="case"')
    assert "corrected by Mina" in answer.text
    assert "Undo my correction" in answer.text
    assert "happy, a person of the team says" in answer.text
    assert label_of(context, case) == "positive"


def test_without_scripts_it_returns_to_the_case(me, case):
    answer = correct(me, case, "neutral", htmx=False)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/cases/{case.id}")


def test_undo_shows_the_models_opinion_again(me, case, context):
    correct(me, case, "positive")
    answer = undo(me, case)
    assert "corrected by" not in answer.text
    assert "Undo my correction" not in answer.text
    assert label_of(context, case) == "negative"
    assert undo(me, case).status_code == 409


def test_a_colleague_sees_who_corrected_and_can_only_undo_their_own(me, case, login_as):
    correct(me, case, "positive")
    colleague = login_as(Role.AGENT, brand=me.brand, name="Theo")
    page = colleague.browser.get(f"/cases/{case.id}").text
    assert "corrected by Mina" in page
    assert "Undo my correction" not in page
    assert undo(colleague, case).status_code == 409
    assert "corrected by Theo" in correct(colleague, case, "neutral").text


def test_an_intent_may_be_said_too(me, case, context):
    answer = correct(me, case, "negative", intent="complaint")
    assert "Looks like a complaint</span>" in answer.text, "a person is certain: no figure"
    with context.database.reading() as session:
        assert session.scalars(select(Correction.intent)).all() == ["complaint"]


def test_a_label_that_does_not_exist_is_refused(me, case, context):
    assert correct(me, case, "furious").status_code == 422
    assert label_of(context, case) == "negative"


def test_a_mention_of_another_case_is_not_corrected_through_this_one(me, case, context):
    with context.database.writing() as session:
        other = make_mention(session, me.brand, p_negative=0.9)
        make_case(session, lead=other)
    answer = me.browser.send(f"/cases/{case.id}/mentions/{other.id}/correct", {"label": "neutral"})
    assert answer.status_code == 404


def test_who_only_reads_sees_the_correction_and_no_buttons(me, case, login_as):
    correct(me, case, "positive")
    reader = login_as(Role.MARKETER, brand=me.brand)
    page = reader.browser.get(f"/cases/{case.id}").text
    assert "corrected by Mina" in page
    assert "/correct" not in page
    assert correct(reader, case, "neutral").status_code == 403


def test_what_was_deleted_has_no_buttons(me, case, context):
    from tests.factories import NOW

    with context.database.writing() as session:
        session.get_one(Mention, case.lead_mention_id).gone_at = NOW
    assert "/correct" not in me.browser.get(f"/cases/{case.id}").text
