"""What is wrong is found, named, and leaves what there was as it was."""

import shutil

import yaml
from pipeline_checkout import MARKS, Checkout, flip

pytestmark = MARKS
FEATURES = "data/features"


def cached(checkout: Checkout, md5: str) -> str:
    """Where DVC's cache keeps the object of that hash."""
    return f".dvc/cache/files/md5/{md5[:2]}/{md5[2:]}"


def test_verify_names_every_file_with_a_flipped_bit(checkout: Checkout) -> None:
    flip(checkout.at("data/raw/hapt/recordings/exp07_user04.parquet"))
    flip(checkout.at("models/cnn_lstm/seed_1.keras"))
    flip(checkout.at("models/har.tflite"))
    done = checkout.har("verify")
    assert done.code == 2
    assert "data/raw/hapt is not what dvc.lock says, recordings/exp07_user04.parquet differs" in done.said
    assert "models/cnn_lstm is not what dvc.lock says, seed_1.keras differs" in done.said
    assert "models/har.tflite is not what dvc.lock says" in done.said
    assert "logistic_regression" not in done.said


def test_corrupt_inputs_are_named_and_nothing_is_made_of_them(checkout: Checkout) -> None:
    flip(checkout.at("data/raw/hapt/recordings/exp07_user04.parquet"))
    flip(checkout.at(f"{FEATURES}/features.parquet"))
    before = checkout.contents()
    cut = checkout.har("stage", "preprocess")
    trained = checkout.har("stage", "train", "logistic_regression")
    assert (cut.code, trained.code) == (2, 2)
    assert "recordings/exp07_user04.parquet is corrupt" in cut.said
    assert "features.parquet is corrupt" in trained.said
    assert checkout.contents() == before


def test_a_corrupt_object_of_the_cache_is_made_anew_and_not_used(checkout: Checkout) -> None:
    before = checkout.contents()
    stages = yaml.safe_load(checkout.at("dvc.lock").read_text())["stages"]
    (folder,) = [out["md5"] for out in stages["featurize"]["outs"] if out["path"] == FEATURES]
    (spoilt,) = [item for item in checkout.json(cached(checkout, folder)) if item["relpath"] == "features.parquet"]
    flip(checkout.at(cached(checkout, spoilt["md5"])))
    shutil.rmtree(checkout.at(FEATURES))
    said = checkout.repro("featurize")
    assert "Running stage 'featurize'" in said
    assert checkout.contents() == before


def test_a_bad_value_is_one_line_and_earlier_outputs_stay(checkout: Checkout) -> None:
    before = checkout.contents()
    checkout.change("train.cnn_lstm", epochs="many")
    done = checkout.dvc("repro")
    assert done.code != 0
    assert "params.yaml: train.cnn_lstm.epochs: " in done.said
    assert checkout.contents() == before


def test_an_unreachable_server_is_one_line_before_any_training(checkout: Checkout) -> None:
    before = checkout.contents()
    checkout.change("train.logistic_regression", max_iterations=19)
    done = checkout.dvc("repro", MLFLOW_TRACKING_URI="http://127.0.0.1:9")
    assert done.code != 0
    assert "MLflow server at http://127.0.0.1:9 does not answer" in done.said
    assert "train logistic_regression: " not in done.err  # the progress bar of training
    assert checkout.contents() == before
