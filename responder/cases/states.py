"""The conditions by which cases of one brand and state are read, so that the indexes over open cases serve."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, case, literal

from responder.models import Case, CaseState


def in_state(brand_id: int, state: str) -> list[ColumnElement[bool]]:
    """The conditions for a brand's cases in one state, which must be one of `CaseState`."""
    # Written out, not bound: only then can an index over open cases serve.
    return [Case.brand_id == brand_id, Case.state == literal(str(state), literal_execute=True)]


def looked_up(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """The conditions as one value: SQLite then looks up the few ids asked for, and not all open cases."""
    return case((and_(*conditions), 1), else_=0) == 1


def open_in(brand_id: int) -> list[ColumnElement[bool]]:
    """The conditions for a brand's open cases."""
    return in_state(brand_id, CaseState.OPEN)
