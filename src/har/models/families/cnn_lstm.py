"""Convolutions that shorten the window, then an LSTM over the few steps that are left: the deployed family.

The LSTM is unrolled. Over 16 steps that costs little, and the graph has neither loops nor state, so that one TFLite
file runs everywhere.
"""

from functools import partial
from typing import Any, Final

from pydantic import PositiveInt

from har.models import keras_files, keras_training


class Knobs(keras_training.KerasKnobs):
    """Knobs of the family."""

    filters: tuple[PositiveInt, PositiveInt, PositiveInt]
    lstm_units: PositiveInt


def body(x: Any, knobs: Knobs) -> Any:
    """Normalised channels `[b, 128, c]` to `[b, 2 * lstm_units]`: the LSTM's mean and maximum over 16 steps."""
    from keras import layers

    for i, (filters, width) in enumerate(zip(knobs.filters, (5, 5, 3), strict=True)):
        x = layers.Conv1D(filters, width, strides=2, padding="same", use_bias=False, name=f"conv_{i}")(x)
        x = layers.BatchNormalization(momentum=0.9, name=f"norm_{i}")(x)
        x = layers.ReLU(name=f"relu_{i}")(x)
    x = layers.LSTM(knobs.lstm_units, return_sequences=True, unroll=True, name="lstm")(x)
    mean = layers.GlobalAveragePooling1D(name="mean")(x)
    return layers.Concatenate(name="summary")([mean, layers.GlobalMaxPooling1D(name="maximum")(x)])


inputs: Final = "windows"
fit = partial(keras_training.fit, body)
load = keras_files.load
