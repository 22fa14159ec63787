"""Connections: checked whole, sealed, shown with masks, opened with what was given."""

from __future__ import annotations

import dataclasses
import threading

import pytest

from listeners.errors import CredentialsExpired, Unavailable
from responder.accounts.connections import (
    MASK,
    SourcePool,
    add_connection,
    check,
    get_connection,
    list_connections,
    open_source,
    remove_connection,
)
from responder.errors import Conflict, Invalid, NotFound
from responder.models import Connection
from tests.factories import make_brand, make_connection
from tests.responder.accounts import kiosk

TOKEN = "back-door-token"


def added(session, context, brand, **over):
    given = {"source": "kiosk", "name": "front kiosk", "values": {"token": TOKEN}, "base_url": None}
    return add_connection(session, context, brand_id=brand.id, **given | over)


def test_credentials_are_unreadable_in_the_database(context):
    with context.database.writing() as session:
        connection = added(session, context, make_brand(session))
        assert TOKEN not in connection.credentials


def test_an_opened_source_has_what_was_given(context):
    with context.database.writing() as session:
        values = {"token": TOKEN, "stalls": "north, south", "page_size": "20"}
        connection = added(session, context, make_brand(session), values=values, base_url="https://kiosk.example/")
    opened = open_source(context, connection)
    assert isinstance(opened, kiosk.Kiosk)
    assert opened.credentials.token.get_secret_value() == TOKEN
    assert opened.credentials.stalls == ("north", "south")
    assert opened.credentials.page_size == 20
    assert opened.base_url == "https://kiosk.example"
    assert opened.http is context.fetcher


def test_every_fault_is_told_at_once(context):
    with context.database.writing() as session, pytest.raises(Invalid) as refused:
        added(
            session,
            context,
            make_brand(session),
            name=" ",
            base_url="ftp://kiosk.example",
            values={"page_size": "many", "colour": "red"},
        )
    told = "\n".join(refused.value.faults)
    for word in ("name:", "base URL:", "token: is missing (Token from the kiosk's back door)", "page_size:", "colour:"):
        assert word in told


def test_a_refused_secret_is_not_repeated_in_the_fault(context):
    with context.database.writing() as session, pytest.raises(Invalid) as refused:
        added(session, context, make_brand(session), values={"token": "short"})
    assert "short" not in str(refused.value).replace("shorter", "")


def test_an_unknown_source_is_answered_with_the_known_ones(context):
    with context.database.writing() as session, pytest.raises(Invalid, match="known are"):
        added(session, context, make_brand(session), source="pigeon")


@pytest.mark.parametrize(
    "url", ["https://user:pass@kiosk.example", "http://", "javascript:alert(1)", "https://a:99999"]
)
def test_an_address_that_is_none_is_refused(context, url):
    with context.database.writing() as session, pytest.raises(Invalid, match="base URL"):
        added(session, context, make_brand(session), base_url=url)


def test_a_name_is_taken_once(context):
    with context.database.writing() as session:
        brand = make_brand(session)
        added(session, context, brand)
        with pytest.raises(Conflict, match="front kiosk"):
            added(session, context, brand)


def test_secrets_are_masked_wherever_a_connection_is_shown(context):
    with context.database.writing() as session:
        brand = make_brand(session)
        added(session, context, brand, values={"token": TOKEN, "stalls": "north"})
        (shown,) = list_connections(session, context, brand_id=brand.id)
    assert shown.values == {"token": MASK, "stalls": ["north"], "page_size": 50}
    assert TOKEN not in repr(shown)


def test_a_connection_of_another_brand_is_not_found(context):
    with context.database.writing() as session:
        added(session, context, make_brand(session))
        with pytest.raises(NotFound, match="none yet"):
            get_connection(session, brand_id=make_brand(session).id, name="front kiosk")


def test_a_changed_secret_breaks_the_connection_with_the_way_out(context):
    with context.database.writing() as session:
        connection = added(session, context, make_brand(session))
        view = list_connections(session, dataclasses.replace(context, secret="new"), brand_id=connection.brand_id)
    with pytest.raises(CredentialsExpired, match="EARSHOT_SECRET_KEY"):
        open_source(dataclasses.replace(context, secret="another secret"), connection)
    assert view[0].values == {}


def test_a_source_whose_package_went_away_can_be_tried_later(context):
    with context.database.writing() as session:
        connection = make_connection(session, source="pigeon")
    with pytest.raises(Unavailable, match="pigeon"):
        open_source(context, connection)


def test_checking_asks_the_platform(context):
    with context.database.writing() as session:
        brand = make_brand(session)
        works = added(session, context, brand)
        broken = added(session, context, brand, name="old", values={"token": "expired-token"})
        pushed = added(session, context, brand, name="letters", source="letterbox", values={})
    assert check(context, works) == "connected to the kiosk"
    assert "cannot be checked" in check(context, pushed)
    with pytest.raises(CredentialsExpired):
        check(context, broken)


def test_an_answer_nobody_can_read_becomes_a_sentence_that_quotes_nothing_of_it(context):
    with context.database.writing() as session:
        garbled = added(session, context, make_brand(session), values={"token": "garbled-token"})
    with pytest.raises(Unavailable, match="KeyError") as told:
        check(context, garbled)
    assert "words of somebody" not in str(told.value)


def test_removing_a_connection_forgets_its_credentials(context):
    with context.database.writing() as session:
        brand = make_brand(session)
        remove_connection(session, added(session, context, brand))
        session.expire_all()
        assert session.query(Connection).count() == 0


def test_a_pool_keeps_a_source_until_its_credentials_change(context):
    with context.database.writing() as session:
        connection = added(session, context, make_brand(session))
    pool = SourcePool(context)
    first = pool.get(connection)
    assert pool.get(connection) is first
    connection.base_url = "https://elsewhere.example"
    assert pool.get(connection) is not first


def test_two_threads_never_share_an_open_source(context):
    with context.database.writing() as session:
        connection = added(session, context, make_brand(session))
    pool = SourcePool(context)
    elsewhere = []
    thread = threading.Thread(target=lambda: elsewhere.append(pool.get(connection)))
    thread.start()
    thread.join()
    assert elsewhere[0] is not pool.get(connection)
