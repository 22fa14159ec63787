"""Storing pages of mentions: each item once per brand, in its last known version, counted for its watches.

Owns writing what `responder.intake.versions` decides. Fetching pages and moving cursors is left to
`responder.intake.collect`, which calls this inside the same transaction; scoring to `responder.intake.scoring`.

Storing, scoring and triage of one brand happen one writer at a time (`lock_brand`; SQLite has one writer anyway), so
"read what is held, write the difference" cannot be overtaken.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from listeners.pages import Page
from responder.accounts.ours import is_ours, our_accounts
from responder.eligibility import storing
from responder.errors import NotFound
from responder.insights.rollups import Changes, Counted
from responder.intake import leads
from responder.intake.authors import forget_unheard, store_authors
from responder.intake.cleaning import CleanMention, Key, clean, key_of, newest_versions
from responder.intake.versions import CONTENT, COUNTS, is_newer, merged
from responder.models import AccountTrace, Brand, Mention, MentionVector, OverruledOpinion, WatchMention
from responder.sharers.profiles import forget

BATCH = 1000
"""Mentions stored by one set of statements."""

_JUDGED = ("label", "abstained", "p_negative", "p_neutral", "p_positive", "opinion_language")
"""The columns of an opinion that rollups count."""

_NO_INTENT: dict[str, Any] = dict.fromkeys(("intent", "intent_confidence", "intensity"))
_NO_OPINION: dict[str, Any] = {
    **dict.fromkeys(_JUDGED),
    **_NO_INTENT,
    **dict.fromkeys(("confidence", "abstain_reason", "model", "scored_at", "score_fault")),
    "score_attempts": 0,
}
_TOLD = ("kind", "text", "url", "language", "thread_id", "parent_id", "rating", *COUNTS)
_TOLD_ONCE = ("source", "external_id", "addressed", "is_repost", "raw", "created_at", "edited_at", "version_at")
_HELD = tuple(
    getattr(Mention, name)
    for name in (
        "id",
        "source",
        "external_id",
        "created_at",
        "gone_at",
        "case_id",
        *CONTENT,
        *_JUDGED,
        *storing.COLUMNS,
    )
)
_TABLE: Any = Mention.__table__


def _update_of(*names: str) -> Any:
    values = {name: bindparam(name, type_=_TABLE.c[name].type) for name in names}
    return update(_TABLE).where(_TABLE.c.id == bindparam("held_id")).values(values)


_REPLACE = _update_of(*CONTENT, "raw")
_COMPLETE = _update_of(*CONTENT)
_RECOUNT = _update_of(*COUNTS)
_ALLOW = _update_of(*storing.COLUMNS)


@dataclass(slots=True)
class Stored:
    """What storing did: mentions `new` to the brand, `changed` by a newer version, `repeated`, and `gone` (deleted).

    `ids` are those of the new and changed ones.
    """

    new: int = 0
    changed: int = 0
    repeated: int = 0
    gone: int = 0
    ids: list[int] = field(default_factory=list)

    def add(self, other: Stored) -> None:
        """Add up what was done in several parts."""
        self.new += other.new
        self.changed += other.changed
        self.repeated += other.repeated
        self.gone += other.gone
        self.ids += other.ids


def forget_vectors(session: Session, mention_ids: Sequence[int]) -> None:
    """Remove the vectors of texts that no longer stand: much of a text can be guessed back from its vector."""
    session.execute(delete(MentionVector).where(MentionVector.mention_id.in_(mention_ids)))


def forget_traces(session: Session, mention_ids: Collection[int]) -> None:
    """Remove what was noted of these mentions to find their authors' other accounts by: their texts no longer stand."""
    session.execute(delete(AccountTrace).where(AccountTrace.mention_id.in_(mention_ids)))


def lock_brand(session: Session, brand_id: int) -> None:
    """Wait until no other transaction writes this brand's mentions and cases. Raises NotFound for no such brand."""
    # FOR NO KEY UPDATE: rows that merely refer to the brand can be added meanwhile. SQLite ignores it.
    if session.scalar(select(Brand.id).where(Brand.id == brand_id).with_for_update(key_share=True)) is None:
        raise NotFound("There is no such brand.")


def store_page(
    session: Session,
    *,
    brand_id: int,
    watch_ids: Sequence[int],
    page: Page,
    now: datetime,
    source: str | None = None,
) -> Stored:
    """Store a page's mentions as heard by these watches, and follow its deletions.

    An older version than the one held changes nothing, a deletion is final (also when it is heard of before its post),
    and what the platform does not tell (None) never wipes what it told. `source` names the source of `page.gone`; None
    takes that of the page's mentions. Raises NotFound for an unknown brand, ValueError when nothing says where the
    deleted items were.
    """
    lock_brand(session, brand_id)
    writing = _Writing(session, brand_id, tuple(dict.fromkeys(watch_ids)), now)
    mentions = newest_versions(clean(mention, now=now) for mention in page.mentions)
    writing.note_repeats(len(page.mentions) - len(mentions))
    for start in range(0, len(mentions), BATCH):
        writing.store(mentions[start : start + BATCH])
    deleted = [key_of(external_id) for external_id in dict.fromkeys(page.gone)]
    place = source or (mentions[0].source if mentions else "")
    if deleted and not place:
        raise ValueError("name the source that these items were deleted at")
    for start in range(0, len(deleted), BATCH):
        writing.bury(place, deleted[start : start + BATCH])
    return writing.finish()


@dataclass(frozen=True, slots=True)
class _Reading:
    """A mention we hold that was read again: the row, what was read, and the content after it."""

    row: Row[Any]
    mention: CleanMention
    after: Mapping[str, Any]

    @property
    def is_edited(self) -> bool:
        return bool(self.after["text"] != self.row.text)

    @property
    def is_changed(self) -> bool:
        return any(self.after[name] != getattr(self.row, name) for name in ("text", "edited_at", "rating"))

    @property
    def is_recounted(self) -> bool:
        return any(self.after[name] != getattr(self.row, name) for name in COUNTS)

    @property
    def counted(self) -> Counted:
        judged: dict[str, Any] = dict.fromkeys(_JUDGED) if self.is_edited else {}
        return _counted(self.row)._replace(language=self.after["language"], author_id=self.after["author_id"], **judged)


class _Writing:
    """One page on its way into the tables; `finish` tells what was done."""

    def __init__(self, session: Session, brand_id: int, watch_ids: Sequence[int], now: datetime) -> None:
        self._session = session
        self._brand_id = brand_id
        self._watch_ids = watch_ids
        self._now = now
        self._stored = Stored()
        self._rollups = Changes()
        self._cases: set[int] = set()
        self._ours = our_accounts(session, brand_id)

    def store(self, mentions: Sequence[CleanMention]) -> None:
        """Store a batch in which each mention stands once."""
        held = {(row.source, row.external_id): row for row in self._held(mention.key for mention in mentions)}
        live = [mention for mention in mentions if mention.key not in held or held[mention.key].gone_at is None]
        authors = store_authors(
            self._session,
            (mention.author for mention in live if mention.author is not None),
            brand_id=self._brand_id,
            now=self._now,
        )
        self._add([(m, _author_of(m, authors.ids)) for m in live if m.key not in held])
        self._reread([(held[m.key], m, _author_of(m, authors.ids)) for m in live if m.key in held])
        self._cases.update(leads.led_by(self._session, authors.refollowed))
        self.note_repeats(len(mentions) - len(live))

    def note_repeats(self, count: int) -> None:
        """Count items that stood twice on the page, or that nothing was left to do for."""
        self._stored.repeated += count

    def bury(self, source: str, external_ids: Sequence[str]) -> None:
        """Empty what was deleted at the source, and remember deletions of what we have not met yet."""
        held = {row.external_id: row for row in self._held((source, name) for name in external_ids)}
        unmet = [self._tombstone(source, name) for name in external_ids if name not in held]
        if unmet:
            self._execute(insert(_TABLE), unmet)
        self._empty([row for row in held.values() if row.gone_at is None])

    def finish(self) -> Stored:
        """Write the rollups and bring the cases that changed in step."""
        self._rollups.write(self._session)
        leads.refresh(self._session, self._cases, now=self._now)
        return self._stored

    def _held(self, keys: Iterable[Key]) -> Iterator[Row[Any]]:
        by_source: defaultdict[str, list[str]] = defaultdict(list)
        for source, external_id in keys:
            by_source[source].append(external_id)
        for source, external_ids in by_source.items():
            yield from self._session.execute(
                select(*_HELD).where(
                    Mention.brand_id == self._brand_id, Mention.source == source, Mention.external_id.in_(external_ids)
                )
            )

    def _add(self, mentions: Sequence[tuple[CleanMention, int | None]]) -> None:
        if not mentions:
            return
        rows = [self._row(mention, author_id) for mention, author_id in mentions]
        ids = self._session.scalars(insert(_TABLE).returning(_TABLE.c.id), rows).all()
        self._hear([(watch_id, mention_id) for mention_id in ids for watch_id in self._watch_ids])
        for mention, author_id in mentions:
            self._rollups.add(_unscored(mention, author_id), self._watch_ids)
        self._stored.new += len(ids)
        self._stored.ids += ids

    def _reread(self, mentions: Sequence[tuple[Row[Any], CleanMention, int | None]]) -> None:
        """Apply what is newer in mentions we hold, and note which watches hear them for the first time."""
        readings = [
            _Reading(row, mention, merged(row._asdict(), mention, author_id, now=self._now))
            for row, mention, author_id in mentions
        ]
        self._update(readings)
        heard_by = self._heard_by([reading.row.id for reading in readings])
        newly_heard = []
        for reading in readings:
            row, watches = reading.row, heard_by[reading.row.id]
            new = [watch_id for watch_id in self._watch_ids if watch_id not in watches]
            newly_heard += [(watch_id, row.id) for watch_id in new]
            self._rollups.remove(_counted(row), tuple(watches))
            self._rollups.add(reading.counted, (*watches, *new))
            if row.case_id is not None and (new or reading.is_edited or reading.is_recounted):
                self._cases.add(row.case_id)
        self._hear(newly_heard)
        changed = [reading.row.id for reading in readings if reading.is_changed]
        self._stored.changed += len(changed)
        self._stored.repeated += len(readings) - len(changed)
        self._stored.ids += changed

    def _update(self, readings: Sequence[_Reading]) -> None:
        replaced, completed, recounted = [], [], []
        for reading in readings:
            held, after = reading.row._asdict(), reading.after
            if is_newer(held, reading.mention):
                replaced.append({"held_id": reading.row.id, "raw": reading.mention.raw, **after})
            elif any(after[name] != held[name] for name in CONTENT if name not in COUNTS):
                completed.append({"held_id": reading.row.id, **after})
            elif any(after[name] != held[name] for name in COUNTS):
                recounted.append({"held_id": reading.row.id, **{name: after[name] for name in COUNTS}})
        allowed = self._allowed_anew(readings)
        for statement, changes in (
            (_REPLACE, replaced), (_COMPLETE, completed), (_RECOUNT, recounted), (_ALLOW, allowed),
        ):  # fmt: skip
            if changes:
                self._execute(statement, changes)
        self._forget_opinions([reading.row for reading in readings if reading.is_edited])

    def _allowed_anew(self, readings: Sequence[_Reading]) -> list[dict[str, Any]]:
        """Return how those may be answered of which the reading told something else than before."""
        found = []
        for reading in readings:
            row, told = reading.row, {name: reading.after[name] for name in ("url", "addressed", "edited_at")}
            mention = reading.mention._replace(created_at=row.created_at, **told)
            allowed = self._allowed(mention, before=row.eligible_reason)
            if any(value != getattr(row, name) for name, value in allowed.items()):
                found.append({"held_id": row.id, **allowed})
        return found

    def _allowed(self, mention: CleanMention, *, before: str | None = None) -> dict[str, Any]:
        """Return the columns that say whether a mention may be answered."""
        author = mention.author
        is_own = None if author is None else is_ours((author.external_id, author.handle), self._ours)
        return storing.columns(mention, mention.raw, is_own=is_own, before=before, now=self._now)

    def _forget_opinions(self, edited: Sequence[Row[Any]]) -> None:
        """An edited text waits for a new opinion."""
        if edited:
            ids = [row.id for row in edited]
            self._session.execute(
                update(_TABLE).where(_TABLE.c.id.in_(ids)).values(revision=_TABLE.c.revision + 1, **_NO_OPINION)
            )
            forget_vectors(self._session, ids)
            forget_traces(self._session, ids)
        told = ((row.case_id, {"mention_id": row.id}) for row in edited if row.case_id is not None)
        leads.note(self._session, "mention_edited", told, now=self._now)

    def _empty(self, rows: Sequence[Row[Any]]) -> None:
        if not rows:
            return
        heard_by = self._heard_by([row.id for row in rows])
        self._session.execute(
            update(_TABLE)
            .where(_TABLE.c.id.in_([row.id for row in rows]))
            .values(text="", url=None, raw=None, author_id=None, gone_at=self._now, **_NO_INTENT, **storing.GONE)
        )
        # What is kept beneath a person's word can come back no more.
        beneath = OverruledOpinion.mention_id.in_([row.id for row in rows])
        self._session.execute(delete(OverruledOpinion).where(beneath))
        forget_vectors(self._session, [row.id for row in rows])
        forget_traces(self._session, [row.id for row in rows])
        forget(self._session, self._brand_id, [row.id for row in rows], now=self._now)
        forget_unheard(self._session, [row.author_id for row in rows if row.author_id is not None])
        for row in rows:
            self._rollups.remove(_counted(row), tuple(heard_by[row.id]))
            self._rollups.add(_counted(row)._replace(author_id=None), tuple(heard_by[row.id]))
        orphaned = [(row.case_id, {"mention_id": row.id}) for row in rows if row.case_id is not None]
        leads.note(self._session, "mention_gone", orphaned, now=self._now)
        self._cases.update(case_id for case_id, _ in orphaned)
        self._stored.gone += len(rows)

    def _heard_by(self, mention_ids: Sequence[int]) -> Mapping[int, set[int]]:
        heard_by: defaultdict[int, set[int]] = defaultdict(set)
        if mention_ids:
            heard = select(WatchMention.mention_id, WatchMention.watch_id)
            for mention_id, watch_id in self._session.execute(heard.where(WatchMention.mention_id.in_(mention_ids))):
                heard_by[mention_id].add(watch_id)
        return heard_by

    def _hear(self, pairs: Sequence[tuple[int, int]]) -> None:
        if pairs:
            rows = [{"watch_id": watch_id, "mention_id": mention_id} for watch_id, mention_id in pairs]
            self._execute(insert(WatchMention), rows)

    def _execute(self, statement: Any, rows: Sequence[Mapping[str, Any]]) -> None:
        self._session.connection().execute(statement, rows)

    def _row(self, mention: CleanMention, author_id: int | None) -> dict[str, Any]:
        return {
            "brand_id": self._brand_id,
            "author_id": author_id,
            "revision": 1,
            "stored_at": self._now,
            **{name: getattr(mention, name) for name in (*_TOLD, *_TOLD_ONCE)},
            **self._allowed(mention),
        }

    def _tombstone(self, source: str, external_id: str) -> dict[str, Any]:
        return {
            "brand_id": self._brand_id,
            "source": source,
            "external_id": external_id,
            "kind": "post",
            "text": "",
            "is_repost": False,
            "revision": 0,
            **dict.fromkeys(("created_at", "version_at", "stored_at", "gone_at"), self._now),
            **storing.GONE,
        }


def _author_of(mention: CleanMention, ids: Mapping[Key, int]) -> int | None:
    return None if mention.author is None else ids[mention.author.key]


def _counted(row: Row[Any]) -> Counted:
    return Counted(**{name: getattr(row, name) for name in Counted._fields})


def _unscored(mention: CleanMention, author_id: int | None) -> Counted:
    judged: dict[str, Any] = dict.fromkeys(_JUDGED)
    return Counted(
        created_at=mention.created_at,
        source=mention.source,
        language=mention.language,
        author_id=author_id,
        **judged,
    )
