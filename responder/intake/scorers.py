"""Which scorer the settings name. Every process builds it here, so that what one has exported the others find."""

from __future__ import annotations

from responder.settings import Settings
from sentiment import Scorer, build_scorer


def scorer_of(settings: Settings, model: str | None = None) -> Scorer:
    """Build the scorer that the settings name, or that of another `model`. Raises ModelUnusable.

    A checkpoint met for the first time is exported now, which takes from seconds to minutes.
    """
    return build_scorer(
        model or settings.sentiment_model,
        languages=settings.sentiment_languages,
        floor=settings.sentiment_floor,
        exports=settings.exports,
    )
