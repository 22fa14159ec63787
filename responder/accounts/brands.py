"""Which brand a command or a first start means. Adding and renaming brands is `responder.accounts.users`' work."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from responder.accounts.sign_in import FIRST_BRAND
from responder.accounts.users import add_brand
from responder.errors import Invalid, NotFound
from responder.models import Brand


def default_brand(session: Session, *, now: datetime) -> Brand:
    """Return the only brand, making one when there is none. Raises Invalid when there are several to choose from."""
    brands = session.scalars(select(Brand).order_by(Brand.id).limit(2)).all()
    if not brands:
        return add_brand(session, FIRST_BRAND, now=now)
    if len(brands) > 1:
        raise Invalid(f"There are several brands: say which by --brand. Known are: {', '.join(_names(session))}.")
    return brands[0]


def brand_named(session: Session, name: str) -> Brand:
    """Return the brand of this name, whatever its letters' case. Raises NotFound with the names there are."""
    wanted = name.strip().casefold()
    for brand in session.scalars(select(Brand).order_by(Brand.id)):
        if brand.name.casefold() == wanted:
            return brand
    known = ", ".join(_names(session)) or "none yet"
    raise NotFound(f"No brand is called {name.strip()!r}. Known are: {known}.")


def _names(session: Session) -> list[str]:
    return list(session.scalars(select(Brand.name).order_by(Brand.name)))
