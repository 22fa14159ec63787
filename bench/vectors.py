"""How useful the shipped text vectors are, language by language, and how fast: `python -m bench.vectors [TEXTS]`.

Three questions, each beside TF-IDF on the same texts in the same run. Do texts about the same thing fall into the same
heap (k-means against what is known of them, adjusted mutual information)? Is a text found again after somebody changed
it a little (recall at 1)? What does a vector cost? Reads the shared folder of data, prints figures only, keeps nothing.
`TEXTS` is the most of a language that are read.
"""

from __future__ import annotations

import csv
import gzip
import os
import random
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from sklearn.cluster import KMeans
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import adjusted_mutual_info_score
from sklearn.preprocessing import normalize

from bench import bars
from sentiment import SHIPPED_MODEL
from sentiment.normalise import folded, normalise
from sentiment.vectors import VECTORS_FILE, Embedder

MOST = 1_500
SEEDS = (1, 2, 3)
STARTS = 10
COPIES = 200
LEAST_IN_SET = 30
"""A set with fewer texts among those read is left out: no heap of its own can be asked of it."""

SHARED = Path(os.environ.get("EARSHOT_SHARED") or Path(__file__).parents[2] / "shared") / "data"
COMPLAINTS = SHARED / "complaints" / "train.csv.gz"
DEV = SHARED / "sentiment" / "dev.csv.gz"

Embed = Callable[[Sequence[str]], Any]
_EMOJI = "😀😡🎉👍💔🙏"
_IS_EMOJI = re.compile("[\u2600-\u27bf\U0001f300-\U0001faff]")


@dataclass(frozen=True, slots=True)
class Found:
    """One figure of ours and TF-IDF's on the same texts; `kinds` is the number of sets or domains."""

    texts: int
    kinds: int
    ours: float
    theirs: float

    @property
    def ratio(self) -> float:
        """Ours by TF-IDF's; TF-IDF's chance-corrected figure may be zero or less, and counts as 0.001 then."""
        return self.ours / max(self.theirs, 0.001)


def heaps(texts: Sequence[str], known: Sequence[str], embed: Embed, *, seeds: Sequence[int] = SEEDS) -> Found:
    """Compare k-means on our vectors with k-means on TF-IDF; the best of its four forms is the bar.

    Plain or reduced to 100 numbers, with all words or without English stop words. With all words k-means on short
    English texts stays near chance, and a ratio to that would flatter us.
    """
    bar = max(agreement(form, known, seeds) for form in tfidf_forms(texts))
    return Found(len(texts), len(set(known)), agreement(embed(texts), known, seeds), bar)


def tfidf_forms(texts: Sequence[str]) -> Iterator[Any]:
    for left_out in (None, "english"):
        weigh = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2, stop_words=left_out)
        plain = weigh.fit_transform(texts)
        yield plain
        yield normalize(TruncatedSVD(min(100, plain.shape[1] - 1), random_state=0).fit_transform(plain))


def agreement(vectors: Any, known: Sequence[str], seeds: Sequence[int]) -> float:
    """Adjusted mutual information of k-means heaps with what is known, the mean over `seeds`."""
    kinds = len(set(known))
    found = (KMeans(kinds, n_init=STARTS, random_state=seed).fit_predict(vectors) for seed in seeds)
    return fmean(adjusted_mutual_info_score(known, labels) for labels in found)


def near_copies(texts: Sequence[str], embed: Embed, *, seed: int = 1) -> Found:
    """Change some of the texts a little and look for each among all: the share whose nearest is what it came from."""
    chance = random.Random(seed)
    chosen = chance.sample(range(len(texts)), min(COPIES, len(texts)))
    changed = [folded(normalise(perturbed(texts[place], chance))) for place in chosen]
    grams = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True).fit(texts)

    def recall(held: Any, asked: Any) -> float:
        near = asked @ held.T
        best = np.asarray(near.argmax(axis=1)).ravel()
        return fmean(texts[found] == texts[place] for found, place in zip(best, chosen, strict=True))

    ours = recall(embed(texts), embed(changed))
    return Found(len(chosen), len(texts), ours, recall(grams.transform(texts), grams.transform(changed)))


def perturbed(text: str, chance: random.Random) -> str:
    """Return the text as somebody else might post it again: two of five small changes."""
    for change in chance.sample((_without_word, _word_twice, _with_typo, _other_emoji, _cut), 2):
        text = change(text, chance)
    return text


def _without_word(text: str, chance: random.Random) -> str:
    words = text.split()
    if len(words) > 3:
        del words[chance.randrange(len(words))]
    return " ".join(words)


def _word_twice(text: str, chance: random.Random) -> str:
    words = text.split()
    place = chance.randrange(len(words))
    return " ".join([*words[: place + 1], *words[place:]])


def _with_typo(text: str, chance: random.Random) -> str:
    """Swap two letters that follow each other, twice: also where a text in Latin letters has an accent to lose."""
    letters = list(text)
    for _ in range(2 if len(letters) > 3 else 0):
        place = chance.randrange(len(letters) - 1)
        letters[place], letters[place + 1] = letters[place + 1], letters[place]
    return "".join(letters)


def _other_emoji(text: str, chance: random.Random) -> str:
    return f"{_IS_EMOJI.sub('', text)} {chance.choice(_EMOJI)}"


def _cut(text: str, chance: random.Random) -> str:
    words = text.split()
    return " ".join(words[: max(3, round(len(words) * chance.uniform(0.6, 0.9)))])


def complaints() -> tuple[list[str], list[str]]:
    """Texts to brands as they were written, handles included, and the trade each is about."""
    rows = [row for row in _rows(COMPLAINTS) if row["domain"] != "other" and not row["domain"].startswith("random")]
    return [row["text"] for row in rows], [row["domain"] for row in rows]


def by_language(most: int) -> dict[str, tuple[list[str], list[str]]]:
    """Language to texts and the set each came from: up to `most`, as many of each set as there are, drawn by seed."""
    found: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in _rows(DEV):
        text = folded(normalise(row["text"]))
        if text:
            found[row["lang"]].append((text, row["set"]))
    drawn = {name: random.Random(1).sample(rows, min(most, len(rows))) for name, rows in sorted(found.items())}
    return {name: ([text for text, _ in rows], [origin for _, origin in rows]) for name, rows in drawn.items()}


def large_sets(texts: Sequence[str], sets: Sequence[str]) -> tuple[list[str], list[str]]:
    """Leave out sets too small to be a heap."""
    counted = Counter(sets)
    kept = [(text, name) for text, name in zip(texts, sets, strict=True) if counted[name] >= LEAST_IN_SET]
    return [text for text, _ in kept], [name for _, name in kept]


def _rows(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def show_languages(embed: Embed, most: int) -> None:
    print(f"\nat most {most} texts a language; sets: AMI of k-means; copies: recall at 1 among all of them")
    print(f"{'language':<9}{'texts':>6}{'sets':>5}{'ours':>7}{'TF-IDF':>8}   {'copies: ours':>13}{'char TF-IDF':>12}")
    for language, (texts, sets) in by_language(most).items():
        copies = near_copies(texts, embed)
        many, names = large_sets(texts, sets)
        told = f"{'–':>5}{'–':>7}{'–':>8}"
        below = [] if copies.ours >= copies.theirs else ["copies"]
        if len(set(names)) > 1:
            found = heaps(many, names, embed)
            told = f"{found.kinds:>5}{found.ours:>7.3f}{found.theirs:>8.3f}"
            below += [] if found.ours >= found.theirs else ["sets"]
        remark = f"   below TF-IDF: {', '.join(below)}" if below else ""
        line = f"{language:<9}{len(texts):>6}{told}   {copies.ours:>13.3f}{copies.theirs:>12.3f}{remark}"
        print(line, flush=True)


def show_cost(embedder: Embedder, texts: Sequence[str]) -> None:
    different = list(dict.fromkeys(texts))[:500]
    before = _memory()
    embedder.load()
    started = time.process_time()
    embedder.vectors(different)
    spent = time.process_time() - started
    size = (SHIPPED_MODEL / VECTORS_FILE).stat().st_size / 1e6
    rate = len(different) / spent
    print(f"{rate:,.0f} texts a second of one core; {_memory() - before:.0f} MB more; {size:.1f} MB of file")


def _memory() -> float:
    return int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024  # type: ignore[index]


def main() -> None:
    if not COMPLAINTS.exists() or not DEV.exists():
        print(f"skipped: {SHARED} lacks the data; name the shared folder in EARSHOT_SHARED")
        return
    most = int(sys.argv[1]) if len(sys.argv) > 1 else MOST
    embedder = Embedder(SHIPPED_MODEL)
    texts, domains = complaints()
    show_cost(embedder, texts)
    found = heaps(texts, domains, embedder.vectors)
    figures = f"AMI {found.ours:.3f}, TF-IDF at its best {found.theirs:.3f}"
    print(f"{found.texts} complaints in {found.kinds} domains: {figures}")
    show_languages(embedder.vectors, most)
    bars.record(
        bars.Bar("domains of complaints by k-means", "≥ 1.4 × TF-IDF", f"{found.ratio:.2f} ×", found.ratio >= 1.4)
    )


if __name__ == "__main__":
    main()
