import json

import pytest
from small_corpus import ROOT, raw_params

from har.errors import HarError
from har.evaluation.comparison import table
from har.params import Params, load
from har.studies import ablate, ablation_page

VARIANTS = {
    "hardly any regularisation": {"inverse_regularisation": 100.0},
    "nothing changed": {"inverse_regularisation": 0.1},
}


def with_variants(variants: dict[str, dict[str, object]], deploy: str = "logistic_regression") -> Params:
    raw = raw_params()
    raw["train"]["deploy"] = deploy
    raw["evaluate"]["bootstrap"] = 50
    raw["studies"] |= {"folds": 2, "seeds": [0], "ablation_base": {}, "ablations": variants}
    return Params.model_validate(raw)


def test_variants_are_compared_over_the_same_training_subjects(paths):
    params = with_variants(VARIANTS)
    result = ablate.run(params, paths, "logistic_regression")
    assert [row["name"] for row in result["variants"]] == ["base", *VARIANTS]
    assert (result["subjects"], result["folds"]) == (4, 2)
    full, _, same = result["variants"]
    assert full["difference"] is None
    assert same["difference"] == {"mean": 0.0, "low": 0.0, "high": 0.0}
    assert json.loads((paths.root / "data" / "studies" / "ablate" / "scores.json").read_text()) == result
    page = (paths.root / "docs" / "ablation.md").read_text()
    assert table(ablation_page.HEADER, ablation_page.cells(result)) in page


def test_a_part_of_the_variants_leaves_the_page_alone(paths):
    result = ablate.run(with_variants(VARIANTS), paths, "logistic_regression", ["nothing changed"])
    assert [row["name"] for row in result["variants"]] == ["base", "nothing changed"]
    assert not (paths.root / "docs").exists()


def test_another_family_takes_the_knobs_that_both_have():
    params = with_variants({"another": {"family": "cnn", "filters": [4]}})
    full, other = ablate.variants_of(params, "cnn_lstm").values()
    assert other.family == "cnn"
    assert other.raw["filters"] == [4]
    assert other.raw["epochs"] == full.raw["epochs"]
    assert "lstm_units" not in other.raw


@pytest.mark.parametrize(
    ("variants", "only", "message"),
    [
        ({"odd": {"depth": 3}}, (), r"studies\.ablations\.odd: .*depth"),
        ({"odd": {"family": "forest"}}, (), r"studies\.ablations\.odd: .*forest"),
        (VARIANTS, ("odd",), "no variant 'odd'"),
    ],
)
def test_a_variant_that_cannot_be_is_named(variants, only, message):
    with pytest.raises(HarError, match=message):
        ablate.variants_of(with_variants(variants), "logistic_regression", only)


def test_the_listed_ablations_are_all_possible():
    params = load(ROOT / "params.yaml")
    assert len(ablate.variants_of(params, params.train.deploy)) == len(params.studies.ablations) + 1
