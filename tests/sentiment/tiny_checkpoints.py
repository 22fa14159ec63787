"""Checkpoints small enough to build in a test, as transformers saves them: real architectures, real tokenizers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from sentiment.calibration import probabilities

THREE = ("Negative", "Neutral", "Positive")

SENTENCES = (
    "I love the table that they brought",
    "I hate waiting for the parcel, nobody answers and nobody cares",
    "The app works again, thanks for the quick help",
    "Why is the bill so high this month?",
    "Kargom hiç gelmedi ve kimse cevap vermiyor",
    "Η εξυπηρέτηση ήταν απαράδεκτη",
)

KINDS = ("bert", "roberta", "xlm-roberta", "distilbert")

_SMALL = {"num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 48}
_SMALL_DISTILBERT = {"n_layers": 2, "n_heads": 4, "hidden_dim": 48}


def write_checkpoint(
    folder: Path,
    labels: tuple[str, ...] = THREE,
    *,
    kind: str = "bert",
    pickled: bool = False,
    headless: bool = False,
    hidden_size: int = 32,
    tokenizer: Any = None,
) -> Path:
    """Write a tiny random classifier of one of `KINDS`, as transformers would: config, weights and tokenizer.

    `tokenizer` None: a fast one as the kind has it.
    """
    import torch
    from transformers import AutoModel, AutoModelForSequenceClassification

    tokenizer = tokenizer or _TOKENIZERS[kind]()
    config = _config(kind, tokenizer, labels, hidden_size)
    torch.manual_seed(7)
    network: Any = (AutoModel if headless else AutoModelForSequenceClassification).from_config(config)
    for name, weights in network.named_parameters():
        if weights.dim() == 2 and "LayerNorm" not in name:
            # Larger than before training: texts must differ, or a wrong mask would never show.
            torch.nn.init.normal_(weights, std=0.3)
    if pickled:
        config.save_pretrained(folder)
        torch.save(network.state_dict(), folder / "pytorch_model.bin")
    else:
        network.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def keep_only_sentencepiece(folder: Path) -> None:
    """Make the tokenizer of an XLM-R checkpoint the one file that most of them have: SentencePiece's own."""
    from sentencepiece import sentencepiece_model_pb2

    trained = sentencepiece_model_pb2.ModelProto()
    trained.trainer_spec.model_type = trained.trainer_spec.UNIGRAM
    for piece in ("<unk>", "<s>", "</s>"):
        kind = trained.SentencePiece.UNKNOWN if piece == "<unk>" else trained.SentencePiece.CONTROL
        trained.pieces.add(piece=piece, score=0.0, type=kind)
    for piece, score in _LIKELY:
        trained.pieces.add(piece=piece, score=score)
    (folder / "sentencepiece.bpe.model").write_bytes(trained.SerializeToString())
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (folder / name).unlink()


def by_transformers(folder: Path | str, texts: Sequence[str], length: int) -> Any:
    """Return the probabilities (texts, labels) that transformers computes, one text at a time."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    network = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    with torch.inference_mode():
        rows = [
            network(**tokenizer(text, truncation=True, max_length=length, return_tensors="pt")).logits[0].numpy()
            for text in texts
        ]
    return probabilities(np.stack(rows))


def _config(kind: str, tokenizer: Any, labels: tuple[str, ...], hidden_size: int) -> Any:
    from transformers import AutoConfig

    return AutoConfig.for_model(
        kind,
        vocab_size=len(tokenizer),
        max_position_embeddings=40,
        pad_token_id=tokenizer.pad_token_id,
        id2label=dict(enumerate(labels)),
        label2id={label: index for index, label in enumerate(labels)},
        **(
            {"dim": hidden_size, **_SMALL_DISTILBERT}
            if kind == "distilbert"
            else {"hidden_size": hidden_size, **_SMALL}
        ),
    )


# The vocabularies are written down here: trained ones come out in another order from run to run.
_WORDS = sorted({word for sentence in SENTENCES for word in sentence.lower().replace(",", "").replace("?", "").split()})
_CHARACTERS = sorted({character for word in _WORDS for character in word})
_LIKELY = [
    *((f"▁{word}", -3.0 - index / 100) for index, word in enumerate(_WORDS)),
    *((character, -6.0 - index / 100) for index, character in enumerate(["▁", *_CHARACTERS])),
]


def _wordpiece() -> Any:
    """A tokenizer as BERT's: lower case, pieces of words, [CLS] and [SEP]."""
    from transformers import PreTrainedTokenizerFast

    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *_WORDS, *_CHARACTERS, *(f"##{each}" for each in _CHARACTERS)]
    vocabulary = {piece: index for index, piece in enumerate(dict.fromkeys(pieces))}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    tokenizer.decoder = decoders.WordPiece()
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]"
    )


def _byte_pairs() -> Any:
    """A tokenizer as RoBERTa's: pairs of bytes; its padding is not 0, and its positions start after it."""
    from transformers import RobertaTokenizerFast

    merges = [("l", "o"), ("lo", "v"), ("lov", "e"), ("h", "a"), ("t", "e"), ("ha", "te"), ("t", "h"), ("th", "e")]
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    pieces = [*special, *sorted(pre_tokenizers.ByteLevel.alphabet()), *("".join(pair) for pair in merges)]
    return RobertaTokenizerFast(vocab={piece: index for index, piece in enumerate(pieces)}, merges=merges)


def _unigram() -> Any:
    """A tokenizer as XLM-R's: likely pieces of text in any script."""
    from transformers import XLMRobertaTokenizerFast

    special = [(piece, 0.0) for piece in ("<s>", "<pad>", "</s>", "<unk>")]
    return XLMRobertaTokenizerFast(vocab=[*special, *_LIKELY, ("<mask>", 0.0)])


_TOKENIZERS = {"bert": _wordpiece, "distilbert": _wordpiece, "roberta": _byte_pairs, "xlm-roberta": _unigram}
