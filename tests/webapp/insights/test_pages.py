"""The insights pages through a browser: every figure opens what it counts, nothing breaks, nothing leaks."""

from __future__ import annotations

import re
from datetime import timedelta
from html.parser import HTMLParser
from urllib.parse import parse_qsl

import pytest
from sqlalchemy import event

from responder.context import Context
from tests.factories import NOW, make_author, make_brand, make_case, make_watch
from tests.responder.insights.heard import hear, hear_fortnight, lose
from webapp.insights import views


class Page(HTMLParser):
    """What a page says: links with their words, texts by element class, and every start tag."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[tuple[str, str]] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._open: str | None = None
        self._words = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag == "a":
            self._open, self._words = dict(attrs).get("href") or "", ""

    def handle_data(self, data):
        self._words += data

    def handle_endtag(self, tag):
        if tag == "a" and self._open is not None:
            self.links.append((self._open, " ".join(self._words.split())))
            self._open = None

    def having(self, **wanted: str) -> list[dict[str, str | None]]:
        return [attrs for _tag, attrs in self.tags if wanted.items() <= attrs.items()]


def opened(browser, href: str) -> int:
    """How many mentions a link opens, page after page."""
    count = 0
    while href:
        answer = browser.get(href)
        assert answer.status_code == 200, href
        page = Page(answer.text)
        count += len(page.having(**{"class": "heard__one"}))
        href = next((a["href"] for a in page.having(rel="next")), "")
    return count


def count_in(words: str) -> int | None:
    """The count a link names: "1,204", "unhappy 75", "wrote 694 mentions", "Tue, Mar 3: 4 mentions (…)"."""
    found = re.search(r"([\d,]+) mention", words) or re.fullmatch(r"(?:.* )?([\d,]+)", words)
    return int(found[1].replace(",", "")) if found else None


@pytest.fixture
def seeded(login_as, context: Context):
    """A signed-in marketer and two watches with a fortnight of mentions."""
    signed_in = login_as("marketer")
    with context.database.writing() as session:
        watch = make_watch(session, signed_in.brand, name="Kettles", created_at=NOW - timedelta(days=90))
        other = make_watch(session, signed_in.brand, name="Lids", created_at=NOW - timedelta(days=90))
        hear_fortnight(session, watch, other, count=24)
    return signed_in.browser, watch, other


def test_every_figure_of_the_page_opens_as_many_mentions_as_it_says(seeded):
    browser, watch, _other = seeded
    page = Page(browser.get(f"/insights?watch={watch.id}&range=28d").text)
    figures = {
        href: count_in(words) for href, words in page.links if href.startswith("/insights/mentions") and count_in(words)
    }
    assert len(figures) > 40
    assert {key for href in figures for key, _ in parse_qsl(href)} >= {
        "source",
        "language",
        "label",
        "weekday",
        "author",
    }
    for href, figure in figures.items():
        assert opened(browser, href) == figure, href


def test_a_chart_has_a_name_a_description_and_a_table_with_the_same_numbers(seeded):
    browser, watch, _other = seeded
    html = browser.get(f"/insights?watch={watch.id}&range=28d").text
    page = Page(html)
    drawings = page.having(role="img")
    named = [drawing for drawing in drawings if "aria-labelledby" in drawing]
    assert [drawing["aria-labelledby"].split()[0] for drawing in named] == [
        "volume-title", "source-title", "language-title", "hours-title",
    ]  # fmt: skip
    ids = {attrs.get("id") for _tag, attrs in page.tags}
    assert all(set(drawing["aria-labelledby"].split()) <= ids for drawing in named)
    assert html.count('<table class="table figures">') == len(named)
    bodies = re.findall(r"<tbody>(.*?)</tbody>", html, re.DOTALL)
    sums = [_first_column(body) for body in bodies[:3]]
    assert len(set(sums)) == 1
    assert sums[0] > 0


def _first_column(body: str) -> int:
    rows = re.findall(r"<tr>.*?</th><td>(.*?)</td>", body, re.DOTALL)
    return sum(int(re.sub(r"<[^>]+>", "", cell)) for cell in rows)


def test_pages_hold_no_inline_style_or_script_and_hidden_links_take_no_focus(seeded):
    browser, watch, _other = seeded
    for path in (f"/insights?watch={watch.id}", f"/insights/mentions?watch={watch.id}", "/insights/watches"):
        page = Page(browser.get(path).text)
        assert not [tag for tag, attrs in page.tags if "style" in attrs or any(name.startswith("on") for name in attrs)]
        assert all("src" in attrs for tag, attrs in page.tags if tag == "script")


def test_without_a_watch_named_the_oldest_that_heard_something_is_shown(seeded):
    browser, _watch, _other = seeded
    assert "Insights: Kettles" in browser.get("/insights?range=28d").text


def test_watches_stand_side_by_side_and_are_never_added_up(seeded):
    browser, watch, other = seeded
    page = Page(browser.get("/insights/watches?range=28d").text)
    counts = {href: count_in(words) for href, words in page.links if href.startswith("/insights/mentions")}
    for href, figure in counts.items():
        if figure and "label=scored" not in href:
            assert opened(browser, href) == figure
    watches = {dict(parse_qsl(href.partition("?")[2])).get("watch") for href in counts}
    assert watches == {str(watch.id), str(other.id)}


def test_an_empty_installation_says_what_to_do_next(login_as):
    answer = login_as("agent").browser.get("/insights")
    assert answer.status_code == 200
    assert "Add a watch" in answer.text


def test_a_watch_that_heard_nothing_shows_no_zero_per_cent(login_as, context: Context):
    signed_in = login_as("agent")
    with context.database.writing() as session:
        watch = make_watch(session, signed_in.brand)
    html = signed_in.browser.get(f"/insights?watch={watch.id}").text
    assert "This watch has heard nothing yet" in html
    assert "0 %" not in html


def test_days_before_a_watch_listened_are_unknown_and_not_zero(login_as, context: Context):
    signed_in = login_as("agent")
    with context.database.writing() as session:
        watch = make_watch(session, signed_in.brand, created_at=NOW - timedelta(days=3))
        hear(session, watch, created_at=NOW - timedelta(days=1))
    html = signed_in.browser.get(f"/insights?watch={watch.id}&range=7d").text
    days = re.findall(r"<tr><th scope=\"row\">[^<]+</th><td>(.*?)</td>", html)[:7]
    assert [re.sub(r"<[^>]+>", "", day) for day in days] == ["–", "–", "–", "0", "0", "1", "0"]
    assert "not listening yet" in html


def test_too_few_scored_mentions_are_said_to_be_too_few(login_as, context: Context):
    signed_in = login_as("agent")
    with context.database.writing() as session:
        watch = make_watch(session, signed_in.brand)
        hear(session, watch, p_negative=0.9)
        hear(session, watch)
    html = signed_in.browser.get(f"/insights?watch={watch.id}").text
    assert "Too few to tell" in html
    assert "1 mention not scored yet" in html


def test_a_quiet_range_of_a_watch_offers_a_longer_one(login_as, context: Context):
    signed_in = login_as("agent")
    with context.database.writing() as session:
        watch = make_watch(session, signed_in.brand)
        hear(session, watch, created_at=NOW - timedelta(days=40))
    html = signed_in.browser.get(f"/insights?watch={watch.id}&range=7d").text
    assert "No mentions in this range" in html
    assert "range=90d" in html


def test_words_from_outside_are_shown_as_text(login_as, context: Context):
    signed_in = login_as("agent")
    nasty = "<script>alert(1)</script>\" onload='x' {{ 7*7 }}"
    with context.database.writing() as session:
        watch = make_watch(session, signed_in.brand, name=nasty)
        author = make_author(session, signed_in.brand, name=nasty, handle=nasty)
        mention = hear(
            session, watch, author=author, text=nasty, url="javascript:alert(1)", source="<b>", language=None
        )
        make_case(session, lead=mention)
    for path in (f"/insights?watch={watch.id}", f"/insights/mentions?watch={watch.id}", "/insights/watches"):
        html = signed_in.browser.get(path).text
        assert "<script>alert" not in html
        assert "javascript:" not in html
        assert "{{ 7*7 }}" in html
        assert "<b>" not in html.replace("<b>0</b>", "").replace("<b>1</b>", "")


def test_a_listed_mention_leads_to_its_case_and_to_its_platform(login_as, context: Context):
    signed_in = login_as("agent")
    with context.database.writing() as session:
        watch = make_watch(session, signed_in.brand)
        mention = hear(session, watch, url="https://forum.example/t/1")
        case = make_case(session, lead=mention)
        lose(hear(session, watch, author=make_author(session, signed_in.brand)))
    page = signed_in.browser.get(f"/insights/mentions?watch={watch.id}").text
    assert f'href="/cases/{case.id}"' in page
    assert 'href="https://forum.example/t/1"' in page
    assert "only the count stays" in page


def test_search_keeps_the_conditions_of_the_list(login_as, context: Context):
    signed_in = login_as("agent")
    with context.database.writing() as session:
        watch = make_watch(session, signed_in.brand)
        hear(session, watch, text="A kettle", source="reddit")
        hear(session, watch, text="A lid", source="reddit")
        hear(session, watch, text="A kettle", source="bluesky")
    path = f"/insights/mentions?watch={watch.id}&source=reddit"
    assert opened(signed_in.browser, f"{path}&q=kettle") == 1
    html = signed_in.browser.get(path).text
    assert '<input type="hidden" name="source" value="reddit">' in html
    assert signed_in.browser.get(f"{path}&q=---").status_code == 422


def test_another_brands_watch_is_not_there(login_as, context: Context):
    signed_in = login_as("admin")
    with context.database.writing() as session:
        stranger = make_watch(session, make_brand(session), name="Not yours")
        hear(session, stranger, text="a secret kettle")
    for path in (f"/insights?watch={stranger.id}", f"/insights/mentions?watch={stranger.id}"):
        assert signed_in.browser.get(path).status_code == 404
    for path in ("/insights/mentions", "/insights/watches", "/insights"):
        html = signed_in.browser.get(path).text
        assert "secret" not in html
        assert "Not yours" not in html


def test_nobody_reads_insights_without_signing_in(client):
    assert client.get("/insights").status_code == 303


def test_so_many_mentions_that_counting_people_takes_long_show_the_page_first(seeded, monkeypatch: pytest.MonkeyPatch):
    browser, watch, _other = seeded
    monkeypatch.setattr(views, "COUNT_PEOPLE_UP_TO", 3)
    path = f"/insights?watch={watch.id}&range=28d"
    html = browser.get(path).text
    assert "Not counted yet" in html
    follow = next(attrs["hx-get"] for _tag, attrs in Page(html).tags if "hx-get" in attrs)
    assert "Not counted yet" not in browser.get(follow).text


def test_a_page_asks_the_database_a_fixed_number_of_questions(seeded, context: Context):
    browser, watch, _other = seeded
    asked: list[str] = []
    event.listen(context.database.engine, "before_cursor_execute", lambda *call: asked.append(call[2]))
    counts = []
    for preset in ("24h", "90d"):
        asked.clear()
        browser.get(f"/insights?watch={watch.id}&range={preset}")
        counts.append(len(asked))
    assert max(counts) <= 16
    assert not [sql for sql in asked if "FROM mentions" in sql and "created_at" not in sql]
