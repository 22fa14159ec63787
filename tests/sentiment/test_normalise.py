from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment.normalise import LONGEST_KEPT, folded, normalise, without_links_and_handles

ANY_TEXT = st.text(alphabet=st.characters(blacklist_categories=()), max_size=300)


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        ("See https://wobble.example/x?y=1#z now", "See http now"),
        ("www.wobble.example is down", "http is down"),
        ("HTTPS://WOBBLE.EXAMPLE", "http"),
        ("@WobbleTel and @anna@social.example, please", "@user and @user, please"),
        ("hi @ben.b.example!", "hi @user!"),
        ("write to anna@wobble.example", "write to anna@wobble.example"),
        ("two\n\n lines\tand\u00a0more ", "two lines and more"),
        ("nul\x00byte \x07bell", "nul byte bell"),
        ("fish &amp; chips &lt;3", "fish & chips <3"),
        ("\u202eevil\u202c \ufeffmark", "evil mark"),
        ("cafe\u0301", "café"),
        ("\ud83d\ude21 pair", "😡 pair"),
        ("lone \ud83d half", "lone half"),
        ("&#xD800;", "\ufffd"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("", ""),
        (" \n\x00 ", ""),
    ],
)
def test_a_text_is_read_without_links_handles_and_junk(raw, read):
    assert normalise(raw) == read


@given(ANY_TEXT)
def test_normalised_text_is_short_printable_and_encodable(text):
    read = normalise(text)
    assert len(read) <= LONGEST_KEPT
    assert read == read.strip()
    assert "\x00" not in read
    read.encode("utf-8")


@given(ANY_TEXT)
def test_reading_twice_changes_nothing_but_entities(text):
    once = normalise(text.replace("&", " "))
    assert normalise(once) == once


@pytest.mark.parametrize("unit", ["a", "@a.", "https://", "\ud83d", "&amp;", " ", "😡", "\x00"])
def test_a_megabyte_is_read_at_once_whatever_it_holds(unit):
    started = time.perf_counter()
    assert len(folded(normalise(unit * (1_000_000 // len(unit))))) <= LONGEST_KEPT
    assert time.perf_counter() - started < 0.5


@pytest.mark.parametrize(
    ("read", "form"),
    [
        ("ÇOK GÜZELİM, Iğdır'da ışık", "cok guzelim, igdir'da isik"),
        ("Καλημέρα ΟΛΟΣ ο Κόσμος", "καλημερα ολοσ ο κοσμοσ"),
        ("naïve Ångström façade", "naive angstrom facade"),
        ("यह अच्छी बात है", "यह अच्छी बात है"),
        ("مرحبًا جداً", "مرحبًا جداً"),
        ("ещё йод", "ещё йод"),
        ("SOOOO gooood!!! 1000000", "soo good!!! 1000000"),
        ("ugh😡😡😡no ❤️👍🏽", "ugh 😡 no ❤ 👍"),
        ("plain", "plain"),
    ],
)
def test_a_folded_text_has_no_case_and_no_accents_on_latin_and_greek_only(read, form):
    assert folded(read) == form


@given(ANY_TEXT)
def test_folding_twice_changes_nothing(text):
    once = folded(normalise(text))
    assert folded(once) == once


def test_placeholders_do_not_speak_for_a_language():
    assert without_links_and_handles("@user schau mal http !") == "schau mal !"
    assert without_links_and_handles("@user http") == ""
    assert without_links_and_handles("httpd and http2 stay") == "httpd and http2 stay"
