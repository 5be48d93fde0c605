"""Layers: each knows its output (`forward`), and how a loss at its output changes with its input (`backward`).

Throughout, x `[n, k]` is a layer's input, y `[n, m]` its output, L the loss, and `gradient` is ∂L/∂y.
"""

from array import array
from collections.abc import Sequence
from math import exp, fsum, sqrt, tanh
from operator import add, mul, sub, truediv
from random import Random

from .vectors import Row, Rows, check_rows, columns, dot, each, products, width


class Input:
    """Where numbers come in: y = (x - mean) / scale, so that every column weighs alike whatever its unit.

    mean, scale: `[k]`, constants taken from the training rows, never learned.
    """

    def __init__(self, mean: Row, scale: Row) -> None:
        check_rows([mean, scale], len(mean), "input (mean, scale)")
        if (low := min(scale, default=0.0)) <= 0:
            raise ValueError(f"input: a scale is {low!r}: every scale must be above 0, and there must be one")
        self.mean, self.scale = list(mean), list(scale)

    @classmethod
    def fitted(cls, rows: Rows) -> "Input":
        """Mean and standard deviation of each column of `rows [n, k]`; a constant column keeps the scale 1."""
        check_rows(rows, width(rows), "training inputs")
        mean, scale = [], []
        for column in zip(*rows, strict=True):  # one at a time, since all of them would be a copy of the data
            mean.append(fsum(column) / len(rows))
            spread = sqrt(fsum((v - mean[-1]) ** 2 for v in column) / len(rows))
            scale.append(spread if spread > 1e-9 * abs(mean[-1]) else 1.0)  # rounding alone spreads by about 1e-16
        return cls(mean, scale)

    def forward(self, rows: Rows) -> list["array[float]"]:
        """Standardise `rows [n, k]`. Raises: ValueError for another width, an empty list, or what is not finite."""
        check_rows(rows, len(self.mean), "inputs")
        return [array("d", map(truediv, map(sub, row, self.mean), self.scale)) for row in rows]


class Layer:
    """What all layers share; those without parameters need not say more than `forward` and `backward`."""

    def forward(self, x: Rows, training: bool = False) -> Rows:
        """Output y for the input x."""
        raise NotImplementedError

    def backward(self, gradient: Rows) -> Rows:
        """∂L/∂x from ∂L/∂y, for the input of the latest `forward`: what the layer below is told."""
        raise NotImplementedError

    def learn(self, gradient: Rows) -> None:
        """Keep the gradients of the parameters, from ∂L/∂y: what the optimiser is told."""

    def parameters(self) -> list[list[float]]:
        """Rows of numbers that an optimiser may change in place."""
        return []

    def gradients(self) -> list[Row]:
        """∂L/∂ each of the parameters, in the same order, as of the latest `learn`."""
        return []

    def penalty(self) -> float:
        """What the size of the weights adds to the loss."""
        return 0.0


class Dense(Layer):
    """Every output is a weighted sum of all inputs: y = x Wᵀ + b.

    weights W: `[m, k]`, a row a unit. bias b: `[m]`, zeros unless given. l2 λ: adds λ ΣW² to the loss, which pulls
    weights that do not earn their size towards 0.
    """

    def __init__(self, weights: Rows, bias: Row | None = None, l2: float = 0.0) -> None:
        check_rows(weights, width(weights), "dense: weights")
        self.weights = [list(row) for row in weights]
        self.bias = [0.0] * len(weights) if bias is None else list(bias)
        check_rows([self.bias], len(weights), "dense: bias")
        if not l2 >= 0:
            raise ValueError(f"dense: l2 is {l2!r}: it must be 0 or more")
        self.l2 = l2

    def forward(self, x: Rows, training: bool = False) -> Rows:
        """y_nj = Σ_i x_ni W_ji + b_j."""
        self.x = x
        return [list(map(add, sums, self.bias)) for sums in products(x, self.weights)]

    def learn(self, gradient: Rows) -> None:
        """∂L/∂W = gradientᵀ x + 2 λ W (each weight sees the input that it multiplied); ∂L/∂b = the sum over rows."""
        units = columns(gradient)
        self.bias_gradient: Row = [sum(unit) for unit in units]
        # Input by input, since one column of x stays in the processor's cache while all units use it.
        self.weights_gradient: Rows = columns(products(columns(self.x), units))
        if self.l2:
            self.weights_gradient = each(lambda g, w: g + 2 * self.l2 * w, self.weights_gradient, self.weights)

    def backward(self, gradient: Rows) -> Rows:
        """∂L/∂x = gradient W: each input hears from every unit, through the weight that joins them."""
        return products(gradient, columns(self.weights))

    def parameters(self) -> list[list[float]]:
        """The rows of W, then b."""
        return [*self.weights, self.bias]

    def gradients(self) -> list[Row]:
        """As `parameters`."""
        return [*self.weights_gradient, self.bias_gradient]

    def penalty(self) -> float:
        """λ ΣW²."""
        return self.l2 * sum(dot(row, row) for row in self.weights) if self.l2 else 0.0


class Activation(Layer):
    """One function f bends every number alike: y = f(x), ∂L/∂x = ∂L/∂y · f'(x), where f'(x) is written with y."""

    def value(self, x: float) -> float:
        """f(x)."""
        raise NotImplementedError

    def slope(self, y: float) -> float:
        """f'(x), given y = f(x)."""
        raise NotImplementedError

    def forward(self, x: Rows, training: bool = False) -> Rows:
        """y = f(x)."""
        self.y = each(self.value, x)
        return self.y

    def backward(self, gradient: Rows) -> Rows:
        """The chain rule, number by number."""
        return each(lambda g, y: g * self.slope(y), gradient, self.y)


class Relu(Activation):
    """f(x) = max(x, 0), f' = 1 above 0 and 0 elsewhere."""

    def value(self, x: float) -> float:
        """max(x, 0)."""
        return x if x > 0 else 0.0

    def slope(self, y: float) -> float:
        """1 where the unit is on."""
        return 1.0 if y > 0 else 0.0


class Tanh(Activation):
    """f(x) = tanh x, f' = 1 - y²."""

    def value(self, x: float) -> float:
        """Hyperbolic tangent."""
        return tanh(x)

    def slope(self, y: float) -> float:
        """1 - y²."""
        return 1 - y * y


class Sigmoid(Activation):
    """f(x) = 1 / (1 + e⁻ˣ), f' = y (1 - y)."""

    def value(self, x: float) -> float:
        """e^x is only ever taken of negative numbers, so that it cannot overflow."""
        small = exp(-abs(x))
        return (1.0 if x >= 0 else small) / (1 + small)

    def slope(self, y: float) -> float:
        """y (1 - y)."""
        return y * (1 - y)


class Softmax(Layer):
    """Probabilities that sum to 1: y_i = e^(x_i) / Σ_j e^(x_j).

    Since ∂y_i/∂x_j = y_i (δ_ij - y_j), a gradient g becomes ∂L/∂x_i = y_i (g_i - Σ_j g_j y_j).
    """

    def forward(self, x: Rows, training: bool = False) -> Rows:
        """The largest input is subtracted first, which changes nothing but keeps e^x finite."""
        self.y = [softmax(row) for row in x]
        return self.y

    def backward(self, gradient: Rows) -> Rows:
        """y_i (g_i - Σ_j g_j y_j)."""
        rows = []
        for g, y in zip(gradient, self.y, strict=True):
            mean = dot(g, y)
            rows.append([p * (d - mean) for p, d in zip(y, g, strict=True)])
        return rows


class Dropout(Layer):
    """In training, each number is left out with probability `rate`, so that no unit can rely on a single other one.

    What stays is divided by 1 - rate, so that sums keep their expected size; outside training nothing happens.
    """

    def __init__(self, rate: float, random: Random) -> None:
        if not 0 <= rate < 1:
            raise ValueError(f"dropout: rate is {rate!r}: it must be at least 0 and below 1")
        self.rate, self.random = rate, random

    def forward(self, x: Rows, training: bool = False) -> Rows:
        """y = x · mask, where the mask is 0 or 1 / (1 - rate)."""
        self.mask = [[self._draw() if training else 1.0 for _ in row] for row in x]
        return each(mul, x, self.mask)

    def backward(self, gradient: Rows) -> Rows:
        """What was left out hears nothing."""
        return each(mul, gradient, self.mask)

    def _draw(self) -> float:
        return 1 / (1 - self.rate) if self.random.random() >= self.rate else 0.0


def softmax(row: Row) -> list[float]:
    """Probabilities of one row of scores, `[k]`."""
    highest = max(row)
    powers = [exp(v - highest) for v in row]
    total = sum(powers)
    return [power / total for power in powers]


def sizes(layers: Sequence[Layer]) -> list[tuple[int, int]]:
    """Inputs and outputs of each dense layer, in order."""
    return [(len(layer.weights[0]), len(layer.weights)) for layer in layers if isinstance(layer, Dense)]
