import functools
import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from motion import lying, sitting, walking

from har import params
from har.errors import HarError
from har.models.examples import Examples, Trained
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
TRAIN, VALIDATION = people(range(1, 5)), people(range(5, 7))


@functools.cache
def trained(name: str) -> list[Trained]:
    """Models with the seeds 0, 0 and 1, trained in processes, as in the pipeline."""
    raw = params.load(ROOT / "params.yaml").train.family(name)
    knobs = family_knobs(name, {**raw, **TINY[name], "epochs": 9, "batch": 16, "learning_rate": 0.02})
    fit = functools.partial(family(name).fit, TRAIN, VALIDATION, knobs, ACTIVITIES, threads=1)
    return ordered_map(fit, [0, 0, 1], label=name, jobs=2)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    first, again, other = trained("cnn_lstm")
    assert first.payload == again.payload
    assert first.payload != other.payload


@pytest.mark.parametrize("name", TINY)
def test_a_model_learns_and_its_file_predicts_what_training_measured(name: str, tmp_path: Path) -> None:
    made = trained(name)[0]
    path = tmp_path / f"model{made.suffix}"
    path.write_bytes(made.payload)
    probabilities = family(name).load(path)(VALIDATION.x)
    assert probabilities.shape == (len(VALIDATION.y), 3)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    assert np.mean(probabilities.argmax(axis=1) == VALIDATION.y) == made.validation["accuracy"] > 0.9


def test_history_has_an_epoch_each_and_the_best_of_the_last_third_is_kept() -> None:
    made = trained("cnn")[0]
    assert {len(values) for values in made.history.values()} == {9}
    losses = made.history["validation_loss"]
    assert made.validation["loss"] == losses[made.best_epoch] == min(losses[6:])
    assert made.best_epoch >= 6


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
