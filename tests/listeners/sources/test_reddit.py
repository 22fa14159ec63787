from __future__ import annotations

import itertools
import logging
import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listeners.capabilities import Checks, Edits, Inbox, Rechecks, Replies, Retracts, Searches
from listeners.errors import (
    CredentialsExpired,
    Gone,
    NotPermitted,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    TooLong,
    Unavailable,
)
from listeners.http import Fetcher
from listeners.mentions import Kind
from listeners.queries import Query
from listeners.sources.reddit import Reddit, mention_of
from listeners.walks import Walk, dump_walks, load_walks, milliseconds, read_items
from tests.listeners.contract import Case, ReplyCase, fast_fetcher
from tests.listeners.recordings import answer_of, body_of
from tests.listeners.stub import Answer, Hit, Stub, serving

SECRET, REFRESH, ACCESS = "made-up-client-secret", "made-up-refresh-token", "made-up-access-token"
SECRETS = (SECRET, REFRESH, ACCESS)
QUERY = Query.parse("kettlewick")
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
YESTERDAY = milliseconds(NOW - timedelta(days=1))
TOKEN, SEARCH, COMMENT = "/api/v1/access_token", "/r/all/search/", "/api/comment/"
OUR_COMMENTS = "/user/kettlewick/comments/"
COMMENTS = "/r/tea+kitchens/comments/"


def comment(number: int, text: str = "My kettlewick leaks", *, at: datetime = NOW, **over) -> dict:
    data = {
        "name": f"t1_c{number}",
        "id": f"c{number}",
        "author": "mira",
        "body": text,
        "created_utc": at.timestamp(),
        "edited": False,
        "score": 3,
        "score_hidden": False,
        "link_id": "t3_p1",
        "parent_id": "t3_p1",
        "permalink": f"/r/tea/comments/p1/leaks/c{number}/",
    }
    return {"kind": "t1", "data": data | over}


def submission(number: int, title: str = "My kettlewick leaks", *, at: datetime = NOW, **over) -> dict:
    data = {
        "name": f"t3_p{number}",
        "id": f"p{number}",
        "author": "mira",
        "title": title,
        "selftext": "All over the kitchen.",
        "created_utc": at.timestamp(),
        "edited": False,
        "score": 7,
        "num_comments": 4,
        "permalink": f"/r/tea/comments/p{number}/leaks/",
    }
    return {"kind": "t3", "data": data | over}


def listing(*things: dict, after: str | None = None) -> Answer:
    return Answer(json={"kind": "Listing", "data": {"children": list(things), "after": after, "before": None}})


def two_pages(make):
    def route(hit: Hit) -> Answer:
        if hit.query.get("after"):
            return listing(make(1, at=NOW - timedelta(hours=2)))
        return listing(make(3), make(2, at=NOW - timedelta(hours=1)), after=make(2)["data"]["name"])

    return route


def published(thing: dict) -> Answer:
    return Answer(json={"json": {"errors": [], "data": {"things": [thing]}}})


def refused(name: str, message: str = "no") -> Answer:
    return Answer(json={"json": {"errors": [[name, message, "text"]]}})


def sign_in(stub: Stub) -> None:
    granted = {"access_token": ACCESS, "token_type": "bearer", "expires_in": 86400, "scope": "*"}
    stub.post(TOKEN, Answer(json=granted))


def open_reddit(http: Fetcher, url: str, **over) -> Reddit:
    fields = {"client_id": "made-up-id", "client_secret": SECRET, "refresh_token": REFRESH} | over
    return Reddit(Reddit.Credentials(**fields), http=http, base_url=url)


def serve_search(stub: Stub) -> None:
    sign_in(stub)
    stub.get(SEARCH, two_pages(submission))
    serve_our_comments(stub)


def serve_our_comments(stub: Stub) -> list[dict]:
    """Let the stub keep what we write and list it, with an older comment of ours elsewhere; returns it, oldest first."""
    made: list[dict] = []

    def publish(hit: Hit) -> Answer:
        number, at = 9 + len(made), NOW + timedelta(minutes=len(made) + 1)
        made.append(comment(number, hit.form["text"], at=at, parent_id=hit.form["thing_id"], author="kettlewick"))
        return published(made[-1])

    stub.post(COMMENT, publish)
    stub.get("/api/v1/me", Answer(json={"name": "kettlewick"}))
    stub.get("/api/info/", listing(submission(1, at=NOW)))
    elsewhere = comment(5, "Older", at=NOW - timedelta(days=1), parent_id="t3_p7", author="kettlewick")
    stub.get(OUR_COMMENTS, lambda _hit: listing(*reversed(made), elsewhere))
    return made


def serve_inbox(stub: Stub) -> None:
    sign_in(stub)
    stub.get("/message/mentions/", two_pages(comment))
    for name in ("comments", "selfreply"):
        stub.get(f"/message/{name}/", listing())


CASES = (
    Case(
        name="reddit",
        open=open_reddit,
        serve=serve_search,
        read=lambda source, cursor: source.search(QUERY, cursor=cursor or dump_walks({"posts": Walk(mark=YESTERDAY)})),
        ids=frozenset({"t3_p1", "t3_p2", "t3_p3"}),
        secrets=SECRETS,
        fault_on=SEARCH,
        reply=ReplyCase(to="t3_p1", is_post=lambda hit: hit.path == COMMENT, fault_on=COMMENT, look_on=OUR_COMMENTS),
    ),
    Case(
        name="reddit",
        method="inbox",
        open=open_reddit,
        serve=serve_inbox,
        read=lambda source, cursor: source.inbox(cursor=cursor or dump_walks({"mentions": Walk(mark=YESTERDAY)})),
        ids=frozenset({"t1_c1", "t1_c2", "t1_c3"}),
        secrets=SECRETS,
        fault_on="/message/.*",
    ),
)


@pytest.fixture
def stub():
    with serving() as running:
        sign_in(running)
        yield running


@pytest.fixture
def source(stub):
    with fast_fetcher() as http:
        yield open_reddit(http, stub.url)


def test_it_has_the_abilities_of_reddit(source):
    assert all(isinstance(source, one) for one in (Searches, Inbox, Rechecks, Replies, Edits, Retracts, Checks))


class TestMapping:
    @pytest.mark.parametrize(
        ("name", "kind"),
        [
            ("reddit/TestSubreddit.test_search.json", Kind.POST),
            ("reddit/TestSubredditStreams.test_comments.json", Kind.COMMENT),
            ("reddit/TestInbox.test_mentions.json", Kind.COMMENT),
            ("reddit/TestInbox.test_comment_replies.json", Kind.COMMENT),
            ("reddit/TestReddit.test_info_url.json", Kind.POST),
        ],
    )
    def test_recorded_listings_are_read_without_faults(self, name, kind):
        things = body_of(name, 1)["data"]["children"]
        mentions, faults = read_items(things, mention_of, name_of=lambda thing: thing["data"]["name"])
        assert faults == []
        assert mentions
        assert {mention.kind for mention in mentions} == {kind}
        assert all(mention.url.startswith("https://www.reddit.com/") for mention in mentions if mention.url)

    def test_a_recorded_deleted_comment_is_no_mention(self):
        (thing,) = body_of("reddit/TestComment.test_delete.json")["data"]["children"]
        assert mention_of(thing) is None

    def test_a_post_is_its_title_and_text(self):
        mention = mention_of(submission(1, edited=NOW.timestamp() + 60))
        assert mention.text == "My kettlewick leaks\n\nAll over the kitchen."
        assert (mention.engagement.likes, mention.engagement.replies) == (7, 4)
        assert mention.edited_at == NOW + timedelta(minutes=1)
        assert (mention.thread_id, mention.parent_id) == (None, None)

    def test_a_comment_knows_its_thread_and_hides_no_score(self):
        mention = mention_of(comment(1, score_hidden=True))
        assert (mention.thread_id, mention.parent_id) == ("t3_p1", "t3_p1")
        assert (mention.engagement.likes, mention.engagement.replies) == (None, None)
        assert mention.url == "https://www.reddit.com/r/tea/comments/p1/leaks/c1/"

    def test_an_inbox_entry_finds_thread_and_link_in_its_context(self):
        entry = comment(1, context="/r/tea/comments/p7/leaks/c1/?context=3")
        del entry["data"]["link_id"], entry["data"]["permalink"]
        mention = mention_of(entry)
        assert (mention.thread_id, mention.url) == ("t3_p7", "https://www.reddit.com/r/tea/comments/p7/leaks/c1/")

    def test_a_deleted_account_leaves_no_author(self):
        assert mention_of(comment(1, author="[deleted]")).author is None

    @pytest.mark.parametrize(
        "thing",
        [
            comment(1, "[deleted]"),
            comment(1, "[removed]"),
            submission(1, selftext="[removed]"),
            submission(1, removed_by_category="moderator"),
            {"kind": "t4", "data": {"name": "t4_x", "body": "private", "created_utc": 1}},
        ],
    )
    def test_what_was_removed_or_is_private_is_no_mention(self, thing):
        assert mention_of(thing) is None

    @given(
        st.dictionaries(
            st.sampled_from(list(comment(1)["data"])), st.none() | st.integers() | st.text(max_size=8) | st.just([])
        )
    )
    def test_whatever_comes_is_a_mention_a_fault_or_nothing(self, over):
        mentions, faults = read_items([comment(1) | {"data": comment(1)["data"] | over}], mention_of, name_of=str)
        assert len(mentions) + len(faults) <= 1


class TestReading:
    def test_the_query_is_written_for_reddit(self, stub, source):
        stub.get(SEARCH, listing())
        source.search(Query.parse('(kettlewick OR "blue kettle" OR @brand) NOT (cheap OR free)'))
        asked = stub.hits[-1].query
        assert asked["q"] == '(kettlewick OR "blue kettle" OR brand) AND NOT cheap AND NOT free'
        assert (asked["sort"], asked["limit"]) == ("new", "100")

    def test_a_query_over_512_characters_is_refused(self, source):
        with pytest.raises(Rejected, match="512"):
            source.search(Query.build(any=[f"kettle{number}" for number in range(80)]))

    def test_comments_of_the_chosen_subreddits_are_read_and_filtered(self, stub):
        stub.get(SEARCH, listing(submission(1)))
        stub.get(re.escape(COMMENTS), listing(comment(1), comment(2, "Nice teapot")))
        with fast_fetcher() as http:
            page = open_reddit(http, stub.url, subreddits="r/tea, kitchens,tea").search(QUERY)
        assert {mention.external_id for mention in page.mentions} == {"t3_p1", "t1_c1"}

    def test_the_newest_are_read_again_and_the_walk_stops_at_known_ones(self, stub, source):
        stub.get(SEARCH, two_pages(submission))
        page = source.search(QUERY)
        assert not page.more
        asked = stub.count("GET", SEARCH)
        page = source.search(QUERY, cursor=page.cursor)
        assert ({m.external_id for m in page.mentions}, page.more) == ({"t3_p3", "t3_p2"}, False)
        assert stub.count("GET", SEARCH) == asked + 1

    def test_more_than_reddit_lists_leaves_a_gap(self, stub, source):
        def route(hit: Hit) -> Answer:
            start = int(hit.query.get("after", "0"))
            things = [submission(n, at=NOW - timedelta(minutes=n)) for n in range(start, start + 100)]
            return listing(*things, after=str(start + 100) if start < 900 else None)

        stub.get(SEARCH, route)
        cursor, gaps, more = dump_walks({"posts": Walk(mark=milliseconds(NOW - timedelta(days=3)))}), [], True
        while more:
            page = source.search(QUERY, cursor=cursor)
            cursor, more = page.cursor, page.more
            gaps += [page.gap] * (page.gap is not None)
        (gap,) = gaps
        assert (gap.after, gap.before) == (NOW - timedelta(days=3), NOW - timedelta(minutes=999))
        assert load_walks(cursor)["posts"].mark == milliseconds(NOW)

    def test_a_page_anchor_deleted_meanwhile_leaves_a_gap_and_not_silence(self, stub, source):
        stub.get(SEARCH, lambda hit: listing() if "after" in hit.query else listing(submission(1), after="t3_p1"))
        page = source.search(QUERY, cursor=dump_walks({"posts": Walk(mark=YESTERDAY)}))
        page = source.search(QUERY, cursor=page.cursor)
        assert page.more is False
        assert (page.gap.after, page.gap.before) == (NOW - timedelta(days=1), NOW)

    def test_the_inbox_is_mentions_and_replies_addressed_to_us(self, stub, source):
        stub.get("/message/mentions/", listing(comment(1)))
        stub.get("/message/comments/", listing(comment(2), comment(1)))
        stub.get("/message/selfreply/", listing({"kind": "t4", "data": {"name": "t4_x", "created_utc": 5}}))
        page = source.inbox()
        assert [mention.external_id for mention in page.mentions] == ["t1_c1", "t1_c2"]
        assert all(mention.addressed for mention in page.mentions)

    def test_without_an_account_there_is_no_inbox(self, stub):
        with fast_fetcher() as http, pytest.raises(NotPermitted, match="refresh token"):
            open_reddit(http, stub.url, refresh_token=None).inbox()

    def test_a_recheck_asks_for_100_at_a_time_and_knows_what_is_gone(self, stub, source):
        things = {"t1_c1": comment(1), "t1_c2": comment(2, "[removed]"), "t3_p1": submission(1)}

        def route(hit: Hit) -> Answer:
            return listing(*(things[name] for name in hit.query["id"].split(",") if name in things))

        stub.get("/api/info/", route)
        ids = [*things, *(f"t1_x{number}" for number in range(120))]
        page = source.recheck(ids)
        assert [mention.external_id for mention in page.mentions] == ["t1_c1", "t3_p1"]
        assert set(page.gone) == set(ids) - {"t1_c1", "t3_p1"}
        assert stub.count("GET", "/api/info/") == 2


RECORDED = [
    ("bad_gateway", Unavailable),
    ("bad_json", Unavailable),
    ("forbidden", NotPermitted),
    ("internal_server_error", Unavailable),
    ("not_found", Gone),
    ("service_unavailable", Unavailable),
    ("too__many_requests__with_retry_headers", RateLimited),
    ("unavailable_for_legal_reasons", NotPermitted),
    ("with_insufficient_scope", NotPermitted),
]


@pytest.mark.parametrize(("name", "kind"), RECORDED)
def test_recorded_errors_say_what_to_do_next_after_one_request(stub, source, name, kind):
    stub.get(SEARCH, answer_of(f"reddit/TestSession.test_request__{name}.json"))
    with pytest.raises(kind):
        source.search(QUERY)
    assert stub.count("GET", SEARCH) == 1


def test_the_recorded_limit_names_its_end(stub, source):
    stub.get(SEARCH, answer_of("reddit/TestSession.test_request__too__many_requests__with_retry_headers.json"))
    with pytest.raises(RateLimited) as caught:
        source.search(QUERY)
    assert timedelta(seconds=2) < caught.value.until - datetime.now(UTC) < timedelta(seconds=5)


ERRORS = [
    (302, {}, Rejected),
    (400, {"message": "Bad Request", "error": 400}, Rejected),
    (401, {}, CredentialsExpired),
    (429, {}, RateLimited),
    (520, {}, Unavailable),
    (200, [], Unavailable),
    (200, {"data": {"children": None}}, Unavailable),
]


@pytest.mark.parametrize(("status", "body", "kind"), ERRORS)
def test_errors_of_reading_say_what_to_do_next(stub, source, status, body, kind):
    headers = {"location": "/subreddits/search"} if status == 302 else {}
    stub.get(SEARCH, Answer(status=status, json=body, headers=headers))
    with pytest.raises(kind):
        source.search(QUERY)


class TestSignIn:
    def test_a_refused_access_token_is_renewed_once(self, stub, source):
        answers = iter([answer_of("reddit/TestSession.test_request__with_invalid_access_token.json"), listing()])
        stub.get(SEARCH, lambda _hit: next(answers))
        assert source.search(QUERY).mentions == ()
        assert stub.count("POST", TOKEN) == 2

    def test_an_access_token_refused_again_is_reported(self, stub, source):
        stub.get(SEARCH, answer_of("reddit/TestSession.test_request__with_invalid_access_token.json"))
        with pytest.raises(CredentialsExpired, match="authorise the app again"):
            source.search(QUERY)
        assert stub.count("GET", SEARCH) == 2

    def test_a_revoked_refresh_token_is_reported(self, stub, source):
        stub.post(TOKEN, Answer(status=400, json={"error": "invalid_grant"}))
        with pytest.raises((CredentialsExpired, Rejected)):
            source.search(QUERY)
        stub.post(TOKEN, Answer(json={"error": "invalid_grant"}))
        with pytest.raises(CredentialsExpired):
            source.search(QUERY)

    def test_a_sign_in_that_fails_while_replying_has_published_nothing(self, stub, source):
        stub.fault, stub.fault_on = "drop", TOKEN
        with pytest.raises(Unavailable):
            source.reply("t3_p1", "Sorry!", key="case-1")
        stub.fault = "down"
        with pytest.raises(Unavailable):
            source.reply("t3_p1", "Sorry!", key="case-1")
        assert stub.count("POST", COMMENT) == 0

    def test_the_recorded_limit_on_signing_in_is_a_limit(self, stub, source):
        stub.post(TOKEN, answer_of("reddit/TestSession.test_request__too__many_requests__without_retry_headers.json"))
        with pytest.raises(RateLimited):
            source.search(QUERY)


class TestReplying:
    @pytest.mark.parametrize(("to", "made"), [("t3_p1", "t1_c9"), ("t1_c4", "t1_c9")])
    def test_a_reply_goes_out_under_the_thing_it_answers(self, stub, source, to, made):
        serve_search(stub)
        posted = source.reply(to, "Sorry!", key="case-1")
        hit = stub.hits[-1]
        assert (hit.form["thing_id"], hit.form["text"]) == (to, "Sorry!")
        assert (posted.external_id, posted.url) == (made, "https://www.reddit.com/r/tea/comments/p1/leaks/c9/")

    def test_the_recorded_answer_to_a_reply_is_read(self, stub, source):
        stub.post(COMMENT, answer_of("reddit/TestSubmission.test_reply.json"))
        assert source.reply("t3_4b1tfm", "Test reply", key="case-1").external_id == "t1_d162ara"

    @pytest.mark.parametrize("fault", ["drop", "slow", "half", "broken", "down", "html"])
    def test_a_reply_is_sent_once_where_the_client_would_send_it_three_times(self, stub, source, fault):
        serve_search(stub)
        stub.fault, stub.fault_on, stub.after_acting = fault, COMMENT, True
        with pytest.raises(OutcomeUnknown, match="look at our comments"):
            source.reply("t3_p1", "Sorry!", key="case-1")
        assert stub.count("POST", COMMENT) == 1

    @pytest.mark.parametrize("status", [408, 500, 502, 503, 504, 520, 522])
    def test_no_status_makes_the_client_repeat_itself(self, stub, source, status):
        stub.post(COMMENT, Answer(status=status, json={}))
        with pytest.raises(OutcomeUnknown):
            source.reply("t3_p1", "Sorry!", key="case-1")
        assert stub.count("POST", COMMENT) == 1

    @pytest.mark.parametrize("thing", [{"kind": "t1", "data": {}}, "odd", 7, {"kind": "t9", "data": {"id": "c9"}}])
    def test_an_answer_that_names_no_comment_is_unknown_and_asks_no_more(self, stub, source, thing):
        stub.post(COMMENT, published(thing))
        with pytest.raises(OutcomeUnknown):
            source.reply("t3_p1", "Sorry!", key="case-1")
        assert [hit.path for hit in stub.hits] == [TOKEN, COMMENT]

    def test_a_comment_reddit_takes_and_does_not_show_is_unknown(self, stub, source):
        stub.post(COMMENT, Answer(json={"json": {"errors": [], "data": {"things": []}}}))
        with pytest.raises(OutcomeUnknown, match="does not show it"):
            source.reply("t3_p1", "Sorry!", key="case-1")

    @pytest.mark.parametrize(
        ("name", "kind"),
        [
            ("THREAD_LOCKED", NotPermitted),
            ("TOO_OLD", NotPermitted),
            ("DELETED_COMMENT", Gone),
            ("TOO_LONG", TooLong),
            ("USER_REQUIRED", CredentialsExpired),
            ("BAD_TEXT", Rejected),
        ],
    )
    def test_a_named_refusal_means_that_nothing_was_published(self, stub, source, name, kind):
        stub.post(COMMENT, refused(name))
        with pytest.raises(kind, match=name):
            source.reply("t3_p1", "Sorry!", key="case-1")
        assert stub.count("POST", COMMENT) == 1

    @pytest.mark.parametrize(
        ("message", "wait"),
        [
            ("Take a break for 9 minutes before trying again.", timedelta(minutes=9)),
            ("Take a break for 3 seconds before trying again.", timedelta(seconds=3)),
            ("Take a break for 20 milliseconds before trying again.", timedelta(milliseconds=20)),
            ("Looks like you've been doing that a lot.", None),
        ],
    )
    def test_a_break_asked_for_in_a_200_is_a_limit_and_nobody_sleeps(self, stub, source, message, wait):
        stub.post(COMMENT, refused("RATELIMIT", message))
        with pytest.raises(RateLimited) as caught:
            source.reply("t3_p1", "Sorry!", key="case-1")
        assert stub.count("POST", COMMENT) == 1
        if wait is None:
            assert caught.value.until is None
        else:
            assert abs(caught.value.until - datetime.now(UTC) - wait) < timedelta(seconds=2)

    def test_a_used_up_allowance_is_reported_where_the_client_would_sleep(self, stub, source):
        headers = {"x-ratelimit-remaining": "0", "x-ratelimit-used": "600", "x-ratelimit-reset": "400"}
        stub.get(SEARCH, Answer(json=listing().json, headers=headers))
        source.search(QUERY)
        with pytest.raises(RateLimited) as caught:
            source.reply("t3_p1", "Sorry!", key="case-1")
        assert timedelta(minutes=6) < caught.value.until - datetime.now(UTC) < timedelta(minutes=7)
        assert stub.count("POST", COMMENT) == 0

    def test_nobody_sleeps_before_a_first_attempt(self, stub, source, monkeypatch):
        monkeypatch.setattr("time.sleep", lambda seconds: pytest.fail(f"slept {seconds} s"))
        serve_search(stub)
        source.search(QUERY)
        source.reply("t3_p1", "Sorry!", key="case-1")

    def test_a_server_that_cannot_be_reached_leaves_nothing_unknown(self):
        with serving() as stub:
            url = stub.url
        with fast_fetcher() as http, pytest.raises(Unavailable):
            open_reddit(http, url).reply("t3_p1", "Sorry!", key="case-1")

    def test_a_connection_that_only_reads_publishes_nothing(self, stub):
        with fast_fetcher() as http:
            reader = open_reddit(http, stub.url, refresh_token=None)
            for call in (
                lambda: reader.reply("t3_p1", "Sorry!", key="case-1"),
                lambda: reader.edit("t1_c9", "Sorry!"),
                lambda: reader.retract("t1_c9"),
            ):
                with pytest.raises(NotPermitted):
                    call()
        assert stub.hits == []

    def test_a_text_over_10000_characters_is_refused_before_anything_is_sent(self, stub, source):
        for call in (
            lambda: source.reply("t3_p1", "x" * 10_001, key="case-1"),
            lambda: source.edit("t1_c9", "x" * 10_001),
        ):
            with pytest.raises(TooLong):
                call()
        assert stub.hits == []

    def test_a_redirect_of_a_reply_is_no_refusal(self, stub, source):
        stub.post(COMMENT, Answer(status=302, json={}, headers={"location": "/elsewhere"}))
        with pytest.raises(OutcomeUnknown):
            source.reply("t3_p1", "Sorry!", key="case-1")

    def test_our_comments_are_read_back_to_the_item_and_no_further(self, stub, source):
        serve_our_comments(stub)
        stub.get("/api/info/", listing(comment(3, at=NOW)))

        def ours(hit: Hit) -> Answer:
            page = int(hit.query.get("after", "0"))
            at = NOW + timedelta(hours=1 - page)
            things = [comment(10 + page, at=at, parent_id="t1_c3"), comment(20 + page, "[removed]", parent_id="t1_c3")]
            return listing(*things, comment(30 + page, at=at, parent_id="t1_c9"), after=str(page + 1))

        stub.get(OUR_COMMENTS, ours)
        found = source.own_replies("t1_c3", key="case-1")
        assert [reply.external_id for reply in found] == ["t1_c12", "t1_c11", "t1_c10"]
        assert stub.count("GET", OUR_COMMENTS) == 3

    def test_a_listing_that_ends_before_the_item_is_no_empty_answer(self, stub, source):
        serve_our_comments(stub)
        stub.get(OUR_COMMENTS, lambda _hit: listing(comment(7, at=NOW + timedelta(hours=1)), after="t1_c7"))
        with pytest.raises(Unavailable, match="too many"):
            source.own_replies("t3_p1", key="case-1")
        assert stub.count("GET", OUR_COMMENTS) == 9

    def test_an_edit_keeps_the_id(self, stub, source):
        stub.post("/api/editusertext/", published(comment(9, "Corrected")))
        assert source.edit("t1_c9", "Corrected").external_id == "t1_c9"
        assert stub.hits[-1].form["text"] == "Corrected"

    def test_an_edit_without_an_answer_is_unknown(self, stub, source):
        stub.post("/api/editusertext/", Answer(json={"json": {"errors": [], "data": {"things": []}}}))
        with pytest.raises(OutcomeUnknown):
            source.edit("t1_c9", "Corrected")

    def test_our_comment_is_deleted(self, stub, source):
        stub.post("/api/del/", answer_of("reddit/TestComment.test_delete.json", 1))
        source.retract("t1_c9")
        assert stub.hits[-1].form["id"] == "t1_c9"


def test_a_check_says_as_whom_we_are_connected(stub, source):
    stub.get("/api/v1/me", Answer(json={"name": "kettlewick"}))
    assert source.check() == "Connected to Reddit as u/kettlewick"


def test_a_check_without_an_account_says_what_works(stub):
    stub.get("/r/all/new/", listing())
    with fast_fetcher() as http:
        assert "for reading" in open_reddit(http, stub.url, refresh_token=None).check()


def test_settings_of_praw_on_the_machine_change_nothing(stub, monkeypatch, tmp_path):
    monkeypatch.setenv("praw_refresh_token", "somebody-elses")
    monkeypatch.setenv("praw_oauth_url", "http://elsewhere.test")
    monkeypatch.setenv("praw_site", "elsewhere")
    stub.get(SEARCH, listing(submission(1)))
    with fast_fetcher() as http:
        source = open_reddit(http, stub.url, refresh_token=None)
        assert source.search(QUERY).mentions
    assert stub.hits[0].form["grant_type"] == "client_credentials"


def test_nothing_secret_reaches_the_log(stub, source, caplog):
    caplog.set_level(logging.DEBUG)
    serve_search(stub)
    source.search(QUERY)
    source.reply("t3_p1", "Sorry, that text", key="case-1")
    words = itertools.chain(SECRETS, ("Sorry, that text", "All over the kitchen"))
    assert not [word for word in words if word in caplog.text]


def test_private_addresses_are_not_reached_unless_allowed(stub):
    with Fetcher() as http, pytest.raises(NotPermitted):
        open_reddit(http, stub.url).check()
