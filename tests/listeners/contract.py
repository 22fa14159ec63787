"""How a source takes part in the contract of test_contract.py.

Each tests/listeners/sources/test_<name>.py defines `CASE = Case(...)` (or `CASES = (Case(...), …)`, one per reading
method). The contract gives every case a fresh `Stub` (tests/listeners/stub.py), calls `serve(stub)`, opens the source
with `open(http, stub.url)` and reads with `read(source, cursor)` until `more` is False.

`serve` must script at least two pages that together hold exactly `ids`, and must answer a repeated request for the same
page in the same way. Put made-up secrets into the credentials and list them in `secrets`: the contract looks for them in
`repr`, in messages and in logs. Faults of `stub.FAULTS` strike requests whose path matches `fault_on` (leave the login
route out if a client signs in first); `errors` says which error each must become where that differs from DEFAULT_ERRORS
(None: the fault means nothing to this source).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from listeners.errors import (
    CredentialsExpired,
    Gone,
    NotPermitted,
    OutcomeUnknown,
    RateLimited,
    SourceError,
    Unavailable,
)
from listeners.http import Fetcher
from listeners.pages import Page
from tests.listeners.stub import Hit, Stub

DEFAULT_ERRORS: Mapping[str, type[SourceError]] = {
    "drop": Unavailable,
    "slow": Unavailable,
    "half": Unavailable,
    "html": Unavailable,
    "limited": RateLimited,
    "limited_silently": RateLimited,
    "broken": Unavailable,
    "down": Unavailable,
    "unauthorised": CredentialsExpired,
    "forbidden": NotPermitted,
    "gone": Gone,
}
DEFAULT_REPLY_ERRORS: Mapping[str, type[SourceError]] = {
    "drop": OutcomeUnknown,
    "slow": OutcomeUnknown,
    "half": OutcomeUnknown,
    "html": OutcomeUnknown,
    "limited": RateLimited,
    "limited_silently": RateLimited,
    "broken": OutcomeUnknown,
    "down": OutcomeUnknown,
    "unauthorised": CredentialsExpired,
    "forbidden": NotPermitted,
    "gone": Gone,
}


@dataclass(frozen=True, kw_only=True)
class ReplyCase:
    """How to see that a reply is published once, and found again.

    `is_post` picks the stub's hits that publish. `idempotent` is True where the platform itself keeps one post per key:
    then replying twice with one key must give the same external id. `Case.serve` must show what was published to
    `own_replies`; faults of looking strike requests whose path matches `look_on`, and `look_errors` says which error
    each must become where that differs from DEFAULT_ERRORS. `tells_keys`: the platform shows which key a reply carries.
    """

    to: str
    is_post: Callable[[Hit], bool]
    text: str = "Thank you for telling us, we are looking into it."
    idempotent: bool = False
    tells_keys: bool = False
    look_on: str = r".*"
    look_errors: Mapping[str, type[SourceError] | None] = field(default_factory=dict)
    fault_on: str | None = None
    errors: Mapping[str, type[SourceError] | None] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Case:
    """One reading method of one registered source, played over loopback."""

    name: str
    open: Callable[[Fetcher, str], Any]
    serve: Callable[[Stub], None]
    read: Callable[[Any, str | None], Page]
    ids: frozenset[str]
    method: str = "search"
    secrets: tuple[str, ...] = ()
    fault_on: str = r".*"
    errors: Mapping[str, type[SourceError] | None] = field(default_factory=dict)
    reply: ReplyCase | None = None

    @property
    def label(self) -> str:
        return f"{self.name}-{self.method}"


LOOPBACK = frozenset({"127.0.0.1", "localhost"})


def patient_fetcher() -> Fetcher:
    """Return a fetcher that may reach loopback and waits as long as a busy machine needs."""
    return Fetcher(allow_private_hosts=LOOPBACK)


def fast_fetcher() -> Fetcher:
    """Return a fetcher that may reach loopback and soon gives up on a server that does not answer."""
    return Fetcher(allow_private_hosts=LOOPBACK, timeout=(5, 0.6), total=1.5)


MAX_PAGES = 50
"""No case needs more; a walk that is longer never ends."""


def walk(case: Case, source: Any, cursor: str | None = None) -> list[Page]:
    """Read page after page until nothing more is waiting. Fails when that does not end."""
    pages: list[Page] = []
    while len(pages) < MAX_PAGES:
        page = case.read(source, cursor)
        pages.append(page)
        cursor = page.cursor if page.cursor is not None else cursor
        if not page.more:
            return pages
    raise AssertionError(f"{case.label}: {MAX_PAGES} pages and still more")
