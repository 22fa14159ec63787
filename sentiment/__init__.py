"""Texts in, opinions out. Knows no database, no platform and no web framework."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from sentiment.errors import ModelUnusable
from sentiment.opinions import LABELS, Label, Opinion
from sentiment.scorer import Scorer

__all__ = ["LABELS", "SHIPPED_MODEL", "Label", "ModelUnusable", "Opinion", "Scorer", "build_scorer"]

SHIPPED_MODEL = Path(__file__).parent / "model"


def build_scorer(
    model: str | None = None,
    *,
    languages: Sequence[str] | None = None,
    floor: float | None = None,
    threads: int = 1,
    exports: Path | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Scorer:
    """Build the scorer of the shipped model (None), of a folder made by `earshot model train`, or of any checkpoint.

    A checkpoint is a transformers sequence-classification model: a folder, or "owner/name@commit" on the hub.
    `languages` are the ISO codes the team's people write in (None: those of `sentiment.language.KNOWN`); for a
    checkpoint they are also the languages it is trusted in. `floor` is the confidence below which an opinion is
    unsure (None: the model's own). Files are opened at the first text.

    A checkpoint is first exported, which takes from seconds to minutes and needs torch; later starts find the copy in
    `exports` (None: ~/.earshot/models). As many of its batches as `threads` run side by side. `cancelled` is asked
    between them; once it says True, `score` raises `sentiment.batching.Cancelled`.

    Raises ModelUnusable when the model is missing, damaged, or its labels cannot be understood, and ValueError for a
    language that nobody can tell.
    """
    # Imported here so that naming a Label or an Opinion costs nothing: the web process does only that.
    from sentiment.language import LanguageIdentifier
    from sentiment.model_facts import FACTS_FILE
    from sentiment.pipeline import Engine, Pipeline

    folder = SHIPPED_MODEL if model is None else Path(model)
    engine: Engine
    if model is None or (folder / FACTS_FILE).exists():
        from sentiment.onnx_engine import OnnxEngine

        engine = OnnxEngine(folder, threads=threads)
    else:
        from sentiment.batching import never
        from sentiment.checkpoint_engine import open_checkpoint

        engine = open_checkpoint(
            model,
            exports=exports or Path.home() / ".earshot" / "models",
            languages=languages,
            threads=threads,
            cancelled=cancelled or never,
        )
    return Pipeline(engine, LanguageIdentifier(languages), floor=floor)
