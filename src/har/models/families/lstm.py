"""An LSTM over short frames: 128 steps of its own would cost four times as much and remember no better."""

from functools import partial
from typing import Any, Final

from pydantic import PositiveInt

from har.errors import HarError
from har.models import keras_files, keras_training


class Knobs(keras_training.KerasKnobs):
    """Knobs of the family."""

    frame: PositiveInt
    lstm_units: PositiveInt


def body(x: Any, knobs: Knobs) -> Any:
    """Normalised channels `[b, 128, c]`, folded into frames `[b, 128 / frame, frame * c]`, to `[b, lstm_units]`."""
    from keras import layers

    steps, channels = x.shape[1], x.shape[2]
    if steps % knobs.frame:
        raise HarError(f"params.yaml: train.lstm.frame: {steps} samples a window are no multiple of {knobs.frame}.")
    x = layers.Reshape((steps // knobs.frame, knobs.frame * channels), name="frames")(x)
    x = layers.LSTM(knobs.lstm_units, return_sequences=True, unroll=True, name="lstm")(x)
    return layers.GlobalAveragePooling1D(name="mean")(x)


inputs: Final = "windows"
fit = partial(keras_training.fit, body)
load = keras_files.load
