"""What a model folder says about itself in `model.json`: names, languages, temperatures. Reads it; judges no text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sentiment.errors import ModelUnusable
from sentiment.opinions import LABELS

FACTS_FILE = "model.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFacts:
    """The facts an engine and the calibration need.

    `languages` are the ISO codes the model has been shown to judge well enough; None when nobody has said.
    `temperatures` divide the logits per language, `default_temperature` does for the others. `floor` is the confidence
    below which an opinion is unsure. `length` is the longest text in pieces; `folded` models read folded texts.
    Where a model has a wide branch, `wide_weights` say per language how much it counts beside the network.
    """

    name: str
    version: str
    languages: tuple[str, ...] | None
    temperatures: Mapping[str, float]
    default_temperature: float
    floor: float
    length: int = 128
    folded: bool = False
    wide_weights: Mapping[str, float] = field(default_factory=dict)
    default_wide_weight: float = 0.0

    @property
    def title(self) -> str:
        """Name and version, as stored beside every opinion."""
        return f"{self.name} {self.version}"


def read_facts(folder: Path) -> ModelFacts:
    """Read `model.json`. Raises ModelUnusable, naming the field, when it is missing or makes no sense."""
    path = folder / FACTS_FILE
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ModelUnusable(f"{path} is missing: give the folder of a model made by `earshot model train`") from error
    except (OSError, ValueError) as error:
        raise ModelUnusable(f"{path} cannot be read ({error}): restore the model's folder") from error
    try:
        return _facts(raw)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ModelUnusable(f"{path} is wrong at {error}: restore the model's folder") from error


def write_facts(folder: Path, facts: ModelFacts) -> None:
    """Write `model.json` so that `read_facts` gives the same facts back."""
    written = {**asdict(facts), "labels": list(LABELS)}
    (folder / FACTS_FILE).write_text(json.dumps(written, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _facts(raw: Mapping[str, Any]) -> ModelFacts:
    if tuple(raw["labels"]) != LABELS:
        raise ValueError(f"labels: must be {', '.join(LABELS)}, in this order")
    temperatures = {str(code): _positive("temperatures", value) for code, value in raw["temperatures"].items()}
    weights = {str(code): _not_negative("wide_weights", value) for code, value in raw["wide_weights"].items()}
    return ModelFacts(
        name=str(raw["name"]),
        version=str(raw["version"]),
        languages=None if raw["languages"] is None else tuple(map(str, raw["languages"])),
        temperatures=temperatures,
        default_temperature=_positive("default_temperature", raw["default_temperature"]),
        floor=_share("floor", raw["floor"]),
        length=int(_positive("length", raw["length"])),
        folded=bool(raw["folded"]),
        wide_weights=weights,
        default_wide_weight=_not_negative("default_wide_weight", raw["default_wide_weight"]),
    )


def _positive(name: str, value: Any) -> float:
    number = float(value)
    if not 0.0 < number < float("inf"):
        raise ValueError(f"{name}: {value!r} is not above 0")
    return number


def _not_negative(name: str, value: Any) -> float:
    number = float(value)
    if not 0.0 <= number < float("inf"):
        raise ValueError(f"{name}: {value!r} is below 0")
    return number


def _share(name: str, value: Any) -> float:
    number = float(value)
    if not 0.0 <= number <= 1.0:
        raise ValueError(f"{name}: {value!r} is not between 0 and 1")
    return number
