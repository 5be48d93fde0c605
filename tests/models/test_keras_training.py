import functools
import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from motion import lying, sitting, walking
from numpy.typing import NDArray

from har import params
from har.errors import HarError
from har.models import keras_files
from har.models.examples import Examples, Trained, both
from har.models.families import family, family_knobs
from har.parallel import ordered_map

ROOT = Path(__file__).parents[2]
ACTIVITIES = ("walking", "sitting", "laying")
TINY = {
    "cnn_lstm": {"filters": [8, 8, 8], "lstm_units": 8},
    "cnn": {"filters": [4, 8]},
    "lstm": {"frame": 16, "lstm_units": 4},
}


def people(subjects: range) -> Examples:
    windows = [(maker(s * 100 + i), label, s) for s in subjects for i in range(8) for label, maker in enumerate(MAKERS)]
    x, y, s = zip(*windows, strict=True)
    return Examples(np.stack(x), np.array(y), np.array(s))


MAKERS = (walking, sitting, lying)
TRAIN, VALIDATION, PEOPLE = people(range(1, 5)), people(range(5, 7)), people(range(7, 9))
Windows = NDArray[np.floating]


@functools.cache
def trained(name: str) -> list[Trained]:
    """Models with the seeds 0, 0 and 1, trained in processes, as in the pipeline."""
    return fitted(name, TRAIN, VALIDATION, [0, 0, 1])


def fitted(name: str, train: Examples, validation: Examples | None, seeds: list[int]) -> list[Trained]:
    raw = params.load(ROOT / "params.yaml").train.family(name)
    knobs = family_knobs(name, {**raw, **TINY[name], "epochs": 9, "batch": 16, "learning_rate": 0.02})
    fit = functools.partial(family(name).fit, train, validation, knobs, ACTIVITIES, threads=1)
    return ordered_map(fit, seeds, label=name, jobs=2)


def predicted(made: Trained, windows: Windows, folder: Path) -> Windows:
    path = folder / f"model{made.suffix}"
    path.write_bytes(made.payload)
    return keras_files.load(path)(windows)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    first, again, other = trained("cnn_lstm")
    assert first.payload == again.payload
    assert first.payload != other.payload


@pytest.mark.parametrize("name", TINY)
def test_a_model_learns_and_its_file_predicts(name: str, tmp_path: Path) -> None:
    made = trained(name)[0]
    probabilities = predicted(made, PEOPLE.x, tmp_path)
    assert probabilities.shape == (len(PEOPLE.y), 3)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    assert np.mean(probabilities.argmax(axis=1) == PEOPLE.y) > 0.9
    assert made.validation["macro_f1"] > 0.9


def test_history_has_an_epoch_each_of_the_model_that_did_not_see_the_validation_subjects() -> None:
    made = trained("cnn")[0]
    assert {len(values) for values in made.history.values()} == {9}
    assert made.history["validation_accuracy"][-1] == made.validation["accuracy"]


def test_with_validation_the_model_learns_from_both_sides_and_divides_its_logits(tmp_path: Path) -> None:
    made, whole = trained("cnn")[0], fitted("cnn", both(TRAIN, VALIDATION), None, [0, 1])[0]
    assert whole.validation == {}
    assert whole.history.keys() == {"loss"}
    assert whole.temperature == 1.0
    logits = [np.log(predicted(model, PEOPLE.x, tmp_path).astype(np.float64)) for model in (made, whole)]
    centred = [values - values.mean(axis=1, keepdims=True) for values in logits]
    np.testing.assert_allclose(centred[0] * made.temperature, centred[1], atol=1e-4)
    assert abs(made.temperature - 1) > 0.01


def test_the_file_holds_neither_dates_nor_the_optimiser() -> None:
    with zipfile.ZipFile(io.BytesIO(trained("cnn")[0].payload)) as archive:
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}
        assert json.loads(archive.read("metadata.json"))["date_saved"].startswith("1980")
        assert not json.loads(archive.read("config.json"))["compile_config"]
        assert b"optimizer" not in archive.read("model.weights.h5")


def test_a_training_subject_among_the_validation_subjects_is_refused() -> None:
    raw = params.load(ROOT / "params.yaml").train.family("cnn")
    with pytest.raises(HarError, match="subjects 4 are on both"):
        family("cnn").fit(TRAIN, people(range(4, 6)), family_knobs("cnn", raw), ACTIVITIES, 0, 1)


def test_a_frame_that_does_not_divide_the_window_is_refused() -> None:
    raw = params.load(ROOT / "params.yaml").train.family("lstm")
    fit = functools.partial(
        family("lstm").fit, TRAIN, VALIDATION, family_knobs("lstm", {**raw, "frame": 5}), ACTIVITIES, threads=1
    )
    with pytest.raises(HarError, match=r"train\.lstm\.frame: 128 samples"):
        ordered_map(fit, [0, 1], label="lstm", jobs=2)
