"""What every family is given and what it gives back."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from har.errors import HarError

Predict = Callable[[NDArray[np.floating]], NDArray[np.float32]]
"""Inputs `[n, 128, 6]` (or features `[n, f]`) to the probability of each activity, `[n, a]`."""


@dataclass(frozen=True)
class Examples:
    """Labelled inputs.

    x: windows `[n, 128, 6]` float32 in canonical units (m/s^2 with gravity, rad/s), or features `[n, f]`.
    y: `[n]` int, position of the label in the list of activities. subjects: `[n]` int.
    """

    x: NDArray[np.floating]
    y: NDArray[np.integer]
    subjects: NDArray[np.integer]

    def __post_init__(self) -> None:
        if not len(self.x) == len(self.y) == len(self.subjects):
            counts = f"{len(self.x)} inputs, {len(self.y)} labels and {len(self.subjects)} subjects"
            raise ValueError(f"examples must pair up one to one, but there are {counts}")


@dataclass(frozen=True)
class Trained:
    """One trained model and how it came about.

    payload: the bytes of the model's file, equal for equal weights. suffix: of that file, such as `.keras`.
    history: one value an epoch for each metric, of the model that has not seen the validation subjects.
    validation: `macro_f1`, `accuracy` and `loss` (cross-entropy in nats) of that model; empty without validation.
    temperature: what the logits are divided by inside the model (Guo et al. 2017); 1 where none was fitted.
    """

    payload: bytes
    suffix: str
    history: dict[str, list[float]]
    validation: dict[str, float]
    temperature: float = 1.0


def check(train: Examples, validation: Examples | None, activities: tuple[str, ...]) -> None:
    """Refuse examples that no honest model can come from.

    Raises: HarError if a side is empty, a subject is on both sides, or an activity has no window to learn from.
    """
    for side, examples in (("training", train), ("validation", validation)):
        if examples is not None and not len(examples.y):
            raise HarError(f"there are no {side} windows: check preprocess.validation_subjects in params.yaml.")
    shared = sorted(set(train.subjects.tolist()) & set(validation.subjects.tolist())) if validation else []
    if shared:
        names = ", ".join(map(str, shared))
        raise HarError(f"subjects {names} are on both the training and the validation side: split by subject id alone.")
    counts = np.bincount(train.y, minlength=len(activities))
    missing = [activity for activity, count in zip(activities, counts, strict=False) if count == 0]
    if missing:
        names = ", ".join(missing)
        raise HarError(f"no training window is labelled {names}: check activities and preprocess.validation_subjects.")


def both(train: Examples, validation: Examples) -> Examples:
    """The examples of both sides, those of training first."""
    pairs = ((getattr(train, name), getattr(validation, name)) for name in ("x", "y", "subjects"))
    return Examples(*(np.concatenate(pair) for pair in pairs))


def class_weights(y: NDArray[np.integer], activities: int, balance: float = 1.0) -> NDArray[np.float32]:
    """Weight of each activity `[a]`, inverse to its share of the labels `y [n]`; the mean over all labels is 1.

    balance: power that these weights are raised to; 0 weighs every window alike.
    """
    counts = np.bincount(y, minlength=activities)
    weights = (len(y) / (activities * np.maximum(counts, 1))).astype(np.float32)
    return weights if balance == 1.0 else weights ** np.float32(balance)


def temperature(probabilities: NDArray[np.floating], y: NDArray[np.integer]) -> float:
    """Return what the logits are to be divided by for the lowest cross-entropy on `y [n]` (Guo et al. 2017, sec. 4).

    probabilities: `[n, a]`, of a model that has not seen these examples.
    """
    from scipy.optimize import minimize_scalar

    def loss(exponent: float) -> float:
        return cross_entropy(cooled(probabilities, float(np.exp(exponent))), y)

    return float(np.exp(minimize_scalar(loss, bounds=(-3.0, 3.0), method="bounded").x))


def cooled(probabilities: NDArray[np.floating], temperature: float) -> NDArray[np.float64]:
    """Probabilities `[n, a]` as they are once their logits are divided by the temperature."""
    from scipy.special import softmax

    logits = np.log(np.maximum(probabilities.astype(np.float64), 1e-30))
    cold: NDArray[np.float64] = softmax(logits / temperature, axis=1)
    return cold


def scores(probabilities: NDArray[np.floating], y: NDArray[np.integer]) -> dict[str, float]:
    """Return macro-F1 over the activities that occur in `y [n]`, accuracy and cross-entropy (nats).

    probabilities: `[n, a]`.
    """
    from sklearn.metrics import f1_score

    named = probabilities.argmax(axis=1)
    return {
        "macro_f1": float(f1_score(y, named, labels=np.unique(y), average="macro", zero_division=0)),
        "accuracy": float(np.mean(named == y)),
        "loss": cross_entropy(probabilities, y),
    }


def cross_entropy(probabilities: NDArray[np.floating], y: NDArray[np.integer]) -> float:
    """Mean negative logarithm of the probability `[n, a]` of the true activity `y [n]`, in nats."""
    likelihood = np.maximum(probabilities[np.arange(len(y)), y], 1e-7)
    return float(-np.mean(np.log(likelihood, dtype=np.float64)))
