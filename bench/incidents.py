"""How well complaints are grouped, and what a step costs at 1,000,000 mentions: `python -m bench.incidents [--quick]`.

First the planted incidents (tests/responder/incidents/planted): the two halves that the rule was chosen on and the
sealed ones, each text as it comes, each brand by itself; beside it the cosine alone at the threshold that suits it
best on the first half, and word likeness by rapidfuzz instead of pieces. Where the shared folder of data is there, real
complaints to other brands are mixed in, and a busy brand's ordinary days are played to see what opens by chance.
Then the job itself on a database of a million mentions and 100,000 open cases. `--quick` leaves that out.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import os
import random
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from rapidfuzz import fuzz
from sqlalchemy import func, insert, select, text, update

from bench import bars, dataset
from bench.queue import fresh
from listeners.http import Fetcher
from responder.context import Context
from responder.db import Database
from responder.incidents import gathering, grouping
from responder.incidents.grouping import JOINS, LEAST_VOICES, OPENS, Likeness, Text, group, pieces, words
from responder.incidents.texts import MOST_LOOSE
from responder.incidents.unusual import is_news
from responder.incidents.upkeep import SILENCE
from responder.intake.embedding import packed
from responder.models import Case, Incident, Mention, MentionVector
from responder.settings import Settings
from sentiment import SHIPPED_MODEL, build_scorer
from sentiment.normalise import folded, normalise
from sentiment.vectors import WIDTH, Embedder

PLANTED = Path(__file__).parents[1] / "tests" / "responder" / "incidents" / "planted"
SHARED = Path(os.environ.get("EARSHOT_SHARED") or Path(__file__).parents[2] / "shared") / "data"
COMPLAINTS = SHARED / "complaints" / "train.csv.gz"
NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
WINDOW = 48 * 60
DAY = 24 * 60
LEAST_PRECISION = 0.9
MOST_MS = 100
VOICES_OF_OLD = 28 * DAY


@dataclass(frozen=True, slots=True)
class Said:
    """One text: whose, when (minutes), of which incident (None: of none), and how it is compared."""

    text: Text
    brand: str
    lang: str
    minute: int
    incident: str | None


@dataclass(frozen=True, slots=True)
class Score:
    """Pairs found and missed, and B-cubed; shares between 0 and 1."""

    precision: float
    recall: float
    b_precision: float
    b_recall: float
    found: int
    known: int
    opened: int
    mixed: int

    @property
    def f1(self) -> float:
        return harmonic(self.precision, self.recall)

    @property
    def b_f1(self) -> float:
        return harmonic(self.b_precision, self.b_recall)

    def words(self) -> str:
        pairs = f"pairs P {self.precision:.2f} R {self.recall:.2f} F1 {self.f1:.2f}"
        b_cubed = f"B-cubed P {self.b_precision:.2f} R {self.b_recall:.2f} F1 {self.b_f1:.2f}"
        return (
            f"{pairs}; {b_cubed}; {self.found} of {self.known} found, {self.opened} opened, {self.mixed} of them mixed"
        )


def harmonic(one: float, other: float) -> float:
    return 2 * one * other / (one + other) if one + other else 0.0


def planted(half: str, embedder: Embedder) -> list[Said]:
    """Read one half's unhappy texts, in the order of time."""
    rows = [json.loads(line) for line in (PLANTED / f"{half}.jsonl").read_text(encoding="utf-8").splitlines()]
    rows = [row for row in rows if row["unhappy"]]
    vectors = embedder.vectors([row["text"] for row in rows])
    return [
        Said(
            Text(at, row["author"], vectors[at], row["text"], frozenset(words(row["brand"]))),
            row["brand"], row["lang"], row["minute"], row["incident"],
        )
        for at, row in enumerate(rows)
    ]  # fmt: skip


def grouped(
    said: Sequence[Said], *, least: float | None = None, asks_for_news: bool = False, begin: int = 0
) -> list[Any]:
    """Let the texts of one brand come one by one; return the group of each, None for none.

    `least` None: by the rule's own thresholds. Texts before `begin` are only what was said before.
    """
    opens, joins = (OPENS, JOINS) if least is None else (least, least)
    label: list[Any] = [None] * len(said)
    members: defaultdict[int, list[int]] = defaultdict(list)
    for at, new in enumerate(said):
        if new.minute < begin:
            continue
        loose = [said[i].text for i in range(at) if label[i] is None and new.minute - said[i].minute <= WINDOW]
        alive = {
            name: [said[i].text for i in theirs]
            for name, theirs in members.items()
            if new.minute - max(said[i].minute for i in theirs) <= SILENCE.total_seconds() / 60
        }
        earlier = [one for one in said[:at] if WINDOW < new.minute - one.minute <= WINDOW + VOICES_OF_OLD]
        news = _news(earlier, new.minute, joins) if asks_for_news else (lambda _members: True)
        found = group([new.text], loose, alive, is_news=news, opens=opens, joins=joins)
        place = {one.text.key: i for i, one in enumerate(said)}
        for joined in found.joined:
            members[joined.incident].append(place[joined.key])
            label[place[joined.key]] = joined.incident
        for opened in found.opened:
            name = len(members) + 1
            members[name] = [place[key] for key in opened]
            for key in opened:
                label[place[key]] = name
    return label


def _news(earlier: Sequence[Said], minute: int, least: float) -> Callable[[list[Text]], bool]:
    def news(members: list[Text]) -> bool:
        if not earlier:
            return True
        near = Likeness([one.text for one in earlier], inside={})
        alike = sum(likeness >= least for likeness in near.means_to(members))
        share = WINDOW / max(minute - WINDOW - earlier[0].minute, WINDOW)
        return is_news(len({one.voice for one in members}), alike_before=alike, share=share)

    return news


def by_brand(said: Sequence[Said], **more: Any) -> list[Any]:
    """Group each brand by itself; the groups of two brands have different names."""
    label: list[Any] = [None] * len(said)
    for brand in sorted({one.brand for one in said}):
        places = [at for at, one in enumerate(said) if one.brand == brand]
        for at, name in zip(places, grouped([said[i] for i in places], **more), strict=True):
            label[at] = None if name is None else (brand, name)
    return label


def judged(said: Sequence[Said], label: Sequence[Any], *, langs: str = "any") -> Score:
    """Compare groups with what is known. `langs`: count pairs of "one" language, of "two", or "any"."""
    right = wrong = missed = 0
    for i, one in enumerate(said):
        for j in range(i):
            if langs != "any" and (one.lang == said[j].lang) != (langs == "one"):
                continue
            together = label[i] is not None and label[i] == label[j]
            truly = one.incident is not None and one.incident == said[j].incident
            right, wrong, missed = (
                right + (together and truly),
                wrong + (together and not truly),
                missed + (truly and not together),
            )
    ours, theirs = _sets(label), _sets([one.incident for one in said])
    shares = [(len(ours[i] & theirs[i]) / len(ours[i]), len(ours[i] & theirs[i]) / len(theirs[i])) for i in ours]
    names = {name for name in label if name is not None}
    kinds = {name: {said[i].incident for i in range(len(said)) if label[i] == name} for name in names}
    return Score(
        precision=right / max(1, right + wrong),
        recall=right / max(1, right + missed),
        b_precision=float(np.mean([share[0] for share in shares])),
        b_recall=float(np.mean([share[1] for share in shares])),
        found=len(set().union(*kinds.values()) - {None}) if kinds else 0,
        known=len({one.incident for one in said} - {None}),
        opened=len(names),
        mixed=sum(len(found) > 1 for found in kinds.values()),
    )


def _sets(label: Sequence[Any]) -> dict[int, set[int]]:
    of: defaultdict[Any, set[int]] = defaultdict(set)
    for i, name in enumerate(label):
        of[("alone", i) if name is None else name].add(i)
    return {i: whole for whole in of.values() for i in whole}


def show_planted(embedder: Embedder) -> None:
    tune, judge, sealed = (planted(name, embedder) for name in ("tune", "judge", "sealed"))
    for name, said in (("chosen on, first half", tune), ("chosen on, second half", judge), ("sealed", sealed)):
        print(f"{name}: {judged(said, by_brand(said)).words()}")
    least, alone = best_alone(tune, judge)
    print(f"cosine alone at {least:.2f}, the best on both halves; sealed: {alone(sealed).words()}")
    whole = [(said, by_brand(said)) for said in (tune, judge, sealed)]
    for langs in ("one", "two"):
        rights = [judged(*pair, langs=langs) for pair in whole]
        told = ", ".join(f"P {score.precision:.2f} R {score.recall:.2f}" for score in rights)
        print(f"pairs of {langs} language{'s' * (langs == 'two')} (three sets): {told}")
    for lang in ("en", "ms", "el", "tr", "de", "es"):
        scores = [judged(*_only(*pair, lang)) for pair in whole]
        print(f"  {lang}: " + ", ".join(f"P {score.precision:.2f} R {score.recall:.2f}" for score in scores))
    found = judged(*whole[2])
    bars.record(
        bars.Bar(
            "planted incidents, pairs of the sealed set", f"precision ≥ {LEAST_PRECISION}",
            f"{found.precision:.2f} (recall {found.recall:.2f})", found.precision >= LEAST_PRECISION,
        )
    )  # fmt: skip


def _only(said: Sequence[Said], label: Sequence[Any], lang: str) -> tuple[list[Said], list[Any]]:
    places = [at for at, one in enumerate(said) if one.lang == lang]
    return [said[at] for at in places], [label[at] for at in places]


def best_alone(*halves: Sequence[Said]) -> tuple[float, Callable[[Sequence[Said]], Score]]:
    """Return the threshold for the cosine alone with the best F1 among those precise enough, and what judges it."""

    def judge_at(said: Sequence[Said], least: float) -> Score:
        bare = [replace(one, text=replace(one.text, said="")) for one in said]
        return judged(bare, by_brand(bare, least=least))

    scores = {least: [judge_at(said, least) for said in halves] for least in np.arange(0.4, 0.9, 0.02)}
    precise = {
        least: min(score.f1 for score in found)
        for least, found in scores.items()
        if min(score.precision for score in found) >= LEAST_PRECISION
    }
    best = max(precise, key=precise.__getitem__)
    return best, lambda said: judge_at(said, best)


def show_pairs(embedder: Embedder) -> None:
    """Print how well each signal alone, and the cosine with each, tells pairs of one incident from others."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import average_precision_score

    rows = [json.loads(line) for line in (PLANTED / "tune.jsonl").read_text(encoding="utf-8").splitlines()]
    rows = [row for row in rows if row["unhappy"]]
    vectors = embedder.vectors([row["text"] for row in rows])
    plain = [folded(normalise(row["text"])) for row in rows]
    ours = [pieces(row["text"], words(row["brand"])) for row in rows]
    signals, truly = [], []
    for i, one in enumerate(rows):
        for j in range(i):
            other = rows[j]
            near = abs(one["minute"] - other["minute"]) <= WINDOW
            if near and one["brand"] == other["brand"] and one["author"] != other["author"]:
                cosine = float(vectors[i] @ vectors[j])
                fuzzy = fuzz.token_set_ratio(plain[i], plain[j]) / 100
                signals.append((cosine, grouping.shared_pieces(ours[i], ours[j]), fuzzy))
                truly.append(one["incident"] is not None and one["incident"] == other["incident"])
    table, known = np.array(signals), np.array(truly)
    print("average precision over pairs of the first half:")
    for name, columns in (
        ("cosine", [0]), ("pieces", [1]), ("rapidfuzz token_set_ratio", [2]),
        ("cosine and rapidfuzz", [0, 2]), ("cosine and pieces", [0, 1]), ("all three", [0, 1, 2]),
    ):  # fmt: skip
        told = table[:, columns]
        found = told[:, 0] if len(columns) == 1 else LogisticRegression(C=100).fit(told, known).decision_function(told)
        print(f"  {name:<26} {average_precision_score(known, found):.3f}")


def show_ordinary_days(embedder: Embedder) -> None:
    """Mix real complaints to other brands in, and count what opens among them by chance."""
    if not COMPLAINTS.exists():
        print(f"skipped: {SHARED} lacks the complaints; name the shared folder in EARSHOT_SHARED")
        return
    with gzip.open(COMPLAINTS, "rt", encoding="utf-8", newline="") as file:
        texts = [row["text"] for row in csv.DictReader(file) if row["complaint"] == "1"]
    random.Random(3).shuffle(texts)
    vectors = embedder.vectors(texts)
    known = planted("sealed", embedder)
    begin = min(one.minute for one in known if one.incident)
    end = max(one.minute for one in known)

    def spread(first: int, last: int) -> list[Said]:
        step = (last - first) / len(texts)
        return [
            Said(Text(-1 - at, f"other{at}", vectors[at], told), "", "en", int(first + at * step), None)
            for at, told in enumerate(texts)
        ]

    whole = sorted([*known, *spread(begin - 21 * DAY, end)], key=lambda one: one.minute)
    late = [at for at, one in enumerate(whole) if one.minute >= begin]
    label = grouped(whole, asks_for_news=True, begin=begin)
    score = judged([whole[at] for at in late], [label[at] for at in late])
    print(f"all brands as one, {len(late) - len(known)} real complaints among them: {score.words()}")
    busy = spread(0, 8 * DAY)
    for name, asks in (("without asking what is always said", False), ("asking", True)):
        opened = grouped(busy, asks_for_news=asks, begin=6 * DAY)
        count = len({found for found in opened if found is not None})
        print(
            f"{len(texts) // 4} ordinary complaints in 48 h after three times as many, {name}: {count} opened by chance"
        )


def show_cost(server: str | None, mentions: int, rounds: int) -> None:
    with fresh(server) as database:
        made = dataset.build(database, mentions=mentions, open_cases=mentions // 10, now=NOW)
        embedder = _directions(np.random.default_rng(1))
        brand_id = made.brand_id
        _fill(database, brand_id, embedder)
        at = [NOW]
        context = Context(
            settings=Settings(_env_file=None), database=database, clock=lambda: at[0],
            fetcher=Fetcher(allow_private_hosts=frozenset()), secret="bench" * 8, make_scorer=build_scorer,
        )  # fmt: skip
        while _timed(context)[1]:
            pass
        at[0] += timedelta(minutes=2)  # nothing moved lately
        idle = [_timed(context)[0] for _ in range(rounds)]
        one = [_step(database, context, 1) for _ in range(rounds)]
        many = [_step(database, context, gathering.COMPARED) for _ in range(rounds)]
        with database.reading() as session:
            lately = (
                Mention.p_negative >= 0.5,
                Mention.gone_at.is_(None),
                Mention.created_at > NOW - timedelta(hours=48),
            )
            unhappy = session.scalar(select(func.count()).select_from(Mention).where(*lately))
            incidents = session.scalar(select(func.count()).select_from(Incident))
    engine = "PostgreSQL (this process only)" if server else "SQLite"
    print(f"{engine}, {mentions:,} mentions, {made.open_cases:,} open cases, {unhappy:,} unhappy in 48 h (the newest")
    load = f"load {os.getloadavg()[0]:.1f}"
    print(f"{MOST_LOOSE:,} compared), {incidents} incidents; milliseconds of processor time, {load}")
    for name, times in (("nothing new", idle), ("one new text", one), (f"{gathering.COMPARED} new texts", many)):
        print(f"  {name:<14} p50 {bars.percentile(times, 0.5):6.1f}  p95 {bars.percentile(times, 0.95):6.1f}")
    p50 = bars.percentile(one, 0.5)
    bars.record(
        bars.Bar(
            f"a step of incidents with a new text, {engine}", f"p50 ≤ {MOST_MS} ms", f"{p50:.0f} ms", p50 <= MOST_MS
        )
    )


def _directions(draw: np.random.Generator) -> Callable[[int], list[bytes | None]]:
    """Vectors about as near to each other as unhappy texts of one brand are: a shared part, a topic, the rest."""
    shared, topics = draw.normal(size=WIDTH), draw.normal(size=(400, WIDTH))

    def make(count: int) -> list[bytes | None]:
        of = topics[draw.integers(0, len(topics), count)]
        mixed = 0.35 * shared + 0.75 * of + 0.6 * draw.normal(size=(count, WIDTH))
        return [packed(row.astype(np.float32)) for row in mixed]

    return make


def _fill(database: Database, brand_id: int, make: Callable[[int], list[bytes | None]]) -> None:
    """Give every mention its vector: the newest 1,000 wait to be looked at, all others were."""
    with database.writing() as session:
        ids = session.scalars(select(Mention.id).where(Mention.brand_id == brand_id).order_by(Mention.created_at)).all()
        for start in range(0, len(ids), 20_000):
            part = ids[start : start + 20_000]
            rows = [
                {"mention_id": key, "model": "bench", "vector": vector, "grouped_at": NOW}
                for key, vector in zip(part, make(len(part)), strict=True)
            ]
            session.connection().execute(insert(MentionVector), rows)
        newest = update(MentionVector).where(MentionVector.mention_id.in_(ids[-1_000:]))
        session.execute(newest.values(grouped_at=None))
    if not database.is_sqlite:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))


def _step(database: Database, context: Context, count: int) -> float:
    """Time a step that looks at the newest unhappy texts of no incident again."""
    with database.writing() as session:
        newest = session.scalars(
            select(Mention.id)
            .join(Case, Case.id == Mention.case_id)
            .where(
                Mention.p_negative >= 0.5, Mention.gone_at.is_(None), Case.incident_id.is_(None), Case.state == "open"
            )
            .order_by(Mention.created_at.desc())
            .limit(count)
        ).all()
        session.execute(update(MentionVector).where(MentionVector.mention_id.in_(newest)).values(grouped_at=None))
    return _timed(context)[0]


def _timed(context: Context) -> tuple[float, int]:
    """Return the milliseconds of processor time in this process that a step took, and how much it did."""
    begun = time.process_time()
    done = gathering.gather_due(context)
    return (time.process_time() - begun) * 1000, done


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--quick", action="store_true", help="leave out the million mentions")
    options.add_argument("--database", help="URL of a PostgreSQL server; without it SQLite")
    options.add_argument("--mentions", type=int, default=1_000_000)
    options.add_argument("--rounds", type=int, default=20)
    given = options.parse_args()
    print(f"opens at {OPENS}, joins at {JOINS}, at least {LEAST_VOICES} people")
    embedder = Embedder(SHIPPED_MODEL)
    show_planted(embedder)
    show_pairs(embedder)
    show_ordinary_days(embedder)
    if not given.quick:
        show_cost(given.database, given.mentions, given.rounds)


if __name__ == "__main__":
    main()
