"""Optimisers: what to do with a gradient g. Each walks downhill, and remembers something of the way.

The formulas are those of Keras, step for step, so that the two can be compared.
"""

from collections.abc import Sequence
from math import sqrt

from .vectors import Row, Rows


class Optimiser:
    """Changes rows of parameters in place. rate: the length of a step; training sets it before each one."""

    memories = 0  # rows of numbers that are remembered for each row of parameters
    start = 0.0  # what they begin with

    def __init__(self, rate: float = 0.001) -> None:
        if not rate > 0:
            raise ValueError(f"optimiser: rate is {rate!r}: it must be above 0")
        self.rate, self.steps = rate, 0
        self.memory: list[list[list[float]]] = []

    def step(self, parameters: Sequence[list[float]], gradients: Rows) -> None:
        """One step: every row of parameters moves against its row of gradients."""
        if not self.memory:
            self.memory = [[[self.start] * len(row) for _ in range(self.memories)] for row in parameters]
        self.steps += 1
        for row, gradient, memory in zip(parameters, gradients, self.memory, strict=True):
            row[:] = self.moved(row, gradient, memory)

    def moved(self, row: list[float], gradient: Row, memory: list[list[float]]) -> list[float]:
        """One row of parameters w after the step; `memory` changes in place."""
        raise NotImplementedError


class Sgd(Optimiser):
    """Stochastic gradient descent: w ← w - rate · g.

    With momentum μ it rolls like a ball: v ← μ v - rate · g, w ← w + v. Nesterov's form looks where the ball will be:
    w ← w + μ v - rate · g.
    """

    memories = 1

    def __init__(self, rate: float = 0.01, momentum: float = 0.0, nesterov: bool = False) -> None:
        super().__init__(rate)
        self.momentum, self.nesterov = momentum, nesterov

    def moved(self, row: list[float], gradient: Row, memory: list[list[float]]) -> list[float]:
        """v ← μ v - rate · g, then w + v, or w + μ v - rate · g."""
        mu, rate, velocity = self.momentum, self.rate, memory[0]
        if not mu:
            return [w - rate * g for w, g in zip(row, gradient, strict=True)]
        velocity[:] = [mu * v - rate * g for v, g in zip(velocity, gradient, strict=True)]
        if self.nesterov:
            return [w + mu * v - rate * g for w, v, g in zip(row, velocity, gradient, strict=True)]
        return [w + v for w, v in zip(row, velocity, strict=True)]


class Adam(Optimiser):
    """Steps of about one rate, whatever the gradient's size (Kingma and Ba 2015).

    Running means of g and of g²: m ← m + (1 - β₁)(g - m), v ← v + (1 - β₂)(g² - v); w ← w - r m / (√v + ε), where
    r = rate · √(1 - β₂ᵗ) / (1 - β₁ᵗ) makes up for both having begun at 0 (section 2, last lines).
    """

    memories = 2

    def __init__(self, rate: float = 0.001, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-7) -> None:
        super().__init__(rate)
        self.beta1, self.beta2, self.epsilon = beta1, beta2, epsilon

    def moved(self, row: list[float], gradient: Row, memory: list[list[float]]) -> list[float]:
        """m and v take in the gradient, then w - r m / (√v + ε)."""
        mean, square = memory
        fresh, fresh_square, epsilon = 1 - self.beta1, 1 - self.beta2, self.epsilon
        rate = self.rate * sqrt(1 - self.beta2**self.steps) / (1 - self.beta1**self.steps)
        mean[:] = [m + fresh * (g - m) for m, g in zip(mean, gradient, strict=True)]
        square[:] = [v + fresh_square * (g * g - v) for v, g in zip(square, gradient, strict=True)]
        return [w - rate * m / (sqrt(v) + epsilon) for w, m, v in zip(row, mean, square, strict=True)]


class Adagrad(Optimiser):
    """Parameters that have moved much move less (Duchi et al. 2011): a ← a + g², w ← w - rate · g / √(a + ε).

    a begins with `start`.
    """

    memories = 1

    def __init__(self, rate: float = 0.01, start: float = 0.1, epsilon: float = 1e-7) -> None:
        super().__init__(rate)
        self.start, self.epsilon = start, epsilon

    def moved(self, row: list[float], gradient: Row, memory: list[list[float]]) -> list[float]:
        """a takes in the squared gradient, then w - rate · g / √(a + ε)."""
        rate, epsilon, total = self.rate, self.epsilon, memory[0]
        total[:] = [a + g * g for a, g in zip(total, gradient, strict=True)]
        return [w - rate * g / sqrt(a + epsilon) for w, g, a in zip(row, gradient, total, strict=True)]
