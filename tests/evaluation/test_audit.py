import pandas as pd
import prediction_tables as tables
import pytest

from har.errors import HarError
from har.evaluation.audit import place_in_interval, stretches, unanimous

WORDS = ("sitting", "standing", "walking")
RATE = 50.0


def named(*answers: str, label: str = "sitting", confidence: float = 0.8, seed: int = 0) -> pd.DataFrame:
    """One recording of one subject, a window for each answer, all labelled alike."""
    table = tables.named([(1, label, answer) for answer in answers], WORDS, confidence)
    return table.assign(seed=seed, selected=seed == 0)


def test_only_what_every_family_and_seed_gets_wrong_is_listed() -> None:
    families = {
        "cnn": pd.concat(
            [
                named("standing", "standing", "sitting", "walking"),
                named("standing", "sitting", "standing", "standing", seed=1),
            ]
        ),
        "lstm": named("standing", "standing", "standing", "standing", confidence=0.9),
    }
    found = unanimous(families, RATE)
    assert found["start"].tolist() == [0, 192]
    assert found["start_s"].tolist() == pytest.approx([0, 3.84])
    assert found["named"].tolist() == ["standing", "standing"]
    assert found.loc[0, "confidence"] == pytest.approx(0.85)
    assert found.loc[0, "label_probability"] == pytest.approx((0.1 + 0.05) / 2)
    assert found["named_lstm"].tolist() == ["standing"] * 2
    assert found["confidence_cnn"].tolist() == pytest.approx([0.8, 0.45])


def test_the_least_likely_label_comes_first() -> None:
    table = named("standing", "standing", "standing")
    table.loc[1, ["p_sitting", "p_standing", "p_walking"]] = (0.01, 0.98, 0.01)
    assert unanimous({"cnn": table}, RATE)["start"].tolist() == [64, 0, 128]


def test_families_without_a_common_mistake_give_an_empty_list_with_the_same_columns() -> None:
    families = {"cnn": named("standing", "sitting"), "lstm": named("sitting", "standing")}
    found = unanimous(families, RATE)
    assert found.empty
    assert {"named_cnn", "confidence_lstm", "label_probability"} <= set(found.columns)
    assert stretches(found, 64, 128, RATE).empty


def test_tables_of_other_windows_are_refused_by_name() -> None:
    with pytest.raises(HarError, match="cnn and lstm were asked about other windows"):
        unanimous({"cnn": named("standing"), "lstm": named("standing", "standing")}, RATE)
    with pytest.raises(HarError, match="no predictions"):
        unanimous({}, RATE)


def test_neighbours_named_alike_are_one_stretch() -> None:
    wrong = unanimous({"cnn": named("standing", "standing", "sitting", "standing", "walking")}, RATE)
    found = stretches(wrong, 64, 128, RATE)
    assert found[["start_s", "end_s", "windows", "named"]].to_numpy().tolist() == [
        [0.0, 3.84, 2, "standing"],
        [3.84, 6.4, 1, "standing"],
        [5.12, 7.68, 1, "walking"],
    ]


def test_a_window_knows_its_place_in_its_interval() -> None:
    index = pd.DataFrame(
        {
            "dataset": "hapt",
            "recording": ["a"] * 6 + ["b"],
            "start": [0, 64, 128, 200, 264, 328, 328],
            "label": ["sitting"] * 4 + ["standing"] * 2 + ["standing"],
        }
    )
    shuffled = index.sample(frac=1, random_state=0)
    assert place_in_interval(shuffled, 64).reindex(index.index).tolist() == [
        "first",
        "inside",
        "last",
        "only",
        "first",
        "last",
        "only",
    ]
