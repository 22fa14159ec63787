"""What every engine offers: texts in, opinions out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from sentiment.opinions import Opinion


class Scorer(Protocol):
    """Scores texts. Order and length are kept; any text gets an opinion, however broken it is."""

    @property
    def model(self) -> str:
        """Name and version of the model, as stored beside every opinion."""

    def score(self, texts: Sequence[str], *, languages: Sequence[str | None] | None = None) -> list[Opinion]:
        """Return one opinion per text. `languages` are claims (ISO codes, None when unknown), not trusted blindly."""
