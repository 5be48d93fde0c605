"""Training: batch after batch forward, back, and one step downhill, until the validation rows stop gaining."""

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite
from random import Random

from .losses import CrossEntropy
from .metrics import accuracy, macro_f1, named
from .network import Network
from .optimisers import Optimiser
from .schedules import Schedule
from .vectors import Rows

History = dict[str, list[float]]
"""Name of a metric to its value in each epoch."""


@dataclass(frozen=True)
class Plan:
    """How long, in what portions, and how patiently.

    epochs: passes over the training rows, at most. batch: rows a step. schedule: epochs passed to the learning rate.
    patience: epochs without a new lowest validation loss after which training stops; None never stops it.
    seed: of the order of the rows.
    """

    epochs: int
    batch: int
    schedule: Schedule
    patience: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        for name, value in (("epochs", self.epochs), ("batch", self.batch), ("patience", self.patience)):
            if value is not None and value < 1:
                raise ValueError(f"plan: {name} is {value}: it must be 1 or more")


@dataclass(frozen=True)
class Labelled:
    """Raw rows `[n, k]` and the class of each, `[n]`."""

    rows: Rows
    labels: Sequence[int]


def train(
    network: Network,
    examples: Labelled,
    plan: Plan,
    optimiser: Optimiser,
    loss: CrossEntropy,
    validation: Labelled | None = None,
    report: Callable[[History], None] = lambda history: None,
) -> History:
    """Train `network` in place; with `validation` it ends with the weights of the epoch that did best there.

    Returns the history: `loss` and `macro_f1` on the training rows, taken in passing while the weights change; with
    `validation` also `validation_loss`, `validation_accuracy` and `validation_macro_f1` at the end of each epoch.
    report: called after each epoch. Raises: ValueError for rows or labels that do not fit, and
    for a loss that grows beyond all numbers.
    """
    x, seen = _ready(network, examples, loss), _ready(network, validation, loss) if validation else []
    history: History = {}
    best: list[list[float]] = []
    random = Random(plan.seed)
    for epoch in range(plan.epochs):
        order = random.sample(range(len(x)), len(x))
        _note(history, _epoch(network, x, examples.labels, order, epoch, plan, optimiser, loss))
        if validation:
            _note(history, _scores(network, seen, validation.labels, loss))
            if best_epoch(history) == epoch + 1:
                best = [list(row) for row in network.parameters()]
        if not all(isfinite(values[-1]) for values in history.values()):
            raise ValueError(f"epoch {epoch + 1}: the loss is no finite number: take a lower learning rate")
        report(history)
        if validation and plan.patience and epoch + 1 - best_epoch(history) >= plan.patience:
            break
    if best:
        for row, kept in zip(network.parameters(), best, strict=True):
            row[:] = kept
    return history


def best_epoch(history: History) -> int:
    """The first epoch with the lowest validation loss, counted from 1."""
    losses = history["validation_loss"]
    return losses.index(min(losses)) + 1


def _epoch(
    network: Network,
    x: Sequence["array[float]"],
    labels: Sequence[int],
    order: Sequence[int],
    epoch: int,
    plan: Plan,
    optimiser: Optimiser,
    loss: CrossEntropy,
) -> dict[str, float]:
    """One pass over the rows in the given order."""
    total, answers = 0.0, []
    for first in range(0, len(order), plan.batch):
        chosen = order[first : first + plan.batch]
        targets = [labels[i] for i in chosen]
        scores = network.forward([x[i] for i in chosen], training=True)
        network.backward(loss.gradient(scores, targets))
        optimiser.rate = plan.schedule(epoch + first / len(order))
        optimiser.step(network.parameters(), network.gradients())
        total += len(chosen) * loss.value(scores, targets)
        answers += named(scores)
    return {"loss": total / len(order), "macro_f1": macro_f1([labels[i] for i in order], answers)}


def _scores(network: Network, x: Rows, labels: Sequence[int], loss: CrossEntropy) -> dict[str, float]:
    scores = network.forward(x)
    answers = named(scores)
    return {
        "validation_loss": loss.value(scores, labels),
        "validation_accuracy": accuracy(labels, answers),
        "validation_macro_f1": macro_f1(labels, answers),
    }


def _ready(network: Network, examples: Labelled, loss: CrossEntropy) -> list["array[float]"]:
    """Checked and standardised rows."""
    x = network.source.forward(examples.rows)
    loss.check(examples.labels, len(x), network.outputs)
    return x


def _note(history: History, values: dict[str, float]) -> None:
    for name, value in values.items():
        history.setdefault(name, []).append(value)
