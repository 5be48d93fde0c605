"""One trainer for every Keras family: they differ in what stands between the representation and the last layer."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

from har.models import keras_files
from har.models.examples import Examples, Trained, both, check, class_weights, cooled, scores, temperature
from har.models.knobs import FamilyKnobs
from har.models.runtime import prepare
from har.params import Share

Body = Callable[[Any, Any], Any]
"""Normalised channels `[b, 128, c]` and the family's knobs to what the last layer reads, `[b, d]`."""

STEPS_A_CALL = 50
"""Training steps that TensorFlow takes between two returns to Python; the weights are the same for any number."""


class KerasKnobs(FamilyKnobs):
    """Knobs of representation, augmentation and training that the Keras families share."""

    acceleration_scale: PositiveFloat  # m/s^2
    angular_scale: PositiveFloat  # rad/s
    micro_motion: bool
    orientation: Literal["fixed", "upright", "any"]
    flip_share: Share
    rotation_degrees: NonNegativeFloat
    heading_degrees: NonNegativeFloat
    scale_spread: NonNegativeFloat
    tempo_spread: NonNegativeFloat
    epochs: PositiveInt
    batch: PositiveInt
    learning_rate: PositiveFloat
    weight_decay: NonNegativeFloat
    balance: Share
    label_smoothing: Annotated[float, Field(ge=0, lt=1)]
    dropout: Annotated[float, Field(ge=0, lt=1)]
    average: Share


def fit(
    body: Body,
    train: Examples,
    validation: Examples | None,
    knobs: KerasKnobs,
    activities: tuple[str, ...],
    seed: int,
    threads: int,
) -> Trained:
    """Train one model on windows, on those of the validation subjects too once they have given the temperature."""
    check(train, validation, activities)
    found, heat = {}, 1.0
    model, history = train_model(body, train, validation, knobs, len(activities), seed, threads)
    if validation is not None:
        probabilities = keras_files.predict(model, validation.x)
        heat = temperature(probabilities, validation.y)
        found = scores(cooled(probabilities, heat), validation.y)
        model, _ = train_model(body, both(train, validation), None, knobs, len(activities), seed, threads)
        last = model.get_layer("probabilities")
        last.set_weights([weights / heat for weights in last.get_weights()])
    return Trained(keras_files.to_bytes(model), ".keras", history, found, heat)


def build(body: Body, windows: NDArray[np.floating], knobs: KerasKnobs, activities: int) -> Any:
    """Return a model from raw windows `[b, t, 6]` to probabilities `[b, a]`, normalised over the training windows."""
    import keras

    from har.models.layers import Representation, normalise

    representation = Representation(
        knobs.acceleration_scale, knobs.angular_scale, knobs.micro_motion, knobs.orientation, name="representation"
    )
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
    weights = tf.constant(class_weights(train.y, activities, knobs.balance)[train.y])

    def gather(rows: Any, noise: Any) -> Any:
        x = augment(tf.gather(windows, rows), tf.stack([noise, seed]), knobs)
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
    body: Body,
    train: Examples,
    validation: Examples | None,
    knobs: KerasKnobs,
    activities: int,
    seed: int,
    threads: int,
) -> tuple[Any, dict[str, list[float]]]:
    """Return a model trained for all epochs, with the averaged weights of the last one, and its history.

    The weights of the last epoch, when the learning rate has fallen to 0, are as good as those of any epoch that a
    few validation subjects would choose, so that those subjects are free to be trained on as well.
    """
    prepare(seed, threads)
    import keras

    model = build(body, train.x, knobs, activities)
    steps = len(train.y) // size(train, knobs) * knobs.epochs
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, steps, alpha=0.0, warmup_target=knobs.learning_rate, warmup_steps=max(1, steps // 20)
    )
    model.compile(
        optimizer=keras.optimizers.AdamW(schedule, weight_decay=knobs.weight_decay, clipnorm=1.0),
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=knobs.label_smoothing),
        steps_per_execution=STEPS_A_CALL,
    )
    mean = running_mean(validation, knobs, f"seed {seed}")
    model.fit(batches(train, knobs, activities, seed), epochs=knobs.epochs, verbose=0, shuffle=False, callbacks=[mean])
    model.set_weights(mean.weights)
    return model, mean.history


def running_mean(validation: Examples | None, knobs: KerasKnobs, label: str) -> Any:
    """Return a callback that averages the weights over epochs, `average` of the old and the rest of the new.

    The average is steadier than any single epoch. It is what is scored on the validation subjects after each epoch.
    """
    import keras
    from tqdm import tqdm

    class RunningMean(keras.callbacks.Callback):  # type: ignore[misc]  # keras has no types
        def on_train_begin(self, logs: Any = None) -> None:
            self.history: dict[str, list[float]] = {}
            self.weights: list[Any] = []
            self.bar = tqdm(total=knobs.epochs, desc=label, unit="epoch", disable=None, leave=False, dynamic_ncols=True)

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            now = self.model.get_weights()
            old = self.weights or now
            self.weights = [knobs.average * a + (1 - knobs.average) * b for a, b in zip(old, now, strict=True)]
            self.history.setdefault("loss", []).append(float(logs["loss"]))
            self.bar.update()
            if validation is None:
                return
            self.model.set_weights(self.weights)
            for name, value in scores(keras_files.predict(self.model, validation.x), validation.y).items():
                self.history.setdefault(f"validation_{name}", []).append(value)
            self.model.set_weights(now)
            self.bar.set_postfix(validation_f1=f"{self.history['validation_macro_f1'][-1]:.3f}")

        def on_train_end(self, logs: Any = None) -> None:
            self.bar.close()

    return RunningMean()
