"""What stands where in the rows that engines give: one row of numbers per text, one name per group of columns."""

from __future__ import annotations

from sentiment.opinions import INTENTS, LABELS

FEELING = slice(0, len(LABELS))
"""Logits of `LABELS`. Every engine gives at least these."""

INTENT = slice(FEELING.stop, FEELING.stop + len(INTENTS))
"""Logits of `INTENTS`."""

INTENSITY = INTENT.stop
"""Logit of how upset the writer is."""

NETWORK_WIDTH = INTENSITY + 1

WIDE = slice(NETWORK_WIDTH, NETWORK_WIDTH + len(LABELS))
"""Logits of `LABELS` once more, by the wide branch."""
