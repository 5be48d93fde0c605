"""Answers that do not flicker: what is believed now follows from the answers so far, never from later ones.

Each smoother is a handful of numbers and one step, so that a phone can do the same.
"""

from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from har.errors import HarError

Floats = NDArray[np.float64]
TINY: Final = 1e-9  # no probability counts as less: one certain mistake must not outweigh all later answers


@dataclass(frozen=True)
class Forward:
    """Forward filter of a hidden Markov model whose states are the activities (Rabiner 1989, sec. III.A).

    stay: probability that the activity is still the same one answer later. The rest is shared equally by the others:
    the order in which a data set's wearers did things is its protocol, not their nature.
    evidence: exponent on each answer's probabilities. Windows overlap, so that answers repeat each other; below 1,
    each counts as less than a new one. The model's classes weigh the same in training, so its probabilities stand for
    likelihoods.
    """

    stay: float
    evidence: float

    def __post_init__(self) -> None:
        if not (0 < self.stay < 1 and self.evidence > 0):
            raise HarError(f"smoother: stay {self.stay} must lie between 0 and 1, evidence {self.evidence} above 0.")

    def step(self, belief: Floats | None, probabilities: NDArray[np.floating]) -> Floats:
        """Belief `[..., a]` after one more answer; `belief` is None before the first."""
        count = probabilities.shape[-1]
        leave = (1 - self.stay) / max(count - 1, 1)
        prior = np.full(probabilities.shape, 1 / count) if belief is None else leave + (self.stay - leave) * belief
        joint = prior * np.maximum(probabilities, TINY) ** self.evidence
        return np.asarray(joint / joint.sum(axis=-1, keepdims=True), np.float64)


@dataclass(frozen=True)
class Exponential:
    """Exponential moving average of the probabilities.

    memory: part of the belief that one answer leaves; after n answers, memory^n of the first is left.
    """

    memory: float

    def __post_init__(self) -> None:
        if not 0 <= self.memory < 1:
            raise HarError(f"smoother: memory {self.memory} must be at least 0 and less than 1.")

    def step(self, belief: Floats | None, probabilities: NDArray[np.floating]) -> Floats:
        """Belief `[..., a]` after one more answer; `belief` is None before the first."""
        now = np.asarray(probabilities, np.float64)
        return now if belief is None else self.memory * belief + (1 - self.memory) * now


Smoother = Forward | Exponential
KINDS: Final[dict[str, type[Forward] | type[Exponential]]] = {"forward": Forward, "exponential": Exponential}


def smooth(smoother: Smoother, probabilities: NDArray[np.floating]) -> Floats:
    """Belief after each answer, `[m, a]`, from the answers' probabilities `[m, a]` in time order."""
    beliefs = np.empty(probabilities.shape, np.float64)
    belief = None
    for i, answer in enumerate(probabilities):
        belief = beliefs[i] = smoother.step(belief, answer)
    return beliefs


def document(smoother: Smoother) -> dict[str, Any]:
    """The smoother as a JSON value: `kind` and its numbers."""
    (kind,) = (name for name, made in KINDS.items() if isinstance(smoother, made))
    return {"kind": kind, **asdict(smoother)}


def from_document(value: Any) -> Smoother:
    """The smoother that `document` wrote; anything else is a `HarError`."""
    try:
        numbers = dict(value)
        return KINDS[numbers.pop("kind")](**{name: float(number) for name, number in numbers.items()})
    except (KeyError, TypeError, ValueError) as error:
        kinds = ", ".join(KINDS)
        raise HarError(f"{value!r} is no smoother: give it a kind ({kinds}) and that kind's numbers.") from error
