"""One trainer for every Keras family: they differ in what stands between the representation and the last layer."""

import math
from collections.abc import Callable
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

from har.models import keras_files
from har.models.examples import Examples, Trained, check, class_weights, scores
from har.models.knobs import FamilyKnobs
from har.models.runtime import prepare
from har.params import Share

Body = Callable[[Any, Any], Any]
"""Normalised channels `[b, 128, c]` and the family's knobs to what the last layer reads, `[b, d]`."""


class KerasKnobs(FamilyKnobs):
    """Knobs of representation, augmentation and training that the Keras families share."""

    acceleration_scale: PositiveFloat  # m/s^2
    angular_scale: PositiveFloat  # rad/s
    rotation_degrees: NonNegativeFloat
    scale_spread: NonNegativeFloat
    tempo_spread: NonNegativeFloat
    epochs: PositiveInt
    batch: PositiveInt
    learning_rate: PositiveFloat
    weight_decay: NonNegativeFloat
    label_smoothing: Annotated[float, Field(ge=0, lt=1)]
    dropout: Annotated[float, Field(ge=0, lt=1)]
    average: Share


def fit(
    body: Body,
    train: Examples,
    validation: Examples,
    knobs: KerasKnobs,
    activities: tuple[str, ...],
    seed: int,
    threads: int,
) -> Trained:
    """Train one model on windows and keep the epoch that the validation subjects choose."""
    check(train, validation, activities)
    prepare(seed, threads)
    model = build(body, train.x, knobs, len(activities))
    keeper = train_model(model, train, validation, knobs, len(activities), seed)
    history, best = keeper.history, keeper.best_epoch
    found = {name: history[f"validation_{name}"][best] for name in ("macro_f1", "accuracy", "loss")}
    return Trained(keras_files.to_bytes(model, keeper.weights), ".keras", history, best, found)


def build(body: Body, windows: NDArray[np.floating], knobs: KerasKnobs, activities: int) -> Any:
    """Return a model from raw windows `[b, t, 6]` to probabilities `[b, a]`, normalised over the training windows."""
    import keras

    from har.models.layers import Representation, normalise

    representation = Representation(knobs.acceleration_scale, knobs.angular_scale, name="representation")
    inputs = keras.Input(windows.shape[1:], dtype="float32", name="window")
    x = body(normalise(representation, windows)(representation(inputs)), knobs)
    x = keras.layers.Dropout(knobs.dropout, name="dropout")(x)
    outputs = keras.layers.Dense(activities, activation="softmax", name="probabilities")(x)
    return keras.Model(inputs, outputs, name="har")


def batches(train: Examples, knobs: KerasKnobs, activities: int, seed: int) -> Any:
    """Return a `tf.data` pipeline of (windows `[b, t, 6]`, one-hot labels `[b, a]`, weights `[b]`), an epoch long.

    Every epoch has another order and other variations, the same ones for the same seed.
    """
    import tensorflow as tf

    from har.models.augmentation import augment

    windows = tf.constant(train.x, tf.float32)
    labels = tf.one_hot(train.y, activities)
    weights = tf.constant(class_weights(train.y, activities)[train.y])

    def gather(rows: Any, noise: Any) -> Any:
        spreads = knobs.rotation_degrees, knobs.scale_spread, knobs.tempo_spread
        x = augment(tf.gather(windows, rows), tf.stack([noise, seed]), *spreads)
        return x, tf.gather(labels, rows), tf.gather(weights, rows)

    order = (
        tf.data.Dataset.range(len(train.y))
        .shuffle(len(train.y), seed=seed)
        .batch(size(train, knobs), drop_remainder=True)
    )
    noise = tf.data.Dataset.random(seed=seed, rerandomize_each_iteration=True)
    options = tf.data.Options()
    options.experimental_optimization.map_parallelization = False  # one thread is what makes the order of work fixed
    return tf.data.Dataset.zip(order, noise).map(gather).prefetch(1).with_options(options)


def size(train: Examples, knobs: KerasKnobs) -> int:
    """Windows a batch: no more than there are."""
    return min(knobs.batch, len(train.y))


def train_model(
    model: Any, train: Examples, validation: Examples, knobs: KerasKnobs, activities: int, seed: int
) -> Any:
    """Fit the model and return the callback that kept the best weights and the history."""
    import keras

    steps = len(train.y) // size(train, knobs) * knobs.epochs
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, steps, alpha=0.0, warmup_target=knobs.learning_rate, warmup_steps=max(1, steps // 20)
    )
    model.compile(
        optimizer=keras.optimizers.AdamW(schedule, weight_decay=knobs.weight_decay, clipnorm=1.0),
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=knobs.label_smoothing),
    )
    keeper = keep_best(validation, knobs, f"seed {seed}")
    model.fit(
        batches(train, knobs, activities, seed), epochs=knobs.epochs, verbose=0, shuffle=False, callbacks=[keeper]
    )
    return keeper


def keep_best(validation: Examples, knobs: KerasKnobs, label: str) -> Any:
    """Return a callback that scores the averaged weights after each epoch and keeps the best of them.

    The average over epochs, `average` of the old and the rest of the new, is steadier than any single epoch.
    Best is the lowest cross-entropy on the validation subjects, among the last third of the epochs: before, the
    learning rate is still high, and a lucky epoch does worse on other subjects. Macro-F1 would turn on a few windows.
    """
    import keras
    from tqdm import tqdm

    class KeepBest(keras.callbacks.Callback):  # type: ignore[misc]  # keras has no types
        def on_train_begin(self, logs: Any = None) -> None:
            self.history: dict[str, list[float]] = {}
            self.best, self.best_epoch = math.inf, 0
            self.mean: list[Any] = []
            self.weights: list[Any] = []
            self.bar = tqdm(total=knobs.epochs, desc=label, unit="epoch", disable=None, leave=False, dynamic_ncols=True)

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            now = self.model.get_weights()
            old = self.mean or now
            self.mean = [knobs.average * a + (1 - knobs.average) * b for a, b in zip(old, now, strict=True)]
            self.model.set_weights(self.mean)
            found = scores(keras_files.predict(self.model, validation.x), validation.y)
            self.model.set_weights(now)
            self.history.setdefault("loss", []).append(float(logs["loss"]))
            for name, value in found.items():
                self.history.setdefault(f"validation_{name}", []).append(value)
            if epoch >= knobs.epochs * 2 // 3 and found["loss"] < self.best:
                self.best, self.best_epoch, self.weights = found["loss"], epoch, self.mean
            self.bar.update()
            self.bar.set_postfix(validation_f1=f"{found['macro_f1']:.3f}")

        def on_train_end(self, logs: Any = None) -> None:
            self.bar.close()

    return KeepBest()
