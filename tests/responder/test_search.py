"""Searching texts: the same words find the same mentions on both databases, and nothing typed is search syntax."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from responder.errors import Invalid
from responder.models import Mention
from responder.search import Words, having_newer, matching, newest, read_words
from tests.factories import make_brand, make_case, make_mention

TEXTS = {
    "refund": "Still waiting for my refund, third week now",
    "slash": "Please refund/exchange the kettle.",
    "address": "Mail to help@kettles.example came back; see kettles.example/returns_page",
    "markup": "<b>bold</b> claim &amp; no kettle",
    "greek": "Ο ΛΟΓΟΣ της εταιρείας; Καμία απάντηση!",
    "turkish": "Işıklar hâlâ yanmıyor, İADE istiyorum",
    "german": "Die Lieferung kam drei Wochen zu spät, ÄRGERLICH",
    "operators": "near and or not the end",
    "quote": 'She said "never again" and left',
    "apostrophe": "I don't want it",
}


@pytest.fixture
def stored(database):
    with database.writing() as session:
        brand = make_brand(session)
        ids = {make_mention(session, brand, text=words).id: name for name, words in TEXTS.items()}
    return database, brand.id, ids


def found(stored, typed):
    database, brand_id, ids = stored
    with database.reading() as session:
        hits = newest(session, brand_id=brand_id, words=read_words(typed), limit=50)
        by_condition = session.scalars(select(Mention.id).where(matching(typed), Mention.brand_id == brand_id)).all()
    assert sorted(by_condition) == sorted(hit.mention_id for hit in hits)
    return {ids[hit.mention_id] for hit in hits}


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("refund", {"refund", "slash"}),
        ("REFUND", {"refund", "slash"}),
        ("refund week", {"refund"}),
        ("week refund", {"refund"}),
        ('"my refund"', {"refund"}),
        ('"refund my"', set()),
        ("“my refund”", {"refund"}),
        ('"my refund', {"refund"}),
        ("refund -exchange", {"refund"}),
        ('refund -"third week"', {"slash"}),
        ("exchange", {"slash"}),
        ("kettles", {"address"}),
        ("example returns page", {"address"}),
        ("help@kettles.example", {"address"}),
        ("bold", {"markup"}),
        ("λόγος", {"greek"}),
        ("λογοσ", {"greek"}),
        ("ΑΠΑΝΤΗΣΗ", {"greek"}),
        ("ışıklar", {"turkish"}),
        ("isiklar", {"turkish"}),
        ("iade hala", {"turkish"}),
        ("spat", {"german"}),
        ("ärgerlich", {"german"}),
        ("don't", {"apostrophe"}),
        ("refun", set()),
    ],
)
def test_words_find_what_people_mean(stored, typed, names):
    assert found(stored, typed) == names


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("near", {"operators"}),
        ("NOT near", {"operators"}),
        ("near AND or", {"operators"}),
        ("NEAR(refund week, 2)", set()),
        ("refun*", set()),
        ("text:refund", set()),
        ("{text}:refund", set()),
        ("^still", {"refund"}),
        ("refund)", {"refund", "slash"}),
        ("((refund", {"refund", "slash"}),
        ("refund + week", {"refund"}),
        ("refund & week | x", set()),
        ("refund:*", {"refund", "slash"}),
        ("!refund", {"refund", "slash"}),
        ('"refund" "', {"refund", "slash"}),
        ('never"again', {"quote"}),
        ("'; DROP TABLE mentions; --", set()),
        ("\x00refund\ud800", {"refund", "slash"}),
    ],
)
def test_nothing_typed_is_search_syntax(stored, typed, names):
    assert found(stored, typed) == names


@pytest.mark.parametrize("typed", ["", "   ", "!!!", '""', "-refund", '-"my refund" -week', "🙂", "_", "-"])
def test_nothing_to_look_for_is_said(typed):
    with pytest.raises(Invalid, match="at least one word"):
        read_words(typed)


def test_too_much_is_refused():
    with pytest.raises(Invalid, match="200"):
        read_words("a" * 201)
    with pytest.raises(Invalid, match="12"):
        read_words(" ".join(f"w{number}" for number in range(13)))


@given(st.text(max_size=60))
@settings(max_examples=200, deadline=None)
def test_whatever_is_typed_becomes_quoted_words(typed):
    try:
        words = read_words(typed)
    except Invalid:
        return
    for term in words.wanted + words.unwanted:
        assert '"' not in term
        assert term == " ".join(term.split())
    assert words.as_fts5.count('"') == 2 * len(words.wanted + words.unwanted)


@given(st.lists(st.text(max_size=40), min_size=20, max_size=20))
@settings(max_examples=5, deadline=None)
def test_no_input_makes_sqlite_fail(sqlite_template, tmp_path_factory, typed):
    _no_failure(tmp_path_factory, sqlite_template, typed)


def _no_failure(tmp_path_factory, template, typed):
    from tests import databases

    database = databases.copy_sqlite(template, tmp_path_factory.mktemp("search"))
    with database.reading() as session:
        for text in typed:
            try:
                words = read_words(text)
            except Invalid:
                continue
            assert newest(session, brand_id=1, words=words, limit=5) == []
    database.close()


def test_no_input_makes_postgresql_fail(postgresql_database):
    nasty = ["<->", "a:*", "a\\b", "'a'", "a & !b", '"a" <2> "b"', "%s :x %(y)s", "or", "a -or", "-a or b", "\\"]
    with postgresql_database.reading() as session:
        for typed in nasty:
            try:
                words = read_words(typed)
            except Invalid:
                continue
            assert newest(session, brand_id=1, words=words, limit=5) == []


def test_the_last_heard_comes_first_and_pages_follow(database):
    with database.writing() as session:
        brand = make_brand(session)
        ids = [make_mention(session, brand, text=f"kettle number {n}").id for n in range(7)]
        make_mention(session, text="another brand's kettle")
        words = read_words("kettle")
        first = newest(session, brand_id=brand.id, words=words, limit=4)
        second = newest(session, brand_id=brand.id, words=words, limit=4, before=first[-1].mention_id)
    assert [hit.mention_id for hit in first + second] == ids[::-1]


def test_an_edited_text_is_found_by_its_new_words_only(database):
    with database.writing() as session:
        mention = make_mention(session, text="Ο λόγος σας")
        session.flush()
        mention.text = "now it drips"
        session.flush()
        assert not newest(session, brand_id=mention.brand_id, words=read_words("λόγος"), limit=5)
        assert newest(session, brand_id=mention.brand_id, words=read_words("drips"), limit=5)


def test_cases_with_a_newer_match_are_told_apart(database):
    with database.writing() as session:
        brand = make_brand(session)
        old, new = (make_mention(session, brand, text="kettle leaks") for _ in range(2))
        case, other = make_case(session, lead=old), make_case(session, lead=make_mention(session, brand, text="kettle"))
        new.case_id = case.id
        session.flush()
        words = Words(("kettle", "leaks"), ())
        ids = [case.id, other.id]
        assert having_newer(session, words=words, case_ids=ids, than=new.id) == {case.id}
        assert having_newer(session, words=words, case_ids=ids, than=other.lead_mention_id) == set()
        assert having_newer(session, words=words, case_ids=[], than=0) == set()
