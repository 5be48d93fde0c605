import json
from pathlib import Path

import numpy as np
import pandas as pd
import people_at_home as home
import pytest

from har.datasets.schema import BASIC
from har.errors import HarError
from har.paths import Paths
from har.studies import audit

WRONG = (0, 1, 7)  # windows of each subject that both families get wrong


def answers(paths: Paths, extra: int, splits: tuple[str, ...] = ("test",)) -> pd.DataFrame:
    """Predictions that are right but for `WRONG` and one window more of each subject: named the next activity."""
    index = pd.read_parquet(paths.processed / "index.parquet")
    index = index[index["label"].isin(BASIC) & index["split"].isin(splits)].reset_index(drop=True)
    place = index["label"].map(BASIC.index).to_numpy()
    wrong = index.groupby("subject").cumcount().isin([*WRONG, extra]).to_numpy()
    named = np.where(wrong, (place + 1) % len(BASIC), place)
    probabilities = 0.7 * np.eye(len(BASIC))[named] + 0.05
    columns = {f"p_{name}": probabilities[:, i] for i, name in enumerate(BASIC)}
    return index.assign(split="test", seed=0, selected=True, **columns)


def pipeline(paths: Paths) -> None:
    """Predictions of the pipeline's families on the test subjects."""
    for extra, family in enumerate(home.parameters.load(home.ROOT / "params.yaml").train.families, start=10):
        paths.predictions(family).parent.mkdir(parents=True, exist_ok=True)
        answers(paths, extra).to_parquet(paths.predictions(family))


def crossvalidated(paths: Paths, family: str, extra: int, **other: object) -> None:
    """What cross-validation over all subjects leaves behind."""
    name = f"{family}_2-folds_all-subjects_hapt_basic_seeds-0"
    folder = paths.root / "data" / "studies" / "crossval" / name
    folder.mkdir(parents=True)
    answers(paths, extra, ("train", "validation", "test")).to_parquet(folder / "predictions.parquet")
    scores = {
        "family": family,
        "subjects_of": "all",
        "leave_one_out": False,
        "fold_subjects": [[1, 2, 3, 4], [5, 6, 7, 8]],
        "datasets": ["hapt"],
        "activities": list(BASIC),
        "seeds": [0],
    }
    (folder / "scores.json").write_text(json.dumps(scores | other), encoding="utf-8")


def test_without_cross_validation_the_test_subjects_are_audited_and_the_page_says_so(tmp_path: Path) -> None:
    params, paths = home.checkout(tmp_path)
    pipeline(paths)
    result = audit.run(params, paths)
    assert (result["wrong"], result["everybody"]) == (2 * len(WRONG), False)
    rows = pd.read_csv(tmp_path / "docs" / "label-audit.csv", keep_default_na=False)
    assert set(rows["subject"]) == set(home.TEST)
    first = rows[rows["subject"] == home.TEST[0]].sort_values("start").iloc[0]
    assert (first["label"], first["named"], first["before"], first["after"]) == (
        "standing",
        "laying",
        "",
        "stand_to_sit",
    )
    assert first["start_s"] == 60 / 50
    page = (tmp_path / "docs" / "label-audit.md").read_text(encoding="utf-8")
    assert "These are the test subjects' windows" in page
    assert "| Standing | Laying |" in page
    assert (tmp_path / "docs" / "images" / "label-audit.png").is_file()


def test_two_cross_validated_families_audit_everybody(tmp_path: Path) -> None:
    params, paths = home.checkout(tmp_path)
    crossvalidated(paths, "cnn", 11)
    crossvalidated(paths, "lstm", 12)
    crossvalidated(paths, "cnn_lstm", 13, subjects_of="training")
    crossvalidated(paths, "logistic_regression", 14, leave_one_out=True)
    result = audit.run(params, paths)
    assert result["everybody"]
    assert set(result["families"]) == {"cnn", "lstm"}
    assert result["wrong"] == 8 * len(WRONG)
    assert result["by_families"][1:] == [8 * 2, 8 * len(WRONG)]
    assert sum(row["wrong"] for row in result["subjects"]) == sum(row["wrong"] for row in result["places"])
    files = [tmp_path / "docs" / name for name in ("label-audit.md", "label-audit.csv", "images/label-audit.png")]
    before = [file.read_bytes() for file in files]
    audit.run(params, paths)
    assert [file.read_bytes() for file in files] == before


def test_where_models_agree_on_no_mistake_there_is_no_page_of_windows(tmp_path: Path) -> None:
    params, paths = home.checkout(tmp_path)
    pipeline(paths)
    audit.run(params, paths)
    table = answers(paths, 10)
    right = np.eye(len(BASIC))[table["label"].map(BASIC.index)]
    table.assign(**{f"p_{name}": right[:, i] for i, name in enumerate(BASIC)}).to_parquet(paths.predictions("cnn"))
    assert audit.run(params, paths)["wrong"] == 0
    assert not (tmp_path / "docs" / "images" / "label-audit.png").exists()
    assert "## Subjects" not in (tmp_path / "docs" / "label-audit.md").read_text(encoding="utf-8")


def test_predictions_of_other_recordings_are_refused(tmp_path: Path) -> None:
    params, paths = home.checkout(tmp_path)
    pipeline(paths)
    for family in params.train.families:
        table = pd.read_parquet(paths.predictions(family))
        table.assign(start=table["start"] + 100).to_parquet(paths.predictions(family))
    with pytest.raises(HarError, match="other recordings"):
        audit.run(params, paths)
    assert not (tmp_path / "docs").exists()


def test_nothing_to_audit_says_what_to_run(tmp_path: Path) -> None:
    params, paths = home.checkout(tmp_path)
    with pytest.raises(HarError, match="run the evaluate stage"):
        audit.run(params, paths)
