"""A brand: the wall between two teams in one installation."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from responder.db import Base, Id


class Brand(Base):
    """One brand. Everything heard, done and measured for it belongs to it alone."""

    __tablename__ = "brands"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
