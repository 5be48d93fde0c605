"""A network: layers one upon the other."""

from collections.abc import Sequence
from random import Random

from .initialisers import glorot, he
from .layers import Dense, Dropout, Input, Layer, Relu, sizes, softmax
from .vectors import Row, Rows


class Network:
    """An input and the layers above it; the last layer gives a score (logit) a class.

    Raises: ValueError without a layer, and where a dense layer does not take what the one below it gives.
    """

    def __init__(self, source: Input, layers: Sequence[Layer]) -> None:
        if not layers:
            raise ValueError("a network needs a layer: give at least one")
        self.source, self.layers = source, list(layers)
        width = len(source.mean)
        for number, (inputs, outputs) in enumerate(sizes(self.layers)):
            if inputs != width:
                raise ValueError(f"dense layer {number} takes {inputs} numbers where {width} come from below")
            width = outputs
        self.outputs = width

    def forward(self, x: Rows, training: bool = False) -> Rows:
        """Scores `[n, outputs]` of rows `[n, k]` that `source` has standardised."""
        for layer in self.layers:
            x = layer.forward(x, training)
        return x

    def backward(self, gradient: Rows) -> None:
        """Pass ∂L/∂scores down through all layers, each of which keeps the gradients of its parameters.

        Nobody is below the first layer, so it is not asked what it would say: with many inputs, that is a third of
        the work.
        """
        for layer in reversed(self.layers[1:]):
            layer.learn(gradient)
            gradient = layer.backward(gradient)
        self.layers[0].learn(gradient)

    def parameters(self) -> list[list[float]]:
        """All rows of parameters."""
        return [row for layer in self.layers for row in layer.parameters()]

    def gradients(self) -> list[Row]:
        """The gradient of each row of `parameters`."""
        return [row for layer in self.layers for row in layer.gradients()]

    def penalty(self) -> float:
        """What the size of the weights adds to the loss."""
        return sum(layer.penalty() for layer in self.layers)

    def probabilities(self, rows: Rows) -> list[list[float]]:
        """Probability of each class, `[n, outputs]`, for raw rows `[n, k]`.

        Raises: ValueError for rows of another width, none at all, or numbers that are not finite.
        """
        return [softmax(scores) for scores in self.forward(self.source.forward(rows))]


def perceptron(
    source: Input, hidden: Sequence[int], classes: int, *, dropout: float = 0.0, l2: float = 0.0, seed: int = 0
) -> Network:
    """A multi-layer perceptron: dense layers of `hidden` units, each with ReLU and dropout, then the scores."""
    random, layers, width = Random(seed), list[Layer](), len(source.mean)
    for units in hidden:
        layers += [Dense(he(random, width, units), l2=l2), Relu()]
        layers += [Dropout(dropout, Random(random.random()))] if dropout else []
        width = units
    return Network(source, [*layers, Dense(glorot(random, width, classes), l2=l2)])
