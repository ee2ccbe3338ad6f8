"""What each model cost and how well it predicts held-out text: `python experiments/equal_footing/cost.py FOLDER...`."""

from __future__ import annotations

import argparse
from pathlib import Path

from embedbench.pretraining.card import ModelCard, read_card

_HEAD = ("model", "words seen", "parameters", "in training only", "MB", "seconds", "held-out", "unigram", "unit")


def row(folder: Path, card: ModelCard) -> tuple[str, ...]:
    """One line of the table; losses where a family has no perplexity."""
    measure = "perplexity" if "perplexity" in card.held_out else "loss"
    weights = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return (
        folder.name,
        f"{card.words_seen:,}",
        f"{card.parameters:,}",
        f"{card.training_parameters:,}",
        f"{weights / 1e6:.1f}",
        f"{card.seconds:,.0f}",
        f"{card.held_out[measure]:,.4g}",
        f"{card.held_out[f'unigram_{measure}']:,.4g}",
        f"{measure} {card.unit}",
    )


def main() -> None:
    """Prints Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    rows = [_HEAD, tuple("---" for _ in _HEAD)]
    for folder in parser.parse_args().folders:
        card = read_card(folder)
        if card is None:
            raise SystemExit(f"{folder} holds no finished model of embedbench pretrain")
        rows.append(row(folder, card))
    print("\n".join(f"| {' | '.join(cells)} |" for cells in rows))


if __name__ == "__main__":
    main()
