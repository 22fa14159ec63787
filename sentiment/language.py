"""Tells the language of a normalised text, with py3langid. Which languages a model can judge, others decide.

Hindi, Greek and Arabic are also told in Latin letters (`sentiment.romanised`): such texts are "hi", "el" and "ar".
"""

from __future__ import annotations

import lzma
import shutil
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from tempfile import TemporaryFile
from typing import Any

import numpy as np

from sentiment.normalise import without_links_and_handles
from sentiment.romanised import ROMANISED, read_columns

UNDETERMINED = "und"

KNOWN = (
    "en", "ms", "id", "el", "tr", "de", "es", "fr", "pt", "it", "nl", "ar", "hi", "zh", "ja", "ko", "ru", "pl", "sv",
    "th", "vi", "tl", "da", "fi", "no", "cs", "ro", "hu", "uk", "he", "fa", "ur", "bn", "ta", "sw",
)  # fmt: skip
"""The languages told apart. Each further one makes short texts less certain."""

TELLABLE = frozenset(
    """
    af am an ar as az ba be bg bn br bs ca cs cy da de dz el en eo es et eu fa fi fo fr fy ga gd gl gu
    ha he hi hr ht hu hy id ig is it ja jv ka kk km kn ko ku ky la lb lg ln lo lt lv mg mk ml mn mr ms
    mt my ne nl nn no oc om or pa pl ps pt qu ro ru rw sa se si sk sl sn so sq sr st sv sw ta te tg th
    tk tl tr tt ug uk ur uz vi vo wa xh yo zh zu
    """.split()  # noqa: SIM905  (a hundred quoted codes would hide the rest of the page)
)
"""All that py3langid's table knows by a code of two letters: what a team may add to the above."""

SISTERS = (frozenset({"ms", "id"}),)
"""Languages so close that telling them apart may fail without making either doubtful."""

_OTHER_NAMES = {
    "in": "id", "ind": "id", "msa": "ms", "may": "ms", "zsm": "ms", "iw": "he", "fil": "tl", "nb": "no", "nn": "no",
    "eng": "en", "ell": "el", "gre": "el", "tur": "tr", "deu": "de", "ger": "de", "spa": "es", "cmn": "zh", "yue": "zh",
}  # fmt: skip

LEAST_CERTAIN = 0.35
"""Below this share of the probability the language is "und". Wrong guesses on tweets mostly lie below it."""

# How much likelier than the rest a language is before the text is read. English is the commonest by far on the
# platforms we listen to; a team that names its languages rarely meets others; a platform's own tag is right far more
# often than not, yet wrong often enough on short texts that it only tips the scales.
_ENGLISH_WEIGHT = 4.0
_STRANGER_WEIGHT = 0.02
_CLAIM_WEIGHT = 30.0

# Romanised text is rarer than that of a language the team named, yet no stranger anywhere, being told more surely than
# most; and platforms that cannot tell it call it English, so that claim counts for less against it.
_ROMANISED_WEIGHT = 0.3
_ROMANISED_DESPITE_ENGLISH = _CLAIM_WEIGHT**0.5

_READING = threading.Lock()
"""Several threads may ask at once; reading the table twice would cost its time and memory twice."""


@dataclass(frozen=True, slots=True)
class Detected:
    """A language (ISO 639-1 or "und") and the share of the probability it got, 0 when nothing could be judged."""

    language: str
    confidence: float


NOTHING_TO_JUDGE = Detected(UNDETERMINED, 0.0)


class LanguageIdentifier:
    """Identifies one of `KNOWN`. With `languages`, the team's own, any other needs clear evidence to be chosen.

    The table (5 MB, half a second) is read on first use, and once for all identifiers of the same languages.
    Raises ValueError for a language that nobody can tell.
    """

    def __init__(self, languages: Sequence[str] | None = None) -> None:
        wanted = {tag: iso_code(tag) for tag in languages or ()}
        strange = sorted(tag for tag, code in wanted.items() if code not in TELLABLE)
        if strange:
            raise ValueError(f"cannot tell the languages {', '.join(strange)}: take them out of the languages setting")
        chosen = [code for code in wanted.values() if code]
        self._candidates = tuple(dict.fromkeys((*KNOWN, *chosen)))
        self._weights = prior(self._candidates, chosen) | {
            tag: 1.0 if code in chosen else _ROMANISED_WEIGHT for tag, code in ROMANISED.items()
        }
        self._table: Any = None

    def load(self) -> None:
        """Read the table now rather than at the first text."""
        if self._table is None:
            with _READING:
                self._table = _read_table(self._candidates)

    def identify(self, normalised: str, *, claim: str | None = None) -> Detected:
        """Return the language of a normalised text; `claim` is what the platform says, None when it says nothing."""
        words = without_links_and_handles(normalised)
        if not any(map(str.isalpha, words)):
            return NOTHING_TO_JUDGE
        self.load()
        weights = self._weights
        claimed = iso_code(claim)
        if claimed in weights:
            weights = weights | {claimed: weights[claimed] * _CLAIM_WEIGHT}
            if claimed == "en":
                weights |= {tag: weights[tag] * _ROMANISED_DESPITE_ENGLISH for tag in ROMANISED}
        shares = {code: share * weights[code] for code, share in self._table.rank(words)}
        for tag, code in ROMANISED.items():
            shares[code] += shares.pop(tag, 0.0)
        return _decide(shares)


def iso_code(tag: str | None) -> str | None:
    """Return the ISO 639-1 code in a language tag ("en-GB", "pt_BR", "in"), None when it names no language."""
    if not tag:
        return None
    first = tag.strip().replace("_", "-").split("-")[0].lower()
    code = _OTHER_NAMES.get(first, first)
    return code if len(code) == 2 and code.isascii() and code.isalpha() else None


def prior(candidates: Sequence[str], wanted: Sequence[str]) -> dict[str, float]:
    """Return how much likelier each candidate is before the text is read; `wanted` are the team's, none: all are."""
    weights = {code: 1.0 if not wanted or code in wanted else _STRANGER_WEIGHT for code in candidates}
    weights["en"] *= _ENGLISH_WEIGHT
    return weights


def _decide(shares: Mapping[str, float]) -> Detected:
    total = sum(shares.values())
    if total <= 0.0:
        return NOTHING_TO_JUDGE
    best = max(shares, key=shares.__getitem__)
    family = next((sisters for sisters in SISTERS if best in sisters), frozenset({best}))
    confidence = sum(shares.get(code, 0.0) for code in family) / total
    return Detected(best if confidence >= LEAST_CERTAIN else UNDETERMINED, confidence)


@lru_cache(maxsize=2)
def _read_table(candidates: tuple[str, ...]) -> Any:
    """Read only the candidates' part of py3langid's table: its own reader peaks at 131 MB, this one at 90."""
    from py3langid.langid import MODEL_DIR, MODEL_FILE
    from py3langid.langid import LanguageIdentifier as Table

    with TemporaryFile() as unpacked:
        with lzma.open(MODEL_DIR / MODEL_FILE) as packed:
            shutil.copyfileobj(packed, unpacked, 1 << 20)
        unpacked.seek(0)
        with np.load(unpacked, allow_pickle=False) as arrays:
            codes: list[str] = arrays["classes"].tolist()
            columns = [column for column, code in enumerate(codes) if code in candidates]
            outputs = arrays["out_feat"]
            romanised = read_columns(outputs)
            return Table(
                _side_by_side(arrays["ptc"], columns, romanised.weights),
                np.hstack([arrays["pc"][columns], romanised.biases]),
                [*(codes[column] for column in columns), *romanised.tags],
                memoryview(arrays["nextmove"]),
                outputs.tolist(),
                norm_probs=True,
                tk_row=arrays["nextmove_row"].tolist(),
            )


def _side_by_side(table: np.ndarray[Any, Any], columns: Sequence[int], more: np.ndarray[Any, Any]) -> Any:
    """Return some columns of a table and then `more`, without a copy of either in between."""
    joined = np.empty((len(table), len(columns) + more.shape[1]), dtype=table.dtype)
    for place, column in enumerate(columns):
        joined[:, place] = table[:, column]
    joined[:, len(columns) :] = more
    return joined
