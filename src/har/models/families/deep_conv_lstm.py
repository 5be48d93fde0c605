"""DeepConvLSTM (Ordonez and Roggen 2016, Sensors 16(1):115): convolutions at the full rate, then two LSTMs.

As in the paper: four convolutions that keep the rate, two LSTMs over every step that is left, dropout in front of each
of them and of the last layer, and the class read off the last step. Other than there, the convolutions see all channels
at once, and the channels, the variations of the training windows and the optimiser are those of the other families, so
that it is the architecture that is compared. The LSTM stays rolled: nobody exports this family.
"""

from functools import partial
from typing import Any, Final

from pydantic import Field, PositiveInt

from har.errors import HarError
from har.models import keras_files, keras_training

WIDTH: Final = 5  # samples of a convolution's kernel (the paper's table 2)


class Knobs(keras_training.KerasKnobs):
    """Knobs of the family."""

    filters: tuple[PositiveInt, ...] = Field(min_length=1)
    lstm_units: tuple[PositiveInt, ...] = Field(min_length=1)


def body(x: Any, knobs: Knobs) -> Any:
    """Normalised channels `[b, 128, c]` to `[b, lstm_units[-1]]`: each convolution takes 4 steps, 112 are left of 128.

    Raises: HarError if the window is too short for the convolutions.
    """
    from keras import layers

    if x.shape[1] <= len(knobs.filters) * (WIDTH - 1):
        raise HarError(f"params.yaml: preprocess.window: {x.shape[1]} samples are too few for train.deep_conv_lstm.")
    for i, filters in enumerate(knobs.filters):
        x = layers.Conv1D(filters, WIDTH, activation="relu", name=f"conv_{i}")(x)
    last = len(knobs.lstm_units) - 1
    for i, units in enumerate(knobs.lstm_units):
        x = layers.Dropout(knobs.dropout, name=f"dropout_{i}")(x)
        x = layers.LSTM(units, return_sequences=i < last, name=f"lstm_{i}")(x)
    return x


inputs: Final = "windows"
fit = partial(keras_training.fit, body)
load = keras_files.load
