"""Every route states what it needs, and holds it: by role, by brand, by session, by form."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from hypothesis import HealthCheck, given
from hypothesis import settings as bounded
from hypothesis import strategies as st

from responder.accounts.permissions import PERMISSIONS, may
from responder.models import AccountLink, Brand, Incident, JoinProposal, Role
from tests.factories import (
    NOW,
    make_author,
    make_case,
    make_connection,
    make_mention,
    make_reply,
    make_user,
    make_watch,
)
from tests.webapp.conftest import make_app
from webapp.access import PUBLIC, safe_next, stated
from webapp.routing import IdConverter
from webapp.security import limiter

UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}
WITHOUT_COOKIES = {"hooks.receive"}
"""Routes for programs: they sign what they send instead of carrying a CSRF token."""

FORM_FIELDS = [
    *("email", "password", "current", "name", "role", "next", "assignee", "for", "shown_as", "brand_id", "source"),
    *("label", "intent"),
    *("value-url", "base_url", "kind", "any", "all", "none", "boolean", "languages", "exclude_authors", "connection"),
    *("case", "person", "text", "seen", "title"),
]

OPEN_TO_EVERYBODY = {
    "static",
    "sign_in.form",
    "sign_in.enter",
    "sign_in.link",
    "sign_in.enter_by_link",
    "health.alive",
    "health.ready",
    "health.metrics",
    "hooks.receive",
}


def routes(app: Flask):
    return [
        (rule, method) for rule in app.url_map.iter_rules() for method in sorted(rule.methods - {"HEAD", "OPTIONS"})
    ]


def path_of(rule) -> str:
    """The rule's path with plausible ids that exist nowhere."""
    return re.sub(
        r"<(?:([^:<>]+):)?([^<>]+)>", lambda found: "999999" if (found[1] or "").startswith("id") else "x", rule.rule
    )


def test_every_route_states_a_permission(app):
    for rule, _method in routes(app):
        needed = stated(app.view_functions[rule.endpoint])
        assert needed == PUBLIC or needed in PERMISSIONS, f"{rule.endpoint} states no permission"


def test_what_is_open_to_everybody_is_listed_here(app):
    public = {rule.endpoint for rule, _ in routes(app) if stated(app.view_functions[rule.endpoint]) == PUBLIC}
    assert public == OPEN_TO_EVERYBODY


def test_a_view_that_states_nothing_opens_for_nobody(context, login_as):
    app = make_app(context)
    app.add_url_rule("/forgotten", "forgotten", lambda: "secret")
    admin, browser = login_as(Role.ADMIN).user, app.test_client()
    with browser.session_transaction() as session:
        session["_user_id"] = f"{admin.id}.{admin.session_key}"
    assert browser.get("/queue").status_code == 200
    assert browser.get("/forgotten").status_code == 403


def test_nobody_sees_anything_without_signing_in(app, client):
    for rule, method in routes(app):
        if rule.endpoint in OPEN_TO_EVERYBODY:
            continue
        answer = client.send(path_of(rule)) if method == "POST" else client.get(path_of(rule))
        assert answer.status_code == 303, (rule.endpoint, answer.status_code)
        assert answer.headers["Location"].startswith("/sign-in"), rule.endpoint


@pytest.mark.parametrize("role", list(Role))
def test_each_role_is_held_to_its_permissions(app, login_as, role):
    browser = login_as(role).browser
    for rule, method in routes(app):
        needed = stated(app.view_functions[rule.endpoint])
        if needed == PUBLIC or may(role, needed):
            continue
        answer = browser.send(path_of(rule)) if method == "POST" else browser.get(path_of(rule))
        assert answer.status_code == 403, f"{role} reached {rule.endpoint}: {answer.status_code}"


def test_every_unsafe_route_needs_the_csrf_token(app, login_as):
    browser = login_as(Role.ADMIN).browser
    refused = 0
    for rule, method in routes(app):
        if method not in UNSAFE or rule.endpoint in WITHOUT_COOKIES:
            continue
        for headers in ({}, {"HX-Request": "true"}, {"X-CSRFToken": "made up"}):
            answer = browser.post(path_of(rule), headers=headers)
            assert answer.status_code == 400, f"{rule.endpoint} took a form without its token"
            refused += 1
    assert refused >= 30


def test_no_route_changes_anything_by_get(app):
    """Whatever a link preview or a crawler opens must be harmless: unsafe methods only where something changes."""
    for rule, _ in routes(app):
        if rule.methods & UNSAFE:
            assert "GET" not in rule.methods, rule.endpoint


def test_a_token_of_another_session_is_refused(login_as):
    mine, theirs = login_as(Role.ADMIN).browser, login_as(Role.ADMIN).browser
    mine.csrf_token()
    assert mine.post("/sign-out", data={"csrf_token": theirs.csrf_token()}).status_code == 400


@pytest.fixture
def two_brands(login_as, context):
    mine, theirs = login_as(Role.ADMIN), login_as(Role.ADMIN)
    with context.database.writing() as session:
        lead = make_mention(session, theirs.brand, p_negative=0.9, text="Only the other team may read this")
        case = make_case(session, lead=lead)
        watch = make_watch(session, theirs.brand, name="Their watch")
    return mine, case, watch


@pytest.mark.parametrize("move", ["assign", "snooze", "resolve", "not-for-us", "reopen"])
def test_a_case_of_another_brand_cannot_be_moved(two_brands, context, move):
    mine, case, _ = two_brands
    answer = mine.browser.send(f"/cases/{case.id}/{move}", {"for": "1h", "assignee": mine.user.id})
    assert answer.status_code == 404
    with context.database.reading() as session:
        untouched = session.get(type(case), case.id)
        assert (untouched.state, untouched.assignee_id) == ("open", None)


def test_a_case_of_another_brand_is_not_there(two_brands):
    mine, case, _ = two_brands
    answer = mine.browser.get(f"/cases/{case.id}")
    assert answer.status_code == 404
    assert "Only the other team" not in answer.text


@pytest.mark.parametrize("path", ["/queue", "/queue/live", "/queue/more"])
def test_a_watch_of_another_brand_is_not_there(two_brands, path):
    mine, _, watch = two_brands
    answer = mine.browser.get(f"{path}?watch={watch.id}")
    assert answer.status_code == 404
    assert "Their watch" not in answer.text


@pytest.mark.parametrize("htmx", [False, True])
def test_cross_brand_ids_lead_nowhere_on_any_route(app, two_brands, context, htmx):
    """Every id in every route's path, taken from the other brand; a new kind of id must be given one here."""
    mine, case, watch = two_brands
    with context.database.writing() as session:
        stranger = make_user(session, brand=session.get(Brand, case.brand_id), role=Role.AGENT)
        connection = make_connection(session, session.get(Brand, case.brand_id))
        one, other = (make_author(session, brand_id=case.brand_id, source=source) for source in ("x", "bluesky"))
        link = AccountLink(
            brand_id=case.brand_id,
            one_id=one.id,
            other_id=other.id,
            status="proposed",
            clues={},
            bits=9,
            proposed_at=NOW,
        )
        proposal = JoinProposal(
            brand_id=case.brand_id,
            mention_id=case.lead_mention_id,
            case_id=case.id,
            status="proposed",
            proposed_at=NOW,
        )
        incident = Incident(
            brand_id=case.brand_id, voices=3, case_count=3, sources=["x"], opened_at=NOW, last_at=NOW
        )  # fmt: skip
        reply = make_reply(session, case)
        session.add_all([link, proposal, incident])
    theirs = {
        "case_id": case.id,
        "mention_id": case.lead_mention_id,
        "watch_id": watch.id,
        "user_id": stranger.id,
        "connection_id": connection.id,
        "author_id": one.id,
        "link_id": link.id,
        "incident_id": incident.id,
        "proposal_id": proposal.id,
        "reply_id": reply.id,
    }
    form = {"for": "1h", "assignee": "", "role": "admin", "shown_as": "row"}
    walked = 0
    for rule, method in routes(app):
        ids = {name for name, converter in rule._converters.items() if isinstance(converter, IdConverter)}
        if not ids:
            continue
        path = re.sub(r"<id:(\w+)>", lambda found: str(theirs[found[1]]), rule.rule)
        headers = {"HX-Request": "true"} if htmx else {}
        answer = (
            mine.browser.send(path, form, htmx=htmx) if method == "POST" else mine.browser.get(path, headers=headers)
        )
        assert answer.status_code == 404, f"{rule.endpoint} answered {answer.status_code}"
        assert "Only the other team" not in answer.text
        walked += 1
    assert walked >= 14


@pytest.mark.parametrize("path", ["/insights", "/insights/mentions", "/queue", "/queue/live", "/queue/more"])
def test_cross_brand_ids_lead_nowhere_among_the_parameters(two_brands, path):
    mine, _, watch = two_brands
    assert mine.browser.get(f"{path}?watch={watch.id}").status_code == 404


def test_another_brands_cases_are_in_no_list(two_brands):
    mine, _, _ = two_brands
    for path in ("/queue", "/queue/live", "/queue?q=read"):
        assert "Only the other team" not in mine.browser.get(path).text


def test_a_case_cannot_be_given_to_somebody_of_another_brand(login_as, context):
    mine, theirs = login_as(Role.AGENT), login_as(Role.AGENT)
    with context.database.writing() as session:
        case = make_case(session, lead=make_mention(session, mine.brand))
    assert mine.browser.send(f"/cases/{case.id}/assign", {"assignee": theirs.user.id}).status_code == 404


def test_a_brand_one_does_not_work_for_cannot_be_looked_at(login_as):
    mine, theirs = login_as(Role.ADMIN), login_as(Role.ADMIN)
    assert mine.browser.send("/brand", {"brand_id": theirs.brand.id}).status_code == 404


def test_a_brand_planted_in_the_session_opens_nothing(two_brands):
    mine, case, _ = two_brands
    with mine.browser.session_transaction() as session:
        session["brand_id"] = case.brand_id
    assert mine.browser.get(f"/cases/{case.id}").status_code == 404


@pytest.mark.parametrize(
    "cookie", ["", "x", "1", "1.", ".", "-1.k", "9" * 30 + ".k", "1.wrong", "1.key1\0", "²²²²²²²².key1"]
)
def test_a_forged_or_stale_session_opens_nothing(app, cookie):
    browser = app.test_client()
    with browser.session_transaction() as session:
        session["_user_id"] = cookie
    assert browser.get("/queue").status_code == 303


def test_a_cookie_signed_with_another_key_opens_nothing(app, client, login_as):
    from flask.sessions import SecureCookieSessionInterface

    user = login_as(Role.ADMIN).user
    other = Flask("other")
    other.secret_key = "guessed"
    forged = (
        SecureCookieSessionInterface()
        .get_signing_serializer(other)
        .dumps({"_user_id": f"{user.id}.{user.session_key}", "_fresh": True})
    )
    client.set_cookie("earshot", forged)
    assert client.get("/queue").status_code == 303


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/\n//evil.example",
        "evil",
        "",
        None,
        " /queue",
        "///evil.example",
        "/\x00",
    ],
)
def test_next_never_leads_elsewhere(target):
    assert safe_next(target) == "/"


@pytest.mark.parametrize("target", ["/", "/queue?q=a&b=c", "/cases/4#x"])
def test_next_leads_to_pages_of_ours(target):
    assert safe_next(target) == target


@bounded(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from(FORM_FIELDS), st.text(max_size=20) | st.just("9" * 40), max_size=6))
def test_no_form_breaks_a_page(app, login_as, form):
    """Whatever is sent to a changing route, the answer is a refusal in words, never a crash."""
    browser = login_as(Role.ADMIN).browser
    for rule, method in routes(app):
        if method not in UNSAFE or rule.endpoint in {"sign_in.leave", "queue.load_demo", *WITHOUT_COOKIES}:
            continue
        limiter.reset()
        assert browser.send(path_of(rule), form).status_code < 500, rule.endpoint
