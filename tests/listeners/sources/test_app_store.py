"""App Store reviews: countries in turn, Apple's odd shapes, and days when the feed is empty."""

from __future__ import annotations

import copy
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from listeners.errors import Rejected
from listeners.http import Fetcher
from listeners.mentions import Kind
from listeners.sources.app_store import AppStore, _dates, _entries
from tests.listeners.contract import Case
from tests.listeners.stub import Answer, Hit, Stub, serving

PATH = r"/(\w\w)/rss/customerreviews/page=(\d+)/id=123456789/sortby=mostrecent/json"


def review(number: int, *, updated: str | None = "", rating: str = "2") -> dict:
    entry = {
        "author": {"uri": {"label": f"https://itunes.apple.com/us/reviews/id77{number}"}, "name": {"label": f"tea lover {number}"}, "label": ""},
        "updated": {"label": f"2026-05-{number:02d}T09:00:00-07:00" if updated == "" else updated},
        "im:rating": {"label": rating}, "im:version": {"label": "3.1"}, "id": {"label": str(9000 + number)},
        "title": {"label": "Leaks"}, "content": {"label": f"The app forgot my kettle {number} times", "attributes": {"type": "text"}},
        "link": {"attributes": {"rel": "related", "href": "https://itunes.apple.com/us/review?id=123456789"}},
    }  # fmt: skip
    if updated is None:
        del entry["updated"]
    return entry


def feed(entry) -> Answer:
    return Answer(
        json={"feed": {"author": {}, "title": {"label": "Reviews"}} | ({} if entry is None else {"entry": entry})}
    )


def _serve(stub: Stub) -> None:
    pages = {("us", "1"): feed([review(3), review(2)]), ("my", "1"): feed([review(9)])}
    stub.get(PATH, lambda hit: pages.get(_place(hit), feed(None)))


def _place(hit: Hit) -> tuple[str, str]:
    parts = hit.path.split("/")
    return parts[1], parts[4].removeprefix("page=")


def _open(http: Fetcher, url: str) -> AppStore:
    return AppStore(AppStore.Credentials(app_id="123456789", countries="us, MY"), http=http, base_url=url)


CASE = Case(
    name="app_store",
    method="reviews",
    open=_open,
    serve=_serve,
    read=lambda source, cursor: source.reviews(cursor=cursor),
    ids=frozenset({"9002", "9003", "9009"}),
    errors={"gone": None},
)


@pytest.fixture
def stub():
    with serving() as running:
        yield running


@pytest.fixture
def source(stub):
    with Fetcher(allow_private_hosts=frozenset({"127.0.0.1"})) as http:
        yield AppStore(AppStore.Credentials(app_id="123456789"), http=http, base_url=stub.url)


def _first(source, stub, entry):
    stub.get(PATH, feed(entry))
    return source.reviews()


def test_a_review_is_a_rated_text_spoken_to_us(source, stub):
    mention = _first(source, stub, [review(3)]).mentions[0]
    assert mention.text == "Leaks\n\nThe app forgot my kettle 3 times"
    assert mention.kind is Kind.REVIEW
    assert mention.addressed is True
    assert mention.rating == 2.0
    assert mention.created_at == datetime(2026, 5, 3, 16, tzinfo=UTC)
    assert (mention.author.external_id, mention.author.name) == ("773", "tea lover 3")
    assert mention.author.followers is None
    assert mention.raw["country"] == "us"


def test_a_single_review_comes_as_an_object(source, stub):
    assert [m.external_id for m in _first(source, stub, review(3)).mentions] == ["9003"]


@pytest.mark.parametrize(
    "answer",
    [
        feed(None),
        feed([]),
        Answer(json={}),
        Answer(json=[]),
        Answer(json={"feed": None}),
        Answer(json={"feed": {"entry": "x"}}),
    ],
)
def test_an_empty_feed_is_no_error_and_moves_nothing(source, stub, answer):
    stub.get(PATH, answer)
    page = source.reviews()
    assert page.mentions == ()
    assert not page.more


def test_the_app_itself_at_the_head_of_the_feed_is_no_review(source, stub):
    app = {"im:name": {"label": "Kettle"}, "id": {"label": "123456789"}, "title": {"label": "Kettle"}}
    assert [m.external_id for m in _first(source, stub, [app, review(3)]).mentions] == ["9003"]


def test_a_review_without_a_date_takes_that_of_the_next_older_one(source, stub):
    page = _first(source, stub, [review(5), review(4, updated=None), review(3)])
    assert page.mentions[1].created_at == page.mentions[2].created_at
    assert page.mentions[1].raw["updated"] is None


def test_a_whole_page_without_dates_is_dated_now(source, stub):
    (mention,) = _first(source, stub, [review(4, updated=None)]).mentions
    assert abs((datetime.now(UTC) - mention.created_at).total_seconds()) < 60


def test_an_unknown_rating_is_unknown(source, stub):
    assert _first(source, stub, [review(3, rating="six")]).mentions[0].rating is None


def test_a_review_that_cannot_be_read_is_named_and_the_others_are_kept(source, stub):
    nameless, wordless = review(1), review(2)
    del nameless["id"], wordless["title"], wordless["content"]
    page = _first(source, stub, [review(3), nameless, wordless])
    assert [m.external_id for m in page.mentions] == ["9003"]
    assert len(page.faults) == 2
    assert page.faults[1].where == "9002"


def test_pages_are_read_until_known_reviews_appear(source, stub):
    stub.get(PATH, lambda hit: feed([review(2), review(1)]) if _place(hit)[1] == "1" else feed(None))
    cursor = source.reviews().cursor
    stub.hits.clear()
    pages = {
        "1": feed([review(28), review(27)]),
        "2": feed([review(26), review(25)]),
        "3": feed([review(2), review(1)]),
        "4": feed([review(1)]),
    }
    stub.get(PATH, lambda hit: pages[_place(hit)[1]])
    seen, more = set(), True
    while more:
        page = source.reviews(cursor=cursor)
        seen |= {mention.external_id for mention in page.mentions}
        cursor, more = page.cursor, page.more
    assert {"9028", "9027", "9026", "9025"} <= seen
    assert [_place(hit)[1] for hit in stub.hits] in (["1", "2", "3"], ["1", "2", "3", "4"])


def test_a_feed_that_is_empty_for_a_day_loses_nothing(source, stub):
    cursor = _first(source, stub, [review(2)]).cursor
    stub.get(PATH, feed(None))
    cursor = source.reviews(cursor=cursor).cursor
    stub.get(PATH, lambda hit: feed([review(4), review(2)]) if _place(hit)[1] == "1" else feed(None))
    assert "9004" in {m.external_id for m in source.reviews(cursor=cursor).mentions}


def test_a_country_without_the_app_does_not_hold_up_the_others(stub):
    stub.get(PATH, lambda hit: Answer(status=404) if _place(hit)[0] == "us" else feed([review(3)]))
    with Fetcher(allow_private_hosts=frozenset({"127.0.0.1"})) as http:
        source = _open(http, stub.url)
        first = source.reviews()
        assert first.faults[0].where == "country us"
        assert [m.external_id for m in source.reviews(cursor=first.cursor).mentions] == ["9003"]


@pytest.mark.parametrize(
    ("field", "value"),
    [("app_id", "abc"), ("app_id", "../1"), ("countries", "usa"), ("countries", []), ("countries", ["us", "../"])],
)
def test_settings_that_cannot_be_meant_are_refused(field, value):
    with pytest.raises(ValidationError):
        AppStore.Credentials(**({"app_id": "1", "countries": ["us"]} | {field: value}))


@pytest.mark.parametrize(
    "cursor", ["nonsense", "[]", '{"turn": "x"}', '{"turn": 0}', '{"turn": 0, "walks": {"us": "broken"}}']
)
def test_a_foreign_cursor_is_refused_with_the_way_out(source, stub, cursor):
    stub.get(PATH, feed(None))
    with pytest.raises(Rejected, match="reset its cursor"):
        source.reviews(cursor=cursor)


JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["label", "name", "uri", "attributes", "href", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.lists(st.tuples(st.sampled_from(sorted(review(1))), JSON), max_size=5), JSON)
def test_any_shape_of_review_is_read_or_named(changes, whole):
    entry = copy.deepcopy(review(3))
    entry.update(changes)
    with serving() as stub, Fetcher(allow_private_hosts=frozenset({"127.0.0.1"})) as http:
        source = AppStore(AppStore.Credentials(app_id="123456789"), http=http, base_url=stub.url)
        stub.get(PATH, feed([entry, review(1)]))
        page = source.reviews()
        assert "9001" in {mention.external_id for mention in page.mentions}
        stub.get(PATH, Answer(json=whole))
        if whole is not None:
            source.reviews()


def test_dates_run_up_the_page():
    entries = list(_entries({"feed": {"entry": [review(5, updated="nonsense"), review(3)]}}))
    assert len(set(_dates(entries).values())) == 1
