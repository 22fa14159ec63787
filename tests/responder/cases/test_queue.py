"""Reading the queue: order, pages, filters, search, and walls between brands."""

from __future__ import annotations

from datetime import timedelta
from itertools import count

import pytest

from responder.cases import queue
from responder.cases.queue import Filters, choices, get_case, list_open
from responder.errors import Invalid, NotFound
from responder.models import CaseEvent, CaseState, CaseWatch
from tests.factories import NOW, make_author, make_brand, make_case, make_mention, make_user, make_watch

_minutes = count(1)


def opened(session, brand, p_negative=0.5, *, text="The kettle leaks.", followers=None, watch=None, **columns):
    """A case with one mention, each a minute older than the one before."""
    at = columns.pop("created_at", NOW - timedelta(minutes=next(_minutes)))
    source = columns.get("source", "memory")
    author = make_author(session, brand, source=source, followers=followers, name="Ada", url="https://example.org/ada")
    said = {name: columns.pop(name) for name in ("intent", "intent_confidence", "intensity") if name in columns}
    lead = make_mention(
        session,
        brand,
        author=author,
        p_negative=p_negative,
        text=text,
        created_at=at,
        source=source,
        watch=watch,
        **said,
    )
    return make_case(session, lead=lead, watch=watch, followers=followers, **columns)


def pages(session, brand, limit, **filters):
    """Every page of a list, as lists of case ids."""
    after, found = None, []
    while True:
        page = list_open(session, brand_id=brand.id, filters=Filters(**filters), after=after, limit=limit, now=NOW)
        found.append([row.case_id for row in page.rows])
        if page.next is None:
            return found
        after = page.next


def listed(session, brand, **filters):
    page = list_open(session, brand_id=brand.id, filters=Filters(**filters), now=NOW)
    return [row.case_id for row in page.rows]


def test_the_most_urgent_case_stands_first(database):
    with database.writing() as session:
        brand = make_brand(session)
        calm, furious, unsure = (opened(session, brand, p) for p in (0.1, 0.97, 0.5))
        assert listed(session, brand) == [furious.id, unsure.id, calm.id]


def test_pages_hold_every_case_once_also_where_ranks_tie(database):
    with database.writing() as session:
        brand = make_brand(session)
        cases = [opened(session, brand, 0.5, created_at=NOW) for _ in range(11)]
        found = pages(session, brand, 4)
        assert [len(page) for page in found] == [4, 4, 3]
        assert [case_id for page in found for case_id in page] == [case.id for case in cases]


def test_an_exact_last_page_promises_no_next(database):
    with database.writing() as session:
        brand = make_brand(session)
        for _ in range(4):
            opened(session, brand)
        assert [len(page) for page in pages(session, brand, 2)] == [2, 2]


def test_a_row_says_everything_the_queue_shows(database):
    with database.writing() as session:
        brand = make_brand(session)
        user = make_user(session, brand=brand, name="Noor")
        wants = {"intent": "complaint", "intent_confidence": 0.8, "intensity": 0.7}
        case = opened(session, brand, 0.92, followers=1200, assignee_id=user.id, **wants)
        (row,) = list_open(session, brand_id=brand.id, now=NOW).rows
    assert (row.rank, row.case_id, row.band, row.state) == (1, case.id, "now", "open")
    assert (row.text, row.author_name, row.author_url) == ("The kettle leaks.", "Ada", "https://example.org/ada")
    assert (row.label, row.p_negative, row.confidence, row.followers) == ("negative", 0.92, 0.92, 1200)
    assert (row.intent, row.intent_confidence, row.intensity) == ("complaint", 0.8, 0.7)
    assert (row.assignee_id, row.assignee_name, row.mention_count) == (user.id, "Noor", 1)
    assert (row.sharer, row.promised_by, row.eligible) == (None, None, "by_hand")
    assert sum(reason.points for reason in row.reasons) == row.priority
    assert "very unhappy (92 % sure)" in [reason.words for reason in row.reasons]


def test_what_is_unknown_stays_unknown(database):
    with database.writing() as session:
        brand = make_brand(session)
        make_case(session, lead=make_mention(session, brand))
        (row,) = list_open(session, brand_id=brand.id, now=NOW).rows
    unknown = (row.label, row.abstained, row.p_negative, row.confidence, row.followers, row.author_name, row.url)
    assert unknown == (None,) * 7
    assert (row.intent, row.intent_confidence, row.intensity) == (None, None, None)
    assert "not scored yet" in {reason.words for reason in row.reasons}


def test_a_case_with_nothing_left_is_still_shown(database):
    with database.writing() as session:
        brand = make_brand(session)
        case = make_case(session, brand, state=CaseState.RESOLVED, resolution="gone", resolved_at=NOW)
        (row,) = list_open(session, brand_id=brand.id, filters=Filters(state="resolved"), now=NOW).rows
    assert (row.case_id, row.text, row.created_at) == (case.id, None, case.lead_at)


def test_filters_narrow_the_list(database):
    with database.writing() as session:
        brand = make_brand(session)
        user, watch = make_user(session, brand=brand), make_watch(session, brand)
        x = opened(session, brand, 0.9, source="x", language="ms", watch=watch)
        reddit = opened(session, brand, 0.2, source="reddit", language="el", assignee_id=user.id)
        vague = opened(session, brand, 0.6, source="x", language="en", abstained=True)
        fresh = opened(session, brand, None, source="rss", language="und")
        snoozed = opened(session, brand, 0.9, state=CaseState.SNOOZED, snoozed_until=NOW)
        expected = {
            (): [x, vague, fresh, reddit],
            (("source", "x"),): [x, vague],
            (("language", "el"),): [reddit],
            (("label", "negative"),): [x],
            (("label", "neutral"),): [reddit],
            (("label", "positive"),): [],
            (("label", "unsure"),): [vague],
            (("watch_id", watch.id),): [x],
            (("assignee_id", user.id),): [reddit],
            (("state", "snoozed"),): [snoozed],
            (("source", "x"), ("language", "en"), ("label", "unsure")): [vague],
            (("source", "x"), ("language", "el")): [],
        }
        for chosen, cases in expected.items():
            found = listed(session, brand, **dict(chosen))
            assert sorted(found) == sorted(case.id for case in cases), chosen


def test_an_intent_narrows_the_list_to_exactly_the_cases_that_look_like_it(database):
    with database.writing() as session:
        brand = make_brand(session)
        watch = make_watch(session, brand)
        asking = opened(session, brand, 0.6, intent="question", source="x", text="where is my refund", watch=watch)
        unsure = opened(session, brand, 0.5, intent="question", source="rss", language="el", abstained=True)
        furious = opened(session, brand, 0.9, intent="complaint", source="x", text="refund me")
        noise = opened(session, brand, 0.1, intent="noise", source="x")
        opened(session, brand, 0.5, source="x", text="a refund of which nobody told the intent")
        snoozed = opened(session, brand, 0.5, intent="question", state=CaseState.SNOOZED)
        expected = {
            (("intent", "question"),): [asking, unsure],
            (("intent", "complaint"),): [furious],
            (("intent", "praise"),): [],
            (("intent", "suggestion"),): [],
            (("intent", "noise"),): [noise],
            (("intent", "question"), ("source", "x")): [asking],
            (("intent", "question"), ("language", "el")): [unsure],
            (("intent", "question"), ("label", "unsure")): [unsure],
            (("intent", "complaint"), ("label", "negative")): [furious],
            (("intent", "question"), ("watch_id", watch.id)): [asking],
            (("intent", "question"), ("text", "refund")): [asking],
            (("intent", "question"), ("state", "snoozed")): [snoozed],
        }
        for chosen, cases in expected.items():
            assert listed(session, brand, **dict(chosen)) == [case.id for case in cases], chosen


def test_what_a_post_looks_like_changes_no_rank(database):
    with database.writing() as session:
        brand = make_brand(session)
        at = NOW - timedelta(hours=1)
        for intent, intensity in (("noise", 0.0), ("complaint", 1.0), (None, None)):
            opened(session, brand, 0.7, intent=intent, intensity=intensity, created_at=at)
        rows = list_open(session, brand_id=brand.id, now=NOW).rows
        assert len({(row.priority, row.reasons) for row in rows}) == 1


def test_a_watch_with_many_cases_is_read_in_rank_order_too(database, monkeypatch):
    monkeypatch.setattr(queue, "_FEW", 2)
    with database.writing() as session:
        brand = make_brand(session)
        watch = make_watch(session, brand)
        heard = [opened(session, brand, p, watch=watch) for p in (0.9, 0.7, 0.4)]
        opened(session, brand, 0.95)
        assert listed(session, brand, watch_id=watch.id) == [case.id for case in heard]


def test_text_search_lists_what_was_heard_last_first(database):
    with database.writing() as session:
        brand = make_brand(session)
        old = opened(session, brand, 0.99, text="my refund never came")
        opened(session, brand, 0.9, text="love it")
        new = opened(session, brand, 0.1, text="refund took a day, fine")
        snoozed = opened(session, brand, 0.9, text="refund?", state=CaseState.SNOOZED)
        assert listed(session, brand, text="refund") == [new.id, old.id]
        assert listed(session, brand, text="refund", state="snoozed") == [snoozed.id]
        assert listed(session, brand, text='"my refund"') == [old.id]
        assert listed(session, brand, text="refund", label="negative") == [old.id]
        assert listed(session, brand, text="zebra") == []


def test_a_case_is_found_once_by_all_its_mentions_over_all_pages(database, monkeypatch):
    monkeypatch.setattr(queue, "_HITS_AT_ONCE", 3)
    with database.writing() as session:
        brand = make_brand(session)
        watch = make_watch(session, brand)
        cases = [opened(session, brand, 0.5, text="refund please", watch=watch) for _ in range(7)]
        for case in [*cases, *reversed(cases)]:
            make_mention(session, brand, case=case, text="again: my refund")
        for filters in ({}, {"watch_id": watch.id}):
            found = pages(session, brand, 2, text="refund", **filters)
            assert [case_id for page in found for case_id in page] == [case.id for case in cases]


def test_a_search_that_looked_far_enough_goes_on_with_the_next_page(database, monkeypatch):
    monkeypatch.setattr(queue, "_HITS_AT_ONCE", 2)
    monkeypatch.setattr(queue, "_HITS_PER_PAGE", 4)
    with database.writing() as session:
        brand = make_brand(session)
        wanted = opened(session, brand, text="refund")
        for _ in range(6):
            opened(session, brand, text="refund", state=CaseState.RESOLVED)
        assert [case_id for page in pages(session, brand, 5, text="refund") for case_id in page] == [wanted.id]


def test_counts_stop_at_a_thousand(database, monkeypatch):
    monkeypatch.setattr(queue, "COUNTED_TO", 3)
    with database.writing() as session:
        brand = make_brand(session)
        for expected in ("1", "2", "3", "3+", "3+"):
            opened(session, brand)
            assert list_open(session, brand_id=brand.id, limit=1, now=NOW).count == expected


def test_a_search_counts_what_it_has_shown(database):
    with database.writing() as session:
        brand = make_brand(session)
        for _ in range(3):
            opened(session, brand, text="refund")
        first = list_open(session, brand_id=brand.id, filters=Filters(text="refund"), limit=2, now=NOW)
        second = list_open(
            session, brand_id=brand.id, filters=Filters(text="refund"), limit=2, after=first.next, now=NOW
        )
    assert (first.count, second.count) == ("2+", "3")
    assert [row.rank for row in first.rows + second.rows] == [1, 2, 3]


def test_bands_follow_the_place_among_all_open_cases(database):
    with database.writing() as session:
        brand = make_brand(session)
        for number in range(22):
            opened(session, brand, 0.9, source="x" if number > 19 else "reddit", telling=2 - number / 20)
        bands = [row.band for row in list_open(session, brand_id=brand.id, now=NOW).rows]
        assert bands == ["now"] * 5 + ["next"] * 15 + ["when_quiet"] * 2
        only_x = list_open(session, brand_id=brand.id, filters=Filters(source="x"), now=NOW).rows
        assert [(row.rank, row.band) for row in only_x] == [(1, "when_quiet"), (2, "when_quiet")]


def test_nothing_of_another_brand_is_listed_found_or_opened(database):
    with database.writing() as session:
        ours, theirs = make_brand(session), make_brand(session)
        case = opened(session, theirs, text="refund")
        watch = make_watch(session, theirs)
        session.add(CaseWatch(watch_id=watch.id, case_id=case.id))
        session.flush()
        for filters in ({}, {"text": "refund"}, {"watch_id": watch.id}, {"watch_id": watch.id, "text": "refund"}):
            assert listed(session, ours, **filters) == []
        with pytest.raises(NotFound):
            get_case(session, brand_id=ours.id, case_id=case.id, now=NOW)
        page = list_open(session, brand_id=theirs.id, limit=1, now=NOW)
        assert page.rows
        assert choices(session, brand_id=ours.id).sources == ()


@pytest.mark.parametrize(
    "filters",
    [
        {"label": "angry"},
        {"intent": "unknown"},
        {"state": "open' OR 1=1 --"},
        {"text": "!!"},
        {"label": "", "state": "gone"},
    ],
)
def test_a_filter_that_does_not_exist_is_refused(database, filters):
    with database.reading() as session, pytest.raises(Invalid):
        list_open(session, brand_id=1, filters=Filters(**filters), now=NOW)


@pytest.mark.parametrize("hostile", ["x' OR '1'='1", '"; DROP TABLE cases; --', "%", "_", "\\", "\ud800"])
def test_hostile_filter_values_find_nothing(sqlite_database, hostile):
    with sqlite_database.writing() as session:
        brand = make_brand(session)
        opened(session, brand)
        if hostile.isprintable():
            assert listed(session, brand, source=hostile) == []
            assert listed(session, brand, language=hostile) == []
        with pytest.raises(Invalid):
            list_open(session, brand_id=brand.id, after=hostile, now=NOW)


def test_a_limit_is_kept_within_bounds(database):
    with database.writing() as session:
        brand = make_brand(session)
        for _ in range(2):
            opened(session, brand)
        assert len(list_open(session, brand_id=brand.id, limit=0, now=NOW).rows) == 1
        assert len(list_open(session, brand_id=brand.id, limit=10**9, now=NOW).rows) == 2


def test_the_menus_offer_what_open_cases_have(database):
    with database.writing() as session:
        brand = make_brand(session)
        user = make_user(session, brand=brand, name="Noor")
        make_user(session, brand=brand, disabled_at=NOW)
        watch = make_watch(session, brand, name="kettles")
        opened(session, brand, source="x", language="ms")
        opened(session, brand, source="x", language="el")
        opened(session, brand, source="rss", language="el")
        opened(session, brand, source="reddit", language="tr", state=CaseState.RESOLVED)
        offered = choices(session, brand_id=brand.id)
    assert (offered.sources, offered.languages) == (("rss", "x"), ("el", "ms"))
    assert (offered.watches, offered.people) == (((watch.id, "kettles"),), ((user.id, "Noor"),))
    assert offered.labels == ("negative", "neutral", "positive", "unsure")


def test_a_case_is_told_whole_in_the_order_of_time(database):
    with database.writing() as session:
        brand = make_brand(session)
        user = make_user(session, brand=brand, name="Noor")
        opened(session, brand, 0.99)
        case = opened(session, brand, 0.4)
        later = make_mention(session, brand, case=case, created_at=NOW)
        earlier = make_mention(session, brand, case=case, created_at=NOW - timedelta(days=1))
        for kind, user_id in (("opened", None), ("assigned", user.id)):
            session.add(CaseEvent(case_id=case.id, kind=kind, user_id=user_id, at=NOW, detail={}))
            session.flush()
        told = get_case(session, brand_id=brand.id, case_id=case.id, now=NOW)
    assert [said.mention.id for said in told.mentions] == [earlier.id, case.lead_mention_id, later.id]
    assert [said.author.name if said.author else None for said in told.mentions] == [None, "Ada", None]
    assert [(done.event.kind, done.user_name) for done in told.events] == [("opened", None), ("assigned", "Noor")]
    assert (told.row.rank, told.row.case_id) == (2, case.id)
