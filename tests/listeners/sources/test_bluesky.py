from __future__ import annotations

import base64
import json
import logging
import re
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listeners.bluesky_records import author_of, mention_of, record_key
from listeners.capabilities import Checks, Edits, Inbox, Rechecks, Replies, Retracts, Searches
from listeners.errors import (
    AccountSuspended,
    CredentialsExpired,
    Gone,
    NotPermitted,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    SourceError,
    TooLong,
    Unavailable,
)
from listeners.http import Fetcher
from listeners.queries import Query
from listeners.sources.bluesky import OVERLAP, Bluesky
from listeners.walks import Walk, dump_walks, load_walks, milliseconds, read_items
from tests.listeners.contract import Case, ReplyCase, fast_fetcher
from tests.listeners.recordings import recording
from tests.listeners.stub import Answer, Hit, Stub, serving

US = "did:plc:ourselvesourselvesours"
MIRA = "did:plc:miramiramiramiramiramir"
PASSWORD = "abcd-efgh-made-up"
QUERY = Query.parse("Kettlewick")
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
LONG_AGO = dump_walks({"Kettlewick": Walk(mark=milliseconds(NOW - timedelta(days=1)))})


def stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def token(tail: str, *, expires: datetime = datetime(2100, 1, 1, tzinfo=UTC)) -> str:
    parts = ({"alg": "none", "typ": "JWT"}, {"exp": int(expires.timestamp()), "sub": US, "jti": tail})
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts) + ".sig"


def uri(number: int, did: str = MIRA) -> str:
    return f"at://{did}/app.bsky.feed.post/3lzzzzzzzzz2{'abcdefghij'[number % 10]}"


def post(number: int, text: str | None = None, *, at: datetime = NOW, **over) -> dict:
    return {
        "uri": uri(number),
        "cid": f"bafy{number}",
        "author": {"did": MIRA, "handle": "mira.test", "displayName": "Mira", "labels": []},
        "record": {
            "$type": "app.bsky.feed.post",
            "text": text if text is not None else f"My Kettlewick number {number} leaks",
            "langs": ["en"],
            "createdAt": stamp(at),
        },
        "likeCount": 3,
        "repostCount": 1,
        "quoteCount": 2,
        "replyCount": 4,
        "indexedAt": stamp(at),
        "labels": [],
    } | over


def profile(did: str = MIRA) -> dict:
    return {
        "did": did,
        "handle": "mira.test",
        "displayName": "Mira",
        "followersCount": 120,
        "followsCount": 80,
        "postsCount": 900,
        "createdAt": "2024-02-03T04:05:06.000Z",
    }


def session(tail: str = "1", **over) -> dict:
    return {"did": US, "handle": "kettlewick.test", "accessJwt": token(tail), "refreshJwt": token("r" + tail)} | over


def sign_in(stub: Stub) -> None:
    stub.post("/xrpc/com.atproto.server.createSession", Answer(json=session()))
    stub.get("/xrpc/app.bsky.actor.getProfiles", lambda _hit: Answer(json={"profiles": [profile()]}))


def open_bluesky(http: Fetcher, url: str) -> Bluesky:
    return Bluesky(Bluesky.Credentials(handle="kettlewick.test", app_password=PASSWORD), http=http, base_url=url)


def two_pages(stub: Stub) -> None:
    sign_in(stub)

    def search(hit: Hit) -> Answer:
        if hit.query.get("cursor") == "older":
            return Answer(json={"posts": [post(3, at=NOW - timedelta(hours=2))]})
        return Answer(json={"posts": [post(1), post(2, at=NOW - timedelta(hours=1))], "cursor": "older"})

    stub.get("/xrpc/app.bsky.feed.searchPosts", search)
    serve_records(stub)


def two_pages_of_notifications(stub: Stub) -> None:
    sign_in(stub)

    def told(hit: Hit) -> Answer:
        if hit.query.get("cursor") == "older":
            return Answer(json={"notifications": [post(3, at=NOW - timedelta(hours=2)) | {"reason": "quote"}]})
        return Answer(
            json={
                "notifications": [post(1) | {"reason": "mention"}, post(2) | {"reason": "reply"}],
                "cursor": "older",
            }
        )

    stub.get("/xrpc/app.bsky.notification.listNotifications", told)


def serve_records(stub: Stub, *, parent: dict | None = None) -> dict[str, dict]:
    """Let the stub keep records as a PDS does; returns them."""
    records: dict[str, dict] = {}

    def put(hit: Hit) -> Answer:
        body = hit.json()
        assert re.fullmatch(r"[2-7a-j][2-7a-z]{12}", body["rkey"]), "a PDS refuses record keys that are no TID"
        records[body["rkey"]] = body["record"]
        return Answer(json={"uri": f"at://{US}/app.bsky.feed.post/{body['rkey']}", "cid": "bafyreply"})

    def read(hit: Hit) -> Answer:
        if hit.query["rkey"] in records:
            return Answer(json={"uri": "at://x", "value": records[hit.query["rkey"]]})
        return Answer(status=400, json={"error": "RecordNotFound", "message": "Could not locate record"})

    def thread(hit: Hit) -> Answer:
        root = parent or post(1)
        shown = [
            post(2, uri=f"at://{US}/app.bsky.feed.post/{key}", author={"did": US, "handle": "us.test"}, record=record)
            for key, record in records.items()
        ]
        strangers = [post(3), post(4)]
        found = [{"$type": "app.bsky.feed.defs#threadViewPost", "post": one} for one in (*strangers, *shown)]
        odd = [{"$type": "app.bsky.feed.defs#blockedPost", "uri": uri(9), "blocked": True}]
        assert (hit.query["uri"], hit.query["depth"]) == (root["uri"], "1")
        return Answer(json={"thread": {"post": root, "replies": [*found, *odd]}})

    stub.get("/xrpc/app.bsky.feed.getPostThread", thread)
    stub.get("/xrpc/app.bsky.feed.getPosts", Answer(json={"posts": [parent or post(1)]}))
    stub.get("/xrpc/com.atproto.repo.getRecord", read)
    stub.post("/xrpc/com.atproto.repo.putRecord", put)
    return records


PUT = r"/xrpc/com\.atproto\.repo\.putRecord"
CASES = (
    Case(
        name="bluesky",
        open=open_bluesky,
        serve=two_pages,
        read=lambda source, cursor: source.search(QUERY, cursor=cursor or LONG_AGO),
        ids=frozenset({uri(1), uri(2), uri(3)}),
        secrets=(PASSWORD, token("1"), token("r1")),
        fault_on=r"/xrpc/app\.bsky\.feed\..*",
        reply=ReplyCase(
            to=uri(1),
            is_post=lambda hit: "putRecord" in hit.path,
            idempotent=True,
            tells_keys=True,
            fault_on=PUT,
            look_on=r"/xrpc/com\.atproto\.repo\.getRecord",
            look_errors={"gone": Unavailable},  # only a PDS that names the missing record says that there is none
        ),
    ),
    Case(
        name="bluesky",
        method="inbox",
        open=open_bluesky,
        serve=two_pages_of_notifications,
        read=lambda source, cursor: source.inbox(cursor=cursor or LONG_AGO.replace("Kettlewick", "notifications")),
        ids=frozenset({uri(1), uri(2), uri(3)}),
        secrets=(PASSWORD, token("1"), token("r1")),
        fault_on=r"/xrpc/app\.bsky\.notification\..*",
    ),
)


@pytest.fixture
def stub():
    with serving() as running:
        sign_in(running)
        yield running


@pytest.fixture
def source(stub):
    return open_bluesky(fast_fetcher(), stub.url)


def test_it_has_the_abilities_of_bluesky(source):
    assert isinstance(source, Searches | Inbox)
    assert all(isinstance(source, ability) for ability in (Inbox, Rechecks, Replies, Retracts, Checks))
    assert not isinstance(source, Edits)


class TestMapping:
    def test_a_recorded_search_becomes_mentions(self):
        posts = recording("bluesky/local-appview/searchPosts_page1.json")["json"]["posts"]
        mentions, faults = read_items(posts, mention_of, name_of=lambda item: item["uri"])
        assert (len(mentions), faults) == (len(posts), [])
        assert mentions[0].text == "AcmeCola number 4"
        assert mentions[0].language == "en"
        assert (mentions[0].engagement.likes, mentions[0].author.followers) == (0, None)
        assert mentions[0].created_at.tzinfo is UTC

    def test_a_recorded_mention_of_us_is_addressed(self):
        view = recording("bluesky/local-appview/getPosts.json")["json"]["posts"][0]
        spoken_to = view["record"]["facets"][0]["features"][0]["did"]
        assert mention_of(view, our_did=spoken_to).addressed is True
        assert mention_of(view, our_did=US).addressed is None

    def test_a_recorded_profile_has_counts(self):
        author = author_of(recording("bluesky/local-appview/getProfiles.json")["json"]["profiles"][0])
        assert (author.handle, author.followers, author.posts) == ("alice.test", 1, 1)

    def test_a_reply_knows_its_thread(self):
        answer = post(2)
        answer["record"]["reply"] = {"root": {"uri": uri(0), "cid": "a"}, "parent": {"uri": uri(1), "cid": "b"}}
        mention = mention_of(answer)
        assert (mention.thread_id, mention.parent_id) == (uri(0), uri(1))

    def test_quotes_and_reposts_are_both_reposts(self):
        engagement = mention_of(post(1)).engagement
        assert (engagement.likes, engagement.reposts, engagement.replies, engagement.views) == (3, 3, 4, None)

    def test_counts_that_are_not_told_are_unknown(self):
        notification = {key: value for key, value in post(1).items() if not key.endswith("Count")}
        engagement = mention_of(notification).engagement
        assert (engagement.likes, engagement.reposts, engagement.replies) == (None, None, None)

    @pytest.mark.parametrize("claimed", ["2090-01-01T00:00:00Z", "soon", "", None, 7])
    def test_a_device_with_a_wrong_clock_does_not_write_in_the_future(self, claimed):
        view = post(1)
        view["record"]["createdAt"] = claimed
        assert mention_of(view).created_at <= NOW

    def test_a_self_labelled_bot_is_a_bot(self):
        assert author_of(profile() | {"labels": [{"val": "bot"}]}).is_bot is True
        assert author_of(profile()).is_bot is None

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=8),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(
                        ["uri", "record", "author", "did", "text", "indexedAt", "langs", "facets", "reply"]
                    ),
                    inner,
                )
            ),
            max_leaves=12,
        )
    )
    def test_whatever_comes_is_a_mention_or_a_fault(self, item):
        mentions, faults = read_items([item], mention_of, name_of=lambda one: one["uri"])
        assert len(mentions) + len(faults) == 1


class TestReading:
    def test_a_search_asks_only_back_to_the_overlap_before_the_last_poll(self, stub, source):
        stub.get("/xrpc/app.bsky.feed.searchPosts", Answer(json={"posts": [post(1)]}))
        cursor = source.search(QUERY).cursor
        source.search(QUERY, cursor=cursor)
        first, second = [hit for hit in stub.hits if "searchPosts" in hit.path]
        assert "since" not in first.query
        assert second.query["since"] == stamp(NOW - OVERLAP)
        assert (second.query["sort"], second.query["q"]) == ("latest", "Kettlewick")

    def test_alternatives_are_asked_for_one_by_one_and_filtered_again(self, stub, source):
        stub.get("/xrpc/app.bsky.feed.searchPosts", Answer(json={"posts": [post(1), post(2, "Teapots are fine")]}))
        page = source.search(Query.parse('Kettlewick leaks OR "burnt toast" -cheese'))
        asked = {hit.query["q"] for hit in stub.hits if "searchPosts" in hit.path}
        assert asked == {"Kettlewick leaks", '"burnt toast"'}
        assert [mention.external_id for mention in page.mentions] == [uri(1)]

    def test_authors_get_their_counts_once_a_day(self, stub, source):
        stub.get("/xrpc/app.bsky.feed.searchPosts", Answer(json={"posts": [post(1), post(2)]}))
        page = source.search(QUERY)
        source.search(QUERY)
        assert page.mentions[0].author.followers == 120
        assert page.mentions[0].author.created_at == datetime(2024, 2, 3, 4, 5, 6, tzinfo=UTC)
        assert stub.count("GET", "/xrpc/app.bsky.actor.getProfiles") == 1

    def test_authors_are_asked_for_25_at_a_time(self, stub, source):
        authors = [f"did:plc:person{number:018d}" for number in range(60)]
        views = [post(1, uri=f"at://{did}/app.bsky.feed.post/3lzzzzzzzzz2a") for did in authors]
        for view, did in zip(views, authors, strict=True):
            view["author"] = {"did": did, "handle": "someone.test"}
        stub.get("/xrpc/app.bsky.feed.searchPosts", Answer(json={"posts": views}))
        source.search(QUERY)
        assert stub.count("GET", "/xrpc/app.bsky.actor.getProfiles") == 3

    def test_an_account_bluesky_cannot_show_leaves_counts_unknown_and_keeps_the_posts(self, stub, source):
        stub.get("/xrpc/app.bsky.feed.searchPosts", Answer(json={"posts": [post(1)]}))
        stub.get("/xrpc/app.bsky.actor.getProfiles", Answer(status=400, json={"error": "InvalidRequest"}))
        page = source.search(QUERY)
        assert [mention.author.followers for mention in page.mentions] == [None]

    def test_a_broken_post_is_a_fault_and_its_neighbours_are_kept(self, stub, source):
        broken = post(2) | {"author": None}
        stub.get("/xrpc/app.bsky.feed.searchPosts", Answer(json={"posts": [post(1), broken, "text", post(3)]}))
        page = source.search(QUERY)
        assert {mention.external_id for mention in page.mentions} == {uri(1), uri(3)}
        assert [fault.where for fault in page.faults] == [uri(2), "item 3 of the page"]

    def test_the_inbox_holds_mentions_replies_and_quotes_only(self, stub, source):
        told = [
            post(number) | {"reason": reason}
            for number, reason in enumerate(["mention", "like", "reply", "quote", "follow"])
        ]
        stub.get("/xrpc/app.bsky.notification.listNotifications", Answer(json={"notifications": told}))
        page = source.inbox()
        assert {mention.external_id for mention in page.mentions} == {uri(0), uri(2), uri(3)}
        assert all(mention.addressed for mention in page.mentions)

    def test_the_inbox_is_walked_back_to_the_last_poll_and_no_further(self, stub, source):
        def told(hit: Hit) -> Answer:
            page = int(hit.query.get("cursor", "0"))
            views = [post(page, at=NOW - timedelta(hours=page)) | {"reason": "mention"}]
            return Answer(json={"notifications": views, "cursor": str(page + 1)})

        stub.get("/xrpc/app.bsky.notification.listNotifications", told)
        cursor = dump_walks({"notifications": Walk(mark=milliseconds(NOW - timedelta(hours=2, minutes=30)))})
        found, more = set(), True
        while more:
            page = source.inbox(cursor=cursor)
            cursor, more = page.cursor, page.more
            found |= {mention.external_id for mention in page.mentions}
        assert found == {uri(0), uri(1), uri(2), uri(3)}
        assert load_walks(cursor)["notifications"].mark == milliseconds(NOW)

    def test_what_a_recheck_does_not_show_is_gone(self, stub, source):
        stub.get("/xrpc/app.bsky.feed.getPosts", Answer(json={"posts": [post(1)]}))
        page = source.recheck([uri(1), uri(2)])
        assert ([mention.external_id for mention in page.mentions], page.gone) == ([uri(1)], (uri(2),))

    def test_a_recheck_of_many_asks_for_25_at_a_time(self, stub, source):
        stub.get("/xrpc/app.bsky.feed.getPosts", Answer(json={"posts": []}))
        source.recheck([f"{uri(1)}{number}" for number in range(51)])
        assert stub.count("GET", "/xrpc/app.bsky.feed.getPosts") == 3


class TestSession:
    def test_many_reads_sign_in_once(self, stub, source):
        stub.get("/xrpc/app.bsky.feed.searchPosts", Answer(json={"posts": []}))
        for _ in range(5):
            source.search(QUERY)
        assert stub.count("POST", "/xrpc/com.atproto.server.createSession") == 1

    def expired_until_renewed(self, stub: Stub) -> None:
        def search(hit: Hit) -> Answer:
            if hit.headers["authorization"] == f"Bearer {token('1')}":
                return Answer(status=400, json={"error": "ExpiredToken", "message": "Token has expired"})
            return Answer(json={"posts": []})

        stub.get("/xrpc/app.bsky.feed.searchPosts", search)

    def test_an_expired_session_is_renewed_not_made_again(self, stub, source):
        self.expired_until_renewed(stub)
        stub.post("/xrpc/com.atproto.server.refreshSession", Answer(json=session("2")))
        source.search(QUERY)
        source.search(QUERY)
        assert stub.count("POST", "/xrpc/com.atproto.server.refreshSession") == 1
        assert stub.count("POST", "/xrpc/com.atproto.server.createSession") == 1

    def test_a_session_that_cannot_be_renewed_is_made_again_once(self, stub, source):
        self.expired_until_renewed(stub)
        made = iter(["1", "3"])
        stub.post("/xrpc/com.atproto.server.createSession", lambda _hit: Answer(json=session(next(made))))
        stub.post("/xrpc/com.atproto.server.refreshSession", Answer(status=400, json={"error": "ExpiredToken"}))
        source.search(QUERY)
        assert stub.count("POST", "/xrpc/com.atproto.server.createSession") == 2

    def test_a_session_refused_again_and_again_is_reported(self, stub, source):
        refusal = Answer(status=400, json={"error": "InvalidToken", "message": "Bad token"})
        stub.get("/xrpc/app.bsky.feed.searchPosts", refusal)
        stub.post("/xrpc/com.atproto.server.refreshSession", Answer(json=session("2")))
        with pytest.raises(CredentialsExpired, match="app password"):
            source.search(QUERY)
        assert stub.count("GET", "/xrpc/app.bsky.feed.searchPosts") == 2

    def test_a_wrong_password_is_said_so(self, stub, source):
        answer = Answer(
            status=401, json={"error": "AuthenticationRequired", "message": "Invalid identifier or password"}
        )
        stub.post("/xrpc/com.atproto.server.createSession", answer)
        with pytest.raises(CredentialsExpired, match="app password"):
            source.check()

    def test_the_recorded_sign_in_limit_says_until_when(self, stub, source):
        seen = recording("bluesky/local-appview/createSession_rate_limited_429.json")
        stub.post(
            "/xrpc/com.atproto.server.createSession",
            Answer(status=seen["status"], json=seen["json"], headers=seen["headers"]),
        )
        with pytest.raises(RateLimited) as caught:
            source.check()
        assert caught.value.until == datetime.fromtimestamp(int(seen["headers"]["ratelimit-reset"]), UTC)


ERRORS = [
    (400, {"error": "InvalidRequest", "message": "Malformed cursor"}, Rejected),
    (400, {"error": "AccountTakedown"}, AccountSuspended),
    (401, {"error": "AuthMissing"}, CredentialsExpired),
    (403, {"error": "Forbidden"}, NotPermitted),
    (404, {}, Gone),
    (409, {}, Unavailable),
    (429, {}, RateLimited),
    (500, {"error": "InternalServerError"}, Unavailable),
    (502, {"error": "UpstreamFailure"}, Unavailable),
    (503, {}, Unavailable),
    (200, [], Unavailable),
    (200, {"posts": 3}, Unavailable),
    (200, {}, Unavailable),
]


@pytest.mark.parametrize(("status", "body", "kind"), ERRORS)
def test_errors_of_reading_say_what_to_do_next(stub, source, status, body, kind):
    stub.get("/xrpc/app.bsky.feed.searchPosts", Answer(status=status, json=body))
    with pytest.raises(kind) as caught:
        source.search(QUERY)
    assert isinstance(caught.value, SourceError)
    assert "Kettlewick" not in str(caught.value)


class TestReplying:
    def test_a_reply_carries_root_and_parent_and_clickable_links(self, stub, source):
        parent = post(1)
        parent["record"]["reply"] = {"root": {"uri": uri(0), "cid": "bafyroot"}, "parent": {"uri": uri(0), "cid": "b"}}
        records = serve_records(stub, parent=parent)
        posted = source.reply(uri(1), "Sorry! See https://kettlewick.test/help", key="case-1")
        (record,) = records.values()
        assert record["reply"] == {
            "root": {"uri": uri(0), "cid": "bafyroot"},
            "parent": {"uri": uri(1), "cid": "bafy1"},
        }
        assert record["facets"][0]["features"][0]["uri"] == "https://kettlewick.test/help"
        assert posted.external_id.startswith(f"at://{US}/app.bsky.feed.post/")
        assert posted.url == f"https://bsky.app/profile/{US}/post/{posted.external_id.rpartition('/')[2]}"

    def test_one_key_makes_one_post(self, stub, source):
        records = serve_records(stub)
        posted = [source.reply(uri(1), "Sorry!", key="case-1") for _ in range(3)]
        assert len(set(posted)) == 1
        assert (len(records), stub.count("POST", PUT)) == (1, 1)

    def test_a_reply_is_found_again_although_its_answer_was_lost(self, stub, source):
        records = serve_records(stub)
        stub.fault, stub.fault_on, stub.after_acting = "drop", PUT, True
        with pytest.raises(OutcomeUnknown):
            source.reply(uri(1), "Sorry!", key="case-1")
        stub.fault = None
        posted = source.reply(uri(1), "Sorry!", key="case-1")
        assert [posted.external_id.rpartition("/")[2]] == list(records)
        assert stub.count("POST", PUT) == 1

    @pytest.mark.parametrize("fault", ["drop", "slow", "half", "broken", "down", "html"])
    def test_a_reply_is_sent_once_whatever_goes_wrong(self, stub, source, fault):
        serve_records(stub)
        stub.fault, stub.fault_on = fault, PUT
        with pytest.raises(OutcomeUnknown):
            source.reply(uri(1), "Sorry!", key="case-1")
        assert stub.count("POST", PUT) == 1

    def test_a_reply_to_a_deleted_post_is_refused_before_publishing(self, stub, source):
        serve_records(stub)
        stub.get("/xrpc/app.bsky.feed.getPosts", Answer(json={"posts": []}))
        with pytest.raises(Gone):
            source.reply(uri(1), "Sorry!", key="case-1")
        assert stub.count("POST", PUT) == 0

    def test_a_text_over_the_limit_is_refused_not_cut(self, stub, source):
        serve_records(stub)
        message = "Invalid app.bsky.feed.post record: grapheme too big (maximum 300, got 400) at $.record.text"
        stub.post(PUT, Answer(status=400, json={"error": "InvalidRequest", "message": message}))
        for text in ("x" * 400, "x"):  # by our count, and by theirs
            with pytest.raises(TooLong, match="300"):
                source.reply(uri(1), text, key="case-1")

    def test_handles_are_mentions_where_somebody_has_them_and_the_language_is_that_of_the_post(self, stub, source):
        def resolve(hit: Hit) -> Answer:
            if hit.query["handle"] == "mira.test":
                return Answer(json={"did": MIRA})
            return Answer(status=400, json={"error": "InvalidRequest", "message": "Unable to resolve handle"})

        parent = post(1)
        parent["record"]["langs"] = ["el", "not a language", 7, "tr-TR"]
        records = serve_records(stub, parent=parent)
        stub.get("/xrpc/com.atproto.identity.resolveHandle", resolve)
        source.reply(uri(1), "Ü @mira.test and @nobody.test, see #kettles", key="case-1")
        (record,) = records.values()
        found = [(facet["index"], facet["features"][0].get("did")) for facet in record["facets"]]
        assert found[0] == ({"byteStart": 3, "byteEnd": 13}, MIRA)
        assert [did for _, did in found] == [MIRA, None]
        assert record["langs"] == ["el", "tr-TR"]

    def test_a_handle_that_cannot_be_looked_up_now_holds_the_reply_back(self, stub, source):
        serve_records(stub)
        stub.get("/xrpc/com.atproto.identity.resolveHandle", Answer(status=503))
        with pytest.raises(Unavailable):
            source.reply(uri(1), "Sorry, @mira.test", key="case-1")
        assert stub.count("POST", PUT) == 0

    def test_a_text_is_counted_in_graphemes_and_bytes_before_anything_is_asked(self, stub, source):
        records = serve_records(stub)
        family = "👨‍👩‍👧‍👦"
        with pytest.raises(TooLong):
            source.reply(uri(1), family * 121, key="case-1")  # 121 graphemes, 3,025 bytes
        with pytest.raises(TooLong):
            source.reply(uri(1), "e\u0301" * 301, key="case-1")
        assert stub.hits == []
        source.reply(uri(1), "e\u0301" * 300, key="case-1")
        assert len(records) == 1

    def test_a_reply_whose_post_was_deleted_is_still_found_by_its_key(self, stub, source):
        serve_records(stub)
        posted = source.reply(uri(1), "Sorry!", key="case-1")
        stub.get("/xrpc/app.bsky.feed.getPostThread", Answer(status=400, json={"error": "NotFound"}))
        (found,) = source.own_replies(uri(1), key="case-1")
        assert (found.external_id, found.text, found.under_key) == (posted.external_id, "Sorry!", True)
        assert source.own_replies(uri(1), key="case-2") == ()
        with pytest.raises(Gone):
            source.own_replies(uri(1), key=None)

    def test_replies_given_by_hand_are_found_beside_that_of_the_key(self, stub, source):
        records = serve_records(stub)
        source.reply(uri(1), "Sorry!", key="case-1")
        records["3lbyhand22222"] = {"text": "By hand", "createdAt": "2020-01-01T00:00:00.000Z"}
        found = source.own_replies(uri(1), key="case-1")
        assert [(reply.text, reply.under_key) for reply in found] == [("By hand", False), ("Sorry!", True)]

    def test_signing_in_again_while_replying_publishes_nothing_when_it_fails(self, stub, source):
        serve_records(stub)
        stub.post(PUT, Answer(status=400, json={"error": "ExpiredToken"}))
        stub.post("/xrpc/com.atproto.server.refreshSession", Answer(status=503))
        stub.post("/xrpc/com.atproto.server.createSession", lambda _hit: next(signed_in))
        signed_in = iter([Answer(json=session()), Answer(status=503)])
        with pytest.raises(Unavailable):
            source.reply(uri(1), "Sorry!", key="case-1")
        assert stub.count("POST", PUT) == 1

    def test_a_server_that_cannot_be_reached_leaves_nothing_unknown(self):
        with serving() as stub:
            url = stub.url
        with pytest.raises(Unavailable):
            open_bluesky(fast_fetcher(), url).reply(uri(1), "Sorry!", key="case-1")

    def test_an_address_that_is_no_post_is_gone(self, source):
        with pytest.raises(Gone):
            source.retract("nowhere")

    @given(st.text(min_size=1, max_size=40), st.text(max_size=20))
    def test_record_keys_are_tids_made_from_the_key_alone(self, key, tail):
        parent = f"at://{MIRA}/app.bsky.feed.post/{tail}"
        made = record_key(parent, key)
        assert re.fullmatch(r"[2-7a-j][2-7a-z]{12}", made)
        assert made == record_key(parent, key)
        assert made != record_key(parent, key + "x")

    def test_record_keys_are_dated_just_after_the_post_they_answer(self):
        parent = "3n2vsfz47mk2d"
        assert parent < record_key(f"at://{MIRA}/app.bsky.feed.post/{parent}", "case-1") < "3n2vz"


def test_private_addresses_are_not_reached_unless_allowed(stub):
    with pytest.raises(NotPermitted):
        open_bluesky(Fetcher(), stub.url).check()


def test_nothing_secret_reaches_the_log(stub, source, caplog):
    caplog.set_level(logging.DEBUG)
    stub.get("/xrpc/app.bsky.feed.searchPosts", Answer(json={"posts": [post(1)]}))
    source.search(QUERY)
    assert not {word for word in (PASSWORD, token("1"), "leaks", "mira.test") if word in caplog.text}


@pytest.mark.network
@pytest.mark.xdist_group("bluesky")
class TestRealNetwork:
    """Against PLC, PDS and AppView on loopback, see tests/bluesky_network.py."""

    @pytest.fixture
    def brand(self, bluesky_network):
        return bluesky_network.account("brand")

    @pytest.fixture
    def mira(self, bluesky_network):
        return bluesky_network.account("mira")

    @pytest.fixture
    def real(self, bluesky_network, brand):
        http = Fetcher(allow_private_hosts=frozenset({"127.0.0.1", "localhost"}))
        credentials = Bluesky.Credentials(handle=brand.handle, app_password=brand.password)
        return Bluesky(credentials, http=http, base_url=bluesky_network.url)

    def test_a_post_is_found_with_its_authors_counts(self, bluesky_network, real, brand, mira):
        word = f"Kettlewick{uuid.uuid4().hex[:8]}"
        mira.follow(brand)
        brand.follow(mira)
        made = mira.post(f"My {word} leaks again")
        query = Query.parse(word)

        def counted():
            fresh = Bluesky.search(real, query)
            real._authors.clear()  # a new day, so that the follow made a moment ago is counted
            return next((m for m in fresh.mentions if m.author.followers), None)

        mention = bluesky_network.until(counted)
        assert (mention.external_id, mention.text) == (made["uri"], f"My {word} leaks again")
        assert (mention.author.handle, mention.author.followers, mention.author.following) == (mira.handle, 1, 1)
        assert abs(mention.created_at - datetime.now(UTC)) < timedelta(minutes=1)

    def test_a_mention_arrives_in_the_inbox(self, bluesky_network, real, brand, mira):
        made = mira.post(f"@{brand.handle} where is my kettle?", mentions=brand)
        page = bluesky_network.until(lambda: (found := real.inbox()).mentions and found)
        assert [mention.external_id for mention in page.mentions] == [made["uri"]]
        assert page.mentions[0].addressed is True

    def test_a_reply_with_one_key_stands_once_and_can_be_taken_back(self, bluesky_network, real, mira):
        made = mira.post("My kettle leaks")
        bluesky_network.until(lambda: real.recheck([made["uri"]]).mentions)
        posted = real.reply(made["uri"], "We are sorry. A new one is on its way.", key="case-1")
        assert real.reply(made["uri"], "We are sorry. A new one is on its way.", key="case-1") == posted
        (at_once,) = real.own_replies(made["uri"], key="case-1")  # our own server knows before the network shows it
        assert (at_once.external_id, at_once.under_key) == (posted.external_id, True)
        replies = bluesky_network.until(lambda: mira.thread(made["uri"]))
        assert [reply["uri"] for reply in replies] == [posted.external_id]
        (shown,) = real.own_replies(made["uri"], key=None)
        assert (shown.external_id, shown.text, shown.under_key) == (posted.external_id, at_once.text, None)
        assert abs(shown.created_at - datetime.now(UTC)) < timedelta(minutes=1)
        real.retract(posted.external_id)
        real.retract(posted.external_id)
        bluesky_network.until(lambda: not mira.thread(made["uri"]))
        assert real.own_replies(made["uri"], key="case-1") == ()

    def test_a_reply_mentions_whom_it_names_in_the_language_of_the_post(self, bluesky_network, real, brand, mira):
        made = mira.post("My kettle leaks")
        answered = bluesky_network.account("friend").post("Mine too", reply_to=made)
        bluesky_network.until(lambda: real.recheck([answered["uri"]]).mentions)
        text = f"@{mira.handle} sorry: https://kettlewick.test/help #kettles, not @nobody-at-all.test"
        posted = real.reply(answered["uri"], text, key="case-1")
        (thread,) = bluesky_network.until(lambda: mira.thread(answered["uri"]))
        record = thread["record"]
        kinds = [facet["features"][0]["$type"].partition("#")[2] for facet in record["facets"]]
        assert (thread["uri"], kinds, record["langs"]) == (posted.external_id, ["mention", "link", "tag"], ["en"])
        assert record["facets"][0]["features"][0]["did"] == mira.did
        assert (record["reply"]["root"], record["reply"]["parent"]) == (made, answered)

    def test_what_is_answered_by_hand_is_found(self, bluesky_network, real, brand, mira):
        made = mira.post("My kettle leaks")
        bluesky_network.until(lambda: real.recheck([made["uri"]]).mentions)
        assert real.own_replies(made["uri"], key=None) == ()
        by_hand = brand.post("We are sorry", reply_to=made)
        mira.post("Anybody?", reply_to=made)
        bluesky_network.until(lambda: len(mira.thread(made["uri"])) == 2)
        (found,) = real.own_replies(made["uri"], key="case-1")
        assert (found.external_id, found.text, found.under_key) == (by_hand["uri"], "We are sorry", False)

    def test_two_workers_with_one_key_make_one_post(self, bluesky_network, real, brand, mira):
        made = mira.post("My kettle leaks")
        bluesky_network.until(lambda: real.recheck([made["uri"]]).mentions)
        with ThreadPoolExecutor(4) as pool:
            posted = set(pool.map(lambda _: real.reply(made["uri"], "We are sorry.", key="case-1"), range(4)))
        assert len(posted) == 1
        bluesky_network.until(lambda: mira.thread(made["uri"]))
        assert len(mira.thread(made["uri"])) == 1

    def test_a_deleted_post_is_gone_on_recheck(self, bluesky_network, real, mira):
        made = mira.post("I take this back")
        bluesky_network.until(lambda: real.recheck([made["uri"]]).mentions)
        mira.delete(made["uri"])
        assert bluesky_network.until(lambda: real.recheck([made["uri"]]).gone) == (made["uri"],)
        with pytest.raises(Gone):
            real.reply(made["uri"], "We are sorry.", key="case-2")
        assert real.own_replies(made["uri"], key="case-2") == ()
        with pytest.raises(Gone):
            real.own_replies(made["uri"], key=None)

    def test_pages_are_walked_without_holes(self, bluesky_network, real, mira, monkeypatch):
        monkeypatch.setattr("listeners.sources.bluesky._PAGE", 3)
        word = f"Kettlewick{uuid.uuid4().hex[:8]}"
        query = Query.parse(word)
        first = mira.post(f"{word} zero")["uri"]
        cursor = bluesky_network.until(lambda: (page := real.search(query)).mentions and page.cursor)
        made = {first} | {mira.post(f"{word} {number}")["uri"] for number in range(7)}

        def walk() -> set[str]:
            found, place, more = set(), cursor, True
            while more:
                page = real.search(query, cursor=place)
                place, more = page.cursor, page.more
                assert len(page.mentions) <= 3
                assert page.gap is None
                found |= {mention.external_id for mention in page.mentions}
            return found

        bluesky_network.until(lambda: walk() == made)

    def test_a_text_over_300_characters_is_refused(self, bluesky_network, real, mira):
        made = mira.post("My kettle leaks")
        bluesky_network.until(lambda: real.recheck([made["uri"]]).mentions)
        with pytest.raises(TooLong):
            real.reply(made["uri"], "x" * 301, key="case-3")

    def test_signing_in_too_often_says_until_when(self, bluesky_network, mira):
        http = Fetcher(allow_private_hosts=frozenset({"127.0.0.1", "localhost"}))
        wrong = Bluesky.Credentials(handle=mira.handle, app_password="not-her-password")
        limit = None
        for _ in range(40):
            try:
                Bluesky(wrong, http=http, base_url=bluesky_network.url).check()
            except CredentialsExpired:
                continue
            except RateLimited as error:
                limit = error
                break
        assert limit is not None
        assert timedelta(0) < limit.until - datetime.now(UTC) < timedelta(minutes=6)
