from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from har import params
from har.errors import HarError
from har.models.families import family_knobs

ROOT = Path(__file__).parents[1]
Change = Callable[[dict[str, Any]], object]


def load(folder: Path, change: Change) -> params.Params:
    """The committed params.yaml after `change`, as the user would have written it."""
    raw = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    change(raw)
    path = folder / "params.yaml"
    path.write_text(yaml.safe_dump(raw), encoding="utf-8")
    return params.load(path)


def refused(folder: Path, change: Change) -> str:
    with pytest.raises(HarError) as caught:
        load(folder, change)
    return str(caught.value)


def test_the_committed_file_loads_and_every_family_accepts_its_knobs() -> None:
    found = params.load(ROOT / "params.yaml")
    assert found.train.deploy in found.train.families
    for name in found.train.families:
        assert family_knobs(name, found.train.family(name)).seeds


@pytest.mark.parametrize(
    ("change", "key"),
    [
        (lambda raw: raw.update(datsets=["hapt"]), "datsets"),
        (lambda raw: raw["preprocess"].update(windw=128), "preprocess.windw"),
        (lambda raw: raw["promote"].update(min_f1=0.9), "promote.min_f1"),
    ],
)
def test_an_unknown_key_is_named_with_its_section(tmp_path: Path, change: Change, key: str) -> None:
    assert f"params.yaml: {key}: " in refused(tmp_path, change)


@pytest.mark.parametrize(
    ("change", "key"),
    [
        (lambda raw: raw.update(activities="all"), "activities"),
        (lambda raw: raw["preprocess"].update(window=0), "preprocess.window"),
        (lambda raw: raw["preprocess"].update(window=1.5), "preprocess.window"),
        (lambda raw: raw["preprocess"].update(rate_hz=float("nan")), "preprocess.rate_hz"),
        (lambda raw: raw.update(datasets=[]), "datasets"),
        (lambda raw: raw.update(datasets="hapt"), "datasets"),
        (lambda raw: raw.update(datasets=["hapt", "hapt"]), "datasets: value error, hapt is there twice"),
        (lambda raw: raw["preprocess"].update(validation_subjects=[]), "preprocess.validation_subjects"),
        (
            lambda raw: raw["preprocess"]["validation_subjects"].update(hapt=[]),
            "preprocess.validation_subjects.hapt",
        ),
        (lambda raw: raw["download"].update(routes=["package", "ftp"]), "download.routes.1"),
        (lambda raw: raw["validate"].update(still_gravity=[8.8]), "validate.still_gravity"),
        (lambda raw: raw["promote"].update(min_macro_f1=95), "promote.min_macro_f1"),
        (lambda raw: raw["export"].update(form="int4"), "export.form"),
        (lambda raw: raw["train"].update(families=[]), "train.families"),
        (lambda raw: raw["preprocess"].update(step=200), "preprocess: value error, step 200"),
        (lambda raw: raw["featurize"].update(median_samples=4), "featurize.median_samples"),
        (lambda raw: raw["train"].update(deploy="rnn"), "train: value error, deploy is 'rnn'"),
        (lambda raw: raw["train"].update(page="rnn"), "train: value error, page is 'rnn'"),
    ],
)
def test_a_bad_value_is_named_with_its_key(tmp_path: Path, change: Change, key: str) -> None:
    assert f"params.yaml: {key}" in refused(tmp_path, change)


def test_a_missing_key_is_named(tmp_path: Path) -> None:
    assert "params.yaml: evaluate.bootstrap: " in refused(tmp_path, lambda raw: raw["evaluate"].pop("bootstrap"))


def test_all_mistakes_are_said_at_once(tmp_path: Path) -> None:
    def spoil(raw: dict[str, Any]) -> None:
        raw["preprocess"]["step"] = -1
        raw["featurize"]["cutoff"] = 20

    said = refused(tmp_path, spoil)
    assert "preprocess.step" in said
    assert "featurize.cutoff" in said
    assert "\n" not in said


def test_a_data_set_without_validation_subjects_is_named(tmp_path: Path) -> None:
    found = load(tmp_path, lambda raw: raw["preprocess"]["validation_subjects"].pop("motionsense"))
    assert found.preprocess.validation("hapt")
    with pytest.raises(HarError, match=r"params\.yaml: preprocess\.validation_subjects\.motionsense is missing"):
        found.preprocess.validation("motionsense")


def test_several_data_sets_have_one_name(tmp_path: Path) -> None:
    found = load(tmp_path, lambda raw: raw.update(datasets=["hapt", "motionsense"]))
    assert found.data_name == "hapt+motionsense"


def test_a_family_without_its_section_is_named(tmp_path: Path) -> None:
    found = load(tmp_path, lambda raw: raw["train"].pop("cnn_lstm"))
    with pytest.raises(HarError, match=r"params\.yaml: train\.cnn_lstm is missing"):
        found.train.family("cnn_lstm")


@pytest.mark.parametrize("knob", ["epoch", "learning_rat"])
def test_a_family_s_unknown_knob_is_named_with_its_section(knob: str) -> None:
    raw = params.load(ROOT / "params.yaml").train.family("cnn_lstm")
    with pytest.raises(HarError, match=rf"train\.cnn_lstm\.{knob}: "):
        family_knobs("cnn_lstm", raw | {knob: 1})


def test_a_missing_file_says_where_to_run(tmp_path: Path) -> None:
    with pytest.raises(HarError, match=r"params\.yaml is missing: run har from the root of a checkout"):
        params.load(tmp_path / "params.yaml")


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"datasets: [hapt", "not valid YAML"),
        (b"datasets: [hapt]\n\tactivities: basic\n", "not valid YAML"),
        (b"datasets: \xff\xfe\n", "not UTF-8"),
        (b"", "must be a mapping"),
        (b"- hapt\n", "must be a mapping"),
    ],
)
def test_a_file_that_is_no_mapping_in_yaml_is_one_sentence(tmp_path: Path, content: bytes, fault: str) -> None:
    path = tmp_path / "params.yaml"
    path.write_bytes(content)
    with pytest.raises(HarError, match=fault) as caught:
        params.load(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_params_cannot_be_changed_after_they_were_checked() -> None:
    found = params.load(ROOT / "params.yaml")
    with pytest.raises(ValueError, match="frozen"):
        found.preprocess.window = 64


def test_every_key_of_a_stage_is_explained_where_it_stands() -> None:
    text = (ROOT / "params.yaml").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith(("#", "train:"))]
    keys = [line for line in lines if not line.rstrip().endswith(":") and not line.startswith("    ")]
    assert [line for line in keys if "#" not in line] == []
