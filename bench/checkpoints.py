"""Stock checkpoints to measure with, built on disk: shapes that everybody knows, random weights, a real tokenizer."""

from __future__ import annotations

import random
import warnings
from pathlib import Path

SHAPES = {
    "MiniLM-L6-H384": ("bert", {"hidden_size": 384, "intermediate_size": 1536, "num_hidden_layers": 6}),
    "DistilBERT-base": ("distilbert", {}),
}
"""Six layers each, 384 and 768 wide; what is not named is as the architecture has it by default."""

LABELS = ("negative", "neutral", "positive")

WORDS = (
    *("the", "a", "my", "this", "order", "parcel", "app", "phone", "bill", "late", "broken", "slow", "great", "nice"),
    *("love", "hate", "never", "always", "again", "why", "when", "please", "thanks", "help", "still", "waiting"),
    *("support", "answered", "nobody", "today", "yesterday", "week", "finally", "works", "down", "refund", "price"),
)


def made_up_texts(number: int, seed: int = 1) -> list[str]:
    """Return different texts with the lengths of tweets, in no order: 23 pieces on average, 48 at p95."""
    chance = random.Random(seed)
    texts: dict[str, None] = {}
    while len(texts) < number:
        texts[" ".join(chance.choices(WORDS, k=max(2, round(chance.lognormvariate(2.9, 0.55)))))] = None
    return list(texts)


def write_stock_checkpoint(folder: Path, shape: str) -> Path:
    """Write a classifier of one of `SHAPES` as transformers saves it, with the tokenizer of all-MiniLM-L6-v2."""
    import torch
    from transformers import AutoConfig, AutoModelForSequenceClassification, AutoTokenizer, logging

    from sentiment.training.recipe import minilm_folder

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    kind, sizes = SHAPES[shape]
    names = dict(enumerate(LABELS))
    config = AutoConfig.for_model(kind, id2label=names, label2id={name: i for i, name in names.items()}, **sizes)
    if kind == "bert":
        config.num_attention_heads = 12
    torch.manual_seed(1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        AutoModelForSequenceClassification.from_config(config).save_pretrained(folder)
    AutoTokenizer.from_pretrained(minilm_folder()).save_pretrained(folder)
    return folder
