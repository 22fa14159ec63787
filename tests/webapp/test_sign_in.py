"""Ways in and out through the browser."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from responder.accounts import sign_in, users
from responder.models import Membership, Role, SignInLink, User
from tests.factories import make_brand, make_user

GOOD = "kettle orbit thirteen plum"


@pytest.fixture
def ana(context):
    with context.database.writing() as session:
        user = make_user(session, brand=make_brand(session), role=Role.ADMIN, email="ana@example.org")
        users.set_password(session, user, GOOD)
    return user


def enter(browser, password=GOOD, **more):
    return browser.send("/sign-in", {"email": "ana@example.org", "password": password, **more})


def test_e_mail_and_password_open_the_page_that_was_asked_for(client, ana):
    asked = client.get("/cases/4?x=1")
    assert asked.headers["Location"] == "/sign-in?next=/cases/4?x%3D1"
    assert enter(client, next="/cases/4?x=1").headers["Location"] == "/cases/4?x=1"
    assert client.get("/queue").status_code == 200


def test_a_wrong_password_says_what_to_do_and_keeps_the_address(client, ana):
    answer = enter(client, password="wrong")
    assert answer.status_code == 403
    assert 'value="ana@example.org"' in answer.text
    assert "sign-in link" in answer.text


def test_next_cannot_lead_to_another_site(client, ana):
    assert enter(client, next="https://evil.example/").headers["Location"] == "/"
    assert client.get("/sign-in?next=//evil.example").headers["Location"] == "/"


def test_guessing_is_slowed_down(client, ana):
    answers = [enter(client, password=f"guess {n}").status_code for n in range(12)]
    assert answers[:10] == [403] * 10
    assert answers[10:] == [429, 429]
    assert enter(client).status_code == 429


def test_one_persons_guesses_do_not_lock_others_out(app, ana):
    for n in range(11):
        app.test_client().send(
            "/sign-in", {"email": "x@example.org", "password": f"{n}"}, environ_base={"REMOTE_ADDR": "192.0.2.7"}
        )
    assert enter(app.test_client()).status_code == 303


def test_the_session_cookie_cannot_be_read_by_scripts_or_sent_from_elsewhere(client, ana):
    cookie = enter(client).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie


def test_behind_https_the_cookie_is_secure_and_bound_to_the_host(context, ana):
    from dataclasses import replace

    from tests.webapp.conftest import make_app

    settings = context.settings.model_copy(update={"public_url": "https://earshot.example.org"})
    app = make_app(replace(context, settings=settings))
    answer = app.test_client().get("/sign-in", base_url="https://earshot.example.org")
    assert answer.headers["Set-Cookie"].startswith("__Host-earshot=")
    assert "Secure" in answer.headers["Set-Cookie"]
    assert "max-age" in answer.headers["Strict-Transport-Security"]


def test_signing_in_drops_what_was_planted_in_the_session_before(client, ana):
    with client.session_transaction() as session:
        session["came_by_link"] = True
        session["planted"] = 1
    enter(client)
    with client.session_transaction() as session:
        assert "planted" not in session
        assert "came_by_link" not in session


def test_looking_at_a_link_does_not_use_it_up_and_pressing_does(context, client, ana):
    with context.database.writing() as session:
        token = sign_in.make_link(session, ana.id, now=context.clock())
    for _ in range(3):
        assert client.get(f"/sign-in/link/{token}").status_code == 200
    assert client.send(f"/sign-in/link/{token}").status_code == 303
    assert client.get("/queue").status_code == 200


def test_a_used_link_opens_nothing(app, context, ana):
    with context.database.writing() as session:
        token = sign_in.make_link(session, ana.id, now=context.clock())
    app.test_client().send(f"/sign-in/link/{token}")
    late = app.test_client()
    assert late.get(f"/sign-in/link/{token}").status_code == 403
    assert late.send(f"/sign-in/link/{token}").status_code == 403
    assert late.get("/queue").status_code == 303


def test_an_expired_link_opens_nothing(client, context, clock, ana):
    with context.database.writing() as session:
        token = sign_in.make_link(session, ana.id, now=context.clock())
    clock.tick(minutes=30)
    assert client.send(f"/sign-in/link/{token}").status_code == 403
    with context.database.reading() as session:
        assert session.scalars(select(SignInLink.used_at)).one() is None


def test_a_links_page_is_kept_nowhere_and_told_to_nobody(context, client, ana):
    with context.database.writing() as session:
        token = sign_in.make_link(session, ana.id, now=context.clock())
    answer = client.get(f"/sign-in/link/{token}")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "same-origin"


def test_behind_https_a_link_opens_with_what_a_browser_sends_from_its_page(context, ana):
    from dataclasses import replace

    from tests.webapp.conftest import make_app

    here = "https://earshot.example.org"
    settings = context.settings.model_copy(update={"public_url": here})
    with context.database.writing() as session:
        path = f"/sign-in/link/{sign_in.make_link(session, ana.id, now=context.clock())}"
    browser = make_app(replace(context, settings=settings)).test_client()
    page = browser.get(path, base_url=here)
    tells_us = page.headers["Referrer-Policy"] == "same-origin"
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1]
    sent = {"Referer": here + path} if tells_us else {}
    assert browser.post(path, data={"csrf_token": token}, base_url=here, headers=sent).status_code == 303


def test_the_first_link_leads_to_choosing_a_password(context, client):
    url = sign_in.first_link(context)
    path = url.removeprefix(context.settings.effective_public_url)
    assert client.send(path).headers["Location"] == "/account"
    assert client.send("/account/password", {"password": GOOD}).headers["Location"] == "/queue"
    assert client.get("/queue").status_code == 200  # still signed in, under the new key


def test_a_new_password_needs_the_old_one(login_as, context):
    me = login_as()
    with context.database.writing() as session:
        user = session.get(User, me.user.id)
        user.password_hash = users.hash_password(GOOD)
    assert me.browser.send("/account/password", {"password": "another long phrase"}).status_code == 422
    answer = me.browser.send("/account/password", {"password": "another long phrase", "current": GOOD})
    assert answer.status_code == 303


def test_a_new_password_signs_out_everywhere_else(app, client, ana):
    enter(client)
    other = app.test_client()
    enter(other)
    client.send("/account/password", {"password": "another long phrase", "current": GOOD})
    assert client.get("/queue").status_code == 200
    assert other.get("/queue").status_code == 303


def test_a_weak_password_is_refused_and_nothing_changes(login_as, context):
    me = login_as()
    answer = me.browser.send("/account/password", {"password": "short"})
    assert answer.status_code == 422
    assert "at least 12" in answer.text
    with context.database.reading() as session:
        assert session.get(User, me.user.id).password_hash is None


def test_signing_out_forgets_the_session(login_as):
    browser = login_as().browser
    assert browser.send("/sign-out").headers["Location"] == "/sign-in"
    assert browser.get("/queue").status_code == 303


def test_a_disabled_person_is_out_at_once(login_as, context):
    me = login_as()
    with context.database.writing() as session:
        session.get(User, me.user.id).disabled_at = context.clock()
    assert me.browser.get("/queue").status_code == 303


def test_fragments_and_programs_are_told_401(client):
    assert client.get("/queue/live", headers={"HX-Request": "true"}).status_code == 401
    assert client.get("/queue", headers={"Accept": "application/json"}).status_code == 401


def test_who_works_for_two_brands_chooses_one(login_as, context):
    me = login_as(Role.ADMIN)
    with context.database.writing() as session:
        other = make_brand(session, name="Zweite Marke")
        session.add(Membership(user_id=me.user.id, brand_id=other.id, role=Role.MARKETER))
    assert "Zweite Marke" in me.browser.get("/queue").text
    assert me.browser.send("/brand", {"brand_id": other.id}).status_code == 303
    assert me.browser.send("/demo").status_code == 403  # a marketer there


def test_name_and_address_can_be_changed(login_as, context):
    me = login_as()
    assert me.browser.send("/account", {"name": "Ana B", "email": "New@Example.org"}).status_code == 303
    assert me.browser.send("/account", {"name": "", "email": "new@example.org"}).status_code == 422
    with context.database.reading() as session:
        user = session.get(User, me.user.id)
        assert (user.name, user.email) == ("Ana B", "new@example.org")
