from pathlib import Path

import people_at_home as home
import pytest

from har.errors import HarError
from har.files import read_json
from har.studies import abstain
from har.studies.abstain import Options


def test_a_threshold_from_validation_subjects_is_scored_on_test_subjects(tmp_path: Path) -> None:
    params, paths = home.checkout(tmp_path)
    result = abstain.run(params, paths, Options("logistic_regression", seeds=(0,), target=0.9))
    assert result == read_json(tmp_path / "data" / "studies" / "abstain" / "scores.json")
    (seed,) = result["seeds"]
    assert seed["validation"]["accuracy"] >= 0.9
    assert seed["validation"]["accuracy"] >= seed["validation"]["accuracy_of_all"]
    assert 0 < seed["test"]["coverage"] <= 1
    assert seed["temperature"] > 0
    assert "90 %" in (tmp_path / "docs" / "abstain.md").read_text(encoding="utf-8")
    before = (tmp_path / "docs" / "abstain.md").read_bytes()
    with pytest.raises(HarError, match="no threshold reaches"):
        abstain.run(params, paths, Options("logistic_regression", seeds=(0,), target=1.1))
    assert (tmp_path / "docs" / "abstain.md").read_bytes() == before
