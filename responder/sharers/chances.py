"""What a standing is worth in words people use: so many in ten such people. Pure, and without scipy."""

from __future__ import annotations

import numpy as np

from responder.sharers.reference import Reference

_HARDLY, _NEARLY = 0.05, 0.95
_THERE = "among the most talkative tenth in the two months after."


def chance_of(reference: Reference, percentile: float) -> float | None:
    """Return the chance (0–1) that somebody who stands there is in the top tenth of the next two months.

    None until it could be checked what became of people of this platform (`responder.sharers.calibration`).
    """
    if not reference.calibration:
        return None
    stood, shares = zip(*reference.calibration, strict=True)
    return float(np.interp(percentile, stood, shares))


def in_words(chance: float) -> str:
    """Say a chance as a share of ten people."""
    if chance < _HARDLY:
        return f"Fewer than 1 in 20 such people are {_THERE}"
    if chance >= _NEARLY:
        return f"Nearly all such people are {_THERE}"
    many = max(round(10 * chance), 1)
    return f"{many} in 10 such people {'is' if many == 1 else 'are'} {_THERE}"
