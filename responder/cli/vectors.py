"""The command that turns texts into vectors."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, BinaryIO

import click

from responder.cli.ends import FAILED, NOTHING_DONE
from responder.cli.lines import read_item, written
from sentiment import SHIPPED_MODEL
from sentiment.vectors import Embedder

_LINES_AT_ONCE = 256
_DIGITS = 5
"""Decimals printed: the vectors' own weights have 8 bits."""


@click.command()
@click.argument("file", type=click.File("rb"), default="-")
def embed(*, file: BinaryIO) -> None:
    """Print a vector for each line of JSONL (id, text) from FILE or standard input, in order: id, vector, model.

    Vectors have length 1, so that a product of two of one model is their cosine; null: nothing in the text is readable.
    A line that cannot be read gives id and error.
    """
    embedder = Embedder(SHIPPED_MODEL)
    good = bad = 0
    while lines := list(islice(file, _LINES_AT_ONCE)):
        for answer in _embedded(embedder, [line for line in lines if line.strip()]):
            good, bad = (good, bad + 1) if "error" in answer else (good + 1, bad)
            click.echo(written(answer))
    if not good:
        raise SystemExit(FAILED if bad else NOTHING_DONE)


def _embedded(embedder: Embedder, lines: list[bytes]) -> Iterator[dict[str, Any]]:
    items = [read_item(line) for line in lines]
    vectors = iter(embedder.vectors([item["text"] for item in items if "error" not in item]))
    for item in items:
        if "error" in item:
            yield item
        else:
            vector = next(vectors)
            told = [round(float(number), _DIGITS) for number in vector] if vector.any() else None
            yield {"id": item["id"], "vector": told, "model": embedder.model}
