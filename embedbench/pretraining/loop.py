"""The training loop that all networks share: batches by seed, checkpoints, early stop, held-out loss in a log."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from embedbench.errors import DataError, NumericalError
from embedbench.pretraining.budget import Budget
from embedbench.pretraining.checkpoint import Checkpoint, TrainingLog
from embedbench.pretraining.objective import Batch, HeldOutLoss, Objective, Optimisation, Trained
from embedbench.progress import Progress


def run(
    objective: Objective,
    budget: Budget,
    optimisation: Optimisation,
    *,
    seed: int,
    folder: Path,
    key: str,
    progress: Progress,
) -> Trained:
    """Trains the objective's network in place, which ends with the weights of the lowest held-out loss.

    A training that was killed goes on where its newest checkpoint lies, and ends as if it had never been killed: every
    draw depends on the seed and the step alone.

    Args:
        objective: what to train.
        budget: how much.
        optimisation: how.
        seed: of the order of batches, of dropout and of masks.
        folder: where checkpoint and log live.
        key: fingerprint of everything that the result depends on.
        progress: told words and held-out perplexities.

    Raises:
        NumericalError: the loss is not finite.
        ConfigurationError: the folder holds the checkpoint of another training.
    """
    with _threads(optimisation.threads):
        return _Run(objective, budget, optimisation, seed, folder, key, progress).run()


@contextmanager
def _threads(n: int) -> Iterator[None]:
    """That many CPU threads for torch, inside only."""
    before = torch.get_num_threads()
    torch.set_num_threads(n)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class _Run:
    def __init__(
        self,
        objective: Objective,
        budget: Budget,
        optimisation: Optimisation,
        seed: int,
        folder: Path,
        key: str,
        progress: Progress,
    ) -> None:
        self._objective, self._budget, self._how, self._seed = objective, budget, optimisation, seed
        self._progress = progress
        self._checkpoint, self._log = Checkpoint(folder, key), TrainingLog(folder)
        self._network = objective.network
        self._device = next(self._network.parameters()).device
        trained = [p for p in self._network.parameters() if p.requires_grad]
        groups = [
            {"params": [p for p in trained if p.dim() > 1], "weight_decay": optimisation.weight_decay},
            {"params": [p for p in trained if p.dim() <= 1], "weight_decay": 0.0},
        ]
        # The fused kernel needs one pass over the weights instead of a dozen.
        self._optimiser = torch.optim.AdamW(groups, lr=optimisation.learning_rate, betas=(0.9, 0.98), fused=True)
        self._parameters = trained
        self._words = self._step = self._epoch = self._place = self._evaluated = self._bad = 0
        self._seconds, self._losses, self._counted = 0.0, 0.0, 0
        self._best: HeldOutLoss | None = None
        self._best_weights: dict[str, Tensor] = {}

    def run(self) -> Trained:
        if not self._resume():
            self._log.rewind(0)
        started, before = time.monotonic(), self._seconds
        last_written = started
        total, stopped = self._budget.words, self._stopped
        with self._progress.phase("train", total, "words") as advance:
            advance(self._words)
            while self._words < total and not stopped:
                batches = self._objective.batches(self._epoch)
                if not batches:
                    raise DataError("the training text is too short to make one batch; give more text")
                for batch in batches[self._place :]:
                    n = self._objective.words(batch)
                    self._update(batch)
                    self._words, self._step, self._place = self._words + n, self._step + 1, self._place + 1
                    advance(n)
                    due = self._words * self._budget.evaluations // total
                    self._seconds = before + time.monotonic() - started
                    if due > self._evaluated or self._words >= total:
                        self._evaluated = due
                        self._evaluate()
                        stopped = self._stopped
                    if time.monotonic() - last_written >= self._budget.checkpoint_seconds or stopped:
                        self._seconds = before + time.monotonic() - started
                        self._write()
                        last_written = time.monotonic()
                    if self._words >= total or stopped:
                        break
                else:
                    self._epoch, self._place = self._epoch + 1, 0
        assert self._best is not None
        self._network.load_state_dict(self._best_weights)
        seconds = before + time.monotonic() - started
        return Trained(self._words, self._step, seconds, self._best, stopped and self._words < total)

    @property
    def _stopped(self) -> bool:
        return 0 < self._budget.patience <= self._bad

    def _update(self, batch: Batch) -> None:
        for group in self._optimiser.param_groups:
            group["lr"] = self._how.learning_rate * _schedule(self._words / self._budget.words, self._how.warm_up)
        self._network.train()
        # Dropout draws from torch's global generator; each step has its own, so that a resumed run draws the same.
        with torch.random.fork_rng(devices=[self._device] if self._device.type == "cuda" else []):
            torch.manual_seed(self._seed * 1_000_003 + self._step)
            with self._precision():
                loss = self._objective.loss(batch, np.random.default_rng([self._seed, self._step]))
            loss.backward()
        torch.nn.utils.clip_grad_norm_(self._parameters, self._how.clip_norm)
        self._optimiser.step()
        self._optimiser.zero_grad(set_to_none=True)
        value = loss.item()
        if not math.isfinite(value):
            raise NumericalError(
                f"the training loss became {value} at step {self._step}, after {self._words:,} words; lower the "
                f"learning rate, now {self._how.learning_rate}"
            )
        self._losses, self._counted = self._losses + value, self._counted + 1

    def _precision(self) -> AbstractContextManager[Any]:
        return torch.autocast(self._device.type, dtype=torch.bfloat16, enabled=self._how.bf16)

    def _evaluate(self) -> None:
        self._network.eval()
        with torch.no_grad(), self._precision():
            loss = self._objective.held_out()
        if self._best is None or loss.mean < self._best.mean:
            self._best, self._bad = loss, 0
            self._best_weights = {name: value.clone() for name, value in self._network.state_dict().items()}
        else:
            self._bad += 1
        training = self._losses / max(self._counted, 1)
        rate = self._words / max(self._seconds, 1e-9)
        self._log.add(
            {
                "words": self._words,
                "step": self._step,
                "epoch": self._epoch,
                "loss": training,
                "held_out_loss": loss.mean,
                "held_out_perplexity": loss.perplexity,
                "seconds": round(self._seconds, 3),
                "words_per_second": round(rate, 1),
            }
        )
        self._progress.note(
            f"{self._words:,} words: loss {training:.3f}, held-out loss {loss.mean:.3f}, perplexity "
            f"{loss.perplexity:,.1f}, {rate:,.0f} words/s"
        )
        self._losses, self._counted = 0.0, 0

    def _write(self) -> None:
        best = self._best
        self._checkpoint.write(
            {
                "network": self._network.state_dict(),
                "optimiser": self._optimiser.state_dict(),
                "best_weights": self._best_weights,
                "best": None if best is None else [best.total, best.targets, best.words],
                "place": [self._words, self._step, self._epoch, self._place, self._evaluated, self._bad],
                "seconds": self._seconds,
                "losses": [self._losses, self._counted],
                "log_lines": self._log.n_lines,
            }
        )

    def _resume(self) -> bool:
        state = self._checkpoint.read()
        if state is None:
            return False
        self._network.load_state_dict(state["network"])
        self._optimiser.load_state_dict(state["optimiser"])
        self._best_weights = {name: value.to(self._device) for name, value in state["best_weights"].items()}
        self._best = None if state["best"] is None else HeldOutLoss(*state["best"])
        self._words, self._step, self._epoch, self._place, self._evaluated, self._bad = state["place"]
        self._seconds, (self._losses, self._counted) = state["seconds"], state["losses"]
        self._log.rewind(state["log_lines"])
        self._progress.note(f"resumed after {self._words:,} words")
        return True


def _schedule(done: float, warm_up: float) -> float:
    """The learning rate as a share of the highest."""
    if done < warm_up:
        return max(done, 1e-3 * warm_up) / warm_up
    return 0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi * min((done - warm_up) / (1 - warm_up), 1.0)))
