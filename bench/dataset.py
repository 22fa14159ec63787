"""A large made-up database, built in a minute: one brand with its watches, people, authors, mentions and cases.

Words follow Zipf's law over invented words; three marker words stand in 10 %, in 1 % and in twenty of the mentions.
Half of the open cases are the newest ones, the other half lie anywhere in the past 90 days. All drawn from a seed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice, repeat
from typing import Any

import numpy as np
from sqlalchemy import Table, text

from responder.accounts.users import add_brand, add_user
from responder.cases.ranking import rank_key
from responder.db import Database
from responder.insights.rollups import Changes, Counted
from responder.models import Author, Case, CaseWatch, Mention, Watch, WatchMention

DAYS = 90
FREQUENT, UNCOMMON, RARE = "refund", "kettle", "samovar"
"""Marker words: in 10 % of the mentions, in 1 %, and in twenty of them."""

RARE_COUNT = 20
SOURCES = {"x": 0.40, "reddit": 0.25, "bluesky": 0.15, "mastodon": 0.08, "app_store": 0.08, "rss": 0.04}
LANGUAGES = {"en": 0.50, "ms": 0.20, "el": 0.12, "tr": 0.08, "de": 0.06, "es": 0.04}
INTENTS = {"complaint": 0.35, "noise": 0.25, "praise": 0.2, "question": 0.15, "suggestion": 0.05}
WATCHES = {"brand": 0.6, "products": 0.3, "rivals": 0.1}
MENTIONS_PER_CASE = 2.5

_LABELS = ("negative", "neutral", "positive")
_Column = Sequence[Any] | Iterator[Any]


@dataclass(frozen=True, slots=True)
class Dataset:
    """What was built. `watch_ids` are in the order of `WATCHES`."""

    brand_id: int
    watch_ids: tuple[int, ...]
    user_ids: tuple[int, ...]
    mentions: int
    cases: int
    open_cases: int


def build(
    database: Database,
    *,
    mentions: int,
    open_cases: int,
    now: datetime,
    seed: int = 1,
    name: str = "Bench",
    rollups: bool = False,
) -> Dataset:
    """Fill a migrated, empty database. `rollups` also counts the hour cells and author days, for insights."""
    draw = np.random.default_rng(seed)
    with database.writing() as session:
        brand = add_brand(session, name, now=now)
        users = [
            add_user(session, brand_id=brand.id, email=f"agent{n}@example.org", role="agent", now=now)[0]
            for n in range(5)
        ]
        watches = [Watch(brand_id=brand.id, name=name, query=None, created_at=now, paused_at=None) for name in WATCHES]
        session.add_all(watches)
        session.flush()
        made = _Made(draw, brand.id, [watch.id for watch in watches], mentions, open_cases, now)
    with _search_index_apart(database):
        made.write(database)
    if rollups:
        made.write_rollups(database)
    if not database.is_sqlite:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))  # as autovacuum would within minutes
    return Dataset(
        brand_id=brand.id,
        watch_ids=tuple(watch.id for watch in watches),
        user_ids=tuple(user.id for user in users),
        mentions=mentions,
        cases=made.cases,
        open_cases=open_cases,
    )


class _Made:
    """Every column as an array; ids count up from 1 by time of storing."""

    def __init__(
        self,
        draw: np.random.Generator,
        brand_id: int,
        watch_ids: list[int],
        mentions: int,
        open_cases: int,
        now: datetime,
    ) -> None:
        self._draw, self._brand_id, self._now = draw, brand_id, now
        self.cases = int(mentions / MENTIONS_PER_CASE)
        if open_cases > self.cases:
            raise ValueError(f"{mentions} mentions make {self.cases} cases: fewer can be open")
        case_of, at = self._spread(mentions)
        self._case_of, self._at = case_of, at
        self._source = _picked(draw, SOURCES, self.cases)
        self._language = _picked(draw, LANGUAGES, self.cases)
        self._watch = np.array(watch_ids)[draw.choice(len(WATCHES), size=mentions, p=list(WATCHES.values()))]
        self._chances = draw.dirichlet((0.7, 0.7, 0.5), size=mentions)
        self._abstained = draw.random(mentions) < 0.12
        self._intent = _picked(draw, INTENTS, mentions)
        followers = draw.pareto(0.9, self.cases) * 60
        self._followers = np.where(draw.random(self.cases) < 0.3, -1, followers).astype(np.int64)
        self._texts = _texts(draw, mentions)
        self._lead = self._leads()
        self._is_open = self._opened(open_cases)

    def write(self, database: Database) -> None:
        _copy(database, Author.__table__, self.cases, {
            "id": range(1, self.cases + 1), "brand_id": repeat(self._brand_id), "source": self._source,
            "external_id": (f"author-{n}" for n in range(self.cases)),
            "handle": (f"person{n}" for n in range(self.cases)), "name": (f"Person {n}" for n in range(self.cases)),
            "followers": self._told_followers(),
            "first_seen_at": repeat(self._now), "updated_at": repeat(self._now),
        })  # fmt: skip
        _copy(database, Case.__table__, self.cases, self._case_columns())
        _copy(database, Mention.__table__, len(self._at), self._mention_columns())
        ids = range(1, len(self._at) + 1)
        _copy(database, WatchMention.__table__, len(self._at), {"watch_id": self._watch, "mention_id": ids})
        pairs = np.unique(np.stack([self._watch, self._case_of + 1], axis=1), axis=0)
        _copy(database, CaseWatch.__table__, len(pairs), {"watch_id": pairs[:, 0], "case_id": pairs[:, 1]})

    def write_rollups(self, database: Database) -> None:
        changes = Changes()
        labels = self._chances.argmax(axis=1)
        for n, at in enumerate(_instants(self._at)):
            case = self._case_of[n]
            chances = [float(chance) for chance in self._chances[n]]
            language = str(self._language[case])
            counted = Counted(
                at, str(self._source[case]), language, int(case) + 1,
                _LABELS[labels[n]], bool(self._abstained[n]), *chances, language,
            )  # fmt: skip
            changes.add(counted, [int(self._watch[n])])
        with database.writing() as session:
            changes.write(session)

    def _spread(self, mentions: int) -> tuple[Any, Any]:
        """Give every mention its case and its instant, sorted by time: the order of storing."""
        end = int(self._now.timestamp() * 1e6)
        begins = end - self._draw.integers(0, DAYS * 86_400_000_000, self.cases)
        case_of = np.concatenate([np.arange(self.cases), self._draw.integers(0, self.cases, mentions - self.cases)])
        later = self._draw.exponential(6 * 3_600_000_000, mentions).astype(np.int64)
        later[: self.cases] = 0
        at = np.minimum(begins[case_of] + later, end - 1_000_000)
        order = np.argsort(at, kind="stable")
        # Cases, too, are numbered in the order in which they open.
        number = np.empty(self.cases, dtype=np.int64)
        number[np.argsort(begins, kind="stable")] = np.arange(self.cases)
        return number[case_of[order]], at[order]

    def _leads(self) -> Any:
        """The most unhappy mention of every case."""
        order = np.lexsort((-self._chances[:, 0], self._case_of))
        _, first = np.unique(self._case_of[order], return_index=True)
        return order[first]

    def _opened(self, wanted: int) -> Any:
        is_open = np.zeros(self.cases, dtype=bool)
        is_open[-(wanted // 2) :] = True
        older = self._draw.choice(self.cases - wanted // 2, size=wanted - wanted // 2, replace=False)
        is_open[older] = True
        return is_open

    def _told_followers(self) -> list[int | None]:
        return [None if n < 0 else min(int(n), 30_000_000) for n in self._followers]

    def _case_columns(self) -> dict[str, _Column]:
        lead_at = list(_instants(self._at[self._lead]))
        p_negative = [float(p) for p in self._chances[self._lead, 0]]
        followers = self._told_followers()
        keys = (
            rank_key(p_negative=p, followers=f, lead_at=at)
            for p, f, at in zip(p_negative, followers, lead_at, strict=True)
        )
        labels = self._chances[self._lead].argmax(axis=1)
        return {
            "id": range(1, self.cases + 1), "brand_id": repeat(self._brand_id),
            "state": ["open" if is_open else "resolved" for is_open in self._is_open],
            "author_id": range(1, self.cases + 1), "lead_mention_id": self._lead + 1,
            "mention_count": np.bincount(self._case_of, minlength=self.cases),
            "source": self._source, "language": self._language, "label": [_LABELS[n] for n in labels],
            "abstained": self._abstained[self._lead], "p_negative": p_negative, "followers": followers,
            "intent": self._intent[self._lead],
            **self._ranked_by(lead_at),
            "lead_at": lead_at, "said_at": lead_at, "rank_key": keys, "opened_at": lead_at, "updated_at": lead_at,
            "resolved_at": [None if is_open else at for is_open, at in zip(self._is_open, lead_at, strict=True)],
            "resolution": [None if is_open else "answered" for is_open in self._is_open],
        }  # fmt: skip

    def _ranked_by(self, opened_at: Sequence[datetime]) -> dict[str, _Column]:
        """What the ranking takes in; one case in twenty is of one of two hundred incidents."""
        draw, count = self._draw, self.cases
        unhappy = self._chances[self._lead, 0] >= 0.5
        tells = draw.lognormal(0.0, 1.0, count)
        minutes = np.where(unhappy, np.where(tells > 3.6, 30, 60), 2_880)
        incident = draw.integers(1, 4_001, count)
        return {
            "p_question": draw.random(count), "intensity": draw.random(count), "telling": tells,
            "hearers": 30 + 0.15 * np.maximum(self._followers, 0) ** 0.8, "velocity": draw.lognormal(0.0, 0.5, count),
            "tau": np.where(self._source == "app_store", 4_320.0, 180.0),
            "answerability": draw.choice([0.2, 0.6, 1.0], count),
            "promise_class": np.where(unhappy, "unhappy", "other"),
            "promised_by": [at + timedelta(minutes=int(n)) for at, n in zip(opened_at, minutes, strict=True)],
            "sharer": draw.random(count) * 100, "badge": ["frequent" if rate > 3.6 else None for rate in tells],
            "incident_id": [int(n) if n <= 200 else None for n in incident],
        }  # fmt: skip

    def _mention_columns(self) -> dict[str, _Column]:
        count = len(self._at)
        at = list(_instants(self._at))
        language = self._language[self._case_of]
        return {
            "id": range(1, count + 1), "brand_id": repeat(self._brand_id), "source": self._source[self._case_of],
            "external_id": (f"post-{n}" for n in range(count)), "kind": repeat("post"), "text": self._texts,
            "url": (f"https://example.org/posts/{n}" for n in range(count)), "language": language,
            "author_id": self._case_of + 1, "likes": self._draw.integers(0, 50, count), "is_repost": repeat(False),
            "created_at": at, "version_at": at, "revision": repeat(1), "stored_at": at,
            "label": [_LABELS[n] for n in self._chances.argmax(axis=1)],
            "p_negative": self._chances[:, 0], "p_neutral": self._chances[:, 1], "p_positive": self._chances[:, 2],
            "confidence": self._chances.max(axis=1), "abstained": self._abstained, "opinion_language": language,
            "intent": self._intent, "intent_confidence": self._draw.uniform(0.3, 1, count),
            "intensity": self._draw.random(count),
            "model": repeat("bench"), "scored_at": at, "score_attempts": repeat(0), "case_id": self._case_of + 1,
        }  # fmt: skip


def _picked(draw: np.random.Generator, shares: dict[str, float], count: int) -> Any:
    return np.array(list(shares), dtype=object)[draw.choice(len(shares), size=count, p=list(shares.values()))]


def _texts(draw: np.random.Generator, count: int) -> list[str]:
    syllables = ["ka", "ro", "mi", "te", "lu", "so", "van", "der", "pe", "zi", "no", "ha", "bu", "fe", "gri", "sta"]
    words = np.array(["".join(draw.choice(syllables, size=2 + n % 3)) for n in range(5000)], dtype=object)
    lengths = np.clip(draw.lognormal(2.7, 0.5, count), 4, 120).astype(np.int64)
    chosen = words[np.minimum(draw.zipf(1.3, lengths.sum()), len(words)) - 1].tolist()
    ends = np.cumsum(lengths).tolist()
    texts = [" ".join(chosen[start:end]) for start, end in zip([0, *ends], ends, strict=False)]
    for word, places in (
        (FREQUENT, np.flatnonzero(draw.random(count) < 0.10)),
        (UNCOMMON, np.flatnonzero(draw.random(count) < 0.01)),
        (RARE, draw.choice(count, size=RARE_COUNT, replace=False)),
    ):
        for place in places.tolist():
            texts[place] += f" {word}"
    return texts


def _instants(microseconds: Any) -> Iterator[datetime]:
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return (epoch + timedelta(microseconds=int(moment)) for moment in microseconds)


def _copy(database: Database, table: Any, count: int, columns: dict[str, _Column]) -> None:
    """Write rows by the driver's fastest way, values bound as the table's own types bind them."""
    rows = zip(*(_bound(database, table, name, column) for name, column in columns.items()), strict=False)
    rows = islice(rows, count)
    connection = database.engine.raw_connection()
    try:
        cursor = connection.cursor()
        names = ", ".join(columns)
        if database.is_sqlite:
            cursor.execute("BEGIN IMMEDIATE")
            marks = ", ".join("?" * len(columns))
            cursor.executemany(f"INSERT INTO {table.name} ({names}) VALUES ({marks})", rows)
            cursor.execute("COMMIT")
        else:
            with cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:  # type: ignore[attr-defined]
                for row in rows:
                    copy.write_row(row)
            if "id" in columns:
                cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), {count})")
            connection.commit()
    finally:
        connection.close()


def _bound(database: Database, table: Table, name: str, column: _Column) -> Iterable[Any]:
    if isinstance(column, np.ndarray):
        column = column.tolist()
    bind = table.c[name].type.dialect_impl(database.engine.dialect).bind_processor(database.engine.dialect)
    return column if bind is None else map(bind, column)


class _search_index_apart:  # noqa: N801 — reads as the statement it is
    """Leaves the search index out while rows are written, and builds it once at the end."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def __enter__(self) -> None:
        with self._database.writing() as session:
            if self._database.is_sqlite:
                found = "SELECT sql FROM sqlite_master WHERE name = 'mentions_search_insert'"
                self._trigger = session.execute(text(found)).scalar_one()
                session.execute(text("DROP TRIGGER mentions_search_insert"))
            else:
                session.execute(text("DROP INDEX mentions_search"))

    def __exit__(self, *_: object) -> None:
        with self._database.writing() as session:
            if self._database.is_sqlite:
                session.execute(text("INSERT INTO mentions_search(mentions_search) VALUES ('rebuild')"))
                session.connection().exec_driver_sql(self._trigger)
            else:
                session.execute(text("CREATE INDEX mentions_search ON mentions USING gin (search)"))
