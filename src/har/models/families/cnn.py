"""Convolutions and a mean over time."""

from functools import partial
from typing import Any, Final

from pydantic import Field, PositiveInt

from har.models import keras_files, keras_training


class Knobs(keras_training.KerasKnobs):
    """Knobs of the family."""

    filters: tuple[PositiveInt, ...] = Field(min_length=1)


def body(x: Any, knobs: Knobs) -> Any:
    """Normalised channels `[b, 128, c]` to `[b, filters[-1]]`, each convolution halving the steps."""
    from keras import layers

    for i, filters in enumerate(knobs.filters):
        x = layers.Conv1D(filters, 5, strides=2, padding="same", use_bias=False, name=f"conv_{i}")(x)
        x = layers.BatchNormalization(momentum=0.9, name=f"norm_{i}")(x)
        x = layers.ReLU(name=f"relu_{i}")(x)
    return layers.GlobalAveragePooling1D(name="mean")(x)


inputs: Final = "windows"
fit = partial(keras_training.fit, body)
load = keras_files.load
