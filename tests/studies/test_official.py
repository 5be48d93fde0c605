import numpy as np
import pytest
from small_corpus import SIDES

from har.files import read_json
from har.params import Params
from har.paths import Paths
from har.studies import official
from har.studies.official import Options


def test_every_seed_is_scored_on_the_test_subjects_alone(params: Params, paths: Paths) -> None:
    found = official.run(params, paths, Options("logistic_regression", (0, 1)))
    assert found["macro_f1"]["n"] == 2
    assert found["macro_f1"]["mean"] == pytest.approx(np.mean(found["values"]))
    assert found["macro_f1"]["mean"] > 0.9
    assert found["macro_f1"]["sd"] == 0.0  # this solver needs no chance
    assert {SIDES[subject] for subject in found["worst_subjects"]} == {"test"}
    low, high = found["macro_f1_interval"]
    assert low <= found["macro_f1"]["mean"] <= high
    kept = paths.root / "data" / "studies" / "official" / "logistic_regression_basic_2-seeds.json"
    assert read_json(kept) == found


def test_the_tflite_files_are_scored_against_keras_and_made_once(params: Params, paths: Paths) -> None:
    options = Options("cnn", (0, 1), tflite=True, overrides={"epochs": 2, "learning_rate": 0.02})
    found = official.run(params, paths, options)
    assert found["agreement"]["mean"] > 0.9
    assert abs(found["macro_f1_loss"]["mean"]) < 0.1
    files = sorted((paths.root / "data" / "studies" / "tflite").iterdir())
    assert len(files) == 2
    assert found["kilobytes"]["mean"] == np.mean([file.stat().st_size for file in files]) / 1000
    times = [file.stat().st_mtime_ns for file in files]
    assert official.run(params, paths, options) == found
    assert [file.stat().st_mtime_ns for file in files] == times


def test_the_temperature_is_taken_out_for_the_error_before_it(params: Params, paths: Paths) -> None:
    found = official.run(params, paths, Options("cnn", (0, 1), overrides={"epochs": 2, "learning_rate": 0.02}))
    assert found["ece_before"]["mean"] != found["ece"]["mean"]
    assert found["accuracy"]["n"] == 2
