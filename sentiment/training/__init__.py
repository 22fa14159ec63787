"""Makes a sentiment model from labelled rows: reading, training, export. Needs torch and transformers."""

from sentiment.training.calibrate import Figures
from sentiment.training.loop import Plan
from sentiment.training.recipe import Recipe, train_model
from sentiment.training.rows import UnreadableRows

__all__ = ["Figures", "Plan", "Recipe", "UnreadableRows", "train_model"]
