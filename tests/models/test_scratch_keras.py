"""`har.models.scratch` step for step beside Keras in float64: same first weights, same batches, same weights after."""

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import numpy as np
import pytest

from har.models.scratch.layers import Dense, Input
from har.models.scratch.losses import CrossEntropy, MeanSquaredError
from har.models.scratch.network import Network, perceptron
from har.models.scratch.optimisers import Adagrad, Adam, Optimiser, Sgd
from har.models.scratch.schedules import cosine

STEPS, BATCH, FEATURES, CLASSES = 100, 16, 20, 4
# Keras casts its constants to float32 on their way to float64: these are held exactly.
L2, MOMENTUM, BETA_1, BETA_2, EPSILON, START = 1 / 256, 0.875, 0.875, 1 - 2**-10, 2**-23, 0.125
OPTIMISERS: dict[str, tuple[Callable[[], Optimiser], str, dict[str, Any]]] = {
    "sgd": (lambda: Sgd(0.05), "SGD", {}),
    "momentum": (lambda: Sgd(0.05, MOMENTUM), "SGD", {"momentum": MOMENTUM}),
    "nesterov": (lambda: Sgd(0.05, MOMENTUM, nesterov=True), "SGD", {"momentum": MOMENTUM, "nesterov": True}),
    "adam": (
        lambda: Adam(0.01, BETA_1, BETA_2, EPSILON),
        "Adam",
        {"beta_1": BETA_1, "beta_2": BETA_2, "epsilon": EPSILON},
    ),
    "adagrad": (
        lambda: Adagrad(0.1, START, EPSILON),
        "Adagrad",
        {"initial_accumulator_value": START, "epsilon": EPSILON},
    ),
}


@pytest.fixture
def keras() -> Iterator[Any]:
    """Keras in float64: weights, losses, learning rates."""
    from har.models.runtime import quiet

    with quiet():
        import keras

    usual, policy = keras.config.floatx(), keras.config.dtype_policy()
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    yield keras
    keras.config.set_floatx(usual)
    keras.config.set_dtype_policy(policy)


def rows_and_labels() -> tuple[list[list[float]], list[int]]:
    random = Random(0)
    rows = [[random.gauss(i % 3, 1 + i % 5) for i in range(FEATURES)] for _ in range(BATCH * 10)]
    return rows, [max(range(CLASSES), key=row.__getitem__) for row in rows]


def twin(keras: Any, network: Network) -> Any:
    """The same network with the same weights in Keras."""
    dense = [layer for layer in network.layers if isinstance(layer, Dense)]
    model = keras.Sequential([keras.Input((FEATURES,))])
    for number, layer in enumerate(dense):
        last = number == len(dense) - 1
        made = keras.layers.Dense(
            len(layer.bias),
            activation=None if last else "relu",
            kernel_regularizer=keras.regularizers.L2(layer.l2),
        )
        model.add(made)
        made.set_weights([np.array(layer.weights).T, np.array(layer.bias)])
    return model


def furthest(network: Network, model: Any) -> float:
    """The largest difference of two weights, relative to the largest weight of the layer."""
    dense = [layer for layer in network.layers if isinstance(layer, Dense)]
    ours = [part for layer in dense for part in (np.array(layer.weights).T, np.array(layer.bias))]
    pairs = zip(ours, model.get_weights(), strict=True)
    return max(np.abs(mine - its).max() / np.abs(its).max() for mine, its in pairs)


@pytest.mark.parametrize("name", OPTIMISERS)
def test_a_hundred_steps_lead_to_the_same_weights(keras: Any, name: str) -> None:
    make, kind, options = OPTIMISERS[name]
    optimiser = make()
    schedule = cosine(optimiser.rate, STEPS)
    rows, labels = rows_and_labels()
    network = perceptron(Input.fitted(rows), [12, 8], CLASSES, l2=L2, seed=1)
    x, loss = network.source.forward(rows), CrossEntropy()
    model = twin(keras, network)
    crossentropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=getattr(keras.optimizers, kind)(**options), loss=crossentropy)
    for step in range(STEPS):
        at = slice(BATCH * (step % 10), BATCH * (step % 10 + 1))
        scores = network.forward(x[at], training=True)
        ours = loss.value(scores, labels[at]) + network.penalty()
        network.backward(loss.gradient(scores, labels[at]))
        optimiser.rate = schedule(step)
        optimiser.step(network.parameters(), network.gradients())
        model.optimizer.learning_rate = schedule(step)
        its = model.train_on_batch(np.array(x[at]), np.array(labels[at]))
        if not step:
            assert ours == pytest.approx(float(its), rel=1e-12)
    assert furthest(network, model) < 1e-9
    expected = keras.ops.softmax(model(np.array(x))).numpy()
    np.testing.assert_allclose(network.probabilities(rows), expected, rtol=0, atol=1e-9)


def test_mean_squared_error_is_keras_s(keras: Any) -> None:
    rows, _ = rows_and_labels()
    targets = [row[:CLASSES] for row in rows]
    network = perceptron(Input.fitted(rows), [6], CLASSES, seed=2)
    x, loss, optimiser = network.source.forward(rows), MeanSquaredError(), Sgd(0.01)
    model = twin(keras, network)
    model.compile(optimizer=keras.optimizers.SGD(0.01), loss="mean_squared_error")
    for _ in range(20):
        network.backward(loss.gradient(network.forward(x), targets))
        optimiser.step(network.parameters(), network.gradients())
        model.train_on_batch(np.array(x), np.array(targets))
    assert furthest(network, model) < 1e-9
