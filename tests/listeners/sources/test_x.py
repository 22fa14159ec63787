from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listeners.capabilities import Checks, Edits, Inbox, Rechecks, Replies, Retracts, Searches
from listeners.errors import (
    AccountSuspended,
    CredentialsExpired,
    Gone,
    NotPermitted,
    OutcomeUnknown,
    QuotaExhausted,
    RateLimited,
    Rejected,
    TooLong,
    Unavailable,
)
from listeners.http import Fetcher
from listeners.queries import Query
from listeners.sources.x import X, mention_of, written_at
from listeners.walks import Walk, dump_walks, load_walks, read_items
from tests.listeners.contract import Case, ReplyCase, fast_fetcher
from tests.listeners.recordings import body_of, replay
from tests.listeners.stub import Answer, Hit, Stub, serving

BEARER, KEY, KEY_SECRET, ACCESS, ACCESS_SECRET = (
    "made-up-bearer",
    "made-up-key",
    "made-up-key-secret",
    "4242-made-up-access",
    "made-up-access-secret",
)
SECRETS = (BEARER, KEY_SECRET, ACCESS, ACCESS_SECRET)
QUERY = Query.parse("kettlewick")
SEARCH, MENTIONS, TWEETS = "/2/tweets/search/recent", "/2/users/4242/mentions", "/2/tweets"
TIMELINE = "/2/users/4242/tweets"


def snowflake(at: datetime, sequence: int = 0) -> str:
    return str((int(at.timestamp() * 1000) - 1_288_834_974_657 << 22) + sequence)


NOW = datetime.now(UTC).replace(microsecond=0)
ID1, ID2, ID3 = (snowflake(NOW - timedelta(hours=hours)) for hours in (3, 2, 1))
MARK = int(snowflake(NOW - timedelta(hours=5)))


def post(post_id: str = ID1, text: str = "My kettlewick leaks", **over) -> dict:
    return {
        "id": post_id,
        "edit_history_tweet_ids": [post_id],
        "text": text,
        "author_id": "77",
        "conversation_id": post_id,
        "created_at": written_at(post_id).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "lang": "en",
        "public_metrics": {
            "retweet_count": 2,
            "reply_count": 4,
            "like_count": 3,
            "quote_count": 1,
            "bookmark_count": 0,
            "impression_count": 900,
        },
    } | over


def user(**over) -> dict:
    return {
        "id": "77",
        "username": "mira",
        "name": "Mira",
        "created_at": "2019-02-03T04:05:06.000Z",
        "public_metrics": {"followers_count": 120, "following_count": 80, "tweet_count": 900, "listed_count": 5},
    } | over


def answer(*posts: dict, token: str | None = None, **more) -> Answer:
    meta = {"result_count": len(posts)} | ({"next_token": token} if token else {})
    body = {"meta": meta} | ({"data": list(posts), "includes": {"users": [user()]}} if posts else {})
    return Answer(json=body | more)


def credentials() -> X.Credentials:
    return X.Credentials(
        bearer_token=BEARER,
        consumer_key=KEY,
        consumer_secret=KEY_SECRET,
        access_token=ACCESS,
        access_token_secret=ACCESS_SECRET,
    )


def open_x(http: Fetcher, url: str) -> X:
    return X(credentials(), http=http, base_url=url)


def two_pages(parameter: str):
    def route(hit: Hit) -> Answer:
        if hit.query.get(parameter) == "older":
            return answer(post(ID1))
        return answer(post(ID3), post(ID2), token="older")

    return route


def serve_search(stub: Stub) -> None:
    stub.get(SEARCH, two_pages("next_token"))
    serve_timeline(stub)


def serve_timeline(stub: Stub) -> list[dict]:
    """Let the stub keep what we write, and show it in our timeline two posts at a time; returns it, oldest first."""
    made: list[dict] = []

    def publish(hit: Hit) -> Answer:
        asked = hit.json()
        answered = [{"type": "replied_to", "id": asked["reply"]["in_reply_to_tweet_id"]}]
        made.append(post(str(999 + len(made)), f"@mira {asked['text']}", referenced_tweets=answered))
        return Answer(status=201, json={"data": {"id": made[-1]["id"], "text": asked["text"]}})

    def timeline(hit: Hit) -> Answer:
        start = int(hit.query.get("pagination_token", "0"))
        shown = [*reversed(made), post("998", "@else other", referenced_tweets=[{"type": "replied_to", "id": "5"}])]
        return answer(*shown[start : start + 2], token=str(start + 2) if start + 2 < len(shown) else None)

    stub.post(TWEETS, publish)
    stub.get(TIMELINE, timeline)
    return made


def serve_mentions(stub: Stub) -> None:
    stub.get(MENTIONS, two_pages("pagination_token"))


CASES = (
    Case(
        name="x",
        open=open_x,
        serve=serve_search,
        read=lambda source, cursor: source.search(QUERY, cursor=cursor or dump_walks({"search": Walk(mark=MARK)})),
        ids=frozenset({ID1, ID2, ID3}),
        secrets=SECRETS,
        reply=ReplyCase(to=ID1, is_post=lambda hit: hit.method == "POST", fault_on=TWEETS, look_on=TIMELINE),
    ),
    Case(
        name="x",
        method="inbox",
        open=open_x,
        serve=serve_mentions,
        read=lambda source, cursor: source.inbox(cursor=cursor or dump_walks({"mentions": Walk(mark=MARK)})),
        ids=frozenset({ID1, ID2, ID3}),
        secrets=SECRETS,
    ),
)


@pytest.fixture
def stub():
    with serving() as running:
        yield running


@pytest.fixture
def source(stub):
    with fast_fetcher() as http:
        yield open_x(http, stub.url)


def test_it_has_the_abilities_of_x(source):
    assert all(isinstance(source, one) for one in (Searches, Inbox, Rechecks, Replies, Retracts, Checks))
    assert not isinstance(source, Edits)


class TestMapping:
    def test_recorded_posts_without_authors_or_counts_are_read_as_unknown(self):
        posts = body_of("twitter/test_client_search_recent_tweets.json", 0)["data"]
        mentions, faults = read_items(posts, lambda item: mention_of(item, {}), name_of=lambda item: item["id"])
        assert (len(mentions), faults) == (len(posts), [])
        assert mentions[0].author is None
        assert (mentions[0].engagement.likes, mentions[0].engagement.views) == (None, None)
        assert mentions[0].created_at.year == 2022

    def test_counts_of_post_and_author_are_kept_apart(self):
        mention = mention_of(post(), {"77": user()})
        assert (mention.engagement.likes, mention.engagement.reposts) == (3, 3)
        assert (mention.engagement.replies, mention.engagement.views) == (4, 900)
        author = mention.author
        assert (author.handle, author.followers, author.following, author.posts, author.listed) == (
            "mira",
            120,
            80,
            900,
            5,
        )
        assert author.created_at == datetime(2019, 2, 3, 4, 5, 6, tzinfo=UTC)

    def test_an_edited_post_keeps_its_first_id(self):
        mention = mention_of(post(ID3, edit_history_tweet_ids=[ID1, ID2, ID3], conversation_id=ID1), {})
        assert mention.external_id == ID1
        assert (mention.created_at, mention.edited_at) == (written_at(ID1), written_at(ID3))
        assert mention.thread_id is None

    def test_a_long_post_is_read_whole_and_unescaped(self):
        mention = mention_of(post(text="cut…", note_tweet={"text": "Tea &amp; toast &lt;3"}), {})
        assert mention.text == "Tea & toast <3"

    def test_retweets_replies_and_threads_are_told_apart(self):
        related = [{"type": "replied_to", "id": ID1}, {"type": "quoted", "id": "5"}]
        reply = mention_of(post(ID2, referenced_tweets=related, conversation_id=ID1), {})
        assert (reply.parent_id, reply.thread_id, reply.is_repost) == (ID1, ID1, False)
        assert mention_of(post(referenced_tweets=[{"type": "retweeted", "id": "5"}]), {}).is_repost

    @pytest.mark.parametrize(
        ("over", "addressed"),
        [
            ({}, None),
            ({"in_reply_to_user_id": "4242"}, True),
            ({"entities": {"mentions": [{"id": "4242", "username": "kettlewick"}]}}, True),
            ({"entities": {"mentions": [{"id": "1", "username": "other"}]}}, None),
        ],
    )
    def test_who_spoke_to_us_is_known(self, over, addressed):
        assert mention_of(post(**over), {}, our_id="4242").addressed is addressed

    @pytest.mark.parametrize(
        ("told", "language"), [("en", "en"), ("und", None), ("qme", None), ("zxx", None), (None, None)]
    )
    def test_codes_that_are_no_language_are_none(self, told, language):
        assert mention_of(post(lang=told), {}).language == language

    @given(
        st.dictionaries(st.sampled_from(list(post())), st.none() | st.integers() | st.text(max_size=8) | st.just([{}]))
    )
    def test_whatever_comes_is_a_mention_or_a_fault(self, over):
        mentions, faults = read_items(
            [post() | over], lambda item: mention_of(item, {}), name_of=lambda item: item["id"]
        )
        assert len(mentions) + len(faults) == 1


class TestSearching:
    def test_the_query_is_written_for_x(self, stub, source):
        stub.get(SEARCH, answer())
        page = source.search(Query.parse('(kettlewick OR "blue kettle" OR @kettlewick) #tea NOT (cheap OR free)'))
        asked = stub.hits[-1].query
        assert asked["query"] == '(kettlewick OR "blue kettle" OR @kettlewick) #tea -cheap -free -is:retweet'
        assert {"public_metrics", "created_at"} <= set(asked["user.fields"].split(","))
        assert asked["expansions"] == "author_id"
        assert "end_time" not in asked
        assert (page.mentions, page.more) == ((), False)

    def test_a_query_over_512_characters_is_refused_before_it_costs_anything(self, stub, source):
        with pytest.raises(Rejected, match="512"):
            source.search(Query.build(any=[f"kettle{number}" for number in range(80)]))
        assert stub.hits == []

    def test_since_id_is_the_newest_of_the_last_poll_less_the_overlap_on_every_page(self, stub, source):
        stub.get(SEARCH, two_pages("next_token"))
        page = source.search(QUERY, cursor=dump_walks({"search": Walk(mark=MARK)}))
        assert (page.more, load_walks(page.cursor)["search"].mark) == (True, MARK)
        page = source.search(QUERY, cursor=page.cursor)
        assert (page.more, load_walks(page.cursor)["search"].mark) == (False, int(ID3))
        since = {hit.query["since_id"] for hit in stub.hits}
        assert len(since) == 1
        assert written_at(MARK) - written_at(since.pop()) == timedelta(minutes=2)

    def test_the_recorded_pages_are_read(self, stub, source):
        replay(stub, "twitter/test_client_search_recent_tweets.json")
        page = source.search(Query.parse("tweepy"))
        assert len(page.mentions) == 10
        assert page.faults == ()

    def too_old(self, stub: Stub) -> None:
        def route(hit: Hit) -> Answer:
            if "since_id" in hit.query:
                message = "'since_id' must be a tweet id created after [2026-04-24T12:00Z]. Please use a larger id"
                return Answer(status=400, json={"errors": [{"message": message}], "title": "Invalid Request"})
            return two_pages("next_token")(hit)

        stub.get(SEARCH, route)

    def test_a_mark_older_than_seven_days_leaves_a_gap_and_reads_the_seven_days(self, stub, source):
        self.too_old(stub)
        mark = int(snowflake(NOW - timedelta(days=12)))
        page = source.search(QUERY, cursor=dump_walks({"search": Walk(mark=mark)}))
        assert page.gap.after == written_at(mark)
        assert abs(page.gap.before - (NOW - timedelta(days=7))) < timedelta(minutes=5)
        assert page.more
        start = stub.hits[-1].query["start_time"]
        asked = len(stub.hits)
        page = source.search(QUERY, cursor=page.cursor)
        assert (page.more, page.gap) == (False, None)
        assert len(stub.hits) == asked + 1
        assert (stub.hits[-1].query["start_time"], stub.hits[-1].query["next_token"]) == (start, "older")
        assert load_walks(page.cursor)["search"].mark == int(ID3)

    def test_another_bad_request_is_no_reason_to_ask_again(self, stub, source):
        stub.get(
            SEARCH, Answer(status=400, json={"errors": [{"message": "There were errors processing your request"}]})
        )
        with pytest.raises(Rejected):
            source.search(QUERY, cursor=dump_walks({"search": Walk(mark=MARK)}))
        assert len(stub.hits) == 1


class TestInbox:
    def test_mentions_are_addressed_to_us(self, stub, source):
        stub.get(MENTIONS, answer(post(text="@kettlewick where is it?")))
        page = source.inbox()
        assert page.mentions[0].addressed is True
        assert stub.hits[-1].headers["authorization"].startswith("OAuth ")

    def test_without_user_keys_there_is_no_inbox(self, stub):
        with fast_fetcher() as http, pytest.raises(NotPermitted, match="four user keys"):
            X(X.Credentials(bearer_token=BEARER), http=http, base_url=stub.url).inbox()

    def test_more_mentions_than_x_shows_leave_a_gap(self, stub, source):
        ids = [snowflake(NOW - timedelta(minutes=minute)) for minute in range(800)]

        def route(hit: Hit) -> Answer:
            start = int(hit.query.get("pagination_token", "0"))
            page = [post(one) for one in ids[start : start + 100]]
            return answer(*page, token=str(start + 100) if start + 100 < len(ids) else None)

        stub.get(MENTIONS, route)
        cursor, gaps, more = dump_walks({"mentions": Walk(mark=int(snowflake(NOW - timedelta(days=3))))}), [], True
        while more:
            page = source.inbox(cursor=cursor)
            cursor, more = page.cursor, page.more
            gaps += [page.gap] * (page.gap is not None)
        assert [gap.before for gap in gaps] == [written_at(ids[-1])]


class TestRecheck:
    def test_deleted_and_protected_posts_are_gone(self, stub, source):
        errors = [
            {"resource_id": ID2, "title": "Not Found Error", "parameter": "ids"},
            {"resource_id": ID3, "title": "Authorization Error", "parameter": "ids"},
            {"resource_id": ID1, "title": "Field Authorization Error", "parameter": "tweet.fields"},
        ]
        stub.get(TWEETS, answer(post(ID1), errors=errors))
        page = source.recheck([ID1, ID2, ID3])
        assert ([mention.external_id for mention in page.mentions], page.gone) == ([ID1], (ID2, ID3))

    def test_an_edited_post_is_read_in_its_last_edit(self, stub, source):
        def route(hit: Hit) -> Answer:
            latest = hit.query["ids"] == ID3
            text = "My kettlewick is fine now" if latest else "My kettlewick leaks"
            return answer(post(ID3 if latest else ID1, text, edit_history_tweet_ids=[ID1, ID3]))

        stub.get(TWEETS, route)
        (mention,) = source.recheck([ID1]).mentions
        assert (mention.external_id, mention.text) == (ID1, "My kettlewick is fine now")
        assert mention.edited_at == written_at(ID3)

    def test_many_are_asked_for_100_at_a_time(self, stub, source):
        stub.get(TWEETS, answer())
        source.recheck([str(number) for number in range(250)])
        assert stub.count("GET", TWEETS) == 3


CREDITS = {"title": "CreditsDepleted", "detail": "Your account does not have any credits", "status": 402}
CAP = {"title": "UsageCapExceeded", "detail": "Usage cap exceeded: Monthly product cap", "period": "Monthly"}
ERRORS = [
    (400, {"errors": [{"message": "bad"}]}, Rejected),
    (401, {"title": "Unauthorized"}, CredentialsExpired),
    (402, CREDITS, QuotaExhausted),
    (403, {"title": "Forbidden", "detail": "You are not permitted"}, NotPermitted),
    (403, {"title": "Forbidden", "detail": "Your account is suspended"}, AccountSuspended),
    (404, {}, Gone),
    (429, {"title": "Too Many Requests"}, RateLimited),
    (429, CAP, QuotaExhausted),
    (500, {}, Unavailable),
    (503, {}, Unavailable),
    (302, {}, Unavailable),
    (200, [], Unavailable),
    (403, ["odd"], Unavailable),
]


@pytest.mark.parametrize(("status", "body", "kind"), ERRORS)
def test_errors_of_reading_say_what_to_do_next_after_one_request(stub, source, status, body, kind):
    stub.get(SEARCH, Answer(status=status, json=body))
    with pytest.raises(kind):
        source.search(QUERY)
    assert len(stub.hits) == 1


def test_a_rate_limit_names_its_end(stub, source):
    reset = int(NOW.timestamp()) + 600
    stub.get(SEARCH, Answer(status=429, json={}, headers={"x-rate-limit-reset": str(reset)}))
    with pytest.raises(RateLimited) as caught:
        source.search(QUERY)
    assert caught.value.until == datetime.fromtimestamp(reset, UTC)


def test_a_limit_without_an_end_is_asked_once_not_974_times(stub, source):
    stub.get(SEARCH, Answer(status=429, json={"title": "Too Many Requests"}))
    with pytest.raises(RateLimited) as caught:
        source.search(QUERY)
    assert (caught.value.until, len(stub.hits)) == (None, 1)


class TestReplying:
    def test_a_reply_goes_out_under_the_post_as_our_account(self, stub, source):
        stub.post(TWEETS, Answer(status=201, json={"data": {"id": "999", "text": "Sorry"}}))
        posted = source.reply(ID1, "Sorry, Mira.", key="case-1")
        (hit,) = stub.hits
        assert hit.json() == {"text": "Sorry, Mira.", "reply": {"in_reply_to_tweet_id": ID1}}
        assert hit.headers["authorization"].startswith("OAuth ")
        assert (posted.external_id, posted.url) == ("999", "https://x.com/i/web/status/999")

    @pytest.mark.parametrize("fault", ["drop", "slow", "half", "broken", "down", "html"])
    def test_a_reply_is_sent_once_whatever_goes_wrong(self, stub, source, fault):
        serve_search(stub)
        stub.fault, stub.after_acting = fault, True
        with pytest.raises(OutcomeUnknown, match="look at our timeline"):
            source.reply(ID1, "Sorry, Mira.", key="case-1")
        assert stub.count("POST", TWEETS) == 1

    def test_a_duplicate_may_be_our_own_first_attempt(self, stub, source):
        detail = "You are not allowed to create a Tweet with duplicate content."
        stub.post(TWEETS, Answer(status=403, json={"title": "Forbidden", "detail": detail, "status": 403}))
        with pytest.raises(OutcomeUnknown):
            source.reply(ID1, "Sorry, Mira.", key="case-1")
        assert len(stub.hits) == 1

    @pytest.mark.parametrize(
        ("status", "detail", "kind"),
        [
            (403, "You can only reply to posts that mention you", NotPermitted),
            (403, "Your Tweet text is too long.", TooLong),
            (400, "Your Tweet text is too long.", TooLong),
            (402, "No credits", QuotaExhausted),
            (429, "Too Many Requests", RateLimited),
        ],
    )
    def test_a_refusal_means_that_nothing_was_published(self, stub, source, status, detail, kind):
        stub.post(TWEETS, Answer(status=status, json={"title": "No", "detail": detail}))
        with pytest.raises(kind):
            source.reply(ID1, "Sorry, Mira.", key="case-1")

    def test_a_text_is_weighed_as_x_weighs_it_before_anything_is_sent(self, stub, source):
        serve_timeline(stub)
        with pytest.raises(TooLong, match="281 of 280"):
            source.reply(ID1, "日" * 140 + "!", key="case-1")
        assert stub.hits == []
        source.reply(ID1, "https://kettlewick.test/" + "a" * 300, key="case-1")
        assert len(stub.hits) == 1

    @pytest.mark.parametrize("odd", [{}, {"data": {}}, {"data": {"id": None}}, {"errors": [{"title": "Odd"}]}, []])
    def test_an_answer_that_names_no_post_is_unknown(self, stub, source, odd):
        stub.post(TWEETS, Answer(status=201, json=odd))
        stub.on("DELETE", "/2/tweets/999", Answer(json=odd))
        for call in (lambda: source.reply(ID1, "Sorry, Mira.", key="case-1"), lambda: source.retract("999")):
            with pytest.raises(OutcomeUnknown):
                call()

    def test_a_post_that_was_not_deleted_is_no_success(self, stub, source):
        stub.on("DELETE", "/2/tweets/999", Answer(json={"data": {"deleted": False}}))
        with pytest.raises(Rejected):
            source.retract("999")

    def test_a_post_deleted_meanwhile_is_gone(self, stub, source):
        detail = "You attempted to reply to a Tweet that is deleted or not visible to you."
        stub.post(TWEETS, Answer(status=403, json={"title": "Forbidden", "detail": detail}))
        with pytest.raises(Gone):
            source.reply(ID1, "Sorry, Mira.", key="case-1")

    def test_a_day_used_up_ends_with_the_day_not_with_the_quarter_of_an_hour(self, stub, source):
        day, quarter = (int(NOW.timestamp()) + seconds for seconds in (40_000, 600))
        headers = {
            "x-rate-limit-reset": str(quarter),
            "x-user-limit-24hour-remaining": "0",
            "x-user-limit-24hour-reset": str(day),
        }
        stub.post(TWEETS, Answer(status=429, json={}, headers=headers))
        with pytest.raises(RateLimited) as caught:
            source.reply(ID1, "Sorry, Mira.", key="case-1")
        assert caught.value.until == datetime.fromtimestamp(day, UTC)

    @pytest.mark.parametrize("reset", ["9" * 30, "-1e400", "0"])
    def test_an_odd_end_of_a_limit_is_still_a_limit_or_unknown(self, stub, source, reset):
        stub.post(TWEETS, Answer(status=429, json={}, headers={"x-rate-limit-reset": reset}))
        with pytest.raises((RateLimited, OutcomeUnknown)):
            source.reply(ID1, "Sorry, Mira.", key="case-1")

    def test_our_replies_are_shown_with_their_links_in_full_and_the_newest_last(self, stub, source):
        made = serve_timeline(stub)
        for text in ("First", "See https://t.co/abc &amp; tell us"):
            source.reply(ID1, text, key="case-1")
        made[1]["entities"] = {"urls": [{"url": "https://t.co/abc", "expanded_url": "https://kettlewick.test/help"}]}
        source.reply(ID2, "Elsewhere", key="case-1")
        found = source.own_replies(ID1, key="case-1")
        assert [reply.text for reply in found] == ["@mira First", "@mira See https://kettlewick.test/help & tell us"]
        assert found[1].says("See https://kettlewick.test/help &  tell us")
        asked = [hit for hit in stub.hits if hit.path == TIMELINE]
        assert {hit.query["since_id"] for hit in asked} == {ID1}
        assert asked[0].headers["authorization"].startswith("OAuth ")

    def test_a_timeline_that_ends_before_the_post_is_no_empty_answer(self, stub, source):
        stub.get(TIMELINE, lambda _hit: answer(*(post(str(number)) for number in range(100)), token="more"))
        with pytest.raises(Unavailable, match="too many"):
            source.own_replies(ID1, key="case-1")
        assert stub.count("GET", TIMELINE) == 31

    def test_a_server_that_cannot_be_reached_leaves_nothing_unknown(self):
        with serving() as stub:
            url = stub.url
        with fast_fetcher() as http, pytest.raises(Unavailable):
            open_x(http, url).reply(ID1, "Sorry, Mira.", key="case-1")

    def test_without_user_keys_nothing_is_sent(self, stub):
        with fast_fetcher() as http:
            reader = X(X.Credentials(bearer_token=BEARER), http=http, base_url=stub.url)
            with pytest.raises(NotPermitted):
                reader.reply(ID1, "Sorry, Mira.", key="case-1")
        assert stub.hits == []

    def test_our_post_is_deleted_and_deleting_it_again_is_no_error(self, stub, source):
        replay(stub, "twitter/test_client_create_and_delete_tweet.json")
        path = next(path for method, path, _ in stub._routes if method == "DELETE").pattern.replace("\\", "")
        source.retract(path.rpartition("/")[2])
        stub.on("DELETE", "/2/tweets/.*", Answer(status=404, json={}))
        source.retract("999")


@pytest.mark.parametrize("name", ["tweepy", "tweepy.client", "oauthlib", "requests_oauthlib"])
def test_the_clients_logs_never_hold_our_keys(stub, caplog, name):
    caplog.set_level(logging.DEBUG)
    logging.getLogger("tweepy").setLevel(logging.DEBUG)
    with fast_fetcher() as http:
        source = open_x(http, stub.url)
        assert logging.getLogger(name).getEffectiveLevel() >= logging.INFO
        stub.get(SEARCH, answer(post()))
        source.search(QUERY)
    assert not [secret for secret in SECRETS if secret in caplog.text]


def test_a_check_says_as_whom_we_are_connected(stub, source):
    stub.get("/2/users/me", Answer(json={"data": {"id": "4242", "username": "kettlewick", "name": "K"}}))
    assert source.check() == "Connected to X as @kettlewick"


def test_a_check_without_user_keys_says_what_works(stub):
    stub.get("/2/tweets/counts/recent", Answer(json={"data": [], "meta": {"total_tweet_count": 0}}))
    with fast_fetcher() as http:
        said = X(X.Credentials(bearer_token=BEARER), http=http, base_url=stub.url).check()
    assert "searching works" in said


def test_private_addresses_are_not_reached_unless_allowed(stub):
    with Fetcher() as http, pytest.raises(NotPermitted):
        open_x(http, stub.url).check()
