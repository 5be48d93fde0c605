"""Every gradient that is written out in `har.models.scratch`, against central differences."""

from collections.abc import Callable
from random import Random

import pytest

from har.models.scratch.initialisers import glorot, he
from har.models.scratch.layers import Dense, Dropout, Input, Layer, Relu, Sigmoid, Softmax, Tanh
from har.models.scratch.losses import CrossEntropy, Loss, MeanSquaredError
from har.models.scratch.network import Network
from har.models.scratch.vectors import dot

STEP = 1e-5  # of the central differences
TOLERANCE = 1e-6  # relative to the largest gradient of the row
Matrix = list[list[float]]

LAYERS: dict[str, Callable[[], Layer]] = {
    "dense": lambda: Dense(glorot(Random(1), 5, 4), [0.1, -0.2, 0.3, 0.0]),
    "relu": Relu,
    "tanh": Tanh,
    "sigmoid": Sigmoid,
    "softmax": Softmax,
    "dropout": lambda: Dropout(0.4, Random(3)),
}
LOSSES: dict[str, tuple[Loss, list]] = {
    "cross-entropy": (CrossEntropy(), [0, 2, 2]),
    "weighted cross-entropy": (CrossEntropy([0.5, 1.0, 3.0, 1.0]), [0, 2, 1]),
    "mean squared error": (MeanSquaredError(), [[0.0, 1.0, 2.0, -1.0], [0.5, 0.5, 0.0, 0.0], [3.0, 1.0, 1.0, 0.2]]),
}


def normal(rows: int, columns: int, seed: int = 0) -> Matrix:
    random = Random(seed)
    return [[random.gauss(0, 1) for _ in range(columns)] for _ in range(rows)]


def numerical(loss: Callable[[], float], rows: Matrix) -> Matrix:
    """Central differences of `loss()` over each number of `rows`, which it reads."""
    found = [[0.0] * len(row) for row in rows]
    for row, differences in zip(rows, found, strict=True):
        for i, value in enumerate(row):
            ends = []
            for row[i] in (value + STEP, value - STEP):
                ends.append(loss())
            row[i] = value
            differences[i] = (ends[0] - ends[1]) / (2 * STEP)
    return found


def same(found: Matrix, expected: Matrix) -> None:
    scale = max(abs(value) for row in expected for value in row)
    for a, b in zip(found, expected, strict=True):
        assert a == pytest.approx(b, rel=0, abs=TOLERANCE * scale)


@pytest.mark.parametrize("name", LAYERS)
def test_what_a_layer_tells_the_one_below(name: str) -> None:
    x, slopes = normal(3, 5), normal(3, 4 if name == "dense" else 5, seed=1)
    layer = LAYERS[name]()

    def loss() -> float:
        if isinstance(layer, Dropout):
            layer.random.seed(9)  # the same mask every time
        return sum(map(dot, layer.forward(x, training=True), slopes))

    loss()
    found = [list(row) for row in layer.backward(slopes)]
    same(found, numerical(loss, x))


@pytest.mark.parametrize("l2", [0.0, 0.03])
def test_what_a_dense_layer_tells_the_optimiser(l2: float) -> None:
    x, slopes = normal(3, 5), normal(3, 4, seed=1)
    layer = Dense(he(Random(1), 5, 4), [0.1, -0.2, 0.3, 0.0], l2)

    def loss() -> float:
        return sum(map(dot, layer.forward(x), slopes)) + layer.penalty()

    loss()
    layer.learn(slopes)
    same(layer.gradients(), numerical(loss, layer.parameters()))


@pytest.mark.parametrize("name", LOSSES)
def test_losses(name: str) -> None:
    loss, targets = LOSSES[name]
    outputs = normal(3, 4)
    found = [list(row) for row in loss.gradient(outputs, targets)]
    same(found, numerical(lambda: loss.value(outputs, targets), outputs))


@pytest.mark.parametrize("name", LOSSES)
def test_a_whole_network(name: str) -> None:
    loss, targets = LOSSES[name]
    random = Random(5)
    rows = normal(3, 6, seed=2)
    dropout = Dropout(0.3, Random(0))
    layers = [Dense(he(random, 6, 7), l2=0.01), Relu(), dropout, Dense(glorot(random, 7, 5), l2=0.02), Tanh()]
    layers += [Dense(glorot(random, 5, 5)), Sigmoid(), Dense(glorot(random, 5, 4))]
    network = Network(Input.fitted(rows), layers)
    x = network.source.forward(rows)

    def forward() -> list:
        dropout.random.seed(9)
        return network.forward(x, training=True)

    network.backward(loss.gradient(forward(), targets))
    found = [list(row) for row in network.gradients()]
    same(found, numerical(lambda: loss.value(forward(), targets) + network.penalty(), network.parameters()))


def test_the_softmax_layer_under_a_squared_error() -> None:
    rows, targets = normal(4, 3), [[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [0.0, 1.0]]
    network = Network(Input.fitted(rows), [Dense(glorot(Random(0), 3, 2)), Softmax()])
    x, loss = network.source.forward(rows), MeanSquaredError()
    network.backward(loss.gradient(network.forward(x), targets))
    found = [list(row) for row in network.gradients()]
    same(found, numerical(lambda: loss.value(network.forward(x), targets), network.parameters()))


def test_extreme_scores_neither_overflow_nor_lose_the_gradient() -> None:
    outputs = [[1000.0, -1000.0], [-1000.0, 1000.0]]
    loss = CrossEntropy()
    assert loss.value(outputs, [0, 0]) == 1000.0
    assert [list(row) for row in loss.gradient(outputs, [0, 0])] == [[0.0, 0.0], [-0.5, 0.5]]
    assert Softmax().forward(outputs) == [[1.0, 0.0], [0.0, 1.0]]
    assert Sigmoid().forward([[-1000.0, 0.0, 1000.0]]) == [[0.0, 0.5, 1.0]]


def test_dropout_keeps_the_expected_sum_and_leaves_answers_alone() -> None:
    layer = Dropout(0.25, Random(0))
    (y,) = layer.forward([[1.0] * 20000], training=True)
    assert set(y) == {0.0, 1 / 0.75}
    assert sum(y) / len(y) == pytest.approx(1.0, abs=0.02)
    assert layer.forward([[1.0, 2.0]]) == [[1.0, 2.0]]
