"""Writes the card that lies beside a model: what it was made from, what was measured, what it cannot do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sentiment.model_facts import ModelFacts
from sentiment.training.calibrate import Figures
from sentiment.training.rows import Row, counts_by_set

CARD_FILE = "MODEL_CARD.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where the encoder came from, in words for the card."""

    encoder: str
    licence: str


def write_card(
    folder: Path,
    *,
    facts: ModelFacts,
    origin: Origin,
    recipe: Mapping[str, Any],
    rows: Sequence[Row],
    figures: Sequence[Figures],
    agreement: float,
) -> Path:
    """Write MODEL_CARD.md into `folder` from the rows trained on and the figures measured on rows never used.

    `agreement` is the share of those rows on which the int8 network chooses the label that its fp32 self does.
    """
    parts = (
        _summary(facts, origin, recipe, len(rows), agreement),
        _figures(figures),
        _limits(facts),
        _rows(rows),
    )
    path = folder / CARD_FILE
    path.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    return path


def _summary(facts: ModelFacts, origin: Origin, recipe: Mapping[str, Any], rows: int, agreement: float) -> str:
    masked, mixture, plan, linear = (recipe[stage] for stage in ("masked", "mixture", "plan", "linear"))
    return f"""# {facts.title}

Says whether a short public text is negative, neutral or positive, what its writer wants (complaint, question, praise,
suggestion, noise) and how upset they are. Supported languages: {_listed(facts.languages)}.

- Encoder: {origin.encoder} ({origin.licence}), its English pieces
  kept and up to {recipe["pieces"]:,} of other languages and all emoji added, first learned by guessing masked pieces in
  {masked["texts"]:,} texts under the frozen encoder.
- Network: the mean of the encoder's last layer, one linear head of nine logits; {mixture["visits"]:,} visits to
  {rows:,} rows (below), a language of n rows in proportion to n^{mixture["exponent"]:g}, batches of {plan["batch"]},
  {plan["length"]} pieces, seed {plan["seed"]}. Rare labels weigh (n / 3n_c)^{plan["balance"]:g}; the neutral logit is
  left out of the loss where a set knows no neutral.
- Wide branch: sublinear TF-IDF of characters 2-5 and words 1-2 in a linear model for each language, fitted by L-BFGS
  (strength {linear["strength"]:g}, {linear["rounds"]} rounds), int8, found by 32-bit keys. Its logits are added to the
  network's by a weight per language, and the sum divided by a temperature per language, both chosen on one half of the
  development rows, with the languages that they are found to be.
- Text form: links become `http`, handles `@user`; lower case, no accents on Latin and Greek, Turkish ı as i, each emoji
  once; at most {facts.length} pieces are read.
- Weights are int8, one scale per output channel; the network agrees with its fp32 self on {agreement:.1%} of the rows
  measured. The floor ({facts.floor:.2f}) was chosen on the same half, the figures below were measured on the other,
  through the very files beside this card."""


def _figures(figures: Sequence[Figures]) -> str:
    lines = [
        "## Measured",
        "",
        "Sets of two classes are judged with neutral left out of the choice; `all` pools the sets of three.",
        "",
        "| language | set | classes | rows | macro-recall | macro-F1 | accuracy | ECE | sure | right when sure |",
        "|---|---|---|---|---|---|---|---|---|---|",
        *(_figure_line(each) for each in figures),
    ]
    return "\n".join(lines)


def _figure_line(each: Figures) -> str:
    sure = "–" if each.accuracy_when_sure is None else f"{each.accuracy_when_sure:.3f}"
    return (
        f"| {each.language} | {each.set} | {each.classes} | {each.rows:,} | {each.macro_recall:.3f} "
        f"| {each.macro_f1:.3f} | {each.accuracy:.3f} | {each.calibration_error:.3f} | {each.coverage:.0%} | {sure} |"
    )


def _limits(facts: ModelFacts) -> str:
    return f"""## Limits

- Texts in any language but {_listed(facts.languages)}, or whose language cannot be told, are always shown as unsure,
  with the reason. Label and probabilities are still given.
- Sarcasm, irony and quoted speech are often misread, and so are texts that feel differently about two things.
- Intents were learned from some two thousand rows written for this project and from complaints in English tweets.
- Labels of the sets are noisy, neutral most of all. Reviews and tweets of 2010-2020 outweigh everything else.
- It judges texts, not people, and must not be used to judge people."""


def _rows(rows: Sequence[Row]) -> str:
    lines = [
        "## Training rows",
        "",
        '"stated": the creators allow commercial use as far as known. "none stated": the set states no licence;',
        "whoever must be strict can train again with `--licence stated`. No training row is shipped with the model.",
        "",
        "| set | rows | licence |",
        "|---|---|---|",
        *(f"| {name} | {number:,} | {licence} |" for name, licence, number in counts_by_set(rows)),
    ]
    return "\n".join(lines)


def _listed(languages: Sequence[str] | None) -> str:
    return ", ".join(languages or ()) or "none stated"
