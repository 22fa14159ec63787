"""Languages in Latin letters that py3langid knows only in their own script: further columns for its table."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sentiment.errors import ModelUnusable

COLUMNS_FILE = Path(__file__).parent / "romanised.npz"
"""Made by `python -m sentiment.training.romanised`, which also says how."""

ROMANISED = {"hi-Latn": "hi", "el-Latn": "el", "ar-Latn": "ar"}
"""What is told in Latin letters too (BCP 47), and the ISO code of the language."""

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class RomanisedColumns:
    """Columns of py3langid's table of naive Bayes weights, one for each of `tags`.

    `weights` (features, tags) and `biases` (tags) are what `nb_ptc` and `nb_pc` hold for the languages it knows.
    """

    tags: tuple[str, ...]
    weights: Array
    biases: Array


def read_columns(outputs: Array, file: Path = COLUMNS_FILE) -> RomanisedColumns:
    """Read the columns made for the table whose automaton has these `outputs` (`out_feat` in py3langid's file).

    Raises ModelUnusable when they were made for another table: their weights would stand beside the wrong features.
    """
    with np.load(file, allow_pickle=False) as stored:
        if int(stored["made_for"]) != fingerprint(outputs):
            raise ModelUnusable(
                f"{file.name} was made for another table of py3langid: install the py3langid that requirements-run.txt"
                " names, or make the file again with `python -m sentiment.training.romanised`"
            )
        met = np.unpackbits(stored["met"], count=int(outputs.max()) + 1).astype(bool)
        weights = np.empty((len(met), len(stored["tags"])), dtype=np.float16)
        weights[:] = stored["unmet"]
        weights[met] = stored["lowest"] + stored["step"] * stored["weights"]
        return RomanisedColumns(tags=tuple(stored["tags"].tolist()), weights=weights, biases=stored["biases"])


def write_columns(columns: RomanisedColumns, *, met: Array, outputs: Array, file: Path = COLUMNS_FILE) -> None:
    """Write columns so that `read_columns` gives them back, rounded to 256 steps.

    `met` (features, bool) says which features the training texts had; all others share the weight of the first unmet.
    """
    known = columns.weights[met].astype(np.float32)
    lowest = known.min(axis=0)
    step = (known.max(axis=0) - lowest) / 255
    np.savez_compressed(
        file,
        allow_pickle=False,
        tags=np.array(columns.tags),
        made_for=np.uint32(fingerprint(outputs)),
        met=np.packbits(met),
        weights=np.round((known - lowest) / step).astype(np.uint8),
        lowest=lowest,
        step=step,
        unmet=columns.weights[~met][0].astype(np.float32),
        biases=columns.biases.astype(np.float32),
    )


def fingerprint(outputs: Array) -> int:
    """Return what tells one table of py3langid from another: the checksum of its automaton's outputs."""
    return zlib.crc32(np.ascontiguousarray(outputs, dtype=np.int32).tobytes())
