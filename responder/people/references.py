"""What people tell us to be recognised by: order numbers and e-mail addresses in a text.

They are for comparing two conversations, as keyed hashes (`responder.people.traces`); the plain values leave this
module for the hash and nothing else. Short codes of cases are `responder.cases.codes`'s.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from enum import StrEnum


class Reference(StrEnum):
    """What kind of thing was told."""

    ORDER = "order"
    EMAIL = "email"
    CODE = "code"


_ORDER_WORDS = (
    # English, German, French, Spanish, Portuguese, Italian, Dutch
    *("order", "invoice", "booking", "reference", "ticket", "customer", "bestellung", "bestellnummer", "auftrag"),
    *("rechnung", "kundennummer", "commande", "facture", "pedido", "factura", "encomenda", "ordine", "bestelling"),
    # Turkish, Greek, Malay and Indonesian
    *("sipariş", "siparis", "fatura", "παραγγελία", "παραγγελια", "τιμολόγιο", "τιμολογιο", "pesanan", "tempahan"),
)
_NUMBER_WORDS = r"no|nr|nº|n°|num|number|nummer|numero|número|numarası|numaram|nombor|nomor|αρ|αριθμός|id|is|ist|was"
_ORDER = re.compile(
    rf"(?<!\w)(?:{'|'.join(_ORDER_WORDS)})\w{{0,6}}(?:[\s.:#=(№-]|(?<!\w)(?:{_NUMBER_WORDS})(?!\w)){{1,8}}([a-z]{{0,6}}[-/]?\d[a-z0-9/-]{{3,29}})"
)
_HASHED = re.compile(r"(?<![\w&#])#([a-z]{0,4}-?\d[\d-]{4,20})(?![\w])")
_EMAIL = re.compile(r"(?<![\w.+@%-])([\w.%-]{1,64})(?:\+[\w.%+-]{0,64})?@((?:[\w-]{1,63}\.){1,6}[a-z]{2,24})(?![\w@])")
_FEWEST_DIGITS = 5
"""With fewer, a year or the number of a model would be an order."""

_OFFICES = frozenset(
    ("info", "support", "help", "service", "care", "contact", "hello", "sales", "admin", "office", "press", "team")
)
"""Addresses of departments, which belong to nobody."""


def find_references(text: str) -> set[tuple[Reference, str]]:
    """Return the order numbers and e-mail addresses a text names, each written one way however it was typed."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return set(_orders(folded)) | set(_emails(folded))


def _orders(text: str) -> Iterator[tuple[Reference, str]]:
    for pattern in (_ORDER, _HASHED):
        for match in pattern.finditer(text):
            number = re.sub(r"[^a-z0-9]", "", match[1])
            if sum(sign.isdigit() for sign in number) >= _FEWEST_DIGITS:
                yield Reference.ORDER, number


def _emails(text: str) -> Iterator[tuple[Reference, str]]:
    for match in _EMAIL.finditer(text):
        if match[1] not in _OFFICES:
            yield Reference.EMAIL, f"{match[1]}@{match[2]}"
