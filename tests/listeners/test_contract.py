"""One contract for every registered source, over loopback: see contract.py for how a source takes part."""

from __future__ import annotations

import importlib
import json
import logging
from collections.abc import Iterator

import pytest

from listeners import registry
from listeners.capabilities import ABILITIES, Limits
from listeners.errors import OutcomeUnknown, RateLimited, SourceError, TooLong
from listeners.http import Fetcher
from tests.listeners.contract import (
    DEFAULT_ERRORS,
    DEFAULT_REPLY_ERRORS,
    Case,
    fast_fetcher,
    patient_fetcher,
    walk,
)
from tests.listeners.stub import FAULTS, Stub, serving


def _cases() -> Iterator[Case]:
    for name, info in registry.load().items():
        if info.factory is None:
            continue
        try:
            module = importlib.import_module(f"tests.listeners.sources.test_{name}")
        except ModuleNotFoundError:  # named by test_every_registered_source_takes_part
            continue
        yield from getattr(module, "CASES", None) or (module.CASE,)


CASES = {case.label: case for case in _cases()}
WITH_REPLY = {label: case for label, case in CASES.items() if case.reply is not None}
WITH_NETWORK = {label: case for label, case in CASES.items() if case.name != "memory" and case.method != "receive"}
POLLED = {label: case for label, case in CASES.items() if case.method != "receive"}


@pytest.fixture
def stub() -> Iterator[Stub]:
    with serving() as running:
        yield running


@pytest.fixture
def http(request) -> Iterator[Fetcher]:
    fault = getattr(request.node, "callspec", None) and request.node.callspec.params.get("fault")
    with fast_fetcher() if fault == "slow" else patient_fetcher() as fetcher:
        yield fetcher


def shipped() -> dict[str, registry.SourceInfo]:
    """The sources that stand in `BUILT_IN`; other tests of this process may have plugged in their own."""
    everything = registry.load().items()
    return {name: info for name, info in everything if getattr(info.factory, "__module__", "") in registry.BUILT_IN}


def test_every_registered_source_takes_part():
    assert {case.name for case in CASES.values()} == set(shipped())


def test_every_way_of_reading_takes_part():
    reading = {"search", "inbox", "reviews", "receive"}
    expected = {(name, ability) for name, info in shipped().items() for ability in info.abilities & reading}
    expected = {(name, ability) for name, ability in expected if name != "memory"}
    assert expected <= {(case.name, case.method) for case in CASES.values()}


def test_every_source_that_replies_shows_how():
    replying = {name for name, info in shipped().items() if "reply" in info.abilities}
    assert replying <= {case.name for case in WITH_REPLY.values()}


def test_every_source_that_replies_can_look_for_its_replies():
    able = [info.abilities for info in shipped().values()]
    assert [one for one in able if "reply" in one] == [one for one in able if "own_replies" in one]


@pytest.mark.parametrize("info", registry.load().values(), ids=lambda info: info.name)
def test_abilities_and_limits_are_declared(info):
    assert info.why_unavailable is None
    assert isinstance(info.limits, Limits)
    assert info.limits.poll_every.total_seconds() > 0
    assert info.limits.calls_per_minute > 0
    assert (info.limits.reply_length is not None) == ("reply" in info.abilities)
    assert info.limits.key_lasts is None or "reply" in info.abilities
    assert info.abilities & set(ABILITIES)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_walk_ends_and_returns_each_item_once(case, stub, http):
    case.serve(stub)
    pages = walk(case, case.open(http, stub.url))
    mentions = [mention for page in pages for mention in page.mentions]
    assert sorted(mention.external_id for mention in mentions) == sorted(case.ids)
    for mention in mentions:
        assert mention.source == case.name
        assert mention.text.strip()
        assert mention.created_at.utcoffset() is not None
        json.dumps(mention.raw)
    for page in pages:
        assert not page.faults


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_cursor_resumes_after_a_crash_with_the_same_items(case, stub, http):
    case.serve(stub)
    first = walk(case, case.open(http, stub.url))
    cursor = None
    for before in first:
        # The process died before the page's cursor was stored: another one reads the same page again.
        again = case.read(case.open(http, stub.url), cursor)
        assert [mention.external_id for mention in again.mentions] == [m.external_id for m in before.mentions]
        assert again.more == before.more
        cursor = before.cursor if before.cursor is not None else cursor


@pytest.mark.parametrize("case", POLLED.values(), ids=POLLED)
def test_a_finished_walk_gives_a_cursor_that_can_be_polled_again(case, stub, http):
    case.serve(stub)
    source = case.open(http, stub.url)
    cursor = walk(case, source)[-1].cursor
    assert cursor
    later = walk(case, source, cursor)
    assert {mention.external_id for page in later for mention in page.mentions} <= case.ids


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("case", WITH_NETWORK.values(), ids=WITH_NETWORK)
def test_a_failing_platform_becomes_the_error_that_says_what_to_do(case, fault, stub, http, caplog):
    expected = case.errors.get(fault, DEFAULT_ERRORS[fault])
    if expected is None:
        return
    case.serve(stub)
    stub.fault_on, stub.fault = case.fault_on, fault
    with caplog.at_level(logging.DEBUG), pytest.raises(SourceError) as caught:
        case.read(case.open(http, stub.url), None)
    assert isinstance(caught.value, expected), f"{type(caught.value).__name__}: {caught.value}"
    if fault == "limited" and isinstance(caught.value, RateLimited):
        assert caught.value.until is not None
        assert caught.value.until.utcoffset() is not None
    _assert_no_secret(case, str(caught.value), caplog.text)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_secrets_stay_out_of_repr_and_logs(case, stub, http, caplog):
    case.serve(stub)
    with caplog.at_level(logging.DEBUG):
        source = case.open(http, stub.url)
        pages = walk(case, source)
    _assert_no_secret(case, repr(source), repr(pages), caplog.text)


@pytest.mark.parametrize("case", WITH_REPLY.values(), ids=WITH_REPLY)
def test_a_reply_is_published_once(case, stub, http):
    case.serve(stub)
    posted = case.open(http, stub.url).reply(case.reply.to, case.reply.text, key="7f3c0001")
    assert posted.external_id
    assert posted.url is None or posted.url.startswith(("http://", "https://"))
    assert _posts(case, stub) == (0 if case.name == "memory" else 1)


@pytest.mark.parametrize("case", WITH_REPLY.values(), ids=WITH_REPLY)
def test_a_reply_with_the_same_key_is_the_same_reply(case, stub, http):
    if not case.reply.idempotent:
        return
    case.serve(stub)
    source = case.open(http, stub.url)
    first = source.reply(case.reply.to, case.reply.text, key="7f3c0002")
    again = case.open(http, stub.url).reply(case.reply.to, case.reply.text, key="7f3c0002")
    assert first.external_id == again.external_id


REPLIES_OVER_NETWORK = {label: case for label, case in WITH_REPLY.items() if case.name != "memory"}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("case", REPLIES_OVER_NETWORK.values(), ids=REPLIES_OVER_NETWORK)
def test_a_failing_reply_is_tried_once_and_never_called_failed_when_it_may_stand(case, fault, stub, http):
    expected = case.reply.errors.get(fault, DEFAULT_REPLY_ERRORS[fault])
    if expected is None:
        return
    case.serve(stub)
    stub.fault_on = case.reply.fault_on or case.fault_on
    stub.fault = fault
    stub.after_acting = expected is OutcomeUnknown
    with pytest.raises(SourceError) as caught:
        case.open(http, stub.url).reply(case.reply.to, case.reply.text, key="7f3c0003")
    assert isinstance(caught.value, expected), f"{type(caught.value).__name__}: {caught.value}"
    # A client that signs in anew after a 401 may ask again: a platform that did not know us did nothing.
    assert _posts(case, stub) <= (2 if fault == "unauthorised" else 1)
    if expected is OutcomeUnknown:
        assert _posts(case, stub) == 1


@pytest.mark.parametrize("case", WITH_REPLY.values(), ids=WITH_REPLY)
def test_a_key_lasts_only_where_the_platform_keeps_it(case, stub, http):
    lasts = case.open(http, stub.url).limits.key_lasts
    assert (lasts is not None) == case.reply.idempotent


@pytest.mark.parametrize("case", WITH_REPLY.values(), ids=WITH_REPLY)
def test_what_we_said_is_found_under_what_it_answers(case, stub, http):
    case.serve(stub)
    source = case.open(http, stub.url)
    assert source.own_replies(case.reply.to, key="7f3c0004") == ()
    posted = source.reply(case.reply.to, case.reply.text, key="7f3c0004")
    (found,) = source.own_replies(case.reply.to, key="7f3c0004")
    assert (found.external_id, found.url) == (posted.external_id, posted.url)
    assert found.says(case.reply.text)
    assert found.created_at is None or found.created_at.utcoffset() is not None
    assert found.under_key is (True if case.reply.tells_keys else None)
    (other,) = source.own_replies(case.reply.to, key=None)
    assert (other.external_id, other.under_key) == (found.external_id, None)
    assert case.reply.text not in repr(found)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("case", REPLIES_OVER_NETWORK.values(), ids=REPLIES_OVER_NETWORK)
def test_a_look_that_fails_is_never_an_empty_answer(case, fault, stub, http):
    expected = case.reply.look_errors.get(fault, DEFAULT_ERRORS[fault])
    if expected is None:
        return
    case.serve(stub)
    stub.fault_on, stub.fault = case.reply.look_on, fault
    with pytest.raises(SourceError) as caught:
        case.open(http, stub.url).own_replies(case.reply.to, key="7f3c0005")
    assert isinstance(caught.value, expected), f"{type(caught.value).__name__}: {caught.value}"


@pytest.mark.parametrize("case", WITH_REPLY.values(), ids=WITH_REPLY)
def test_a_text_over_the_limit_is_refused_before_anything_is_sent(case, stub, http):
    case.serve(stub)
    source = case.open(http, stub.url)
    with pytest.raises(TooLong):
        source.reply(case.reply.to, "x" * (source.limits.reply_length + 1), key="7f3c0006")
    assert _posts(case, stub) == 0
    assert source.own_replies(case.reply.to, key="7f3c0006") == ()


def _posts(case: Case, stub: Stub) -> int:
    return sum(case.reply.is_post(hit) for hit in stub.hits)


def _assert_no_secret(case: Case, *texts: str) -> None:
    for secret in case.secrets:
        assert not any(secret in text for text in texts), "a planted secret leaked"
