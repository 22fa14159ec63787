"""Writes the card that lies beside a model: what it was made from, what was measured, what it cannot do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sentiment.model_facts import ModelFacts
from sentiment.training.calibrate import Figures
from sentiment.training.loop import Plan
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
    plan: Plan,
    rows: Sequence[Row],
    figures: Sequence[Figures],
    agreement: float,
) -> Path:
    """Write MODEL_CARD.md into `folder` from the rows trained on and the figures measured on rows never used.

    `agreement` is the share of those rows on which the int8 file chooses the label that the fp32 network does.
    """
    parts = (
        _summary(facts, origin, plan, len(rows), agreement),
        _figures(figures, facts),
        _limits(facts, figures),
        _rows(rows),
    )
    path = folder / CARD_FILE
    path.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    return path


def _summary(facts: ModelFacts, origin: Origin, plan: Plan, rows: int, agreement: float) -> str:
    return f"""# {facts.title}

Says whether a short public text is negative, neutral or positive. Supported languages: {_listed(facts.languages)}.

- Encoder: {origin.encoder} ({origin.licence}),
  the mean of its last layer, a linear head of three logits.
- Trained on {rows:,} rows (below), {plan.epochs} epoch(s), batches of {plan.batch}, {plan.length} pieces, seed
  {plan.seed}; the neutral logit is left out of the loss where a set knows no neutral.
- Text form: links become `http`, handles `@user`, emoji their Unicode names; at most {facts.length} pieces are read.
- Weights are int8, one scale per output channel; it agrees with the fp32 network on {agreement:.1%} of the rows
  measured. Temperatures and the floor ({facts.floor:.2f}) were chosen on one half
  of the development rows, the figures below were measured on the other half, through the int8 file."""


def _figures(figures: Sequence[Figures], facts: ModelFacts) -> str:
    own = [each for each in figures if each.language in (facts.languages or ())]
    lines = [
        "## Measured",
        "",
        "Sets of two classes are judged with neutral left out of the choice; `all` pools the sets of three.",
        "",
        "| language | set | classes | rows | macro-recall | macro-F1 | accuracy | ECE | sure | right when sure |",
        "|---|---|---|---|---|---|---|---|---|---|",
        *(_figure_line(each) for each in own),
    ]
    return "\n".join(lines)


def _figure_line(each: Figures) -> str:
    sure = "–" if each.accuracy_when_sure is None else f"{each.accuracy_when_sure:.3f}"
    return (
        f"| {each.language} | {each.set} | {each.classes} | {each.rows:,} | {each.macro_recall:.3f} "
        f"| {each.macro_f1:.3f} | {each.accuracy:.3f} | {each.calibration_error:.3f} | {each.coverage:.0%} | {sure} |"
    )


def _limits(facts: ModelFacts, figures: Sequence[Figures]) -> str:
    others = [each for each in figures if each.set == "all" and each.language not in (facts.languages or ())]
    measured = ", ".join(f"{each.language} {each.macro_recall:.2f}" for each in others)
    beside = f"\n  Macro-recall there, where it was measured: {measured} (guessing gives 0.33)." if measured else ""
    return f"""## Limits

- Texts in any other language, or whose language cannot be told, are always shown as unsure, with the reason. Label
  and probabilities are still given, flattened by a high temperature.{beside}
- Sarcasm, irony and quoted speech are often misread, and so are texts that feel differently about two things.
- Romanised Hindi mixed with English is often taken for English.
- Labels of the sets are noisy, neutral most of all. Reviews and tweets of 2010–2020 outweigh everything else.
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
