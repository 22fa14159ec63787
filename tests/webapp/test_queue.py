"""The queue page: what it shows, how it is narrowed, what its actions do, how it stays fresh."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as bounded
from hypothesis import strategies as st

from responder.db import Database
from responder.models import Case, CaseState, Mention, Role
from tests.factories import NOW, make_author, make_case, make_mention, make_watch
from webapp.queue.filters import PARAMETERS


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database(request: pytest.FixtureRequest) -> Database:
    """Both databases: the queue's filters and searches become SQL."""
    found: Database = request.getfixturevalue(f"{request.param}_database")
    return found


@pytest.fixture
def heard(context):
    """Make cases: `heard(brand, text="…", p_negative=.9)` returns the case."""

    def make(brand, *, author=None, watch=None, **columns):
        with context.database.writing() as session:
            who = make_author(session, brand, **{"name": "Ana", "handle": "ana", "followers": 1234, **(author or {})})
            lead = make_mention(session, brand, author=who, watch=watch, **{"p_negative": 0.93, **columns})
            return make_case(session, lead=lead, watch=watch, followers=who.followers)

    return make


def texts(answer):
    return re.findall(r'<p class="words" dir="auto">(.*?)</p>', answer.text)


def test_a_row_shows_who_said_what_how_they_feel_and_why_it_stands_there(login_as, heard):
    me = login_as(Role.AGENT)
    case = heard(me.brand, text="The kettle leaks <again>.", url="https://social.example/p/1", source="bluesky")
    page = me.browser.get("/queue").text
    for shown in (
        "Ana",
        "@ana",
        "1.2K followers",
        "The kettle leaks &lt;again&gt;.",
        "93 %",
        "social.example",
        "Bluesky",
    ):
        assert shown in page
    assert f'href="/cases/{case.id}"' in page
    points = [int(found) for found in re.findall(r'class="why__points">([+-]?\d+)<', page)]
    assert sum(points[:-1]) == points[-1]


def test_what_is_unknown_is_not_shown_as_nothing(login_as, heard):
    me = login_as(Role.AGENT)
    heard(me.brand, author={"followers": None}, p_negative=None)
    page = me.browser.get("/queue").text
    assert "followers unknown" in page
    assert "not scored yet" in page


def test_an_unsure_opinion_says_why(login_as, heard):
    me = login_as(Role.AGENT)
    heard(me.brand, abstained=True, abstain_reason="two feelings in one text")
    page = me.browser.get("/queue").text
    assert "unsure" in page
    assert "two feelings in one text" in page


def tags(answer):
    return re.findall(r'class="chip">(complaint|question|praise|suggestion|noise)<', answer.text)


@pytest.mark.parametrize("intent", ["complaint", "question", "praise", "suggestion"])
def test_a_row_says_in_a_word_what_a_post_probably_wants(login_as, heard, intent):
    me = login_as(Role.AGENT)
    heard(me.brand, intent=intent, intent_confidence=0.5)
    assert tags(me.browser.get("/queue")) == [intent]


@pytest.mark.parametrize(
    "told",
    [
        {"intent": "complaint", "intent_confidence": 0.49},
        {"intent": "noise", "intent_confidence": 0.99},
        {"intent": "complaint", "intent_confidence": 0.9, "abstained": True},
        {},
        {"p_negative": None},
    ],
)
def test_a_row_says_no_word_where_it_would_be_a_guess_unknown_or_noise(login_as, heard, told):
    me = login_as(Role.AGENT)
    heard(me.brand, **told)
    assert tags(me.browser.get("/queue")) == []


def test_what_a_colleague_says_a_post_wants_is_said_in_a_word(login_as, heard):
    me = login_as(Role.AGENT)
    heard(me.brand, intent="suggestion", intent_confidence=None, confidence=None)
    assert tags(me.browser.get("/queue")) == ["suggestion"]


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\"'><svg onload=alert(1)>",
    "{{ 7*7 }} {% raw %}",
    "<hx-partial hx-target='body'>x</hx-partial>",
    "\u202egnp.exe \u2066x",
    "Z̷̢̧̛͍̪͙̙̾̒a̶̡̢͔̫͖͆l̸̢g̸̡o̷" * 30,
    "A" * 200_000,
    "\n" * 5000,
    "</title></head><body>",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_and_names_stay_text(login_as, heard, text):
    me = login_as(Role.AGENT)
    case = heard(me.brand, text=text, author={"name": text[:300], "handle": text[:300]})
    for path in ("/queue", f"/cases/{case.id}", "/queue/live"):
        page = me.browser.get(path).text
        for tag in ("<script>alert", "<img src=x", "<svg onload", "<hx-partial", "</title></head><body>"):
            assert tag not in page
        assert "49 " not in page or "7*7" in page


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "//evil.example/x",
        "https://",
        "https://bank.example@evil.example/",
        "http://[broken",
        " javascript:alert(1)",
        "java\nscript:alert(1)",
        "https:\\\\evil.example",
        "ftp://example.org",
    ],
)
def test_only_plain_web_addresses_become_links(login_as, heard, url):
    me = login_as(Role.AGENT)
    case = heard(me.brand, url=url, author={"url": url})
    for path in ("/queue", f"/cases/{case.id}"):
        page = me.browser.get(path).text
        assert 'target="_blank"' not in page
        assert url.strip() not in page


def test_a_link_shows_where_it_really_leads(login_as, heard):
    me = login_as(Role.AGENT)
    heard(me.brand, url="https://аpple.example/p")  # the first letter is Cyrillic
    page = me.browser.get("/queue").text
    assert "xn--" in page
    assert 'rel="noopener nofollow noreferrer"' in page


def test_a_long_text_is_folded_and_whole(login_as, heard):
    me = login_as(Role.AGENT)
    heard(me.brand, text="word " * 200 + "the end")
    page = me.browser.get("/queue").text
    assert "words--long" in page
    assert "the end" in page


@pytest.mark.parametrize(
    ("query", "left"),
    [
        ("source=bluesky", ["A"]),
        ("language=el", ["B"]),
        ("label=negative", ["A"]),
        ("label=unsure", ["B"]),
        ("intent=question", ["A", "B"]),
        ("intent=noise", []),
        ("intent=question&label=negative", ["A"]),
        ("q=marmalade", ["C"]),
        ("source=bluesky&label=negative", ["A"]),
        ("source=bluesky&language=el", []),
        ("mine=yes", []),
        ("state=resolved", []),
        ("utm_source=x&unknown=1", ["A", "B", "C"]),
    ],
)
def test_filters_narrow_the_list(login_as, heard, query, left):
    me = login_as(Role.AGENT)
    heard(me.brand, text="A", source="bluesky", p_negative=0.9, intent="question")
    heard(me.brand, text="B", opinion_language="el", abstained=True, p_negative=0.5, intent="question")
    heard(me.brand, text="C marmalade", p_negative=0.1)
    assert sorted(text[0] for text in texts(me.browser.get(f"/queue?{query}"))) == left


def test_the_shelf_of_apologies_is_a_filter(login_as, heard, context):
    me = login_as(Role.AGENT)
    missed = heard(me.brand, text="waited in vain")
    heard(me.brand, text="waits")
    with context.database.writing() as session:
        session.get_one(Case, missed.id).missed_at = NOW
    assert texts(me.browser.get("/queue?missed=yes")) == ["waited in vain"]


def test_a_watch_narrows_the_list(login_as, heard, context):
    me = login_as(Role.AGENT)
    with context.database.writing() as session:
        watch = make_watch(session, me.brand, name="Kettles")
    heard(me.brand, text="heard by it", watch=watch)
    heard(me.brand, text="heard elsewhere")
    assert texts(me.browser.get(f"/queue?watch={watch.id}")) == ["heard by it"]


INJECTIONS = [
    "' OR 1=1 --",
    "open'); DROP TABLE cases; --",
    "rank_key DESC",
    "../x",
    "1 UNION SELECT 1",
    "NULL",
    "%",
    "\\",
]


@pytest.mark.parametrize("name", [name for name in PARAMETERS if name != "q"])
@pytest.mark.parametrize("value", INJECTIONS)
def test_filter_injection_a_filter_takes_only_what_is_on_its_list(login_as, heard, name, value):
    me = login_as(Role.AGENT)
    heard(me.brand, text="still here")
    answer = me.browser.get("/queue", query_string={name: value})
    if name == "source" and value in {"NULL", "rank_key DESC", "1 UNION SELECT 1"}:
        assert answer.status_code == 200  # a plausible name of an import, bound as a value: it fits nothing
        assert texts(answer) == []
    else:
        assert answer.status_code == 422
        assert "choose one from the list" in answer.text
    assert me.browser.get("/queue").status_code == 200


@pytest.mark.parametrize("name", ["sort", "order", "order_by", "sort_by", "limit", "brand", "brand_id"])
def test_sort_keys_in_the_address_change_neither_order_nor_size_nor_brand(login_as, heard, name):
    me = login_as(Role.AGENT)
    heard(me.brand, text="calm", p_negative=0.1)
    heard(me.brand, text="upset", p_negative=0.95)
    for value in ("rank_key", "id asc", "1", "0", "-1"):
        assert texts(me.browser.get("/queue", query_string={name: value})) == ["upset", "calm"]


@bounded(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    asked=st.dictionaries(
        st.sampled_from([*PARAMETERS, "after", "x"]) | st.text(max_size=8),
        st.text(max_size=30) | st.integers().map(str) | st.sampled_from(["open", "negative", "en", "yes"]),
        max_size=5,
    ),
    path=st.sampled_from(["/queue", "/queue/live", "/queue/more"]),
)
def test_no_address_breaks_the_page(login_as, heard, asked, path):
    me = login_as(Role.AGENT)
    assert me.browser.get(path, query_string=asked).status_code < 500


def test_pages_follow_each_other_without_a_hole_or_a_repeat(login_as, heard, monkeypatch):
    from webapp.queue import views

    monkeypatch.setattr(views, "PAGE_SIZE", 2)
    me = login_as(Role.AGENT)
    for number in range(5):
        heard(me.brand, text=f"T{number}", p_negative=0.9 - number / 10)
    answer = me.browser.get("/queue")
    seen = texts(answer)
    while found := re.search(r'hx-get="([^"]+)"', answer.text):
        answer = me.browser.get(found[1].replace("&amp;", "&"), headers={"HX-Request": "true"})
        assert "<html" not in answer.text
        seen += texts(answer)
    assert seen == [f"T{number}" for number in range(5)]


def test_a_cursor_of_another_list_is_refused_kindly(login_as, heard, monkeypatch):
    from webapp.queue import views

    monkeypatch.setattr(views, "PAGE_SIZE", 1)
    me = login_as(Role.AGENT)
    heard(me.brand)
    heard(me.brand)
    cursor = re.search(r"after=([^&\"]+)", me.browser.get("/queue").text)[1]
    assert me.browser.get(f"/queue?after={cursor}").status_code == 200
    assert me.browser.get(f"/queue?after={cursor}&label=negative").status_code == 422
    assert me.browser.get("/queue?after=nonsense").status_code == 422


def live(browser, etag=None, **more):
    headers = {"HX-Request": "true"} | ({"If-None-Match": etag} if etag else {})
    return browser.get("/queue/live", headers=headers, **more)


def test_an_idle_list_is_answered_with_nothing_new(login_as, heard, clock):
    me = login_as(Role.AGENT)
    heard(me.brand)
    page_mark = re.search(r"data-etag='(\"[^\"]+\")'", me.browser.get("/queue").text)[1]
    clock.tick(minutes=3)
    answer = live(me.browser, page_mark)
    assert (answer.status_code, answer.data) == (304, b"")


@pytest.mark.parametrize("change", ["new", "assigned", "scored", "judged", "resolved"])
def test_a_change_is_sent_to_open_pages(login_as, heard, context, change):
    me = login_as(Role.AGENT)
    case = heard(me.brand, p_negative=0.6)
    before = live(me.browser)
    with context.database.writing() as session:
        row = session.get(Case, case.id)
        if change == "assigned":
            row.assignee_id = me.user.id
        elif change == "scored":
            row.label = "positive"
        elif change == "judged":
            session.get(Mention, row.lead_mention_id).intent = "question"
        elif change == "resolved":
            row.state = CaseState.RESOLVED
    if change == "new":
        heard(me.brand, text="fresh")
    after = live(me.browser, before.headers["ETag"])
    assert after.status_code == 200
    assert after.headers["ETag"] != before.headers["ETag"]


def test_bands_stand_above_their_cases(login_as, heard):
    me = login_as(Role.AGENT)
    for _ in range(22):
        heard(me.brand)
    page = me.browser.get("/queue").text
    assert [page.index(f"<h2>{band}</h2>") for band in ("Now", "Next", "When quiet")] == sorted(
        page.index(f"<h2>{band}</h2>") for band in ("Now", "Next", "When quiet")
    )


def act(me, case, move, **data):
    return me.browser.send(f"/cases/{case.id}/{move}", {"shown_as": "row", **data}, htmx=True)


def state_of(context, case):
    with context.database.reading() as session:
        return session.get(Case, case.id)


def test_assigning_to_me_shows_my_name_in_the_row(login_as, heard, context):
    me = login_as(Role.AGENT, name="Mina")
    case = heard(me.brand)
    answer = act(me, case, "assign", assignee=me.user.id)
    assert "Mina" in answer.text
    assert state_of(context, case).assignee_id == me.user.id
    assert "Give back" in answer.text
    act(me, case, "assign", assignee="")
    assert state_of(context, case).assignee_id is None


@pytest.mark.parametrize(
    ("move", "data", "state", "resolution"),
    [
        ("resolve", {}, "resolved", "answered"),
        ("not-for-us", {}, "resolved", "not_for_us"),
        ("snooze", {"for": "4h"}, "snoozed", None),
    ],
)
def test_a_move_takes_the_case_out_and_undo_brings_it_back(login_as, heard, context, move, data, state, resolution):
    me = login_as(Role.AGENT)
    case = heard(me.brand, text="the kettle")
    answer = act(me, case, move, **data)
    assert "Undo" in answer.text
    assert (state_of(context, case).state, state_of(context, case).resolution) == (state, resolution)
    assert texts(me.browser.get("/queue")) == []
    assert "the kettle" in act(me, case, "reopen").text
    assert state_of(context, case).state == "open"
    assert texts(me.browser.get("/queue")) == ["the kettle"]


@pytest.mark.parametrize(
    ("choice", "until"),
    [
        ("1h", NOW + timedelta(hours=1)),
        ("4h", NOW + timedelta(hours=4)),
        ("tomorrow", NOW.replace(hour=9) + timedelta(days=1)),
    ],
)
def test_a_snooze_ends_when_it_says(login_as, heard, context, choice, until):
    me = login_as(Role.AGENT)
    case = heard(me.brand)
    act(me, case, "snooze", **{"for": choice})
    assert state_of(context, case).snoozed_until == until


@pytest.mark.parametrize(
    ("move", "data"),
    [("snooze", {"for": "ever"}), ("snooze", {}), ("assign", {"assignee": "x"}), ("assign", {"assignee": "9" * 30})],
)
def test_a_move_that_makes_no_sense_is_refused(login_as, heard, context, move, data):
    me = login_as(Role.AGENT)
    case = heard(me.brand)
    answer = act(me, case, move, **data)
    assert answer.status_code == 422
    assert state_of(context, case).state == "open"


def test_a_colleague_was_faster(login_as, heard):
    me = login_as(Role.AGENT)
    case = heard(me.brand)
    act(me, case, "resolve")
    answer = act(me, case, "resolve")
    assert answer.status_code == 409
    assert "resolved meanwhile" in answer.text
    assert answer.text.startswith("<hx-partial")


def test_moves_work_without_scripts(login_as, heard, context):
    me = login_as(Role.AGENT)
    case = heard(me.brand)
    answer = me.browser.send(f"/cases/{case.id}/resolve", {"shown_as": "row", "next": "/queue?label=negative"})
    assert answer.headers["Location"] == "/queue?label=negative"
    answer = me.browser.send(f"/cases/{case.id}/reopen", {"shown_as": "row", "next": "//evil.example"})
    assert answer.headers["Location"] == "/"


def test_who_may_not_act_sees_no_buttons(login_as, heard):
    me = login_as(Role.MARKETER)
    heard(me.brand)
    page = me.browser.get("/queue").text
    assert "Resolve" not in page.replace("Resolved", "")
    assert "Assign to me" not in page


def test_an_empty_queue_offers_the_demo_and_the_next_steps(login_as):
    page = login_as(Role.ADMIN).browser.get("/queue").text
    assert "Fill with the demo" in page
    assert "/settings#sources" in page
    assert "/settings#watches" in page


def test_only_who_may_sees_the_demo_button(login_as):
    assert "Fill with the demo" not in login_as(Role.AGENT).browser.get("/queue").text


def test_an_answered_queue_says_so(login_as, heard):
    me = login_as(Role.AGENT)
    act(me, heard(me.brand), "resolve")
    assert "Everybody is answered" in me.browser.get("/queue").text


def test_a_filter_that_fits_nothing_offers_the_way_back(login_as, heard):
    me = login_as(Role.AGENT)
    heard(me.brand)
    assert "Nothing fits" in me.browser.get("/queue?label=positive").text


def test_the_demo_goes_in_and_out_by_one_button_each(login_as):
    me = login_as(Role.ADMIN)
    assert me.browser.send("/demo").headers["Location"] == "/queue"
    page = me.browser.get("/queue").text
    assert "Remove demo" in page
    assert "Reading what was heard" in page  # cases come with the opinions
    assert me.browser.send("/demo").status_code == 303  # pressed twice: there once
    assert me.browser.send("/demo/remove").status_code == 303
    assert "Fill with the demo" in me.browser.get("/queue").text
    assert me.browser.send("/demo/remove").status_code == 303


def test_the_search_box_says_what_is_wrong_with_a_search(login_as, heard):
    me = login_as(Role.AGENT)
    heard(me.brand)
    answer = me.browser.get("/queue?q=-only")
    assert answer.status_code == 422
    assert "at least one word" in answer.text
