"""Search strings: what they mean, how they are mended, and that writing one and reading it back changes nothing."""

from __future__ import annotations

import string
from datetime import UTC, datetime

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from listeners.expressions import MAX_DEPTH, MAX_LENGTH, holds, is_too_deep, leaf, unanchored
from listeners.folding import fold
from listeners.mentions import Author, Mention
from listeners.queries import And, Handle, Not, Or, Phrase, Query, QuerySyntaxError, Term

A, B, C = Term("a"), Term("b"), Term("c")


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("a", A),
        ("a b", And((A, B))),
        ("a AND b", And((A, B))),
        ("a OR b", Or((A, B))),
        ("a b OR c", Or((And((A, B)), C))),
        ("a OR b c", Or((A, And((B, C))))),
        ("(a OR b) c", And((Or((A, B)), C))),
        ("a NOT b", And((A, Not(B)))),
        ("a -b", And((A, Not(B)))),
        ('a -"b c"', And((A, Not(Phrase(("b", "c")))))),
        ("a NOT (b OR c)", And((A, Not(Or((B, C)))))),
        ("NOT NOT a", Not(Not(A))),
        ("a and b", And((A, Term("and"), B))),
        ('"AND" OR a', Or((Phrase(("AND",)), A))),
        ("“a  b”", Phrase(("a", "b"))),
        ("«a b» c", And((Phrase(("a", "b")), C))),
        ("@acme.example #late", And((Handle("acme.example"), Term("#late")))),
        ("@acme@social.example,", Handle("acme@social.example")),
        ("((a))", A),
        ("a (b (c))", And((A, B, C))),
        ("wi-fi", Term("wi-fi")),
        ('"-b"', Phrase(("-b",))),
    ],
)
def test_a_search_string_means(text, expression):
    assert Query.parse(text).expression == expression


@pytest.mark.parametrize(
    ("text", "column", "mend"),
    [
        ("", 1, "write a word"),
        ("   ", 1, "write a word"),
        ("(a", 1, r"add a \)"),
        ("a (b OR (c d)", 3, r"add a \)"),
        ("a) b", 2, "closes nothing"),
        ("a OR", 3, "missing after OR"),
        ("a AND NOT", 7, "missing after NOT"),
        ("OR a", 1, "missing before OR"),
        ("a OR AND b", 6, "missing before AND"),
        ("a ()", 3, r"missing after this \("),
        ('a "b c', 3, "never closed"),
        ('a ""', 3, "no letter"),
        ("a @", 3, "account name"),
        ("a !!", 3, "no letter"),
        ("a deliver*", 3, "late OR later"),
        ("a lang:en", 3, "languages in the filters"),
        ("from:acme", 1, "filters"),
        ("NOT a", 1, "must appear"),
        ("-a -b", 1, "must appear"),
        ("a OR NOT b", 6, "must appear"),
        ("a OR (NOT b)", 7, "must appear"),
    ],
)
def test_a_fault_points_at_its_column_and_says_how_to_mend_it(text, column, mend):
    with pytest.raises(QuerySyntaxError, match=mend) as caught:
        Query.parse(text)
    assert caught.value.column == column
    assert str(caught.value).startswith(f"column {column}: ")
    assert caught.value.drawn().splitlines()[1].index("^") == column - 1


def test_the_caret_stands_under_the_column_of_a_long_search_too():
    text = "word " * 200 + "(oops"
    with pytest.raises(QuerySyntaxError) as caught:
        Query.parse(text)
    line, caret = caught.value.drawn().splitlines()
    assert line[caret.index("^")] == "("
    assert len(line) <= 100


@pytest.mark.parametrize("text", ["(" * 5000, "NOT " * 2000 + "a", "(a OR (b AND " * 400, "-" * 9000 + "a", '"' * 9999])
def test_depth_is_bounded(text):
    with pytest.raises(QuerySyntaxError):
        Query.parse(text)


def test_length_is_bounded():
    with pytest.raises(QuerySyntaxError, match="two watches"):
        Query.parse("a " * MAX_LENGTH)
    with pytest.raises(ValueError, match="two watches"):
        Query.build(any=[f"word{number}" for number in range(2000)])


def test_depth_is_bounded_for_expressions_made_by_hand():
    deep = A
    for _ in range(MAX_DEPTH):
        deep = Not(deep)
    assert is_too_deep(deep)
    with pytest.raises(ValueError, match="flatter"):
        Query(deep)


@pytest.mark.parametrize(
    ("text", "post", "holds"),
    [
        ("borealis", "My BOREALIS!", True),
        ("borealis", "borealistic", False),
        ("borealis", "Borealis's lid", True),
        ("borealis", "Borealis’in kapağı", True),
        ("don't", "I don’t", True),
        ("oreal", "l'Oréal", True),
        ("cafe", "CAFÉ", True),
        ("café", "cafe", True),
        ("strasse", "Straße", True),
        ("smorrebrod", "smørrebrød", True),
        ("καλημερα", "ΚΑΛΗΜΈΡΑ", True),
        ("φίλος", "ΦΙΛΟΣ", True),
        ("istanbul", "İSTANBUL", True),
        ("ısparta", "ISPARTA", True),
        ("KIRIK", "kırık", True),
        ("新宿", "東京新宿駅", True),
        ("か", "が", False),
        ("삼성", "삼성이 또", True),
        ("ร้าน", "ไปร้านกาแฟ", True),
        ("आम", "यह आम है", True),
        ("ﬁne", "fine", True),
        ("ｂｏｒｅａｌｉｓ", "borealis", True),
        ("C++", "written in C++.", True),
        ("C++", "vitamin C", False),
        ("😡", "so 😡😡", True),
        ("😡", "so 😀", False),
        ("#late", "again #Late!", True),
        ("#late", "again late", False),
        ("late", "again #late", True),
        ("bore", "bo\u200bre", True),
        ("wi-fi", "the wi fi", True),
        ('"kettle lid"', "the kettle's lid", False),
        ('"kettle lid"', "a kettle, lid and all", True),
        ('"rock roll"', "rock & roll", True),
        ('"rock & roll"', "rock roll", False),
        ("@borealis", "hey @Borealis, help", True),
        ("@borealis", "hey @borealis@social.example", True),
        ("@borealis@social.example", "hey @borealis", True),
        ("@borealis@social.example", "hey @borealis@other.example", False),
        ("@borealis", "mail me@borealis", False),
        ("@borealis", "borealis", False),
        ("@borealis", "thanks u/borealis", True),
        ("@borealis.example", "thanks @borealis.example.", True),
        ("a NOT b", "a c", True),
        ("a NOT b", "a b", False),
        ("a OR b", "c", False),
    ],
)
def test_a_text_matches(text, post, holds):
    assert Query.parse(text).matches_text(post) is holds


def _mention(**over) -> Mention:
    return Mention(
        **{"source": "memory", "external_id": "1", "text": "borealis", "created_at": datetime(2026, 5, 1, tzinfo=UTC)}
        | over
    )


@pytest.mark.parametrize(
    ("filters", "mention", "wanted"),
    [
        ({}, {}, True),
        ({"languages": {"en"}}, {"language": "en-GB"}, True),
        ({"languages": {"EN_gb"}}, {"language": "en-GB"}, True),
        ({"languages": {"en"}}, {"language": "tr"}, False),
        ({"languages": {"en"}}, {"language": None}, True),
        ({}, {"is_repost": True}, False),
        ({"include_reposts": True}, {"is_repost": True}, True),
        ({"exclude_authors": {"@Borealis"}}, {"author": Author(external_id="7", handle="borealis")}, False),
        ({"exclude_authors": {"did:plc:x"}}, {"author": Author(external_id="did:plc:x", handle="b")}, False),
        ({"exclude_authors": {"borealis"}}, {"author": Author(external_id="7", handle="borealis2")}, True),
        ({"exclude_authors": {"borealis"}}, {"author": None}, True),
    ],
)
def test_filters_on_language_reposts_and_our_own_accounts(filters, mention, wanted):
    filters = {name: frozenset(value) if isinstance(value, set) else value for name, value in filters.items()}
    assert Query.parse("borealis", **filters).matches(_mention(**mention)) is wanted


def test_lists_of_words_become_one_query():
    query = Query.build(any=["borealis", "north star"], all=["kettle"], none=["recipe"], handles=["@borealis"])
    assert query.to_text() == '(borealis OR "north star" OR @borealis) AND kettle AND NOT recipe'


def test_a_list_that_only_excludes_is_refused():
    with pytest.raises(ValueError, match="must appear"):
        Query.build(none=["recipe"])
    with pytest.raises(ValueError, match="must appear"):
        Query.build()


@pytest.mark.parametrize("entry", ["AND", "lang:en", "-x", 'say "hi" now', "a (b)", "C*"])
def test_an_entry_of_a_list_is_words_never_operators(entry):
    query = Query.build(any=[entry])
    assert isinstance(query.expression, Phrase)
    assert Query.parse(query.to_text()) == query


@pytest.mark.parametrize("entry", ["", "  ", "!!", '""'])
def test_an_entry_without_a_word_is_refused(entry):
    with pytest.raises(ValueError, match="no letter"):
        leaf(entry)


def test_alternatives_are_what_a_platform_without_or_is_asked():
    query = Query.parse('(borealis OR "north star") kettle NOT recipe OR @borealis')
    assert set(map(frozenset, query.alternatives())) == {
        frozenset({Term("borealis"), Term("kettle")}),
        frozenset({Phrase(("north", "star")), Term("kettle")}),
        frozenset({Handle("borealis")}),
    }
    assert query.terms() == (Term("borealis"), Phrase(("north", "star")), Term("kettle"), Handle("borealis"))


def test_alternatives_get_vaguer_rather_than_many():
    wide = " ".join("(" + " OR ".join(f"w{group}x{number}" for number in range(6)) + ")" for group in range(5))
    assert 0 < len(Query.parse(wide).alternatives(limit=16)) <= 16


WORDS = st.text(string.ascii_lowercase + "éıß新か#&+", min_size=1, max_size=6).filter(lambda text: text.strip("#&+"))
LEAVES = (
    WORDS.map(leaf)
    | st.lists(WORDS, min_size=1, max_size=3).map(lambda words: Phrase(tuple(words)))
    | st.from_regex(r"[a-z]{1,5}(@[a-z]{1,5}\.[a-z]{2})?", fullmatch=True).map(Handle)
)
EXPRESSIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: And(tuple(parts))),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: Or(tuple(parts))),
        inner.map(Not),
    ),
    max_leaves=12,
)


@given(EXPRESSIONS, st.frozensets(st.sampled_from(["en", "ms", "tr"])), st.booleans())
def test_writing_a_query_and_reading_it_back_changes_nothing(expression, languages, include_reposts):
    assume(unanchored(expression) is None and not is_too_deep(expression))
    query = Query(expression, languages=languages, include_reposts=include_reposts, exclude_authors=frozenset({"@Us"}))
    again = Query.parse(
        query.to_text(), languages=languages, include_reposts=include_reposts, exclude_authors=frozenset({"us"})
    )
    assert again == query
    assert Query.from_dict(query.to_dict()) == query


@given(st.text(max_size=80) | st.text(' ()"@-#*:ANDORTab', max_size=60))
@example("\x00")
@example("\ud800")
@example("a\u2028OR\u2029b")
def test_any_text_is_a_query_or_a_fault_inside_the_text(text):
    try:
        query = Query.parse(text)
    except QuerySyntaxError as error:
        _assert_points_into(text, error)
    else:
        assert Query.parse(query.to_text()) == query
        query.matches_text(text)


def _assert_points_into(text: str, error: QuerySyntaxError) -> None:
    assert 1 <= error.column <= max(len(text), 1)
    assert error.drawn()


@given(EXPRESSIONS, st.text(max_size=60))
def test_matching_follows_the_laws_of_logic(expression, text):
    assume(not is_too_deep(expression))
    folded = fold(text)
    assert holds(Not(expression), folded) is not holds(expression, folded)
    assert holds(And((expression, Not(expression))), folded) is False
    assert holds(Or((expression, Not(expression))), folded) is True


@given(EXPRESSIONS, st.lists(WORDS, max_size=5))
def test_whatever_matches_holds_all_of_one_alternative(expression, words):
    assume(unanchored(expression) is None and not is_too_deep(expression))
    query = Query(expression)
    text = " ".join([*words, *(leaf_.text for leaf_ in query.terms() if not isinstance(leaf_, Handle))])
    assert query.alternatives()
    if query.matches_text(text):
        assert any(all(Query(part).matches_text(text) for part in group) for group in query.alternatives())


@given(WORDS, st.text(" .,!?'\n", min_size=1, max_size=3), st.text(" .,!?'\n", min_size=1, max_size=3))
def test_a_word_is_found_between_any_punctuation_and_in_any_case(word, before, after):
    assert Query.build(any=[word]).matches_text(f"x{before}{word.upper()}{after}y") or not word.isascii()
    assert Query.build(any=[word]).matches_text(f"x{before}{word}{after}y")
