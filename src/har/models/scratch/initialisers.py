"""First weights: random, so that units differ, and of a size that keeps signals alive from layer to layer."""

from math import sqrt
from random import Random


def he(random: Random, inputs: int, outputs: int) -> list[list[float]]:
    """Weights `[outputs, inputs]` for a ReLU, uniform within ±√(6 / inputs) (He et al. 2015, equation 10).

    A sum of `inputs` terms then has twice the variance of a term's factor, and the ReLU halves it again.
    """
    return _uniform(random, inputs, outputs, sqrt(6 / inputs))


def glorot(random: Random, inputs: int, outputs: int) -> list[list[float]]:
    """Weights `[outputs, inputs]` for tanh, sigmoid and softmax, uniform within ±√(6 / (inputs + outputs)).

    A compromise between keeping the variance on the way forward and on the way back (Glorot and Bengio 2010, eq. 16).
    """
    return _uniform(random, inputs, outputs, sqrt(6 / (inputs + outputs)))


def _uniform(random: Random, inputs: int, outputs: int, limit: float) -> list[list[float]]:
    return [[random.uniform(-limit, limit) for _ in range(inputs)] for _ in range(outputs)]
