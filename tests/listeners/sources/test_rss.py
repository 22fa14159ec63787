"""Feeds, well-formed and not: what is read, what is refused, and how little is fetched twice."""

from __future__ import annotations

import gzip
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from listeners.errors import NotPermitted, Rejected, Unavailable
from listeners.http import Fetcher, Response
from listeners.mentions import Kind
from listeners.queries import Query
from listeners.sources.rss import MAX_ENTRIES, Rss
from listeners.sources.rss import _parse as parse
from tests.listeners.contract import Case
from tests.listeners.stub import Answer, serving

EVERYTHING = Query.parse("kettle OR entry")
ITEM = """<item><title>Kettle {n} recalled</title><link>/news/{n}</link><guid isPermaLink="false">k{n}</guid>
<pubDate>Fri, 01 May 2026 0{n}:00:00 GMT</pubDate><dc:creator>Ada Quill</dc:creator><slash:comments>{n}</slash:comments>
<description>&lt;p&gt;The &lt;b&gt;Borealis&lt;/b&gt; kettle leaks.&lt;/p&gt;&lt;script&gt;alert(1)&lt;/script&gt;</description></item>"""


def rss(*items: str, head: str = "") -> bytes:
    body = "".join(items)
    return f"""<?xml version="1.0" encoding="utf-8"?>{head}<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"
xmlns:slash="http://purl.org/rss/1.0/modules/slash/"><channel><title>Kettle news</title><link>https://news.example/</link>
<language>en-gb</language>{body}</channel></rss>""".encode()


FEED = rss(*(ITEM.format(n=n) for n in range(1, 6)))


def _open(http, url):
    return Rss(Rss.Credentials(url=f"{url}/feed?key=planted-feed-key"), http=http)


def _serve(stub):
    body = FEED.replace(b'isPermaLink="false">k', b">https://news.example/k")
    stub.get("/feed", Answer(body=body, headers={"Content-Type": "application/rss+xml", "ETag": '"1"'}))


CASE = Case(
    name="rss",
    open=_open,
    serve=_serve,
    read=lambda source, cursor: source.search(EVERYTHING, cursor=cursor),
    ids=frozenset(f"https://news.example/k{n}" for n in range(1, 6)),
    secrets=("planted-feed-key",),
)


@pytest.fixture
def stub():
    with serving() as running:
        yield running


@pytest.fixture
def source(stub):
    with Fetcher(allow_private_hosts=frozenset({"127.0.0.1"})) as http:
        yield Rss(Rss.Credentials(url=stub.url + "/feed"), http=http)


def _read(source, stub, body, **headers):
    stub.get("/feed", Answer(body=body, headers={"Content-Type": "application/xml"} | headers))
    return source.search(EVERYTHING)


def test_an_entry_becomes_an_article_with_words_link_author_and_time(source, stub):
    first = _read(source, stub, FEED).mentions[0]
    assert first.text == "Kettle 1 recalled\n\nThe Borealis kettle leaks."
    assert first.kind is Kind.ARTICLE
    assert first.created_at == datetime(2026, 5, 1, 1, tzinfo=UTC)
    assert first.url == "https://news.example/news/1" or first.url == stub.url + "/news/1"
    assert first.author.name == "Ada Quill"
    assert first.engagement.replies == 1
    assert first.engagement.likes is None
    assert first.language == "en-gb"
    assert first.addressed is None


def test_atom_is_read_too_and_an_edit_is_seen(source, stub):
    atom = b"""<feed xmlns="http://www.w3.org/2005/Atom"><title>Blog</title><entry><id>tag:blog.example,2026:1</id>
    <title>My kettle</title><link href="https://blog.example/1"/><published>2026-05-01T08:00:00Z</published>
    <updated>2026-05-02T08:00:00Z</updated><content type="html">&lt;p&gt;It whistles&lt;/p&gt;</content></entry></feed>"""
    (mention,) = _read(source, stub, atom).mentions
    assert mention.external_id == "tag:blog.example,2026:1"
    assert mention.text == "My kettle\n\nIt whistles"
    assert mention.edited_at == datetime(2026, 5, 2, 8, tzinfo=UTC)


def test_only_matching_entries_are_kept(source, stub):
    _serve(stub)
    assert source.search(Query.parse("toaster")).mentions == ()


def test_the_server_is_asked_whether_anything_is_new(source, stub):
    first = _read(source, stub, FEED, ETag='"abc"', **{"Last-Modified": "Fri, 01 May 2026 06:00:00 GMT"})
    stub.get("/feed", lambda hit: Answer(status=304))
    second = source.search(EVERYTHING, cursor=first.cursor)
    assert stub.hits[-1].headers["if-none-match"] == '"abc"'
    assert stub.hits[-1].headers["if-modified-since"] == "Fri, 01 May 2026 06:00:00 GMT"
    assert second.mentions == ()
    assert second.cursor == first.cursor


def test_the_same_bytes_are_not_read_twice_though_the_server_ignores_the_question(source, stub):
    first = _read(source, stub, FEED)
    assert len(first.mentions) == 5
    assert source.search(EVERYTHING, cursor=first.cursor).mentions == ()


def test_entries_without_an_id_or_a_date_keep_the_name_and_time_they_first_had(source, stub):
    bare = "<item><description>an entry about a kettle</description></item>"
    first = _read(source, stub, rss(bare))
    second_body = rss(bare, "<item><title>Another entry</title></item>")
    stub.get("/feed", Answer(body=second_body))
    second = source.search(EVERYTHING, cursor=first.cursor)
    before, after = first.mentions[0], second.mentions[0]
    assert (before.external_id, before.created_at) == (after.external_id, after.created_at)
    assert abs(datetime.now(UTC) - after.created_at) < timedelta(minutes=1)


def test_short_ids_of_two_feeds_are_not_the_same_item(stub):
    stub.get("/one", Answer(body=FEED))
    stub.get("/two", Answer(body=FEED))
    with Fetcher(allow_private_hosts=frozenset({"127.0.0.1"})) as http:
        ids = [
            {m.external_id for m in Rss(Rss.Credentials(url=stub.url + path), http=http).search(EVERYTHING).mentions}
            for path in ("/one", "/two")
        ]
    assert len(ids[0]) == len(ids[1]) == 5
    assert not ids[0] & ids[1]


def test_a_date_in_the_future_is_replaced_by_when_we_saw_it(source, stub):
    ahead = (datetime.now(UTC) + timedelta(days=3)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    (mention,) = _read(
        source, stub, rss(f"<item><guid>1</guid><title>entry</title><pubDate>{ahead}</pubDate></item>")
    ).mentions
    assert mention.created_at <= datetime.now(UTC)


def test_broken_xml_keeps_what_could_be_read_and_says_so(source, stub):
    page = _read(source, stub, FEED[:-300])
    assert len(page.mentions) >= 4
    assert "not well-formed" in page.faults[-1].why


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (
            FEED.decode()
            .replace("leaks", "fuít mal ã")
            .replace('encoding="utf-8"', 'encoding="iso-8859-1"')
            .encode("latin-1"),
            "application/xml",
        ),
        (FEED.decode().replace("leaks", "fuít mal ã").encode("latin-1", "replace"), "application/xml; charset=utf-8"),
        (FEED.decode().replace('encoding="utf-8"', 'encoding="utf-16"').encode("utf-16"), "application/xml"),
        (FEED.replace(b"leaks", b"lea\x00ks \xff\xfe"), "text/xml; charset=nonsense-99"),
        (b"\xef\xbb\xbf" + FEED, "text/plain"),
    ],
)
def test_wrong_encodings_cost_letters_at_most_never_the_feed(source, stub, body, content_type):
    page = _read(source, stub, body, **{"Content-Type": content_type})
    assert len(page.mentions) == 5
    for mention in page.mentions:
        assert "\x00" not in mention.text
        mention.text.encode("utf-8")


BOMB = (
    "<!DOCTYPE rss ["
    '<!ENTITY a "kettle">'
    + "".join(f'<!ENTITY {b} "{("&" + a + ";") * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    + "]>"
)


@pytest.mark.parametrize(
    "head",
    [
        BOMB,
        '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE rss [<!ENTITY % p SYSTEM "http://127.0.0.1/p">%p;]>',
    ],
)
def test_entity_bombs_and_outside_entities_are_refused(source, stub, head):
    started = time.monotonic()
    with pytest.raises(Rejected, match="entities"):
        _read(source, stub, rss("<item><title>&i;&x; entry</title></item>", head=head))
    assert time.monotonic() - started < 2


def test_an_entity_bomb_in_broken_xml_is_not_expanded(source, stub):
    body = rss("<item><title>&i; entry</title></item>", head="<oops>" + BOMB)
    try:
        page = _read(source, stub, body)
    except (Rejected, Unavailable):
        return
    assert all(len(mention.text) < 1000 for mention in page.mentions)


def test_an_ordinary_doctype_is_no_reason_to_refuse(source, stub):
    head = '<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://my.netscape.com/publish/formats/rss-0.91.dtd">'
    assert len(_read(source, stub, rss(ITEM.format(n=1), head=head)).mentions) == 1


@pytest.mark.parametrize("packed", [False, True])
def test_a_feed_of_50_megabytes_is_refused_in_words(source, stub, packed):
    body = rss("<item><title>entry</title><description>" + "x" * 50_000_000 + "</description></item>")
    headers = {"Content-Encoding": "gzip"} if packed else {}
    with pytest.raises(Rejected, match="20 MB"):
        _read(source, stub, gzip.compress(body, 1) if packed else body, **headers)


def test_endless_redirects_end_in_words(source, stub):
    stub.get("/feed", Answer(status=302, headers={"Location": "/feed"}))
    with pytest.raises(Rejected, match="redirecting"):
        source.search(EVERYTHING)


def test_a_redirect_to_a_private_address_is_not_followed(stub):
    stub.get("/feed", Answer(status=302, headers={"Location": "http://169.254.169.254/latest/meta-data"}))
    with Fetcher(allow_private_hosts=frozenset({"127.0.0.1"})) as http, pytest.raises(NotPermitted, match="private"):
        Rss(Rss.Credentials(url=stub.url + "/feed"), http=http).search(EVERYTHING)


def test_a_megabyte_in_one_entry_is_kept_as_an_excerpt(source, stub):
    (mention,) = _read(
        source,
        stub,
        rss("<item><guid>1</guid><title>entry</title><description>" + "word " * 200_000 + "</description></item>"),
    ).mentions
    assert len(mention.text) < 6_000
    assert "[cut here: the original has 999,999 characters]" in mention.text


def test_thousands_of_entries_are_read_up_to_a_stated_number(source, stub):
    page = _read(
        source, stub, rss(*(f"<item><guid>g{n}</guid><title>entry {n}</title></item>" for n in range(MAX_ENTRIES + 5)))
    )
    assert len(page.mentions) == MAX_ENTRIES
    assert str(MAX_ENTRIES) in page.faults[0].why


def test_an_entry_twice_in_a_feed_is_one_mention(source, stub):
    assert len(_read(source, stub, rss(ITEM.format(n=1), ITEM.format(n=1))).mentions) == 1


def test_an_entry_with_nothing_in_it_is_a_fault_that_names_it(source, stub):
    page = _read(source, stub, rss(ITEM.format(n=1), "<item><guid>2</guid></item>"))
    assert len(page.mentions) == 1
    assert page.faults[0].where == "entry 2"


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "//[bad", ""])
def test_a_link_that_is_no_web_address_is_not_offered(source, stub, link):
    (mention,) = _read(
        source, stub, rss(f"<item><guid>1</guid><title>entry</title><link>{link}</link></item>")
    ).mentions
    assert mention.url is None or mention.url.startswith("http")


@pytest.mark.parametrize("cursor", ["nonsense", "[]", '{"unknown": 1}'])
def test_a_foreign_cursor_is_refused_with_the_way_out(source, stub, cursor):
    _serve(stub)
    with pytest.raises(Rejected, match="reset its cursor"):
        source.search(EVERYTHING, cursor=cursor)


def test_check_says_what_the_feed_is_called(source, stub):
    _serve(stub)
    assert source.check() == "Reads the feed Kettle news."


def _response(body: bytes) -> Response:
    return Response(status=200, headers={}, body=body, url="https://news.example/feed")


@given(st.binary(max_size=300))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_any_bytes_are_a_feed_or_a_named_error(body):
    with suppress(Rejected, Unavailable):
        parse(_response(body))


@given(st.lists(st.tuples(st.integers(0, len(FEED) - 1), st.binary(min_size=1, max_size=6)), max_size=6))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_a_damaged_feed_is_read_or_refused_but_never_breaks(damage):
    body = bytearray(FEED)
    for place, junk in damage:
        body[place : place + len(junk)] = junk
    with serving() as stub, Fetcher(allow_private_hosts=frozenset({"127.0.0.1"})) as http:
        stub.get("/feed", Answer(body=bytes(body)))
        try:
            page = Rss(Rss.Credentials(url=stub.url + "/feed"), http=http).search(EVERYTHING)
        except (Rejected, Unavailable):
            return
        for mention in page.mentions:
            mention.text.encode("utf-8")
