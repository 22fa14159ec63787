"""Hacker News through a stub that answers like Algolia: newest first, filtered by time, a thousand at most."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from listeners.errors import RateLimited
from listeners.http import Fetcher
from listeners.mentions import Kind
from listeners.queries import Query
from listeners.sources.hacker_news import HackerNews
from tests.listeners.contract import Case
from tests.listeners.stub import Answer, Hit, Stub, serving

QUERY = Query.parse("borealis")
START = 1_780_000_000


def hit(
    number: int, *, at: int | None = None, text: str = "The <i>Borealis</i> kettle &amp; its lid.<p>It leaks."
) -> dict:
    return {
        "objectID": str(4000 + number), "created_at_i": START + number * 60 if at is None else at, "author": "ada", "comment_text": text,
        "parent_id": 4000, "story_id": 3999, "story_title": "Kettles", "points": None, "num_comments": None,
    }  # fmt: skip


def algolia(hits: list[dict]):
    """Answer a search as Algolia does."""

    def route(asked: Hit) -> Answer:
        found = sorted(hits, key=lambda one: -one["created_at_i"])
        for condition in filter(None, asked.query.get("numericFilters", "").split(",")):
            name, _, bound = condition.partition("<=") if "<=" in condition else condition.partition(">=")
            assert name == "created_at_i"
            keep = (
                (lambda one, b=int(bound): one["created_at_i"] <= b)
                if "<=" in condition
                else (lambda one, b=int(bound): one["created_at_i"] >= b)
            )
            found = [one for one in found if keep(one)]
        return Answer(json={"hits": found[: int(asked.query["hitsPerPage"])], "nbHits": min(len(found), 1000)})

    return route


def _serve(stub: Stub) -> None:
    stub.get("/api/v1/search_by_date", algolia([hit(number) for number in range(4)]))


def _open(http: Fetcher, url: str) -> HackerNews:
    return HackerNews(HackerNews.Credentials(page_size=4), http=http, base_url=url)


CASE = Case(
    name="hacker_news",
    open=_open,
    serve=_serve,
    read=lambda source, cursor: source.search(QUERY, cursor=cursor),
    ids=frozenset(str(4000 + number) for number in range(4)),
    errors={"unauthorised": RateLimited, "forbidden": RateLimited},
)


@pytest.fixture
def stub():
    with serving() as running:
        yield running


@pytest.fixture
def http():
    with Fetcher(allow_private_hosts=frozenset({"127.0.0.1"})) as fetcher:
        yield fetcher


def _walk(source, cursor=None, query=QUERY):
    mentions, pages = [], 0
    while True:
        page = source.search(query, cursor=cursor)
        mentions += page.mentions
        cursor, pages = page.cursor, pages + 1
        assert pages < 200
        if not page.more:
            return mentions, cursor, pages


def test_a_comment_is_plain_text_with_its_place_in_the_thread(stub, http):
    stub.get("/api/v1/search_by_date", algolia([hit(1)]))
    (mention,) = _open(http, stub.url).search(QUERY).mentions
    assert mention.text == "The Borealis kettle & its lid.\n\nIt leaks."
    assert mention.kind is Kind.COMMENT
    assert (mention.parent_id, mention.thread_id) == ("4000", "3999")
    assert mention.url == "https://news.ycombinator.com/item?id=4001"
    assert mention.engagement.likes is None
    assert mention.created_at == datetime.fromtimestamp(START + 60, tz=UTC)


def test_a_story_is_its_title_and_words(stub, http):
    story = {
        "objectID": "1",
        "created_at_i": START,
        "author": "ada",
        "title": "Borealis recalls kettles",
        "story_text": "All of them.",
        "points": 7,
        "num_comments": 0,
    }
    stub.get("/api/v1/search_by_date", algolia([story]))
    (mention,) = _open(http, stub.url).search(QUERY).mentions
    assert mention.text == "Borealis recalls kettles\n\nAll of them."
    assert mention.kind is Kind.POST
    assert (mention.engagement.likes, mention.engagement.replies) == (7, 0)
    assert mention.thread_id == "1"


def test_what_was_missed_is_read_in_slices_of_time_without_holes_or_doubles(stub, http):
    hits = [hit(0)]
    stub.get("/api/v1/search_by_date", algolia(hits))
    source = _open(http, stub.url)
    _, cursor, _ = _walk(source)
    hits += [hit(number) for number in range(100, 160)]
    mentions, _, pages = _walk(source, cursor)
    ids = [mention.external_id for mention in mentions]
    assert sorted(set(ids)) == sorted(ids)
    assert {str(4000 + number) for number in range(100, 160)} <= set(ids)
    assert pages > 10


def test_a_walk_through_a_crowded_second_still_ends(stub, http):
    hits = [hit(0)]
    stub.get("/api/v1/search_by_date", algolia(hits))
    source = _open(http, stub.url)
    _, cursor, _ = _walk(source)
    hits += [hit(number, at=START + 9000) for number in range(50, 60)] + [hit(90)]
    mentions, _, _ = _walk(source, cursor)
    assert str(4090) in {mention.external_id for mention in mentions}


def test_a_late_item_inside_the_overlap_is_found(stub, http):
    hits = [hit(20)]
    stub.get("/api/v1/search_by_date", algolia(hits))
    source = _open(http, stub.url)
    _, cursor, _ = _walk(source)
    hits.append(hit(15))
    mentions, _, _ = _walk(source, cursor)
    assert "4015" in {mention.external_id for mention in mentions}


def test_each_alternative_of_a_query_is_asked_for(stub, http):
    _serve(stub)
    _walk(_open(http, stub.url), query=Query.parse('borealis leaks OR "copper kettle" OR @borealis'))
    assert {asked.query["query"] for asked in stub.hits} == {"borealis leaks", '"copper kettle"', "borealis"}


def test_what_does_not_match_is_left_out(stub, http):
    stub.get("/api/v1/search_by_date", algolia([hit(1, text="about toasters"), hit(2)]))
    assert [m.external_id for m in _open(http, stub.url).search(QUERY).mentions] == ["4002"]


def test_a_hit_that_cannot_be_read_is_named_and_the_others_are_kept(stub, http):
    stub.get(
        "/api/v1/search_by_date",
        lambda asked: Answer(json={"hits": [hit(1), {"objectID": "9"} | {"comment_text": "borealis"}, "nonsense"]}),
    )
    page = _open(http, stub.url).search(QUERY)
    assert [m.external_id for m in page.mentions] == ["4001"]
    assert page.faults[0].where == "9"


def test_recheck_follows_edits_and_deletions(stub, http):
    items = {
        "1": {"id": 1, "by": "ada", "time": START, "text": "Edited borealis", "parent": 5, "type": "comment"},
        "2": {"id": 2, "deleted": True, "time": START},
        "3": {"id": 3, "dead": True, "by": "ada", "time": START, "text": "x"},
        "4": None,
    }
    for name, item in items.items():
        stub.get(f"/v0/item/{name}.json", Answer(json=item) if item else Answer(body=b"null"))
    page = _open(http, stub.url).recheck(["1", "2", "3", "4", "../../etc"])
    assert [(m.external_id, m.text) for m in page.mentions] == [("1", "Edited borealis")]
    assert page.gone == ("2", "3", "4")
    assert page.faults[0].where == "../../etc"
