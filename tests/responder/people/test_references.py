"""Order numbers and e-mail addresses: found however they are typed, and nothing else is taken for one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responder.people.references import Reference, find_references


@pytest.mark.parametrize(
    "text",
    [
        "Order no. 123-4567 never came",
        "my order (#1234567)",
        "ORDER NUMBER IS 1234567",
        "Bestellnummer: 1234567",
        "commande n° 123-4567",
        "pedido 1234567",
        "sipariş no 1234567",
        "παραγγελία αρ. 1234567",
        "no pesanan: tempahan 1234567",
        "see #1234567",
    ],
)
def test_an_order_number_is_one_number_in_every_language_and_spelling(text):
    assert find_references(text) == {(Reference.ORDER, "1234567")}


@pytest.mark.parametrize(
    "text",
    [
        "I ordered 2 kettles in 2026",
        "order 2024",
        "order now, it costs 129999",
        "the WH-1000XM4 is great",
        "call 0800 1234567",
        "room 1234567",
        "in order to see 20 things",
        "#1 and #2026",
        "x&#1234567;",
    ],
)
def test_years_prices_models_and_telephones_are_no_order(text):
    assert find_references(text) == set()


def test_an_address_is_one_however_it_is_written():
    told = {(Reference.EMAIL, "ana.b@mail.example")}
    assert find_references("Write to Ana.B@Mail.Example!") == told == find_references("<ana.b+kettle@mail.example>")


@pytest.mark.parametrize(
    "text", ["support@halvanto.example", "@ana@social.example said", "ana@localhost", "a@b@c.example"]
)
def test_departments_and_accounts_of_other_servers_are_no_address_of_theirs(text):
    assert find_references(text) == set()


@given(st.text())
def test_any_text_can_be_looked_through(text):
    find_references(text)


@pytest.mark.parametrize(
    "evil", ["order " * 6000, "a.b-" * 9000 + "@", "order: " + "a-" * 9000, "a%" * 9000 + "@" + "b." * 9000]
)
def test_no_text_takes_long(evil):
    find_references(evil)
