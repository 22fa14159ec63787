from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listeners.dialects import Dialect, translate
from listeners.queries import And, Handle, Node, Not, Or, Phrase, Query, Term, unanchored

WORDS = ("kettle", "toaster", "late", "broken", "teapot")


def plain(leaf) -> str:
    return f'"{leaf.text}"' if isinstance(leaf, Phrase) else leaf.name if isinstance(leaf, Handle) else leaf.text


X_LIKE = Dialect(leaf=plain)
LUCENE_LIKE = Dialect(leaf=plain, both=" AND ", without="NOT ")


@pytest.mark.parametrize(
    ("typed", "x_like", "lucene_like"),
    [
        ("kettle", "kettle", "kettle"),
        ("kettle late", "kettle late", "kettle AND late"),
        ("kettle OR toaster", "kettle OR toaster", "kettle OR toaster"),
        ("(kettle OR toaster) late", "(kettle OR toaster) late", "(kettle OR toaster) AND late"),
        ("kettle -late", "kettle -late", "kettle AND NOT late"),
        ("kettle NOT (late OR broken)", "kettle -late -broken", "kettle AND NOT late AND NOT broken"),
        ('"blue kettle" OR @acme', '"blue kettle" OR acme', '"blue kettle" OR acme'),
        ("kettle OR (toaster -late)", "kettle OR (toaster -late)", "kettle OR (toaster AND NOT late)"),
    ],
)
def test_a_query_is_written_in_the_platforms_words(typed, x_like, lucene_like):
    query = Query.parse(typed)
    assert translate(query, X_LIKE) == x_like
    assert translate(query, LUCENE_LIKE) == lucene_like


def test_what_a_platform_cannot_say_is_left_out():
    assert translate(Query.parse("kettle (late OR -broken)"), X_LIKE) == "kettle"
    assert translate(Query.parse("kettle NOT (late broken)"), X_LIKE) == "kettle"


def expressions() -> st.SearchStrategy[Node]:
    leaves = st.sampled_from([Term(word) for word in WORDS])
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.builds(Not, inner),
            st.lists(inner, min_size=2, max_size=3).map(lambda parts: And(tuple(parts))),
            st.lists(inner, min_size=2, max_size=3).map(lambda parts: Or(tuple(parts))),
        ),
        max_leaves=8,
    )


@given(expressions().filter(lambda node: unanchored(node) is None), st.sets(st.sampled_from(WORDS)))
def test_the_translation_finds_whatever_the_query_matches(node, present):
    query = Query(node)
    text = " ".join(sorted(present))
    if query.matches_text(text):
        translated = Query.parse(translate(query, LUCENE_LIKE)) if translate(query, LUCENE_LIKE) else None
        assert translated is None or translated.matches_text(text)
