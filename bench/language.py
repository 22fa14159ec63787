"""How well languages are told on posts: `python -m bench.language [SHARED]`, the folder that holds data/sentiment.

Figures are of the reporting half of dev.csv.gz (`sentiment.training.rows.halves`), which nothing was tuned on, with no
claim by a platform unless said. "Before" is py3langid without the columns of `sentiment.romanised`, on the same rows.
"""

from __future__ import annotations

import copy
import os
import statistics
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from unittest.mock import patch

from bench import bars
from responder.settings import Settings
from sentiment.language import LEAST_CERTAIN, SISTERS, LanguageIdentifier
from sentiment.romanised import ROMANISED
from sentiment.training.greeklish import SCHEMES
from sentiment.training.language_samples import (
    ARABIZI,
    GREEKLISH,
    HINDI,
    Sample,
    english_words,
    in_greeklish,
    mostly_english,
    read_samples,
    words,
)
from sentiment.training.romanised import NEVER_TRAINED_ON
from sentiment.training.rows import halves

SHARED = Path(os.environ.get("EARSHOT_SHARED") or Path(__file__).resolve().parents[2] / "shared")
ROUNDS = 7
LEAST_ROWS = 300  # of a language, for a row more or less to be under half a point
COMMONEST = ("en", "id", "tr", "el", "es", "ar", "pt", "de")

# Words that posts in romanised Hindi rarely do without and that other languages do not have: the sets of Hindi rows
# hold Tagalog, Turkish and much else too.
SURELY_HINDI = frozenset(
    """
    hai hain nahi nahin nhi kya kyu kyun kyon kaise kab aur mein mai mera meri mere tera teri tere tum tumhe tujhe mujhe
    aap aapka aapko apna apni apne hum humko hamara unka uska iska iski uski bhi bhai bahut bhut bohot acha accha achha
    raha rahi rahe rha rhi rhe tha thi hota hoti hote hoga hogi gaya gayi gaye gya kiya karo karna karte karta krna kuch
    koi wala wali wale yeh woh toh phir abhi liye sabse desh yaar matlab chahiye sakta sakte
    """.split()  # noqa: SIM905  (a hundred quoted words would hide the rest of the page)
)

PEAK = """
import re
from pathlib import Path
from sentiment.language import LanguageIdentifier
LanguageIdentifier().identify("The parcel is late again")
print(int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024)
"""


def expected(sample: Sample, english: frozenset[str]) -> tuple[str, frozenset[str]]:
    """The line a sample is counted in, and the codes that are right for it."""
    if sample.language in HINDI:
        if mostly_english(sample.text, english):
            return f"{sample.language}, mostly English", frozenset({"hi", "en"})
        return sample.language, frozenset({"hi"})
    special = {"es-en": {"es", "en"}, "pcm": {"en"}, GREEKLISH: {"el"}, ARABIZI: {"ar"}}
    code = sample.language.partition("-")[0]
    right = special.get(sample.language) or next((set(pair) for pair in SISTERS if code in pair), {code})
    return sample.language, frozenset(right)


def as_before(identifier: LanguageIdentifier) -> LanguageIdentifier:
    """The same identifier without the romanised columns."""
    identifier.load()
    before, table = copy.copy(identifier), copy.copy(identifier._table)  # noqa: SLF001
    known = len(table.nb_classes) - len(ROMANISED)
    table.nb_ptc, table.nb_pc = table.nb_ptc[:, :known].copy(), table.nb_pc[:known].copy()
    table.nb_classes = table.nb_classes[:known]
    table._set_alias_pairs()  # noqa: SLF001
    before._table = table  # noqa: SLF001
    return before


def show_languages(samples: Sequence[Sample], english: frozenset[str], identifier: LanguageIdentifier) -> list[float]:
    """Print a line per language; return how many points each long enough one gained."""
    before = as_before(identifier)
    now, then = defaultdict(list), defaultdict(list)
    right: dict[str, frozenset[str]] = {}
    for sample in samples:
        line, right[line] = expected(sample, english)
        now[line].append(identifier.identify(sample.text).language)
        then[line].append(before.identify(sample.text).language)
    gains = []
    for line in sorted(now):
        share, earlier = (_share(found[line], right[line]) for found in (now, then))
        if (share or earlier) and len(now[line]) >= LEAST_ROWS:
            gains.append(share - earlier)
        others = Counter(code for code in now[line] if code not in right[line]).most_common(4)
        taken_for = ", ".join(f"{code} {100 * n / len(now[line]):.1f}" for code, n in others)
        print(f"  {line:<22}{len(now[line]):>6}  {earlier:6.1f} {share:6.1f}   {taken_for}")
    return gains


def _share(found: Sequence[str], right: Iterable[str]) -> float:
    return 100 * sum(code in right for code in found) / max(1, len(found))


def hindi_bar(samples: Sequence[Sample], english: frozenset[str]) -> bars.Bar:
    """Posts of the Hindi sets that are not mostly English and have an everyday word of Hindi."""
    posts = [s for s in samples if s.language in HINDI and len(s.text.split()) >= 5]
    posts = [sample for sample in posts if not mostly_english(sample.text, english)]
    sure = [sample for sample in posts if SURELY_HINDI.intersection(words(sample.text))]
    earlier = _share([BEFORE.identify(sample.text).language for sample in sure], {"hi"})
    told, claimed = (
        _share([NOW.identify(sample.text, claim=claim).language for sample in sure], {"hi"}) for claim in (None, "en")
    )
    missed = sum(NOW.identify(sample.text).language != "hi" for sample in posts)
    print(f"  {missed} of all {len(posts)} that are not mostly English are called something else")
    got = f"{told:.1f} %; claimed to be English {claimed:.1f} % (before {earlier:.1f} %; {len(sure)} posts)"
    return bars.Bar("romanised Hindi, 5 words or more", "≥ 95 %", got, min(told, claimed) >= 95)


def greeklish_bars(samples: Sequence[Sample]) -> list[bars.Bar]:
    made = []
    for scheme in ("mixed", *SCHEMES):
        posts = [each.text for each in in_greeklish(samples, scheme, seed=2) if len(each.text.split()) >= 4]
        earlier, recall, claimed = (
            _share([who.identify(text, claim=claim).language for text in posts], {"el"})
            for who, claim in ((BEFORE, None), (NOW, None), (NOW, "en"))
        )
        got = f"{recall:.1f} %; claimed to be English {claimed:.1f} % (before {earlier:.1f} %; {len(posts)} posts)"
        made.append(bars.Bar(f"Greeklish, 4 words or more, {scheme}", "≥ 95 %", got, min(recall, claimed) >= 95))
    return made


def alarm_bars(samples: Sequence[Sample]) -> list[bars.Bar]:
    """How often anything else is taken for a romanised language."""
    alarms: dict[str, Counter[str]] = defaultdict(Counter)
    precision: dict[str, Counter[bool]] = defaultdict(Counter)
    for sample in samples:
        code = NOW.identify(sample.text).language
        truth = "hi" if sample.language in HINDI else sample.language.partition("-")[0]
        if code in ROMANISED.values():
            precision[code][code == truth] += 1
        if truth not in ROMANISED.values():
            alarms[sample.language][code if code in ROMANISED.values() else "none"] += 1
    shares = {name: 100 * (1 - met["none"] / met.total()) for name, met in alarms.items()}
    for name, met in sorted(alarms.items()):
        print(f"  {name:<8}{met.total():>6}  " + "  ".join(f"{code} {met[code]}" for code in ROMANISED.values()))
    for code, met in precision.items():
        print(f"  of what is called {code}, in either script, {100 * met[True] / met.total():.1f} % is ({met.total()})")
    worst = max((name for name in shares if name != "en"), key=shares.__getitem__)
    return [
        bars.Bar("English taken for a romanised language", "< 0.3 %", f"{shares['en']:.2f} %", shares["en"] < 0.3),
        bars.Bar("the worst other language", "< 0.5 %", f"{worst}: {shares[worst]:.2f} %", shares[worst] < 0.5),
    ]


def show_certainty(samples: Sequence[Sample], english: frozenset[str]) -> None:
    """Print accuracy by confidence for the commonest languages, and what other least confidences would do."""
    judged: dict[str, list[tuple[float, bool]]] = defaultdict(list)
    with patch("sentiment.language.LEAST_CERTAIN", 0.0):
        for sample in samples:
            if sample.language in COMMONEST:
                found = NOW.identify(sample.text)
                judged[sample.language].append((found.confidence, found.language in expected(sample, english)[1]))
    bins = tuple(pairwise((0.0, 0.25, LEAST_CERTAIN, 0.5, 0.7, 0.9, 1.01)))
    print("        " + "".join(f"{f'{low:.2f}-':>14}" for low, _ in bins))
    for code in COMMONEST:
        inside = [[right for confidence, right in judged[code] if low <= confidence < high] for low, high in bins]
        cells = [f"{100 * sum(rights) / len(rights):.0f} % of {len(rights)}" if rights else "-" for rights in inside]
        print(f"  {code:<6}" + "".join(f"{cell:>14}" for cell in cells))
    pooled = [pair for pairs in judged.values() for pair in pairs]
    for least in (0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6):
        told = [right for confidence, right in pooled if confidence >= least]
        coverage, accuracy = 100 * len(told) / len(pooled), 100 * sum(told) / len(told)
        print(f"  least certain {least:.2f}: {coverage:.2f} % told, {accuracy:.2f} % of them right")


def speed(texts: Sequence[str]) -> tuple[float, float]:
    """Texts a second of CPU now and before, medians of interleaved rounds."""
    taken: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(ROUNDS):
        for now in (True, False):
            identifier = NOW if now else BEFORE
            started = time.process_time()
            for text in texts:
                identifier.identify(text)
            taken[now].append(time.process_time() - started)
    return len(texts) / statistics.median(taken[True]), len(texts) / statistics.median(taken[False])


def main(shared: Path) -> None:
    folder = shared / "data" / "sentiment"
    tuning, reporting = halves(read_samples(folder / "dev.csv.gz"))
    unseen = read_samples(folder / "train.csv.gz", most=lambda _, name: 3000 if name == NEVER_TRAINED_ON else 0)
    english = english_words(tuning)
    team = LanguageIdentifier(Settings.model_fields["sentiment_languages"].default)

    print("rows, % right before and now, and what the rest is taken for; any language")
    gains = show_languages([*reporting, *in_greeklish(reporting, seed=2)], english, NOW)
    print("the same, with the languages setting left alone")
    show_languages([*reporting, *in_greeklish(reporting, seed=2)], english, team)
    print(f"subtitles ({NEVER_TRAINED_ON}: never trained on)")
    gains += show_languages(unseen, english, NOW)
    print("romanised Hindi")
    found = [hindi_bar(reporting, english)]
    print("called a romanised language")
    found += alarm_bars(reporting) + greeklish_bars(reporting)
    print("right by confidence")
    show_certainty(reporting, english)
    fast, earlier = speed([sample.text for sample in reporting[:3000]])
    peak = float(subprocess.run([sys.executable, "-c", PEAK], capture_output=True, text=True, check=True).stdout)
    lost = min(gains)
    bars.record(
        *found,
        bars.Bar("the most that a language of 300 rows or more loses", "≤ 0.5 points", f"{-lost:.2f}", lost >= -0.5),
        bars.Bar(
            "speed beside py3langid alone", "≥ 0.8 ×", f"{fast / earlier:.2f} × ({fast:,.0f}/s)", fast / earlier >= 0.8
        ),
        bars.Bar("memory of the first text", "≤ 100 MB", f"{peak:.0f} MB", peak <= 100),
    )


NOW = LanguageIdentifier()
BEFORE = as_before(NOW)

if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else SHARED)
