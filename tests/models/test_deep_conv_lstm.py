import functools
from pathlib import Path

import numpy as np
import pytest
from motion import lying, sitting, walking

from har import params
from har.errors import HarError
from har.models import keras_files
from har.models.examples import Examples, Trained
from har.models.families import deep_conv_lstm, family, family_knobs
from har.models.runtime import quiet
from har.parallel import ordered_map

ACTIVITIES = ("walking", "sitting", "laying")
RAW = params.load(Path(__file__).parents[2] / "params.yaml").train.family("deep_conv_lstm")
TINY = {"filters": [8, 8], "lstm_units": [6, 6], "epochs": 8, "batch": 16, "learning_rate": 0.02, "dropout": 0.1}


def people(subjects: range) -> Examples:
    makers = enumerate((walking, sitting, lying))
    windows = [(maker(s * 100 + i)[:40], label, s) for label, maker in makers for s in subjects for i in range(8)]
    x, y, s = zip(*windows, strict=True)
    return Examples(np.stack(x), np.array(y), np.array(s))


TRAIN, PEOPLE = people(range(1, 7)), people(range(7, 9))


def fitted(seed: int) -> Trained:
    knobs = family_knobs("deep_conv_lstm", {**RAW, **TINY})
    return family("deep_conv_lstm").fit(TRAIN, None, knobs, ACTIVITIES, seed, 1)


@functools.cache
def trained() -> list[Trained]:
    return ordered_map(fitted, [0, 0], label="deep_conv_lstm", jobs=2)


def test_it_learns_and_its_file_predicts(tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    path.write_bytes(trained()[0].payload)
    probabilities = family("deep_conv_lstm").load(path)(PEOPLE.x)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    assert np.mean(probabilities.argmax(axis=1) == PEOPLE.y) > 0.9


def test_the_same_seed_gives_the_same_bytes() -> None:
    first, second = trained()
    assert first.payload == second.payload


def test_the_convolutions_keep_the_rate_and_the_last_step_is_read(tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    path.write_bytes(trained()[0].payload)
    model = keras_files.load_model(path)
    assert model.get_layer("conv_1").output.shape == (None, 40 - 2 * 4, 8)
    assert model.get_layer("lstm_0").output.shape == (None, 32, 6)
    assert model.get_layer("lstm_1").output.shape == (None, 6)


def test_a_window_that_the_convolutions_use_up_is_named() -> None:
    with quiet():
        import keras
    with pytest.raises(HarError, match=r"preprocess\.window: 8 samples are too few"):
        deep_conv_lstm.body(keras.Input((8, 17)), family_knobs("deep_conv_lstm", {**RAW, **TINY}))
