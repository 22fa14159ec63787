"""The settings page: sources, watches, people, and the walls around them."""

from __future__ import annotations

import html
import re

import pytest
from sqlalchemy import select

from responder.accounts import connections, sign_in
from responder.models import Connection, Membership, Role, SignInLink, User, Watch
from tests.factories import make_connection, make_poll, make_user, make_watch
from webapp.settings.credentials import fields_of, offered


@pytest.fixture
def me(login_as):
    return login_as(Role.ADMIN)


def rows(context, table):
    with context.database.reading() as session:
        return session.scalars(select(table).order_by(table.id)).all()


def connect(me, source="rss", name="feed", **values):
    values = values or {"url": "https://example.org/feed"}
    return me.browser.send(
        "/settings/sources",
        {"source": source, "name": name, **{f"value-{key}": value for key, value in values.items()}},
    )


@pytest.mark.parametrize("info", offered(), ids=lambda info: info.name)
def test_every_sources_form_asks_for_what_its_credentials_need(info):
    fields = {field.name: field for field in fields_of(info.credentials)}
    for name, model_field in info.credentials.model_fields.items():
        assert fields[name].is_required == model_field.is_required()
        assert fields[name].is_secret == ("SecretStr" in str(model_field.annotation))


def test_the_twin_for_tests_is_offered_to_nobody(me):
    assert 'value="memory"' not in me.browser.get("/settings").text


def test_a_source_is_added_with_its_secret_masked(me, context):
    assert connect(me, "webhook", "shop", secret="tell-nobody-this").status_code == 303
    page = me.browser.get("/settings").text
    assert "shop" in page
    assert "tell-nobody-this" not in page
    assert connections.MASK in page
    assert "tell-nobody-this" not in rows(context, Connection)[0].credentials


def test_a_refused_source_keeps_what_was_typed_but_no_secret(me, context):
    answer = connect(me, "mastodon", "", server="https://m.example", access_token="tell-nobody-this")
    assert answer.status_code == 422
    assert "https://m.example" in answer.text
    assert "tell-nobody-this" not in answer.text
    assert rows(context, Connection) == []


def test_a_source_that_does_not_exist_is_refused(me):
    assert connect(me, "teletext").status_code == 422


def test_the_page_tells_how_a_source_is_doing(me, context):
    with context.database.writing() as session:
        connection = make_connection(session, me.brand, name="bluesky-main", source="bluesky")
        make_poll(
            session,
            make_watch(session, me.brand),
            connection,
            last_read_at=context.clock(),
            last_fault="Bluesky asked us to slow down.",
            last_fault_at=context.clock(),
        )
    page = me.browser.get("/settings").text
    assert "Last read" in page
    assert "Bluesky asked us to slow down." in page
    assert "trouble" in page


def test_a_source_is_tested_in_a_process_of_its_own(me, context):
    connect(me, "webhook", "shop", secret="x" * 32)
    (connection,) = rows(context, Connection)
    assert me.browser.send(f"/settings/sources/{connection.id}/test").status_code == 303
    assert "shop works" in html.unescape(me.browser.get("/settings").text)


def test_a_broken_source_says_what_to_do(me, context):
    with context.database.writing() as session:
        connection = make_connection(session, me.brand, name="old", source="rss", credentials="not sealed")
    me.browser.send(f"/settings/sources/{connection.id}/test")
    assert "old does not work" in html.unescape(me.browser.get("/settings").text)


def test_a_source_is_removed(me, context):
    connect(me)
    (connection,) = rows(context, Connection)
    assert me.browser.send(f"/settings/sources/{connection.id}/remove").status_code == 303
    assert rows(context, Connection) == []


def test_a_watch_is_added_from_words(me, context):
    connect(me)
    (connection,) = rows(context, Connection)
    answer = me.browser.send(
        "/settings/watches",
        {
            "name": "Us",
            "kind": "words",
            "any": "lumen, @lumen, lumen kettle",
            "none": "lumen unit",
            "languages": "en, el",
            "exclude_authors": "@lumen_help",
            "connection": connection.id,
        },
    )
    assert answer.status_code == 303
    (watch,) = rows(context, Watch)
    assert watch.query["text"] == '(lumen OR @lumen OR "lumen kettle") AND NOT "lumen unit"'
    assert watch.query["languages"] == ["el", "en"]
    assert watch.query["exclude_authors"] == ["lumen_help"]


def test_a_search_string_with_a_fault_points_at_its_column(me, context):
    answer = me.browser.send("/settings/watches", {"name": "Us", "kind": "boolean", "boolean": "lumen AND (kettle"})
    assert answer.status_code == 422
    drawn = html.unescape(re.search(r'<pre class="drawn">(.*?)</pre>', answer.text, re.DOTALL)[1])
    text, caret = drawn.split("\n")
    assert text == "lumen AND (kettle"
    assert text[caret.index("^") :].startswith("(")
    assert "lumen AND (kettle" in html.unescape(re.search(r'name="boolean"[^>]*value="([^"]*)"', answer.text)[1])
    assert rows(context, Watch) == []


@pytest.mark.parametrize(
    "form",
    [
        {"name": "", "kind": "words", "any": "lumen"},
        {"name": "Us", "kind": "words"},
        {"name": "Us", "kind": "words", "none": "lumen"},
        {"name": "Us", "kind": "words", "any": "lumen", "languages": "english!"},
        {"name": "Us", "kind": "boolean", "boolean": ""},
        {"name": "Us", "kind": "boolean", "boolean": "(" * 5000},
    ],
)
def test_a_watch_that_cannot_work_is_refused_with_a_sentence(me, context, form):
    answer = me.browser.send("/settings/watches", form)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert rows(context, Watch) == []


def test_a_watch_is_paused_resumed_and_removed(me, context):
    with context.database.writing() as session:
        watch = make_watch(session, me.brand)
    me.browser.send(f"/settings/watches/{watch.id}/pause")
    assert rows(context, Watch)[0].paused_at is not None
    me.browser.send(f"/settings/watches/{watch.id}/resume")
    assert rows(context, Watch)[0].paused_at is None
    me.browser.send(f"/settings/watches/{watch.id}/remove")
    assert rows(context, Watch) == []


def link_in(answer):
    return re.search(r'value="(http[^"]+/sign-in/link/[^"]+)"', answer.text)


def test_an_invitation_shows_its_link_once_and_the_link_opens(me, context, client):
    answer = me.browser.send("/settings/people", {"email": "new@example.org", "name": "Nia", "role": "agent"})
    path = link_in(answer)[1].removeprefix(context.settings.effective_public_url)
    assert link_in(me.browser.get("/settings")) is None
    assert client.send(path).headers["Location"] == "/account"
    assert "Nia" in client.get("/account").text


def test_inviting_somebody_of_another_brand_shows_no_link(me, context, login_as):
    victim = login_as(Role.ADMIN)
    answer = me.browser.send("/settings/people", {"email": victim.user.email, "role": "admin"})
    assert answer.status_code == 303
    assert link_in(me.browser.get("/settings")) is None
    assert me.browser.send(f"/settings/people/{victim.user.id}/link").status_code == 409
    with context.database.reading() as session:
        assert session.scalars(select(SignInLink)).all() == []


def test_a_new_link_lets_somebody_back_in(me, context, client):
    with context.database.writing() as session:
        agent = make_user(session, brand=me.brand)
    answer = me.browser.send(f"/settings/people/{agent.id}/link")
    path = link_in(answer)[1].removeprefix(context.settings.effective_public_url)
    assert client.send(path).status_code == 303


def test_roles_change_and_the_last_admin_stays(me, context):
    with context.database.writing() as session:
        agent = make_user(session, brand=me.brand)
    assert me.browser.send(f"/settings/people/{agent.id}/role", {"role": "marketer"}).status_code == 303
    assert me.browser.send(f"/settings/people/{me.user.id}/role", {"role": "agent"}).status_code == 409
    assert me.browser.send(f"/settings/people/{agent.id}/role", {"role": "owner"}).status_code == 422
    with context.database.reading() as session:
        assert session.get(Membership, (agent.id, me.brand.id)).role == "marketer"


def test_who_is_removed_is_out_at_once(me, context, login_as):
    agent = login_as(Role.AGENT, brand=me.brand)
    assert agent.browser.get("/queue").status_code == 200
    assert me.browser.send(f"/settings/people/{agent.user.id}/remove").status_code == 303
    assert agent.browser.get("/queue").status_code == 303
    with context.database.reading() as session:
        assert session.get(User, agent.user.id).disabled_at is not None


def test_nothing_of_another_brand_can_be_changed_or_seen(me, context, login_as):
    other = login_as(Role.ADMIN)
    with context.database.writing() as session:
        connection = make_connection(session, other.brand, name="theirs-alone")
        watch = make_watch(session, other.brand, name="their watch")
    for path in (
        f"/settings/sources/{connection.id}/test",
        f"/settings/sources/{connection.id}/remove",
        f"/settings/watches/{watch.id}/pause",
        f"/settings/watches/{watch.id}/resume",
        f"/settings/watches/{watch.id}/remove",
        f"/settings/people/{other.user.id}/link",
        f"/settings/people/{other.user.id}/role",
        f"/settings/people/{other.user.id}/remove",
    ):
        assert me.browser.send(path, {"role": "agent"}).status_code == 404, path
    answer = me.browser.send("/settings/watches", {"name": "W", "any": "lumen", "connection": connection.id})
    assert answer.status_code == 404
    page = me.browser.get("/settings").text
    assert "theirs-alone" not in page
    assert "their watch" not in page
    assert other.user.email not in page


def test_the_brand_is_renamed(me):
    assert me.browser.send("/settings/brand", {"name": "Lumen"}).status_code == 303
    assert "Lumen" in me.browser.get("/queue").text
    assert me.browser.send("/settings/brand", {"name": " "}).status_code == 422


def test_who_may_not_change_settings_sees_no_forms(me, login_as):
    page = login_as(Role.AGENT, brand=me.brand).browser.get("/settings").text
    for form in ("/settings/sources", "/settings/watches", "/settings/people", "/settings/brand"):
        assert f'action="{form}"' not in page


def test_a_sign_in_link_is_nowhere_in_the_logs(me, caplog):
    import logging

    caplog.set_level(logging.DEBUG)
    answer = me.browser.send("/settings/people", {"email": "new@example.org", "role": "agent"})
    token = link_in(answer)[1].rpartition("/")[2]
    assert token not in caplog.text
    assert "new@example.org" not in caplog.text
    assert sign_in.LINK_LIFE.total_seconds() == 1800
