"""Widens an English encoder's vocabulary: its pieces stay as they are, those of other languages are added."""

from __future__ import annotations

import json
import unicodedata
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from torch import Tensor, nn
from torch.nn import functional

from sentiment.training.rows import Row

UNKNOWN = "[UNK]"
MARKS = ("[PAD]", UNKNOWN, "[CLS]", "[SEP]", "[MASK]")
EMOJI = (range(0x2600, 0x27C0), range(0x1F300, 0x1F650), range(0x1F680, 0x1F700), range(0x1F900, 0x1FB00))


class PieceEmbedding(nn.Module):
    """An embedding of two tables: the pieces the encoder `known` before, and those `added` to it.

    Two tables have two learning rates, and gradients of only the rows that a batch holds: of fifty thousand pieces a
    batch has some hundreds, and moving all of them at each step cost a quarter of its time.
    """

    def __init__(self, known: Tensor, added: Tensor) -> None:
        super().__init__()
        self.known = nn.Parameter(known.clone())
        self.added = nn.Parameter(added.clone())

    def forward(self, input_ids: Tensor) -> Tensor:
        """Return embeddings (texts, pieces, width) for ids (texts, pieces)."""
        first = len(self.known)
        is_added = (input_ids >= first).unsqueeze(-1)
        old = functional.embedding(input_ids.clamp(max=first - 1), self.known, sparse=True)
        new = functional.embedding((input_ids - first).clamp(min=0), self.added, sparse=True)
        return torch.where(is_added, new, old)

    def joined(self) -> Tensor:
        """Return the whole table (pieces, width), without gradient."""
        return torch.cat([self.known, self.added]).detach()


def widened_tokenizer(tokenizer: Tokenizer, rows: Sequence[Row], *, pieces: int, seed: int) -> Tokenizer:
    """Return a tokenizer with the pieces of `tokenizer`, in their order, and up to `pieces` more after them.

    The new ones are all emoji, then what a WordPiece trainer finds in `rows`, in which each language counts as the
    square root of its rows. Text must come folded (`sentiment.normalise.folded`): the tokenizer changes no letters.
    """
    known = json.loads(tokenizer.to_str())["model"]["vocab"]
    ordered = sorted(known, key=known.__getitem__)
    kept = [piece for piece in ordered if not piece.startswith("[unused")]
    found = _found_pieces(_balanced(rows, seed=seed), len(kept) + pieces)
    fresh = list(dict.fromkeys(piece for piece in (*_emoji(), *found) if piece not in known))[:pieces]
    return word_pieces({piece: place for place, piece in enumerate(kept + fresh)})


def widened_embedding(weight: Tensor, old: Tokenizer, new: Tokenizer) -> PieceEmbedding:
    """Return an embedding for `new`: known pieces keep their row of `weight`, others get the mean of what spells them.

    An emoji is spelled by its Unicode name, so that a smile starts where "smiling face" stands.
    """
    plain = Tokenizer.from_str(old.to_str())
    plain.no_padding()
    plain.no_truncation()
    known = old.get_vocab()
    table = torch.zeros(new.get_vocab_size(), weight.shape[1])
    for piece, place in new.get_vocab().items():
        if piece in known:
            table[place] = weight[known[piece]]
            continue
        spelled = unicodedata.name(piece, piece).lower() if len(piece) == 1 else piece.removeprefix("##")
        ids = plain.encode(spelled, add_special_tokens=False).ids
        table[place] = weight[ids].mean(0) if ids else weight.mean(0)
    kept = sum(piece in known for piece in new.get_vocab())
    return PieceEmbedding(table[:kept], table[kept:])


def word_pieces(vocabulary: dict[str, int]) -> Tokenizer:
    """Return a WordPiece tokenizer of this vocabulary, which must hold `MARKS`."""
    made = Tokenizer(models.WordPiece(vocabulary, unk_token=UNKNOWN, max_input_chars_per_word=100))
    made.normalizer = normalizers.BertNormalizer(strip_accents=False, lowercase=False)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", vocabulary["[CLS]"]), ("[SEP]", vocabulary["[SEP]"])]
    )
    made.add_special_tokens(list(MARKS))
    return made


def _found_pieces(texts: Iterable[str], size: int) -> list[str]:
    """Return the pieces a trainer finds, the commonest joins first."""
    learner: Any = Tokenizer(models.WordPiece(unk_token=UNKNOWN))
    learner.normalizer = normalizers.BertNormalizer(strip_accents=False, lowercase=False)
    learner.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(
        vocab_size=size, min_frequency=4, limit_alphabet=1_500, special_tokens=list(MARKS), show_progress=False
    )
    learner.train_from_iterator(texts, trainer)
    vocabulary = learner.get_vocab()
    return sorted(vocabulary, key=vocabulary.__getitem__)


def _balanced(rows: Sequence[Row], *, seed: int) -> Iterator[str]:
    """Yield texts so that a language of n rows is read in proportion to the square root of n."""
    counted = Counter(row.language for row in rows)
    largest = max(counted.values())
    for row in rows:
        times = (largest / counted[row.language]) ** 0.5
        spare = zlib.crc32(f"{seed} {row.id}".encode()) / 2**32 < times % 1
        for _ in range(int(times) + spare):
            yield row.text


def _emoji() -> Iterator[str]:
    for place in (code for block in EMOJI for code in block):
        if unicodedata.name(chr(place), ""):
            yield chr(place)
