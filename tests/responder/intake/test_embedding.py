"""Every standing text gets one vector, of the text as it stands, and a vector goes where its text goes."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import select

from responder.context import Context
from responder.db import Database
from responder.intake import embedding
from responder.intake.embedding import STEP, WAITING, packed, unpacked
from responder.intake.scoring import score_waiting
from responder.models import Mention, MentionVector
from sentiment import ModelUnusable
from tests.embedders import HashEmbedder, vector_of
from tests.responder.intake.stores import CREATED, Store, a_mention
from tests.scorers import WordScorer


@pytest.fixture
def store(database: Database) -> Store:
    return Store(database)


def embed_waiting(context: Context, embedder: HashEmbedder, *, wanted: str = "hash 1", step: int = STEP) -> int:
    return embedding.embed_waiting(context, embedder, wanted=wanted, step=step)


def stored(database: Database) -> dict[str, MentionVector]:
    """The vectors by their mention's external id."""
    with database.reading() as session:
        rows = session.execute(select(Mention.external_id, MentionVector).join(MentionVector))
        return {row.external_id: row.MentionVector for row in rows}


def score(context: Context) -> None:
    while score_waiting(context, WordScorer(poison="unscorable"), batch=50):
        pass


def test_a_scored_mention_waits_for_its_vector_and_gets_it_once(store: Store, context: Context) -> None:
    store(*(a_mention(str(number), text=f"text {number}") for number in range(5)))
    assert stored(context.database) == {}
    score(context)
    assert {row.model for row in stored(context.database).values()} == {WAITING}
    with context.database.reading() as session:
        assert embedding.count_waiting(session) == 5
    embedder = HashEmbedder()
    assert [embed_waiting(context, embedder, step=3) for _ in range(3)] == [3, 2, 0]
    assert embedder.given == [["text 4", "text 3", "text 2"], ["text 1", "text 0"]], "the newest first"
    row = stored(context.database)["3"]
    assert row.model == "hash 1"
    assert row.vector is not None
    assert unpacked([row.vector])[0] @ vector_of("text 3") > 0.999


def test_an_edited_text_loses_its_vector_at_once_and_gets_a_new_one(store: Store, context: Context) -> None:
    store(a_mention(text="The kettle leaks."))
    score(context)
    embed_waiting(context, HashEmbedder())
    store(a_mention(text="Mended!", edited_at=CREATED + timedelta(minutes=1)))
    assert stored(context.database) == {}
    score(context)
    assert embed_waiting(context, HashEmbedder()) == 1
    vector = stored(context.database)["1"].vector
    assert vector is not None
    assert unpacked([vector])[0] @ vector_of("Mended!") > 0.999


def test_what_is_deleted_at_the_source_takes_its_vector_along(store: Store, context: Context) -> None:
    store(a_mention(), a_mention("2", text="Another"))
    score(context)
    embed_waiting(context, HashEmbedder())
    store(gone=("1",))
    assert set(stored(context.database)) == {"2"}
    assert embed_waiting(context, HashEmbedder()) == 0


class Meanwhile(HashEmbedder):
    """Something else happens while it makes vectors."""

    def __init__(self, happen) -> None:
        super().__init__()
        self.happen = happen

    def embed(self, texts):
        self.happen()
        return super().embed(texts)


def test_a_vector_of_an_older_text_is_not_written_beside_a_newer_one(store: Store, context: Context) -> None:
    def edit() -> None:
        store(a_mention(text="Mended!", edited_at=CREATED + timedelta(minutes=1)))
        score(context)

    store(a_mention())
    score(context)
    assert embed_waiting(context, Meanwhile(edit)) == 0
    assert stored(context.database)["1"].model == WAITING
    assert embed_waiting(context, HashEmbedder()) == 1


def test_a_text_deleted_while_its_vector_is_made_leaves_none(store: Store, context: Context) -> None:
    store(a_mention(), a_mention("2", text="Another"))
    score(context)
    assert embed_waiting(context, Meanwhile(lambda: store(gone=("1",)))) == 1
    assert set(stored(context.database)) == {"2"}


def test_vectors_of_another_model_are_made_again_after_the_new_ones(store: Store, context: Context) -> None:
    store(*(a_mention(str(number), text=f"text {number}") for number in range(3)))
    score(context)
    embed_waiting(context, HashEmbedder(model="hash 2"))
    store(a_mention("new", text="text new"))
    score(context)
    embedder = HashEmbedder(model="hash 1")
    assert [embed_waiting(context, embedder, step=2) for _ in range(4)] == [1, 2, 1, 0]
    assert embedder.given[0] == ["text new"]
    assert {row.model for row in stored(context.database).values()} == {"hash 1"}


def test_a_process_that_still_runs_the_old_model_does_not_make_the_same_vectors_for_ever(
    store: Store, context: Context
) -> None:
    store(a_mention())
    score(context)
    old = HashEmbedder(model="hash 1")
    assert embed_waiting(context, old, wanted="hash 2") == 1
    assert embed_waiting(context, old, wanted="hash 2") == 0


def test_a_text_that_breaks_the_embedder_costs_itself_alone(store: Store, context: Context) -> None:
    store(*(a_mention(str(number), text="poison" if number == 1 else f"text {number}") for number in range(4)))
    score_waiting(context, WordScorer(poison="unscorable"), batch=50)
    assert embed_waiting(context, HashEmbedder()) == 4
    rows = stored(context.database)
    assert [name for name, row in rows.items() if row.vector is None] == ["1"]
    assert embed_waiting(context, HashEmbedder()) == 0


def test_an_embedder_that_fails_on_everything_is_no_fault_of_the_texts(store: Store, context: Context) -> None:
    store(a_mention())
    score(context)
    with pytest.raises(ValueError, match="breaks"):
        embed_waiting(context, HashEmbedder(poison=""))
    assert stored(context.database)["1"].model == WAITING


def test_missing_files_are_told_and_the_texts_go_on_waiting(store: Store, context: Context) -> None:
    class Missing(HashEmbedder):
        def embed(self, texts):
            raise ModelUnusable("vectors.onnx cannot be read: restore the model's folder")

    store(a_mention())
    score(context)
    with pytest.raises(ModelUnusable, match="restore"):
        embed_waiting(context, Missing())
    assert stored(context.database)["1"].model == WAITING


def test_with_nothing_stored_nothing_is_opened(context: Context) -> None:
    embedder = HashEmbedder()
    assert embed_waiting(context, embedder) == 0
    assert embedder.given == []


def test_no_log_line_holds_a_text(store: Store, context: Context, caplog: pytest.LogCaptureFixture) -> None:
    store(a_mention(text="poison and Quillwort"))
    score(context)
    embed_waiting(context, HashEmbedder())
    assert caplog.records
    assert "Quillwort" not in "".join(str(vars(record)) for record in caplog.records)


def test_a_packed_vector_keeps_its_direction_in_a_byte_a_number() -> None:
    vectors = np.array([vector_of(f"text {number}") for number in range(50)])
    rows = [row for row in map(packed, vectors) if row is not None]
    assert {len(row) for row in rows} == {vectors.shape[1]}
    assert (unpacked(rows) * vectors).sum(axis=1).min() > 0.999
    assert packed(np.zeros(8, dtype=np.float32)) is None
