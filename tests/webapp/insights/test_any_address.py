"""Whatever is typed into an address is answered, on both databases: a page, or a kind refusal, never a crash."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from responder.context import Context
from responder.db import Database
from tests.factories import make_watch
from tests.responder.insights.heard import hear_fortnight


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database(request: pytest.FixtureRequest) -> Database:
    found: Database = request.getfixturevalue(f"{request.param}_database")
    return found


PARAMETERS = (
    "watch",
    "range",
    "from",
    "to",
    "source",
    "language",
    "label",
    "author",
    "weekday",
    "hour",
    "q",
    "after",
    "people",
)
VALUES = st.one_of(
    st.text(max_size=20),
    st.sampled_from(["1", "0", "-1", "24h", "90d", "2026-03-01", "2026-03-04T12:00Z", "unsure", "scored", "each", "und", "%", "'"]),
    st.integers().map(str),
)  # fmt: skip


def test_no_address_breaks_a_page(login_as, context: Context):
    signed_in = login_as("marketer")
    with context.database.writing() as session:
        watch = make_watch(session, signed_in.brand)
        hear_fortnight(session, watch, make_watch(session, signed_in.brand), count=12)

    @examples(max_examples=40)
    @given(
        st.sampled_from(["/insights", "/insights/mentions", "/insights/watches"]),
        st.dictionaries(st.sampled_from(PARAMETERS), VALUES, max_size=5),
    )
    def check(path: str, args: dict[str, str]) -> None:
        answer = signed_in.browser.get(f"{path}?{urlencode({'watch': watch.id} | args, errors='replace')}")
        assert answer.status_code in {200, 400, 404, 422}, (path, args)

    check()
