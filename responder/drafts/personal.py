"""Personal data and secrets that stand in a reply, or are asked for in public. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from responder.drafts.phrasebook import listed, said
from responder.drafts.reading import Sentence

_E_MAIL = re.compile(r"(?<![\w.+-])([\w.+-]{1,64})@([\w-]{1,63}(?:\.[\w-]{1,63}){1,4})(?!@)")
_LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_INNER = re.compile(
    r"https?://(?:[\w.-]*\.(?:internal|local|lan|corp|intranet|intra)\b|localhost|intranet|(?:10|127|192\.168)\.\d"
    r"|(?:jira|confluence|zendesk-admin|admin|wiki|gitlab|backoffice|crm)\.)\S*",
    re.IGNORECASE,
)
_KEY = re.compile(
    r"\b(?:sk|pk|ghp|xox[abp]|AKIA)[-_]?(?=[A-Za-z0-9_-]*\d)[A-Za-z0-9_-]{12,}|\beyJ[\w-]{10,}\.|\bBearer\s+\S{12,}"
)
_NOT_NUMBERS = re.compile(
    r"(?:[€$£₺]|\b(?:RM|TL|EUR|USD|GBP|MYR))\s?\d[\d.,]{0,15}"
    r"|(?<![\d.,])\d[\d.,]{0,15}\s?(?:[€$£₺%]|(?:TL|EUR|USD|GBP|MYR|RM|lira|euros?|ευρώ|GB|MB|Mbps)\b)"
    r"|\b\d{1,4}[./-]\d{1,2}[./-]\d{1,4}\b|\b\d{1,2}[:.]\d{2}(?:\s?[–-]\s?\d{1,2}[:.]\d{2})?\b"
    r"|\b\d{1,6}(?:\.\d{1,6}){1,3}\b",
    re.IGNORECASE,
)
_DIGITS = re.compile(r"(?<![\w.])[+(]{0,2}\d(?:[\s().–/-]{0,2}\d){5,22}(?!\w)")
_CODED = re.compile(r"(?<![\w-])[A-Z]{2,5}[-#]?\d[\dA-Z-]{5,30}\b")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:\s?[A-Z0-9]{4}){3,7}\b")
_MASKED = re.compile(r"[*•xX]{2,12}[\s-]?\d{4}\b")
_ENDING = re.compile(
    r"\b(?:ending|ends|berakhir|λήγει|λήγουσα|biten)\b[^.!?\d]{0,25}\d{3,4}\b|\b\d{4}\s+ile\s+biten", re.IGNORECASE
)
_ADDRESS = re.compile(
    r"\b\d{1,4}[a-z]?,?\s(?:[A-Z][\w'’]{1,30}\s){1,3}(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Close|Drive|Dr|Court"
    r"|Crescent|Way|Terrace|Gardens|Square|Place)\b"
    r"|\bNo\.?\s?\d{1,4}[\w/-]{0,6},?\s(?:Jalan|Jln|Lorong|Lrg|Persiaran|Taman)\s\w"
    r"|\b(?:Jalan|Jln|Lorong|Persiaran)\s(?:\w{1,30}\s){1,3}(?:No\.?\s?)?\d"
    r"|\b\d{1,4}[\w/-]{0,6},?\s(?:Jalan|Jln|Lorong)\s[A-Z]"
    r"|\b(?:Sok(?:ak|ağı|\.)|Sk\.|Cad(?:desi|\.)|Mah(?:allesi|\.)|Bulvarı)\s?,?\s?No\s?[:.]?\s?\d"
    r"|\b(?:οδός|οδό|οδού|Λεωφόρος|Λεωφόρο|Λεωφόρου)\s(?:\w{1,30}\s){1,2}\d"
    r"|\b(?:στη|στην|προς|διεύθυνση)\s(?:[Α-ΩΆ-Ώ]\w{1,30}\s){1,2}\d{1,3}\b,"
)
_SHOWN = (
    ("secret", _INNER),
    ("secret", _KEY),
    ("card", _MASKED),
    ("card", _ENDING),
    ("card", _IBAN),
    ("address", _ADDRESS),
)
_FREE = re.compile(r"(?:0800|0808|1300|1800|0850|444)\b")
"""Beginnings of numbers that only firms have."""

_LEAST_OF_A_NUMBER = 6

WORDS: Mapping[str, str] = MappingProxyType(
    {
        "e_mail": "an e-mail address",
        "number": "a phone, order or account number",
        "card": "part of a card or account number",
        "address": "a postal address",
        "secret": "a secret or an internal note",
        "asked": "a question for personal data that anybody could read the answer to",
    }
)
"""Kinds of what must not stand in public, in words."""


def private_parts(reply: str, sentences: tuple[Sentence, ...]) -> Iterator[tuple[str, str]]:
    """Yield each kind in `WORDS` that a text which `seen` gave shows or asks for, with the text's own words."""
    for match in _E_MAIL.finditer(reply):
        if not set(re.split(r"[._+-]", match[1].casefold())) & listed("offices"):
            yield "e_mail", match[0]
    for kind, pattern in _SHOWN:
        if shown := pattern.search(reply):
            yield kind, shown[0]
    for place, sentence in enumerate(sentences):
        yield from _numbers(sentence)
        yield from (("secret", secret.quote) for secret in said("secret", sentence))
        yield from _asked(sentence, sentences[place + 1 : place + 2])


def _numbers(sentence: Sentence) -> Iterator[tuple[str, str]]:
    text = _NOT_NUMBERS.sub(" · ", _LINK.sub(" · ", _E_MAIL.sub(" · ", sentence.text)))
    for match in (*_DIGITS.finditer(text), *_CODED.finditer(text)):
        digits = sum(map(str.isdigit, match[0]))
        is_ours = said("ours", sentence)
        if digits < _LEAST_OF_A_NUMBER or is_ours or _FREE.match(match[0]):
            continue
        yield "number", match[0].strip()


def _asked(sentence: Sentence, following: tuple[Sentence, ...]) -> Iterator[tuple[str, str]]:
    asked = said("data", sentence) if said("ask", sentence) else []
    is_private = any(said("private", each) for each in (sentence, *following))
    if asked and (not is_private or (said("public", sentence) and not said("forbidden", sentence))):
        yield "asked", asked[0].quote
