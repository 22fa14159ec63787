"""Fast, deterministic scorers for tests that are not about opinions. Importable in a child process."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Sequence

from sentiment import Label, Opinion


def opinion_of(text: str, *, model: str = "words 1") -> Opinion:
    """An opinion that follows from the text alone: from its hash, so that texts differ. Some tell no intent."""
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    weights = [1 + digest[0], 1 + digest[1], 1 + digest[2]]
    negative, neutral, positive = (weight / sum(weights) for weight in weights)
    chances = dict(zip(Label, (negative, neutral, positive), strict=True))
    label = max(chances, key=chances.__getitem__)
    wishes = [1 + byte for byte in digest[5:10]]
    tells_intent = digest[10] >= 64
    return Opinion(
        label=label,
        p_negative=negative,
        p_neutral=neutral,
        p_positive=positive,
        confidence=chances[label],
        abstained=digest[3] < 64,
        reason="test" if digest[3] < 64 else None,
        language=("en", "el", "tr")[digest[4] % 3],
        model=model,
        intents=tuple(wish / sum(wishes) for wish in wishes) if tells_intent else None,
        intensity=digest[11] / 255 if tells_intent else None,
    )


class WordScorer:
    """Scores by hash. A text with "poison" in it raises; `given` holds what it was asked."""

    model = "words 1"

    def __init__(self, *, poison: str = "poison") -> None:
        self.poison = poison
        self.given: list[list[str]] = []

    def score(self, texts: Sequence[str], *, languages: Sequence[str | None] | None = None) -> list[Opinion]:
        self.given.append(list(texts))
        if any(self.poison in text for text in texts):
            raise ValueError("this text breaks the scorer")
        return [opinion_of(text) for text in texts]


class UnrulyScorer(WordScorer):
    """In its process, "die!" kills it, "hang!" holds it up, "poison" raises, "swell!" takes 200 MB."""

    def score(self, texts: Sequence[str], *, languages: Sequence[str | None] | None = None) -> list[Opinion]:
        joined = " ".join(texts)
        if "die!" in joined:
            os._exit(9)
        if "hang!" in joined:
            time.sleep(60)
        if "swell!" in joined:
            bytearray(200_000_000)
        return super().score(texts, languages=languages)
