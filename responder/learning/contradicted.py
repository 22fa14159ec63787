"""How often people of the team contradict what the product made of a case: not ours, not unhappy, not a person.

What is counted are cases, each once for a kind, as long as what was said of it stands on record. A case that was called
not ours and opened again is ours.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from responder.learning.judgements import KINDS, NOT_OURS
from responder.models import Case, CaseState, Judgement

LEAST_GROUP = 10
"""No share is told of fewer cases than that."""

_Z95 = 1.959964
_IS_CLOSED = (Case.state == CaseState.RESOLVED) & (Case.resolution == "not_for_us")


@dataclass(frozen=True, slots=True)
class Share:
    """How many of some cases, and the share they make (0–1) with its 95 % interval (Wilson)."""

    cases: int
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Contradicted:
    """Of so many cases, the share of which each kind of judgement was said, by its name."""

    cases: int
    said: Mapping[str, Share]


def contradicted(session: Session, *, brand_id: int, since: datetime) -> dict[str, Contradicted]:
    """Return what was said of a brand's cases opened since an instant: of "all", and of each platform by its name.

    Platforms with fewer than ten cases are counted among all alone; of fewer than ten in all nothing is returned.
    """
    opened = Case.brand_id == brand_id, Case.opened_at >= since
    counted = session.execute(select(Case.source, func.count().label("opened")).where(*opened).group_by(Case.source))
    cases = Counter({row.source: row.opened for row in counted})
    rows = session.execute(
        select(Case.source, Judgement.kind, func.count(Case.id.distinct()))
        .join(Judgement, Judgement.case_id == Case.id)
        .where(*opened, Judgement.undone_at.is_(None), (Judgement.kind != NOT_OURS) | _IS_CLOSED)
        .group_by(Case.source, Judgement.kind)
    )
    said = Counter({(source, kind): number for source, kind, number in rows})
    groups = {"all": frozenset(cases), **{source: frozenset({source}) for source in sorted(cases)}}
    return {
        name: Contradicted(
            total, {kind: _share(sum(said[source, kind] for source in sources), total) for kind in KINDS}
        )
        for name, sources in groups.items()
        if (total := sum(cases[source] for source in sources)) >= LEAST_GROUP
    }


def _share(part: int, whole: int) -> Share:
    value, spread = part / whole, _Z95**2 / whole
    middle = (value + spread / 2) / (1 + spread)
    margin = math.sqrt(value * (1 - value) * spread + spread**2 / 4) / (1 + spread)
    return Share(part, value, max(middle - margin, 0.0), min(middle + margin, 1.0))
