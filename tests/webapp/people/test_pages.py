"""The pages about people: pairs to decide, one person, and what a case says of them."""

from __future__ import annotations

import pytest
from flask import render_template_string
from sqlalchemy import select, update

from responder.cases.codes import code_of
from responder.models import (
    AccountLink,
    AccountTrace,
    Author,
    Case,
    JoinProposal,
    JoinStatus,
    LinkStatus,
    Mention,
    Objection,
    Role,
    Sharer,
)
from responder.people.clues import Clue
from responder.people.objections import object_to_scoring
from responder.people.traces import Marker
from tests.factories import NOW, make_author, make_case, make_mention
from webapp.people.words import clue_words, sureness


@pytest.fixture
def me(login_as):
    return login_as(Role.AGENT, name="Mina")


class Scene:
    """Two accounts with a case each, and a link between them."""

    def __init__(self, context, brand) -> None:
        self.context, self.brand = context, brand
        with context.database.writing() as session:
            self.one = make_author(
                session, brand, source="x", name="Ana <b>Brook</b>", handle="ana_b", external_id="11"
            )
            self.other = make_author(session, brand, source="bluesky", name="Ana Brook", handle="ana.example")
            self.cases = [
                make_case(
                    session,
                    lead=make_mention(
                        session, brand, author=who, source=who.source, text=f"{who.source} leaks", p_negative=0.9
                    ),
                )
                for who in (self.one, self.other)
            ]
            self.link = AccountLink(
                brand_id=brand.id,
                one_id=self.one.id,
                other_id=self.other.id,
                status=LinkStatus.PROPOSED,
                clues={"same_handle": 20.0, "same_name": 6.0, "other_languages": -3.0},
                bits=13.0,
                proposed_at=NOW,
            )
            session.add(self.link)

    def status(self) -> str:
        with self.context.database.reading() as session:
            return session.scalars(select(AccountLink.status)).one()

    def set_link(self, **columns) -> None:
        with self.context.database.writing() as session:
            session.execute(update(AccountLink).values(**columns))

    def add(self, *rows) -> None:
        with self.context.database.writing() as session:
            session.add_all(rows)


@pytest.fixture
def scene(context, me) -> Scene:
    return Scene(context, me.brand)


def habits(author: Author, **columns) -> Sharer:
    unknown = dict.fromkeys(
        ("first_posts", "first_posts_at", "reshared", "expected", "kind_reason", "kind_by", "score", "percentile",
         "carry", "coverage", "met", "badge", "flagged_at")
    )  # fmt: skip
    counted = dict.fromkeys(("tellings", "own_words", "copies", "linked", "personal", "selling"), 1)
    held = {name: value for name, value in {**unknown, **counted}.items() if name in Sharer.__table__.columns}
    every = {column.name: 0 for column in Sharer.__table__.columns if not column.nullable}
    given = {
        "author_id": author.id, "brand_id": author.brand_id, "source": author.source, "weight": 1.0, "days": 3,
        "first_at": NOW, "last_at": NOW, "kind": "person", "computed_at": NOW,
    }  # fmt: skip
    return Sharer(**{**every, **held, **given, **columns})


def test_a_proposed_pair_is_shown_with_its_clues_in_words_and_bits(me, scene):
    page = me.browser.get("/people").text
    assert "Ana &lt;b&gt;Brook&lt;/b&gt;" in page
    for words in (
        "The same handle",
        "+20.0",
        "They write in different languages",
        "-3.0",
        "-10.0",
        "+13.0",
        "99.9 % sure",
    ):
        assert words in page, words
    assert 'data-key="y"' in page
    assert 'data-key="n"' in page


@pytest.mark.parametrize("status", [status for status in LinkStatus if status != LinkStatus.PROPOSED])
def test_only_proposed_pairs_are_listed(me, scene, status):
    scene.set_link(status=status)
    assert "No pair to decide" in me.browser.get("/people").text


def test_who_reads_only_aggregates_sees_nobody(login_as, scene):
    reader = login_as(Role.MARKETER, brand=scene.brand).browser
    for path in ("/people", f"/people/{scene.one.id}"):
        assert reader.get(path).status_code == 403
    assert 'href="/people' not in reader.get("/incidents").text
    assert 'href="/people' in login_as(Role.AGENT, brand=scene.brand).browser.get("/incidents").text


@pytest.mark.parametrize(
    ("move", "before", "after"),
    [("confirm", "proposed", "confirmed"), ("reject", "proposed", "rejected"), ("revoke", "confirmed", "revoked")],
)
def test_a_decision_draws_the_row_anew_with_the_way_back(me, scene, move, before, after):
    scene.set_link(status=before)
    answer = me.browser.send(f"/people/links/{scene.link.id}/{move}", {"shown_as": "list"}, htmx=True)
    assert answer.status_code == 200
    assert scene.status() == after
    assert f'id="link-{scene.link.id}"' in answer.text
    assert "data-done" in answer.text
    assert ("confirm?seen=revoked" if after == "revoked" else "/undo") in answer.text


@pytest.mark.parametrize("move", ["confirm", "reject"])
def test_a_slip_is_undone_at_once_and_the_pair_waits_again(me, scene, move):
    me.browser.send(f"/people/links/{scene.link.id}/{move}", htmx=True)
    undone = me.browser.send(f"/people/links/{scene.link.id}/undo", htmx=True)
    assert scene.status() == "proposed"
    assert "Same person" in undone.text
    assert "data-done" not in undone.text
    assert me.browser.send(f"/people/links/{scene.link.id}/undo", htmx=True).status_code == 409


def test_what_a_colleague_decided_is_overruled_only_with_it_before_ones_eyes(me, scene, login_as):
    me.browser.send(f"/people/links/{scene.link.id}/reject", htmx=True)
    jon = login_as(Role.AGENT, brand=scene.brand).browser
    late = jon.send(f"/people/links/{scene.link.id}/confirm?seen=proposed", htmx=True)
    assert (late.status_code, scene.status()) == (409, "rejected")
    assert jon.send(f"/people/links/{scene.link.id}/confirm", htmx=True).status_code == 409
    assert jon.send(f"/people/links/{scene.link.id}/undo", htmx=True).status_code == 409, "it is not theirs to undo"
    assert "Link after all" in jon.get(f"/people/{scene.one.id}").text
    assert jon.send(f"/people/links/{scene.link.id}/confirm?seen=rejected", htmx=True).status_code == 200
    assert scene.status() == "confirmed"


def test_without_scripts_a_decision_goes_back_to_where_it_was_made(me, scene):
    answer = me.browser.send(f"/people/links/{scene.link.id}/confirm", {"next": f"/people/{scene.one.id}"})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/people/{scene.one.id}")


def test_a_decision_on_the_page_of_a_person_draws_the_person_anew(me, scene):
    answer = me.browser.send(f"/people/links/{scene.link.id}/confirm", {"person": scene.one.id}, htmx=True)
    assert answer.text.lstrip().startswith('<article id="person"')
    assert "2 accounts linked" in answer.text


def test_a_decision_on_a_case_draws_its_card_anew(me, scene):
    answer = me.browser.send(f"/people/links/{scene.link.id}/confirm", {"case": scene.cases[0].id}, htmx=True)
    assert answer.text.lstrip().startswith('<section class="card on-case"')
    assert "Ana Brook" in answer.text


def test_what_was_decided_meanwhile_is_said_in_words(me, scene):
    scene.set_link(status="rejected")
    answer = me.browser.send(f"/people/links/{scene.link.id}/reject", htmx=True)
    assert answer.status_code == 409
    assert "decided this meanwhile" in answer.text


def test_an_unusual_person_is_left_to_who_leads(me, scene, login_as):
    with scene.context.database.writing() as session:
        session.execute(update(Author).where(Author.id == scene.other.id).values(source="x"))
    assert "an admin has to confirm it" in me.browser.get("/people").text
    assert me.browser.send(f"/people/links/{scene.link.id}/confirm").status_code == 403
    lead = login_as(Role.ADMIN, brand=scene.brand).browser
    assert lead.send(f"/people/links/{scene.link.id}/confirm").status_code == 303


def test_a_person_is_all_their_accounts_habits_and_cases(me, scene):
    scene.set_link(status="confirmed", decided_by=me.user.id, decided_at=NOW)
    scene.add(habits(scene.one, score=72.0, percentile=96.0, badge="frequent", days=9))
    page = me.browser.get(f"/people/{scene.one.id}").text
    for words in (
        "2 accounts linked",
        "2 channels",
        "tells: 72 of 100",
        "frequent sharer",
        "linked by Mina",
        "x leaks",
        "bluesky leaks",
        "unknown",
    ):
        assert words in page, words
    for case in scene.cases:
        assert code_of(case.id, secret=scene.context.secret) in page
    assert "<img" not in page


def test_what_nobody_knows_is_called_unknown_and_never_nought(me, scene):
    page = me.browser.get(f"/people/{scene.one.id}").text
    assert "how much they tell: unknown" in page
    assert page.count("unknown") >= 6


def test_several_channels_count_for_more(me, scene):
    scene.set_link(status="confirmed", decided_by=me.user.id, decided_at=NOW)
    scene.add(habits(scene.one, score=72.0), habits(scene.other, score=40.0))
    assert "tells: 75 of 100" in me.browser.get(f"/people/{scene.other.id}").text


def test_cases_of_a_person_go_from_the_newest_on(me, scene):
    scene.set_link(status="confirmed", decided_by=me.user.id, decided_at=NOW)
    page = me.browser.get(f"/people/{scene.one.id}").text
    assert page.index("bluesky leaks") < page.index("x leaks")


def test_not_scoring_asks_first_and_can_be_taken_back(me, scene):
    page = me.browser.get(f"/people/{scene.one.id}").text
    assert "Really do not score them" in page
    assert me.browser.send(f"/people/{scene.one.id}/do-not-score").status_code == 303
    page = me.browser.get(f"/people/{scene.one.id}").text
    assert "Asked not to be scored" in page
    assert scene.status() == "revoked"
    me.browser.send(f"/people/{scene.one.id}/score-again")
    assert "Asked not to be scored" not in me.browser.get(f"/people/{scene.one.id}").text


def test_accounts_are_found_by_parts_and_by_other_spellings(me, scene):
    with scene.context.database.writing() as session:
        niki = make_author(session, me.brand, name="Νίκη Βαρδάκη", handle="niki_v")
        marker = Marker.of(scene.context.secret, me.brand.id)
        session.add_all(
            AccountTrace(brand_id=me.brand.id, author_id=niki.id, kind=kind, mark=mark)
            for kind, mark in marker.of_profile(niki)
        )
    for typed, found in (("ana_b", 1), ("brook", 2), ("%", 0), ("@NIKI", 1), ("ΒΑΡΔΆΚΗ ΝΊΚΗ", 1), ("nobody", 0)):
        page = me.browser.get("/people", query_string={"q": typed}).text
        assert f"{found} account{'' if found == 1 else 's'}</h2>" in page, typed


def test_accounts_of_another_brand_are_not_found(scene, login_as):
    stranger = login_as(Role.AGENT).browser
    assert "0 accounts" in stranger.get("/people?q=ana").text
    assert stranger.get(f"/people/{scene.one.id}").status_code == 404


@pytest.mark.parametrize("before", ["", "x", "-1", "9" * 30, "²"])
def test_any_place_in_the_list_can_be_asked_for(me, scene, before):
    assert me.browser.get("/people", query_string={"before": before}).status_code == 200


def test_a_long_list_has_pages(me, context):
    with context.database.writing() as session:
        for number in range(31):
            one, other = make_author(session, me.brand, name=f"One {number:02}."), make_author(session, me.brand)
            session.add(
                AccountLink(
                    brand_id=me.brand.id,
                    one_id=one.id,
                    other_id=other.id,
                    status="proposed",
                    clues={"same_name": 6.0},
                    bits=9.0,
                    proposed_at=NOW,
                )
            )
    page = me.browser.get("/people").text
    assert page.count("data-row") == 30
    older = page.split('rel="next" href="')[1].split('"')[0]
    assert "One 00." in me.browser.get(older).text


def draw(app, me, case_id: int, macro: str) -> str:
    """What a macro draws on a case, as the case page asks for it."""
    from webapp import lifecycle
    from webapp.access import person
    from webapp.people.views import about_case

    def view():
        case = lifecycle.session().get(Case, case_id)
        template = "{% from 'people/on_case.html' import " + macro + " %}{{ " + macro + "(about, me) }}"
        if macro == "code_chip":
            template = template.replace("(about, me)", "(about)")
        return render_template_string(template, about=about_case(case), me=person())

    with app.test_request_context("/cases/x"):
        from flask_login import login_user

        from webapp.access import _load

        login_user(_load(f"{me.user.id}.{me.user.session_key}"))
        return view()


def test_a_case_that_joining_emptied_says_so_and_offers_nothing_that_can_only_fail(me, scene):
    with scene.context.database.writing() as session:
        one, other = (session.get_one(Case, case.id) for case in scene.cases[:2])
        moved = session.get_one(Mention, one.lead_mention_id)
        moved.case_id, one.lead_mention_id, one.mention_count = other.id, None, 0
        one.state, one.resolution = "resolved", "joined"
    page = me.browser.get(f"/cases/{one.id}").text
    assert "Everything in it was moved to another case" in page
    assert "Why it stands here" not in page
    assert 'id="answering"' not in page
    assert "/reopen" not in page
    answer = me.browser.send(f"/cases/{one.id}/reopen", {"shown_as": "case"}, htmx=True)
    assert (answer.status_code, "deleted" in answer.text) == (409, False)
    assert "Somebody was faster" not in answer.text


def test_the_code_stands_on_the_case(app, me, scene):
    assert code_of(scene.cases[0].id, secret=scene.context.secret) in draw(app, me, scene.cases[0].id, "code_chip")


def test_a_case_shows_pairs_to_decide_and_then_the_other_accounts(app, me, scene):
    card = draw(app, me, scene.cases[0].id, "linked")
    assert "One person?" in card
    assert f"/people/links/{scene.link.id}/confirm" in card
    scene.set_link(status="confirmed")
    card = draw(app, me, scene.cases[0].id, "linked")
    assert "One person?" not in card
    assert f"/people/{scene.other.id}" in card


def test_who_reads_only_aggregates_sees_no_people_on_a_case_either(app, scene, login_as):
    reader = login_as(Role.MARKETER, brand=scene.brand)
    assert draw(app, reader, scene.cases[0].id, "linked").strip() == ""


@pytest.fixture
def proposal(scene) -> JoinProposal:
    """What "bluesky" said names the case of "x"."""
    made = JoinProposal(
        brand_id=scene.brand.id,
        mention_id=scene.cases[1].lead_mention_id,
        case_id=scene.cases[0].id,
        status=JoinStatus.PROPOSED,
        proposed_at=NOW,
    )
    scene.add(made)
    return made


def test_both_cases_say_that_a_mention_names_one_of_them(app, me, scene, proposal):
    codes = [code_of(case.id, secret=scene.context.secret) for case in scene.cases]
    named, naming = (draw(app, me, case.id, "joining") for case in scene.cases)
    assert "This case is named in" in named
    assert codes[1] in named
    assert "This names the case" in naming
    assert codes[0] in naming
    assert "bluesky leaks" in named


def test_joining_leads_to_the_case_it_was_joined_to_and_back(app, me, scene, proposal):
    answer = me.browser.send(f"/people/joins/{proposal.id}/join")
    assert answer.headers["Location"] == f"/cases/{scene.cases[0].id}"
    assert "Joined from" in draw(app, me, scene.cases[0].id, "joining")
    emptied = draw(app, me, scene.cases[1].id, "joining")
    assert "Everything in this case was moved to" in emptied
    answer = me.browser.send(f"/people/joins/{proposal.id}/undo")
    assert answer.headers["Location"] == f"/cases/{scene.cases[1].id}"
    assert draw(app, me, scene.cases[1].id, "joining").strip() == ""


def test_refusing_a_join_goes_back_to_the_case(app, me, scene, proposal):
    answer = me.browser.send(f"/people/joins/{proposal.id}/refuse", {"next": f"/cases/{scene.cases[1].id}"})
    assert answer.headers["Location"] == f"/cases/{scene.cases[1].id}"
    assert draw(app, me, scene.cases[1].id, "joining").strip() == ""


def test_who_only_reads_sees_the_join_and_no_buttons(app, scene, proposal, login_as):
    reader = login_as(Role.MARKETER, brand=scene.brand)
    banner = draw(app, reader, scene.cases[0].id, "joining")
    assert "This case is named in" in banner
    assert "<button" not in banner
    assert reader.browser.send(f"/people/joins/{proposal.id}/join").status_code == 403


def test_what_was_deleted_proposes_nothing_any_more(app, me, scene, proposal):
    with scene.context.database.writing() as session:
        session.execute(update(Mention).where(Mention.id == proposal.mention_id).values(gone_at=NOW, text=""))
    assert draw(app, me, scene.cases[0].id, "joining").strip() == ""


def test_every_clue_has_words(app):
    with app.test_request_context("/"):
        assert all(clue_words(clue) != clue.replace("_", " ") for clue in Clue)
        assert clue_words("from_the_future") == "from the future"


@pytest.mark.parametrize(
    ("probability", "shown"), [(1.0, "99.9 %"), (0.99954, "99.9 %"), (0.9876, "98.7 %"), (0.0, "0.0 %")]
)
def test_nothing_is_ever_certain(probability, shown):
    assert sureness(probability) == shown


def test_an_objection_by_the_command_line_shows_on_the_page(me, scene):
    with scene.context.database.writing() as session:
        object_to_scoring(
            session,
            secret=scene.context.secret,
            brand_id=me.brand.id,
            source="x",
            external_id="11",
            user_id=None,
            now=NOW,
        )
        assert session.scalars(select(Objection.user_id)).all() == [None]
    page = me.browser.get(f"/people/{scene.one.id}").text
    assert "Asked not to be scored" in page
    assert "taken back: an owner objected to scoring" in page
