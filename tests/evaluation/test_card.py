import prediction_tables as tables
import pytest

from har.errors import HarError
from har.evaluation import card, predictions, scores

VARIANTS = {
    "float32": {"size_bytes": 340_100, "agreement": 1.0, "macro_f1": 0.9741, "macro_f1_change": 0.0},
    "dynamic_range": {"size_bytes": 98_400, "agreement": 0.9987, "macro_f1": 0.9736, "macro_f1_change": -0.0005},
}
PAGE = {"size_bytes": 70_000, "agreement": 0.9999, "macro_f1": 0.965, "macro_f1_change": 0.0002, "family": "cnn"}
EXPORTED = {"chosen": "dynamic_range", "variants": VARIANTS, "page": PAGE}
SUBJECTS = {"train": [1, 3, 6], "validation": [5, 14], "test": list(tables.TEST_SUBJECTS)}


def written(exported: dict = EXPORTED, seeds: tuple[int, ...] = (0, 1), **changes: object) -> str:
    table = tables.predictions(3.0, seeds=seeds)
    found = {
        "metrics": scores.family(table, 100, 15),
        "selected_seed": seeds[-1],
        "selected": scores.score_rows(predictions.selected(table), 15),
    }
    return card.markdown("cnn_lstm", found, exported, SUBJECTS, tables.params(**changes))


def test_the_card_says_what_goes_in_and_comes_out() -> None:
    text = written()
    assert text.startswith("# Model card: CNN-LSTM\n")
    for part in ("[1, 128, 6]", "50 Hz", "2.56 s", "m/s²", "rad/s", "acc_x, acc_y, acc_z, gyro_x", "(0, 0, +9.81)"):
        assert part in text
    assert "0 walking, 1 walking_upstairs" in text


def test_the_card_names_data_licence_and_every_subject() -> None:
    text = written()
    assert "Reyes-Ortiz" in text
    assert "commercial use is prohibited" in text
    assert "| train | fits the weights | 3 | 1, 3, 6 |" in text
    assert "| validation | gives the temperature and chooses the seed; then learned from too | 2 | 5, 14 |" in text
    assert "| 2, 4, 9, 10, 12, 13, 18, 20, 24 |" in text


def test_the_card_shows_scores_by_activity_and_subject() -> None:
    table = predictions.selected(tables.predictions(3.0, seeds=(0, 1)))
    found = scores.score_rows(table, 15)
    text = written()
    laying, first = found["classes"]["laying"], found["subjects"][0]
    cells = " | ".join(f"{100 * laying[name]:.1f}" for name in ("precision", "recall", "f1"))
    assert f"| Laying | {cells} | {laying['support']} |" in text
    assert f"| 2 | 60 | {100 * first['accuracy']:.1f} | {100 * first['macro_f1']:.1f} |" in text
    assert f"the worst test subject, {found['worst_subject']}, is at" in text
    assert "Trained with 2 seeds; seed 1" in text


def test_one_seed_is_not_called_a_choice() -> None:
    text = written(seeds=(3,))
    assert "Trained once, with seed 3." in text
    assert "±" not in text


def test_the_card_lists_the_files_and_marks_the_chosen_one() -> None:
    text = written()
    assert "| dynamic_range (chosen) | 98.4 | 99.87 | 97.4 | -0.05 |" in text
    assert "| float32 | 340.1 | 100.00 | 97.4 | +0.00 |" in text
    assert "| dynamic_range of CNN | 70.0 | 99.99 | 96.5 | +0.02 |" in text


@pytest.mark.parametrize("key", ["chosen", "variants", "page"])
def test_an_incomplete_export_table_is_named(key: str) -> None:
    with pytest.raises(HarError, match=rf"table.json has no key '{key}'"):
        written({name: value for name, value in EXPORTED.items() if name != key})


def test_a_form_without_its_parity_is_named() -> None:
    with pytest.raises(HarError, match="has no key 'agreement'"):
        written({"chosen": "int8", "variants": {"int8": {"size_bytes": 1}}, "page": PAGE})


def test_another_dataset_does_not_borrow_the_licence() -> None:
    text = written(datasets=("elsewhere",))
    assert "`elsewhere`; source and licence are in docs/data-card.md" in text
    assert "Reyes-Ortiz" not in text
    assert "waist" not in text


def test_a_model_of_two_datasets_carries_both_licences() -> None:
    text = written(datasets=("hapt", "motionsense"))
    assert text.index("commercial use is prohibited") < text.index("MIT licence")
    assert "Nobody lies down in MotionSense." in text
