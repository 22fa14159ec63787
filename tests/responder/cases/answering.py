"""Cases of invented people, answered after a while or not yet."""

from __future__ import annotations

from datetime import timedelta

from responder.models import CaseState
from tests.factories import NOW, make_author, make_case


def cases_of(session, brand, minutes, *, people=None, ago_days=10.0, promised=60.0, resolution="answered", **columns):
    """One case for each of these waits, opened so many days ago; a wait of None goes on. `people`: authors to share."""
    opened = NOW - timedelta(days=ago_days)
    authors = [make_author(session, brand) for _ in range(len(minutes) if people is None else people)]
    made = []
    for number, wait in enumerate(minutes):
        ended = {} if wait is None else {"state": CaseState.RESOLVED, "resolution": resolution}
        made.append(
            make_case(
                session,
                brand,
                **{
                    "author_id": authors[number % len(authors)].id,
                    "opened_at": opened,
                    "resolved_at": None if wait is None else opened + timedelta(minutes=wait),
                    "promised_by": None if promised is None else opened + timedelta(minutes=promised),
                    "source": "x",
                    "language": "en",
                    **ended,
                    **columns,
                },
            )
        )
    return made
