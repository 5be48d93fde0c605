"""The network of `har.models.scratch` in NumPy and in Keras: the same shape, first weights, batches and optimiser."""

from random import Random
from typing import Any

import numpy as np

from har.models.examples import Examples, class_weights
from har.models.families.scratch_mlp import Knobs
from har.models.scratch.layers import Dense, Input
from har.models.scratch.network import Network, perceptron
from har.models.scratch.schedules import cosine


def first(examples: Examples, knobs: Knobs, activities: int, seed: int) -> Network:
    """The network before its first step, with the means and scales of the examples."""
    mean, scale = examples.x.mean(axis=0, dtype=np.float64), examples.x.std(axis=0, dtype=np.float64)
    source = Input(mean.tolist(), np.where(scale > 1e-9 * np.abs(mean), scale, 1.0).tolist())
    return perceptron(source, knobs.hidden, activities, dropout=knobs.dropout, l2=knobs.l2, seed=seed)


def standardised(network: Network, x: np.ndarray) -> np.ndarray:
    """What the first layer is given, `[n, f]` float32."""
    return ((x - np.array(network.source.mean)) / np.array(network.source.scale)).astype(np.float32)


def keras_model(network: Network, knobs: Knobs, seed: int) -> Any:
    """The same network, weights and optimiser in Keras; the last layer gives scores."""
    import keras

    kinds = {
        "adam": keras.optimizers.Adam(knobs.learning_rate),
        "adagrad": keras.optimizers.Adagrad(knobs.learning_rate),
        "sgd": keras.optimizers.SGD(knobs.learning_rate),
        "momentum": keras.optimizers.SGD(knobs.learning_rate, momentum=0.9),
        "nesterov": keras.optimizers.SGD(knobs.learning_rate, momentum=0.9, nesterov=True),
    }
    dense = [layer for layer in network.layers if isinstance(layer, Dense)]
    model = keras.Sequential([keras.Input((len(network.source.mean),))])
    for number, layer in enumerate(dense):
        last = number == len(dense) - 1
        l2 = keras.regularizers.L2(layer.l2)
        made = keras.layers.Dense(len(layer.bias), activation=None if last else "relu", kernel_regularizer=l2)
        model.add(made)
        made.set_weights([np.array(layer.weights).T, np.array(layer.bias)])
        if not last:
            model.add(keras.layers.Dropout(knobs.dropout, seed=seed))
    model.compile(kinds[knobs.optimiser], keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


def keras_answers(
    examples: Examples, x: np.ndarray, knobs: Knobs, activities: int, seed: int, epochs: int
) -> np.ndarray:
    """Scores `[n, a]` of features `x [n, f]` by Keras, trained on the examples for so many epochs."""
    from har.models.runtime import prepare

    prepare(seed, 1)
    network = first(examples, knobs, activities, seed)
    model = keras_model(network, knobs, seed)
    inputs, weights = standardised(network, examples.x), class_weights(examples.y, activities)[examples.y]
    schedule, random, count = cosine(knobs.learning_rate, knobs.epochs), Random(seed), len(inputs)
    for epoch in range(epochs):
        order = random.sample(range(count), count)
        for begin in range(0, count, knobs.batch):
            rows = order[begin : begin + knobs.batch]
            model.optimizer.learning_rate = schedule(epoch + begin / count)
            model.train_on_batch(inputs[rows], examples.y[rows], sample_weight=weights[rows])
    return np.asarray(model.predict_on_batch(standardised(network, x)))


class NumpyNetwork:
    """A hidden ReLU layer with dropout and a softmax, trained by Adam with L2: float64, as pure Python has it."""

    def __init__(self, network: Network, knobs: Knobs, seed: int) -> None:
        dense = [layer for layer in network.layers if isinstance(layer, Dense)]
        self.parameters = [part for layer in dense for part in (np.array(layer.weights).T, np.array(layer.bias))]
        self.knobs, self.random, self.steps = knobs, np.random.default_rng(seed), 0
        self.means, self.squares = ([np.zeros_like(part) for part in self.parameters] for _ in range(2))

    def forward(self, x: np.ndarray) -> np.ndarray:
        """Probabilities `[n, a]`."""
        weights, bias, last, last_bias = self.parameters
        return softmax(np.maximum(x @ weights + bias, 0) @ last + last_bias)

    def step(self, x: np.ndarray, y: np.ndarray) -> None:
        """One batch forward, back and downhill."""
        weights, bias, last, last_bias = self.parameters
        keep = 1 - self.knobs.dropout
        hidden = np.maximum(x @ weights + bias, 0) * ((self.random.random((len(x), len(bias))) < keep) / keep)
        top = softmax(hidden @ last + last_bias)
        top[np.arange(len(x)), y] -= 1
        top /= len(x)
        below = top @ last.T * (hidden > 0) / keep
        l2 = 2 * self.knobs.l2
        gradients = [x.T @ below + l2 * weights, below.sum(axis=0), hidden.T @ top + l2 * last, top.sum(axis=0)]
        self.steps += 1
        rate = self.knobs.learning_rate * np.sqrt(1 - 0.999**self.steps) / (1 - 0.9**self.steps)
        for part, gradient, mean, square in zip(self.parameters, gradients, self.means, self.squares, strict=True):
            mean += 0.1 * (gradient - mean)
            square += 0.001 * (gradient * gradient - square)
            part -= rate * mean / (np.sqrt(square) + 1e-7)


def softmax(scores: np.ndarray) -> np.ndarray:
    """Probabilities `[n, a]`."""
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)
