"""Keeping client libraries from writing what they send and receive to the log, which several do at DEBUG."""

from __future__ import annotations

import logging


def never_below(level: int, *names: str) -> None:
    """Hold named loggers, and those below them, at a level or above, whatever the rest of the program logs."""
    for name in names:
        logger = logging.getLogger(name)
        logger.setLevel(max(logger.level, level))
