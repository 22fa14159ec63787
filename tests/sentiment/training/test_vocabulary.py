from __future__ import annotations

import torch

from sentiment.training.vocabulary import PieceEmbedding, widened_embedding, widened_tokenizer
from tests.sentiment.training.tiny_encoder import PIECES, english_tokenizer, invented_rows

KNOWN = [piece for piece in PIECES if not piece.startswith("[unused")]


def wide_tokenizer():
    return widened_tokenizer(english_tokenizer(), invented_rows(60), pieces=2_300, seed=1)


def test_known_pieces_stay_first_and_in_their_order_and_unused_ones_go():
    vocabulary = wide_tokenizer().get_vocab()
    ordered = sorted(vocabulary, key=vocabulary.__getitem__)
    assert ordered[: len(KNOWN)] == KNOWN
    assert not any(piece.startswith("[unused") for piece in ordered)
    assert len(KNOWN) < len(ordered) <= len(KNOWN) + 2_300


def test_frequent_words_and_every_emoji_become_pieces():
    tokenizer = wide_tokenizer()
    assert tokenizer.encode("we love the parcel 😡 🫠").tokens == [
        "[CLS]", "we", "love", "the", "parcel", "😡", "🫠", "[SEP]"
    ]  # fmt: skip


def test_known_pieces_keep_their_place_in_the_embedding_and_new_ones_start_where_their_spelling_stands():
    old, new = english_tokenizer(), wide_tokenizer()
    weight = torch.randn(len(PIECES), 8)
    table = widened_embedding(weight, old, new).joined()
    assert torch.equal(table[new.token_to_id("we")], weight[old.token_to_id("we")])
    spelled = old.encode("love", add_special_tokens=False).ids
    assert torch.allclose(table[new.token_to_id("love")], weight[spelled].mean(0))
    named = old.encode("pouting face", add_special_tokens=False).ids
    assert torch.allclose(table[new.token_to_id("😡")], weight[named].mean(0))


def test_two_tables_answer_as_one_and_only_rows_in_the_batch_get_a_gradient():
    table = PieceEmbedding(torch.randn(4, 3), torch.randn(2, 3))
    ids = torch.tensor([[0, 3], [4, 5]])
    found = table(ids)
    assert torch.equal(found, table.joined()[ids])
    found.sum().backward()
    assert table.added.grad.is_sparse
    assert table.added.grad.to_dense().tolist() == [[1.0] * 3] * 2
    assert table.known.grad.to_dense()[1:3].abs().sum() == 0
