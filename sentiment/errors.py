"""What can go wrong when a model is opened. A text never causes an error: it gets an opinion, however broken it is."""

from __future__ import annotations


class ModelUnusable(Exception):
    """A model cannot be used: missing, damaged, or its labels cannot be understood. The message says what to do."""
