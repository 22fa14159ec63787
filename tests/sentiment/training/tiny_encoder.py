"""An encoder so small that it learns invented rows in a second, and rows for it."""

from __future__ import annotations

import csv
from pathlib import Path

import torch
from tokenizers import Tokenizer

from sentiment.training.network import read_encoder
from sentiment.training.rows import COLUMNS, Row
from sentiment.training.vocabulary import MARKS, widened_embedding, widened_tokenizer, word_pieces

PIECES = (
    *MARKS,
    "[unused1]",
    *"abcdefghijklmnopqrstuvwxyz",
    *(f"##{c}" for c in "abcdefghijklmnopqrstuvwxyz"),
    "we",
    "the",
)
FILLERS = ("the parcel", "that they brought", "to us", "today", "and so do we")
WORDS = {"love": 2, "hate": 0, "table": 1}


def write_encoder(folder: Path) -> Path:
    """Write a random encoder of one layer as transformers would, with a WordPiece tokenizer of English letters."""
    from transformers import BertConfig, BertModel

    torch.manual_seed(3)
    config = BertConfig(
        vocab_size=len(PIECES),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=40,
    )
    BertModel(config).save_pretrained(folder)
    english_tokenizer().save(str(folder / "tokenizer.json"))
    return folder


def english_tokenizer() -> Tokenizer:
    return word_pieces({piece: place for place, piece in enumerate(PIECES)})


def widened(folder: Path, rows: list[Row]):
    """Return the tokenizer and encoder of `folder`, widened for `rows`."""
    plain = Tokenizer.from_file(str(folder / "tokenizer.json"))
    kept = folder / "widened.json"
    if not kept.exists():
        widened_tokenizer(plain, rows, pieces=2_300, seed=1).save(str(kept))
    tokenizer = Tokenizer.from_file(str(kept))
    body = read_encoder(folder)
    embeddings = body.embeddings
    embeddings.word_embeddings = widened_embedding(embeddings.word_embeddings.weight.detach(), plain, tokenizer)
    return tokenizer, body


def invented_rows(count: int, *, prefix: str = "r") -> list[Row]:
    """Return rows whose one telling word decides the label; every tenth is said to be Turkish."""
    rows = []
    for number in range(count):
        word, label = list(WORDS.items())[number % 3]
        rows.append(
            Row(
                id=f"{prefix}-{number}",
                text=f"we {word} {FILLERS[number % len(FILLERS)]}",
                label=label,
                language="tr" if number % 10 == 9 else "en",
                set="ours",
                classes=3,
                licence="stated",
            )
        )
    return rows


def write_rows(path: Path, rows: list[Row]) -> Path:
    """Write rows as the CSV file that training reads."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for row in rows:
            label = ("negative", "neutral", "positive")[row.label]
            writer.writerow((row.id, row.text, label, row.language, row.set, row.classes, row.licence))
    return path
