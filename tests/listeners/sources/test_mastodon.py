from __future__ import annotations

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
    RateLimited,
    Rejected,
    TooLong,
    Unavailable,
)
from listeners.http import Fetcher
from listeners.queries import Query
from listeners.sources.mastodon import Mastodon, mention_of
from listeners.walks import Walk, dump_walks, load_walks, milliseconds, read_items
from tests.listeners.contract import Case, ReplyCase, fast_fetcher
from tests.listeners.recordings import body_of, recording, replay
from tests.listeners.stub import Answer, Hit, Stub, serving

TOKEN = "made-up-mastodon-token"
QUERY = Query.parse("kettlewick")
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
YESTERDAY = milliseconds(NOW - timedelta(days=1))
STATUSES = "/api/v1/statuses"
SEARCH = "/api/v2/search"


def stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def account(**over) -> dict:
    return {
        "id": "900",
        "username": "mira",
        "acct": "mira@elsewhere.test",
        "display_name": "Mira",
        "bot": False,
        "created_at": "2024-02-03T00:00:00.000Z",
        "url": "https://elsewhere.test/@mira",
        "followers_count": 120,
        "following_count": 80,
        "statuses_count": 900,
    } | over


def status(number: int, text: str = "My kettlewick leaks", *, at: datetime = NOW, **over) -> dict:
    return {
        "id": str(1000 + number),
        "created_at": stamp(at),
        "in_reply_to_id": None,
        "visibility": "public",
        "spoiler_text": "",
        "language": "en",
        "url": f"https://elsewhere.test/@mira/{number}",
        "content": f"<p>{text}</p>",
        "account": account(),
        "replies_count": 4,
        "reblogs_count": 2,
        "favourites_count": 3,
        "edited_at": None,
        "reblog": None,
    } | over


def notification(number: int, *, at: datetime = NOW, kind: str = "mention", **over) -> dict:
    return {
        "id": str(number),
        "type": kind,
        "created_at": stamp(at),
        "account": account(),
        "status": status(number, at=at, **over),
    }


def instance(version: str = "4.5.0") -> Answer:
    return Answer(json={"uri": "home.test", "version": version, "api_versions": {"mastodon": 6}})


def configured(longest: int) -> Answer:
    return Answer(json={"configuration": {"statuses": {"max_characters": longest}}})


def open_mastodon(http: Fetcher, url: str) -> Mastodon:
    return Mastodon(Mastodon.Credentials(access_token=TOKEN), http=http, base_url=url)


def paged(items: list[dict], *, wrapped: str | None = None, size: int = 2):
    """Page a newest-first list by max_id, as Mastodon does."""

    def route(hit: Hit) -> Answer:
        before = hit.query.get("max_id")
        ids = [item["id"] for item in items]
        start = ids.index(before) + 1 if before else 0
        page = items[start : start + size]
        return Answer(json={wrapped: page, "accounts": [], "hashtags": []} if wrapped else page)

    return route


THREE = [status(3), status(2, at=NOW - timedelta(hours=1)), status(1, at=NOW - timedelta(hours=2))]


def serve_search(stub: Stub) -> None:
    for path in ("/api/v1/instance/", "/api/v2/instance/"):
        stub.get(path, instance())
    stub.get(SEARCH, paged(THREE, wrapped="statuses"))
    serve_statuses(stub)


def serve_statuses(stub: Stub) -> dict[str, dict]:
    """Let the stub publish as a server does: one post for one Idempotency-Key."""
    made: dict[str, dict] = {}

    def publish(hit: Hit) -> Answer:
        key, form = hit.headers["idempotency-key"], hit.form
        fresh = status(500 + len(made), form["status"], url="https://home.test/@brand/1", account=account(id="1"))
        made.setdefault(key, fresh | {name: form[name] for name in ("in_reply_to_id", "visibility")})
        return Answer(json=made[key])

    def context(_hit: Hit) -> Answer:
        theirs = status(8, in_reply_to_id="1001")
        deeper = status(9, in_reply_to_id="1008", account=account(id="1"))
        return Answer(json={"ancestors": [], "descendants": [theirs, deeper, *made.values()]})

    stub.get("/api/v2/instance", configured(500))
    stub.get("/api/v1/accounts/verify_credentials", Answer(json=account(id="1", acct="brand")))
    stub.get(f"{STATUSES}/1001/context", context)
    stub.get(f"{STATUSES}/1001", Answer(json=status(1)))
    stub.post(STATUSES, publish)
    return made


def serve_mentions(stub: Stub) -> None:
    told = [notification(number, at=NOW - timedelta(hours=5 - number)) for number in (5, 4, 3)]
    stub.get("/api/v1/notifications", paged(told))


CASES = (
    Case(
        name="mastodon",
        open=open_mastodon,
        serve=serve_search,
        read=lambda source, cursor: source.search(
            QUERY, cursor=cursor or dump_walks({"kettlewick": Walk(mark=YESTERDAY)})
        ),
        ids=frozenset({"1001", "1002", "1003"}),
        secrets=(TOKEN,),
        fault_on=SEARCH,
        reply=ReplyCase(
            to="1001",
            is_post=lambda hit: hit.method == "POST",
            idempotent=True,
            fault_on=STATUSES,
            look_on=f"{STATUSES}/1001/context",
        ),
    ),
    Case(
        name="mastodon",
        method="inbox",
        open=open_mastodon,
        serve=serve_mentions,
        read=lambda source, cursor: source.inbox(cursor=cursor or dump_walks({"mentions": Walk(mark=YESTERDAY)})),
        ids=frozenset({"1003", "1004", "1005"}),
        secrets=(TOKEN,),
    ),
)


@pytest.fixture
def stub():
    with serving() as running:
        for path in ("/api/v1/instance/", "/api/v2/instance/"):
            running.get(path, instance())
        yield running


@pytest.fixture
def source(stub):
    with fast_fetcher() as http:
        yield open_mastodon(http, stub.url)


def test_it_has_the_abilities_of_mastodon(source):
    assert all(isinstance(source, one) for one in (Searches, Inbox, Rechecks, Replies, Edits, Retracts, Checks))


class TestMapping:
    def test_recorded_mentions_become_mentions(self):
        told = recording("mastodon/test_notifications_mentions_only.json")[1]["response"]["body"]
        mentions, faults = read_items([item["status"] for item in told], mention_of, name_of=lambda item: item["id"])
        assert faults == []
        assert mentions[0].text == "@mastodonpy_test hello!"
        assert mentions[0].author.handle == "admin"
        assert mentions[0].author.is_bot is False

    def test_a_recorded_edit_is_told(self):
        mention = mention_of(recording("mastodon/test_status_edit.json")[3]["response"]["body"])
        assert mention.edited_at is not None
        assert mention.edited_at > mention.created_at
        assert mention.text.endswith("Kate")

    def test_a_recorded_hashtag_timeline_is_read(self):
        mentions, faults = read_items(
            body_of("mastodon/test_hashtag_tl.json", 2), mention_of, name_of=lambda item: item["id"]
        )
        assert (len(mentions), faults) == (1, [])
        assert mentions[0].text == "#hoot (hashtag toot)"

    def test_markup_becomes_plain_text_under_its_content_warning(self):
        mention = mention_of(status(1, "a <b>bold</b> &amp; brave<br>kettle</p><p>two", spoiler_text="Rant"))
        assert mention.text == "Rant\n\na bold & brave\nkettle\n\ntwo"

    @pytest.mark.parametrize("visibility", ["direct", "private", "limited"])
    def test_what_is_not_public_is_no_mention(self, visibility):
        assert mention_of(status(1, visibility=visibility)) is None

    def test_a_boost_is_a_repost(self):
        mention = mention_of(status(2, "", reblog=status(1, "the original")))
        assert (mention.is_repost, mention.text) == (True, "the original")

    def test_counts_that_are_not_told_are_unknown(self):
        bare = {name: value for name, value in status(1).items() if not name.endswith("_count")}
        bare["account"] = {"id": "900", "acct": "mira"}
        mention = mention_of(bare)
        assert (mention.engagement.likes, mention.author.followers, mention.author.is_bot) == (None, None, None)

    @given(
        st.dictionaries(
            st.sampled_from(list(status(1))),
            st.none() | st.integers() | st.text(max_size=8) | st.dictionaries(st.text(max_size=4), st.none()),
        )
    )
    def test_whatever_comes_is_a_mention_a_fault_or_not_public(self, over):
        mentions, faults = read_items([status(1) | over], mention_of, name_of=lambda item: item["id"])
        assert len(mentions) + len(faults) <= 1


class TestReading:
    def test_alternatives_and_hashtags_are_read_side_by_side(self, stub, source):
        stub.get(SEARCH, paged([status(1)], wrapped="statuses"))
        stub.get("/api/v1/timelines/tag/kettlewick", paged([status(1), status(2), status(7, "unrelated")]))
        page = source.search(Query.parse('"my kettlewick" OR #kettlewick OR kettlewick'))
        assert {hit.query["q"] for hit in stub.hits if hit.path == SEARCH} == {
            '"my kettlewick"',
            "#kettlewick",
            "kettlewick",
        }
        assert sorted(mention.external_id for mention in page.mentions) == ["1001", "1002"]
        assert set(load_walks(page.cursor)) == {
            '"my kettlewick"',
            "#kettlewick",
            "kettlewick",
            "timeline of #kettlewick",
        }

    def test_a_poll_without_news_costs_one_request(self, stub, source):
        stub.get(SEARCH, paged(THREE, wrapped="statuses", size=40))
        cursor = source.search(QUERY).cursor
        asked = stub.count("GET", SEARCH)
        page = source.search(QUERY, cursor=cursor)
        assert (stub.count("GET", SEARCH) - asked, page.more) == (1, False)

    @pytest.mark.parametrize("version", ["takahe/0.11.0", "", "iceshrimp", "1"])
    def test_a_server_whose_version_the_library_cannot_read_is_searched_past_it(self, stub, source, version):
        for path in ("/api/v1/instance/", "/api/v2/instance/"):
            stub.get(path, instance(version))
        stub.get(SEARCH, paged(THREE, wrapped="statuses"))
        page = source.search(QUERY)
        source.search(QUERY)
        assert [mention.external_id for mention in page.mentions] == ["1003", "1002"]
        hits = [hit for hit in stub.hits if hit.path == SEARCH]
        assert len(hits) == 2
        assert hits[-1].query["type"] == "statuses"
        assert hits[-1].headers["authorization"] == f"Bearer {TOKEN}"

    def test_a_server_without_full_text_search_finds_nothing_and_says_nothing(self, stub, source):
        replay(stub, "mastodon/test_search.json", skip=2)
        page = source.search(QUERY)
        assert (page.mentions, page.faults, page.more) == ((), (), False)

    def test_the_inbox_keeps_public_mentions_only(self, stub, source):
        told = [
            notification(5),
            notification(4, visibility="direct"),
            notification(3, kind="favourite"),
            notification(2, visibility="unlisted"),
        ]
        stub.get("/api/v1/notifications", Answer(json=told))
        page = source.inbox()
        assert [mention.external_id for mention in page.mentions] == ["1005", "1002"]
        assert all(mention.addressed for mention in page.mentions)

    def test_a_notification_whose_post_is_gone_is_a_fault(self, stub, source):
        stub.get("/api/v1/notifications", Answer(json=[notification(5) | {"status": None}, notification(4)]))
        page = source.inbox()
        assert [mention.external_id for mention in page.mentions] == ["1004"]
        assert [fault.where for fault in page.faults] == ["5"]

    def test_a_recheck_asks_for_20_at_a_time_and_what_is_missing_is_gone(self, stub, source):
        stub.get(STATUSES, Answer(json=[status(1, "edited", edited_at=stamp(NOW))]))
        page = source.recheck([str(1001 + number) for number in range(21)])
        assert stub.count("GET", STATUSES) == 2
        assert page.mentions[0].edited_at == NOW
        assert len(page.gone) == 20

    def test_a_recheck_on_an_older_server_asks_one_by_one(self, stub, source):
        stub.get(STATUSES, Answer(status=404, json={"error": "Not Found"}))
        stub.get(f"{STATUSES}/1001", Answer(json=status(1)))
        page = source.recheck(["1001", "1002"])
        assert ([mention.external_id for mention in page.mentions], page.gone) == (["1001"], ("1002",))

    def test_a_recorded_missing_post_is_gone(self, stub, source):
        replay(stub, "mastodon/test_status_missing.json")
        assert source.recheck(["0"]).gone == ("0",)


ERRORS = [
    (401, {"error": "The access token is invalid"}, CredentialsExpired),
    (403, {"error": "This action is outside the authorized scopes"}, NotPermitted),
    (403, {"error": "Your login is currently disabled"}, AccountSuspended),
    (404, {"error": "Record not found"}, Gone),
    (410, {}, Gone),
    (422, {"error": "Validation failed"}, Rejected),
    (500, {}, Unavailable),
    (502, None, Unavailable),
    (503, {}, Unavailable),
    (504, {}, Unavailable),
    (418, {}, Unavailable),
    (200, {"error": "odd"}, Unavailable),
    (200, 7, Unavailable),
]


@pytest.mark.parametrize(("status_code", "body", "kind"), ERRORS)
def test_errors_of_reading_say_what_to_do_next(stub, source, status_code, body, kind):
    stub.get("/api/v1/notifications", Answer(status=status_code, json=body))
    with pytest.raises(kind):
        source.inbox()


def test_a_rate_limit_names_its_end_and_nobody_sleeps(stub, source):
    resets = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=4)
    headers = {"X-RateLimit-Limit": "300", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": resets.isoformat()}
    stub.get("/api/v1/notifications", Answer(status=429, json={"error": "Too many requests"}, headers=headers))
    with pytest.raises(RateLimited) as caught:
        source.inbox()
    assert abs(caught.value.until - resets) < timedelta(seconds=2)
    assert stub.count("GET", "/api/v1/notifications") == 1


class TestReplying:
    def test_a_reply_addresses_the_author_and_goes_no_further_than_the_post(self, stub, source):
        serve_statuses(stub)
        stub.get(f"{STATUSES}/1001", Answer(json=status(1, visibility="unlisted")))
        posted = source.reply("1001", "We are sorry.", key="case-1")
        (hit,) = [hit for hit in stub.hits if hit.method == "POST"]
        assert hit.form["status"] == "@mira@elsewhere.test We are sorry."
        assert (hit.form["in_reply_to_id"], hit.form["visibility"]) == ("1001", "unlisted")
        assert hit.headers["idempotency-key"] == "case-1"
        assert posted.url == "https://home.test/@brand/1"

    def test_an_author_already_addressed_is_not_addressed_twice(self, stub, source):
        serve_statuses(stub)
        source.reply("1001", "Sorry, @Mira@elsewhere.test!", key="case-1")
        assert stub.hits[-1].form["status"] == "Sorry, @Mira@elsewhere.test!"

    @pytest.mark.parametrize("fault", ["drop", "slow", "half", "broken", "down", "html"])
    def test_a_reply_is_sent_once_whatever_goes_wrong(self, stub, source, fault):
        serve_statuses(stub)
        stub.fault, stub.fault_on, stub.after_acting = fault, STATUSES, True
        with pytest.raises(OutcomeUnknown):
            source.reply("1001", "We are sorry.", key="case-1")
        assert stub.count("POST", STATUSES) == 1

    def test_a_repeated_key_finds_the_post_whose_answer_was_lost(self, stub, source):
        made = serve_statuses(stub)
        stub.fault, stub.fault_on, stub.after_acting = "drop", STATUSES, True
        with pytest.raises(OutcomeUnknown):
            source.reply("1001", "We are sorry.", key="case-1")
        stub.fault = None
        posted = source.reply("1001", "We are sorry.", key="case-1")
        assert (len(made), made["case-1"]["id"]) == (1, posted.external_id)

    def test_a_server_that_cannot_be_reached_leaves_nothing_unknown(self):
        with serving() as stub:
            url = stub.url
        with fast_fetcher() as http, pytest.raises(Unavailable):
            open_mastodon(http, url).edit("1001", "We are sorry.")

    def test_a_text_over_the_servers_limit_is_refused_not_cut(self, stub, source):
        message = {"error": "Validation failed: Text character limit of 500 exceeded"}
        stub.get(f"{STATUSES}/1001", Answer(json=status(1)))
        stub.post(STATUSES, Answer(status=422, json=message))
        for text in ("x" * 600, "x"):  # by our count, and by theirs
            with pytest.raises(TooLong):
                source.reply("1001", text, key="case-1")

    @pytest.mark.parametrize(
        ("text", "handle"),
        [
            ("@mirabelle is not her", "mira"),
            ("write to @mira@other.test", "mira"),
            ("@mira@elsewhere.test.example", "mira@elsewhere.test"),
            ("@mira", "mira@elsewhere.test"),
            ("mail x@mira", "mira"),
        ],
    )
    def test_only_the_authors_very_handle_counts_as_addressed(self, stub, source, text, handle):
        serve_statuses(stub)
        stub.get(f"{STATUSES}/1001", Answer(json=status(1, account=account(acct=handle))))
        source.reply("1001", text, key="case-1")
        assert stub.hits[-1].form["status"] == f"@{handle} {text}"

    @pytest.mark.parametrize("text", ["Sorry, @mira.", "@MIRA: sorry", "(@mira)"])
    def test_a_handle_is_found_among_other_signs(self, stub, source, text):
        serve_statuses(stub)
        stub.get(f"{STATUSES}/1001", Answer(json=status(1, account=account(acct="mira"), language="tr")))
        source.reply("1001", text, key="case-1")
        assert (stub.hits[-1].form["status"], stub.hits[-1].form["language"]) == (text, "tr")

    def test_the_servers_own_limit_counts_with_links_as_23_and_the_handle_without_its_server(self, stub, source):
        serve_statuses(stub)
        stub.get("/api/v2/instance", configured(60))
        link = "https://kettlewick.test/" + "a" * 200
        room = 60 - len("@mira ") - 23 - 1
        source.reply("1001", f"{link} {'x' * room}", key="case-1")
        with pytest.raises(TooLong, match="61 of 60"):
            source.reply("1001", f"{link} {'x' * (room + 1)}", key="case-2")
        with pytest.raises(TooLong):
            source.edit("1500", "x" * 61)
        assert (stub.count("POST", STATUSES), stub.count("GET", "/api/v2/instance")) == (1, 1)

    def test_an_older_server_is_asked_for_its_limit_the_older_way(self, stub, source):
        serve_statuses(stub)
        stub.get("/api/v2/instance", Answer(status=404))
        stub.get("/api/v1/instance", configured(5000))
        source.reply("1001", "x" * 4000, key="case-1")
        assert stub.count("POST", STATUSES) == 1

    def test_a_limit_that_cannot_be_asked_for_holds_the_reply_back(self, stub, source):
        serve_statuses(stub)
        stub.get("/api/v2/instance", Answer(status=503))
        with pytest.raises(Unavailable):
            source.reply("1001", "Sorry", key="case-1")
        assert stub.count("POST", STATUSES) == 0

    def test_a_header_the_library_trips_over_after_a_success_is_no_limit(self, stub, source):
        made = serve_statuses(stub)
        odd = {"X-RateLimit-Limit": "300", "X-RateLimit-Remaining": "9", "X-RateLimit-Reset": "soon"}
        stub.post(STATUSES, lambda hit: Answer(json=made.setdefault("case-1", status(500)), headers=odd))
        with pytest.raises(OutcomeUnknown):
            source.reply("1001", "Sorry", key="case-1")
        assert len(made) == 1

    @pytest.mark.parametrize(
        "odd", [Answer(json={}), Answer(json=[]), Answer(status=302, json=status(500)), Answer(status=204)]
    )
    def test_an_answer_that_names_no_post_is_unknown(self, stub, source, odd):
        serve_statuses(stub)
        for method, path in (("POST", STATUSES), ("PUT", f"{STATUSES}/1500"), ("DELETE", f"{STATUSES}/1500")):
            stub.on(method, path, odd)
        for call in (
            lambda: source.reply("1001", "Sorry", key="case-1"),
            lambda: source.edit("1500", "Sorry"),
            lambda: source.retract("1500"),
        ):
            with pytest.raises(OutcomeUnknown):
                call()

    def test_replies_to_a_deleted_post_are_found_among_our_own_or_are_gone(self, stub, source):
        serve_statuses(stub)
        stub.get(f"{STATUSES}/1001/context", Answer(status=404, json={"error": "Record not found"}))
        ours = [status(number, in_reply_to_id="1001" if number == 31 else None) for number in range(60, 10, -1)]
        stub.get("/api/v1/accounts/1/statuses", paged([one | {"account": account(id="1")} for one in ours], size=40))
        (found,) = source.own_replies("1001", key="case-1")
        assert (found.external_id, found.text, found.under_key) == ("1031", "My kettlewick leaks", None)
        asked = [hit.query for hit in stub.hits if hit.path == "/api/v1/accounts/1/statuses"]
        assert [(query["since_id"], query.get("max_id")) for query in asked] == [("1001", None), ("1001", "1021")]
        stub.get("/api/v1/accounts/1/statuses", Answer(json=[]))
        with pytest.raises(Gone):
            source.own_replies("1001", key="case-1")

    def test_what_we_said_to_followers_only_is_no_public_reply(self, stub, source):
        made = serve_statuses(stub)
        source.reply("1001", "Sorry", key="case-1")
        made["case-1"]["visibility"] = "private"
        assert source.own_replies("1001", key="case-1") == ()

    def test_the_recorded_refusal_of_an_empty_text_is_a_rejection(self, stub, source):
        replay(stub, "mastodon/test_status_empty.json")
        stub.get(f"{STATUSES}/1001", Answer(json=status(1)))
        with pytest.raises(Rejected):
            source.reply("1001", "", key="case-1")

    def test_an_edit_keeps_the_id(self, stub, source):
        stub.on("PUT", f"{STATUSES}/1500", Answer(json=status(500)))
        assert source.edit("1500", "Corrected").external_id == "1500"

    def test_taking_back_what_is_gone_is_no_error(self, stub, source):
        stub.on("DELETE", f"{STATUSES}/1500", Answer(status=404, json={"error": "Record not found"}))
        source.retract("1500")


def test_a_check_says_as_whom_we_are_connected(stub, source):
    stub.get("/api/v1/accounts/verify_credentials", Answer(json=account(acct="brand")))
    assert source.check() == f"Connected to {stub.url} as @brand"


def test_a_token_is_never_taken_for_the_name_of_a_file(stub, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("file-content-that-must-stay-here")
    stub.get("/api/v1/accounts/verify_credentials", Answer(json=account()))
    with fast_fetcher() as http:
        Mastodon(Mastodon.Credentials(access_token=str(secret)), http=http, base_url=stub.url).check()
    assert stub.hits[-1].headers["authorization"] == f"Bearer {secret}"


def test_private_addresses_are_not_reached_unless_allowed(stub):
    with Fetcher() as http, pytest.raises(NotPermitted):
        open_mastodon(http, stub.url).check()
