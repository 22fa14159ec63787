"""Texts in, opinions out. Knows no database, no platform and no web framework."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from sentiment.checkpoints import Checkpoint, Export
from sentiment.errors import ModelUnusable
from sentiment.model_facts import FACTS_FILE
from sentiment.opinions import LABELS, Label, Opinion
from sentiment.scorer import Scorer

__all__ = [
    "LABELS",
    "SHIPPED_MODEL",
    "Export",
    "Label",
    "ModelUnusable",
    "Opinion",
    "Scorer",
    "build_scorer",
    "export_of",
]

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
    from sentiment.pipeline import Engine, Pipeline

    engine: Engine
    if model is None or _is_ours(model):
        from sentiment.onnx_engine import OnnxEngine

        engine = OnnxEngine(SHIPPED_MODEL if model is None else Path(model), threads=threads)
    else:
        from sentiment.batching import never
        from sentiment.checkpoint_engine import open_checkpoint

        engine = open_checkpoint(
            model,
            exports=exports or _default_exports(),
            languages=languages,
            threads=threads,
            cancelled=cancelled or never,
        )
    return Pipeline(engine, LanguageIdentifier(languages), floor=floor)


def export_of(model: str | None, *, exports: Path | None = None) -> Export:
    """Tell whether a model serves as it is, or has to be exported first, as `build_scorer` would. Needs no torch.

    Reads the weights of a checkpoint's folder, and of its copy. Raises ModelUnusable when there is no such model.
    """
    if model is None or _is_ours(model):
        return Export.DONE
    return Checkpoint.parse(model).export_in(exports or _default_exports())


def _is_ours(model: str) -> bool:
    """Whether this is the folder of a model made by `earshot model train` or `adapt`; it needs no export."""
    return (Path(model) / FACTS_FILE).exists()


def _default_exports() -> Path:
    return Path.home() / ".earshot" / "models"
