from pathlib import Path

import numpy as np
import pytest

from har import params
from har.errors import HarError
from har.models.examples import Examples, Trained, both
from har.models.families import family, family_knobs, scratch_mlp
from har.models.scratch import files
from har.models.scratch.training import best_epoch

PARAMS = params.load(Path(__file__).parents[2] / "params.yaml")
ACTIVITIES = ("walking", "sitting", "laying")
FAMILY = family("scratch_mlp")
RAW = PARAMS.train.family("scratch_mlp") | {"hidden": [6], "epochs": 12, "batch": 16, "patience": 4, "dropout": 0.1}


def people(subjects: range, per_subject: int = 60) -> Examples:
    """Two features in units a thousand times apart, one that says nothing and one that never changes."""
    random = np.random.default_rng(subjects.start)
    y = np.tile([0, 1, 1, 2, 2, 2], per_subject // 6 * len(subjects))
    angle = y * 2.1 + 0.25 * random.standard_normal(len(y))
    noise = random.standard_normal(len(y))
    x = np.stack([1000 * np.cos(angle), np.sin(angle), noise, np.full(len(y), 0.1)], axis=1).astype(np.float32)
    return Examples(x, y, np.repeat(list(subjects), per_subject))


TRAIN, VALIDATION = people(range(1, 6)), people(range(6, 9))


def trained(seed: int = 0, validation: Examples | None = VALIDATION, **changes: object) -> Trained:
    return FAMILY.fit(TRAIN, validation, family_knobs("scratch_mlp", RAW | changes), ACTIVITIES, seed, 1)


def written(tmp_path: Path, payload: bytes) -> Path:
    path = tmp_path / f"seed_0{scratch_mlp.SUFFIX}"
    path.write_bytes(payload)
    return path


def test_the_same_inputs_give_the_same_bytes_and_another_seed_others() -> None:
    assert trained().payload == trained().payload != trained(seed=1).payload


def test_it_learns_and_says_what_happened_in_every_epoch(tmp_path: Path) -> None:
    made = trained()
    assert made.validation["macro_f1"] > 0.95
    assert set(made.history) == {
        *("loss", "macro_f1", "validation_loss", "validation_accuracy", "validation_macro_f1"),
    }
    assert len({len(values) for values in made.history.values()}) == 1
    predict = FAMILY.load(written(tmp_path, made.payload))
    probabilities = predict(people(range(20, 22)).x)
    assert probabilities.dtype == np.float32
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)
    assert np.mean(probabilities.argmax(axis=1) == people(range(20, 22)).y) > 0.95


def test_the_model_has_learned_from_the_validation_subjects_for_as_many_epochs_as_the_twin() -> None:
    made = trained()
    knobs = family_knobs("scratch_mlp", RAW)
    everybody, _ = scratch_mlp.grow(both(TRAIN, VALIDATION), None, knobs, 3, 0, best_epoch(made.history))
    cooled, _ = files.loads(made.payload.decode())
    assert cooled.parameters()[:-4] == everybody.parameters()[:-4]  # all but the last layer's three units and bias
    pairs = zip(cooled.parameters()[-4:], everybody.parameters()[-4:], strict=True)
    for ours, its in pairs:
        np.testing.assert_allclose(np.array(its) / np.array(ours), made.temperature, rtol=1e-12)


@pytest.mark.parametrize("optimiser", ["adam", "adagrad", "sgd", "momentum", "nesterov"])
def test_every_optimiser_of_the_knobs_learns(optimiser: str) -> None:
    rate = 0.01 if optimiser == "adam" else 0.1
    made = trained(validation=None, optimiser=optimiser, learning_rate=rate, epochs=5)
    assert made.validation == {}
    assert made.history["loss"][-1] < made.history["loss"][0] / 2


def test_an_unknown_optimiser_is_named() -> None:
    with pytest.raises(HarError, match=r"train\.scratch_mlp\.optimiser"):
        family_knobs("scratch_mlp", RAW | {"optimiser": "lion"})


def test_a_learning_rate_that_leads_nowhere_is_a_sentence() -> None:
    with pytest.raises(HarError, match=r"scratch_mlp, seed 0: epoch \d+: .* lower learning rate"):
        trained(optimiser="sgd", learning_rate=1e200)


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    path = written(tmp_path, trained(epochs=1).payload[:-30])
    with pytest.raises(HarError, match=r"seed_0\.network\.json: .*run `dvc repro`"):
        FAMILY.load(path)
    with pytest.raises(HarError, match=r"absent\.json cannot be read as text"):
        FAMILY.load(tmp_path / "absent.json")


def test_a_file_that_is_to_be_used_alone_says_what_it_takes(tmp_path: Path) -> None:
    bare = trained(epochs=1).payload
    with pytest.raises(HarError, match=r"about\.rate_hz: field required"):
        scratch_mlp.load_alone(written(tmp_path, bare))
    with pytest.raises(HarError, match="takes other features than this version"):
        scratch_mlp.load_alone(written(tmp_path, scratch_mlp.stamp(bare, PARAMS)))
