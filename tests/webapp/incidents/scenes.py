"""A brand's morning with incidents in it, written straight into the tables: pages are about showing, not finding."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from responder.models import Brand, Case, Incident, IncidentEvent, Watch
from tests.webapp.scene import say

LEAKS: list[dict[str, Any]] = [
    {
        "name": "Rosalind Achterberg",
        "handle": "rosalind.sky.example",
        "source": "bluesky",
        "followers": 48_200,
        "ago": 55,
        "text": "The Lumen kettle leaks at its base since this morning, puddle on the counter, second one from batch 12.",
    },
    {
        "name": "Hazim",
        "handle": "hazim_kopi",
        "source": "mastodon",
        "followers": 310,
        "ago": 48,
        "text": "Anyone else's Lumen kettle leaking at the base? Batch 12 here, water everywhere.",
    },
    {
        "name": "u/teapot_engineer",
        "handle": "teapot_engineer",
        "source": "reddit",
        "followers": None,
        "ago": 31,
        "text": "Lumen kettle from batch 12 leaks at the base. The seal ring is the wrong size, took it apart.",
    },
    {
        "name": "Derya K.",
        "handle": "deryakahve",
        "source": "x",
        "followers": 12_900,
        "ago": 12,
        "lang": "tr",
        "text": "Lumen kettle batch 12 tabanından sızdırıyor, tezgah su içinde",
    },
    {
        "name": "Brigitte",
        "handle": None,
        "source": "app_store",
        "followers": None,
        "ago": 5,
        "text": "Leaks at the base. Batch 12. One star, and <b>half</b> a star for the colour.",
    },
]

STATEMENT = """[en]
Hello {name}, thank you for telling us.
Thank you, {name}, for saying it plainly.

Kettles of batch 12 leak at the base, and we take every one of them back.
Batch 12 leaks at its base: please stop using it, we take it back.

We write here again by six this evening.
The next word from us comes by six this evening, here.

[tr]
Merhaba {name}, haber verdiğiniz için teşekkürler.

12. parti tabanından sızdırıyor, hepsini geri alıyoruz.

Bu akşam altıya kadar burada yeniden yazacağız."""


def leaking(
    session: Session, brand: Brand, watch: Watch, *, now: Any, outbreak: bool = True, statement: str | None = None
) -> Incident:
    """Let five people say that the kettle leaks, and put them into one incident."""
    cases = [say(session, brand, watch, now=now, p=0.95, **person) for person in LEAKS]
    incident = make_incident(session, brand, cases, now=now, statement=statement)
    incident.outbreak_at = now - timedelta(minutes=10) if outbreak else None
    session.flush()
    return incident


def make_incident(
    session: Session, brand: Brand, cases: list[Case], *, now: Any, statement: str | None = None, **columns: Any
) -> Incident:
    incident = Incident(
        brand_id=brand.id,
        lead_mention_id=cases[0].lead_mention_id,
        voices=len(cases),
        case_count=len(cases),
        sources=sorted({case.source for case in cases}),
        opened_at=now - timedelta(minutes=31),
        last_at=now - timedelta(minutes=5),
        statement=statement,
        statement_at=None if statement is None else now - timedelta(minutes=4),
        **columns,
    )
    session.add(incident)
    session.flush()
    for number, case in enumerate(cases):
        case.incident_id = incident.id
        session.add(
            IncidentEvent(
                incident_id=incident.id, kind="joined", user_id=None, at=now,
                detail={"case_id": case.id, "likeness": 1.2 + number / 10},
            )
        )  # fmt: skip
    session.add(IncidentEvent(incident_id=incident.id, kind="opened", user_id=None, at=now, detail={}))
    session.flush()
    return incident
